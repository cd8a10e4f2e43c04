"""Findings explain each other away, so that one diagnosis leads instead of a dozen alarms."""

from collections.abc import Iterable
from dataclasses import dataclass

from advisor.findings import Finding, Severity
from advisor.recipe.book import explanations, order_of_diagnoses


@dataclass(frozen=True, slots=True)
class Explained:
    """A finding that another one accounts for: it is no news of its own.

    `by` is the name of the diagnosis that explains it, `why` the reason in words.
    """

    finding: Finding
    by: str
    why: str


def explain_away(
    findings: Iterable[Finding],
) -> tuple[tuple[Finding, ...], tuple[Explained, ...]]:
    """Part findings into those that stand for themselves, leading one first, and the explained."""
    ranked = sorted(findings, key=_rank)
    explained = [reason for finding in ranked if (reason := _explained(finding, ranked))]
    known = {id(each.finding) for each in explained}
    return tuple(each for each in ranked if id(each) not in known), tuple(explained)


def _rank(finding: Finding) -> tuple[bool, int, int]:
    order = order_of_diagnoses()
    place = order.index(finding.name) if finding.name in order else len(order)
    return finding.severity is Severity.INFO, place, finding.severity.rank


def _explained(finding: Finding, findings: Iterable[Finding]) -> Explained | None:
    """The gravest explanation of a finding; mere information explains only information."""
    for cause in findings:
        if cause.severity is Severity.INFO and finding.severity is not Severity.INFO:
            continue
        for explanation in explanations():
            if cause.name == explanation.cause and finding.name in explanation.effects:
                return Explained(finding, cause.name, explanation.why)
    return None
