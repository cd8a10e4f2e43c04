"""One run of nnlint: from the arguments to the findings that are to be reported."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.code.discovery import FoundFile, find_files
from advisor.code.prefilter import mentions_training_library
from advisor.commands.engine import load_engine
from advisor.commands.examining import Examiner, Task, rare_collections
from advisor.commands.policy import Policy
from advisor.commands.settling import settle_assumptions

if TYPE_CHECKING:
    from advisor.code.outcomes import Outcome
    from advisor.code.sources import Source
    from advisor.commands.result_cache import ResultCache
    from advisor.findings import Finding

STANDARD_INPUT = "-"
_ENOUGH_FILES = 12
_ENOUGH_BYTES = 100_000
"""With less to look at, one process is done before a second one has begun."""
_MANY_FILES = 200
"""With more to look at, even one process at a time is replaced by others on the way."""


@dataclass(frozen=True, slots=True)
class Means:
    """How the work is done: in how many processes (None: as many as there are cores), and in which
    folder results are kept (None: nowhere)."""

    jobs: int | None = 1
    cache: str | None = None


class Lint:
    """Looks at files and counts those that were `analysed` and those that are `irrelevant`, because
    they name no training library.

    `complain` is told each problem once, `remark` what only a curious user wants to know.
    """

    def __init__(
        self,
        policy: Policy,
        complain: Callable[[str], None],
        remark: Callable[[str], None],
        means: Means = Means(),
    ) -> None:
        self.analysed = 0
        self.irrelevant = 0
        self.pages: dict[str, str] = {}
        self._policy = policy
        self._complain = complain
        self._remark = remark
        self._means = means
        self._told: set[str] = set()
        self._given: dict[str, bytes] = {}
        self._sources: dict[str, Source | None] = {}
        self._names: dict[str, str] = {}
        self._sizes = 0
        self._cache: ResultCache | None = None

    @property
    def files(self) -> int:
        """How many files were looked at, to the end."""
        return self.analysed + self.irrelevant

    @property
    def problems(self) -> int:
        """How many different things could not be used."""
        return len(self._told)

    def findings(
        self, paths: Sequence[str], *, stdin_filename: str | None, force_exclude: bool
    ) -> list["Finding"]:
        """What is to be reported about the files that `paths` mean, in the order of the files.
        Raises `SettingsError` where an option means no rule."""
        found = list(self._found(paths, force_exclude))
        self._names = {os.path.realpath(each.path): each.display_name for each in found}
        tasks: list[Task] = []
        if STANDARD_INPUT in paths:
            tasks += self._standard_input(stdin_filename, force_exclude)
        tasks += [task for each in found if (task := self._task(each)) is not None]
        self._open_cache(tasks)
        outcomes = self._outcomes(tasks)
        settle_assumptions(outcomes)
        reported = [
            self._count(task, outcome) for task, outcome in zip(tasks, outcomes, strict=True)
        ]
        if self._cache is not None:
            self._cache.save()
        return _by_file([task.display_name for task in tasks], reported)

    def source_of(self, filename: str) -> "Source | None":
        """The source that findings call `filename`, which may be one that was only imported."""
        if filename not in self._sources:
            from advisor.code.sources import SourceError, read_source, source_from_bytes

            try:
                given = self._given.get(filename)
                self._sources[filename] = (
                    read_source(Path(filename), filename)
                    if given is None
                    else source_from_bytes(given, filename)
                )
            except SourceError:
                self._sources[filename] = None
        return self._sources[filename]

    # --- what there is to do --------------------------------------------------------------

    def _found(self, paths: Sequence[str], force_exclude: bool) -> Iterator[FoundFile]:
        from_disk = [path for path in paths if path != STANDARD_INPUT]
        for found in find_files(from_disk, self._policy.excludes, force_exclude=force_exclude):
            if isinstance(found, FoundFile):
                yield found
            else:
                self._problem(f"{found.display_name}: {found.reason}")

    def _open_cache(self, tasks: list[Task]) -> None:
        if self._means.cache is not None and any(task.path and task.relevant for task in tasks):
            from advisor.commands.result_cache import ResultCache

            self._cache = ResultCache(self._means.cache, self._policy.choices, self._names)
        if self._cache is None or not self._cache.is_current:
            self._policy.check_choices()

    def _standard_input(self, filename: str | None, force: bool) -> Iterator[Task]:
        path = Path(filename) if filename else None
        if not (force and path is not None and self._policy.excludes(path)):
            from advisor.commands.standard_input import read_standard_input

            content = read_standard_input()
            name = filename or "<stdin>"
            self._given[name] = content
            relevant = self._is_relevant(content, name)
            yield Task(name, path, relevant, content)

    def _task(self, found: FoundFile) -> Task | None:
        """What is to be done about a file; None when that is nothing."""
        try:
            content = found.path.read_bytes()
        except OSError as error:
            self._problem(f"{found.display_name}: {error.strerror or error}")
            return None
        self._sizes += len(content)
        relevant = self._is_relevant(content, found.display_name)
        if not relevant and not found.named:
            self.irrelevant += 1
            return None
        return Task(found.display_name, found.path, relevant)

    def _is_relevant(self, content: bytes, name: str) -> bool:
        relevant = mentions_training_library(content)
        if not relevant:
            self._remark(f"{name}: names no training library")
        return relevant

    # --- doing it -------------------------------------------------------------------------

    def _outcomes(self, tasks: list[Task]) -> "list[Outcome]":
        """What came of each task."""
        done = {index: known for index, task in enumerate(tasks) if (known := self._recall(task))}
        left = [index for index in range(len(tasks)) if index not in done]
        for position, outcome in self._examined([tasks[index] for index in left]):
            done[left[position]] = outcome
            self._keep(tasks[left[position]], outcome)
        return [done[index] for index in range(len(tasks))]

    def _examined(self, tasks: list[Task]) -> "Iterator[tuple[int, Outcome]]":
        make = partial(Examiner, self._policy, self._names)
        jobs = self._jobs(len(tasks))
        if jobs > 1 or len(tasks) > _MANY_FILES:
            from advisor.commands.workers import examine_in_parallel

            load_engine()  # here, so that the copies of this process need not
            yield from examine_in_parallel(tasks, jobs, make)
            return
        examiner = make()
        with rare_collections():
            for index, task in enumerate(tasks):
                yield index, examiner.examine(task)

    def _jobs(self, files: int) -> int:
        """How many processes are worth it."""
        if self._means.jobs == 1 or files < _ENOUGH_FILES or self._sizes < _ENOUGH_BYTES:
            return 1
        from advisor.commands.processors import processors

        return min(self._means.jobs or processors(), files // (_ENOUGH_FILES // 2))

    def _recall(self, task: Task) -> "Outcome | None":
        if self._cache is None or task.path is None or not task.relevant:
            return None
        settings = self._policy.stamp(task.path)
        if settings is None:
            return None
        return self._cache.recall(task.display_name, os.path.realpath(task.path), settings)

    def _keep(self, task: Task, outcome: "Outcome") -> None:
        if self._cache is None or task.path is None or task.content is not None:
            return
        settings = self._policy.stamp(task.path)
        if settings is not None:
            real = os.path.realpath(task.path)
            self._cache.remember(task.display_name, real, settings, outcome)

    def _count(self, task: Task, outcome: "Outcome") -> "list[Finding]":
        """Tell what a file had to say, and count it."""
        for problem in outcome.problems:
            self._problem(problem)
        if outcome.analysed:
            self.analysed += 1
        elif not outcome.problems:
            self.irrelevant += 1
        for remark in outcome.remarks:
            self._remark(remark)
        self.pages |= outcome.pages
        return outcome.findings

    def _problem(self, message: str) -> None:
        if message not in self._told:
            self._told.add(message)
            self._complain(message)


def _by_file(names: Sequence[str], reported: Sequence[list["Finding"]]) -> list["Finding"]:
    """The findings file by file, each told once: what a script shows of a file that it imports stands
    among what is found in that file itself."""
    if all(
        each.location.filename == name
        for name, found in zip(names, reported, strict=True)
        for each in found
    ):
        return [finding for findings in reported for finding in findings]
    from advisor.code.outcomes import in_the_text

    files: dict[str, dict[tuple[str, object], Finding]] = {name: {} for name in names}
    everything = [each for findings in reported for each in findings]
    own = [
        each
        for name, found in zip(names, reported, strict=True)
        for each in found
        if each.location.filename == name
    ]
    for finding in (*own, *everything):
        found = files.setdefault(finding.location.filename, {})
        found.setdefault((finding.code, finding.place), finding)
    return [
        finding for found in files.values() for finding in sorted(found.values(), key=in_the_text)
    ]
