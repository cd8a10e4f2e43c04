"""Lists that grow from round to round of a loop: what is computed from one is not of its last round alone."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.gradients import made_from
from advisor.code.library.models import Call, hook
from advisor.code.library.python.containers import on_append
from advisor.code.values import Sequence, Value

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# Under this key a list has the loops in which it was added to, each with the first round of that.
_GROWN_IN = ("grown in",)


@on_append
def appended(call: Call, receiver: Sequence, value: Value) -> None:
    """`outputs.append(output)`."""
    _grow(call.machine, receiver)


@hook("augmented")
def extended(
    machine: "Machine", operator: str, current: Value, value: Value, node: cst.CSTNode
) -> None:
    """`outputs.extend(batch)`, `outputs += batch`."""
    if operator == "Add" and isinstance(current, Sequence):
        _grow(machine, current)


def _grow(machine: "Machine", grown: Sequence) -> None:
    known = grown.fields.get(_GROWN_IN) or {}
    found = {each.loop.node: each.index for each in machine.context.rounds}
    if found.keys() - known.keys():
        machine.store(grown.fields, _GROWN_IN, {**found, **known})


def is_of_several_rounds(machine: "Machine", value: Value) -> bool:
    """Whether something is made of a list that was added to in an earlier round of the loop that is run."""
    rounds = machine.context.rounds
    if not rounds or not rounds[-1].index:
        return False
    return any(
        isinstance(each, Sequence)
        and (each.fields.get(_GROWN_IN) or {}).get(rounds[-1].loop.node, rounds[-1].index)
        < rounds[-1].index
        for each in made_from(value)
    )
