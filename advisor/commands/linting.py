"""One run of nnlint: from the arguments to the findings that are to be reported."""

import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.code.discovery import FoundFile, find_files
from advisor.code.prefilter import mentions_training_library
from advisor.commands.policy import Policy
from advisor.settings import SettingsError

if TYPE_CHECKING:
    from advisor.code.project import Project
    from advisor.code.sources import Source
    from advisor.findings import Finding
    from advisor.rulebook import Rule

STANDARD_INPUT = "-"


class Lint:
    """Looks at files and counts those that were `analysed` and those that are `irrelevant`, because
    they name no training library.

    `complain` is told each problem once, `remark` what only a curious user wants to know.
    """

    def __init__(
        self, policy: Policy, complain: Callable[[str], None], remark: Callable[[str], None]
    ) -> None:
        self.analysed = 0
        self.irrelevant = 0
        self._policy = policy
        self._complain = complain
        self._remark = remark
        self._told: set[str] = set()
        self._sources: dict[str, Source | None] = {}
        self._project: Project | None = None

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
        """What is to be reported about the files that `paths` mean, in the order of the files."""
        with _rare_collections():
            sources = list(self._readable(paths, stdin_filename, force_exclude))
            self._sources = {source.display_name: source for source in sources}
            return [finding for source in sources for finding in self._reported(source, sources)]

    def source_of(self, filename: str) -> "Source | None":
        """The source that findings call `filename`, which may be one that was only imported."""
        if filename not in self._sources:
            from advisor.code.sources import SourceError, read_source

            try:
                self._sources[filename] = read_source(Path(filename))
            except SourceError:
                self._sources[filename] = None
        return self._sources[filename]

    def _readable(
        self, paths: Sequence[str], stdin_filename: str | None, force_exclude: bool
    ) -> Iterator["Source"]:
        """The sources that name a training library and are Python."""
        from_disk = [path for path in paths if path != STANDARD_INPUT]
        if STANDARD_INPUT in paths:
            yield from self._read_standard_input(stdin_filename, force_exclude)
        for found in find_files(from_disk, self._policy.excludes, force_exclude=force_exclude):
            if not isinstance(found, FoundFile):
                self._problem(f"{found.display_name}: {found.reason}")
                continue
            try:
                content = found.path.read_bytes()
            except OSError as error:
                self._problem(f"{found.display_name}: {error.strerror or error}")
            else:
                yield from self._read(content, found.display_name, found.path, found.named)

    def _read_standard_input(self, filename: str | None, force: bool) -> Iterator["Source"]:
        path = Path(filename) if filename else None
        if not (force and path is not None and self._policy.excludes(path)):
            yield from self._read(sys.stdin.buffer.read(), filename or "<stdin>", path, named=True)

    def _read(
        self, content: bytes, name: str, path: Path | None, named: bool
    ) -> Iterator["Source"]:
        relevant = mentions_training_library(content)
        if not relevant:
            self._remark(f"{name}: names no training library")
            if not named:
                self.irrelevant += 1
                return
        from advisor.code.sources import SourceError, source_from_bytes

        try:
            source = source_from_bytes(content, name, path)
            if relevant:
                _ = source.tree
                yield source
            else:
                source.check_syntax()
                self.irrelevant += 1
        except SourceError as error:
            self._problem(str(error))

    def _reported(self, source: "Source", together: "list[Source]") -> "Iterator[Finding]":
        try:
            rules = self._policy.rules(self._policy.settings(source.path))
        except SettingsError as error:
            self._problem(str(error))
            return
        for finding in self._analysed(source, together, rules):
            if not source.suppresses(finding) and self._policy.reports(finding, source.path):
                severity = self._policy.severity(finding, source.path)
                yield (
                    finding if severity == finding.severity else replace(finding, severity=severity)
                )

    def _analysed(
        self, source: "Source", together: "list[Source]", rules: "tuple[Rule, ...]"
    ) -> "list[Finding]":
        from advisor.code.analysis import Project, analyze

        if self._project is None:
            self._project = Project(together)
        try:
            analysis = analyze(source, self._project, rules)
        except Exception as error:  # noqa: BLE001
            # a fault of ours in one file must not hide what is found in the others
            what = f"{type(error).__name__}: {error}"
            self._problem(f"{source.display_name}: internal error, please report it ({what})")
            return []
        self.analysed += 1
        for reason in analysis.given_up:
            self._remark(f"{source.display_name}: not followed to the end: {reason}")
        return analysis.findings

    def _problem(self, message: str) -> None:
        if message not in self._told:
            self._told.add(message)
            self._complain(message)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Look for garbage in cycles less often: trees are large, and none of them is garbage."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
