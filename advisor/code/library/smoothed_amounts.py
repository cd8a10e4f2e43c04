"""Running means in which the losses of the last batches count most: `0.9 * mean + 0.1 * loss`."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import AmountSmoothed
from advisor.code.gradients import made_from
from advisor.code.library.models import observes
from advisor.code.nodes import as_written
from advisor.code.values import Amount, Value, Weighed, give_meaning, is_made_new, meaning_of

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_ROUNDING = 1e-9


@observes("*")
def weighed(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`0.1 * loss.item()`."""
    if len(operands) != 2 or meaning_of(result) is not None or not is_made_new(result, operands):
        return
    known = [found for each in operands if isinstance(found := meaning_of(each), Amount)]
    if len(known) == 1 and known[0].kind == "mean":
        give_meaning(result, Weighed(known[0]))


@observes("+")
def smoothed(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`0.9 * mean + 0.1 * loss.item()`, where the loss is that of this round."""
    if (
        len(operands) != 2
        or not machine.context.rounds
        or not isinstance(node, cst.BinaryOperation)
    ):
        return
    for each, other in (operands, operands[::-1]):
        amount = _amount_of_this_round(machine, each)
        if amount is not None and _weights_sum_to_one(node):
            # Else two losses of one batch are weighed, and nothing goes on from round to round.
            if all(_amount_of_this_round(machine, part) is None for part in made_from(other)):
                machine.emit(AmountSmoothed(machine.place(node), machine.context, amount))
            return


def _amount_of_this_round(machine: "Machine", value: Value) -> Amount | None:
    amount = _amount_in(value)
    return amount if amount is not None and _is_of_this_round(machine, amount) else None


def _amount_in(value: Value) -> Amount | None:
    """The amount that a value is, or that it is a part of."""
    meaning = meaning_of(value)
    found = meaning.amount if isinstance(meaning, Weighed) else meaning
    return found if isinstance(found, Amount) else None


def _is_of_this_round(machine: "Machine", amount: Amount) -> bool:
    rounds = machine.context.rounds
    return amount.made.rounds[: len(rounds)] == rounds


def _weights_sum_to_one(added: cst.BinaryOperation) -> bool:
    """Whether two products are added whose weights are written as parts of one."""
    both = list(_factors(added.left)), list(_factors(added.right))
    return any(_are_parts_of_one(one, other) for one in both[0] for other in both[1])


def _factors(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Multiply):
        yield node.left
        yield node.right


def _are_parts_of_one(one: cst.BaseExpression, other: cst.BaseExpression) -> bool:
    if _is_rest_of(one, other) or _is_rest_of(other, one):
        return True
    numbers = [
        float(each.value) for each in (one, other) if isinstance(each, (cst.Float, cst.Integer))
    ]
    return len(numbers) == 2 and min(numbers) > 0 and abs(sum(numbers) - 1) < _ROUNDING


def _is_rest_of(one: cst.BaseExpression, other: cst.BaseExpression) -> bool:
    """`1 - momentum` of `momentum`."""
    match one:
        case cst.BinaryOperation(
            operator=cst.Subtract(),
            left=cst.Integer(value="1") | cst.Float(value="1.0" | "1."),
            right=right,
        ):
            return as_written(right) == as_written(other)
    return False
