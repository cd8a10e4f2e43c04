"""val-better-than-train: validation beats training nearly all the time."""

from collections.abc import Iterator

import numpy as np

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.facts import GeneralisationGap
from advisor.runs.wording import figure, number, percent, share_of

_CAUSES = (
    "dropout or augmentation that acts in training only",
    "training values averaged while the model improves",
    "easier or too few validation rows",
    "training rows among the validation rows (NN516)",
)


@rule("NR204", severity=Severity.WARNING, step=Step.DATA, sources=("001",))
def val_better_than_train(gap: GeneralisationGap) -> Iterator[Draft]:
    settings = gap.thresholds
    if len(gap.validation) < settings.minimum_evaluations:
        return
    advantage = gap.train_levels - gap.validation.costs
    margin = settings.better_excess * np.abs(gap.train_levels)
    beats = float(np.mean(advantage > margin))
    if beats < settings.better_share or -gap.at_end < settings.gap_errors * gap.error:
        return
    train, validation = gap.train, gap.validation
    shown = train.shown(train.final.value), validation.shown(validation.final.value)
    yield Draft(
        gap.span(),
        f"`{validation.tag}` ({number(shown[1])}) beats `{train.tag}` ({number(shown[0])}) in "
        f"{percent(beats)} of the evaluations: benign if dropout or augmentation acts in training "
        "only, else a leak",
        evidence=(
            share_of("evaluations that beat training", beats),
            figure("advantage at the end", -gap.at_end),
        ),
        severity=Severity.INFO,
        causes=_CAUSES,
    )
