"""The sizes that layers remember under the names that they were told by: `self.fc.in_features`."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.library.models import AttributeModel, attribute
from advisor.code.values import Layer, Scalar, Value

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_CHANNELS = ("in_channels", "out_channels")
_STATES = ("input_size", "hidden_size", "num_layers")
# What the first arguments of a constructor are called, and so are the attributes.
_NAMES = {
    "Linear": ("in_features", "out_features"),
    "Embedding": ("num_embeddings", "embedding_dim"),
    **{f"Conv{axes}d": _CHANNELS for axes in (1, 2, 3)},
    **{f"ConvTranspose{axes}d": _CHANNELS for axes in (1, 2, 3)},
    **{f"BatchNorm{axes}d": ("num_features",) for axes in (1, 2, 3)},
    **dict.fromkeys(("RNN", "LSTM", "GRU"), _STATES),
}


def _reading(position: int, name: str) -> AttributeModel:
    def read(machine: "Machine", receiver: Value, node: cst.CSTNode) -> Value | None:
        """What the layer was told, where that is a number."""
        told = receiver.argument(position, name) if isinstance(receiver, Layer) else None
        return told if isinstance(told, Scalar) else None

    return read


for _layer, _names in _NAMES.items():
    for _position, _name in enumerate(_names):
        attribute(f"torch.nn.{_layer}", _name)(_reading(_position, _name))
