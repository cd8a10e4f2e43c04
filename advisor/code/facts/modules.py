"""What modules consist of: which of their layers depend on the mode, and which have weights."""

import re
from collections.abc import Collection, Iterator

import libcst as cst

from advisor.code.events import DropoutApplied, Escaped, ForwardRun, ModeSwitched
from advisor.code.facts.run import AbstractRun
from advisor.code.library.torch_modes import PART, modules_in
from advisor.code.library.transformers_models import DROPS
from advisor.code.values import (
    Bound,
    Constant,
    Instance,
    Layer,
    Method,
    Partial,
    Sequence,
    Tensor,
    Unknown,
    Value,
    alternatives,
    is_constant,
    known_number,
    known_text,
)

_DROPOUT = frozenset(
    f"torch.nn.{name}"
    for name in (
        "Dropout",
        "Dropout1d",
        "Dropout2d",
        "Dropout3d",
        "AlphaDropout",
        "FeatureAlphaDropout",
    )
)
BATCH_NORMS = frozenset(
    f"torch.nn.{name}"
    for name in (
        "BatchNorm1d",
        "BatchNorm2d",
        "BatchNorm3d",
        "LazyBatchNorm1d",
        "LazyBatchNorm2d",
        "LazyBatchNorm3d",
        "SyncBatchNorm",
    )
)
# Layers that drop unless told otherwise, and where they are told.
_DROPS_BY_DEFAULT = {
    "torch.nn.TransformerEncoderLayer": 3,
    "torch.nn.TransformerDecoderLayer": 3,
    "torch.nn.Transformer": 5,
}
_DROPS_BETWEEN_LAYERS = frozenset({"torch.nn.LSTM", "torch.nn.GRU", "torch.nn.RNN"})
# The same in Keras, which has no class of its own for each number of axes.
KERAS_BATCH_NORM = "keras.layers.BatchNormalization"
_KERAS_DROPOUT = "keras.layers.Dropout"
LINEAR = frozenset({"torch.nn.Linear", "torch.nn.LazyLinear"})
# Layers of Keras that are linear but for an activation they are given.
KERAS_DENSE = "keras.layers.Dense"
KERAS_CONVOLUTIONS = frozenset(f"keras.layers.Conv{n}D" for n in (1, 2, 3))
CONVOLUTIONS = frozenset(
    f"torch.nn.{lazy}Conv{transposed}{n}d"
    for lazy in ("", "Lazy")
    for transposed in ("", "Transpose")
    for n in (1, 2, 3)
)
# Layers that learn: everything that has weights when it is built as usual.
WITH_WEIGHTS = (
    LINEAR
    | CONVOLUTIONS
    | BATCH_NORMS
    | _DROPS_BY_DEFAULT.keys()
    | _DROPS_BETWEEN_LAYERS
    | frozenset(
        f"torch.nn.{name}"
        for name in (
            "Bilinear",
            "Embedding",
            "EmbeddingBag",
            "GRUCell",
            "GroupNorm",
            "InstanceNorm1d",
            "InstanceNorm2d",
            "InstanceNorm3d",
            "LSTMCell",
            "LayerNorm",
            "MultiheadAttention",
            "PReLU",
            "RMSNorm",
            "RNNCell",
            "TransformerDecoder",
            "TransformerEncoder",
        )
    )
)
# Ready models of torchvision that hold batch norm or dropout, by the start of their names.
_BATCH_NORM_MODELS = (
    "resnet",
    "resnext",
    "wide_resnet",
    "densenet",
    "inception",
    "googlenet",
    "mobilenet",
    "mnasnet",
    "shufflenet",
    "regnet",
    "efficientnet",
)
_DROPOUT_MODELS = ("alexnet", "vgg", "squeezenet")
_READY = "torchvision.models."
_DEFINES_MODULE = re.compile(r"^class \w+\(.*Module", re.MULTILINE)
_DEPENDS_ON_MODE = re.compile(r"[dD]ropout|BatchNorm|TransformerEncoderLayer")


def mode_dependent_layers(run: AbstractRun, forward: ForwardRun | Escaped) -> tuple[str, ...]:
    """What behaves differently in training and in evaluation among the layers that a forward pass
    has run: `batch norm`, `dropout`, both or nothing. What could not be looked into does not count."""
    found: dict[str, None] = {}
    if isinstance(forward, Escaped):
        known = _of_escaped(forward, forward.modes)
        if known is None and _is_switched_where_it_runs(forward):
            return of_unknown_model(run)
        return () if known is None else (known,)
    for kind in (_of_ready_model(forward.module), *_kinds_inside(run, forward)):
        if kind is not None:
            found[kind] = None
    return tuple(sorted(found))


def _is_switched_where_it_runs(forward: Escaped) -> bool:
    """Whether a model that was handed in has its mode switched by the very function that runs it: it
    is one whose mode matters."""
    made = forward.callee.place if isinstance(forward.callee, Unknown) else None
    if made is None or isinstance(made.node, cst.Call) or not forward.modes:
        return False
    here = forward.context.functions
    return bool(here) and all(each.context.functions == here for each in forward.modes)


def of_unknown_model(run: AbstractRun) -> tuple[str, ...]:
    """What may behave differently in a model that is not known: `dropout and the like`, unless the
    file defines modules without any."""
    text = run.source.text
    known = _DEFINES_MODULE.search(text) is None or _DEPENDS_ON_MODE.search(text) is not None
    return ("dropout and the like",) if known else ()


def _kinds_inside(run: AbstractRun, forward: ForwardRun) -> Iterator[str | None]:
    for event in run.trace[forward.index : forward.end]:
        if isinstance(event, ForwardRun):
            if event.modes == forward.modes or not _is_switched_off(event):
                yield _of_layer(event.module) or _of_ready_model(event.module)
        elif isinstance(event, Escaped):
            yield _of_escaped(event, (*event.modes, *forward.modes))
        elif isinstance(event, DropoutApplied) and isinstance(event.training, Unknown):
            yield "dropout"


def _is_switched_off(part: ForwardRun) -> bool:
    """Whether a part of a model was switched to evaluation by itself."""
    return bool(part.modes) and all(mode.training is False for mode in part.modes)


def _of_escaped(event: Escaped, modes: Collection[ModeSwitched]) -> str | None:
    """What a model holds that was called: one that comes with its weights comes switched to evaluation,
    and drops from the first switch to training on."""
    callee = event.callee
    if isinstance(callee, Unknown) and DROPS in callee.fields and not modes:
        return None
    return _of_ready_model(callee)


def _of_ready_model(module: Value) -> str | None:
    """What a ready model holds. They are pre-trained or not, but never switched to evaluation."""
    name = ready_name(module)
    if name is None:
        return "dropout" if isinstance(module, Unknown) and DROPS in module.fields else None
    if name.startswith(_BATCH_NORM_MODELS):
        return "batch norm"
    if PART in getattr(module, "fields", {}):
        return None  # dropout comes in the last part, which is the first to go
    return "dropout" if name.startswith(_DROPOUT_MODELS) else None


def ready_name(module: Value) -> str | None:
    """The name of a ready model of torchvision or timm."""
    if not isinstance(module, Layer):
        return None
    if module.path.startswith(_READY):
        return module.path.rsplit(".", 1)[-1].lower()
    if module.path == "timm.create_model":
        return known_text(module.argument(0, "model_name"))
    return None


def is_pretrained(module: Value) -> bool:
    """Whether a ready model comes with weights, for sure."""
    if not isinstance(module, Layer):
        return False
    if module.path == "torch.nn.Sequential":
        return any(is_pretrained(each) for each in modules_in(module) if each is not module)
    given = module.argument(-1, "pretrained")
    if given is None and module.path.startswith(_READY):
        given = module.argument(0, "weights")
    elif given is None:
        given = module.argument(1, "pretrained")
    if isinstance(given, Constant):
        return given.value is True or isinstance(given.value, str)
    return getattr(given, "path", "").startswith(_READY)


def is_dropout(module: Value) -> bool:
    """Whether a module is a dropout layer that drops."""
    if not isinstance(module, Layer):
        return False
    if module.path == _KERAS_DROPOUT:
        return may_drop(module.argument(0, "rate"))
    return module.path in _DROPOUT and may_drop(module.argument(0, "p"))


def _of_layer(module: Value) -> str | None:
    if not isinstance(module, Layer):
        return None
    if module.path in BATCH_NORMS:
        statistics = module.argument(4, "track_running_stats")
        return None if is_constant(statistics, False) else "batch norm"
    if module.path in _DROPOUT and may_drop(module.argument(0, "p")):
        return "dropout"
    if module.path in _DROPS_BY_DEFAULT:
        return (
            "dropout"
            if may_drop(module.argument(_DROPS_BY_DEFAULT[module.path], "dropout"))
            else None
        )
    if module.path in _DROPS_BETWEEN_LAYERS:
        rate = known_number(module.argument(5, "dropout"))
        drops = rate is not None and (rate.constant or 0) > 0
        return "dropout" if drops and not _has_one_layer(module) else None
    return None


def _has_one_layer(recurrent: Layer) -> bool:
    """Whether there is nothing to drop between: one layer is the default."""
    given = recurrent.argument(2, "num_layers")
    number = known_number(given)
    return given is None or (number is not None and number.is_one)


def may_drop(rate: Value | None) -> bool:
    """Whether dropout drops: it does unless its rate is known to be zero, or is zero by default."""
    number = known_number(rate)
    return number is None or number.constant is None or number.constant > 0


def has_weights(module: Value) -> bool:
    """Whether a module is known to have parameters."""
    if isinstance(module, Layer) and module.path.startswith((_READY, "timm.")):
        return True
    return any(_is_learned(each) for each in modules_in(module))


def _is_learned(value: Value) -> bool:
    if isinstance(value, Layer):
        return value.path in WITH_WEIGHTS or value.path.startswith(_READY)
    if isinstance(value, Instance):
        return any(is_parameter(each) for each in value.fields.values())
    return False


def is_parameter(value: object) -> bool:
    """Whether a value is an `nn.Parameter`."""
    return isinstance(value, Tensor) and value.text == "parameter"


def concerns(switched: Value, module: Value) -> bool:
    """Whether what is done to one module may be done to another: one is, or holds, the other."""
    for one in alternatives(switched):
        for other in alternatives(module):
            if one is other or any(each is other for each in modules_in(one)):
                return True
            if any(each is one for each in modules_in(other)):
                return True
    return False


def holds(value: Value, module: Value) -> bool:
    """Whether a value that is handed over gives access to a module."""
    if isinstance(value, Sequence):
        parts = [*(value.items or ()), *([value.element] if value.element else [])]
        return any(holds(each, module) for each in parts)
    if isinstance(value, (Bound, Method)):
        return holds(value.receiver, module)  # `stack.callback(model.train)`
    if isinstance(value, Partial):
        return any(holds(each, module) for each in (value.callee, *value.arguments.values()))
    return concerns(value, module)
