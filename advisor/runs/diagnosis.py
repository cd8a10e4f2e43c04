"""One run, judged: every rule asked, findings that explain each other away, one next step."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from advisor.findings import Evidence, Finding
from advisor.recipe.explaining import Explained, explain_away
from advisor.recipe.next_step import NextStep
from advisor.recipe.planner import Standing, plan
from advisor.rulebook import Rule, rulebook
from advisor.runs.assembly import Facts, assemble
from advisor.runs.decomposition import Decomposition
from advisor.runs.facts import GeneralisationGap
from advisor.runs.not_judged import NotJudged
from advisor.runs.run import Direction, Kind, Run, Split
from advisor.runs.thresholds import Thresholds
from advisor.runs.user_facts import UserFacts
from advisor.runs.wording import number

__all__ = ["Explained", "NotJudged", "RunDiagnosis", "diagnose"]


@dataclass(frozen=True)
class RunDiagnosis:
    """What can be said about one run.

    `findings` holds the leading diagnosis first, `explained` those that it or another one accounts
    for. `next_step` is None for something that is no training run; `asked` are the names of the rules
    that had something to look at.
    """

    run: Run
    findings: tuple[Finding, ...]
    explained: tuple[Explained, ...] = ()
    not_judged: tuple[NotJudged, ...] = ()
    decomposition: Decomposition | None = None
    next_step: NextStep | None = None
    asked: frozenset[str] = frozenset()


def diagnose(
    run: Run,
    user: UserFacts | None = None,
    thresholds: Thresholds | None = None,
    rules: Iterable[Rule] | None = None,
) -> RunDiagnosis:
    """Judge a run by `rules` (by default the rulebook's own selection)."""
    facts = assemble(run, user or UserFacts(), thresholds or Thresholds())
    if run.kind is Kind.NOT_A_RUN:
        return RunDiagnosis(run, (), not_judged=facts.not_judged)
    selected = rulebook("runs").select() if rules is None else tuple(rules)
    findings, explained = explain_away(_findings(facts, selected))
    standing = Standing(
        findings,
        run.kind.value,
        frozenset(_traits(run, facts)),
        tuple(_table(facts.decomposition)),
    )
    return RunDiagnosis(
        run,
        findings,
        explained,
        facts.not_judged,
        facts.decomposition,
        plan(standing),
        frozenset(_asked(facts, selected)),
    )


def _asked(facts: Facts, rules: Iterable[Rule]) -> Iterator[str]:
    for rule in rules:
        if any(isinstance(fact, rule.fact) for fact in facts.facts):
            yield rule.name


def _findings(facts: Facts, rules: Iterable[Rule]) -> Iterator[Finding]:
    for rule in rules:
        for fact in facts.facts:
            if isinstance(fact, rule.fact):
                yield from rule.findings(fact)


def _traits(run: Run, facts: Facts) -> Iterator[str]:
    splits = {curve.role.split for curve in run.curves}
    if run.kind is Kind.SUPERVISED and not splits & {Split.VALIDATION, Split.TEST}:
        yield "no-validation"
    judged = (each.role for each in run.curves if each.role.quantity != "loss")
    if run.kind is Kind.ADVERSARIAL and all(role.direction is Direction.NONE for role in judged):
        yield "no-score"
    table = facts.decomposition
    if table is not None and table.level("goal") is not None and table.leading is None:
        yield "goal-reached"
    for fact in facts.facts:
        if isinstance(fact, GeneralisationGap) and not fact.has_opened:
            yield "no-gap"


def _table(decomposition: Decomposition | None) -> Iterator[Evidence]:
    """The levels of the decomposition as evidence for the next step."""
    if decomposition is None:
        return
    unit = f" {decomposition.unit}" if decomposition.unit else ""
    for level in decomposition.levels:
        yield Evidence(f"{level.name}", f"{number(level.value)}{unit}", level.value)
