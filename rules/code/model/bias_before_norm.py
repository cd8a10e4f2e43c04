"""bias-before-norm: batch norm subtracts the bias that the layer before it has added."""

from collections.abc import Iterator

from advisor.code.facts.layers import LayerRun
from advisor.code.facts.modules import BATCH_NORMS, CONVOLUTIONS, LINEAR
from advisor.code.values import Layer, is_constant
from advisor.findings import Change, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule("NN405", severity=Severity.INFO, step=Step.SQUEEZE, sources=("002",))
def bias_before_norm(run: LayerRun) -> Iterator[Draft]:
    before = run.previous
    if (
        before is None
        or run.layer.path not in BATCH_NORMS
        or is_constant(run.layer.argument(3, "affine"), False)
    ):
        return
    if _has_bias(before):
        name = before.path.rsplit(".", 1)[-1]
        message = f"the bias of this `{name}` is subtracted again by the batch norm behind it"
        beside = (run.event.place, "the batch norm runs here")
        found = run.finding_at(before.place, message, beside)
        yield found.fixable(Change.ADD_ARGUMENT, {"argument": "bias=False"}, layer=before.place)


def _has_bias(layer: Layer) -> bool:
    if layer.path not in LINEAR | CONVOLUTIONS or layer.arguments.unknown:
        return False
    bias = layer.argument(2 if layer.path in LINEAR else 7, "bias")
    return bias is None or is_constant(bias, True)
