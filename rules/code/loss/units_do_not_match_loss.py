"""units-do-not-match-loss: the number of outputs, their activation and the loss do not fit."""

from collections.abc import Iterator
from dataclasses import replace

from advisor.code.facts.losses import LossCall
from advisor.code.values import Activation
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule

# With softmax over two classes it is the same to judge each alone.
MOST_ALIKE = 2
_OVER_CLASSES = frozenset({Activation.SOFTMAX, Activation.LOG_SOFTMAX})


@rule(
    "NN212",
    severity=Severity.WARNING,
    step=Step.SKELETON,
    symptoms=("never-learns", "plateau", "high-bias"),
    sources=("002",),
)
def units_do_not_match_loss(loss: LossCall) -> Iterator[Draft]:
    given = None if loss.scale is None else loss.scale.activation
    if loss.is_over_single_outputs and given in _OVER_CLASSES:
        message = f"softmax over a single output is 1 whatever the input of `{loss.name}`"
        yield replace(loss.finding(message), severity=Severity.ERROR)
    elif loss.width == 1 and loss.is_categorical and given not in _OVER_CLASSES:
        message = f"`{loss.name}` is given a single output, and chooses among one class"
        yield loss.finding_here(message, Severity.ERROR)
    elif loss.is_categorical and (loss.classes or 0) > (loss.width or loss.classes or 0):
        if loss.is_announced_to_fail:
            return
        message = (
            f"`{loss.name}` is given {loss.width} scores for the {loss.classes} classes of the data"
        )
        yield loss.finding_here(message, Severity.ERROR)
    elif not loss.expects_probabilities:
        return
    elif loss.is_binary and given is Activation.SOFTMAX and (loss.width or 0) > MOST_ALIKE:
        yield loss.finding_here(f"softmax goes into `{loss.name}`, which judges each class alone")
    elif loss.is_binary and given is Activation.SIGMOID and loss.judges_one_class_of_several:
        yield loss.finding_here(
            f"sigmoid goes into `{loss.name}`, which judges each class alone, though one is right"
        )
    elif loss.is_of_keras and loss.is_categorical and given is Activation.SIGMOID:
        yield loss.finding(f"sigmoid goes into `{loss.name}`, which expects softmax")
