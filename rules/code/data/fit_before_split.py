"""fit-before-split: a transformer learns from all rows before some of them are held out."""

from collections.abc import Iterator

from advisor.code.facts.data import Split, fits_of_training_rows, learned_at
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule

KINDS = frozenset(
    ["scaler", "decomposition", "imputer", "vectoriser", "discretiser", "target encoder"]
)


@rule(
    "NN503",
    severity=Severity.WARNING,
    step=Step.DATA,
    symptoms=("too-good",),
    sources=("001",),
    in_order=fits_of_training_rows,
)
def fit_before_split(split: Split) -> Iterator[Draft]:
    if not split.is_learned_from:
        return
    divides = (split.place, "the rows are divided here")
    told: set[object] = set()
    for fit in split.fits_on_both_sides():
        if split.tunes_behind(fit) and not fit.uses_labels:
            continue
        call = learned_at(fit, split)
        learns = ((fit.place, "it learns from them here"),) if call is not None else ()
        if fit.kind in KINDS:
            message = f"`{fit.text}` is fitted on all rows before `{split.operation}` divides them"
        elif fit.kind in {"statistic", "group statistic"}:
            message = f"`{fit.text}` is taken over all rows before `{split.operation}` divides them"
        else:
            continue
        place = call or fit.place
        if call is None or place.node not in told:
            told.add(place.node)
            yield Draft(place, message, (*learns, divides))
    for fit in split.fits_applied_later():
        if fit.kind in KINDS or fit.kind == "statistic":
            message = f"`{fit.text}` has seen the rows on both sides of `{split.operation}`"
            yield Draft(fit.place, message, (divides,))
