"""Recurrent layers and attention: which axes are the samples and which the steps of time."""

from dataclasses import replace

from advisor.code import symbols
from advisor.code.gradients import computed
from advisor.code.library.models import Call, function
from advisor.code.library.torch_tensors.operations import as_tensor
from advisor.code.symbols import Number
from advisor.code.values import (
    FALSE,
    Layer,
    Layout,
    Shape,
    Tensor,
    Unknown,
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
# Under this key packed sequences have how many samples there are, and how many numbers for each step.
_PACKED = ("packed",)


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


@function("torch.nn.utils.rnn.pack_padded_sequence")
def packed(call: Call) -> Value | None:
    """Sequences of unlike length without what they were padded with."""
    padded, first = as_tensor(call.argument(0, "input")), _is_batch_first(call, 2)
    result = call.unknown()
    if padded is not None and first is not None:
        result.fields[_PACKED] = padded.shape.axis(0 if first else 1), padded.shape.axis(-1)
    if padded is not None and isinstance(result, Unknown):
        result.fields["data"] = _steps_of_all(padded, call)
    return result


def _steps_of_all(padded: Tensor, call: Call) -> Value:
    """`.data` of packed sequences: the steps of all of them under each other, with their way back."""
    dims = padded.shape.dims
    steps = symbols.fresh("steps", is_axis=True)
    shape = Shape() if dims is None else Shape((steps, *dims[2:]))
    return computed(padded.replace(shape=shape, layout=None, place=call.place), padded)


@function("torch.nn.utils.rnn.pad_packed_sequence")
def padded_again(call: Call) -> Value | None:
    """`(sequences, lengths)`: as long as the longest of them."""
    batch, width = _packed_sizes(call.argument(0, "sequence"))
    first = _is_batch_first(call, 1)
    if batch is None or width is None or first is None:
        return None
    time = symbols.fresh("longest", is_axis=True)
    shape = Shape((batch, time, width) if first else (time, batch, width))
    lengths = Tensor(Shape((batch,)), graph=False, dtype="long", place=call.place)
    return SequenceValue("tuple", (Tensor(shape, graph=True, place=call.place), lengths))


def _is_batch_first(call: Call, position: int) -> bool | None:
    given = call.argument(position, "batch_first")
    return None if given is None and call.arguments.unknown else known_truth(given or FALSE)


def _packed_sizes(value: Value | None) -> tuple[Number | None, Number | None]:
    found: tuple[Number | None, Number | None] = (None, None)
    return value.fields.get(_PACKED, found) if isinstance(value, Unknown) else found


def _after_packed(layer: Layer, samples: Number, call: Call) -> Value:
    """What a recurrent layer makes of packed sequences: others, and states that nobody packs."""
    hidden, directions = size_of_axis(layer.argument(1, "hidden_size")), _directions(layer)
    made = call.unknown()
    made.fields["data"] = Tensor(Shape(), graph=True, place=call.place)
    state = Shape()
    for symbol, _ in samples.factors:
        symbol.is_batch = True
    if hidden is not None and directions is not None:
        projected = size_of_axis(layer.argument(-1, "proj_size")) or hidden
        count = size_of_axis(layer.argument(2, "num_layers")) or symbols.ONE
        made.fields[_PACKED] = samples, symbols.multiply(projected, directions)
        state = Shape((symbols.multiply(count, directions), samples, projected))
    return SequenceValue("tuple", (made, _states(layer, state, None, call)))


def _states(layer: Layer, shape: Shape, layout: Layout | None, call: Call) -> Value:
    """The last state, of an LSTM two of them."""
    last = Tensor(shape, graph=True, layout=layout, place=call.place)
    if layer.path != "torch.nn.LSTM":
        return last
    cell = Tensor(shape, graph=True, layout=layout, place=call.place)
    return SequenceValue("tuple", (last, cell))


def recurrent(layer: Layer, tensor: Tensor, call: Call) -> Value:
    """A recurrent layer: `(output, hidden)` with the layouts that torch documents."""
    samples, _ = _packed_sizes(call.argument(0, "input"))
    if samples is not None:
        return _after_packed(layer, samples, call)
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
    return SequenceValue("tuple", (made, _states(layer, state, kept, call)))


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
