"""The recipe as a checklist: what the evidence of a run ticks, what it speaks against, what is open."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from advisor.findings import Finding, Severity
from advisor.recipe.book import Item, checklist
from advisor.recipe.explaining import Explained


class Mark(StrEnum):
    """What the evidence says about an item."""

    DONE = "x"
    AGAINST = "!"
    OPEN = " "


@dataclass(frozen=True, slots=True)
class Ticked:
    """An item of the recipe with its mark, and why it is not ticked (empty if it is)."""

    item: Item
    mark: Mark
    why: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a run: what was said and explained, which rules were asked about it, and
    what could not be judged, with the reasons."""

    findings: Sequence[Finding]
    explained: Sequence[Explained]
    asked: Collection[str]
    not_judged: Mapping[str, str]


def tick(record: Record) -> Iterator[Ticked]:
    """Every item of the recipe, in order, as the record of a run shows it."""
    for item in checklist():
        yield _ticked(item, record)


def _ticked(item: Item, record: Record) -> Ticked:
    if not item.spoken_against:
        return Ticked(item, Mark.OPEN, "no curve can show it")
    for finding in record.findings:
        counts = not (item.only_loud and finding.severity is Severity.INFO)
        if finding.name in item.spoken_against and counts:
            return Ticked(item, Mark.AGAINST, finding.message)
    for each in record.explained:
        if each.finding.name in item.spoken_against:
            why = f"{each.finding.message}; but {each.by} accounts for it: {each.why}"
            return Ticked(item, Mark.OPEN, why)
    for need in item.needs:
        if need in record.not_judged:
            return Ticked(item, Mark.OPEN, record.not_judged[need])
    if item.spoken_against[0] not in record.asked:
        return Ticked(item, Mark.OPEN, "not enough was logged to tell")
    return Ticked(item, Mark.DONE)
