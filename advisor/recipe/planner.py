"""From findings to the one next thing to do: the recipe's decision list.

(1) Is the pipeline sound? (2) Can it overfit? (3) bias, (4) variance, (5) shift, (6) tune, squeeze.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from advisor.findings import Evidence, Finding, Severity
from advisor.recipe.book import Situation, situations
from advisor.recipe.next_step import NextStep
from advisor.recipe.steps import Step


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a run stands: what leads, and what else the decision depends on.

    `findings` are those that no other finding explains, the leading one first; `kind` is the kind
    of run; `traits` are `no-validation`, `no-gap`, `goal-reached`, `no-score`, as far as they are known;
    `evidence` is what the curves say whatever the findings are, such as the decomposition.
    """

    findings: tuple[Finding, ...]
    kind: str
    traits: frozenset[str] = frozenset()
    evidence: tuple[Evidence, ...] = ()


def plan(standing: Standing, ladder: Sequence[Situation] | None = None) -> NextStep:
    """The step of the recipe that a run is at, the evidence for it, and the next move.

    `ladder` is the decision list, by default that for single runs. Raises `LookupError` if none of
    its rungs applies.
    """
    for situation in situations() if ladder is None else ladder:
        deciding = _deciding(situation, standing)
        if deciding is not None:
            return _next_step(situation, deciding, standing)
    raise LookupError("the decision list has no last rung that always applies")


def _deciding(situation: Situation, standing: Standing) -> list[Finding] | None:
    """The findings that put the run into this situation; None where it does not apply."""
    if situation.kinds and standing.kind not in situation.kinds:
        return None
    if situation.needs and situation.needs not in standing.traits:
        return None
    found = [
        finding
        for finding in standing.findings
        if finding.name in situation.when
        and (situation.also_info or finding.severity is not Severity.INFO)
    ]
    return found if found or not situation.when else None


def _next_step(situation: Situation, deciding: list[Finding], standing: Standing) -> NextStep:
    first, *rest = situation.moves
    return NextStep(
        step=situation.step,
        name=situation.name,
        title=situation.title,
        why=_why(situation.step, deciding),
        evidence=(*_evidence(deciding), *standing.evidence),
        move=first,
        then=tuple(rest),
    )


def _why(step: Step, deciding: list[Finding]) -> str:
    if deciding:
        return deciding[0].message
    return f"no finding holds the run back before step {step.number}, {step.heading}"


def _evidence(deciding: Iterable[Finding]) -> Iterable[Evidence]:
    for finding in deciding:
        yield from finding.evidence
