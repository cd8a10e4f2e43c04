"""bias-before-norm: batch norm subtracts the bias that the layer before it has added."""

import re
from collections.abc import Iterator

from advisor.code.facts.layers import LayerRun
from advisor.code.facts.modules import BATCH_NORMS, CONVOLUTIONS, KERAS_BATCH_NORM, LINEAR
from advisor.code.values import Layer, is_constant
from advisor.findings import Change, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule

# Layers of Keras that are linear but for an activation they are given.
_KERAS = re.compile(r"keras\.layers\.(Dense|(Separable|Depthwise)?Conv[123]D(Transpose)?)$")


@rule("NN405", severity=Severity.INFO, step=Step.SQUEEZE, sources=("002",))
def bias_before_norm(run: LayerRun) -> Iterator[Draft]:
    before = run.previous
    if before is None or not _centres(run.layer) or not _has_bias(before):
        return
    name = before.path.rsplit(".", 1)[-1]
    message = f"the bias of this `{name}` is subtracted again by the batch norm behind it"
    found = run.finding_at(before.place, message, (run.event.place, "the batch norm runs here"))
    argument = "use_bias=False" if run.layer.path == KERAS_BATCH_NORM else "bias=False"
    yield found.fixable(Change.ADD_ARGUMENT, {"argument": argument}, layer=before.place)


def _centres(layer: Layer) -> bool:
    """Whether a layer is a batch norm with a bias of its own."""
    if layer.path == KERAS_BATCH_NORM:
        return not is_constant(layer.argument(3, "center"), False)
    return layer.path in BATCH_NORMS and not is_constant(layer.argument(3, "affine"), False)


def _has_bias(layer: Layer) -> bool:
    if layer.arguments.unknown:
        return False
    if _KERAS.match(layer.path):
        activation = layer.argument(-1, "activation")
        linear = activation is None or is_constant(activation, None)
        return linear and len(layer.arguments.positional) < 4 and _is_on(layer, -1, "use_bias")
    if layer.path not in LINEAR | CONVOLUTIONS:
        return False
    return _is_on(layer, 2 if layer.path in LINEAR else 7, "bias")


def _is_on(layer: Layer, position: int, name: str) -> bool:
    bias = layer.argument(position, name)
    return bias is None or is_constant(bias, True)
