"""Which event files are one run: split folders, sub-folders of one writer, restarts, resumptions.

A run is a folder, with the sub-folders that hold its splits (`train/`, `validation/`), the single
series of `add_scalars` or the record of `add_hparams`. Files in one folder are one run when they
log different scalars, or when one goes on where another ended; files whose steps overlap from the
start are several runs.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from advisor.runs.discovery import natural_order
from advisor.runs.readers.series import LogFile, Series
from advisor.runs.readers.tables import TableFile
from advisor.runs.run import Note, Split
from advisor.runs.tables_beside import output_folder, tables_to_read
from advisor.runs.vocabulary import SPLIT_FOLDERS, Family, quantity_of, split_of

_DERIVED_SPLIT_FOLDER = re.compile(r"(eval|evaluation|validation|valid|val|test|dev)[_-]\w+")
_PROCESS = re.compile(r"tfevents\.\d+\.(?P<process>.+\.\d+)\.\d+(\.v2)?$")
_HELD_OUT = frozenset({Split.VALIDATION, Split.TEST})
_TRAIN_FOLDERS = frozenset({"train", "training"})

# A file that starts within this part of what an earlier one covered starts over.
_RESTART_WITHIN = 0.1


class FolderRole(Enum):
    """What a folder is to its run."""

    RUN = "run"
    SPLIT = "split"
    SERIES = "series"
    HYPERPARAMETERS = "hyper-parameters"


@dataclass(frozen=True, slots=True)
class Member:
    """An event file of a run. `folder` is relative to the run's, empty for the run's own."""

    file: LogFile
    folder: str = ""
    role: FolderRole = FolderRole.RUN
    split: Split = Split.UNKNOWN

    def tag(self, series: Series) -> str:
        """The tag that is unique in the run."""
        return f"{self.folder}/{series.tag}" if self.folder else series.tag

    def label(self, series: Series) -> str:
        """What the series is called; for one of `add_scalars` with its key behind the tag."""
        if self.role is not FolderRole.SERIES:
            return series.tag
        key = self.folder[len(series.tag) + 1 :]
        return f"{series.tag}/{key}"

    def judged_series(self) -> dict[str, Series]:
        """The series by which runs are told apart: not counters, clocks and the like."""
        return {
            self.tag(series): series
            for series in self.file.series.values()
            if len(series) and quantity_of(self.label(series)).family is not Family.OTHER
            if quantity_of(self.label(series)).name not in {"epoch", "time"}
        }


@dataclass(slots=True)
class RunFiles:
    """The event files of one run, in the order of their first points.

    `path` is the folder on disk; `place` is where the run would lie if its splits lay in it, which
    differs for `logs/train/first` and `logs/test/first`. `number` counts the runs that share a
    place from 1, and is 0 if there is one only.
    """

    path: Path
    place: Path
    members: list[Member] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    number: int = 0


class _Home(NamedTuple):
    path: Path
    place: Path
    folder: str = ""
    role: FolderRole = FolderRole.RUN
    split: Split = Split.UNKNOWN


def group_runs(files: Iterable[LogFile], root: Path) -> list[RunFiles]:
    """The runs at or below `root`, in the order of their folders and of time.

    `files` are event files that were read, also those without scalars: even an empty one says that
    a writer was opened in its folder.
    """
    folders: dict[Path, list[LogFile]] = defaultdict(list)
    tables = []
    for file in files:
        if isinstance(file, TableFile):
            tables.append(file)
        else:
            folders[file.path.parent].append(file)
    layout = _Layout(root, folders)
    members: dict[tuple[Path, Path], list[Member]] = defaultdict(list)
    for folder in sorted(folders, key=natural_order):
        home = layout.home(folder)
        for file in folders[folder]:
            if file.series or file.texts or file.hyperparameters:
                member = Member(file, home.folder, home.role, home.split)
                members[home.path, home.place].append(member)
    for table in tables_to_read(tables, folders):
        home = _home_of_table(table, tables, root)
        members[home.path, home.place].append(Member(table, home.folder, home.role, home.split))
    runs = []
    named_alike = Counter(place for _, place in members)
    for path, place in sorted(members, key=lambda home: natural_order(home[1])):
        own = place if named_alike[place] == 1 else path
        runs += _runs_in(path, own, members[path, place])
    return runs


def _home_of_table(table: TableFile, tables: Sequence[TableFile], root: Path) -> _Home:
    """The run that a table belongs to: the folder's, a split of it, or one of its own."""
    folder, stem = table.path.parent, table.path.stem
    split = SPLIT_FOLDERS.get(stem.lower(), Split.UNKNOWN)
    if sum(each.path.parent == folder for each in tables) == 1:
        return _Home(folder, folder if folder == root else output_folder(table), split=split)
    named = {split_of(tag) for tag in table.series} - {Split.UNKNOWN}
    if split is not Split.UNKNOWN and not named:
        return _Home(folder, folder, stem, FolderRole.SPLIT, split)
    return _Home(folder, folder / stem)


class _Layout:
    """What the folders with event files below a root are to each other."""

    def __init__(self, root: Path, folders: Mapping[Path, Sequence[LogFile]]) -> None:
        self.root = root
        self.folders = folders

    def home(self, folder: Path) -> _Home:
        """The run that the files in a folder belong to, and as what."""
        if self.root in folder.parents:
            for ask in (self._home_of_series, self._home_of_hyperparameters, self._home_of_split):
                if (found := ask(folder)) is not None:
                    return found
        split = Split.UNKNOWN
        if not self._splits_in_tags(folder):
            split = SPLIT_FOLDERS.get(folder.name.lower(), Split.UNKNOWN)
        return _Home(folder, folder, split=split)

    def _tags(self, folder: Path) -> set[str]:
        return {tag for file in self.folders.get(folder, ()) for tag in file.series}

    def _splits_in_tags(self, folder: Path) -> set[Split]:
        """The splits that tags name themselves (those that Keras adds in any case left out)."""
        tags = (tag for tag in self._tags(folder) if not tag.endswith("_vs_iterations"))
        return {split_of(tag) for tag in tags} - {Split.UNKNOWN}

    def _home_of_series(self, folder: Path) -> _Home | None:
        """`Loss_train/` that holds the one tag `Loss`, below a folder that has a writer too.

        The writer's file, in which there is nothing, is often lost; `Loss_val/` beside it tells.
        """
        prefixes = tuple(tag.replace("/", "_") + "_" for tag in self._tags(folder))
        for above in folder.parents:
            name = folder.relative_to(above).as_posix()
            known = above in self.folders or self._has_splits_beside(folder, above)
            if prefixes and known and all(map(name.startswith, prefixes)):
                return _Home(above, above, name, FolderRole.SERIES)
            if above == self.root:
                break
        return None

    def _has_splits_beside(self, folder: Path, above: Path) -> bool:
        """Whether other folders in the same place hold the one tag of this one on other splits."""
        tags = self._tags(folder)
        if len(tags) != 1 or folder.parent != above:
            return False
        start = next(iter(tags)).replace("/", "_") + "_"
        alike = {
            split_of(other.name.removeprefix(start))
            for other in self.folders
            if other.parent == above and other.name.startswith(start) and self._tags(other) == tags
        }
        return len(alike) > 1 and Split.UNKNOWN not in alike

    def _home_of_hyperparameters(self, folder: Path) -> _Home | None:
        """A folder with hyper-parameters and final values, below the run's own."""
        files, above = self.folders[folder], folder.parent
        recorded = any(file.hyperparameters for file in files)
        final = all(len(series) == 1 for file in files for series in file.series.values())
        if recorded and final and self._tags(above):
            return _Home(above, above, folder.name, FolderRole.HYPERPARAMETERS)
        return None

    def _home_of_split(self, folder: Path) -> _Home | None:
        """`train/` and `validation/`, side by side, below a run's own files or on its own."""
        parts = folder.relative_to(self.root).parts
        index = next((i for i, part in reversed(list(enumerate(parts))) if _names_split(part)), -1)
        if index < 0:
            return None
        above, below = self.root.joinpath(*parts[:index]), parts[index + 1 :]
        siblings = self._siblings(parts, index)
        exact = parts[index].lower() in SPLIT_FOLDERS
        beside = siblings & (_TRAIN_FOLDERS if not exact else SPLIT_FOLDERS.keys())
        if not beside and (below or not self._belongs_to_parent(folder, exact)):
            return None
        split = _split_of_folder(parts[index], siblings)
        if not self._may_hold_only(folder, split):
            return None
        name = folder.relative_to(above).as_posix()
        return _Home(above, above.joinpath(*below), name, FolderRole.SPLIT, split)

    def _siblings(self, parts: tuple[str, ...], index: int) -> set[str]:
        """The names of other split folders in the same place."""
        rest = parts[:index] + parts[index + 1 :]
        relative = (
            other.relative_to(self.root).parts
            for other in self.folders
            if self.root in other.parents
        )
        names = {
            others[index].lower()
            for others in relative
            if len(others) == len(parts) and others[:index] + others[index + 1 :] == rest
        }
        return {name for name in names - {parts[index].lower()} if _names_split(name)}

    def _belongs_to_parent(self, folder: Path, exact: bool) -> bool:
        """Whether a split folder without a counterpart still is a part of what is above it."""
        above = folder.parent
        if self._tags(above):
            return True
        cousins = {
            other.relative_to(above).parts[0] for other in self.folders if above in other.parents
        }
        known = SPLIT_FOLDERS.get(folder.name.lower(), Split.UNKNOWN) is not Split.UNKNOWN
        return exact and known and all(_names_split(cousin) for cousin in cousins)

    def _may_hold_only(self, folder: Path, split: Split) -> bool:
        """Whether the splits that the tags name agree with the split of the folder."""
        named = self._splits_in_tags(folder)
        if split is Split.TRAIN:
            return named <= {Split.TRAIN, Split.TRAIN_VALIDATION}
        return Split.TRAIN not in named and (split is not Split.UNKNOWN or not named)


def _names_split(folder: str) -> bool:
    folder = folder.lower()
    return folder in SPLIT_FOLDERS or _DERIVED_SPLIT_FOLDER.fullmatch(folder) is not None


def _split_of_folder(name: str, siblings: set[str]) -> Split:
    name = name.lower()
    if name == "test" and "learn" in siblings:
        return Split.VALIDATION  # what CatBoost calls the rows that it stops early on
    derived = _DERIVED_SPLIT_FOLDER.fullmatch(name)
    return SPLIT_FOLDERS[derived[1] if derived and name not in SPLIT_FOLDERS else name]


@dataclass(slots=True)
class _Extent:
    """The stretch of steps and time that a scalar covers so far in a run."""

    first: int
    last: int
    until: float
    points: int
    files: int


class _Session:
    """A run that is being put together from files, in the order of time."""

    def __init__(self) -> None:
        self.members: list[Member] = []
        self.extents: dict[str, _Extent] = {}
        self.resumptions: list[Note] = []

    def takes(self, member: Member) -> bool:
        """Whether a later file can be a part of this run."""
        series = member.judged_series()
        shared = [tag for tag in series if tag in self.extents]
        if not shared or all(series[tag].steps[0] > self.extents[tag].last for tag in shared):
            return True
        if all(len(each) == 1 for each in series.values()):
            return all(self._evaluates(tag, series[tag]) for tag in shared)
        return self._resumes(series, max(shared, key=lambda tag: self.extents[tag].points))

    def _evaluates(self, tag: str, single: Series) -> bool:
        """Whether one point is another evaluation of a trained model, maybe at a checkpoint."""
        extent = self.extents[tag]
        later = single.steps[0] >= extent.last
        return split_of(tag) in _HELD_OUT and (later or extent.points == extent.files)

    def _resumes(self, series: Mapping[str, Series], tag: str) -> bool:
        """Whether a file goes on from a checkpoint: well after the start, and after the end in
        time."""
        extent, later = self.extents[tag], series[tag]
        start_over = extent.first + _RESTART_WITHIN * (extent.last - extent.first)
        return later.steps[0] > start_over and later.wall_times[0] >= extent.until

    def add(self, member: Member) -> None:
        """Take a file in."""
        series = member.judged_series()
        shared = [tag for tag in series if tag in self.extents]
        if shared:
            tag = max(shared, key=lambda each: self.extents[each].points)
            if self.extents[tag].points > self.extents[tag].files:
                self._note_resumption(member, series[tag], self.extents[tag].last)
        for tag, each in series.items():
            known = self.extents.get(tag, _Extent(each.steps[0], each.steps[-1], 0.0, 0, 0))
            self.extents[tag] = _Extent(
                first=known.first,
                last=max(known.last, each.steps[-1]),
                until=each.wall_times[-1],
                points=known.points + len(each),
                files=known.files + 1,
            )
        self.members.append(member)

    def _note_resumption(self, member: Member, later: Series, last: int) -> None:
        text = f"`{member.file.path.name}` goes on at step {later.steps[0]}"
        if later.steps[0] <= last:
            text += f" after step {last} had been reached: the later values hold"
        self.resumptions.append(Note(text, "NR403"))

    def has_process(self, process: str) -> bool:
        """Whether one of the files was written by this process."""
        return bool(process) and any(_process(each.file) == process for each in self.members)


def _process(file: LogFile) -> str:
    """Host and number of the process that wrote a file, as its name tells; else empty."""
    found = _PROCESS.search(file.path.name)
    return found["process"] if found else ""


def _runs_in(path: Path, place: Path, members: list[Member]) -> list[RunFiles]:
    """The runs that the files of one folder (and of its splits) are."""
    sessions: list[_Session] = []
    for member in sorted(members, key=lambda each: each.file.first_wall_time):
        process = _process(member.file)
        eligible = [
            session
            for session in reversed(sessions)
            if session is sessions[-1] or session.has_process(process)
        ]
        taker = next((session for session in eligible if session.takes(member)), None)
        if taker is None:
            taker = _Session()
            sessions.append(taker)
        taker.add(member)
    if len(sessions) == 1:
        return [RunFiles(path, place, sessions[0].members, sessions[0].resumptions)]
    return [
        RunFiles(
            path,
            place,
            each.members,
            [_one_of_several(each, i, place, sessions), *each.resumptions],
            i,
        )
        for i, each in enumerate(sessions, 1)
    ]


def _one_of_several(
    session: _Session, number: int, place: Path, sessions: Sequence[_Session]
) -> Note:
    started = _moment(session.members[0].file.first_wall_time)
    return Note(
        f"`{place.name}` holds {len(sessions)} runs whose steps overlap; this is number {number}"
        f"{started}",
        "NR403",
    )


def _moment(wall_time: float) -> str:
    try:
        return datetime.fromtimestamp(wall_time, UTC).strftime(", started %Y-%m-%d %H:%M UTC")
    except (OverflowError, ValueError, OSError):
        return ""
