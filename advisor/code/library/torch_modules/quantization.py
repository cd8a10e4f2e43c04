"""Models of integers: no gradients are recorded by what a model of floats was converted to."""

from advisor.code.events import AttributeAssigned
from advisor.code.library.models import Call, function
from advisor.code.values import Constant, Value, known_truth

_PACKAGES = ("torch.quantization", "torch.ao.quantization")
_IN_PLACE = tuple(f"{each}.convert" for each in _PACKAGES)
_ANEW = tuple(
    f"{package}.{name}"
    for package in _PACKAGES
    for name in ("quantize", "quantize_dynamic", "quantize_fx.convert_fx")
)


@function(*_IN_PLACE)
def converted(call: Call) -> Value | None:
    """`convert(model, inplace=True)`: the model itself, or a copy of it, with weights that are integers."""
    model = call.argument(0, "module")
    in_place = known_truth(call.argument(2, "inplace"))
    made = model if in_place is True and model is not None else call.unknown()
    return _without_gradients(call, made)


@function(*_ANEW)
def made_anew(call: Call) -> Value | None:
    """`quantize_dynamic(model)`: a copy with weights that are integers."""
    return _without_gradients(call, call.unknown())


def _without_gradients(call: Call, model: Value) -> Value:
    call.machine.emit(
        AttributeAssigned(call.place, call.context, model, "requires_grad", Constant(False))
    )
    return model
