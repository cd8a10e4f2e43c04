"""The shapes that the abstract run gives tensors, against torch's real ones."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from advisor.code.symbols import Number
from advisor.code.values import Value, shape_of
from tests.abstract_programs import program

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
        self.tensor = eval(code, {"torch": torch, "nn": nn, "x": self.tensor})
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
shapes = st.lists(st.integers(1, 8), min_size=2, max_size=4)


def check(shaped: Shaped, draw: Draw, start: str) -> None:
    """Write some lines; at their end the abstract run must have arrived at the real shape."""
    real = list(shaped.tensor.shape)
    for _ in range(draw.draw(st.integers(1, 6))):
        code = draw.draw(st.sampled_from(OPERATIONS))(shaped, draw)
        if code is not None and shaped.tensor.numel() < 10**6:
            shaped.then(code)
    text = "\n".join(["import torch", "from torch import nn", start, "first = x", *shaped.lines])
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
