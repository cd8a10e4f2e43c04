"""no-nonlinearity: two linear layers in a row are one linear layer."""

from collections.abc import Iterator

from advisor.code.facts.layers import LayerRun
from advisor.code.facts.modules import KERAS_CONVOLUTIONS, KERAS_DENSE, LINEAR, is_dropout
from advisor.code.facts.shown_modules import is_only_shown
from advisor.code.part_names import words
from advisor.code.values import (
    Instance,
    Layer,
    Scalar,
    Sequence,
    Value,
    is_constant,
    known_constant,
    known_number,
)
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule

_CONVOLUTIONS = frozenset(f"torch.nn.Conv{n}d" for n in (1, 2, 3))
# What layers are called that are linear on purpose.
_ON_PURPOSE = frozenset(
    [
        *("lora", "low", "rank", "bottleneck", "factor", "factored", "factorized", "embed"),
        *("embedding", "proj", "projection", "project", "depthwise", "pointwise", "dw", "pw"),
        *(
            "q",
            "k",
            "v",
            "qs",
            "ks",
            "vs",
            "qkv",
            "kv",
            "query",
            "key",
            "value",
            "latent",
            "svd",
            "adapter",
            "down",
            "up",
            "code",
        ),
    ]
)
# What the number of units between layers is called that keep less than what comes in.
_NARROW = frozenset(["latent", "bottleneck", "rank", "code"])
# What models are called, beside `linear`, that are there to be studied without any bends.
_LINEAR_MODELS = frozenset(["net", "nets", "network", "networks", "nn", "deep", "autoencoder"])
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
    redundant = _is_redundant(before.module, run.layer, run.given_width)
    if redundant and _is_meant_to_be_narrow(before.module):
        return
    if not redundant or run.is_held_still(before.module) or run.is_held_still(run.layer):
        return
    if before.context.gradients is False and run.event.context.gradients is not False:
        return
    if is_only_shown(run.run, run.owner) or run.is_built_by_choice() or run.is_of_dummy:
        return
    if _is_linear_by_name(run.owner) or _is_bent_in_a_later_cell(run, before.module):
        return
    if not run.names & _ON_PURPOSE and not run.goes_elsewhere_from(before):
        first, second = run.called(before), run.text
        yield run.finding(
            f"nothing bends the numbers between `{first}` and `{second}`",
            (run.place_before, f"`{first}` comes here"),
        )


def _is_redundant(first: Layer, second: Layer, given: int | None) -> bool:
    """Whether one layer could do what two do: no narrower in between than at either end."""
    widths = (_width(first, 0), _width(first, 1), _width(second, 1))
    if first.path in LINEAR and second.path in LINEAR:
        narrow = False
    elif first.path.startswith("keras."):
        if first.path != second.path or _is_bent(first):
            return False
        narrow = first.path in KERAS_CONVOLUTIONS and any(map(_is_narrow_in_keras, (first, second)))
        widths = (given, _units(first), _units(second))
    elif first.path == second.path and first.path in _CONVOLUTIONS:
        narrow = any(_is_pointwise_or_grouped(each) for each in (first, second))
    else:
        return False
    start, middle, end = widths
    ends = [width for width in (start, end) if width is not None]
    if narrow or middle is None or not ends:
        return False
    return middle >= min(ends)


def _is_meant_to_be_narrow(first: Layer) -> bool:
    """Whether what stands between two layers is called narrow: the numbers that are known may be those
    that a constructor has by default, beside others that it is built with."""
    width = _given_width(first, 1)
    names = width.names if isinstance(width, Scalar) else frozenset[str]()
    return any(words(name) & _NARROW for name in names)


def _is_linear_by_name(model: Value) -> bool:
    """Whether a model is called a linear network, and none of its layers bends anything: how such a stack
    learns is what is studied with it."""
    if not isinstance(model, Instance):
        return False
    said = words(model.cls.name)
    if "linear" not in said or "non" in said or not said & _LINEAR_MODELS:
        return False
    layers = [each for each in model.fields.values() if isinstance(each, Layer)]
    return all(each.path in LINEAR or is_dropout(each) for each in layers)


def _is_bent_in_a_later_cell(run: LayerRun, first: Layer) -> bool:
    """Whether a notebook goes on to a model of as many inputs and outputs whose layers are all bent: it shows
    what that is good for."""
    if run.place.locate().cell is None:
        return False
    ends = _width(first, 0), _width(run.layer, 1)
    later: dict[Value, list[LayerRun]] = {}
    for each in run.run.facts(LayerRun):
        if each.event.index > run.event.index and each.layer.path in LINEAR:
            later.setdefault(each.owner, []).append(each)
    return None not in ends and any(
        len(chain) > 1
        and ends[0] in {_width(each.layer, 0) for each in chain}
        and ends[1] in {_width(each.layer, 1) for each in chain}
        and not any(map(_follows_linear, chain))
        for owner, chain in later.items()
        if owner is not run.owner
    )


def _follows_linear(run: LayerRun) -> bool:
    before = run.previous_that_counts()
    return before is not None and getattr(before.module, "path", "") in LINEAR


def _is_bent(layer: Layer) -> bool:
    """Whether a layer of Keras has an activation, or may have one, or is not of a kind that is linear
    without."""
    if layer.path != KERAS_DENSE and layer.path not in KERAS_CONVOLUTIONS:
        return True
    given = layer.argument(1 if layer.path == KERAS_DENSE else 7, "activation")
    told = layer.arguments.unknown or "activation" in layer.fields
    return told or not (given is None or is_constant(given, None))


def _units(layer: Layer) -> float | None:
    return known_constant(layer.argument(0, "units" if layer.path == KERAS_DENSE else "filters"))


def _is_narrow_in_keras(layer: Layer) -> bool:
    return layer.argument(6, "groups") is not None or not _is_wide(layer.argument(1, "kernel_size"))


def _width(layer: Layer, index: int) -> float | None:
    return known_constant(_given_width(layer, index))


def _given_width(layer: Layer, index: int) -> Value | None:
    names = (
        ("in_features", "out_features") if layer.path in LINEAR else ("in_channels", "out_channels")
    )
    return layer.argument(index, names[index])


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
