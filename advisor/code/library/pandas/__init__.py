"""pandas: tables and columns. Each module models one thing that is done to them."""

from advisor.code.library.pandas import (
    aggregates,
    assignments,
    attributes,
    column_names,
    creation,
    filling,
    joins,
    queries,
    rankings,
    rows,
    selections,
    statistics,
    subscripts,
    tables,
    unknown_tables,
)

__all__ = [
    "aggregates",
    "assignments",
    "attributes",
    "column_names",
    "creation",
    "filling",
    "joins",
    "queries",
    "rankings",
    "rows",
    "selections",
    "statistics",
    "subscripts",
    "tables",
    "unknown_tables",
]
