"""overwritten-name: an inner loop binds a name anew that the loop around it still needs."""

from collections.abc import Iterator

from advisor.code.facts.overwritten_names import OverwrittenName
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN802",
    severity=Severity.WARNING,
    step=Step.SKELETON,
    symptoms=("plateau", "sawtooth"),
    sources=("002",),
)
def overwritten_name(overwritten: OverwrittenName) -> Iterator[Draft]:
    name = overwritten.name
    if overwritten.is_lost_target:
        yield overwritten.finding(
            f"`{name}` is bound anew to predictions here, before anything is compared with what it was"
        )
    elif overwritten.lost_loss is not None:
        yield overwritten.finding(
            f"`{name}` of the training is bound anew here, and told of behind this loop as if it were "
            f"still that"
        )
    elif overwritten.is_lost_object:
        yield overwritten.finding(
            f"`{name}` is bound anew here, and what it was is meant behind this loop"
        )
    elif overwritten.is_of_outer_loop:
        yield overwritten.finding(
            f"`{name}` of the outer loop is bound anew here, and read again behind this loop"
        )
    else:
        yield overwritten.finding(
            f"`{name}` is bound anew here, and the next round of the outer loop reads what is left of it"
        )
