"""Looking at one file: from its path to what is to be reported of it."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.code.outcomes import Outcome, Seen
from advisor.commands.engine import load_engine
from advisor.commands.frames import in_one_piece
from advisor.commands.memory import Memory, OutOfRoom
from advisor.commands.policy import Policy
from advisor.settings import SettingsError

if TYPE_CHECKING:
    from advisor.code.project import Project
    from advisor.code.sources import Source
    from advisor.findings import Finding

_LARGE = 40_000
"""Characters from which on a file is worth it that memory is given back before and after it is
parsed: LibCST takes some 600 bytes for each meanwhile."""
_MOST_EDITED = 8
"""Files that are being edited whose trees are kept."""


@dataclass(frozen=True, slots=True)
class Task:
    """A file to be looked at. `content` is given for what does not lie on the disk, `relevant` false
    for a file that was named and only has to be Python."""

    display_name: str
    path: Path | None
    relevant: bool = True
    content: bytes | None = None


class Examiner:
    """Looks at files, one after the other, that may import each other.

    `names` says what findings call the files that are looked at, by their real paths.
    """

    def __init__(self, policy: Policy, names: Mapping[str, str]) -> None:
        self._policy = policy
        self._names = names
        self._paths = {name: path for path, name in names.items()}
        self._project: Project | None = None
        self._memory = Memory()
        # The last texts of files that are not taken from the disk: they are being edited.
        self._edited: dict[str, Source] = {}

    def examine(self, task: Task) -> Outcome:
        """What is to be reported of a file. Raises `OutOfRoom` where this process gives way."""
        from advisor.code.syntax import SourceError

        try:
            return in_one_piece(self._examine, task)
        except OutOfRoom:
            raise
        except (SourceError, SettingsError) as error:
            return Outcome(problems=[str(error)], final=False)
        except OSError as error:
            reason = error.strerror or error
            return Outcome(problems=[f"{task.display_name}: {reason}"], final=False)
        except Exception as error:  # noqa: BLE001
            # a fault of ours in one file must not hide what is found in the others
            what = f"internal error, please report it ({type(error).__name__}: {error})"
            return Outcome(problems=[f"{task.display_name}: {what}"], final=False)

    def give_way(self) -> None:
        """Leave what is left to another process where this one has become too large."""
        self._memory.gives_way = True

    def _examine(self, task: Task) -> Outcome:
        self._memory.begin()
        if task.relevant:
            load_engine()
        source = self._source(task)
        if not task.relevant:
            source.check_syntax()
            return Outcome(final=False)
        rules = self._policy.rules(self._policy.settings(task.path))
        from advisor.code.analysis import Project, analyze

        if self._project is None:
            self._project = Project(names=self._names)
        project = self._project
        project.add(source)
        self._parse(source)
        with _set_aside():
            analysis = analyze(source, project, rules)
        outcome = Outcome(analysed=True)
        for finding in analysis.findings:
            if not source.suppresses(finding) and self._policy.reports(finding, task.path):
                severity = self._policy.severity(finding, task.path)
                outcome.findings.append(replace(finding, severity=severity))
        outcome.assumed, outcome.in_order = analysis.assumed, analysis.in_order
        outcome.findings += self._elsewhere(project, analysis.elsewhere)
        for reason in analysis.given_up:
            outcome.remarks.append(f"{task.display_name}: not followed to the end: {reason}")
        outcome.problems += map(str, source.faults)
        outcome.final = not (analysis.ran_out_of_time or source.faults)
        told = {finding.code for finding in outcome.findings}
        outcome.pages = {rule.code: str(rule.page) for rule in rules if rule.code in told}
        place = "" if task.path is None else project.real(str(task.path))
        if place:
            outcome.seen = seen_by(project, place)
        dropped = project.tidy(place)
        self._memory.tidy(len(source.text) + dropped, project.kept)
        return outcome

    def _parse(self, source: "Source") -> None:
        """Have the tree of a source, without what is left of others where it is large."""
        if len(source.text) <= _LARGE:
            _ = source.tree
            return
        with self._memory.room(len(source.text)):
            _ = source.tree

    def _elsewhere(self, project: "Project", findings: "list[Finding]") -> "Iterator[Finding]":
        """What is to be reported of other files that are looked at as well, as their own comments and
        settings want it."""
        for finding in findings:
            real = self._paths.get(finding.location.filename)
            source = None if real is None else project.known(real)
            if real is None or source is None or source.suppresses(finding):
                continue
            path = Path(real)
            rules = self._policy.rules(self._policy.settings(path))
            wanted = any(rule.code == finding.code for rule in rules)
            if wanted and self._policy.reports(finding, path):
                yield replace(finding, severity=self._policy.severity(finding, path))

    def _source(self, task: Task) -> "Source":
        from advisor.code.sources import source_from_bytes

        content = task.content
        if task.path is not None and content is None:
            project = self._project
            known = project and project.known(project.real(str(task.path)))
            if known:
                return known
            content = task.path.read_bytes()
        source = source_from_bytes(content or b"", task.display_name, task.path)
        if task.content is not None and task.path is not None:
            self._remember(source)
        return source

    def _remember(self, source: "Source") -> None:
        """Keep the text of a file that is being edited for the next one of it."""
        place = str(source.path)
        earlier = self._edited.pop(place, None)
        if earlier is not None:
            source.follow(earlier)
        self._edited[place] = source
        for name in list(self._edited)[:-_MOST_EDITED]:
            del self._edited[name]


def seen_by(project: "Project", start: str) -> dict[str, Seen]:
    """What was read of a file and of all those that it leads to, by their real paths."""
    seen: dict[str, Seen] = {}
    for path in project.leads_to(start):
        source = project.known(path)
        imports = project.imports.get(path)
        seen[path] = Seen(
            source.digest if source is not None else None,
            [] if imports is None else project.results(imports),
            imports is not None and imports.roots,
        )
    return seen


@contextmanager
def _set_aside() -> Iterator[None]:
    """Do not look for garbage among what is there already, the tree above all."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def rare_collections() -> Iterator[None]:
    """Look for garbage in cycles less often: trees are large, and none of them is garbage."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
