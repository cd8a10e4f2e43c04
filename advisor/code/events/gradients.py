"""What happens to gradients: how they come about, are changed, recorded and cleared."""

from advisor.code.events.context import Event
from advisor.code.values import Object, Value
from advisor.lazy_dataclasses import dataclass


@dataclass(eq=False, slots=True)
class GradientsCleared(Event):
    """The gradients of an optimizer, a module or single parameters are cleared, or replaced by
    what is `given` in their place."""

    target: Value
    given: Value | None = None


@dataclass(eq=False, slots=True)
class GradientsRead(Event):
    """Gradients are looked at: `parameter.grad`."""

    target: Value


@dataclass(eq=False, slots=True)
class GradientsChanged(Event):
    """Gradients are changed in place by hand: something is added to them or copied into them."""

    target: Value


@dataclass(eq=False, slots=True)
class GradientsClipped(Event):
    """Gradients are made smaller where they are large. `text` is the function as written."""

    target: Value | None
    text: str


@dataclass(eq=False, slots=True)
class GradientsUnscaled(Event):
    """A gradient scaler takes its factor out of the gradients of an optimizer."""

    optimizer: Value | None


@dataclass(eq=False, slots=True)
class BackwardRun(Event):
    """A loss is back-propagated. `engine` is the object that does it, if not the loss itself.
    `retains` means that the graph is kept for another time; `weighted` that gradients with regard to
    its numbers are given, as for something that is not a loss."""

    loss: Value | None
    engine: Value | None = None
    retains: bool = False
    weighted: bool = False


@dataclass(eq=False, slots=True)
class LossReturned(Event):
    """A training step gives its loss back to a trainer, which goes back through it and steps the
    optimizer."""

    loss: Value


@dataclass(eq=False, slots=True)
class GradientsTaken(Event):
    """Gradients are computed functionally (`torch.autograd.grad`): nothing accumulates. `by_tape` tells
    that TensorFlow does, which has no other way."""

    loss: Value | None
    by_tape: bool = False


@dataclass(eq=False, slots=True)
class GradientModeMade(Event):
    """A gradient mode such as `torch.no_grad()` is made; whether anything enters it shows later."""

    manager: Object


@dataclass(eq=False, slots=True)
class GradientsWanted(Event):
    """Gradients with regard to a tensor are asked for: `x.requires_grad_()`."""

    tensor: Value


@dataclass(eq=False, slots=True)
class GradientsLeftOut(Event):
    """A tensor is wrapped so that nothing is recorded of what is computed from it, as could be done before
    there was `no_grad`: `Variable(x, volatile=True)`."""


@dataclass(eq=False, slots=True)
class LossScaled(Event):
    """A loss is scaled up, so that small gradients survive in half precision."""


@dataclass(eq=False, slots=True)
class WeightsHalved(Event):
    """The weights of a module are cast to float16."""

    module: Value


@dataclass(eq=False, slots=True)
class DeviceChosen(Event):
    """A module is put on another device, or, where that is None, whatever is made from here on."""

    module: Value | None


@dataclass(eq=False, slots=True)
class AutocastEntered(Event):
    """Operations are cast to another type from here on; `dtype` as in `Context.autocast`, `optional`
    whether something else decides if they are cast at all."""

    dtype: str
    optional: bool = False
