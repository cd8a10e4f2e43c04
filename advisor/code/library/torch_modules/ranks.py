"""How many axes layers want: what a program gives them has as many, the samples of a batch included."""

from advisor.code.library.torch_sequences import ATTENDING, RECURRENT, batch_first
from advisor.code.values import Layer, Shape

_WINDOWED = ("Conv", "ConvTranspose", "LazyConv", "MaxPool", "AvgPool", "AdaptiveAvgPool")
_NORMALISING = ("BatchNorm", "InstanceNorm")
_RANKS = {
    **{
        f"torch.nn.{kind}{count}d": count + 2
        for kind in (*_WINDOWED, "AdaptiveMaxPool", "LPPool")
        for count in (1, 2, 3)
    },
    **{f"torch.nn.{kind}{count}d": count + 2 for kind in _NORMALISING for count in (2, 3)},
    **dict.fromkeys(RECURRENT | ATTENDING, 3),
}


def learn_rank(layer: Layer, shape: Shape) -> None:
    """Take what a layer is given for a batch of what it works on, where the program says nothing else:
    nobody writes a model for single samples, though layers take these, too."""
    rank = _RANKS.get(layer.path)
    if rank is None or not shape.is_open:
        return
    in_sequence = layer.path in RECURRENT or layer.path in ATTENDING
    if layer.path == "torch.nn.Transformer" or not shape.settle(rank):
        return
    first = shape.axis(0).axis
    if first is not None and first.value is None and (not in_sequence or batch_first(layer)):
        first.is_batch = True
