"""Batches that are all taken to be as large as one of them, the last one included."""

from advisor.code import symbols
from advisor.code.events import Loop
from advisor.code.facts.loop_lengths import data_of
from advisor.code.symbols import Number
from advisor.code.values import Object, number_of


def counts_places(number: Number, batches: Number, samples: Number | None, loop: Loop) -> bool:
    """Whether a number is that of the `batches` that a loop goes over times the size of one, though the
    last of them is smaller, or times the size of that last one."""
    if batches.is_one:
        return False  # there is no other one
    data = data_of(loop)
    size = number_of(data.argument(1, "batch_size")) if isinstance(data, Object) else None
    if samples is not None and samples.integer and size is not None and size.integer:
        full = -(-samples.integer // size.integer)
        if batches.integer != full or samples.integer % size.integer == 0:
            return False
        if number.integer is not None:
            return number.integer == full * size.integer
    each = symbols.divide(number, batches)
    if each is None or each.coefficient != 1 or len(each.factors) != 1:
        return False
    symbol, power = each.factors[0]
    return power == 1 and symbol.is_batch and not symbol.is_full
