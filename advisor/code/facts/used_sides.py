"""The sides that rows stand on by what is done with them, whatever they are called."""

from advisor.code.events import DataGiven
from advisor.code.facts.evaluations import Evaluation
from advisor.code.facts.held_out_data import HeldOutData
from advisor.code.facts.loaders import TrainingLoader
from advisor.code.facts.loop_lengths import data_of
from advisor.code.facts.run import AbstractRun
from advisor.code.facts.sides import Side, side_of
from advisor.code.library.torch_data import loaded_from
from advisor.code.values import Object, RowSet, Value, rows_of


def on_both_sides(run: AbstractRun, *parts: RowSet) -> dict[Side, RowSet]:
    """The part on each side, as the program calls them, else as data sets that are made of them are
    used; nothing where that is not one of either side."""
    for sides in (map(side_of, parts), (_side_in_use(run, each) for each in parts)):
        found = {side: part for side, part in zip(sides, parts, strict=True) if side is not None}
        if len(found) == len(Side):
            return found
    return {}


def _side_in_use(run: AbstractRun, rows: RowSet) -> Side | None:
    """The side that rows are used on; None when that is neither, or both."""
    learned, judging = rows_used(run)
    training = any(each.within(rows) for each in learned)
    if training == any(each.within(rows) for each in judging):
        return None
    return Side.TRAINING if training else Side.HELD_OUT


def rows_used(run: AbstractRun) -> tuple[list[RowSet], list[RowSet]]:
    """The rows that models are trained on in batches, and those that they are judged by."""
    return run.once(_rows_used)


def _rows_used(run: AbstractRun) -> tuple[list[RowSet], list[RowSet]]:
    learned = [each.dataset for each in run.facts(TrainingLoader)]
    judging: list[Value | None] = [each.dataset for each in run.facts(HeldOutData)]
    for each in run.facts(Evaluation):
        loader = None if each.loop is None else data_of(each.loop)
        judging.append(loaded_from(loader) if isinstance(loader, Object) else None)
    for event in run.events(DataGiven):
        (learned if event.use == "training" else judging).append(event.data)
    return _rows(learned), _rows(judging)


def _rows(values: list[Value | None]) -> list[RowSet]:
    return [rows for rows in map(rows_of, values) if rows is not None]
