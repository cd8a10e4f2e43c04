"""einops: dimensions that are named in a pattern, merged, divided, left out or added."""

import re

from advisor.code import symbols
from advisor.code.gradients import computed
from advisor.code.library.models import Call, function, method
from advisor.code.library.torch_tensors.operations import as_tensor, moved
from advisor.code.library.torch_tensors.products import summed
from advisor.code.symbols import Number
from advisor.code.values import Arguments, Layer, Shape, Tensor, Value, known_text, size_of_axis

_GROUPS = re.compile(r"\([^()]*\)|[^\s()]+")
_LAYERS = ("einops.layers.torch.Rearrange", "einops.layers.torch.Reduce")
Group = tuple[str, ...]


@function("einops.rearrange", "einops.reduce", "einops.repeat")
def rearranged(call: Call) -> Value | None:
    """`rearrange(x, "b c h w -> b (h w) c")` and its like."""
    tensor = as_tensor(call.argument(0, "tensor"))
    if tensor is None:
        return None
    shape = _rearranged(tensor, call.argument(1, "pattern"), call.arguments)
    if call.path.endswith("reduce"):
        return computed(Tensor(shape, place=call.place), tensor)
    return moved(tensor, shape)


@function(*_LAYERS)
def layer(call: Call) -> Value | None:
    """The same as a layer."""
    return Layer(call.path, call.arguments, call.place)


@method(_LAYERS[0], "__call__", "forward")
@method(_LAYERS[1], "__call__", "forward")
def run_layer(call: Call) -> Value | None:
    """`Rearrange("b c h w -> b (c h w)")(x)`."""
    tensor, built = as_tensor(call.argument(0, "input")), call.receiver
    if tensor is None or not isinstance(built, Layer):
        return None
    shape = _rearranged(tensor, built.argument(0, "pattern"), built.arguments)
    if built.path.endswith("Reduce"):
        return computed(Tensor(shape, place=call.place), tensor)
    return moved(tensor, shape)


@function("einops.einsum")
def einstein_sum(call: Call) -> Value | None:
    """`einsum(a, b, "b i d, b j d -> b i j")`: a name is an axis."""
    *operands, last = call.arguments.positional or [call.unknown()]
    pattern = known_text(call.arguments.keywords.get("pattern") or last)
    if pattern is None or "(" in pattern or "." in pattern or "->" not in pattern:
        return None
    inputs, _, output = pattern.partition("->")
    shape = summed([each.split() for each in inputs.split(",")], output.split(), operands)
    return computed(Tensor(shape, place=call.place), *operands)


def _rearranged(tensor: Tensor, pattern: Value | None, passed: Arguments) -> Shape:
    """The shape that a pattern makes; names of equal axes mean equal lengths."""
    text = known_text(pattern)
    if text is None or text.count("->") != 1 or passed.unknown:
        return Shape()
    before, after = (_groups(side) for side in text.split("->"))
    if before is None or after is None:
        return Shape()
    sizes = {
        name: size
        for name, value in passed.keywords.items()
        if (size := size_of_axis(value)) is not None
    }
    dims = tensor.shape.dims
    if dims is None and ("...",) not in before and tensor.shape.settle(len(before)):
        dims = tensor.shape.dims
    rest = _assign(before, dims, sizes)
    return Shape() if rest is None else _made(after, sizes, rest)


def _groups(side: str) -> list[Group] | None:
    """The axes on one side of a pattern, each with the names that it is made of."""
    groups: list[Group] = []
    for each in _GROUPS.findall(side):
        names = tuple(each.strip("()").split())
        groups.append(("1", *names) if each == "(...)" else names)
    found = [name for group in groups for name in group if name != "1"]
    return groups if len(set(found)) == len(found) else None


def _assign(
    before: list[Group], dims: tuple[Number, ...] | None, sizes: dict[str, Number]
) -> tuple[Number, ...] | None:
    """Learn how long the named axes are; returns the axes that `...` stands for."""
    if dims is None:
        return None
    spread = before.index(("...",)) if ("...",) in before else None
    surplus = len(dims) - len(before) + (spread is not None)
    if surplus < 0 or (spread is None and surplus):
        return None
    rest: tuple[Number, ...] = ()
    if spread is not None:
        rest = dims[spread : spread + surplus]
        dims = (*dims[:spread], *dims[spread + surplus :])
        before = before[:spread] + before[spread + 1 :]
    for group, length in zip(before, dims, strict=True):
        unknown = [name for name in group if name not in sizes and not name.isdigit()]
        known = symbols.product([sizes[name] for name in group if name in sizes])
        if len(unknown) > 1:
            return None
        if unknown:
            missing = length if known.is_one else symbols.divide(symbols.exact(length), known)
            if missing is None:
                return None
            sizes[unknown[0]] = missing
    return rest


def _made(after: list[Group], sizes: dict[str, Number], rest: tuple[Number, ...]) -> Shape:
    dims: list[Number] = []
    for group in after:
        if group == ("...",):
            dims.extend(rest)
            continue
        parts: list[Number] = []
        for name in group:
            if name == "...":
                parts.extend(rest)
            elif name.isdigit():
                parts.append(symbols.number(int(name)))
            elif name in sizes:
                parts.append(sizes[name])
            else:
                return Shape()
        dims.append(parts[0] if len(parts) == 1 else symbols.product(parts))
    return Shape(tuple(dims))
