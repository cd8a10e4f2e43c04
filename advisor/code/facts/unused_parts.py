"""Parts of divided rows that a program does nothing with."""

import re
from collections.abc import Iterator

from advisor.code.events import (
    Escaped,
    Fitted,
    ForwardRun,
    LoaderBuilt,
    MetricTaken,
    Predicted,
    RowsSplit,
    Scored,
)
from advisor.code.facts.loop_lengths import data_of
from advisor.code.facts.run import AbstractRun, code_of, contexts_of
from advisor.code.facts.sides import side_of_names
from advisor.code.facts.used_sides import rows_used
from advisor.code.library.lineages import all_of, known
from advisor.code.values import RowSet, Value


def keeps_one_side(event: RowsSplit, run: AbstractRun) -> bool:
    """Whether a division only takes a share of the rows: nothing becomes of the others, which no name
    gives to one side, while it is known what models learn from and what judges them."""
    parts = () if event.by_hand else _parts_of(event)
    learned, judging, touched = run.once(_used) if parts else ([], [], [])
    if not learned or not judging:
        return False
    used = [each for each in parts if any(rows.within(each) for rows in touched)]
    others = [each for each in parts if each not in used]
    if len({each.how for each in used}) != 1 or not others:
        return False
    if any(side_of_names(each.names) is not None for each in others):
        return False
    if any(_is_named_again(each, event) for each in others):
        return False
    wholes = [each.rows for each in event.lineages]
    return not any(
        any(map(rows.within, wholes)) and not any(map(rows.within, used))
        for rows in (*learned, *judging)
    )


def _parts_of(event: RowsSplit) -> tuple[RowSet, ...]:
    """The parts that rows are divided into, those of a data set as well."""
    wholes = [found.rows for each in event.data if (found := known(each)) is not None]
    drawn = (part for whole in wholes for part in whole.parts.values())
    return event.parts or tuple(dict.fromkeys(each for each in drawn if each.split is event))


def _is_named_again(part: RowSet, event: RowsSplit) -> bool:
    """Whether the function that divides the rows names a part once more: it may give it back."""
    if not event.context.functions:
        return False
    text = code_of(event.context.functions[-1].node)
    return any(len(re.findall(rf"\b{re.escape(each)}\b", text)) > 1 for each in part.names)


def _used(run: AbstractRun) -> tuple[list[RowSet], list[RowSet], list[RowSet]]:
    """The rows that models learn from, those that judge them, and all that anything is done with."""
    learned, judging = (list(rows) for rows in rows_used(run))
    learned += [each.rows for each in run.events(Fitted) if each.labelled]
    judging += [each.rows for each in run.events(Scored)]
    judging += [rows for each in run.events(MetricTaken) for rows in each.rows]
    handed = [lineage.rows for value in _handed(run) for lineage in all_of(value)]
    asked = [each.rows for each in run.events(Predicted)]
    return learned, judging, list(dict.fromkeys([*learned, *judging, *asked, *handed]))


def _handed(run: AbstractRun) -> Iterator[Value | None]:
    """What loaders read, loops go over, models are given, and unknown code gets."""
    for event in run.events_among(LoaderBuilt, ForwardRun, Escaped):
        match event:
            case LoaderBuilt():
                yield event.loader.fields.get("dataset")
            case ForwardRun():
                yield from event.arguments.values()
            case Escaped():
                yield from event.values
    yield from {data_of(loop) for context in contexts_of(run) for loop in context.loops}
