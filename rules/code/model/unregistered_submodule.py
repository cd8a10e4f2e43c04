"""unregistered-submodule: layers in a plain list are neither trained nor saved nor moved."""

from collections.abc import Iterator

from advisor.code.facts.construction import Construction
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule

_INSTEAD = {"dict": "ModuleDict"}


@rule(
    "NN406",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("never-learns", "high-bias"),
    sources=("002",),
)
def unregistered_submodule(built: Construction) -> Iterator[Draft]:
    for name, event, kind in built.plain_collections():
        instead = _INSTEAD.get(kind, "ModuleList")
        yield Draft(
            event.place,
            f"`self.{name}` is a plain {kind}: its layers are not trained, use `nn.{instead}`",
        )
