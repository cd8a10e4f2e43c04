"""What code that nobody can look into may do to gradients."""

import re

import libcst as cst

from advisor.code.events import Escaped, ModeSwitched, OptimizerBuilt
from advisor.code.facts.relations import is_certainly_optimizer, name_of
from advisor.code.facts.run import AbstractRun
from advisor.code.values import (
    Dictionary,
    Instance,
    Optimizer,
    Scalar,
    Sequence,
    Unknown,
    Value,
    is_constant,
)

# Names of functions that may go backward or update when they are handed anything at all.
_MAY_GO_BACKWARD = re.compile(
    r"back|prop|step|(?<!pre)train|update|optim|scal|fit|learn|engine|closure|grad|adapt",
    re.IGNORECASE,
)
# Names of functions that do not, though they are handed a model.
_ONLY_LOOKS = re.compile(
    r"eval|valid|test|save|log|print|summary|predict|infer|plot|sampl|loss|criterion|forward|metric",
    re.IGNORECASE,
)
_MODEL = re.compile(
    r"(^|_)(model|net|network|classifier|encoder|decoder|backbone|head)\d*$", re.IGNORECASE
)


def may_go_backward(run: AbstractRun, event: Escaped) -> bool:
    """Whether the name of what is called says that it may go backward, or update."""
    callee = event.callee
    name = method_called(event) if isinstance(callee, Instance) else name_of(callee)
    if switches_mode(run, event):
        return False
    return _MAY_GO_BACKWARD.search(name) is not None or _belongs_to_gradient(callee)


def only_looks(name: str) -> bool:
    """Whether the name of a function says that it only looks at the model that it is handed."""
    return _ONLY_LOOKS.search(name) is not None


def switches_mode(run: AbstractRun, event: Escaped) -> bool:
    """Whether `something.train()` switches the mode of a module: it is called as one, updated by an
    optimizer or named so."""
    owner = event.callee.parent if isinstance(event.callee, Unknown) else None
    if owner is None or name_of(event.callee) != "train":
        return False
    if not any(
        each.module is owner and each.place.node is event.place.node
        for each in run.events(ModeSwitched)
    ):
        return False
    if any(_MODEL.search(name) for name in (owner.name, *owner.names)):
        return True
    called = any(each.callee is owner for each in run.events(Escaped))
    return called or any(
        isinstance(each.optimizer, Optimizer) and any(owner is one for one in each.optimizer.owners)
        for each in run.events(OptimizerBuilt)
    )


def is_given(value: Value | None) -> bool:
    """Whether gradients are replaced by others, and not cleared."""
    if isinstance(value, Scalar) and value.number.constant == 0:
        return False
    return value is not None and not is_constant(value, None)


def holds_optimizer(value: Value) -> bool:
    """Whether a value is an optimizer, or holds one that whoever gets it may step."""
    if isinstance(value, Optimizer) or is_certain_single(value):
        return True
    inner = value.fields.values() if isinstance(value, (Instance, Sequence, Dictionary)) else ()
    for each in inner:
        parts = each if isinstance(each, tuple) else (each,)
        if any(isinstance(part, Value) and is_certain_single(part) for part in parts):
            return True
    return False


def is_certain_single(value: Value) -> bool:
    """Whether a value is one optimizer for sure."""
    return isinstance(value, (Optimizer, Unknown)) and is_certainly_optimizer(value)


def _belongs_to_gradient(value: Value) -> bool:
    current: Value | None = value
    while isinstance(current, Unknown):
        if current.name == "grad":
            return True
        current = current.parent
    return False


def method_called(event: Escaped) -> str:
    """The name of the method that is called, if it is one."""
    node = event.place.node
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        return node.func.attr.value
    return ""
