"""no-nonlinearity: two linear layers in a row are one linear layer."""

from collections.abc import Iterator

from advisor.code.facts.layers import LayerRun
from advisor.code.facts.modules import LINEAR
from advisor.code.values import Layer, Sequence, Value, known_constant, known_number
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule

_CONVOLUTIONS = frozenset(f"torch.nn.Conv{n}d" for n in (1, 2, 3))
# What layers are called that are linear on purpose.
_ON_PURPOSE = frozenset(
    [
        *("lora", "low", "rank", "bottleneck", "factor", "factored", "factorized", "embed"),
        *("embedding", "proj", "projection", "project", "depthwise", "pointwise", "dw", "pw"),
        *("query", "key", "value", "latent", "linear", "svd", "adapter", "down", "up", "code"),
    ]
)
# What methods are called that hand on what others take as well.
_FOR_OTHERS = frozenset(["features", "penultimate", "representation", "encode"])


@rule(
    "NN408",
    severity=Severity.WARNING,
    step=Step.SKELETON,
    symptoms=("high-bias",),
    sources=("002",),
)
def no_nonlinearity(run: LayerRun) -> Iterator[Draft]:
    before = run.previous_that_counts()
    if before is None or before.module is run.layer or not isinstance(before.module, Layer):
        return
    if run.is_repeated_behind(before) or run.methods_before & _FOR_OTHERS:
        return
    if _is_redundant(before.module, run.layer) and not run.names & _ON_PURPOSE:
        first, second = run.called(before), run.text
        yield run.finding(
            f"nothing bends the numbers between `{first}` and `{second}`",
            (run.place_before, f"`{first}` comes here"),
        )


def _is_redundant(first: Layer, second: Layer) -> bool:
    """Whether one layer could do what two do: no narrower in between than at either end."""
    widths = (_width(first, 0), _width(first, 1), _width(second, 1))
    if first.path in LINEAR and second.path in LINEAR:
        narrow = False
    elif first.path == second.path and first.path in _CONVOLUTIONS:
        narrow = any(_is_pointwise_or_grouped(each) for each in (first, second))
    else:
        return False
    start, middle, end = widths
    ends = [width for width in (start, end) if width is not None]
    if narrow or middle is None or not ends:
        return False
    return middle >= min(ends)


def _width(layer: Layer, index: int) -> float | None:
    names = (
        ("in_features", "out_features") if layer.path in LINEAR else ("in_channels", "out_channels")
    )
    return known_constant(layer.argument(index, names[index]))


def _is_pointwise_or_grouped(layer: Layer) -> bool:
    groups = known_number(layer.argument(6, "groups"))
    if layer.argument(6, "groups") is not None and (groups is None or groups.integer != 1):
        return True
    return not _is_wide(layer.argument(2, "kernel_size"))


def _is_wide(kernel: Value | None) -> bool:
    sizes = kernel.items if isinstance(kernel, Sequence) else (kernel,)
    numbers = [known_number(size) for size in sizes or ()]
    return bool(numbers) and all(
        number is not None and (number.integer or 0) > 1 for number in numbers
    )
