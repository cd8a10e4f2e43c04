"""One run, judged: every rule asked, findings that explain each other away, one next step."""

from collections.abc import Iterable
from dataclasses import dataclass

from advisor.findings import Finding
from advisor.recipe.next_step import NextStep
from advisor.rulebook import Rule, rulebook
from advisor.runs.decomposition import Decomposition
from advisor.runs.facts import NotJudged, assemble
from advisor.runs.run import Run
from advisor.runs.thresholds import Thresholds
from advisor.runs.user_facts import UserFacts


@dataclass(frozen=True, slots=True)
class Explained:
    """A finding that another one accounts for: it is no news of its own."""

    finding: Finding
    by: str
    why: str


@dataclass(frozen=True)
class RunDiagnosis:
    """What can be said about one run.

    `findings` holds the leading diagnosis first, `explained` those that it or another one accounts
    for. `next_step` is None for something that is no training run.
    """

    run: Run
    findings: tuple[Finding, ...]
    explained: tuple[Explained, ...] = ()
    not_judged: tuple[NotJudged, ...] = ()
    decomposition: Decomposition | None = None
    next_step: NextStep | None = None


def diagnose(
    run: Run,
    user: UserFacts | None = None,
    thresholds: Thresholds | None = None,
    rules: Iterable[Rule] | None = None,
) -> RunDiagnosis:
    """Judge a run by `rules` (by default the rulebook's own selection)."""
    facts = assemble(run, user or UserFacts(), thresholds or Thresholds())
    selected = rulebook().select() if rules is None else tuple(rules)
    findings = tuple(
        finding
        for rule in selected
        for fact in facts.facts
        if isinstance(fact, rule.fact)
        for finding in rule.findings(fact)
    )
    return RunDiagnosis(run, findings, not_judged=facts.not_judged)
