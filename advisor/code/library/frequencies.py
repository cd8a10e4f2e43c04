"""What a Fourier transform makes of signals and pictures, as far as it stays 0 where it is 0."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.library.models import observes
from advisor.code.values import Bounded, Frequencies, Value, give_meaning, meaning_of
from advisor.code.values import Sequence as ValueSequence

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_TRANSFORMS = ("fft", "fft2", "fftn", "rfft", "rfft2", "rfftn")
_KEEP = frozenset(
    ["abs", "absolute", "square", "pow", "power", "**", "*", "fftshift", "[]", "stack"]
    + ["astype", "float", "sqrt", "squeeze", "cpu", "numpy"]
)
_LOGARITHMS = frozenset(["log", "log10", "log2"])


@observes(*_TRANSFORMS, *_KEEP, *_LOGARITHMS)
def observed(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`np.log(np.abs(np.fft.fft2(picture)))`."""
    meaning = meaning_of(result)
    if meaning is not None and type(meaning) is not Bounded:
        return
    if operation in _TRANSFORMS:
        give_meaning(result, Frequencies())
    elif operands and (of := _frequencies(operands[0])) is not None:
        is_logarithm = operation in _LOGARITHMS
        give_meaning(result, Frequencies(is_logarithm or of.are_logarithms))


def _frequencies(value: Value) -> Frequencies | None:
    """What numbers, or those of a list, say of frequencies."""
    if isinstance(value, ValueSequence):
        items = value.items if value.items else (value.element,)
        return None if items[0] is None else _frequencies(items[0])
    meaning = meaning_of(value)
    return meaning if isinstance(meaning, Frequencies) else None
