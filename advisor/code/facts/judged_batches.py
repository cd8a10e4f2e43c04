"""Whether the rounds of a loop can be those over the batches of an evaluation."""

from advisor.code.events import Loop
from advisor.code.facts.loop_lengths import data_of
from advisor.code.facts.one_batch import keeps_targets
from advisor.code.facts.run import AbstractRun
from advisor.code.values import Constant, Dictionary, Scalar, Sequence, Tensor, Value


def judges_batches(run: AbstractRun, loop: Loop) -> bool:
    """Whether a loop may judge other samples in each round. One over settings that are written out does
    not, be they temperatures, names or sizes, nor does one that compares with the same targets again."""
    return not _goes_over_settings(data_of(loop)) and not keeps_targets(run, loop)


def _goes_over_settings(data: Value | None) -> bool:
    """Whether a loop is given plain numbers or words one by one."""
    match data:
        case Sequence():
            items = data.items if data.items is not None else (data.element,)
            return bool(items) and all(_is_plain(each) for each in items)
        case Dictionary():
            return True  # its keys
        case Tensor():
            return data.shape.dims is not None and len(data.shape.dims) == 1
    return False


def _is_plain(value: Value | None) -> bool:
    """Whether a value is a number or a word, or a few of them that belong together."""
    if isinstance(value, Sequence):
        return bool(value.items) and all(_is_plain(each) for each in value.items or ())
    return isinstance(value, (Constant, Scalar))
