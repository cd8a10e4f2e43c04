"""Layers and the sizes that they were built for."""

from collections.abc import Iterable
from typing import Self

from advisor.code import symbols
from advisor.code.events import Event, ForwardRun, LayerRun
from advisor.code.facts.run import AbstractRun, Fact, draft
from advisor.code.facts.unit_tests import holds_unit_tests
from advisor.code.library.torch_modules.ready_models import is_classifier
from advisor.code.library.torch_tensors.operations import as_tensor
from advisor.code.sources import NodePlace
from advisor.code.symbols import Number
from advisor.code.values import Instance, Layer, Scalar, Shape, Value, alternatives, known_number
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

_CONVOLUTIONS = {
    f"torch.nn.{kind}{count}d": count for kind in ("Conv", "ConvTranspose") for count in (1, 2, 3)
}
# What is the size of which axis: (position of the argument, its name, the axis, what it counts).
_SIZES = {
    "torch.nn.Linear": (0, "in_features", -1, "features"),
    "torch.nn.LSTM": (0, "input_size", -1, "features"),
    "torch.nn.GRU": (0, "input_size", -1, "features"),
    "torch.nn.RNN": (0, "input_size", -1, "features"),
    "torch.nn.MultiheadAttention": (0, "embed_dim", -1, "features"),
    "torch.nn.TransformerEncoderLayer": (0, "d_model", -1, "features"),
    "torch.nn.BatchNorm1d": (0, "num_features", 1, "channels"),
    "torch.nn.BatchNorm2d": (0, "num_features", -3, "channels"),
    "torch.nn.BatchNorm3d": (0, "num_features", -4, "channels"),
    **{path: (0, "in_channels", -count - 1, "channels") for path, count in _CONVOLUTIONS.items()},
}


@dataclass(frozen=True, slots=True)
class LayerInput(Fact):
    """A layer that is given a tensor, and the size of the axis that it was built for: `expected`
    of what `counted` says, and those `given` to it. `entrance` is the pass of the whole model, where it
    was given the same tensor."""

    event: LayerRun
    expected: Number
    given: Number
    counted: str
    entrance: ForwardRun | None = None

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every layer with both sizes, unless an option or a default may change one of them; toys of
        unit tests are left out."""
        if holds_unit_tests(run):
            return
        changeable: set[int] = set()
        mistaken: set[tuple[NodePlace, ...]] = set()
        loops: dict[Value, int] = {}
        outer: ForwardRun | None = None
        for event in run.events_among(ForwardRun, LayerRun):
            if isinstance(event, ForwardRun):
                loops[event.module] = len(event.context.loops)
                outer = outer if event.context.running else event
            if not isinstance(event, LayerRun) or _is_in_loop(event, loops):
                continue
            changeable.update(_changeable(event.layer))
            if is_classifier(event.layer) and event.decided:
                ready = cls(
                    event, symbols.number(3), symbols.ZERO, "channels", _entrance(event, outer)
                )
                if ready.has_channels_last:
                    yield ready
                continue
            if event.layer.path not in _SIZES or event.layer.arguments.unknown:
                continue
            position, name, axis, counted = _SIZES[event.layer.path]
            expected = event.layer.argument(position, name)
            size, given = known_number(expected), event.tensor.shape.known_axis(axis)
            if size is None or given is None or not event.decided or _is_changeable(expected):
                continue
            if event.context.calls not in mistaken and not depends(given, changeable):
                found = cls(event, size, given, counted, _entrance(event, outer))
                if found.has_channels_last:
                    # What follows is given what cannot be.
                    mistaken.add(event.context.calls)
                yield found

    @property
    def layer(self) -> str:
        """The layer's class, such as `Conv2d`."""
        return self.event.layer.path.rsplit(".", 1)[-1]

    @property
    def differs(self) -> bool:
        """Whether the sizes are two different numbers."""
        expected, given = self.expected.integer, self.given.integer
        return expected is not None and given is not None and expected != given and given > 0

    @property
    def has_channels_last(self) -> bool:
        """Whether a convolution is given pictures with the channels along the last axis."""
        dims, count = self.event.tensor.shape.dims, _CONVOLUTIONS.get(self.event.layer.path)
        if is_classifier(self.event.layer):
            return _is_picture_of_colours(self.event.tensor.shape)
        if dims is None or count is None or len(dims) not in {count + 1, count + 2}:
            return False
        is_last = dims[-1].integer is not None and dims[-1].integer == self.expected.integer
        if dims[-1].integer == dims[-2].integer or self.event.tensor.graph is True:
            return False  # a picture as high as wide, or what another convolution has made
        spatial = self.given.axis is not None and self.given.axis.is_spatial
        return is_last and (self.differs or spatial)

    def finding(self, message: str) -> Draft:
        """A finding at the call, with the place where the layer was built beside it."""
        return draft(self.event, message, (self.event.layer.place, f"`{self.layer}` is built here"))

    def finding_at_entrance(self, message: str) -> Draft:
        """A finding where the model is given what its layer cannot use."""
        if self.entrance is None:
            return self.finding(message)
        return draft(self.entrance, message, (self.event.place, f"`{self.layer}` runs here"))


def _is_picture_of_colours(shape: Shape) -> bool:
    """Whether pictures have their three channels behind height and width."""
    sizes = [dim.integer for dim in shape.dims or ()]
    if len(sizes) not in {3, 4} or sizes[-1] != 3:
        return False
    sides = [side for side in sizes[-3:-1] if side is not None]
    spatial = all(dim.axis is not None and dim.axis.is_spatial for dim in (shape.dims or ())[-3:-1])
    return spatial or (len(sides) == 2 and min(sides) > 4)


def _entrance(event: LayerRun, outer: ForwardRun | None) -> ForwardRun | None:
    """The pass of the whole model that a layer runs in, if it is the first to see the tensor."""
    if outer is None or not event.context.running or event.index > outer.end >= 0:
        return None
    given = (
        as_tensor(option) for each in outer.arguments.values() for option in alternatives(each)
    )
    same = any(each is not None and each.shape is event.tensor.shape for each in given)
    return outer if same else None


def _is_in_loop(event: LayerRun, loops: dict[Value, int]) -> bool:
    """Whether a module runs the layer in a loop of its own: which layer it is in which round, and
    what it is given then, is too much to be sure of."""
    running = event.context.running
    return bool(running) and len(event.context.loops) > loops.get(running[0], 0)


def _is_changeable(value: object) -> bool:
    return isinstance(value, Scalar) and value.configurable is not None


def changeable_sizes(run: AbstractRun, event: Event) -> set[int]:
    """The sizes that an option or a default stands for, of what an event may depend on: in the layers
    that were run before, in the modules that are running, and in the function that was entered first,
    where nobody is seen to call it."""
    found: set[int] = set()
    for ran in run.events(LayerRun):
        if ran.index < event.index:
            found.update(_changeable(ran.layer))
    for module in event.context.running:
        if isinstance(module, Instance) and module.made_with is not None:
            found.update(_sizes(each for each in module.made_with.values() if _is_changeable(each)))
    if not run.is_script and event.context.functions:
        found.update(_sizes(event.context.functions[0].defaults.values()))
    return found


def _sizes(values: Iterable[Value]) -> Iterable[int]:
    for value in values:
        if isinstance(value, Scalar) and value.number.integer:
            yield value.number.integer


def _changeable(layer: Layer) -> Iterable[int]:
    """The sizes in a layer that an option or the default of a parameter stands for; what a linear layer
    makes is not known then."""
    made = layer.argument(1, "out_features") if layer.path == "torch.nn.Linear" else None
    return _sizes(
        value for value in layer.arguments.values() if value is not made and _is_changeable(value)
    )


def depends(size: Number, changeable: set[int]) -> bool:
    """Whether a size may be one of those that can be changed, or so many times one."""
    if any(symbol.is_default for symbol, _ in size.factors):
        return True
    length = size.integer
    return length is not None and any(length % each == 0 for each in changeable if each > 1)
