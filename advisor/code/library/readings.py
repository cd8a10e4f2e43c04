"""Rows that are read from files: those of a file that has been read before are its rows once more."""

from advisor.code.events import FileRead
from advisor.code.library import lineages
from advisor.code.library.models import Call
from advisor.code.library.paths import is_same_path
from advisor.code.values import RowSet, Value


def rows_of_file(call: Call, path: Value | None) -> RowSet:
    """All rows of a file; of one that nobody knows, rows of their own."""
    rows = RowSet("all", place=call.place)
    if path is None or call.arguments.unknown:
        return rows
    for event in call.machine.trace:
        if isinstance(event, FileRead) and is_same_path(event.path, path):
            return event.rows.part((lineages.READ_AGAIN, call.node), "part", call.place)
    call.machine.emit(FileRead(call.place, call.context, path, rows))
    return rows
