"""Keras and TensorFlow losses: what each one expects of the prediction, and with which options.

Keras's losses take the targets first. Those over probabilities take logits when they are told so
by `from_logits`.
"""

from collections.abc import Callable, Iterator

from advisor.code.events import LossComputed, OwnLossCompiled
from advisor.code.interpreter import calls
from advisor.code.library.models import Call, function, method
from advisor.code.sources import NodePlace
from advisor.code.values import (
    Amount,
    Arguments,
    Bound,
    Constant,
    Function,
    Instance,
    Library,
    Object,
    Partial,
    Shape,
    Tensor,
    Value,
    alternatives,
    known_text,
    lineage_of,
)
from advisor.lazy_dataclasses import dataclass

_BY_NAME_ONLY = -1


@dataclass(frozen=True, slots=True)
class KerasLoss:
    """A loss as a class and as functions. `logits` is what it expects when told `from_logits`;
    `option` and `function_option` are where that stands by position."""

    functions: tuple[str, ...]
    expects: str = "numbers"
    logits: str | None = None
    option: int = 0
    function_option: int = 2


LOSSES = {
    "CategoricalCrossentropy": KerasLoss(("categorical_crossentropy",), "probabilities", "logits"),
    "SparseCategoricalCrossentropy": KerasLoss(
        ("sparse_categorical_crossentropy",), "probabilities", "logits"
    ),
    "BinaryCrossentropy": KerasLoss(
        ("binary_crossentropy", "bce", "BCE"), "probabilities", "binary_logits"
    ),
    "BinaryFocalCrossentropy": KerasLoss(
        ("binary_focal_crossentropy",),
        "probabilities",
        "binary_logits",
        _BY_NAME_ONLY,
        _BY_NAME_ONLY,
    ),
    "CategoricalFocalCrossentropy": KerasLoss(
        ("categorical_focal_crossentropy",),
        "probabilities",
        "logits",
        _BY_NAME_ONLY,
        _BY_NAME_ONLY,
    ),
    "KLDivergence": KerasLoss(
        ("kl_divergence", "kullback_leibler_divergence", "kld", "KLD"), "probabilities"
    ),
    "MeanSquaredError": KerasLoss(("mean_squared_error", "mse", "MSE")),
    "MeanAbsoluteError": KerasLoss(("mean_absolute_error", "mae", "MAE")),
    "MeanAbsolutePercentageError": KerasLoss(("mean_absolute_percentage_error", "mape", "MAPE")),
    "MeanSquaredLogarithmicError": KerasLoss(("mean_squared_logarithmic_error", "msle", "MSLE")),
    "CosineSimilarity": KerasLoss(("cosine_similarity", "cosine_proximity")),
    "Huber": KerasLoss(("huber", "huber_loss")),
    "LogCosh": KerasLoss(("log_cosh", "logcosh")),
    "Poisson": KerasLoss(("poisson",)),
    "Hinge": KerasLoss(("hinge",)),
    "SquaredHinge": KerasLoss(("squared_hinge",)),
    "CategoricalHinge": KerasLoss(("categorical_hinge",)),
}
# TensorFlow's own losses: (what the prediction and the targets are called, what is expected).
OF_TENSORFLOW = {
    "tensorflow.nn.softmax_cross_entropy_with_logits": "logits",
    "tensorflow.nn.softmax_cross_entropy_with_logits_v2": "logits",
    "tensorflow.nn.sparse_softmax_cross_entropy_with_logits": "logits",
    "tensorflow.nn.sigmoid_cross_entropy_with_logits": "binary_logits",
    "tensorflow.nn.weighted_cross_entropy_with_logits": "binary_logits",
    "keras.losses.softmax_cross_entropy": "logits",
    "keras.losses.sparse_softmax_cross_entropy": "logits",
    "keras.losses.sigmoid_cross_entropy": "binary_logits",
}
# Every name that a loss can be given by to `compile`.
_BY_NAME = {
    name: (f"keras.losses.{cls}", loss)
    for cls, loss in LOSSES.items()
    for name in (cls, *loss.functions)
}
_MODULES = ("keras.losses", "keras.metrics", "keras.backend", "keras.ops", "keras.ops.nn")
_BY_FUNCTION = {
    f"{module}.{name}": (f"keras.losses.{cls}", loss, name)
    for cls, loss in LOSSES.items()
    for name in loss.functions
    for module in _MODULES
}


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a loss, with its options, expects of the prediction. `path` is the loss's class, `name`
    the loss as a user writes it."""

    path: str
    expects: str
    name: str


def _expectation(
    path: str, loss: KerasLoss, name: str, option: Value | None = None
) -> Expectation | None:
    """The expectation of a loss under its option `from_logits`; None when that is not certain."""
    if option is None or loss.logits is None:
        return Expectation(path, loss.expects, name)
    if not isinstance(option, Constant) or option.configurable is not None:
        return None
    if not option.value:
        return Expectation(path, loss.expects, name)
    return Expectation(path, loss.logits, f"{name}(from_logits=True)")


def expectation_of(value: Value | None) -> Expectation | None:
    """What a loss that is handed over expects: a text, a loss object, a loss function; None when it
    is none of these, or not the same on every way."""
    found = [_expectation_of_one(option) for option in alternatives(value)]
    first = found[0] if found else None
    return first if all(other == first for other in found) else None


def _expectation_of_one(value: Value) -> Expectation | None:
    text = known_text(value)
    if text is not None:
        named = _BY_NAME.get(text)
        certain = isinstance(value, Constant) and value.configurable is None
        return _expectation(*named, text) if named is not None and certain else None
    if isinstance(value, Object):
        return _expectation_of_object(value)
    if isinstance(value, Library):
        known = _BY_FUNCTION.get(value.path)
        return None if known is None else _expectation(*known)
    if isinstance(value, Partial) and isinstance(value.callee, Library):
        known = _BY_FUNCTION.get(value.callee.path)
        if known is None or value.arguments.positional or value.arguments.unknown:
            return None
        return _expectation(*known, value.arguments.keywords.get("from_logits"))
    return None


def _expectation_of_object(value: Object) -> Expectation | None:
    loss = LOSSES.get(value.path.removeprefix("keras.losses."))
    if loss is None or value.arguments.unknown:
        return None
    name = value.path.rsplit(".", 1)[-1]
    return _expectation(value.path, loss, name, value.argument(loss.option, "from_logits"))


def computed(
    call: Call, value: Value | None, prediction: Value, target: Value, place: NodePlace | None
) -> Iterator[LossComputed]:
    """Compute a loss that was handed over at `place`, and yield every loss that is computed so; a
    function or loss class of the project is entered."""
    known = expectation_of(value)
    if known is not None:
        yield emitted(call, known, prediction, target, place)
        return
    entered = _entered(value)
    if entered is None:
        return
    before = len(call.machine.trace)
    loss = calls.call(call.machine, entered, Arguments([target, prediction]), call.node)
    call.machine.emit(OwnLossCompiled(call.place, call.context, loss))
    for event in call.machine.trace[before:]:
        if isinstance(event, LossComputed):
            yield event


def _entered(value: Value | None) -> Value | None:
    if isinstance(value, (Function, Bound)):
        return value
    if isinstance(value, Instance):
        found = value.cls.find("call")
        return Bound(found, value) if isinstance(found, Function) else None
    return None


def emitted(
    call: Call,
    known: Expectation,
    prediction: Value,
    target: Value | None,
    place: NodePlace | None = None,
) -> LossComputed:
    """Record that a loss is computed, at the call unless another place says so better."""
    event = LossComputed(
        place or call.place,
        call.context,
        known.path,
        known.expects,
        prediction,
        target,
        known.name,
    )
    call.machine.emit(event)
    return event


# --- losses that are built and called -----------------------------------------------------


@function("keras.losses.*", *(f"keras.losses.{name}" for name in LOSSES))
def loss_object(call: Call) -> Value | None:
    """Any class of keras.losses makes a loss that remembers its options."""
    name = call.path.rsplit(".", 1)[-1]
    return Object(call.path, call.arguments, call.place) if name[:1].isupper() else None


@function("keras.losses.get")
def loss_by_name(call: Call) -> Value | None:
    """`keras.losses.get(name)`."""
    return call.argument(0, "identifier")


def _result(call: Call, prediction: Value) -> Tensor:
    graph = prediction.graph if isinstance(prediction, Tensor) else None
    return Tensor(Shape(), graph=graph, library="keras", text="loss", place=call.place)


def _called_object(call: Call) -> Value | None:
    target, prediction = call.argument(0, "y_true"), call.argument(1, "y_pred")
    if prediction is None or not isinstance(call.receiver, Object):
        return None
    known = expectation_of(call.receiver)
    if known is not None:
        emitted(call, known, prediction, target)
    result = _result(call, prediction)
    told = call.receiver.arguments
    if "reduction" not in told.keywords and "sample_weight" not in call.arguments.keywords:
        lineage = lineage_of(target)
        rows = () if lineage is None else (lineage.rows,)
        result.meaning = Amount("mean", call.context, call.place, rows=rows)
    return result


def _called_function(path: str, loss: KerasLoss, name: str) -> Callable[[Call], Value | None]:
    def model(call: Call) -> Value | None:
        target = call.argument(0, "y_true") or call.arguments.keywords.get("target")
        prediction = call.argument(1, "y_pred") or call.arguments.keywords.get("output")
        if prediction is None or call.arguments.unknown:
            return None
        option = call.argument(loss.function_option, "from_logits")
        known = _expectation(path, loss, name, option)
        if known is not None:
            emitted(call, known, prediction, target)
        return _result(call, prediction)

    return model


def _called_of_tensorflow(path: str, expects: str) -> Callable[[Call], Value | None]:
    def model(call: Call) -> Value | None:
        prediction = call.argument(1, "logits")
        if prediction is None or call.arguments.unknown:
            return None
        known = Expectation(path, expects, path.rsplit(".", 1)[-1])
        emitted(call, known, prediction, call.argument(0, "labels"))
        return _result(call, prediction)

    return model


for _class in LOSSES:
    method(f"keras.losses.{_class}", "__call__", "call")(_called_object)
for _path, _known in _BY_FUNCTION.items():
    function(_path)(_called_function(*_known))
for _path, _expects in OF_TENSORFLOW.items():
    function(_path)(_called_of_tensorflow(_path, _expects))
