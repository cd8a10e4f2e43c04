"""optimizer-misses-parameters: layers that take their place after the optimizer was built."""

from collections.abc import Iterator

from advisor.code.facts.optimized_modules import OptimizedModules
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN109",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("never-learns", "plateau", "high-bias"),
    sources=("002",),
)
def optimizer_misses_parameters(modules: OptimizedModules) -> Iterator[Draft]:
    placed_too_late = list(modules.placed_too_late())
    for placed in placed_too_late:
        yield modules.finding_too_early(
            placed, f"`{modules.text}` is built before another layer takes its place, and misses it"
        )
    for step, _ in modules.strangers() if not placed_too_late else ():
        yield modules.finding(
            step, f"`{modules.text}` updates another model than the one that is trained"
        )
    for loaded in modules.replaced():
        yield modules.finding(
            loaded,
            f"`{modules.text}` is built before this model is loaded, and updates the old one",
        )
    missed = modules.left_out()
    if missed is not None:
        yield modules.finding_at_construction(
            missed,
            f"`{modules.text}` updates a part of what is trained: another new model has no optimizer",
        )
