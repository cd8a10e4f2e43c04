"""Tables that repeat what event files or later tables hold, and those that are worth reading."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from advisor.runs.readers.json_log import TrainerState
from advisor.runs.readers.series import LogFile
from advisor.runs.readers.tables import TableFile
from advisor.runs.vocabulary import Family, quantity_of

_CHECKPOINT = re.compile(r"checkpoint-\d+")
_FOLDERS_OF_EVENTS = frozenset({"runs", "logs"})
_LEARNED = frozenset({Family.LOSS, Family.METRIC, Family.RETURN})


def tables_to_read(
    tables: Iterable[TableFile], events: Mapping[Path, Sequence[LogFile]]
) -> list[TableFile]:
    """The tables that say something no other file does.

    `events` are the event files by their folders. A logger that writes both, such as Lightning,
    ultralytics or the HF Trainer, says the same twice; of the histories saved with several
    checkpoints the longest holds the others.
    """
    longest: dict[Path, TableFile] = {}
    kept: list[TableFile] = []
    for table in tables:
        if not table.series or _is_logged_as_events(table, events):
            continue
        if not isinstance(table, TrainerState):
            kept.append(table)
            continue
        home = output_folder(table)
        if home not in longest or _points(table) > _points(longest[home]):
            longest[home] = table
    return [*kept, *longest.values()]


def output_folder(table: TableFile) -> Path:
    """The folder that stands for the run: a checkpoint's history is that of the whole run."""
    if table.place is not None:
        return table.place
    folder = table.path.parent
    of_checkpoint = isinstance(table, TrainerState) and _CHECKPOINT.fullmatch(folder.name)
    return folder.parent if of_checkpoint else folder


def _points(table: TableFile) -> int:
    return sum(map(len, table.series.values()))


def _is_logged_as_events(table: TableFile, events: Mapping[Path, Sequence[LogFile]]) -> bool:
    home = output_folder(table)
    beside = [home]
    if isinstance(table, TrainerState):
        beside += [
            folder
            for folder in events
            if home in folder.parents and folder.relative_to(home).parts[0] in _FOLDERS_OF_EVENTS
        ]
    return any(
        _is_learned(tag)
        for folder in beside
        for file in events.get(folder, ())
        for tag in file.series
    )


def _is_learned(tag: str) -> bool:
    return quantity_of(tag).family in _LEARNED
