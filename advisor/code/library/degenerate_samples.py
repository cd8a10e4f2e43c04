"""What is 0 for samples that nothing is in: the power of silence, the range of an even picture, the union
of two empty masks. Logarithms and quotients of it are not finite."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import DividedByNothing, LogarithmTaken, PictureDrawn
from advisor.code.gradients import made_from
from advisor.code.library.exponents import BY_HAND
from advisor.code.library.lineages import is_noise
from advisor.code.library.models import Call, Index, function, hook, method, observes
from advisor.code.nodes import as_written
from advisor.code.values import (
    Extreme,
    Frequencies,
    Mask,
    Object,
    Positive,
    Scalar,
    Small,
    Tensor,
    Unknown,
    Value,
    Vanishing,
    forget_meaning,
    give_meaning,
    known_number,
    lineage_of,
    meaning_of,
)
from advisor.code.values import Sequence as ValueSequence

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

SILENCE = "a spectrogram"
_SPECTROGRAM = "torchaudio.transforms.Spectrogram"
_EXTREMES = {"max": "max", "amax": "max", "min": "min", "amin": "min"}
_KEEP = frozenset(
    [
        "[]",
        "float",
        "double",
        "astype",
        "to",
        "item",
        "squeeze",
        "unsqueeze",
        "view",
        "reshape",
        "T",
    ]
    + ["mean", "transpose", "permute", "cpu", "numpy", "from_numpy", "tensor", "long", "int", "abs"]
    + ["square", "pow", "**", "flatten", "as_tensor", "float32", "FloatTensor"]
)
_EITHER = frozenset(["|", "logical_or", "maximum"])
_EXCEEDS = frozenset(["GreaterThan", "GreaterThanEqual", "gt", "ge"])
_IS_ABOVE = frozenset(["GreaterThan", "gt"])
_DIFFERS = frozenset(["NotEqual", "ne"])
_EQUALS = frozenset(["Equal", "eq"])
_IS_SMALL = _EQUALS | {"LessThan", "LessThanEqual", "lt", "le"}
_LOGS = frozenset(["log", "log10", "log2"])
# What has to do with the case that there is nothing, somewhere in the same function.
_MINDS = re.compile(
    r"nan|==\s*0|!=\s*0|>\s*0(?![.\w])|<\s*1e|<=\s*0|eps|smooth|clip|clamp|where\(|errstate|zero_div"
    r"|noise|except|(?<![.\w])max\(|maximum|\bany\(|isclose|\btiny\b"
    r"|\b(?:else|or)\s+1(?:\.0*)?\b|\bif\s+(?:not\s+)?\w*(?:std|range|union|denom)",
    re.IGNORECASE,
)
# What sorts out, or rules out, samples that are even, anywhere in the class that makes them.
_SORTS_OUT = re.compile(
    r"\.(?:std|ptp)\([^()]*\)\s*(?:[<>]|[!=]=)|\bassert\b[^\n]*\b(?:max|min|std|ptp)\("
)
_OF_EPISODE = re.compile(
    r"\b(?:\w+\.)?_?(\w*(?:returns?|rewards?|advantages?|adv))\s*\.\s*std\(", re.IGNORECASE
)


# What the steps of several episodes are called, and how they are gone through or put together.
_SEVERAL = re.compile(r"(^|_)(all|flat|batch|mb|minibatch|buffer|concat)(_|$)", re.IGNORECASE)
_GOES_THROUGH = re.compile(
    r"\bin (?:enumerate\(|zip\(|self\.)*(?:\w+_)?(?:episodes|trajectories|rollouts|paths|all_rewards)\b"
    r"|\b(?:num|n)_envs\b|mini_?batch",
    re.IGNORECASE,
)


@function(
    "librosa.feature.melspectrogram",
    "librosa.stft",
    "librosa.core.stft",
    "librosa.cqt",
    "torch.stft",
    "scipy.signal.stft",
)
def spectrum(call: Call) -> Value | None:
    """Amplitudes or powers, which are 0 where it is silent."""
    if call.path.startswith("scipy"):
        return None
    made = call.unknown()
    give_meaning(made, Vanishing(SILENCE, made))
    return made


@function("torchaudio.transforms.MelSpectrogram", _SPECTROGRAM)
def spectrum_of_torchaudio(call: Call) -> Value | None:
    """`MelSpectrogram(...)`: a module that makes spectrograms."""
    return Object(_SPECTROGRAM, call.arguments, call.place)


@method(_SPECTROGRAM, "__call__", "forward")
def run_spectrum(call: Call) -> Value | None:
    """`mel(wave)`."""
    made = call.unknown()
    give_meaning(made, Vanishing(SILENCE, made))
    return made


@method(_SPECTROGRAM, "to", "cuda", "cpu", "eval", "train")
def same_module(call: Call) -> Value | None:
    """`mel.to(device)`."""
    return call.receiver


@observes(
    *("/", "div", "true_divide", "divide", "-", "sub", "+", "sum", "std", "ptp", "count_nonzero"),
    *(*_EXTREMES, *_KEEP, *_EITHER, *_EXCEEDS, *_DIFFERS, *_IS_SMALL, *_LOGS),
)
def observed(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """Say what may be 0, and see what is made of it."""
    if not operands:
        return
    first = operands[0]
    if operation in _LOGS:
        _logarithm(machine, first, node)
        return
    if operation in {"/", "div", "true_divide", "divide"}:
        if len(operands) == 2:
            _divided(machine, operands[1], result, node)
        return
    if isinstance(result, (Tensor, Unknown)) and meaning_of(result) is None:
        meaning = _meaning(machine, operation, operands, node)
        if meaning is not None:
            give_meaning(result, meaning)


@observes("imshow", "matshow", "pcolormesh")
def drawn(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`plt.imshow(spectrogram.log2())`."""
    machine.emit(PictureDrawn(machine.place(node), machine.context))


def _logarithm(machine: "Machine", value: Value, node: cst.CSTNode) -> None:
    found = meaning_of(value)
    if not isinstance(found, Vanishing) or not isinstance(value, (Tensor, Unknown)):
        return
    if found.of == SILENCE or (found.of in BY_HAND and not _is_minded(machine, node)):
        machine.emit(LogarithmTaken(machine.place(node), machine.context, value))


def _is_minded(machine: "Machine", node: cst.CSTNode) -> bool:
    """Whether something in the function around has to do with the case that there is nothing, or the class
    that makes the samples keeps it away."""
    functions = machine.context.functions
    if _MINDS.search(as_written(functions[-1].node if functions else node)) is not None:
        return True
    makers = [each.owner or each for each in functions]
    return any(_SORTS_OUT.search(as_written(each.node)) is not None for each in makers)


def _divided(machine: "Machine", by: Value, result: Value, node: cst.CSTNode) -> None:
    found = meaning_of(by)
    if not isinstance(found, Vanishing) or found.of not in _NOTHINGS:
        return
    if _is_never_even(found.origin) or _is_minded(machine, node):
        return
    if not _is_asked_about(machine, node):
        machine.emit(DividedByNothing(machine.place(node), machine.context, found.of, result))


def _is_never_even(value: Value) -> bool:
    """Whether numbers are never all the same and finite: some that were drawn at random are among what they
    were made from, or the logarithms of how much there is of each frequency, which are infinite where a
    signal is even."""
    for each in made_from(value):
        meaning, lineage = meaning_of(each), lineage_of(each)
        if isinstance(meaning, Frequencies) and meaning.are_logarithms:
            return True
        if lineage is not None and is_noise(lineage.rows):
            return True
    return False


def _is_asked_about(machine: "Machine", node: cst.CSTNode) -> bool:
    """Whether a condition around a division asks about the numbers that it divides by: `if high > low`."""
    by = node.right if isinstance(node, cst.BinaryOperation) else None
    while isinstance(by, cst.Call) and not by.args and isinstance(by.func, cst.Attribute):
        by = by.func.value
    if by is None:
        return False
    parts = (by.left, by.right) if isinstance(by, cst.BinaryOperation) else (by,)
    texts = [as_written(part) for part in parts]
    asked = (as_written(guard.node) for guard in machine.context.guards)
    return any(all(text in condition for text in texts) for condition in asked)


@hook("assign_item")
def filled_up(
    machine: "Machine",
    receiver: Value,
    indices: Sequence[Index],
    value: Value,
    node: cst.CSTNode,
) -> bool:
    """`power[power == 0] = 1e-10`: what is 0 by a test of the numbers themselves gets another number."""
    number = known_number(value)
    if not isinstance(meaning_of(receiver), Vanishing) or (number and number.constant == 0):
        return False
    asked = indices[0] if len(indices) == 1 else None
    tests = map(meaning_of, made_from(asked)) if isinstance(asked, (Tensor, Unknown)) else ()
    if any(isinstance(test, Small) and test.of is receiver for test in tests):
        forget_meaning(receiver)
    return False


_RANGE, _SPREAD = "the range of one sample", "the spread of one sample"
_EPISODE, _UNION = "the spread of one episode", "the size of a union of masks"
_NOTHINGS = frozenset([_RANGE, _SPREAD, _EPISODE, _UNION])


def _meaning(
    machine: "Machine", operation: str, operands: Sequence[Value], node: cst.CSTNode
) -> Extreme | Mask | Positive | Small | Vanishing | None:
    first = operands[0]
    meaning = meaning_of(first)
    if operation in _EITHER and len(operands) == 2 and all(map(_is_mask, operands)):
        if all(map(_is_written_mask, operands)) or any(map(_is_of_found_class, operands)):
            return None
        return Mask(is_union=True)
    if operation in _EXCEEDS and len(operands) == 2 and _is_half(operands[1]):
        return Mask(is_written=_is_written_out(first))
    if isinstance(meaning, Vanishing) and _is_above_zero(operation, operands[-1]):
        return Positive(first)
    if isinstance(meaning, Vanishing) and operation in _IS_SMALL and len(operands) == 2:
        return Small(first)
    if operation in _EQUALS and len(operands) == 2 and _counts(machine, operands[1]):
        return Mask()
    if operation in {"sum", "count_nonzero"} and isinstance(meaning, Mask) and meaning.is_union:
        return Vanishing(_UNION, first)
    if operation in _KEEP and isinstance(meaning, (Mask, Vanishing)):
        return meaning if isinstance(meaning, Mask) or _is_ours(meaning) else None
    if operation == "std":
        return _spread(machine, first, len(operands), node)
    if not _is_of_one_sample(machine):
        return None
    if operation in _EXTREMES and len(operands) == 1:
        return Extreme(_EXTREMES[operation], first)
    if operation == "ptp" and len(operands) == 1:
        return Vanishing(_RANGE, first)
    if operation in {"-", "sub"} and len(operands) == 2 and isinstance(meaning, Extreme):
        other = meaning_of(operands[1])
        if isinstance(other, Extreme) and other.of is meaning.of and other.kind != meaning.kind:
            return Vanishing(_RANGE, meaning.of)
    return None


def _is_ours(meaning: Vanishing) -> bool:
    return meaning.of == SILENCE or meaning.of in _NOTHINGS or meaning.of in BY_HAND


def _is_mask(value: Value) -> bool:
    return isinstance(meaning_of(value), Mask) or (
        isinstance(value, Tensor) and value.dtype == "bool"
    )


def _is_written_out(value: Value) -> bool:
    """Whether numbers stand in the program itself, for everybody to see what is there."""
    return any(
        isinstance(each, ValueSequence)
        and bool(each.items)
        and all(isinstance(item, Scalar) for item in each.items or ())
        for each in made_from(value)
    )


def _is_written_mask(value: Value) -> bool:
    meaning = meaning_of(value)
    return isinstance(meaning, Mask) and meaning.is_written


def _is_of_found_class(mask: Value) -> bool:
    """Whether a mask shows where a class is that was found in a picture: one of `truth.unique()`."""
    return any(
        each.place is not None
        and isinstance(each.place.node, cst.Call)
        and isinstance(each.place.node.func, cst.Attribute)
        and each.place.node.func.attr.value == "unique"
        for each in made_from(mask)
    )


def _is_half(value: Value) -> bool:
    number = known_number(value)
    return number is not None and number.constant == 0.5


def _is_above_zero(operation: str, limit: Value) -> bool:
    """Whether a comparison holds for numbers that are above 0, and of those that are not negative
    for no others."""
    number = known_number(limit)
    constant = None if number is None else number.constant
    if constant is None:
        return False
    return constant >= 0 if operation in _IS_ABOVE else constant == 0 and operation in _DIFFERS


def _counts(machine: "Machine", value: Value) -> bool:
    """Whether a value is the number of a class, of which a loop goes through all, be they in a picture or
    not: objects that are gone through were found there."""
    if not isinstance(value, Scalar):
        return False
    return any(
        isinstance(loop.over, Object)
        and loop.over.path == "builtins.range"
        and loop.symbol in value.number.symbols()
        for loop in machine.context.loops
    )


def _spread(machine: "Machine", value: Value, given: int, node: cst.CSTNode) -> Vanishing | None:
    """The standard deviation of all numbers of one sample, or of the steps of one episode."""
    if given > 1 or (isinstance(node, cst.Call) and any(each.keyword for each in node.args)):
        return None
    episode = _OF_EPISODE.match(as_written(node))
    if episode is not None and not _is_of_several(machine, episode[1]):
        return Vanishing(_EPISODE, value)
    return Vanishing(_SPREAD, value) if _is_of_one_sample(machine) else None


def _is_of_several(machine: "Machine", name: str) -> bool:
    """Whether the steps of several episodes, or a part of such, go by a name."""
    if _SEVERAL.search(name):
        return True
    functions = machine.context.functions
    code = as_written(functions[-1].node) if functions else machine.source.text
    put_together = rf"\b{re.escape(name)}\s*=[^=\n]*\b(?:concatenate|concat|cat|hstack|flatten)\("
    return _GOES_THROUGH.search(code) is not None or re.search(put_together, code) is not None


def _is_of_one_sample(machine: "Machine") -> bool:
    """Whether a data set makes a sample."""
    return any(function.name == "__getitem__" for function in machine.context.functions)
