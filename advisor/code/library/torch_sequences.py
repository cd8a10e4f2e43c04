"""Recurrent layers and attention: which axes are the samples and which the steps of time."""

from dataclasses import replace

from advisor.code import symbols
from advisor.code.library.models import Call
from advisor.code.symbols import Number
from advisor.code.values import (
    Layer,
    Layout,
    Shape,
    Tensor,
    Value,
    known_truth,
    shape_of,
    size_of_axis,
)
from advisor.code.values import Sequence as SequenceValue

RECURRENT = frozenset({"torch.nn.LSTM", "torch.nn.GRU", "torch.nn.RNN"})
CELLS = frozenset({"torch.nn.LSTMCell", "torch.nn.GRUCell", "torch.nn.RNNCell"})
# Where the layers that work on a sequence take `batch_first`, counted from 0.
_BATCH_FIRST = {
    "torch.nn.LSTM": 4,
    "torch.nn.GRU": 4,
    "torch.nn.RNN": 5,
    "torch.nn.TransformerEncoderLayer": 6,
    "torch.nn.TransformerDecoderLayer": 6,
    "torch.nn.Transformer": 10,
    "torch.nn.MultiheadAttention": 8,
}
_STACKS = frozenset({"torch.nn.TransformerEncoder", "torch.nn.TransformerDecoder"})
ATTENDING = (frozenset(_BATCH_FIRST) | _STACKS) - RECURRENT


def batch_first(layer: Layer) -> bool | None:
    """Whether a layer takes the samples along the first axis; None when that is not known."""
    if layer.path in _STACKS:
        inner = layer.argument(0, "encoder_layer") or layer.argument(0, "decoder_layer")
        return batch_first(inner) if isinstance(inner, Layer) else None
    if layer.path not in _BATCH_FIRST or layer.arguments.unknown:
        return None
    value = layer.argument(_BATCH_FIRST[layer.path], "batch_first")
    return False if value is None else known_truth(value)


def layout_of(layer: Layer, shape: Shape) -> Layout | None:
    """The axes of a batch of sequences that a layer takes and makes."""
    first = batch_first(layer)
    if first is None or shape.rank not in {None, 3}:
        return None
    batch, time = shape.axis(0 if first else 1), shape.axis(1 if first else 0)
    return Layout(layer, first, batch, time)


def attended(layer: Layer, tensor: Tensor, call: Call) -> Value:
    """Attention keeps the shape; `nn.MultiheadAttention` returns its weights too."""
    layout = layout_of(layer, tensor.shape)
    output = tensor.replace(scale=None, graph=True, layout=layout, place=call.place)
    if layer.path == "torch.nn.MultiheadAttention":
        return SequenceValue("tuple", (output, _weights(layer, layout, call)))
    return output


def _weights(layer: Layer, layout: Layout | None, call: Call) -> Value:
    """The weights of an attention: for each sample, how much each place takes of each other."""
    keys = shape_of(call.argument(1, "key"))
    asked = {"need_weights", "average_attn_weights", "key", "value"} & set(call.arguments.keywords)
    if layout is None or keys is None or keys.rank != 3 or asked or call.arguments.unknown:
        return call.unknown()
    source = keys.axis(1 if layout.batch_first else 0)
    return Tensor(Shape((layout.batch, layout.time, source)), graph=True, place=call.place)


def recurrent(layer: Layer, tensor: Tensor, call: Call) -> Value:
    """A recurrent layer: `(output, hidden)` with the layouts that torch documents."""
    hidden = size_of_axis(layer.argument(1, "hidden_size"))
    layout = layout_of(layer, tensor.shape)
    output = Shape()
    state = Shape()
    if hidden is not None and layout is not None:
        directions = _directions(layer)
        projected = size_of_axis(layer.argument(-1, "proj_size")) or hidden
        width = None if directions is None else symbols.multiply(projected, directions)
        output = _output(layout, width, ranked=tensor.shape.rank == 3)
        if directions is not None and tensor.shape.rank == 3:
            count = size_of_axis(layer.argument(2, "num_layers")) or symbols.ONE
            state = Shape((symbols.multiply(count, directions), layout.batch, projected))
        elif directions is not None and tensor.shape.rank is None:
            count = size_of_axis(layer.argument(2, "num_layers")) or symbols.ONE
            axes = {0: symbols.multiply(count, directions), 1: layout.batch, -1: projected}
            state = Shape.of_axes(axes)
    made = Tensor(output, graph=True, layout=layout, place=call.place)
    kept = None if layout is None or state.dims is None else replace(layout, is_state=True)
    last: Value = Tensor(state, graph=True, layout=kept, place=call.place)
    if layer.path == "torch.nn.LSTM":
        cell = Tensor(state, graph=True, layout=kept, place=call.place)
        last = SequenceValue("tuple", (last, cell))
    return SequenceValue("tuple", (made, last))


def one_step(layer: Layer, tensor: Tensor, call: Call) -> Value:
    """One step of a recurrent layer: the new state, of an LSTM two of them."""
    hidden, dims = size_of_axis(layer.argument(1, "hidden_size")), tensor.shape.dims
    shape = Shape(last=hidden)
    if dims and hidden is not None:
        shape = Shape((*dims[:-1], hidden))
    state = Tensor(shape, graph=True, place=call.place)
    if layer.path != "torch.nn.LSTMCell":
        return state
    return SequenceValue("tuple", (state, Tensor(shape, graph=True, place=call.place)))


def _directions(layer: Layer) -> Number | None:
    value = layer.argument(-1 if layer.path == "torch.nn.RNN" else 6, "bidirectional")
    truth = False if value is None and not layer.arguments.unknown else known_truth(value)
    return None if truth is None else symbols.number(2 if truth else 1)


def _output(layout: Layout, width: Number | None, ranked: bool) -> Shape:
    first, second = layout.time, layout.batch
    if layout.batch_first:
        first, second = second, first
    if ranked:
        return Shape((first, second, width if width is not None else symbols.fresh("width")))
    return Shape.of_axes({0: first, 1: second, **({} if width is None else {-1: width})})
