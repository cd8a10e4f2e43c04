"""Where imports lead: to which file or folder, as far as names and folders tell.

Paths are strings here: this is also asked when nothing is analysed, only to see whether a stored
result still holds.
"""

import os
from collections.abc import Iterator

_ROOT_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg", ".git", "requirements.txt")
_HIGHEST_ROOT = 6


class Locator:
    """Looks for modules on the disk; asks it only once for the same thing."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], str | None] = {}
        self._roots: dict[str, tuple[str, ...]] = {}

    def roots(self, folder: str) -> tuple[str, ...]:
        """Where absolute imports of the files in a folder are looked up: there, then in the folders
        above it, up to the root of the project, and in its `src` folder."""
        if folder not in self._roots:
            self._roots[folder] = tuple(_roots_above(folder))
        return self._roots[folder]

    def find(self, folder: str, name: str) -> str | None:
        """The file of a module, or the folder of a package without `__init__.py` (which ends with a
        separator), that a dotted name means below a folder; an empty name means the folder."""
        key = (folder, name)
        if key not in self._found:
            self._found[key] = _find(folder, name)
        return self._found[key]


def project_root(folder: str) -> str:
    """The closest folder, this one or above it, that looks like the root of a project; else
    itself."""
    current = folder
    while not _is_root(current):
        parent = os.path.dirname(current)
        if parent == current:
            return folder
        current = parent
    return current


def _is_root(folder: str) -> bool:
    return any(os.path.exists(os.path.join(folder, marker)) for marker in _ROOT_MARKERS)


def _roots_above(folder: str) -> Iterator[str]:
    yield folder
    current = folder
    for _ in range(_HIGHEST_ROOT):
        if _is_root(current):
            yield os.path.join(current, "src")
            return
        parent = os.path.dirname(current)
        if parent == current:
            return
        current = parent
        yield current


def _find(folder: str, name: str) -> str | None:
    base = os.path.join(folder, *name.split(".")) if name else folder
    candidates = [os.path.join(base, "__init__.py")]
    if name:
        candidates.insert(0, f"{base}.py")
    for candidate in candidates:
        if os.path.isfile(candidate):
            return candidate
    return os.path.join(base, "") if _holds_python(base) else None


def _holds_python(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(entry.name.endswith(".py") for entry in entries)
    except (OSError, ValueError):
        return False
