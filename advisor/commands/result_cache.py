"""Results from earlier runs: what was found in files that have not changed since.

A stored result holds as long as everything it was made of is the same: the file's content and that
of every file it imports, where its imports lead, the settings, nnlint and its rules. Nothing here
imports what would analyse a file.
"""

import json
import os
import re
import stat
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from advisor.code.contents import digest_of
from advisor.code.locating import Locator
from advisor.code.outcomes import Outcome, Seen, finding_from, plain
from advisor.commands import fingerprint
from advisor.findings import Location

FOLDER = ".nnlint_cache"
_FORM = "nnlint results 2"
_TAG = """\
Signature: 8a477f597d28d172789f06886806bc55
# This folder holds results that nnlint can find again: it may be deleted at any time.
"""
_OURS = re.compile(r"[0-9a-f]{32}\.json|new-[a-z0-9_]{8}")
_LARGEST = 1 << 28
_MOST_FILES = 20
_OLDEST = 30 * 24 * 3600
_BROKEN = (KeyError, TypeError, ValueError, AttributeError, IndexError)


class Disk:
    """What lies on the disk now, asked for only once; `names` is what findings call the files."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names
        self.locator = Locator()
        self._digests: dict[str, str | None] = {}
        self._real: dict[str, str] = {}

    def digest(self, path: str) -> str | None:
        """Stands for the content of a file; None when it cannot be read."""
        if path not in self._digests:
            try:
                with open(path, "rb") as file:
                    self._digests[path] = digest_of(file.read())
            except OSError:
                self._digests[path] = None
        return self._digests[path]

    def real(self, path: str) -> str:
        """A path without links."""
        if path not in self._real:
            self._real[path] = os.path.realpath(path)
        return self._real[path]


@dataclass(slots=True)
class _Module:
    """What a file looks for, as far as it was seen when its content had this digest."""

    digest: str | None
    sought: set[tuple[str, str]]
    roots: bool


@dataclass(slots=True)
class _Stored:
    """All that one file of the cache holds."""

    fingerprint: str = ""
    environment: str = ""
    packs: list[str] = field(default_factory=list)
    modules: dict[str, _Module] = field(default_factory=dict)
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)


class ResultCache:
    """The results of runs with the same options from the same folder.

    `choices` stands for the options. Whatever goes wrong with the files of the cache makes them
    useless, never the run.
    """

    def __init__(self, folder: str, choices: object, names: Mapping[str, str]) -> None:
        key = digest_of(repr((_FORM, os.getcwd(), choices)).encode())
        self.disk = Disk(names)
        self._folder = folder
        self._path = os.path.join(folder, f"{key}.json")
        self._lines: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._new = False
        self._valid: set[str] = set()
        self._stored = _read(self._path)
        self.is_current = self._check()

    def recall(self, name: str, real: str, settings: str) -> Outcome | None:
        """The result for the file that is called `name`, if it still holds."""
        entry = self._stored.entries.get(name)
        try:
            if entry is None or entry["real"] != real or entry["settings"] != settings:
                return None
            if entry["state"] != self._state(real):
                return None
            self._valid.add(name)
            return Outcome(
                findings=[finding_from(each) for each in entry["findings"]],
                remarks=[str(each) for each in entry["remarks"]],
                assumed=[(str(code), Location(**place)) for code, place in entry["assumed"]],
                in_order=[(str(code), Location(**place)) for code, place in entry["in_order"]],
                analysed=True,
                pages={str(code): str(page) for code, page in entry["pages"].items()},
            )
        except _BROKEN:
            return None

    def remember(self, name: str, real: str, settings: str, outcome: Outcome) -> None:
        """Keep a result, unless the disk has changed since the file was looked at."""
        if not outcome.final or not all(map(self._is_as_seen, outcome.seen.items())):
            return
        for path, seen in outcome.seen.items():
            sought = {(folder, wanted) for folder, wanted, _ in seen.sought}
            _add(self._stored.modules, path, _Module(seen.digest, sought, seen.roots))
            self._lines.pop(path, None)
        self._new = True
        self._valid.add(name)
        self._stored.entries[name] = {
            "real": real,
            "settings": settings,
            "state": None,
            "findings": [plain(finding) for finding in outcome.findings],
            "remarks": outcome.remarks,
            "assumed": [(code, asdict(place)) for code, place in outcome.assumed],
            "in_order": [(code, asdict(place)) for code, place in outcome.in_order],
            "pages": outcome.pages,
        }

    def save(self) -> None:
        """Write what is new, in one step that either happens or does not."""
        if not self._new:
            return
        stored = self._stored
        for name in self._valid:
            entry = stored.entries[name]
            entry["state"] = self._state(entry["real"])
        others = _read(self._path)
        if others.fingerprint == stored.fingerprint:
            for path, module in others.modules.items():
                if path not in stored.modules:
                    stored.modules[path] = module
            for name, entry in others.entries.items():
                stored.entries.setdefault(name, entry)
        try:
            _write(self._folder, self._path, stored)
        except (OSError, *_BROKEN):
            return

    def _check(self) -> bool:
        """Whether what is stored is of this nnlint, with these rules; else it is dropped."""
        stored, environment = self._stored, fingerprint.environment()
        same = stored.environment == environment
        packs = stored.packs if same else fingerprint.folders_of_packs()
        current = fingerprint.fingerprint(packs)
        if stored.fingerprint == current:
            stored.environment = environment
            return True
        self._stored = _Stored(current, environment, packs)
        return False

    def _state(self, start: str) -> str:
        """Stands for a file and all that it leads to, as they are now."""
        seen = {start}
        waiting = [start]
        lines = []
        while waiting:
            line, onward = self._line(waiting.pop())
            lines.append(line)
            for path in onward:
                if path not in seen:
                    seen.add(path)
                    waiting.append(path)
        return digest_of("\n".join(sorted(lines)).encode(errors="surrogateescape"))

    def _line(self, path: str) -> tuple[str, tuple[str, ...]]:
        """What stands for one file, and the files that it leads to."""
        if path not in self._lines:
            disk = self.disk
            module = self._stored.modules.get(path)
            sought = sorted(module.sought) if module is not None else []
            found = [disk.locator.find(*each) for each in sought]
            roots = disk.locator.roots(os.path.dirname(path)) if module and module.roots else ()
            name = disk.names.get(path)
            parts = (path, disk.digest(path), name, roots, sought, found)
            files = (each for each in found if each is not None and not each.endswith(os.sep))
            onward = tuple(dict.fromkeys(map(disk.real, files)))
            self._lines[path] = (digest_of(repr(parts).encode(errors="surrogateescape")), onward)
        return self._lines[path]

    def _is_as_seen(self, pair: tuple[str, Seen]) -> bool:
        path, seen = pair
        if seen.digest is not None and self.disk.digest(path) != seen.digest:
            return False
        return all(
            self.disk.locator.find(folder, name) == found for folder, name, found in seen.sought
        )


def _add(modules: dict[str, _Module], path: str, new: _Module) -> None:
    known = modules.get(path)
    if known is not None and known.digest == new.digest:
        new = _Module(new.digest, known.sought | new.sought, known.roots or new.roots)
    modules[path] = new


def _read(path: str) -> _Stored:
    """What a file of the cache holds; nothing, if it cannot be trusted."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
            return _Stored()
        with open(path, "rb") as file:
            head, _, body = file.read().partition(b"\n")
        if head.decode() != f"{_FORM} {digest_of(body)}":
            return _Stored()
        record = json.loads(body)
        modules = {
            path: _Module(digest, {(folder, name) for folder, name in sought}, bool(roots))
            for path, (digest, sought, roots) in record["modules"].items()
        }
        return _Stored(
            record["fingerprint"],
            record["environment"],
            [str(each) for each in record["packs"]],
            modules,
            dict(record["entries"]),
        )
    except (OSError, RecursionError, *_BROKEN):
        return _Stored()


def _write(folder: str, path: str, stored: _Stored) -> None:
    _prepare(folder)
    record = {
        "fingerprint": stored.fingerprint,
        "environment": stored.environment,
        "packs": stored.packs,
        "modules": {
            path: (module.digest, sorted(module.sought), module.roots)
            for path, module in stored.modules.items()
            if os.path.exists(path)
        },
        "entries": {
            name: entry for name, entry in stored.entries.items() if os.path.exists(entry["real"])
        },
    }
    body = json.dumps(record).encode()
    import tempfile  # which takes as long to import as a short run takes

    handle, temporary = tempfile.mkstemp(prefix="new-", dir=folder)
    try:
        with open(handle, "wb") as file:
            file.write(f"{_FORM} {digest_of(body)}\n".encode() + body)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    _remove_old(folder)


def _prepare(folder: str) -> None:
    """Make the folder, and tell version control and backups to leave it out."""
    os.makedirs(folder, exist_ok=True)
    for name, text in ((".gitignore", "*\n"), ("CACHEDIR.TAG", _TAG)):
        path = os.path.join(folder, name)
        if not os.path.exists(path) or os.path.getsize(path) < len(text):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)


def _remove_old(folder: str) -> None:
    """Remove what has not been written for long, and what a killed run has left behind. The folder
    may be one that holds other things as well."""
    stamps = []
    for entry in os.scandir(folder):
        if _OURS.fullmatch(entry.name):
            stamps.append((entry.stat().st_mtime, entry.path))
    stamps.sort(reverse=True)
    oldest = time.time() - _OLDEST
    for index, (changed, path) in enumerate(stamps):
        if index >= _MOST_FILES or changed < oldest:
            _unlink([path])


def _unlink(paths: Iterable[str]) -> None:
    for path in paths:
        try:
            os.unlink(path)
        except OSError:
            continue
