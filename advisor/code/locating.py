"""Where imports lead: to which file or folder of the project, as far as names and folders tell."""

from collections.abc import Iterator
from pathlib import Path

_ROOT_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg", ".git", "requirements.txt")
_HIGHEST_ROOT = 6


class Locator:
    """Looks for modules on the disk; asks it only once for the same thing."""

    def __init__(self) -> None:
        self._found: dict[tuple[Path, str], Path | None] = {}
        self._roots: dict[Path, tuple[Path, ...]] = {}

    def roots(self, folder: Path) -> tuple[Path, ...]:
        """Where absolute imports of the files in a folder are looked up: there, then in the folders
        above it, up to the root of the project, and in its `src` folder."""
        if folder not in self._roots:
            self._roots[folder] = tuple(_roots_above(folder))
        return self._roots[folder]

    def find(self, folder: Path, name: str) -> Path | None:
        """The file of a module, or the folder of a package without `__init__.py`, that a dotted
        name means below a folder; the folder itself for an empty name."""
        key = (folder, name)
        if key not in self._found:
            self._found[key] = _find(folder, name)
        return self._found[key]


def project_root(folder: Path) -> Path:
    """The closest folder, this one or above it, that looks like the root of a project; else
    itself."""
    for candidate in (folder, *folder.parents):
        if _is_root(candidate):
            return candidate
    return folder


def _is_root(folder: Path) -> bool:
    return any((folder / marker).exists() for marker in _ROOT_MARKERS)


def _roots_above(folder: Path) -> Iterator[Path]:
    yield folder
    current = folder
    for _ in range(_HIGHEST_ROOT):
        if _is_root(current):
            yield current / "src"
            return
        if current.parent == current:
            return
        current = current.parent
        yield current


def _find(folder: Path, name: str) -> Path | None:
    base = folder.joinpath(*name.split(".")) if name else folder
    candidates = (
        (base.with_suffix(".py"), base / "__init__.py") if name else (base / "__init__.py",)
    )
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    return base if base.is_dir() and any(base.glob("*.py")) else None
