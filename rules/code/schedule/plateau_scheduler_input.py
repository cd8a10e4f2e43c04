"""plateau-scheduler-input: a schedule that watches a metric is told the wrong thing, or nothing."""

import re
from collections.abc import Iterator
from dataclasses import replace

from advisor.code.events import ScheduleStepped
from advisor.code.facts.plateaus_of_batches import patience_with_batches
from advisor.code.facts.schedule_use import PLATEAU, ScheduleUse, metric_text
from advisor.code.facts.watched_metrics import WatchedMetric
from advisor.code.part_names import HELD_OUT, SHORT_TRAINING, TRAINING
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule

_PLAIN = re.compile(r"[\w.]+(\[[^\]]*\])*(\.item\(\))?")
_KEY = re.compile(r"\[['\"]([^\]]*)['\"]\](?:\.item\(\))?$")
_WORDS = re.compile(r"[A-Z]?[a-z]+\d*|[A-Z]+\d*(?![a-z])")
# What is better the larger, and what the smaller it is.
_RISES = frozenset(
    ["acc", "accuracy", "accuracies", "f1", "auc", "auroc", "iou", "miou", "dice", "precision"]
    + ["recall", "psnr", "ssim", "bleu", "accu", "kappa"]
)
_FALLS = frozenset(["loss", "losses", "error", "rmse", "mse", "mae", "perplexity", "wer", "cer"])

# What says of a metric that its sign was turned, or that it stands below a line.
_TURNED = frozenset(
    ["neg", "negative", "negated", "minus", "inv", "inverse", "inverted", "reciprocal"]
)

_TRAINING = TRAINING | SHORT_TRAINING
# What Keras calls the metrics of the training itself.
_OF_TRAINING = frozenset(["loss", "accuracy", "acc", "mae", "mse", "auc", "binary_accuracy"])


@rule(
    "NN605",
    severity=Severity.ERROR,
    step=Step.TUNE,
    symptoms=("lr-decayed-too-early", "lr-never-decayed", "plateau"),
    sources=("004",),
)
def plateau_scheduler_input(metric: WatchedMetric) -> Iterator[Draft]:
    if metric.use is not None:
        yield from _of_steps(metric.use)
    elif metric.watched is not None:
        yield from _of_monitor(metric, metric.watched.monitor)


def _of_monitor(metric: WatchedMetric, monitor: str) -> Iterator[Draft]:
    """The metric that a trainer is told by its name."""
    words = {word.lower() for word in _WORDS.findall(monitor)}
    direction = _direction_of(words)
    if direction is not None and metric.mode is not None and metric.mode != direction:
        yield metric.finding(_wrong_mode(monitor, direction, metric.mode))
    elif metric.watched is not None and metric.watched.held_out and _is_of_training(monitor, words):
        yield replace(metric.finding(_over_fits(monitor)), severity=Severity.WARNING)


def _is_of_training(monitor: str, words: set[str]) -> bool:
    return not words & HELD_OUT and (bool(words & _TRAINING) or monitor in _OF_TRAINING)


def _of_steps(use: ScheduleUse) -> Iterator[Draft]:
    for step in use.steps:
        if use.may_be_another(step) or step.arguments.unknown:
            continue
        problem = _of_plateau(use, step) if use.watches_metric else _of_other(use, step)
        wrong_mode = _of_mode(use, step) if use.watches_metric else None
        if problem is not None:
            yield use.finding(step, problem)
        elif wrong_mode is not None:
            yield use.finding_where_built(step, wrong_mode)
        elif (
            use.watches_metric
            and _always_watches_training(use)
            and patience_with_batches(use) is None  # a step of the wrong unit
        ):
            draft = use.finding(step, _over_fits(metric_text(step) or "this"))
            yield replace(draft, severity=Severity.WARNING)


def _of_plateau(use: ScheduleUse, step: ScheduleStepped) -> str | None:
    told = step.arguments.get(0, "metrics")
    if told is None:
        if any(each.arguments.get(0, "metrics") is not None for each in use.steps):
            return None
        return f"`{PLATEAU}` is stepped without the metric that it watches"
    if use.counts_rounds(step, told) and _direction_told(use, step) is None:
        return f"`{PLATEAU}` is told the number of the round, not the metric that it watches"
    return None


def _of_mode(use: ScheduleUse, step: ScheduleStepped) -> str | None:
    """A mode that says the opposite of what the metric does when it gets better."""
    mode, text = use.mode, metric_text(step)
    direction = _direction_told(use, step)
    if text is None or mode is None or direction is None or mode == direction:
        return None
    return _wrong_mode(text, direction, mode)


def _over_fits(text: str) -> str:
    return f"`{text}` gets better while the model over-fits: watch the held-out score"


def _wrong_mode(text: str, direction: str, mode: str) -> str:
    better = "larger" if direction == "max" else "smaller"
    return (
        f"`{text}` is better the {better} it is, but `{PLATEAU}` watches it in mode `{mode}`: the "
        f"rate falls while training goes well"
    )


def _always_watches_training(use: ScheduleUse) -> bool:
    """Whether each line that steps a schedule tells it the loss in training: where there is a way to a
    held-out score, another one is for when there is none."""
    by_place: dict[object, list[ScheduleStepped]] = {}
    for step in use.steps:
        by_place.setdefault(step.place.node, []).append(step)
    return all(any(_watches_training(use, each) for each in steps) for steps in by_place.values())


def _watches_training(use: ScheduleUse, step: ScheduleStepped) -> bool:
    """Whether the metric is the loss in training, though a held-out loss is computed beside it."""
    rating, text = use.rating_told(step), metric_text(step)
    if text is not None and "+" in text:
        return False  # a sum of both, perhaps
    if rating is not None and rating.amount is not None:
        return use.is_of_training(rating.amount) and use.has_held_out_score(step)
    if text is None or not _PLAIN.fullmatch(text):
        return False
    return _names_training(text) and use.has_held_out_score(step)


def _names_training(text: str) -> bool:
    words = {word.lower() for word in _WORDS.findall(text)}
    return bool(words & _TRAINING) and not words & HELD_OUT


def _direction_told(use: ScheduleUse, step: ScheduleStepped) -> str | None:
    """Whether what a schedule is told is better the larger it is (`max`) or the smaller (`min`)."""
    rating = use.rating_told(step)
    if rating is not None:
        return "max" if rating.rises else "min"
    return _direction(metric_text(step))


def _of_other(use: ScheduleUse, step: ScheduleStepped) -> str | None:
    text = metric_text(step)
    if _direction_told(use, step) is None or len(step.arguments.positional) != 1:
        return None
    if not use.is_of_torch or any(not each.arguments.positional for each in use.steps):
        return None  # one of two ways is for schedules that watch a metric
    return f"`{text}` is taken for the number of the epoch: `{use.name}` watches no metric"


def _direction(text: str | None) -> str | None:
    """Whether a metric is better the larger (`max`) or the smaller (`min`), by its name."""
    if text is None or not _PLAIN.fullmatch(text):
        return None
    key = _KEY.search(text)
    text = text if key is None else key[1]  # `val_loss[1]["f1"]` is no loss
    return _direction_of({word.lower() for word in _WORDS.findall(text)})


def _direction_of(words: set[str]) -> str | None:
    rises, falls = bool(words & _RISES), bool(words & _FALLS)
    if rises == falls or words & _TURNED:
        return None
    return "max" if rises else "min"
