"""Tables and data sets of which several rows are of the same person or thing, told by how a program counts these."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import SinglesSought
from advisor.code.gradients import made_from
from advisor.code.library import lineages
from advisor.code.library.lineages import COLUMN, FRAME
from advisor.code.library.models import METHODS, Call, Model, asked_first, method, observes
from advisor.code.library.streams import HUGGING_FACE, step
from advisor.code.nodes import as_written
from advisor.code.values import Object, Unknown, Value, known_integer, known_text

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# Whoever checks that each row is of a person of its own.
_EACH_ITS_OWN = re.compile(
    r"nunique\(\) *(==|!=|<|>)|(==|!=|<|>) *[\w.\[\]\"']*\.nunique\(|is_unique|\.duplicated\("
    r"|isdisjoint\(|\.intersection\(|assert [^\n]*&"
)


@method(FRAME, "nunique", "value_counts")
def counted(call: Call) -> Value | None:
    """`df["patient_id"].nunique()`: so many persons, of which there are several rows each."""
    _notice(call, call.receiver)
    return None


_ONCE: Model = METHODS[FRAME, "unique"]


@method(FRAME, "unique")
def each_of_column(call: Call) -> Value | None:
    """`df["patient_id"].unique()`."""
    _notice(call, call.receiver)
    return _ONCE(call)


@asked_first("builtins.set", "collections.Counter", "numpy.unique")
def each_once(call: Call) -> Value | None:
    """`set(df["patient_id"])`."""
    _notice(call, call.argument(0, "iterable"))
    return None


@step(HUGGING_FACE, "unique")
def each_once_of_stream(call: Call) -> Value | None:
    """`part.unique("speaker_id")`."""
    name = known_text(call.argument(0, "column"))
    if name is not None and lineages.groups_rows(name, call.place.source.text):
        _notice_rows(call, call.receiver, name)
    return None


@observes("Equal")
def singles_sought(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`counts == 1`, where these are the counts of rows of each person or thing."""
    if known_integer(operands[1]) != 1 or not isinstance(operands[0], (Object, Unknown)):
        return
    counts = operands[0]
    counted = [counts.fields.get(lineages.COUNTS_OF)]
    if isinstance(counts, Unknown):
        counted += [each for each in made_from(counts) if isinstance(each, Object)]
    for each in counted:
        lineage = lineages.known(each) if isinstance(each, Value) else None
        if lineage is not None:
            machine.emit(SinglesSought(machine.place(node), machine.context, lineage.rows))
            return


def _choose_rows(call: Call) -> bool:
    """Whether rows of another table are chosen by the persons that are found: a table of persons is asked
    then, with a row for each of them."""
    text, asked = call.place.source.text, as_written(call.node)
    table = re.match(r"\w+", asked)
    for name in re.findall(rf"\b(\w+) *= *{re.escape(asked)}", text):
        if re.search(rf"\.filter\([^\n]*\bin {name}\b", text) is not None:
            return True
        chosen = re.findall(rf"([^\n]*)\.isin\({name}\b", text)
        if table is not None and any(
            re.search(rf"\b{table[0]}\b", each) is None for each in chosen
        ):
            return True
    return False


def _notice(call: Call, column: Value | None) -> None:
    if isinstance(column, Object) and column.path == FRAME:
        name = known_text(column.fields.get(COLUMN))
        if name is not None and lineages.groups_rows(name, call.place.source.text):
            _notice_rows(call, column, name)


def _notice_rows(call: Call, value: Value | None, column: str) -> None:
    if value is None or _EACH_ITS_OWN.search(call.place.source.text) or _choose_rows(call):
        return
    lineages.notice_groups(call.machine, lineages.samples(value).rows, call.node, column)
