"""Data loaders that models are judged by, whatever a program calls them."""

from advisor.code.events import HitsCounted, Loop, LossComputed, MetricTaken
from advisor.code.facts.evaluations import Evaluation
from advisor.code.facts.loaders import TrainingLoader
from advisor.code.facts.loop_lengths import data_of
from advisor.code.facts.run import AbstractRun
from advisor.code.facts.sides import Side, side_of_names
from advisor.code.library.torch_data import LOADER, loaded_from
from advisor.code.values import Object, Value, alternatives, lineage_of, names_of


def judging_loaders(run: AbstractRun) -> frozenset[Object]:
    """The loaders that a loop goes through to compare what a model says with targets, in a program that
    learns from other data: nothing says that they are there to learn from."""
    return run.once(_judging_loaders)


def _judging_loaders(run: AbstractRun) -> frozenset[Object]:
    trainings = list(run.facts(TrainingLoader))
    if not trainings:
        return frozenset()
    loops = {each.loop.node: each.loop for each in run.facts(Evaluation) if each.loop is not None}
    if not loops:
        return frozenset()
    scores = run.events_among(LossComputed, HitsCounted, MetricTaken)
    compared = {loop.node for event in scores for loop in event.context.loops}
    found = {each for node, loop in loops.items() if node in compared for each in _loaders(loop)}
    learned = [loaded_from(each.loader) for each in trainings]
    return frozenset(
        each
        for each in found - {training.loader for training in trainings}
        if not _is_learned(loaded_from(each), learned) and not _is_called_training(each)
    )


def _is_learned(data: Value | None, learned: list[Value | None]) -> bool:
    """Whether data is what a model has learned from, or a part of that."""
    lineage = lineage_of(data)
    rows = [found.rows for each in learned if (found := lineage_of(each)) is not None]
    within = lineage is not None and any(map(lineage.rows.within, rows))
    return within or any(each is data for each in learned)


def _loaders(loop: Loop) -> list[Object]:
    """The loaders that a loop goes over."""
    options = alternatives(data_of(loop))
    return [each for each in options if isinstance(each, Object) and each.path == LOADER]


def _is_called_training(loader: Object) -> bool:
    names = names_of(loader) | names_of(loaded_from(loader))
    return side_of_names(names) is Side.TRAINING
