"""The columns that a model looks at where it is told by their names: `ColumnTransformer`."""

from collections.abc import Iterator

from advisor.code.library.pandas.tables import names_in, names_left
from advisor.code.values import Columns, Object, Sequence, Value, known_text

_MAKER = "make_column_transformer"


def told_columns(model: Value, held: Columns) -> Iterator[Columns]:
    """The columns of those that a model is given which it goes by, as far as each group of them is
    known; nothing where the columns are not what it looks at first."""
    chooser = _first_step(model)
    if chooser is None:
        return
    if known_text(chooser.argument(-1, "remainder")) == "passthrough":
        if not any(known_text(what) == "drop" for what, _ in _groups(chooser)):
            yield held
        return
    for what, names in _groups(chooser):
        taken = None if known_text(what) == "drop" else _taken(held, names)
        if taken is not None:
            yield taken


def _first_step(model: Value) -> Object | None:
    """What chooses columns: the model itself, or the first step of a pipeline."""
    if not isinstance(model, Object):
        return None
    name = model.path.rsplit(".", 1)[-1]
    if name in {"ColumnTransformer", _MAKER}:
        return model
    steps: tuple[Value, ...] | list[Value] = ()
    if name == "make_pipeline":
        steps = model.arguments.positional
    elif name == "Pipeline":
        given = model.argument(0, "steps")
        pair = given.items[0] if isinstance(given, Sequence) and given.items else None
        steps = pair.items[1:] if isinstance(pair, Sequence) and pair.items else ()
    return _first_step(steps[0]) if steps else None


def _groups(chooser: Object) -> Iterator[tuple[Value, Value]]:
    """What columns go through, and their names."""
    if chooser.path.endswith(_MAKER):
        given: tuple[Value, ...] | list[Value] = chooser.arguments.positional
    else:
        listed = chooser.argument(0, "transformers")
        given = listed.items or () if isinstance(listed, Sequence) else ()
    for each in given:
        items = each.items if isinstance(each, Sequence) else None
        if items is not None and len(items) >= 2:
            yield items[-2], items[-1]


def _taken(held: Columns, names: Value) -> Columns | None:
    left = names_left(names)
    if left is None:
        single = names_in(names)
        return None if single is None else held.only(single)
    if left.table is not held.table:
        return None
    of_these = held.but(left.without, left.place)
    if left.only_numbers:
        of_these = of_these.of_numbers(left.place)
    if left.span is not None:
        return None
    return of_these if left.names is None else of_these.only(left.names, left.place)
