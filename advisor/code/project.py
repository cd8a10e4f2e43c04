"""Which files belong together, and what an import in one of them means."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.sources import Source, SourceError, read_source
from advisor.code.values import Folder, ProjectModule, Scope, Unknown, Value

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_ROOT_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg", ".git", "requirements.txt")
_HIGHEST_ROOT = 6


class Project:
    """The files that are analysed together; others are read when an import leads to them."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._sources: dict[Path, Source | None] = {}
        for source in sources:
            if source.path is not None:
                self._sources[source.path.resolve()] = source
        self._scopes: dict[Source, Scope] = {}
        self._folders: dict[Source, Path | None] = {}
        self._roots_of: dict[Path, tuple[Path, ...]] = {}

    def import_module(self, machine: "Machine", name: str, level: int) -> Value:
        """The module that an import in the file being run means: of the project, or a library's."""
        folder = self._folder_of(machine.source)
        if level:
            if folder is None:
                return Unknown(name or ".")
            for _ in range(level - 1):
                folder = folder.parent
            return self._module(machine, folder, name) or Unknown(name or ".")
        library = machine.models.library(name)
        if library is not None:
            return library
        if folder is not None:
            for root in self._roots(folder):
                found = self._module(machine, root, name)
                if found is not None:
                    return found
        return machine.models.foreign(name)

    def submodule(self, machine: "Machine", module: ProjectModule, name: str) -> Value | None:
        """A submodule reached as an attribute of its package."""
        source = module.scope.source
        folder = self._folder_of(source)
        if source.path is None or folder is None or source.path.name != "__init__.py":
            return None
        return self._module(machine, folder, name)

    def member(self, machine: "Machine", folder: Folder, name: str) -> Value | None:
        """A module in a package folder."""
        return self._module(machine, folder.path, name)

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

    def _folder_of(self, source: Source) -> Path | None:
        if source not in self._folders:
            self._folders[source] = None if source.path is None else source.path.resolve().parent
        return self._folders[source]

    def _roots(self, folder: Path) -> tuple[Path, ...]:
        """Where absolute imports are looked up: the script's folder, then those above it, up to
        the root of the project, with their `src` folders."""
        if folder not in self._roots_of:
            self._roots_of[folder] = tuple(self._search_roots(folder))
        return self._roots_of[folder]

    @staticmethod
    def _search_roots(folder: Path) -> Iterator[Path]:
        yield folder
        current = folder
        for _ in range(_HIGHEST_ROOT):
            if any((current / marker).exists() for marker in _ROOT_MARKERS):
                yield current / "src"
                return
            if current.parent == current:
                return
            current = current.parent
            yield current

    def _module(self, machine: "Machine", folder: Path, name: str) -> Value | None:
        found = self._find(folder, name)
        if found is not None:
            return self._loaded(machine, found)
        package = folder.joinpath(*name.split(".")) if name else folder
        if package.is_dir() and any(package.glob("*.py")):
            return Folder(package)
        return None

    def _find(self, folder: Path, name: str) -> Source | None:
        base = folder.joinpath(*name.split(".")) if name else folder
        for candidate in (base.with_suffix(".py") if name else None, base / "__init__.py"):
            if candidate is not None:
                source = self._source(candidate)
                if source is not None:
                    return source
        return None

    def _source(self, path: Path) -> Source | None:
        if path not in self._sources:
            self._sources[path] = None
            if path.is_file():
                try:
                    self._sources[path] = read_source(path)
                except SourceError:
                    return None
        return self._sources[path]

    def _loaded(self, machine: "Machine", source: Source) -> Value:
        return ProjectModule(self.scope_of(machine, source))

    def _run(self, machine: "Machine", source: Source) -> None:
        from advisor.code.interpreter.toplevel import run_module

        scope = Scope("module", source)
        self._scopes[source] = scope
        try:
            tree = source.tree
        except SourceError:
            return
        run_module(machine, scope, tree, as_main=False)
