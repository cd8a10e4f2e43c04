"""What happens to modules: how they are built, switched, called, filled and saved."""

from dataclasses import field

from advisor.code.events.context import Event
from advisor.code.values import Arguments, Instance, Layer, Tensor, Value
from advisor.lazy_dataclasses import dataclass


@dataclass(eq=False, slots=True)
class LayerBuilt(Event):
    """A layer or a ready model of a library comes into being."""

    layer: Layer


@dataclass(eq=False, slots=True)
class BaseConstructed(Event):
    """The constructor of the library class that an object derives from is run."""

    instance: Value


@dataclass(eq=False, slots=True)
class ModuleBuilt(Event):
    """A module of a project class has been built: its constructor has come to its end."""

    module: Instance


@dataclass(eq=False, slots=True)
class ModulePlaced(Event):
    """A module becomes a part of another one, in place of what was there `before`."""

    owner: Value
    module: Value
    before: Value | None = None


@dataclass(eq=False, slots=True)
class AttributeAssigned(Event):
    """An attribute of a module, an optimizer, a parameter, a tensor or a data set is assigned."""

    owner: Value
    name: str
    value: Value


@dataclass(eq=False, slots=True)
class ParametersAsked(Event):
    """Somebody asks for the parameters of a module: to train, fill, freeze or count them."""

    module: Value


@dataclass(eq=False, slots=True)
class WeightsFilled(Event):
    """The weights of a layer are filled by a `function` of `torch.nn.init`; `adapted` tells that it
    is told of the activation behind the layer."""

    layer: Value
    function: str
    adapted: bool


@dataclass(eq=False, slots=True)
class ForwardRun(Event):
    """A module is called on its inputs. What happens in it has indices below `end`.

    `modes` are the switches that may have been the last ones to set the module's mode, `called` the
    names that its output, or what is computed from that next, is given.
    """

    module: Value
    arguments: Arguments
    output: Value | None = None
    end: int = -1
    modes: "tuple[ModeSwitched, ...]" = ()
    called: set[str] = field(default_factory=set)


@dataclass(eq=False, slots=True)
class LayerRun(Event):
    """A layer is given a tensor. `state` is what a recurrent layer is given to begin with; `decided`
    is False when it may have been another layer, depending on the way the program took."""

    layer: Layer
    tensor: Tensor
    state: Value | None = None
    decided: bool = True


@dataclass(eq=False, slots=True)
class ModeSwitched(Event):
    """`train()` or `eval()`: a module and all in it are switched to training or to evaluation;
    `training` is None when nobody knows to which."""

    module: Value
    training: bool | None


@dataclass(eq=False, slots=True)
class StateTaken(Event):
    """`state` refers to the very weights of a module: its `state_dict()`, or the module itself
    under a name that says it is the best one."""

    module: Value
    state: Value
    name: str | None = None


@dataclass(eq=False, slots=True)
class StateListed(Event):
    """The very weights of a module, or the module itself, are put into a list beside others."""

    state: Value


@dataclass(eq=False, slots=True)
class StateUsed(Event):
    """Weights that were put aside are loaded into a module, or saved to a file."""

    state: Value
    module: Value | None = None


@dataclass(eq=False, slots=True)
class ObjectLoaded(Event):
    """Something is read from a file that torch has written: weights, or a whole model."""

    value: Value
