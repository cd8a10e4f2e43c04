"""The rows that a score was computed from, and whether they are those that judge in the end."""

from collections.abc import Iterable, Iterator, Sequence

from advisor.code.events import Context, ForwardRun, Scored
from advisor.code.facts.held_out_data import HeldOutData
from advisor.code.facts.loaders import TrainingLoader
from advisor.code.facts.loop_lengths import data_of
from advisor.code.facts.passes import sources_of, words
from advisor.code.facts.run import AbstractRun
from advisor.code.facts.sides import Side, name_of, side_of
from advisor.code.facts.test_scores import OTHERS, names_validation
from advisor.code.facts.tried_settings import akin, is_test
from advisor.code.values import RowSet, Value, rows_of


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


def are_for_test(run: AbstractRun, rows: Sequence[RowSet]) -> bool:
    """Whether rows are for sure those to test by: nothing calls them otherwise, and the program holds no
    others out that may judge in the end. What only its publishers call so, a program that speaks of
    validation may take for that."""
    if not rows or not all(map(is_test, rows)) or any(map(_are_called_otherwise, rows)):
        return False
    nameless = any(name_of(each) is None for each in rows)
    if nameless and any(map(names_validation, sources_of(run))):
        return False
    return not any(_are_others(each, rows) for each in run.once(_judging))


def name_of_test(rows: Sequence[RowSet]) -> str:
    """What the program calls rows to test by: in a way that tells their side, or in any."""
    called = sorted(rows[0].names, key=lambda name: (len(name), name))
    return name_of(rows[0]) or next(iter(called), "the test rows")


def _are_called_otherwise(rows: RowSet) -> bool:
    names = {name for each in rows.ancestors() for name in each.names}
    return any(words(name) & OTHERS for name in names)


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


def _known(values: Iterable[Value | None]) -> Iterator[RowSet]:
    yield from (rows for rows in map(rows_of, values) if rows is not None)
