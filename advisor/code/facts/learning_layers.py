"""Layers with parameters, wherever they stand in a module."""

import re
from collections.abc import Iterator

from advisor.code.facts.relations import DEEPEST_REACH, inside
from advisor.code.values import Instance, Layer, Value, is_always

_LEARNS = re.compile(
    r"^torch\.nn\.(Linear|LazyLinear|Bilinear|Conv|Embedding|LSTM|GRU|RNN|BatchNorm|LayerNorm|"
    r"GroupNorm|InstanceNorm|PReLU|MultiheadAttention|Transformer)|^(torchvision\.models|timm)\."
)


def learning(module: Value, depth: int = DEEPEST_REACH) -> Iterator[Layer]:
    """The layers with parameters in a module."""
    if isinstance(module, Layer) and _LEARNS.search(module.path):
        if not is_told_not_to_learn(module):
            yield module
    elif depth and isinstance(module, (Layer, Instance)):
        for part in inside(module):
            yield from _nested(part, depth - 1)


def is_told_not_to_learn(layer: Layer) -> bool:
    """Whether a norm has no weights: it is told so, or does without by default."""
    given = layer.arguments.keywords
    if layer.path.startswith("torch.nn.InstanceNorm"):
        return not is_always(given.get("affine"), True)
    return any(is_always(given.get(name), False) for name in ("affine", "elementwise_affine"))


def _nested(part: Value, depth: int) -> Iterator[Layer]:
    if isinstance(part, (Layer, Instance)):
        yield from learning(part, depth)
    else:
        for each in inside(part):
            if isinstance(each, (Layer, Instance)) and depth:
                yield from learning(each, depth - 1)
