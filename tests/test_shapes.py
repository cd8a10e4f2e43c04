"""The shapes that the abstract run gives tensors, against torch's real ones."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from advisor.code.symbols import Number
from advisor.code.values import Value, shape_of
from tests.abstract_programs import findings, program

Draw = st.DataObject


@dataclass
class Shaped:
    """A program that is being written, and the real tensor it has arrived at."""

    tensor: torch.Tensor
    by_name: bool
    lines: list[str] = field(default_factory=list)

    @property
    def sizes(self) -> list[str]:
        """The lengths of the axes, as the program writes them: as numbers, or by asking."""
        if self.by_name:
            return [f"x.size({index})" for index in range(self.tensor.ndim)]
        return [str(size) for size in self.tensor.shape]

    def then(self, code: str) -> None:
        """One more line, on the real tensor too."""
        self.tensor = eval(code, {"torch": torch, "nn": nn, "F": F, "x": self.tensor})
        self.lines.append(f"x = {code}")


Operation = Callable[[Shaped, Draw], str | None]


def axis(shaped: Shaped, draw: Draw) -> int:
    return draw.draw(st.integers(0, shaped.tensor.ndim - 1))


def permute(shaped: Shaped, draw: Draw) -> str:
    order = draw.draw(st.permutations(range(shaped.tensor.ndim)))
    return f"x.permute({', '.join(map(str, order))})"


def transpose(shaped: Shaped, draw: Draw) -> str:
    return f"x.transpose({axis(shaped, draw)}, {axis(shaped, draw) - shaped.tensor.ndim})"


def flatten(shaped: Shaped, draw: Draw) -> str:
    first, last = sorted((axis(shaped, draw), axis(shaped, draw)))
    return f"x.flatten({first}, {last})"


def flatten_layer(shaped: Shaped, draw: Draw) -> str | None:
    return "nn.Flatten()(x)" if shaped.tensor.ndim > 1 else None


def merge_axes(shaped: Shaped, draw: Draw) -> str | None:
    if shaped.tensor.ndim < 2:
        return None
    first = draw.draw(st.integers(0, shaped.tensor.ndim - 2))
    sizes = shaped.sizes
    merged = [*sizes[:first], f"{sizes[first]} * {sizes[first + 1]}", *sizes[first + 2 :]]
    return f"x.reshape({', '.join(merged)})"


def split_axis(shaped: Shaped, draw: Draw) -> str | None:
    even = [index for index, size in enumerate(shaped.tensor.shape) if size % 2 == 0]
    if not even or shaped.tensor.ndim > 4:
        return None
    index = draw.draw(st.sampled_from(even))
    sizes = shaped.sizes
    split = [*sizes[:index], "2", f"{sizes[index]} // 2", *sizes[index + 1 :]]
    return f"x.reshape({', '.join(split)})"


def let_one_be_computed(shaped: Shaped, draw: Draw) -> str:
    sizes = list(shaped.sizes)
    sizes[axis(shaped, draw)] = "-1"
    return f"x.reshape({', '.join(sizes)})"


def unsqueeze(shaped: Shaped, draw: Draw) -> str | None:
    if shaped.tensor.ndim > 4:
        return None
    return f"x.unsqueeze({draw.draw(st.integers(-1, shaped.tensor.ndim))})"


def squeeze(shaped: Shaped, draw: Draw) -> str | None:
    if shaped.by_name:  # an axis of unknown length may or may not vanish
        return None
    ones = [index for index, size in enumerate(shaped.tensor.shape) if size == 1]
    if not ones or shaped.tensor.ndim < 2:
        return None
    return f"x.squeeze({draw.draw(st.sampled_from(ones))})"


def linear(shaped: Shaped, draw: Draw) -> str:
    width = draw.draw(st.integers(1, 8))
    return f"nn.Linear({shaped.tensor.shape[-1]}, {width}, device='meta')(x)"


def convolution(shaped: Shaped, draw: Draw) -> str | None:
    spatial = shaped.tensor.ndim - 2
    if spatial not in {1, 2, 3} or 0 in shaped.tensor.shape:
        return None
    smallest = min(shaped.tensor.shape[2:])
    kernel = draw.draw(st.integers(1, min(3, smallest)))
    stride, padding = draw.draw(st.integers(1, 3)), draw.draw(st.integers(0, 2))
    options = f"stride={stride}, padding={padding}, device='meta'"
    return f"nn.Conv{spatial}d({shaped.tensor.shape[1]}, 4, {kernel}, {options})(x)"


def pooling(shaped: Shaped, draw: Draw) -> str | None:
    spatial = shaped.tensor.ndim - 2
    if spatial not in {1, 2, 3}:
        return None
    kind = draw.draw(st.sampled_from(["MaxPool", "AvgPool"]))
    kernel = draw.draw(st.integers(1, min(3, *shaped.tensor.shape[2:], 3)))
    stride = draw.draw(st.sampled_from(["", ", 1", ", stride=2"]))
    return f"nn.{kind}{spatial}d({kernel}{stride})(x)"


def adaptive_pooling(shaped: Shaped, draw: Draw) -> str | None:
    if shaped.tensor.ndim != 4:
        return None
    return f"nn.AdaptiveAvgPool2d(({draw.draw(st.integers(1, 4))}, 2))(x)"


def concatenate(shaped: Shaped, draw: Draw) -> str:
    return f"torch.cat([x, x], dim={axis(shaped, draw)})"


def stack(shaped: Shaped, draw: Draw) -> str | None:
    return f"torch.stack([x, x, x], {axis(shaped, draw)})" if shaped.tensor.ndim < 4 else None


def halve(shaped: Shaped, draw: Draw) -> str | None:
    even = [index for index, size in enumerate(shaped.tensor.shape) if size and size % 2 == 0]
    return f"x.chunk(2, dim={draw.draw(st.sampled_from(even))})[1]" if even else None


def reduce_axis(shaped: Shaped, draw: Draw) -> str | None:
    if shaped.tensor.ndim < 2:
        return None
    return f"x.{draw.draw(st.sampled_from(['sum', 'mean']))}({axis(shaped, draw)})"


def index_axis(shaped: Shaped, draw: Draw) -> str | None:
    if shaped.tensor.ndim < 2:
        return None
    codes = ["x[0]", "x[:, -1]", "x[..., None]", "x[None]", "x[..., 0]"]
    if min(shaped.tensor.shape) > 2:
        codes += ["x[1:]", "x[:, :-1]", "x[..., 1:-1]", "x[1:, 1:]"]
    return draw.draw(st.sampled_from(codes))


def elementwise(shaped: Shaped, draw: Draw) -> str:
    return draw.draw(st.sampled_from(["x * 2", "torch.relu(x)", "x.exp()", "x.softmax(-1)"]))


OPERATIONS: tuple[Operation, ...] = (
    permute,
    transpose,
    flatten,
    flatten_layer,
    merge_axes,
    split_axis,
    let_one_be_computed,
    unsqueeze,
    squeeze,
    linear,
    convolution,
    pooling,
    adaptive_pooling,
    concatenate,
    stack,
    halve,
    reduce_axis,
    index_axis,
    elementwise,
)


def keep_reduced(shaped: Shaped, draw: Draw) -> str:
    kind = draw.draw(st.sampled_from(["sum", "mean", "amax", "std", "logsumexp"]))
    return f"x.{kind}({axis(shaped, draw)}, keepdim={draw.draw(st.booleans())})"


def first_two_axes(shaped: Shaped, draw: Draw) -> str | None:
    # Of a tensor whose rank nobody knows, whoever asks for two axes says that there are two.
    return None if shaped.tensor.ndim < 2 else "torch.ones(x.shape[:2])"


def reduce_several(shaped: Shaped, draw: Draw) -> str | None:
    if shaped.tensor.ndim < 3:
        return None
    first, second = draw.draw(st.permutations(range(shaped.tensor.ndim)))[:2]
    return f"x.mean(dim=({first}, {second}), keepdim={draw.draw(st.booleans())})"


def transposed_convolution(shaped: Shaped, draw: Draw) -> str | None:
    spatial = shaped.tensor.ndim - 2
    if spatial not in {1, 2, 3}:
        return None
    kernel, stride = draw.draw(st.integers(1, 3)), draw.draw(st.integers(1, 3))
    dilation = draw.draw(st.integers(1, 2))
    options = f"stride={stride}, dilation={dilation}, device='meta'"
    return f"nn.ConvTranspose{spatial}d({shaped.tensor.shape[1]}, 4, {kernel}, {options})(x)"


def padded_convolution(shaped: Shaped, draw: Draw) -> str | None:
    if shaped.tensor.ndim != 4:
        return None
    padding = draw.draw(st.sampled_from(["'same'", "1", "(1, 2)", "0"]))
    kernel = draw.draw(st.sampled_from(["1", "(1, 1)"]))
    return f"nn.Conv2d({shaped.tensor.shape[1]}, 3, {kernel}, padding={padding}, device='meta')(x)"


def pooling_that_rounds_up(shaped: Shaped, draw: Draw) -> str | None:
    if shaped.tensor.ndim != 4 or min(shaped.tensor.shape[2:]) < 2:
        return None
    kind = draw.draw(st.sampled_from(["Max", "Avg"]))
    return f"nn.{kind}Pool2d(2, 2, 0, ceil_mode={draw.draw(st.booleans())})(x)"


def recurrent(shaped: Shaped, draw: Draw) -> str | None:
    if shaped.tensor.ndim != 3:
        return None
    kind = draw.draw(st.sampled_from(["LSTM", "GRU", "RNN"]))
    first, both = draw.draw(st.booleans()), draw.draw(st.booleans())
    code = f"nn.{kind}({shaped.tensor.shape[2]}, 4, 2, batch_first={first}, bidirectional={both})"
    which = draw.draw(st.sampled_from(["[0]", "[1]" if kind != "LSTM" else "[1][0]"]))
    return f"{code}.to('meta')(x){which}"


def attention(shaped: Shaped, draw: Draw) -> str | None:
    if shaped.tensor.ndim != 3 or shaped.tensor.shape[2] % 2:
        return None
    width = shaped.tensor.shape[2]
    if draw.draw(st.booleans()):
        return f"nn.MultiheadAttention({width}, 2, device='meta')(x, x, x)[0]"
    return f"nn.TransformerEncoderLayer({width}, 2, 8, device='meta')(x)"


def embedding(shaped: Shaped, draw: Draw) -> str | None:
    return "nn.Embedding(9, 5, device='meta')(x.long())" if shaped.tensor.ndim < 4 else None


def gated(shaped: Shaped, draw: Draw) -> str | None:
    return "nn.GLU()(x)" if shaped.tensor.shape[-1] % 2 == 0 else None


def normalise(shaped: Shaped, draw: Draw) -> str | None:
    if shaped.tensor.ndim != 4 or shaped.tensor.shape[0] < 2:
        return None
    return f"nn.BatchNorm2d({shaped.tensor.shape[1]}, device='meta')(x)"


def broadcast(shaped: Shaped, draw: Draw) -> str:
    return draw.draw(
        st.sampled_from(["x + x[:1]", "x * x.mean(0)", "x - x[..., :1]", "(x > x[0]).float()"])
    )


def multiply(shaped: Shaped, draw: Draw) -> str | None:
    return "x @ x.transpose(-1, -2)" if shaped.tensor.ndim > 1 else None


def one_of(*codes: str) -> Operation:
    """Codes of which any can be written wherever the tensor has axes enough for it."""

    def written(shaped: Shaped, draw: Draw) -> str | None:
        code = draw.draw(st.sampled_from(codes))
        try:
            eval(code, {"torch": torch, "nn": nn, "F": F, "x": shaped.tensor})
        except (RuntimeError, IndexError, ValueError, AssertionError, NotImplementedError):
            return None
        return code

    return written


ANYWHERE: tuple[Operation, ...] = (
    one_of("x.unflatten(1, (2, -1))", "x.unflatten(-1, (-1, 2))", "nn.Unflatten(1, (1, -1))(x)"),
    one_of("x.movedim(0, -1)", "torch.movedim(x, (0, 1), (1, 0))", "x.mT", "x.swapaxes(0, 1)"),
    one_of("x.repeat(2, 1, 3)", "x.tile(2, 2)", "x.repeat_interleave(2, 1)", "x.ravel()"),
    one_of("x.expand(2, *x.shape)", "x[:1].expand(4, -1, -1)", "x[:1].expand_as(x)"),
    one_of("x.max(1)[0]", "x.min(-1, keepdim=True)[0]", "x.max(0).values", "x.median(1)[1]"),
    one_of("x.topk(1, dim=1)[0]", "x.sort(1)[0]", "x.argmax(-1)", "x.argsort(0)", "x.cumsum(1)"),
    one_of("x.any(1)", "x.all(-1, keepdim=True)", "x.norm(dim=1)", "x.amax((0, 1))"),
    one_of("x[::2]", "x[:, -2:]", "x[..., :3]", "x[1:4]", "x[:, [0, 0]]", "x[:, None, 0]"),
    one_of("x.narrow(1, 0, 1)", "x.select(1, 0)", "x.unbind(1)[0]", "x.split(2, 1)[0]"),
    one_of("x.index_select(0, torch.tensor([0, 0]))", "x.tensor_split(2, 1)[1]", "x.diagonal()"),
    one_of("torch.hstack([x, x])", "torch.vstack((x, x))", "torch.dstack([x, x])"),
    one_of("x @ torch.ones(x.shape[-1])", "torch.ones(5, x.shape[0]) @ x.reshape(x.shape[0], -1)"),
    one_of("torch.einsum('ij,kj->ik', x, x)", "torch.einsum('bij->bj', x)", "torch.cdist(x, x)"),
    one_of("torch.outer(x[0], x[0])", "x + x.mean(-1, keepdim=True)", "x - x[0]", "x > x[:, :1]"),
    one_of("torch.where(x > 0, x, x[:1])", "torch.maximum(x, x[:1])", "x.masked_fill(x > 0, 0)"),
    one_of("F.pad(x, (1, 2))", "F.pad(x, (0, 1, 2, 0))", "nn.ZeroPad2d(1)(x)"),
    one_of("nn.ReflectionPad1d((1, 0))(x)", "nn.ConstantPad2d((1, 2, 0, 1), 0.0)(x)"),
    one_of("F.interpolate(x, scale_factor=2)", "F.interpolate(x, size=5)"),
    one_of("nn.Upsample(size=(3, 5))(x)", "nn.UpsamplingNearest2d(scale_factor=2)(x)"),
    one_of("nn.PixelShuffle(2)(x)", "nn.PixelUnshuffle(2)(x)", "nn.GLU(dim=1)(x)", "F.glu(x)"),
    one_of("F.conv2d(x, torch.ones(3, x.shape[1], 2, 2), stride=2)", "F.max_pool2d(x, 2, 1, 1)"),
    one_of("F.adaptive_avg_pool2d(x, (2, None))", "F.avg_pool1d(x, 2, ceil_mode=True)"),
    one_of("nn.MaxPool2d(3, 2, 1, ceil_mode=True)(x)", "nn.LazyConv1d(4, 2)(x)"),
    one_of("F.linear(x, torch.ones(3, x.shape[-1]))", "nn.LazyLinear(3)(x)"),
    one_of("F.one_hot(x.argmax(0), 9)", "F.embedding(x.long() * 0, torch.ones(4, 6))"),
    one_of("nn.LSTMCell(x.shape[1], 3)(x)[1]", "nn.GRUCell(x.shape[1], 3)(x)"),
    one_of("F.cosine_similarity(x, x)", "nn.CosineSimilarity(dim=-1)(x, x)"),
    one_of("torch.eye(x.shape[0])", "torch.arange(x.shape[-1])", "torch.full((2, 3), 1.0)"),
    one_of("x.new_zeros(2, 3)", "torch.linspace(0, 1, 4)", "torch.zeros_like(x)", "x.flip(0)"),
    one_of("torch.full(x.shape, 2.0)", "x.view(x.shape[0], -1)"),
    first_two_axes,
)
MORE_OPERATIONS: tuple[Operation, ...] = (
    keep_reduced,
    reduce_several,
    transposed_convolution,
    padded_convolution,
    pooling_that_rounds_up,
    recurrent,
    attention,
    embedding,
    gated,
    normalise,
    broadcast,
    multiply,
)
shapes = st.lists(st.integers(1, 8), min_size=2, max_size=4)


def check(shaped: Shaped, draw: Draw, start: str) -> None:
    """Write some lines; at their end the abstract run must have arrived at the real shape."""
    real = list(shaped.tensor.shape)
    for _ in range(draw.draw(st.integers(1, 6))):
        code = draw.draw(st.sampled_from(OPERATIONS))(shaped, draw)
        if code is not None and shaped.tensor.numel() < 10**6:
            shaped.then(code)
    text = "\n".join(
        [
            "import torch",
            "from torch import nn",
            "from torch.nn import functional as F",
            start,
            "first = x",
            *shaped.lines,
        ]
    )
    names = program(text).scope.fields
    known = {
        symbol: float(size)
        for dim, size in zip(dims_of(names["first"]), real, strict=True)
        for symbol, _ in dim.factors
    }
    found = [dim.evaluate(known) for dim in dims_of(names["x"])]
    assert found == list(shaped.tensor.shape), text


def dims_of(value: Value) -> tuple[Number, ...]:
    shape = shape_of(value)
    assert shape is not None
    assert shape.dims is not None
    return shape.dims


@settings(max_examples=100, deadline=None)
@given(shapes, st.data())
def test_the_shape_of_a_tensor_made_of_numbers_is_known_after_each_operation(
    sizes: list[int], draw: Draw
) -> None:
    start = f"x = torch.zeros({', '.join(map(str, sizes))})"
    check(Shaped(torch.zeros(sizes, device="meta"), by_name=False), draw, start)


@settings(max_examples=100, deadline=None)
@given(shapes, st.data())
def test_the_shape_of_an_unknown_tensor_is_known_by_the_names_of_its_axes(
    sizes: list[int], draw: Draw
) -> None:
    start = f"{', '.join('bchw'[: len(sizes)])} = x.shape"
    check(Shaped(torch.zeros(sizes, device="meta"), by_name=True), draw, start)


def compare(shaped: Shaped, sizes: list[int], by_name: bool) -> None:
    """Each dimension that the abstract run arrives at must be the real one, or unknown."""
    start = f"x = torch.zeros({', '.join(map(str, sizes))})"
    if by_name:
        start = f"{', '.join('bchw'[: len(sizes)])} = x.shape"
    text = "\n".join(
        [
            "import torch",
            "from torch import nn",
            "from torch.nn import functional as F",
            start,
            "first = x",
            *shaped.lines,
        ]
    )
    names = program(text).scope.fields
    known = {
        symbol: float(size)
        for dim, size in zip(dims_of(names["first"]), sizes, strict=True)
        for symbol, _ in dim.factors
    }
    shape = shape_of(names["x"])
    if shape is not None and shape.dims is not None:
        assert len(shape.dims) == shaped.tensor.ndim, text
        found = [dim.evaluate(known) for dim in shape.dims]
        for dim, size in zip(found, shaped.tensor.shape, strict=True):
            assert dim in {None, size}, text


@settings(max_examples=150, deadline=None)
@given(shapes, st.booleans(), st.data())
def test_after_any_operation_a_dimension_is_the_real_one_or_unknown(
    sizes: list[int], by_name: bool, draw: Draw
) -> None:
    shaped = Shaped(torch.zeros(sizes, device="meta"), by_name=by_name)
    for _ in range(draw.draw(st.integers(1, 5))):
        if not shaped.tensor.ndim:
            break
        code = draw.draw(st.sampled_from(OPERATIONS + MORE_OPERATIONS))(shaped, draw)
        if code is not None and 0 < shaped.tensor.numel() < 10**6 and shaped.tensor.ndim:
            shaped.then(code)
    compare(shaped, sizes, by_name)


@settings(max_examples=200, deadline=None)
@given(shapes, st.booleans(), st.data())
def test_any_operation_gives_the_real_sizes_or_unknown_ones(
    sizes: list[int], by_name: bool, draw: Draw
) -> None:
    shaped = Shaped(torch.rand(sizes), by_name=by_name)
    for _ in range(draw.draw(st.integers(1, 4))):
        code = draw.draw(st.sampled_from(ANYWHERE))(shaped, draw)
        if code is not None and 0 < shaped.tensor.numel() < 10**5 and shaped.tensor.ndim:
            shaped.then(code)
    compare(shaped, sizes, by_name)


def test_a_product_of_nothing_is_nobodys_concern() -> None:
    text = "import torch\nweight = torch.nn.Parameter(torch.rand(2, 3))\n"
    for call in ("torch.nn.functional.linear(None, weight)", "torch.matmul(other=weight)"):
        assert findings(f"{text}print({call})\n") == []


def test_the_largest_numbers_over_the_first_axis_keep_the_other_axes() -> None:
    text = (
        "import torch\nfrom torch import nn\nb, c, h, w = x.shape\n"
        "y = nn.Linear(5, 7)(x.amax(0)).sum(1)\n"
    )
    shape = shape_of(program(text).scope.fields["y"])
    assert shape is not None
    assert shape.rank == 2


@pytest.mark.parametrize(
    ("wished", "mixes"),
    [("-1, height * 2, width * 2", False), ("-1, width * 2, height * 2", True)],
)
def test_pictures_may_be_enlarged_by_copies_that_are_laid_out_anew(
    wished: str, mixes: bool
) -> None:
    text = f"""
import torch

def enlarged(x: torch.Tensor):
    batch, height, width = x.shape
    x = x.unsqueeze(-1).repeat(1, 1, 2, 2)
    return x.view({wished})
"""
    assert ("NN301" in dict(findings(text)).values()) == mixes
