"""Settings that are tried out one after the other, and judged by test rows."""

import re
from collections.abc import Iterable, Iterator
from collections.abc import Sequence as SequenceOf

import libcst as cst

from advisor.code.events import (
    BackwardRun,
    BestTaken,
    ComparedWithBest,
    DataGiven,
    Event,
    Fitted,
    ForwardRun,
    Loop,
    MetricTaken,
    ModelTrained,
    OptimizerBuilt,
    OptimizerStepped,
    RowsSplit,
    Scored,
    SettingsTried,
    TrainerBuilt,
)
from advisor.code.facts.handed_over import is_handed_validation
from advisor.code.facts.loop_lengths import data_of
from advisor.code.facts.run import AbstractRun, code_of
from advisor.code.facts.sides import Side, is_test, name_of, side_of
from advisor.code.facts.test_scores import better_test_score
from advisor.code.part_names import words
from advisor.code.sources import NodePlace
from advisor.code.values import (
    Dictionary,
    Function,
    Object,
    RowSet,
    Scalar,
    Sequence,
    Value,
    lineage_of,
)

_WORDS = re.compile(r"[A-Za-z_]\w*")
_NOT_SETTINGS = frozenset(
    ["seed", "random", "state", "fold", "run", "trial", "name", "i", "repeat", "rep"]
)
Tried = tuple[NodePlace, str]
# The last says that the best setting so far is kept.
Looped = tuple[NodePlace, str, bool]


# --- searches -----------------------------------------------------------------------------


def searched(run: AbstractRun) -> Iterator[Tried]:
    """Searches whose objective is a score by test rows, where no other rows are held out: where it is
    returned, and what the rows are called."""
    for event in run.events(SettingsTried):
        inside = run.trace[event.index + 1 : event.end]
        judging = (each for each in inside if not is_handed_validation(each.context))
        rows = list(dict.fromkeys(_judged_by(judging)))
        if not rows or not all(map(is_test, rows)) or _others(run, rows):
            continue
        splits = [each for each in inside if isinstance(each, RowsSplit) and not each.by_hand]
        if any(part.split in splits for each in rows for part in each.ancestors()):
            continue
        if _are_others_gone_over(inside, rows):
            continue
        yield _returned(event, inside), name_of(rows[0]) or "the test rows"


def _judged_by(events: Iterable[Event]) -> Iterator[RowSet]:
    """The held-out rows that a model is judged by."""
    for event in events:
        found: list[RowSet] = []
        if isinstance(event, Scored):
            found.append(event.rows)
        elif isinstance(event, MetricTaken):
            found.extend(event.rows)
        elif isinstance(event, DataGiven) and event.use != "training":
            found.extend(_rows_of(event.data))
        for loop in event.context.loops:
            found.extend(_rows_of(data_of(loop)))
        yield from (rows for rows in found if side_of(rows) is Side.HELD_OUT)


def _rows_of(value: Value | None) -> list[RowSet]:
    lineage = lineage_of(value)
    return [] if lineage is None else [lineage.rows]


def _others(run: AbstractRun, rows: list[RowSet]) -> bool:
    """Whether other rows judge as well, which may have been held out for that."""
    return any(each not in rows and not akin(each, rows) for each in _judged_by(run.trace))


def _are_others_gone_over(inside: SequenceOf[Event], rows: list[RowSet]) -> bool:
    """Whether a loop of the tries that learns nothing runs a model over other samples, or over ones that
    nobody knows: it may be these that the score is of."""
    learning = {
        loop.node
        for each in inside
        if isinstance(each, (BackwardRun, OptimizerStepped))
        for loop in each.context.loops
    }
    for each in inside:
        loops = each.context.loops if isinstance(each, ForwardRun) else ()
        if not loops or loops[-1].node in learning:
            continue
        found = _rows_of(data_of(loops[-1]))
        if not found or any(other not in rows and not akin(other, rows) for other in found):
            return True
    return False


def akin(other: RowSet, rows: list[RowSet]) -> bool:
    """Whether rows are held out by the same split as some others: samples, and their labels. Of what a
    program takes out of the whole itself nobody knows which part it is: test rows are none to choose by."""
    return any(
        each.split is other.split
        and each.split is not None
        and each.how == other.how
        and (each.how != "part" or is_test(each) == is_test(other))
        for each in rows
    ) or name_of(other) in {name_of(each) for each in rows} - {None}


def _returned(event: SettingsTried, inside: Iterable[Event]) -> NodePlace:
    """Where the objective returns its score."""
    depth = len(event.context.functions)
    for each in inside:
        for function in each.context.functions[depth : depth + 2]:
            found = _last_return(function)
            if found is not None:
                return NodePlace(function.place.source, found) if function.place else event.place
    return event.place


def _last_return(function: Function) -> cst.Return | None:
    if not isinstance(function.node, cst.FunctionDef):
        return None
    waiting: list[cst.CSTNode] = [function.node.body]
    found: list[cst.Return] = []
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, cst.Return):
            found.append(node)
        elif not isinstance(node, (cst.FunctionDef, cst.Lambda, cst.ClassDef)):
            waiting = [*node.children, *waiting]
    return found[-1] if found else None


# --- loops --------------------------------------------------------------------------------


def looped(run: AbstractRun) -> Iterator[Looped]:
    """Scores by test rows of models that are built with the variable of a loop, of which the best is
    taken: where, what the rows are called, and whether each is compared with the best so far."""
    scores = list(run.events(Scored))
    best = list(run.events(BestTaken))
    told: set[cst.CSTNode] = set()
    for event in scores:
        rows, estimator = event.rows, event.estimator
        if not is_test(rows) or not isinstance(estimator, Object) or not event.context.loops:
            continue
        if not _is_built_with(estimator, event):
            continue
        if any(_judges_as_well(each, event) for each in scores):
            continue
        taken = next(
            (each for each in best if each.index > event.index and rows in each.rows), None
        )
        compared = _compared_in(run, event)
        place = compared or (event.place if _picks_the_best(event) else None)
        keeps = place is not None
        if place is None and taken is not None:
            place = taken.place
        if place is not None and place.node not in told:
            told.add(place.node)
            yield place, name_of(rows) or "the test rows", keeps
    for place, name in (*_fitted_anew(run, told), *_trained_anew(run, told)):
        yield place, name, True


def best_of_tries(run: AbstractRun) -> Iterator[tuple[BestTaken, Event]]:
    """The best of several scores is taken, each of another model that is trained anew in a loop over
    settings, with the event in that loop which trains it."""
    makes = (Fitted, OptimizerBuilt, ModelTrained, TrainerBuilt)
    made = [each for each in run.events_among(*makes) if each.context.loops]
    for best in run.events(BestTaken) if made else ():
        around = {each.node for each in best.context.loops}
        for each in made:
            tried = [loop for loop in each.context.loops if loop.node not in around]
            if each.index < best.index and tried and all(map(_goes_over_settings, tried)):
                yield best, each
                break


def _judges_as_well(other: Scored, chosen: Scored) -> bool:
    """Whether a model is judged by other test rows, or by any other held-out rows behind the loop that
    chooses."""
    if other.rows is chosen.rows or side_of(other.rows) is not Side.HELD_OUT:
        return False
    if is_test(other.rows):
        return True
    loop = chosen.context.loops[-1].node
    behind = not any(each.node is loop for each in other.context.loops)
    return behind and other.index > chosen.index and not akin(other.rows, [chosen.rows])


def _fitted_anew(run: AbstractRun, told: set[cst.CSTNode]) -> Iterator[Tried]:
    """Scores by test rows that are compared with the best so far in a loop over settings, in which a
    model is fitted anew, by whatever function."""
    for event in run.events(ComparedWithBest):
        loop = event.context.loops[-1]
        if event.place.node in told or not event.rows or not all(map(is_test, event.rows)):
            continue
        fitted = any(
            any(each.node is loop.node for each in made.context.loops)
            for made in run.events(Fitted)
        )
        if fitted and _goes_over_settings(loop) and not _others(run, list(event.rows)):
            told.add(event.place.node)
            yield event.place, name_of(event.rows[0]) or "the test rows"


def _compared_in(run: AbstractRun, event: Event) -> NodePlace | None:
    """Where something is compared with the best so far, in the innermost loop around an event."""
    node = event.context.loops[-1].node
    for each in run.events(ComparedWithBest):
        if each.context.loops[-1].node is node:
            return each.place
    return None


def _trained_anew(run: AbstractRun, told: set[cst.CSTNode]) -> Iterator[Tried]:
    """Test scores that are compared with the best so far in a loop over settings, in which a model
    of torch is trained anew."""
    for event in run.events(ComparedWithBest):
        loop = event.context.loops[-1]
        if event.place.node in told or not _goes_over_settings(loop):
            continue
        built = any(
            any(each.node is loop.node for each in made.context.loops)
            for made in run.events(OptimizerBuilt)
        )
        score = better_test_score(run, event, event.place.node) if built else None
        if score is not None:
            told.add(event.place.node)
            yield event.place, score


def _goes_over_settings(loop: Loop) -> bool:
    """Whether a loop goes over numbers that are written down, or combinations of such."""
    target = getattr(loop.node, "target", None)
    if target is None or words(code_of(target)) & _NOT_SETTINGS:
        return False
    over = loop.over
    if isinstance(over, Object) and over.path == "builtins.product":
        return True
    items = over.items if isinstance(over, Sequence) else None
    return bool(items) and all(isinstance(each, (Scalar, Dictionary)) for each in items or ())


def _is_built_with(estimator: Object, event: Event) -> bool:
    """Whether a model is built in the innermost loop around, with its variable."""
    node = event.context.loops[-1].node
    if estimator.place is None or not isinstance(node, (cst.For, cst.CompFor)):
        return False
    names = set(_WORDS.findall(code_of(node.target)))
    call = estimator.place.node
    given = [code_of(each.value) for each in call.args] if isinstance(call, cst.Call) else []
    told = any(names & set(_WORDS.findall(each)) for each in given)
    return told and not words(code_of(node.target)) & _NOT_SETTINGS


def _picks_the_best(event: Event) -> bool:
    """Whether something in the loop is compared with the best so far."""
    body = code_of(getattr(event.context.loops[-1].node, "body", cst.Name("body")))
    return re.search(r"[<>]=? *\w*best|best\w* *[<>]", body) is not None
