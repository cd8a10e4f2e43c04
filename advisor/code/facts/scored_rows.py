"""The rows that a score was computed from, and whether they are those that judge in the end."""

import re
from collections.abc import Iterable, Iterator, Sequence

import libcst as cst

from advisor.code.events import (
    ComparedWithBest,
    Context,
    Event,
    ForwardRun,
    LoaderBuilt,
    LossAccumulated,
    Scored,
)
from advisor.code.facts.handed_over import given_to_validate
from advisor.code.facts.held_out_data import HeldOutData, is_used
from advisor.code.facts.loaders import TrainingLoader
from advisor.code.facts.loop_lengths import data_of
from advisor.code.facts.passes import sources_of
from advisor.code.facts.run import AbstractRun, code_of
from advisor.code.facts.shown_scores import compared_names, is_shown_as_validation, text_around
from advisor.code.facts.sides import (
    Side,
    are_called_otherwise,
    is_test,
    name_of,
    nobody_calls_so,
    side_of,
)
from advisor.code.facts.test_scores import names_validation, rows_of_compared
from advisor.code.facts.tried_settings import akin
from advisor.code.values import Object, RowSet, Value, names_of, rows_of


def rows_behind(run: AbstractRun, rows: Sequence[RowSet], made: Context | None) -> Sequence[RowSet]:
    """The rows that a score says something of: known of themselves, or as what the innermost of the
    loops goes through in which it is computed, or a loop before that a model judges in."""
    if rows or made is None:
        return rows
    for loop in reversed(made.loops):
        found = rows_of(data_of(loop))
        if found is not None:
            return (found,)
    return _judged_before(run, made)


def rows_compared(run: AbstractRun, event: ComparedWithBest) -> Sequence[RowSet]:
    """The rows that the score is of which is compared with the best so far; where nobody knows what it
    says, those of the loop that adds it up, or that the function goes through which computes it."""
    found = rows_behind(run, event.rows, event.made)
    if found or event.made is not None or not run.once(_loads_test_rows):
        return found
    return _rows_added_up(run, event) or rows_of_compared(run, event.place)


def _rows_added_up(run: AbstractRun, event: ComparedWithBest) -> Sequence[RowSet]:
    """The rows of the loops before a comparison that add up what is compared, in the same function."""
    node, depth = event.place.node, len(event.context.loops)
    if not isinstance(node, cst.Comparison):
        return ()
    sides = {code_of(node.left), code_of(node.comparisons[0].comparator)}
    found: dict[RowSet | None, None] = {}
    for added in run.events(LossAccumulated):
        inside = added.context.loops[depth:]
        if added.index > event.index or not inside or added.text not in sides:
            continue
        if added.context.rounds[:depth] == event.context.rounds:
            found[rows_of(data_of(inside[0]))] = None
    return () if None in found else tuple(each for each in found if each is not None)


def _loads_test_rows(run: AbstractRun) -> bool:
    loaded = (rows_of(event.loader) for event in run.events(LoaderBuilt))
    return any(rows is not None and is_test(rows) for rows in loaded)


def _judged_before(run: AbstractRun, made: Context) -> Sequence[RowSet]:
    """The rows that a function has gone through without gradients which then computes a score."""
    calls = [each.node for each in made.calls]
    found: list[RowSet | None] = []
    for event in run.events(ForwardRun):
        context = event.context
        inside = context.loops[len(made.loops) :]
        if context.running or context.gradients is not False or not inside:
            continue
        if [each.node for each in context.calls] == calls:
            found.append(rows_of(data_of(inside[0])))
    return (found[0],) if found and found[0] is not None and len(set(found)) == 1 else ()


def are_for_test(run: AbstractRun, rows: Sequence[RowSet], chosen: Event | None = None) -> bool:
    """Whether rows are for sure those to test by: nothing calls them otherwise, and the program holds no
    others out that may judge in the end, nor shows what they score as a score of validation. What only its publishers call so, a program that speaks of
    validation may take for that. Where something is `chosen` by them and they judge once more behind the
    loop, others that nobody says are held out may judge beside them: the anomalies, next to what is usual.
    """
    if not rows or not all(map(is_test, rows)) or any(map(are_called_otherwise, rows)):
        return False
    if any(each in rows for each in shown_as_validation(run)):
        return False
    if any(map(nobody_calls_so, rows)) and any(map(names_validation, sources_of(run))):
        return False
    others = [each for each in run.once(_judging) if _are_others(each, rows)]
    if any(side_of(each) is Side.HELD_OUT for each in others):
        return False
    return not others or (chosen is not None and _judge_again(run, rows, chosen))


def shown_as_validation(run: AbstractRun) -> list[RowSet]:
    """The rows that a program has divided off, compares the scores of with the best so far, and shows
    these as scores of validation, though it calls the rows a test. What a function says of whatever it is
    handed to validate by says nothing of them."""
    return run.once(_shown_as_validation)


def _shown_as_validation(run: AbstractRun) -> list[RowSet]:
    found: dict[RowSet, None] = {}
    for event in run.events(ComparedWithBest):
        shown = is_shown_as_validation(text_around(event), compared_names(event))
        if shown and given_to_validate(run, event.context) is None:
            found.update(dict.fromkeys(rows_compared(run, event)))
    return [rows for rows in found if any(each.split is not None for each in rows.ancestors())]


def _judge_again(run: AbstractRun, rows: Sequence[RowSet], chosen: Event) -> bool:
    """Whether a model runs over rows once more, behind the loop in which something is chosen by them."""
    if not chosen.context.loops:
        return False
    loop = chosen.context.loops[-1].node
    for event in run.events(ForwardRun):
        around = event.context.loops
        if event.index < chosen.index or any(each.node is loop for each in around):
            continue
        if any(rows_of(data_of(each)) in rows for each in around):
            return True
    return False


def name_of_test(rows: Sequence[RowSet]) -> str:
    """What the program calls rows to test by: in a way that tells their side, or in any."""
    called = sorted(rows[0].names, key=lambda name: (len(name), name))
    return name_of(rows[0]) or next(iter(called), "the test rows")


def _are_others(rows: RowSet, chosen: Sequence[RowSet]) -> bool:
    """Whether rows are none of those that something was chosen by, nor their labels."""
    if rows in chosen:
        return False
    if any(each.parent is rows.parent is not None for each in chosen):
        return True  # another part of the same
    return not akin(rows, list(chosen))


def _judging(run: AbstractRun) -> list[RowSet]:
    """The rows that are held out in a program, and those that a model runs over without learning."""
    return list(dict.fromkeys(_all_judging(run)))


def _all_judging(run: AbstractRun) -> Iterator[RowSet]:
    for data in run.facts(HeldOutData):
        if data.loader is None or not _is_forgotten(run, data.loader):
            yield from _known([data.loader, data.dataset])
    for score in run.events(Scored):
        if side_of(score.rows) is Side.HELD_OUT:
            yield score.rows
    trained = [rows for each in run.facts(TrainingLoader) for rows in _known([each.loader])]
    for event in run.events(ForwardRun):
        if event.context.running:
            continue
        for rows in _known(data_of(loop) for loop in event.context.loops):
            if rows not in trained and side_of(rows) is not Side.TRAINING:
                yield rows


def _is_forgotten(run: AbstractRun, loader: Object) -> bool:
    """Whether nobody goes through a loader, nor names it anywhere but where it is built."""
    if is_used(run, loader):
        return False
    names = names_of(loader)
    text = "\n".join(each.text for each in sources_of(run)) if names else ""
    return any(len(re.findall(rf"\b{name}\b", text)) == 1 for name in names)


def _known(values: Iterable[Value | None]) -> Iterator[RowSet]:
    yield from (rows for rows in map(rows_of, values) if rows is not None)
