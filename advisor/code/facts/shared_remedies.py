"""Evaluations that one and the same change mends: of several models in one loop, or in one function."""

from collections.abc import Iterator

import libcst as cst

from advisor.code.facts.evaluations import Evaluation


def is_mended_with_another(evaluation: Evaluation) -> bool:
    """Whether an evaluation that is told before goes on around this one: no gradients there are none
    here. What a caller alone tells from a training is mended at its own call."""
    if evaluation.parting is not None:
        return False
    around = set(_around(evaluation))
    for other in evaluation.run.facts(Evaluation):
        if other is evaluation:
            return False
        told = other.repeats and other.is_here and other.parting is None
        if told and _extent(other) in around and other.records_gradients():
            return True
    return False


def _extent(evaluation: Evaluation) -> cst.CSTNode | None:
    """The largest piece of a function around an evaluation in which nothing learns: its outermost such
    loop, or all of the function."""
    forward = evaluation.passes[0]
    for loop in forward.event.context.loops:
        if forward.is_written_in(loop) and not forward.shares_with_training(loop):
            return loop.node
    functions = forward.event.context.functions
    return functions[-1].node if functions and not forward.trains_nearby(None) else None


def _around(evaluation: Evaluation) -> Iterator[cst.CSTNode]:
    forward = evaluation.passes[0]
    yield from (loop.node for loop in forward.event.context.loops if forward.is_written_in(loop))
    yield from (each.node for each in forward.event.context.functions[-1:])
