"""too-good: rows that were never seen are predicted as well as rows learned by heart."""

from collections.abc import Iterator

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.facts import GeneralisationGap
from advisor.runs.wording import figure, number, percent

_CAUSES = (
    "rows that are in both sets (NN516, NN501, NN502)",
    "the label hidden in the inputs (NN518)",
    "a task that is easy indeed",
)


@rule("NR205", severity=Severity.WARNING, step=Step.DATA, sources=("001",))
def too_good(gap: GeneralisationGap) -> Iterator[Draft]:
    settings, train, validation = gap.thresholds, gap.train, gap.validation
    learned, unseen = train.final.value, validation.final.value
    if train.curve.role.quantity != "loss" or learned <= 0 or not train.has_learned:
        return
    if len(validation) < settings.minimum_evaluations or not gap.is_classification:
        return  # how far the error of a regression can fall, nobody knows
    share = learned / gap.start
    alike = settings.memorised_factor
    if share > settings.memorised_share or unseen > alike * learned:
        return
    yield Draft(
        gap.span(),
        f"`{train.tag}` is down to {percent(share)} of its start, and `{validation.tag}` at "
        f"{number(unseen)} follows it all the way: are its rows really unseen?",
        evidence=(
            figure("training loss", learned),
            figure("validation loss", unseen),
            figure("first training level", gap.start),
        ),
        severity=Severity.INFO,
        causes=_CAUSES,
    )
