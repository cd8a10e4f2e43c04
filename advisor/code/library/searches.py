"""Searches for settings: functions that are called with one setting after the other, and judged by
what they return; and the best of several scores."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import BestTaken, ComparedWithBest, Predicted, SettingsTried
from advisor.code.interpreter import calls
from advisor.code.library import lineages
from advisor.code.library.models import Call, family, function, method, observes
from advisor.code.nodes import as_written
from advisor.code.values import (
    NONE,
    Arguments,
    Bound,
    Dictionary,
    Function,
    Joined,
    Object,
    Partial,
    Rated,
    Scalar,
    Unknown,
    Value,
    alternatives,
    rating_of,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_STUDY = "optuna.Study"
_BAYESIAN = "bayes_opt.BayesianOptimization"
_MINIMISERS = ("gp_minimize", "forest_minimize", "gbrt_minimize", "dummy_minimize")
_BEST = ("max", "min", "argmax", "argmin", "idxmax", "idxmin", "nanargmax", "nanargmin", "sorted")

_BEST_SO_FAR = re.compile(r"best|^(?:self\.)?(?:min|max|top|lowest|highest)(?:_|$)", re.IGNORECASE)

family(_STUDY, _STUDY)
family(_BAYESIAN, _BAYESIAN)


@function("optuna.create_study", "optuna.study.create_study", "optuna.load_study")
def study(call: Call) -> Value | None:
    """`optuna.create_study(…)`."""
    return Object(_STUDY, call.arguments, call.place)


@function(_BAYESIAN)
def bayesian(call: Call) -> Value | None:
    """`BayesianOptimization(f, bounds)`."""
    return Object(_BAYESIAN, call.arguments, call.place)


@method(_STUDY, "optimize")
def optimised(call: Call) -> Value | None:
    """`study.optimize(objective, n_trials=50)`."""
    _try(call, call.argument(0, "func"), Arguments([Unknown("trial", place=call.place)]))
    return NONE


@method(_BAYESIAN, "maximize")
def maximised(call: Call) -> Value | None:
    """`optimizer.maximize()`."""
    if isinstance(call.receiver, Object):
        _try(call, call.receiver.argument(0, "f"), Arguments(unknown=True))
    return NONE


@function("hyperopt.fmin", *(f"skopt.{name}" for name in _MINIMISERS))
def minimised(call: Call) -> Value | None:
    """`fmin(objective, space)`."""
    objective = call.argument(0, "fn") or call.argument(-1, "func")
    _try(call, objective, Arguments([Unknown("settings", place=call.place)]))
    return None


def _try(call: Call, objective: Value | None, settings: Arguments) -> None:
    if not isinstance(objective, (Function, Bound, Partial)):
        return
    event = SettingsTried(call.place, call.context)
    call.machine.emit(event)
    calls.call(call.machine, objective, settings, call.node)
    event.end = len(call.machine.trace)


@observes("predict", "predict_proba", "predict_classes", "predict_generator")
def predicted(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`model.predict(rows)`, of whichever library the model is."""
    lineage = lineages.known(operands[1]) if len(operands) > 1 else None
    if lineage is not None and lineages.holds_rows(lineage):
        machine.emit(Predicted(machine.place(node), machine.context, lineage.rows))


@observes("LessThan", "GreaterThan", "LessThanEqual", "GreaterThanEqual")
def compared_with_best(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`if score > best_score:` in a loop; whatever it is called, the best so far is a score of an
    earlier round."""
    if not machine.context.rounds or not isinstance(node, cst.Comparison):
        return
    rated = _compared_with_earlier(operands)
    if rated is None:
        sides = (node.left, node.comparisons[0].comparator)
        best = [_BEST_SO_FAR.search(as_written(side)) is not None for side in sides]
        if not any(best):
            return
        rated = None if all(best) else rating_of(operands[best.index(False)])
    place, context = machine.place(node), machine.context
    rows, made = ((), None) if rated is None else (rated.rows, rated.made)
    machine.emit(ComparedWithBest(place, context, rows, made, result))


def _compared_with_earlier(operands: Sequence[Value]) -> Rated | None:
    """The score that is compared with another one, which an earlier round may have left or not."""
    for score, other in (tuple(operands), tuple(reversed(operands))):
        rated = None if isinstance(score, Joined) else rating_of(score)
        if rated is not None and isinstance(other, Joined):
            earlier = [rating_of(each) for each in other.alternatives]
            if any(each is not None and each.rises is rated.rises for each in earlier):
                return rated
    return None


@observes(*_BEST)
def best_taken(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`best = np.argmax(scores)`: one of several scores is the best."""
    rated = _score_of_each(operands[0]) if operands else None
    if rated is not None and (rated.rows or rated.made is not None):
        place, context = machine.place(node), machine.context
        machine.emit(BestTaken(place, context, rated.rows, rated.made))


def _score_of_each(value: Value) -> Rated | None:
    """What the items of a list say, or the values of a dictionary, when all are scores of the same
    rows; of several values that are put down together, the first one is the score."""
    if isinstance(value, Dictionary):
        items = [*value.items.values(), *alternatives(value.other)]
    elif isinstance(value, SequenceValue):
        items = list(value.items if value.items is not None else alternatives(value.element))
    else:
        return None
    found = [_score_in(each) for each in items]
    first = found[0] if found else None
    # Of a score it matters whose labels they are: the predictions are others each time.
    if first is None or any(each is None or each.rows[:1] != first.rows[:1] for each in found):
        return None
    return first


def _score_in(value: Value) -> Rated | None:
    if isinstance(value, (SequenceValue, Dictionary)):
        items = value.items if isinstance(value, SequenceValue) else value.items.values()
        rated = [each for item in items or () if (each := rating_of(item)) is not None]
        return rated[0] if rated else None
    # A total that no sample was added to is the number that it began with.
    ways = [each for each in alternatives(value) if not isinstance(each, Scalar)]
    return rating_of(ways[0]) if len(ways) == 1 else None
