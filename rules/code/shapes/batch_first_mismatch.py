"""batch-first-mismatch: the axis that a sequence layer takes for time holds the samples."""

from collections.abc import Iterator

from advisor.code.facts.sequences import SequenceUse
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN305",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("high-bias", "plateau"),
    sources=("002",),
)
def batch_first_mismatch(use: SequenceUse) -> Iterator[Draft]:
    first = f"`batch_first={use.batch_first}`"
    if use.samples_given_as_time():
        yield use.finding(
            f"`{use.layer}` is built with {first} but given the samples along the first axis, which "
            "it takes for time"
        )
    elif use.time_given_as_samples():
        yield use.finding(
            f"`{use.layer}` is built with {first} but given the steps of time along the first axis, "
            "which it takes for the samples"
        )
    elif use.state_along_time():
        yield use.finding(
            f"the first state of this `{use.layer}` has a sample for each step of time: with {first} "
            f"the samples lie along axis {0 if use.batch_first else 1}"
        )
    elif use.last_of_state():
        yield use.finding(
            f"this takes one sample of the batch, not the last layer: the state of `{use.layer}` has the "
            "samples along its second axis, whatever `batch_first` says"
        )
    elif use.is_read_as_meant() and (use.last_of_samples() or use.reduced_samples()):
        yield use.finding(
            f"`{use.layer}` is built with {first}, but its output is read as if the samples lay along "
            "the first axis"
        )
    elif use.last_of_samples():
        yield use.finding(
            f"this takes one sample of the batch, not one step of time: `{use.layer}` is built with "
            f"{first}"
        )
    elif use.reduced_samples():
        yield use.finding(
            f"this reduces over the samples of the batch, not over time: `{use.layer}` is built with "
            f"{first}"
        )
