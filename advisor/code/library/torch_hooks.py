"""Functions that run whenever a module has run, or gradients have been computed: what they do is seen
where they are registered."""

from advisor.code.events import OptimizerStepped
from advisor.code.interpreter import calls
from advisor.code.library.families import WEIGHTS, weights_of
from advisor.code.library.models import Call, method
from advisor.code.values import (
    TRUE,
    Arguments,
    Bound,
    Function,
    Layer,
    Partial,
    Value,
    is_constant,
)

# Under this key a layer has that a hook is called with its gradients, with those of its weights, or with
# what it makes, to return something else.
HOOKED = ("hooked",)
_OF_TENSORS = ("register_hook", "register_post_accumulate_grad_hook")
_OF_MODULES = (
    "register_full_backward_hook",
    "register_full_backward_pre_hook",
    "register_backward_hook",
)


@method(WEIGHTS, *_OF_TENSORS)
@method("torch.parameter", *_OF_TENSORS)
@method("tensor", *_OF_TENSORS)
@method("unknown", *_OF_TENSORS)
def called_with_gradients(call: Call) -> Value | None:
    """`parameter.register_post_accumulate_grad_hook(update)`."""
    own = call.path.rsplit(".", 1)[-1] != "register_hook"
    first = call.receiver if own and call.receiver is not None else call.unknown()
    _tell_hooked(call, None if call.receiver is None else weights_of(call.receiver))
    _run_once(call, Arguments([first]))
    return None


@method("module", *_OF_MODULES)
@method("unknown", *_OF_MODULES)
def called_behind_module(call: Call) -> Value | None:
    """`model.register_full_backward_hook(update)`."""
    _tell_hooked(call, call.receiver)
    _run_once(call, Arguments(unknown=True))
    return None


@method("module", "register_forward_hook", "register_forward_pre_hook")
def called_with_outputs(call: Call) -> Value | None:
    """`layer.register_forward_hook(lambda module, inputs, output: output.relu())`: one that gives nothing
    back only looks."""
    function = call.argument(0, "hook")
    if isinstance(function, (Function, Bound, Partial)):
        with call.machine.imagining():
            made = calls.call(call.machine, function, Arguments(unknown=True), call.node)
        if is_constant(made, None):
            return None
    _tell_hooked(call, call.receiver)
    return None


def _tell_hooked(call: Call, layer: Value | None) -> None:
    if isinstance(layer, Layer):
        call.machine.store(layer.fields, HOOKED, TRUE)


def _run_once(call: Call, passed: Arguments) -> None:
    """Run a hook. A step that it takes is one that goes with each back-propagation."""
    function, machine = call.argument(0, "hook"), call.machine
    if not isinstance(function, (Function, Bound, Partial)):
        if function is not None:
            calls.escape(machine, function, passed, call.node)
        return
    begin, before = len(machine.trace), machine.context
    machine.context = before._replace(gradients=False)
    try:
        calls.call(machine, function, passed, call.node)
    finally:
        machine.context = before
    for event in machine.trace[begin:]:
        if isinstance(event, OptimizerStepped):
            event.managed = True
