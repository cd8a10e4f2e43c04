"""What trainers return that have judged a model: a score under each name, or at each place."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.library import lineages
from advisor.code.library.models import Call, Index, family, hook, item
from advisor.code.values import (
    Object,
    Rated,
    RowSet,
    Unknown,
    Value,
    give_meaning,
    known_integer,
    known_text,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_TABLE = "scores of trainer"
_ROWS = ("rows",)
# What else a trainer of transformers tells beside the scores.
_NO_SCORES = ("epoch", "runtime", "per_second", "jit_compilation_time", "memory")

family(_TABLE, _TABLE)


def score_table(call: Call, judged: Value | None) -> Object | None:
    """The scores of a model by some rows, where these are known."""
    lineage = lineages.known(judged)
    if lineage is None or not lineages.holds_rows(lineage):
        return None
    return Object(_TABLE, place=call.place, fields={_ROWS: lineage.rows})


@item(_TABLE)
def score_in_table(
    machine: "Machine", receiver: Object, indices: Sequence[Index], node: cst.CSTNode
) -> Value | None:
    """`scores["eval_f1"]`; `scores[1]`, where the first one is the loss."""
    made = machine.unknown("score", node)
    index = indices[0] if len(indices) == 1 and isinstance(indices[0], Value) else None
    name, place = known_text(index), known_integer(index)
    if name is not None and not any(each in name for each in _NO_SCORES):
        _rate(made, receiver, rises="loss" not in name)
    elif place is not None:
        _rate(made, receiver, rises=place != 0)
    return made


@hook("unpack")
def scores_one_by_one(
    machine: "Machine", value: Value, count: int, node: cst.CSTNode
) -> list[Value] | None:
    """`loss, accuracy = model.evaluate(x, y)`."""
    if not isinstance(value, Object) or value.path != _TABLE:
        return None
    made = [machine.unknown("score", node) for _ in range(count)]
    for place, each in enumerate(made):
        _rate(each, value, rises=place != 0)
    return list(made)


def _rate(score: Unknown, table: Object, *, rises: bool) -> None:
    rows = table.fields[_ROWS]
    if isinstance(rows, RowSet):
        give_meaning(score, Rated(rises, rows=(rows,)))
