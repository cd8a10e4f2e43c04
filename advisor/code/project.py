"""Which files belong together, and what an import in one of them means."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.locating import Locator
from advisor.code.sources import Source, SourceError, read_source
from advisor.code.values import Folder, ProjectModule, Scope, Unknown, Value
from advisor.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

MOST_KEPT = 1_300_000
"""Characters of imported modules that are kept from one file to the next: all that a large package has
its importers read, which takes seconds. In memory they take some fifty times as many bytes."""


@dataclass(slots=True)
class Imports:
    """What one file has looked for: modules, each in a folder and under a name; `roots` when it has
    looked in all folders where absolute imports are looked up."""

    sought: set[tuple[str, str]] = field(default_factory=set)
    roots: bool = False


# Names of libraries that programs give to files of their own as well.
_CALLED_LIKE_LIBRARIES = frozenset(["datasets", "evaluate"])


class Project:
    """The files that are analysed together; others are read when an import leads to them.

    `names` says what findings call a file, by its real path, where that is not its path. `had_time`
    tells whether all imports so far have been run to their ends, or to a number of steps.
    """

    def __init__(
        self, sources: Iterable[Source] = (), names: Mapping[str, str] | None = None
    ) -> None:
        self.imports: dict[str, Imports] = {}
        self.had_time = True
        self._locator = Locator()
        self._real: dict[str, str] = {}
        self._names = names or {}
        self._sources: dict[str, Source | None] = {}
        self._places: dict[Source, str | None] = {}
        self._scopes: dict[Source, Scope] = {}
        # The last of the files that were tidied up behind that has led to each, by their real paths.
        self._needed: dict[str | None, int] = {}
        self._files = 0
        for source in sources:
            self.add(source)

    def add(self, source: Source) -> None:
        """Let imports find a source that has been read."""
        if source.path is not None:
            self._sources[self.real(str(source.path))] = source

    def known(self, path: str) -> Source | None:
        """The source at a real path, if it has been read and is kept."""
        return self._sources.get(path)

    def real(self, path: str) -> str:
        """A path without links; the disk is asked only once."""
        if path not in self._real:
            self._real[path] = os.path.realpath(path)
        return self._real[path]

    def is_looked_at(self, source: Source) -> bool:
        """Whether a file is among those that findings are wanted for."""
        place = self._place_of(source)
        return place is not None and place in self._names

    @property
    def kept(self) -> int:
        """How many characters of source the modules have that are kept for the next file."""
        return sum(len(source.text) for source in self._scopes)

    def tidy(self, last: str) -> int:
        """Drop the trees that no import has led to, and when they have become many also those that
        files have led to longest ago, but none that the file at the real path `last` leads to: its
        neighbours will need the same. Returns how many characters of source they stand for."""
        before = self.kept
        self._files += 1
        self._needed |= dict.fromkeys(self.leads_to(last), self._files)
        if before > MOST_KEPT:
            self._drop_oldest()
        kept = self._scopes.keys()
        self._sources = {
            path: source
            for path, source in self._sources.items()
            if source is None or source in kept
        }
        self._places = {source: place for source, place in self._places.items() if source in kept}
        return before - self.kept

    def _drop_oldest(self) -> None:
        """Keep what the last files have led to. What one of them leads to is kept or dropped together:
        nothing that is kept rests on what another run of the same module would make anew."""
        by_file: dict[int, list[Source]] = {}
        for source in self._scopes:
            by_file.setdefault(self._needed.get(self._place_of(source), 0), []).append(source)
        kept: set[Source] = set()
        characters = 0
        for file in sorted(by_file, reverse=True):
            characters += sum(len(source.text) for source in by_file[file])
            if kept and characters > MOST_KEPT:
                break
            kept.update(by_file[file])
        self._scopes = {source: scope for source, scope in self._scopes.items() if source in kept}

    def leads_to(self, start: str) -> list[str]:
        """The real paths of a file and of all files that its imports have led to."""
        found = [start]
        seen = {start}
        for path in found:
            imports = self.imports.get(path)
            for _, _, target in self.results(imports) if imports is not None else ():
                if target is None or target.endswith(os.sep):
                    continue
                real = self.real(target)
                if real not in seen:
                    seen.add(real)
                    found.append(real)
        return found

    def results(self, imports: Imports) -> list[tuple[str, str, str | None]]:
        """What a file has looked for, in a fixed order, each with what was found."""
        return [(*each, self._locator.find(*each)) for each in sorted(imports.sought)]

    def import_module(self, machine: "Machine", name: str, level: int) -> Value:
        """The module that an import in the file being run means: of the project, or a library's."""
        folder = self._folder_of(machine.source)
        if level:
            if folder is None:
                return Unknown(name or ".")
            for _ in range(level - 1):
                folder = os.path.dirname(folder)
            return self._module(machine, folder, name) or Unknown(name or ".")
        library = machine.models.library(name)
        if library is not None:
            own = self._own_module(machine, folder, name)
            return library if own is None else own
        if folder is not None:
            self._imports_of(machine.source).roots = True
            for root in self._locator.roots(folder):
                found = self._module(machine, root, name)
                if found is not None:
                    return found
        return machine.models.foreign(name)

    def _own_module(self, machine: "Machine", folder: str | None, name: str) -> Value | None:
        """A file or package beside the one being run that is called like a library: it comes first."""
        top = name.partition(".")[0]
        if folder is None or top not in _CALLED_LIKE_LIBRARIES:
            return None
        self._imports_of(machine.source).sought.add((folder, top))
        found = self._locator.find(folder, top)
        if found is None or found.endswith(os.sep):
            return None
        return self._module(machine, folder, name)

    def submodule(self, machine: "Machine", module: ProjectModule, name: str) -> Value | None:
        """A submodule reached as an attribute of its package."""
        source = module.scope.source
        folder = self._folder_of(source)
        if folder is None or source.path is None or source.path.name != "__init__.py":
            return None
        return self._module(machine, folder, name)

    def member(self, machine: "Machine", folder: Folder, name: str) -> Value | None:
        """A module in a package folder."""
        return self._module(machine, str(folder.path), name)

    def scope_of(self, machine: "Machine", source: Source) -> Scope:
        """The module scope of a file whose top level has been run as an import. It is run once and
        shared by all that import it, also when it is a script that is run as such as well."""
        if source not in self._scopes:
            self._run(machine, source)
        return self._scopes[source]

    @staticmethod
    def is_main_guard(test: cst.BaseExpression) -> bool:
        """Whether a condition is `__name__ == "__main__"`."""
        match test:
            case cst.Comparison(
                left=cst.Name(value="__name__"),
                comparisons=[cst.ComparisonTarget(operator=cst.Equal())],
            ):
                return True
        return False

    def _place_of(self, source: Source) -> str | None:
        """The real path of a source."""
        if source not in self._places:
            path = source.path
            self._places[source] = None if path is None else self.real(str(path))
        return self._places[source]

    def _folder_of(self, source: Source) -> str | None:
        place = self._place_of(source)
        return None if place is None else os.path.dirname(place)

    def _imports_of(self, source: Source) -> Imports:
        return self.imports.setdefault(self._place_of(source) or "", Imports())

    def _module(self, machine: "Machine", folder: str, name: str) -> Value | None:
        self._imports_of(machine.source).sought.add((folder, name))
        found = self._locator.find(folder, name)
        if found is None:
            return None
        if found.endswith(os.sep):
            return Folder(Path(found))
        source = self._source(found)
        return None if source is None else ProjectModule(self.scope_of(machine, source))

    def _source(self, path: str) -> Source | None:
        real = self.real(path)
        if real not in self._sources:
            try:
                self._sources[real] = read_source(Path(path), self._names.get(real))
            except SourceError:
                self._sources[real] = None
        return self._sources[real]

    def _run(self, machine: "Machine", source: Source) -> None:
        from advisor.code.interpreter.toplevel import run_import

        scope = Scope("module", source)
        self._scopes[source] = scope
        try:
            tree = source.tree
        except SourceError:
            return
        try:
            self.had_time = run_import(machine, scope, tree) and self.had_time
        except RecursionError:
            del self._scopes[source]  # from another file on, it may not be too deep
            raise
