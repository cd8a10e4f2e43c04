"""plateau-scheduler-input: a schedule that watches a metric is told the wrong thing, or nothing."""

import re
from collections.abc import Iterator
from dataclasses import replace

from advisor.code.events import ScheduleStepped
from advisor.code.facts.schedule_use import PLATEAU, ScheduleUse, metric_text
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule

_PLAIN = re.compile(r"[\w.]+(\[[^\]]*\])*(\.item\(\))?")
_WORDS = re.compile(r"[A-Z]?[a-z]+\d*|[A-Z]+\d*(?![a-z])")
# What is better the larger, and what the smaller it is.
_RISES = frozenset(
    ["acc", "accuracy", "accuracies", "f1", "auc", "auroc", "iou", "miou", "dice", "precision"]
    + ["recall", "psnr", "ssim", "bleu", "accu", "kappa"]
)
_FALLS = frozenset(["loss", "losses", "error", "rmse", "mse", "mae", "perplexity", "wer", "cer"])

_TRAINING = frozenset(["train", "training", "tr", "trn"])
_HELD_OUT = frozenset(["val", "valid", "validation", "test", "dev", "eval"])


@rule(
    "NN605",
    severity=Severity.ERROR,
    step=Step.TUNE,
    symptoms=("lr-decayed-too-early", "lr-never-decayed", "plateau"),
    sources=("004",),
)
def plateau_scheduler_input(use: ScheduleUse) -> Iterator[Draft]:
    for step in use.steps:
        if use.may_be_another(step) or step.arguments.unknown:
            continue
        problem = _of_plateau(use, step) if use.watches_metric else _of_other(use, step)
        if problem is not None:
            yield use.finding(step, problem)
        elif use.watches_metric and _watches_training(use, step):
            message = (
                f"`{metric_text(step)}` falls on while the model over-fits: watch the held-out loss"
            )
            yield replace(use.finding(step, message), severity=Severity.WARNING)


def _of_plateau(use: ScheduleUse, step: ScheduleStepped) -> str | None:
    told = step.arguments.get(0, "metrics")
    if told is None:
        if any(each.arguments.get(0, "metrics") is not None for each in use.steps):
            return None
        return f"`{PLATEAU}` is stepped without the metric that it watches"
    if use.counts_rounds(step, told):
        return f"`{PLATEAU}` is told the number of the round, not the metric that it watches"
    mode, text = use.mode, metric_text(step)
    direction = _direction(text)
    if text is None or mode is None or direction is None or mode == direction:
        return None
    better = "larger" if direction == "max" else "smaller"
    return (
        f"`{text}` is better the {better} it is, but `{PLATEAU}` watches it in mode `{mode}`: the "
        f"rate falls while training goes well"
    )


def _watches_training(use: ScheduleUse, step: ScheduleStepped) -> bool:
    """Whether the metric is the loss in training, though a held-out loss is computed beside it."""
    text = metric_text(step)
    if text is None or not _PLAIN.fullmatch(text) or _direction(text) != "min":
        return False
    words = {word.lower() for word in _WORDS.findall(text)}
    return bool(words & _TRAINING) and not words & _HELD_OUT and use.has_held_out_loss(step)


def _of_other(use: ScheduleUse, step: ScheduleStepped) -> str | None:
    text = metric_text(step)
    if _direction(text) is None or len(step.arguments.positional) != 1:
        return None
    if not use.is_of_torch:
        return None
    return f"`{text}` is taken for the number of the epoch: `{use.name}` watches no metric"


def _direction(text: str | None) -> str | None:
    """Whether a metric is better the larger (`max`) or the smaller (`min`), by its name."""
    if text is None or not _PLAIN.fullmatch(text):
        return None
    words = {word.lower() for word in _WORDS.findall(text)}
    rises, falls = bool(words & _RISES), bool(words & _FALLS)
    if rises == falls:
        return None
    return "max" if rises else "min"
