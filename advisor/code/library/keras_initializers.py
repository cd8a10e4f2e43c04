"""What layers of Keras are told to fill their weights with."""

from advisor.code.events import WeightsFilled
from advisor.code.library.models import Call, function
from advisor.code.values import Layer, Library, Object, Value, known_text

# What the functions of torch.nn.init are called that do the same.
_FUNCTIONS = {
    **dict.fromkeys(("zeros", "Zeros", "zeros_initializer"), "zeros_"),
    **dict.fromkeys(("ones", "Ones", "ones_initializer"), "ones_"),
    **dict.fromkeys(("constant", "Constant", "constant_initializer"), "constant_"),
    **dict.fromkeys(("he_normal", "HeNormal"), "kaiming_normal_"),
    **dict.fromkeys(("he_uniform", "HeUniform"), "kaiming_uniform_"),
}


@function(
    "keras.initializers.*",
    *(f"tensorflow.{name}_initializer" for name in ("zeros", "ones", "constant")),
)
def initializer(call: Call) -> Value | None:
    """An initializer, which is called by its class or by a function."""
    return Object(call.path, call.arguments, call.place)


def tell_initializer(call: Call, layer: Layer) -> None:
    """Tell of a layer that fills its weights otherwise than by default."""
    given = layer.argument(-1, "kernel_initializer")
    known = None if given is None else _FUNCTIONS.get(_name_of(given))
    if known is not None:
        call.machine.emit(WeightsFilled(call.place, call.context, layer, known, False))


def _name_of(given: Value) -> str:
    if isinstance(given, (Object, Library)):
        return given.path.rsplit(".", 1)[-1]
    return "" if getattr(given, "configurable", None) else known_text(given) or ""
