"""Settings: the closest `[tool.nnlint]` in a pyproject.toml, or nnlint.toml with the same keys.

The closest file wins as a whole; nothing is merged. What would validate a table is imported only
once there is one.
"""

import os
from dataclasses import field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from advisor.findings import Severity
from advisor.lazy_dataclasses import dataclass

PROJECT_FILE = "pyproject.toml"


class SettingsError(Exception):
    """Settings that cannot be used. Its text is one line that names the file and the key."""


def _key(field_name: str) -> str:
    return field_name.replace("_", "-")


@dataclass(frozen=True, slots=True)
class LintSettings:
    """The table `[tool.nnlint]`; its keys are spelt with dashes.

    `select`, `ignore` and `extend_select` hold codes, prefixes of codes or names of rules;
    `per_file_ignores` maps patterns of paths to the same, `severity` rules to their severity;
    `exclude` holds patterns of paths that are left out of folders.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "alias_generator": _key}

    select: list[str] = field(default_factory=list)
    ignore: list[str] = field(default_factory=list)
    extend_select: list[str] = field(default_factory=list)
    per_file_ignores: dict[str, list[str]] = field(default_factory=dict)
    exclude: list[str] = field(default_factory=list)
    severity: dict[str, Severity] = field(default_factory=dict)


Table = TypeVar("Table")


@dataclass(frozen=True, slots=True)
class SettingsFile(Generic[Table]):
    """A validated settings table and the file it was read from."""

    path: Path
    table: Table

    @property
    def folder(self) -> Path:
        """The folder that the table's patterns start from."""
        return self.path.parent


class SettingsFinder(Generic[Table]):
    """Finds the settings of one tool that apply in a folder: its own or the closest above."""

    def __init__(self, tool: str, table_type: type[Table]) -> None:
        self.tool = tool
        self.table_type = table_type
        self._found: dict[str, SettingsFile[Table] | SettingsError | None] = {}

    def closest(self, folder: Path) -> SettingsFile[Table] | None:
        """The settings for the files in `folder`; raises `SettingsError` if they are wrong."""
        found = self._closest(os.path.abspath(folder))
        if isinstance(found, SettingsError):
            raise found
        return found

    def read(self, path: Path) -> SettingsFile[Table]:
        """The settings in a file the user names; raises `SettingsError`."""
        found = self._table(path, path.name)
        if found is None:
            raise SettingsError(f"{path}: there is no table [tool.{self.tool}]")
        return self._validated(path, found)

    def _closest(self, folder: str) -> SettingsFile[Table] | SettingsError | None:
        if folder not in self._found:
            try:
                found: SettingsFile[Table] | SettingsError | None = self._in(Path(folder))
            except SettingsError as error:
                found = error
            parent = os.path.dirname(folder)
            if found is None and parent != folder:
                found = self._closest(parent)
            self._found[folder] = found
        return self._found[folder]

    def _in(self, folder: Path) -> SettingsFile[Table] | None:
        for name in (f"{self.tool}.toml", PROJECT_FILE):
            path = folder / name
            if path.is_file():
                table = self._table(path, name)
                if table is not None:
                    return self._validated(path, table)
        return None

    def _table(self, path: Path, name: str) -> dict[str, Any] | None:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise SettingsError(f"{path}: {error.strerror}") from None
        if name == PROJECT_FILE and self.tool.encode() not in content:
            return None
        import tomllib

        try:
            document = tomllib.loads(content.decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path}: not valid TOML: {error}") from None
        if name != PROJECT_FILE:
            return document
        tools = document.get("tool")
        table = tools.get(self.tool) if isinstance(tools, dict) else None
        return table if isinstance(table, dict) else None

    def _validated(self, path: Path, table: dict[str, Any]) -> SettingsFile[Table]:
        from pydantic import TypeAdapter, ValidationError

        try:
            return SettingsFile(path, TypeAdapter(self.table_type).validate_python(table))
        except ValidationError as error:
            raise SettingsError(f"{path}: {_explanation(error.errors()[0], self)}") from None

    def keys(self) -> list[str]:
        """The keys the table may have."""
        return [_key(name) for name in self.table_type.__dataclass_fields__]  # type: ignore[attr-defined]


def _explanation(error: Any, finder: SettingsFinder[Any]) -> str:
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "unexpected_keyword_argument":
        return f"unknown key `{key}`{suggestion(key, finder.keys())}"
    reason = error["msg"].replace("Input should be", "should be").replace("a valid", "a")
    return f"`{key}` {reason}, not {error['input']!r}"


def suggestion(word: str, known: list[str]) -> str:
    """`; did you mean …?` with the known word that is most like `word`, or nothing."""
    from difflib import get_close_matches

    close = get_close_matches(word, known, n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def matches(path: Path, patterns: list[str], folder: Path) -> bool:
    """Whether a file or folder, or a folder around it, is meant by a pattern.

    A pattern is compared with names and with paths that start at `folder`; `*` also stands for
    slashes.
    """
    if not patterns:
        return False
    relative = os.path.relpath(path, folder).replace(os.sep, "/")
    parts = relative.split("/")
    for end in range(len(parts), 0, -1):
        candidates = (parts[end - 1], "/".join(parts[:end]))
        for pattern in patterns:
            wanted = pattern.removeprefix("./").rstrip("/")
            if any(fnmatchcase(candidate, wanted) for candidate in candidates):
                return True
    return False
