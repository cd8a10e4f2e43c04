"""Rows of a table that are asked for by a text: `df.query("year < 2020")`."""

import libcst as cst

from advisor.code.library.lineages import FRAME
from advisor.code.library.models import Call, method
from advisor.code.library.pandas.selections import fewer
from advisor.code.library.pandas.subscripts import compared, item_of_table
from advisor.code.library.pandas.tables import column
from advisor.code.nodes import as_written
from advisor.code.values import TRUE, Object, Value, known_text

# One comparison is shorter.
_LONGEST = 200


@method(FRAME, "query")
def asked_for(call: Call) -> Value | None:
    """The rows for which a comparison of a column with a value holds, as a mask would choose them; of
    any other text no more is known than that it leaves some of the rows."""
    table, asked = call.receiver, _comparison(known_text(call.argument(0, "expr")))
    assert isinstance(table, Object)
    if asked is None or call.argument(-1, "inplace") is TRUE:
        return fewer(call)
    name, target = asked
    value = call.machine.evaluate(target.comparator)
    operator = type(target.operator).__name__
    mask = compared(call.machine, operator, column(table, name), value, call.node)
    return fewer(call) if mask is None else item_of_table(call.machine, table, (mask,), call.node)


def _comparison(text: str | None) -> tuple[str, cst.ComparisonTarget] | None:
    """The column, and what it is compared with, of a text that compares one with a number or a text."""
    if text is None or len(text) > _LONGEST:
        return None
    try:
        asked = cst.parse_expression(text.strip())
    except (cst.ParserSyntaxError, ValueError):
        return None
    if not isinstance(asked, cst.Comparison) or len(asked.comparisons) != 1:
        return None
    target = asked.comparisons[0]
    literal = isinstance(target.comparator, cst.Integer | cst.Float | cst.SimpleString)
    return (
        (as_written(asked.left), target) if literal and isinstance(asked.left, cst.Name) else None
    )
