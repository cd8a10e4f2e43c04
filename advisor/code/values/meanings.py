"""What the numbers in a tensor say: the range that they are in, and what they amount to."""

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from advisor.code.symbols import Number
from advisor.code.values.plain import Value
from advisor.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    from advisor.code.events import Context
    from advisor.code.sources import NodePlace
    from advisor.code.values.rows import RowSet


MEANING = ("meaning",)


class Activation(StrEnum):
    """What the last activation made of the numbers in a tensor."""

    LOGITS = "logits"
    SOFTMAX = "softmax"
    SIGMOID = "sigmoid"
    LOG_SOFTMAX = "log_softmax"
    LOG_SIGMOID = "logsigmoid"
    RELU = "relu"
    TANH = "tanh"
    ONE_HOT = "one_hot"


@dataclass(frozen=True, eq=False, slots=True)
class Scale:
    """The range that a tensor's numbers are in, and where they got it.

    `axis` is the dimension of a softmax as written; `place` the call that applied it.
    """

    activation: Activation
    place: "NodePlace | None" = None
    axis: int | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Amount:
    """What a number says of samples: `match` (for each whether it is right), `matches` (how many
    are), `mean` (of a loss or score over a batch), `sized` (that times the length of an axis), `weighted` (that times
    something else) or `sum` (of a loss over a batch).

    `made` is where it was computed; `summed` where the first of several was added up, if they were;
    `rises` tells that it is better the larger it is; `rows` are the samples, if that is known.
    """

    kind: str
    made: "Context"
    place: "NodePlace | None" = None
    summed: "Context | None" = None
    rises: bool = False
    rows: "tuple[RowSet, ...]" = ()


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """What a batch adds to a total: a sum over what was compared or computed of its samples.

    `made` is where it was summed up; `total` where the first of several was added up, if they were.
    """

    made: "Context"
    place: "NodePlace"
    total: "Context | None" = None


@dataclass(frozen=True, eq=False, slots=True)
class Rated:
    """A score or an error over many samples: better the larger it is, if it `rises`. `amount` is
    what it was put together from, and `rows` the samples, if that is known; `taken` is where it was
    computed at once."""

    rises: bool
    amount: Amount | None = None
    rows: "tuple[RowSet, ...]" = ()
    taken: "Context | None" = None

    @property
    def made(self) -> "Context | None":
        """Where it was computed, batch by batch or at once."""
        return self.taken if self.amount is None else self.amount.made


@dataclass(frozen=True, eq=False, slots=True)
class Listed:
    """Several numbers that are a mean over a batch each, or the sum of them."""

    amount: Amount


@dataclass(frozen=True, eq=False, slots=True)
class Told:
    """A text that tells numbers."""

    amounts: tuple[Amount, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Exponential:
    """The exponentials of a value, or the sum of them."""

    of: "Value"
    is_sum: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Bounded:
    """Numbers whose exponentials do not overflow: a largest one was subtracted, or a sign turned."""


@dataclass(frozen=True, eq=False, slots=True)
class Difference(Bounded):
    """A difference of bytes, which has wrapped around below zero; `place` is where it was taken."""

    place: "NodePlace"


@dataclass(frozen=True, eq=False, slots=True)
class AtLeast:
    """Bytes of which none is below `least`; where that is None, a condition has chosen them."""

    least: float | None


@dataclass(frozen=True, eq=False, slots=True)
class Subtracted(Bounded):
    """What is left of one value when another one is subtracted."""


@dataclass(frozen=True, eq=False, slots=True)
class Negated(Bounded):
    """Numbers whose sign was turned."""


@dataclass(frozen=True, eq=False, slots=True)
class Falling(Bounded):
    """Numbers without a least one: squares were subtracted, as from the logarithm of a density."""


@dataclass(frozen=True, eq=False, slots=True)
class Decayed(Bounded):
    """Exponentials of numbers whose sign was turned, or 1 and those."""

    plus_one: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class LessOne(Bounded):
    """What is left of a value when 1 is subtracted."""


@dataclass(frozen=True, eq=False, slots=True)
class Squared:
    """Squares of differences, or the sum or mean of some."""


@dataclass(frozen=True, eq=False, slots=True)
class Rising:
    """Squares of differences, and something more."""


@dataclass(frozen=True, eq=False, slots=True)
class Lengthened:
    """Rows that were padded with a single number each."""


@dataclass(frozen=True, eq=False, slots=True)
class Mask:
    """Where a probability is above one half; `is_union` where either of two masks is set, `is_written`
    where the probabilities stand in the program."""

    is_union: bool = False
    is_written: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Positive:
    """Where some numbers are above 0."""

    of: "Value"


@dataclass(frozen=True, eq=False, slots=True)
class Small:
    """Whether numbers of a value are 0, or as good as that."""

    of: "Value"


@dataclass(frozen=True, eq=False, slots=True)
class ComparedToOne:
    """Whether a number is 1, or, unless `holds`, whether it is another one."""

    number: Number
    holds: bool


@dataclass(frozen=True, eq=False, slots=True)
class Frequencies:
    """How much of each frequency is in a signal: 0 of all but one where it is even. `are_logarithms`
    where they were put to a scale on which that is infinite."""

    are_logarithms: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Norm:
    """How long some vectors are; of two kinds of them, the products of their lengths."""

    of: "Value"
    other: "Value | None" = None


@dataclass(frozen=True, eq=False, slots=True)
class Extreme:
    """The largest (`max`) or smallest (`min`) of some numbers."""

    kind: str
    of: "Value"


@dataclass(frozen=True, eq=False, slots=True)
class Vanishing(Bounded):
    """Numbers that become 0 where an activation is at its limit. `of` says in words what they are,
    `origin` is what the activation has made."""

    of: str
    origin: "Value"


@dataclass(frozen=True, eq=False, slots=True)
class Saturated(Bounded):
    """Numbers that come as near to 1 as an activation does."""

    of: str
    origin: "Value"


@dataclass(frozen=True, eq=False, slots=True)
class Cosine(Bounded):
    """Cosines of angles: from -1 to 1, both included."""


@dataclass(frozen=True, eq=False, slots=True)
class NotFinite:
    """Whether a value is NaN or infinite; `negated` where it is told whether it is neither."""

    of: "Value"
    negated: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Quotient:
    """What an amount was divided by something gives."""

    division: Any


@dataclass(frozen=True, eq=False, slots=True)
class Chosen:
    """Classes that were chosen by the scores of a model."""


@dataclass(frozen=True, eq=False, slots=True)
class Predicted:
    """What an estimator has predicted, for some samples at least."""


@dataclass(frozen=True, eq=False, slots=True)
class ClassIndices:
    """Labels of a data set that has so many classes; `mixed` where they are known to stand in no order,
    so that a stretch of them lacks none."""

    number: int
    mixed: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class PlacesOfLargest:
    """Which of several numbers is the largest, or the smallest: one place for all of them."""


@dataclass(frozen=True, eq=False, slots=True)
class PutFirst:
    """Numbers of which another axis has been put in front."""


@dataclass(frozen=True, eq=False, slots=True)
class Weighed:
    """The loss or score of a batch, multiplied by a weight."""

    amount: Amount


@dataclass(frozen=True, eq=False, slots=True)
class Drawn:
    """Places of samples that are drawn at random: what they choose are samples along `axis`. With
    no axis they are the places of all samples, in a random order."""

    axis: Number | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Reduced:
    """One number for all along an axis that is gone, or one number long if it is `kept`; `dims` are the
    axes there were before. `chosen` is the place of the largest number, which is no statistic of them."""

    dims: tuple[Number, ...]
    axis: int
    kept: bool = False
    chosen: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Alike:
    """New numbers that are all the same: `number`, if that is 0."""

    number: int | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Truncated:
    """Whole numbers that were cast from others: `place` is the cast."""

    place: "NodePlace"


@dataclass(frozen=True, eq=False, slots=True)
class Pixels:
    """Pixels of pictures: `offset` was taken away from the bytes that they were, and they were divided
    by `divisor`, each one number or one for each channel. `place` is where they became as they are.
    Those that a model will be given, of which nobody knows what was done to them before, say what they
    are the input of: the model, or the tensor that it is built on. A mean was taken away from them
    besides that was `learned` from pixels, which is not known as a number. Some are 0 in all of the
    pictures that `has_blanks` is said of."""

    place: "NodePlace | None"
    offset: tuple[float, ...] = (0.0,)
    divisor: tuple[float, ...] = (1.0,)
    input: Value | None = None
    learned: bool = False
    has_blanks: bool = False

    @property
    def are_bytes(self) -> bool:
        """Whether they still go from 0 to 255."""
        return set(self.offset) == {0.0} and set(self.divisor) == {1.0} and not self.learned

    @property
    def are_shares(self) -> bool:
        """Whether they go from 0 to 1."""
        return (
            not self.learned
            and set(self.offset) == {0.0}
            and all(250 <= each <= 260 for each in self.divisor)
        )

    @property
    def go_below_zero(self) -> bool:
        """Whether they go from -1 to 1."""
        numbers = (*self.offset, *self.divisor)
        return not self.learned and all(126 <= each <= 129 for each in numbers)

    def is_as(self, other: "Pixels") -> bool:
        """Whether the same was done to the bytes, give or take a rounding; a mean that is learned may
        be the one that is written down elsewhere."""
        if self.learned is not other.learned:
            return any((*self.offset, *other.offset))
        if self.learned:
            return True
        return _alike(self.offset, other.offset) and _alike(self.divisor, other.divisor)

    @property
    def ends(self) -> tuple[float, float]:
        """What black and white have become, in the channel where these are furthest apart."""
        size = max(len(self.offset), len(self.divisor))
        wide = [each * size if len(each) == 1 else each for each in (self.offset, self.divisor)]
        found = [((0 - one) / two, (255 - one) / two) for one, two in zip(*wide, strict=False)]
        return max(found, key=lambda each: abs(each[1] - each[0]))


def _alike(numbers: tuple[float, ...], others: tuple[float, ...]) -> bool:
    """Whether numbers differ by no more than three bytes, channel by channel."""
    size = max(len(numbers), len(others))
    wide = [each * size if len(each) == 1 else each for each in (numbers, others)]
    return len(wide[0]) == len(wide[1]) and all(
        abs(one - two) <= 3 for one, two in zip(*wide, strict=True)
    )


@dataclass(frozen=True, eq=False, slots=True)
class Moment:
    """The `mean` of pixels, or the deviation (`std`) from it."""

    kind: str


@dataclass(frozen=True, eq=False, slots=True)
class Blank(Moment):
    """How far the numbers in each column lie apart, where some columns are known to hold zeros alone."""

    kind: str = "std"


@dataclass(frozen=True, eq=False, slots=True)
class Written:
    """Numbers that stand in the program, one for each channel for instance."""

    numbers: tuple[float, ...]


@dataclass(frozen=True, eq=False, slots=True)
class TrueFor:
    """Truth values, of which `key` says which rows they are true for."""

    key: object


Meaning = (
    Alike
    | Amount
    | AtLeast
    | Blank
    | Bounded
    | Chosen
    | ClassIndices
    | ComparedToOne
    | Drawn
    | Exponential
    | Extreme
    | Frequencies
    | Lengthened
    | Listed
    | Mask
    | Moment
    | Norm
    | NotFinite
    | Part
    | Pixels
    | PlacesOfLargest
    | Positive
    | Predicted
    | PutFirst
    | Quotient
    | Rated
    | Rising
    | Small
    | Squared
    | Told
    | TrueFor
    | Truncated
    | Written
    | Weighed
)


def rating(meaning: Meaning | None) -> Rated | None:
    """What a number says of how good a model is, whichever way it was put together."""
    match meaning:
        case Rated() as rated:
            return rated
        case Amount() as amount if amount.kind != "match":
            return Rated(amount.rises, amount, amount.rows)
        case Quotient(division=division):
            return Rated(division.amount.rises, division.amount, division.amount.rows)
        case Listed(amount=amount):
            return Rated(amount.rises, amount, amount.rows)
    return None
