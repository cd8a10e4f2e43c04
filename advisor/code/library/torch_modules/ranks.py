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
    if rank is None or layer.path == "torch.nn.Transformer":
        return
    in_sequence = layer.path in RECURRENT or layer.path in ATTENDING
    is_open = shape.is_open
    if is_open:
        shape.settle(rank)
    first = shape.axis(0).axis if shape.rank == rank else None
    if first is None or (in_sequence and not (is_open and batch_first(layer))):
        return
    # Samples that come one by one make no batch: there is nothing that they could be mixed with.
    if first.value is None or not (in_sequence or first.value == 1):
        first.is_batch = True
