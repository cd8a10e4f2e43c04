"""plateau: progress stopped at a level that is not the goal."""

from collections.abc import Iterator

import numpy as np

from advisor.findings import Evidence, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.curves import Trajectory
from advisor.runs.extrapolation import project
from advisor.runs.facts import Descent, LossDescent
from advisor.runs.reference_levels import guess_at_start
from advisor.runs.wording import figure, figure_at, level_of, number, percent, step

_CAUSES = (
    "learning rate too low by then, or decayed too early (NN601)",
    "model too small",
    "too much regularisation",
    "wrong input to the loss (NN201)",
    "corrupted data or labels",
)
_CAUSES_OF_RETURNS = (
    "the best that the task allows",
    "exploration that ended too early",
    "learning rate too low by then, or decayed too early",
)


@rule("NR104", severity=Severity.WARNING, step=Step.OVERFIT, sources=("002",))
def plateau(descent: Descent) -> Iterator[Draft]:
    if not descent.learned_something:
        return
    if (
        isinstance(descent, LossDescent)
        and (draft := _above_softmax_floor(descent))
        or (draft := _flat_end(descent))
    ):
        yield draft


def _flat_end(descent: Descent) -> Draft | None:
    curve = descent.trajectory
    flat = descent.flat_end
    if flat is None or flat.since <= int(curve.steps[0]):
        return None  # what has been flat all along has not stopped anywhere
    onset, level = flat.since, flat.level.value
    goal = descent.goal_as_cost
    if goal is not None and level <= goal:
        return None
    asked = "" if goal is not None else "; only a goal can tell whether that is enough"
    above = f", {number(curve.shown(goal))} being the goal" if goal is not None else asked
    rate = descent.schedule
    return Draft(
        descent.span(onset, int(curve.steps[-1])),
        f"{descent.subject} is flat at {number(curve.shown(level))} since {step(onset)}{above}",
        evidence=(
            level_of("level", curve.shown(level), flat.level.error),
            figure_at("flat since step", onset),
            *((figure("learning rate then", rate.at(onset)),) if rate else ()),
        ),
        severity=None if goal is not None else Severity.INFO,
        causes=_CAUSES_OF_RETURNS if descent.is_return else _CAUSES,
    )


def _above_softmax_floor(descent: LossDescent) -> Draft | None:
    """A high accuracy whose loss stays above what two softmaxes in a row can reach."""
    guess = descent.guess or guess_at_start(descent.trajectory)
    if guess is None:
        return None
    share = descent.accuracy_share
    margin = descent.thresholds.at_reference_share * guess.softmax_floor
    if share is None or share < descent.thresholds.softmax_accuracy:
        return None
    honest = descent.thresholds.unsure_factor * guess.least_confident_loss(share)
    limit = max(guess.softmax_floor - margin, honest)
    if descent.trajectory.best < limit or all(
        _lowest_to_come(curve) < limit for curve in _losses_of_the_accuracy(descent)
    ):
        return None
    near = descent.thresholds.flat_share * guess.softmax_floor
    if descent.trajectory.final.value > guess.saturated_double_softmax_loss(share) + near:
        return None
    return Draft(
        descent.span(),
        f"{descent.subject} stays above {number(guess.softmax_floor)}, the floor of a softmax "
        f"taken twice over {guess.classes} classes, though {percent(share)} are right",
        evidence=(
            figure("best level", descent.trajectory.best),
            figure("ln(1 + (C - 1) / e)", guess.softmax_floor),
            figure("accuracy", share),
            *(() if guess.is_given else (Evidence("classes", guess.origin, guess.classes),)),
        ),
        causes=("softmax output into a loss that expects logits (NN201)", "label smoothing"),
    )


def _losses_of_the_accuracy(descent: LossDescent) -> Iterator[Trajectory]:
    """The training loss, and the loss on the rows that the accuracy was measured on."""
    yield descent.trajectory
    accuracy, held_out = descent.accuracy, descent.held_out
    if accuracy and held_out and accuracy.curve.role.split is held_out.curve.role.split:
        yield held_out


def _lowest_to_come(curve: Trajectory) -> float:
    """What the loss could still come down to if it were trained twice as long."""
    begin = 1 / 3
    projection = project(curve.part(begin).blocks, 1 / (1 - begin))
    return curve.best - max(projection.high, 0.0) if projection else -np.inf
