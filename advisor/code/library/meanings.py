"""What numbers say of samples, followed through casts, sums and divisions."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import (
    AmountAveraged,
    AmountCompared,
    AmountDivided,
    AmountKept,
    AmountLogged,
    BytesSubtracted,
    CurvePlotted,
    HitsCounted,
    NumbersTold,
    PredictionsCompared,
    RootTaken,
    RoundCounted,
    SoftmaxByHand,
    TotalRaised,
)
from advisor.code.gradients import gradient_of, is_computed_from
from advisor.code.library.exponents import SOFTMAX_BY_HAND, is_made_up, is_written_out
from advisor.code.library.growing_lists import is_of_several_rounds
from advisor.code.library.models import Call, hook, observes
from advisor.code.library.python.containers import on_append
from advisor.code.library.vanishing import ROOTS, is_root
from advisor.code.nodes import as_written, passed_by_name
from advisor.code.values import (
    Activation,
    Alike,
    Amount,
    Bounded,
    Chosen,
    Cosine,
    Dictionary,
    Difference,
    Exponential,
    Falling,
    Listed,
    Mask,
    Meaning,
    Object,
    Quotient,
    Rated,
    Scalar,
    Scale,
    Squared,
    Tensor,
    Told,
    Unknown,
    Value,
    Vanishing,
    alternatives,
    give_meaning,
    is_made_new,
    lineage_of,
    meaning_of,
    one_or_several,
    rating_of,
    scale_of,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_KEEP = frozenset(
    ["item", "detach", "cpu", "numpy", "float", "double", "long", "int", "to", "clone", "tolist"]
    + ["asscalar", "cuda", "cast", "type", "type_as", "astype", "half", "short"]
)
_LOGS = frozenset(["add_scalar", "log"])
_TELLS = frozenset(["print", "info"])
_AS_NUMBERS = frozenset(
    ["/", "float", "double", "half", "to", "astype", "abs", "absolute", "float32", "from_numpy"]
    + ["tensor", "as_tensor", "mean", "float64", "to_tensor"]
    + ["GaussianBlur", "blur", "medianBlur", "cvtColor", "threshold"]
    + ["**", "Power", "pow", "square"]
)
# What leaves the bytes in an array, or in those of a list, as they are.
_HOLD = frozenset(
    ["stack", "array", "asarray", "concatenate", "cat", "[]", "transpose", "permute", "reshape"]
    + ["view", "squeeze", "unsqueeze", "expand_dims", "copy", "contiguous", "clone", "flatten"]
    + ["resize", "flip", "fromarray", "ravel", "swapaxes", "moveaxis", "ascontiguousarray"]
)
_COPIES = frozenset(["copy", "clone"])
_LOGARITHMS = frozenset(["log", "log2", "log10", "log1p", "log_softmax", "logsigmoid"])
_AVERAGES = frozenset(["mean", "average", "fmean", "nanmean", "reduce_mean"])
_LISTS = frozenset(["stack", "tensor", "as_tensor", "array", "asarray", "cat", "sum", "Tensor"])
_TEXTS = frozenset(["format", "%"])
_MATCHES = frozenset(["Equal", "eq"])
_MISSES = frozenset(["NotEqual", "ne"])
# What makes classes of the scores of a model.
_CHOICES = frozenset(["argmax", "max", "topk", "round"])
# What leaves exponentials and bounded numbers as they are; and what leaves a sum but for a small number.
_SHAPES = frozenset(
    ["unsqueeze", "squeeze", "view", "reshape", "expand", "expand_as", "[]", "diag", "diagonal"]
    + ["gather", "masked_select", "index_select", "masked_fill", "t", "transpose", "flatten"]
    + ["repeat", "repeat_interleave", "tile", "permute"]
)
_FLOORS = frozenset(["clamp", "clamp_min", "clip", "maximum", "add"])
_WITHIN_ONE = frozenset([Activation.TANH, Activation.SIGMOID, Activation.SOFTMAX])
# Exponentials of more than this overflow in single precision.
_LARGEST_EXPONENT = 88
# What makes no number larger than the largest of those it is given.
_NO_LARGER = frozenset(
    ["mean", "max", "amax", "reduce_mean", "reduce_max", "interpolate", "max_pool1d", "max_pool2d"]
    + ["avg_pool1d", "avg_pool2d", "adaptive_avg_pool2d", "adaptive_max_pool2d"]
)
_LIMITED = frozenset(["-", "neg", "sub", "clamp", "clip", "clip_by_value", "minimum"])
_ARITHMETIC = frozenset(["+", "*", "/"])
_DIVISIONS = frozenset(["div", "true_divide", "divide"])
_REDUCED = frozenset(["sum", "mean", "reduce_sum", "reduce_mean"])
_ARRAY_LIBRARIES = frozenset(["torch", "np", "numpy", "tf", "K"])
_COMPARE = frozenset(["LessThan", "GreaterThan", "LessThanEqual", "GreaterThanEqual"])


@observes(
    *(*_LOGS, *_TELLS, *_AS_NUMBERS, *_COMPARE, *_AVERAGES, *ROOTS, *_LISTS, *_LOGARITHMS, *_KEEP),
    *(*_SHAPES, *_FLOORS, *_HOLD),
    *(*_TEXTS, *_MATCHES, *_MISSES, *_CHOICES, *_LIMITED, *_ARITHMETIC, *_DIVISIONS, *_REDUCED),
    *("exp", "round", "any", *_NO_LARGER),
)
def observed(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """Say what a result means, where what it was made of means something."""
    if operation in _LOGS:
        _logged(machine, operation, operands, node)
    if operation in _TELLS:
        _told(machine, operands, node)
    if operation in _LOGS or operation in _TELLS:
        machine.emit(NumbersTold(machine.place(node), machine.context))
    if operation in _AS_NUMBERS and operands and not _are_truths(result):
        _difference_used(machine, operands[0])
    if operation in _CHOICES and isinstance(result, SequenceValue) and result.items:
        give_meaning(result.items[-1], Chosen())  # `values, places = scores.max(1)`
        if operation in _NO_LARGER and _is_within_one(operands[0]):
            give_meaning(result.items[0], Bounded())
    if operation in _COMPARE:
        _compared(machine, operands, node)
        return
    if operation in _AVERAGES or operation == "/":
        _averaged(machine, operation, operands, node)
    if not is_made_new(result, operands):
        return
    if is_root(operation, operands) and isinstance(meaning_of(operands[0]), Amount):
        machine.emit(RootTaken(machine.place(node), machine.context, result))
    if meaning_of(result) is None:
        meaning = _meaning(machine, operation, operands, node)
        if meaning is not None:
            give_meaning(result, meaning)


def _averaged(
    machine: "Machine", operation: str, operands: Sequence[Value], node: cst.CSTNode
) -> None:
    """See that the mean is taken of means over batches: of a list, or of their sum."""
    first = meaning_of(operands[0]) if operands else None
    amount = first.amount if isinstance(first, Listed) else None
    if operation != "/" and amount is None and operands:
        amount = _mean_of_each(operands[0])
    if amount is not None:
        machine.emit(AmountAveraged(machine.place(node), machine.context, amount))


def _mean_of_each(value: Value) -> Amount | None:
    """What the items of a list are, when each is a mean over a batch."""
    if not isinstance(value, SequenceValue):
        return None
    items = value.items if value.items is not None else alternatives(value.element)
    found = [meaning_of(each) for each in items]
    means = [each for each in found if isinstance(each, Amount) and each.kind == "mean"]
    return means[0] if means and len(means) == len(found) and means[0].summed is None else None


def _matches_of_each(value: Value) -> Amount | None:
    """How many samples of a batch are right, where a list has that of each batch."""
    element = value.element if isinstance(value, SequenceValue) else None
    found = [meaning_of(each) for each in alternatives(element)]
    counts = [each for each in found if isinstance(each, Amount) and each.kind == "matches"]
    return counts[0] if counts and len(counts) == len(found) and not counts[0].summed else None


def _rating_of_each(value: Value) -> Rated | None:
    """What the items of a list say that are put together, when all are better the larger they are, or
    all the smaller."""
    if not isinstance(value, SequenceValue):
        return None
    items = value.items if value.items is not None else alternatives(value.element)
    found = [rating_of(each) for each in items]
    first = found[0] if found else None
    if first is None or any(each is None or each.rises != first.rises for each in found):
        return None
    return first


def _are_truths(value: Value) -> bool:
    """Whether numbers have become truth values: a difference is one or is none, whether it wraps around or
    not."""
    return isinstance(value, Tensor) and value.dtype == "bool"


def _difference_used(machine: "Machine", value: Value) -> None:
    """Bytes are asked for the number that they stand for, after they have wrapped around."""
    meaning = meaning_of(value)
    if isinstance(meaning, Difference):
        machine.emit(BytesSubtracted(meaning.place, machine.context, value))


def _difference_in(value: Value) -> Difference | None:
    """The difference of bytes that something is, or that all items of a list are."""
    parts: tuple[Value, ...] = (value,)
    if isinstance(value, SequenceValue):
        parts = value.items if value.items is not None else alternatives(value.element)
    found = [meaning_of(each) for each in parts]
    first = found[0] if found else None
    return (
        first
        if isinstance(first, Difference) and all(isinstance(each, Difference) for each in found)
        else None
    )


def _meaning(
    machine: "Machine", operation: str, operands: Sequence[Value], node: cst.CSTNode
) -> Meaning | None:
    if not operands:
        return None
    if operation in _TEXTS:
        return _text(operands)
    # The last items of a list, as `losses[-len(loader):]`, may be those of this epoch alone.
    is_part = isinstance(operands[0], SequenceValue) and operands[0].is_part
    if operation in _LISTS and not is_part:
        amount = _mean_of_each(operands[0])
        if amount is not None:
            return Listed(amount)
    if operation == "sum" and not is_part:
        counted = _matches_of_each(operands[0])
        if counted is not None:
            return replace(counted, summed=counted.made)
    if operation in _LISTS or operation in _AVERAGES:
        rated = _rating_of_each(operands[0])
        if rated is not None:
            return rated
    difference = _difference_in(operands[0])
    if difference is not None and operation in _HOLD:
        return difference
    first = meaning_of(operands[0])
    if operation in _MATCHES:
        return _match(machine, operands, node, rises=True)
    if operation in _MISSES and any(map(_is_chosen, operands)):
        return _match(machine, operands, node, rises=False)
    if operation in _CHOICES and first is None:
        return None if operation == "max" and isinstance(operands[0], Tensor) else Chosen()
    if operation == "exp":
        # What is done to the numbers of tables is not followed.
        unfit = isinstance(operands[0], Object) or _is_bounded(operands[0])
        return None if unfit else Exponential(operands[0])
    if isinstance(first, Exponential) and (
        operation in _SHAPES or (first.is_sum and operation in _FLOORS)
    ):
        return first
    if isinstance(first, Bounded) and operation in _SHAPES:
        return first
    if operation == "neg" and isinstance(first, (Listed, Quotient, Rated)):
        return _turned(operands[0])
    if operation in _LIMITED:
        return Bounded()
    if operation in _LOGARITHMS and first is None:
        return Bounded()  # of probabilities, of which the exponentials are powers
    if operation in _ARITHMETIC and len(operands) == 2:
        return _arithmetic(machine, operation, operands, node)
    if operation in _DIVISIONS and len(operands) == 2:
        if _is_softmax(first, meaning_of(operands[1])):
            machine.emit(SoftmaxByHand(machine.place(node), machine.context, "softmax"))
        return Bounded() if _stays_small_over(operands[0], operands[1]) else None
    if operation in _NO_LARGER and (type(first) is Bounded or _is_within_one(operands[0])):
        return Bounded()
    if first is None:
        return None
    if operation == "log" and isinstance(first, Exponential) and first.is_sum:
        machine.emit(SoftmaxByHand(machine.place(node), machine.context, "logsumexp"))
    if operation in _KEEP or (isinstance(first, Alike) and operation in _COPIES):
        return first
    if isinstance(first, Rated) and (operation == "round" or is_root(operation, operands)):
        return first
    if operation == "any" and isinstance(first, Amount) and first.kind == "match":
        return first  # whether one of the first few choices is right
    if operation in _REDUCED:
        return _reduced(machine, operation, first, node)
    return None


def _turned(score: Value) -> Rated | None:
    """What a score says whose sign is turned: an error that rises the better a model is."""
    rated = rating_of(score)
    return None if rated is None else replace(rated, rises=not rated.rises)


def _is_one_hot(value: Value) -> bool:
    scale = scale_of(value)
    return scale is not None and scale.activation is Activation.ONE_HOT


def _is_chosen(value: Value) -> bool:
    """Whether some numbers are the classes that were chosen by scores: all, or those of `max`."""
    whole = value.parent if isinstance(value, Unknown) else None
    return any(
        isinstance(meaning_of(each), (Chosen, Mask)) for each in (value, whole) if each is not None
    )


def give_match(call: Call, compared: Sequence[Value], result: Tensor) -> None:
    """Say of what a function returns that it tells of each sample whether it is right."""
    found = _match(call.machine, compared, call.node, rises=True)
    if found is not None:
        give_meaning(result, found)


def _match(
    machine: "Machine", operands: Sequence[Value], node: cst.CSTNode, *, rises: bool
) -> Meaning | None:
    """`predicted == labels`, for tensors or what may be one; `predicted != labels` where these `rises`
    not."""
    if len(operands) != 2 or not all(isinstance(each, (Tensor, Unknown)) for each in operands):
        return None
    left, right = operands
    if is_computed_from(left, right) or is_computed_from(right, left):
        return None  # `scores == scores.max()`
    machine.emit(PredictionsCompared(machine.place(node), machine.context, tuple(operands)))
    if any(is_of_several_rounds(machine, each) for each in operands):
        return None  # a count over all batches so far
    lineage = lineage_of(operands[1]) or lineage_of(operands[0])
    rows = () if lineage is None else (lineage.rows,)
    return Amount("match", machine.context, machine.place(node), rises=rises, rows=rows)


def _has_limits(scale: Scale | None) -> bool:
    """Whether an activation keeps numbers from becoming large."""
    return scale is not None and scale.activation not in {Activation.LOGITS, Activation.RELU}


def _is_bounded(value: Value) -> bool:
    """Whether the exponentials of some numbers cannot overflow: on one of several ways the program has
    seen to it, or on none of them they are large."""
    ways = alternatives(value)
    return any(isinstance(meaning_of(each), (Bounded, Falling)) for each in ways) or all(
        _has_limits(scale_of(each))
        or is_written_out(each)
        or is_made_up(each)
        or _is_called_probability(each)
        for each in ways
    )


def _is_called_probability(value: Value) -> bool:
    """Whether numbers that nobody knows are probabilities, or their logarithms, by their name."""
    names = {value.name, *value.names} if isinstance(value, Unknown) else set()
    return any("prob" in name.lower() for name in names)


def _is_learned(value: Value) -> bool:
    """Whether it is known that numbers come from a model: what a function is given may be normalised."""
    return any(gradient_of(each) is True for each in alternatives(value))


def _is_softmax(above: Meaning | None, below: Meaning | None) -> bool:
    """Whether exponentials stand over their own sum, or over one of such: either of them overflows."""
    if not isinstance(above, Exponential) or not isinstance(below, Exponential):
        return False
    if not below.is_sum or (above.is_sum and above.of is below.of):
        return False
    return above.of is below.of or (_is_learned(above.of) and _is_learned(below.of))


def _is_along_inner_axis(node: cst.CSTNode) -> bool:
    """Whether a reduction is told an axis other than that of the samples: `hits.mean(dim=1)`."""
    if not isinstance(node, cst.Call):
        return False
    axis = passed_by_name(node, "dim") or passed_by_name(node, "axis")
    if axis is None:
        owner = node.func.value if isinstance(node.func, cst.Attribute) else None
        of_library = owner is None or as_written(owner) in _ARRAY_LIBRARIES
        positional = [each.value for each in node.args if each.keyword is None][of_library:]
        axis = positional[0] if positional else None
    return axis is not None and as_written(axis) not in {"0", "None"}


def _reduced(
    machine: "Machine", operation: str, meaning: Meaning, node: cst.CSTNode
) -> Meaning | None:
    if isinstance(meaning, Rated):
        return meaning
    if isinstance(meaning, Exponential) and operation not in _AVERAGES:
        return Exponential(meaning.of, is_sum=True)
    if isinstance(meaning, Amount) and meaning.kind == "match":
        machine.emit(HitsCounted(machine.place(node), machine.context))
        if operation in _AVERAGES and _is_along_inner_axis(node):
            return None  # a share for each sample
        kind = "mean" if operation in _AVERAGES else "matches"
        place, rows = machine.place(node), meaning.rows
        return Amount(kind, machine.context, place, rises=meaning.rises, rows=rows)
    if isinstance(meaning, Amount) and meaning.kind == "mean":
        return meaning  # one number already
    return None


def _arithmetic(
    machine: "Machine", operation: str, operands: Sequence[Value], node: cst.CSTNode
) -> Meaning | None:
    left, right = operands
    first, second = meaning_of(left), meaning_of(right)
    if operation == "/" and (_is_within_one(left) or isinstance(first, Cosine)):
        return Bounded() if _stays_small_over(left, right) else None
    if operation == "*":
        small = [_stay_small(*each) for each in ((left, right), (right, left))]
        if any(each is not None for each in small):
            return None if False in small else Bounded()
    masked = next((each for each in (first, second) if isinstance(each, Exponential)), None)
    if operation == "*" and masked is not None and any(map(_is_one_hot, operands)):
        return None  # what is chosen in each row, one of all, makes no sum
    if operation == "*" and masked is not None and _is_learned(masked.of):
        return masked
    if any(isinstance(meaning_of(each), Bounded) or _is_negative(each) for each in operands):
        return Bounded()
    if operation == "+" and isinstance(first, Exponential) and first.is_sum and _is_constant(right):
        return first
    if operation == "+" and isinstance(first, Exponential) and isinstance(second, Exponential):
        return Exponential(second.of, is_sum=True)
    if operation == "+" and _is_within_one(left) and _is_within_one(right):
        return Bounded()
    if operation == "+":
        return _sum(machine, left, first, right, second)
    if operation == "/" and _is_softmax(first, second):
        machine.emit(SoftmaxByHand(machine.place(node), machine.context, "softmax"))
        return Vanishing(SOFTMAX_BY_HAND, left)
    if isinstance(first, Quotient) and not _is_constant(right):
        first.division.refined = True
    if isinstance(second, Quotient) and operation == "*" and not _is_constant(left):
        second.division.refined = True
    if operation == "*":
        weighted = next((each for each in (first, second) if isinstance(each, Exponential)), None)
        return weighted or _multiplied(first, right) or _multiplied(second, left)
    if isinstance(first, Rated):
        return first
    if isinstance(first, Amount) and first.kind != "match" and _by_literal(node):
        return Rated(first.rises, first, first.rows)
    if isinstance(first, Listed):
        if not _by_literal(node):
            summed = replace(first.amount, summed=first.amount.made)
            machine.emit(AmountDivided(machine.place(node), machine.context, summed, right))
        return Rated(first.amount.rises, first.amount, first.amount.rows)
    if isinstance(first, Amount) and first.kind != "match":
        event = AmountDivided(machine.place(node), machine.context, first, right)
        machine.emit(event)
        return Quotient(event)
    return None


def _is_within_one(value: Value) -> bool:
    """Whether an activation has made numbers between -1 and 1."""
    scale = scale_of(value)
    return scale is not None and scale.activation in _WITHIN_ONE


def _stay_small(value: Value, by: Value) -> bool | None:
    """Whether numbers between -1 and 1 are multiplied with what leaves them small, as far as is known;
    None for other numbers."""
    constant = by.number.constant if isinstance(by, Scalar) else None
    limited = _is_within_one(value) and constant is not None
    if not limited and type(meaning_of(value)) is not Cosine:
        return None
    return constant is None or abs(float(constant)) <= _LARGEST_EXPONENT


def _stays_small_over(value: Value, by: Value) -> bool:
    """Whether numbers between -1 and 1 are divided by a temperature that does not make their exponentials
    overflow, as far as is known."""
    if not _is_within_one(value) and not isinstance(meaning_of(value), Cosine):
        return False
    constant = by.number.constant if isinstance(by, Scalar) else None
    return constant is None or not 0 < constant * _LARGEST_EXPONENT < 1


def _multiplied(meaning: Meaning | None, by: Value) -> Meaning | None:
    if isinstance(meaning, Rated) or not isinstance(meaning, (Amount, Quotient)):
        return meaning if isinstance(meaning, Rated) else None
    if _is_constant(by):
        return meaning
    if isinstance(meaning, Amount) and meaning.kind in {"mean", "weighted"}:
        sized = meaning.kind == "mean" and isinstance(by, Scalar) and _is_length(by)
        return replace(meaning, kind="sized" if sized else "weighted")
    return None


def _is_length(value: Scalar) -> bool:
    """Whether a number is the length of an axis, or of something else that was asked for it."""
    lengths = [name for name in value.names if name.startswith("len(")]
    return value.number.axis is not None or (len(lengths) == 1 == len(value.names))


def _sum(
    machine: "Machine",
    left: Value,
    first: Meaning | None,
    right: Value,
    second: Meaning | None,
) -> Meaning | None:
    """A running sum: what is added to zero, or to the sum so far."""
    if isinstance(second, Rated):
        begins = isinstance(left, Scalar) and left.number.constant == 0
        return second if begins or isinstance(first, Rated) else None
    if not isinstance(second, Amount) or second.kind == "match":
        return None
    zeros = isinstance(first, Alike) and first.number == 0
    if zeros or (isinstance(left, Scalar) and left.number.constant == 0):
        return replace(second, summed=machine.context)
    if isinstance(first, Amount) and first.kind == second.kind:
        return replace(second, summed=first.summed)
    return None


def _by_literal(node: cst.CSTNode) -> bool:
    """Whether something is divided by a number that is written out."""
    by = node.value if isinstance(node, cst.AugAssign) else getattr(node, "right", None)
    return isinstance(by, (cst.Integer, cst.Float))


def _is_negative(value: Value) -> bool:
    constant = value.number.constant if isinstance(value, Scalar) else None
    return constant is not None and constant < 0


def _is_constant(value: Value) -> bool:
    return isinstance(value, Scalar) and value.number.constant is not None and not value.names


@on_append
def amount_kept(call: Call, receiver: SequenceValue, value: Value) -> None:
    """`curve.append(loss.item())`."""
    meaning = meaning_of(value)
    if isinstance(meaning, Amount):
        call.machine.emit(AmountKept(call.place, call.context, meaning, receiver))


@observes("plot")
def plotted(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`plt.plot(losses)`."""
    lists = tuple(each for each in operands if isinstance(each, SequenceValue))
    if lists:
        machine.emit(CurvePlotted(machine.place(node), machine.context, lists))


@hook("accumulated")
def total_raised(
    machine: "Machine",
    operator: str,
    values: tuple[Value, Value, Value],
    target: cst.BaseExpression,
    node: cst.CSTNode,
) -> None:
    """`batches += 1`, `total += loss`."""
    one = values[1].number.constant if isinstance(values[1], Scalar) else None
    if operator == "Add" and one == 1 and machine.context.rounds:
        text = as_written(target)
        machine.emit(RoundCounted(machine.place(node), machine.context, text, values[2]))
    elif operator == "Add" and machine.context.rounds:
        text, squared = as_written(target), isinstance(meaning_of(values[1]), Squared)
        event = TotalRaised(machine.place(node), machine.context, text, values[1], squared)
        machine.emit(event)


def _logged(
    machine: "Machine", operation: str, operands: Sequence[Value], node: cst.CSTNode
) -> None:
    """`writer.add_scalar(tag, value, step)` and `wandb.log({tag: value})`. What a Lightning module
    logs with `self.log` is averaged over the epoch."""
    tables = [each for each in operands[:2] if isinstance(each, Dictionary)]
    scalars = operands[2:3] if operation == "add_scalar" else ()
    values = [value for table in tables for value in table.items.values()] or scalars
    for value in values:
        meaning = meaning_of(value)
        if isinstance(meaning, Amount) and meaning.kind == "mean" and meaning.summed is None:
            machine.emit(AmountLogged(machine.place(node), machine.context, meaning))


def _text(operands: Sequence[Value]) -> Told | None:
    """A text of which some numbers are the loss or score of a batch each."""
    values = [part for each in operands for part in one_or_several(each)]
    found = [meaning_of(each) for each in values]
    amounts = tuple(
        each
        for each in found
        if isinstance(each, Amount) and each.kind == "mean" and each.summed is None
    )
    return Told(amounts) if amounts else None


def _parts_of_tuple(value: Value) -> Sequence[Value]:
    is_tuple = isinstance(value, SequenceValue) and value.kind == "tuple"
    return one_or_several(value) if is_tuple else (value,)


def _told(machine: "Machine", operands: Sequence[Value], node: cst.CSTNode) -> None:
    """`print(f"loss {loss.item()}")`, `print(validate(model))` where that returns several numbers."""
    numbers = [part for each in operands for part in _parts_of_tuple(each)]
    for meaning in map(meaning_of, numbers):
        for amount in meaning.amounts if isinstance(meaning, Told) else (meaning,):
            if isinstance(amount, Amount) and amount.kind == "mean" and amount.summed is None:
                place = machine.place(node)
                machine.emit(AmountLogged(place, machine.context, amount, printed=True))


def _compared(machine: "Machine", operands: Sequence[Value], node: cst.CSTNode) -> None:
    amounts = [
        meaning
        for meaning in map(meaning_of, operands)
        if isinstance(meaning, Amount) and meaning.kind != "match"
    ]
    for each in amounts:
        if not any(_was_kept(each, other) for other in amounts):
            machine.emit(AmountCompared(machine.place(node), machine.context, each))


def _was_kept(amount: Amount, other: Amount) -> bool:
    """Whether an amount is what another one was in an earlier round: the best so far."""
    if amount.place is None or other.place is None or amount.place.node is not other.place.node:
        return False
    first, second = (
        [each.index for each in (one.summed or one.made).rounds] for one in (amount, other)
    )
    return first < second
