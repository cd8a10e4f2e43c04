"""Data loaders that a score is computed over: whoever only draws what a model says judges nothing."""

from collections.abc import Iterator

import libcst as cst

from advisor.code.events import (
    AmountAveraged,
    AmountCompared,
    AmountDivided,
    AmountKept,
    AmountLogged,
    BackwardRun,
    DataGiven,
    Escaped,
    Event,
    ForwardRun,
    HitsCounted,
    Loop,
    LossComputed,
    MetricChanged,
    MetricTaken,
    NumbersTold,
    TotalRaised,
)
from advisor.code.facts.loaders import is_loader
from advisor.code.facts.loop_lengths import data_of
from advisor.code.facts.run import AbstractRun, code_of, contexts_of
from advisor.code.part_names import HELD_OUT, JUDGING, TRAINING, words
from advisor.code.values import Object, alternatives

_OF_AMOUNTS = (AmountAveraged, AmountCompared, AmountDivided, AmountKept, AmountLogged)
# What is made where somebody judges.
_SCORES = (*_OF_AMOUNTS, HitsCounted, LossComputed, MetricChanged, MetricTaken)
# Words that scores go by where they are told: a detector calls by one how sure it is of a box.
_TOLD = frozenset(
    [
        *("accuracy", "acc", "metric", "metrics", "loss", "losses", "mae", "mse", "rmse", "mape"),
        *("auc", "auroc", "precision", "recall", "dice", "iou", "miou", "psnr", "ssim", "bleu"),
        *(
            "wer",
            "cer",
            "perplexity",
            "ppl",
            "fid",
            "correlation",
            "kappa",
            "mcc",
            "eer",
            "correct",
        ),
    ]
)
# Words that functions go by which compute a score.
_COMPUTES = _TOLD | {"score", "scores", "criterion", "evaluate", "evaluator", "evaluation"}
# Words that code goes by which is handed held-out data to judge by.
_JUDGES = _COMPUTES | JUDGING | TRAINING | {"fit", "trainer", "learner", "runner"}


def is_scored(run: AbstractRun, loader: Object) -> bool:
    """Whether a model is surely judged by what a loader gives: a score is computed in a loop over it,
    or of what such a loop has collected, or it is handed to somebody who judges."""
    if any(_is_handed_to_judge(each, loader) for each in run.events_among(Escaped, DataGiven)):
        return True
    through = [each for each in run.once(_loops) if loader in alternatives(data_of(each))]
    if not through:
        return False
    nodes = {each.node for each in through}
    inside = [each for each in run.trace if any(x.node in nodes for x in each.context.loops)]
    return any(map(_is_score, inside)) or any(
        _follows(each, nodes) for each in _behind(run, inside)
    )


def _loops(run: AbstractRun) -> frozenset[Loop]:
    """The loops that something happens in."""
    return frozenset(loop for context in contexts_of(run) for loop in context.loops)


def _is_handed_to_judge(event: Event, loader: Object) -> bool:
    if isinstance(event, DataGiven):
        return event.use != "training" and loader in alternatives(event.data)
    if not isinstance(event, Escaped) or loader not in event.values:
        return False
    return bool(_called(event) & _JUDGES)


def _called(event: Escaped) -> set[str]:
    """The words of what is called."""
    return words(code_of(getattr(event.place.node, "func", event.place.node)))


def _is_score(event: Event) -> bool:
    """Whether something is a score for sure, or is called so where it is told or computed."""
    if isinstance(event, _SCORES):
        return True
    if isinstance(event, NumbersTold):
        return bool(words(code_of(event.place.node)) & _TOLD)
    if isinstance(event, TotalRaised) and (event.squared or words(event.text) & _TOLD):
        return True
    if isinstance(event, Escaped) and _called(event) & _COMPUTES:
        return True
    functions = event.context.functions
    return bool(functions) and bool(words(functions[-1].name) & _COMPUTES)


def _behind(run: AbstractRun, inside: list[Event]) -> Iterator[Event]:
    """What follows loops that ask a model, up to where something is learned again."""
    if not any(isinstance(each, ForwardRun | Escaped) for each in inside):
        return
    indices = {each.index for each in inside}
    follows = False
    for event in run.trace[min(indices) :]:
        if event.index in indices:
            follows = True
        elif isinstance(event, BackwardRun):
            follows = False
        elif follows:
            yield event


def _follows(event: Event, nodes: set[cst.CSTNode]) -> bool:
    """Whether something behind loops is a score of what they have collected: not of what a training has
    added up before, nor of what other loaders give."""
    if any(is_loader(data_of(each)) for each in event.context.loops):
        return False
    if isinstance(event, _OF_AMOUNTS):
        return any(each.node in nodes for each in event.amount.made.loops)
    if isinstance(event, NumbersTold):
        said = words(code_of(event.place.node))
        return bool(said & _TOLD) and (bool(said & HELD_OUT) or not said & TRAINING)
    return _is_score(event)
