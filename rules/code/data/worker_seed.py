"""worker-seed: the processes that load data draw the same random numbers."""

from collections.abc import Iterator

from advisor.code.facts.worker_randomness import WorkerRandomness
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule("NN514", severity=Severity.WARNING, step=Step.DATA, sources=("004",))
def worker_seed(randomness: WorkerRandomness) -> Iterator[Draft]:
    name, generator = randomness.name, randomness.generator
    if generator is not None:
        message = f"each worker draws the same numbers from its copy of `{generator}` in `{name}`"
        yield randomness.finding(message)
    elif randomness.seeded_alike is not None:
        message = f"`{name}` draws the same numbers in each worker, all of which are seeded alike"
        yield randomness.finding(message)
    elif randomness.is_keras:
        message = f"`{name}` draws by numpy in workers that Keras starts alike"
        yield randomness.finding(message)
    else:
        message = f"`{name}` draws by numpy in workers that older versions of torch do not seed"
        yield randomness.finding(message, Severity.INFO)
