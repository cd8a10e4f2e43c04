"""learning-rate-out-of-range: the learning rate is far from what the optimizer is used with."""

from collections.abc import Iterator

from advisor.code.facts.learning_rates import LearningRate
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule

# What is left of the usual ranges on either side: two orders of magnitude around the default where
# the step does not depend on the gradient's size, much more for plain gradient descent.
# Toys of a few parameters learn with 0.1.
_ADAM = (1e-8, 0.2, 3e-4)
RANGES = {
    "Adam": _ADAM,
    "AdamW": _ADAM,
    "Adamax": _ADAM,
    "NAdam": _ADAM,
    "RAdam": _ADAM,
    "RMSprop": (1e-8, 0.3, 1e-3),
    # 30 is what linear classifiers on frozen features are trained with, and language models by
    # averaged gradient descent.
    "SGD": (0.0, 50.0, 1e-2),
    "Adadelta": (1e-3, 30.0, 1.0),
    # AdamW over a whole model of transformers.
    "Trainer": (1e-9, 0.02, 5e-5),
}

# Gradients of a mean cross-entropy are small: with less than this no weight moves in a day.
LOWEST_OF_CLASSIFIERS = 1e-6

# A line through numbers in the millions takes rates as small as this, a network with a hidden layer does not.
LOWEST_OF_NETWORKS = 1e-8

# Squares of standardised numbers diverge with a step of a few even in one dimension; in the mean over several
# each has its share of it.
HIGHEST_OF_SQUARES = 3.0

# Networks of several layers are trained, by batches that differ, by Adam with rates up to 0.01, transformers up to 0.001.
_ADAMS = frozenset({"Adam", "AdamW", "Adamax", "NAdam", "RAdam"})
# Whole models that are fine-tuned forget what they know with a tenth of that.
# A line, or a few parameters without a layer, may have far to go: to a price, or over all grey values.
HIGHEST = {"deep": 0.1, "transformer": 0.02, "pretrained": 0.005, "line": 10.0}
# What steps by the same samples again and again, or learns a few by heart, comes down with rates of a half.
HIGHEST_BY_HEART = {"deep": 1.0, "layers": 1.0, "little": 1.0, "transformer": 0.1}


@rule(
    "NN606",
    severity=Severity.WARNING,
    step=Step.SKELETON,
    symptoms=("divergence", "oscillation", "too-slow", "never-learns"),
    sources=("002", "004"),
)
def learning_rate_out_of_range(rate: LearningRate) -> Iterator[Draft]:
    known = RANGES.get(rate.optimizer)
    if known is None:
        return
    lowest, highest, usual = known
    if rate.optimizer in _ADAMS:
        highest = HIGHEST.get(rate.kind, highest)
    if rate.optimizer != "SGD" and rate.sees_all:
        highest = max(highest, HIGHEST_BY_HEART.get(rate.kind, highest))
    if rate.optimizer == "SGD" and rate.squared is not None:
        highest = HIGHEST_OF_SQUARES * rate.squared
    if rate.optimizer == "SGD" and rate.classifies:
        lowest = LOWEST_OF_CLASSIFIERS
    if rate.optimizer == "SGD" and rate.averages and rate.kind in {"layers", "deep"}:
        lowest = LOWEST_OF_NETWORKS
    if rate.rate == 0:
        yield rate.finding(f"the learning rate of `{rate.optimizer}` is 0: nothing is ever learnt")
    elif rate.rate >= highest:
        yield rate.finding(_far(rate, "above", usual))
    elif rate.rate <= lowest and not rate.is_of_group:
        yield rate.finding(_far(rate, "below", usual))


def _far(rate: LearningRate, where: str, usual: float) -> str:
    return (
        f"a learning rate of {rate.rate:g} is far {where} what `{rate.optimizer}` is used with; "
        f"{usual:g} is a start"
    )
