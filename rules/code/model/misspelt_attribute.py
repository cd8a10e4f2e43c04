"""misspelt-attribute: an attribute is assigned that torch never reads."""

from collections.abc import Iterator

from advisor.code.facts.construction import Assignment
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule

_MEANT = "requires_grad"
_MISSPELT = frozenset(
    [
        *("require_grad", "require_grads", "requires_grads", "required_grad", "requires_gradient"),
        *("require_gradient", "requires_gradients", "required_gradient", "requried_grad"),
        *("requiers_grad", "requires_grd", "requires_gard", "requies_grad", "reqires_grad"),
    ]
)
_MODES = frozenset({"train", "eval"})
_IN_GROUPS = frozenset({"lr", "learning_rate", "weight_decay", "momentum"})


@rule(
    "NN412",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("never-learns", "lr-never-decayed"),
    sources=("002",),
)
def misspelt_attribute(assignment: Assignment) -> Iterator[Draft]:
    name = assignment.name
    if name in _MISSPELT and (assignment.is_of_tensor or assignment.is_of_module):
        yield assignment.finding(f"nothing reads `{name}`: the attribute is called `{_MEANT}`")
    elif name == "requires_grad_" and (assignment.is_of_tensor or assignment.is_of_module):
        yield assignment.finding("`requires_grad_` is a method: assigning to it changes nothing")
    elif name == _MEANT and (assignment.is_of_module or assignment.is_of_part):
        if assignment.is_of_frozen:
            return
        yield assignment.finding(
            f"`{_MEANT}` of a module reaches none of its parameters: call `requires_grad_`"
        )
    elif name in _MODES and assignment.is_of_module and not assignment.is_a_method_of_its_own:
        yield assignment.finding(
            f"`{name}` is a method: assigning to it switches nothing, and nothing can call it then"
        )
    elif name in _IN_GROUPS and assignment.is_of_optimizer:
        yield assignment.finding(f"torch reads `{name}` from `param_groups` only")
