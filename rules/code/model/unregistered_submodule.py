"""unregistered-submodule: layers in a plain list are neither trained nor saved nor moved."""

from collections.abc import Iterator

from advisor.code.facts.construction import Construction, collections_registered_elsewhere
from advisor.findings import Change, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule

_INSTEAD = {
    ("layers", "dict"): "ModuleDict",
    ("parameters", "dict"): "ParameterDict",
    ("parameters", "list"): "ParameterList",
    ("parameters", "tuple"): "ParameterList",
}


@rule(
    "NN406",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("never-learns", "high-bias"),
    sources=("002",),
    in_order=collections_registered_elsewhere,
)
def unregistered_submodule(built: Construction) -> Iterator[Draft]:
    for found in built.plain_collections():
        instead = _INSTEAD.get((found.holds, found.kind), "ModuleList")
        yield Draft(
            found.place,
            f"`self.{found.name}` is a plain {found.kind}: its {found.holds} are not trained, "
            f"use `nn.{instead}`",
        ).fixable(Change.WRAP, {"container": f"nn.{instead}"}, attribute=found.assigned.place)
