"""missing-super-init: layers are assigned before `super().__init__()` has made room for them."""

from collections.abc import Iterator

from advisor.code.facts.construction import Construction
from advisor.code.facts.modules import is_parameter
from advisor.code.interpreter.classes import is_module
from advisor.code.values import Instance, Layer, Value
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule("NN407", severity=Severity.ERROR, step=Step.SKELETON, sources=("002",))
def missing_super_init(built: Construction) -> Iterator[Draft]:
    if not built.has_constructor():
        return
    for event in built.assignments():
        if _is_registered(event.value):
            if not built.is_constructed_before(event):
                yield Draft(
                    event.place,
                    f"`self.{event.name}` is assigned before `super().__init__()` is called",
                )
            return


def _is_registered(value: Value) -> bool:
    """Whether torch registers what is assigned."""
    if isinstance(value, Instance):
        return is_module(value)
    return isinstance(value, Layer) or is_parameter(value)
