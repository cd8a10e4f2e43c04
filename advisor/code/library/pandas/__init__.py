"""pandas: tables and columns. Each module models one thing that is done to them."""

from advisor.code.library.pandas import (
    assignments,
    attributes,
    column_names,
    creation,
    filling,
    joins,
    rankings,
    rows,
    selections,
    statistics,
    subscripts,
    tables,
    unknown_tables,
)

__all__ = [
    "assignments",
    "attributes",
    "column_names",
    "creation",
    "filling",
    "joins",
    "rankings",
    "rows",
    "selections",
    "statistics",
    "subscripts",
    "tables",
    "unknown_tables",
]
