"""Findings that rest on an assumption, which the runs of other files may settle."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from advisor.code.outcomes import Outcome
    from advisor.findings import Finding, Location


def settle_assumptions(outcomes: "Sequence[Outcome]") -> None:
    """Drop what was assumed of a function that its own file calls nowhere, where other files call it and
    show that nothing is wrong, and no script shows the opposite."""
    in_order: dict[tuple[str, str], list[Location]] = {}
    for outcome in outcomes:
        for code, place in outcome.in_order:
            in_order.setdefault((code, place.filename), []).append(place)
    if not in_order:
        return
    shown = set[tuple[str, object]]()
    for outcome in outcomes:
        shown.update({(each.code, each.place) for each in outcome.findings} - {*outcome.assumed})
    for outcome in outcomes:
        outcome.findings = [
            each
            for each in outcome.findings
            if (each.code, each.place) in shown
            or not any(
                _covers(each, place)
                for place in in_order.get((each.code, each.location.filename), ())
            )
        ]


def _covers(finding: "Finding", place: "Location") -> bool:
    where = finding.location
    return where.cell == place.cell and where.row <= place.row <= where.end_row
