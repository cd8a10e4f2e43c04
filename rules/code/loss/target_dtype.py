"""target-dtype: the targets are numbers of another type than the loss compares with."""

from collections.abc import Iterator

from advisor.code.facts.losses import LossCall
from advisor.code.values import Activation
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule

_PROBABILITIES = {Activation.SOFTMAX, Activation.SIGMOID, Activation.ONE_HOT}


@rule(
    "NN208",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("high-bias", "plateau"),
    sources=("002",),
)
def target_dtype(loss: LossCall) -> Iterator[Draft]:
    target = loss.target
    if target is None or loss.is_of_keras or loss.is_swapped:
        return
    whole = target.dtype in {"long", "int", "uint8", "bool"}
    if loss.is_categorical and target.dtype == "float":
        scale = None if loss.target_scale is None else loss.target_scale.activation
        if scale in _PROBABILITIES or loss.is_of_old_torch:
            return
        if loss.takes_indices_alone or loss.target_has_one_axis_less:
            yield loss.finding_here(
                f"float targets go into `{loss.name}`, which expects class indices as long"
            )
    elif loss.takes_fractions_alone and whole:
        yield loss.finding_here(
            f"{target.dtype} targets go into `{loss.name}`, which expects float"
        )
    elif loss.is_elementwise and loss.cuts_targets:
        yield loss.finding_at_cast(
            f"the targets of `{loss.name}` are cast to whole numbers, which cuts off their decimals",
            Severity.WARNING,
        )
