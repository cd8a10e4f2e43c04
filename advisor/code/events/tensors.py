"""What happens to the numbers and the axes of tensors."""

from advisor.code.events.context import Event
from advisor.code.symbols import Number
from advisor.code.values import Shape, Tensor, Unknown, Value
from advisor.lazy_dataclasses import dataclass


@dataclass(eq=False, slots=True)
class SoftmaxApplied(Event):
    """Softmax, or its logarithm, is taken over a dimension. The place is where the dimension is, or
    should be, written. `axis` is None when it is not known; `implicit` tells that it is left out."""

    operation: str
    tensor: Tensor
    result: Tensor
    axis: int | None
    implicit: bool = False


@dataclass(eq=False, slots=True)
class WeightsApplied(Event):
    """What a softmax has made is taken for the weights of means: multiplied, as the left matrix, with
    something, or `summed` up behind a product. `over` is the length of the axis that vanishes, `axis` its
    index where nobody knows how many there are."""

    weights: Tensor
    over: Number | None = None
    summed: bool = False
    axis: int | None = None


@dataclass(eq=False, slots=True)
class ChoiceMade(Event):
    """One of the numbers along an axis is chosen, as `argmax` does, or `drawn` by them."""

    tensor: Tensor
    axis: int
    drawn: bool = False


@dataclass(eq=False, slots=True)
class LogarithmTaken(Event):
    """The logarithm of a tensor is taken; `decided` is False when it may have been another tensor,
    depending on the way the program took."""

    tensor: Tensor | Unknown
    decided: bool = True


@dataclass(eq=False, slots=True)
class PictureDrawn(Event):
    """Numbers are drawn for somebody to look at: what has no number stays white."""


@dataclass(eq=False, slots=True)
class SoftmaxByHand(Event):
    """Exponentials are divided by their sum, or the logarithm of a sum of them is taken: `name` is
    the function that does it safely."""

    name: str


@dataclass(eq=False, slots=True)
class BytesSubtracted(Event):
    """A whole number, or other bytes, are subtracted from bytes, and what comes out is used as a
    number; or, where it is None, their sign is turned. `result` is what comes out."""

    subtracted: Value | None
    result: Value | None = None


@dataclass(eq=False, slots=True)
class NumbersChosen(Event):
    """A condition decides for each of some numbers whether it is used: `np.where(y > 6, y - 2, y)`."""

    among: tuple[Value, ...]


@dataclass(eq=False, slots=True)
class Bent(Event):
    """A function that is no straight line is applied to each number of a tensor: `name` is the
    function, `made` what comes of it, and `in_place` tells that the tensor itself is changed."""

    name: str
    tensor: Tensor
    made: Tensor
    in_place: bool = False


@dataclass(eq=False, slots=True)
class Multiplied(Event):
    """A tensor is multiplied, as a matrix, with another one that gradients flow to."""

    left: Value
    right: Value
    made: Tensor


@dataclass(eq=False, slots=True)
class Reshaped(Event):
    """A tensor's numbers are laid out anew in row-major order. `operation` is `view` or
    `reshape`; `dims` the wished dimensions, None where the library computes one."""

    tensor: Value
    operation: str
    dims: tuple[Number | None, ...]


@dataclass(eq=False, slots=True)
class AxisRead(Event):
    """An axis of a sequence layer's output vanishes: one place of it is taken, or all are put into
    one number. `place_taken` is the index of that place, None for all; `axis` the index of the axis
    and `length` its length."""

    tensor: Tensor
    axis: int
    length: Number
    place_taken: int | None = None


@dataclass(eq=False, slots=True)
class Squeezed(Event):
    """All axes of length one of a tensor are dropped, whichever they are."""

    tensor: Tensor


@dataclass(eq=False, slots=True)
class Broadcast(Event):
    """A column that a layer has made meets a row of as many numbers: both become a matrix; if `is_kept`
    it is a column of a reduction. Or, if `is_reduced`, a tensor meets what it was reduced to, along
    another axis."""

    column: Tensor
    row: Tensor
    is_reduced: bool = False
    is_kept: bool = False


@dataclass(eq=False, slots=True)
class ShapesClashed(Event):
    """Tensors whose axes differ in length are put together: `operation` is what was asked for,
    `left` and `right` are the shapes, `decided` is False when other tensors may have met."""

    operation: str
    left: Shape
    right: Shape
    decided: bool


@dataclass(eq=False, slots=True)
class DropoutApplied(Event):
    """Dropout is applied by a function. `training` is what switches it on, None when nothing was
    passed; `rate` the share of numbers that it drops, `made` what comes out."""

    name: str
    rate: Value | None
    training: Value | None
    made: Value | None = None


@dataclass(eq=False, slots=True)
class RandomDrawn(Event):
    """An array is filled with random numbers; `for_weights` by a way to begin with."""

    tensor: Value
    for_weights: bool = False
