"""Selections of features that leave every column in place."""

from advisor.code.values import (
    Constant,
    Object,
    Tensor,
    Value,
    known_constant,
    known_integer,
    known_text,
)

# Where selectors are told how many columns to keep, and how many they keep by default.
_COUNTS = {"SelectKBest": (1, "k", 10), "RFE": (1, "n_features_to_select", None)}
_WHOLE = 100


def keeps_every_column(selector: Value | None, data: Value) -> bool:
    """Whether a selector is asked for all columns, or for as many as the data has or more."""
    if not isinstance(selector, Object) or selector.arguments.unknown:
        return False
    name = selector.path.rsplit(".", 1)[-1]
    if name == "SelectPercentile":
        return known_constant(selector.argument(1, "percentile")) == _WHOLE
    if name not in _COUNTS:
        return False
    index, option, default = _COUNTS[name]
    asked = selector.argument(index, option)
    if known_text(asked) == "all":
        return True
    if isinstance(asked, Constant) and asked.configurable:
        return False
    kept, there = default if asked is None else known_integer(asked), _columns(data)
    return kept is not None and there is not None and kept >= there


def _columns(data: Value) -> int | None:
    """How many columns an array has, where that is known."""
    dims = data.shape.dims if isinstance(data, Tensor) else None
    return dims[1].integer if dims is not None and len(dims) == 2 else None
