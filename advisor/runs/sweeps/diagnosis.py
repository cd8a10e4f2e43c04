"""Several runs, judged together: what they say, and the one next thing to try."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from advisor.findings import Finding
from advisor.recipe.book import situations_of_sweeps
from advisor.recipe.next_step import NextStep
from advisor.recipe.planner import Standing, plan
from advisor.rulebook import Rule, rulebook
from advisor.runs.diagnosis import RunDiagnosis
from advisor.runs.sweeps.assembly import facts_of, sweep_of
from advisor.runs.sweeps.facts import Sweep
from advisor.runs.thresholds import Thresholds
from advisor.runs.user_facts import UserFacts


@dataclass(frozen=True)
class SweepDiagnosis:
    """What can be said about several runs together; the gravest finding comes first."""

    sweep: Sweep
    findings: tuple[Finding, ...]
    next_step: NextStep


def diagnose_sweep(
    diagnoses: Sequence[RunDiagnosis],
    user: UserFacts | None = None,
    thresholds: Thresholds | None = None,
    rules: Iterable[Rule] | None = None,
) -> SweepDiagnosis | None:
    """Judge several runs together; None if fewer than two of them can be compared."""
    sweep = sweep_of(diagnoses, user or UserFacts(), thresholds or Thresholds())
    if sweep is None or len(sweep) < 2:
        return None
    selected = rulebook("runs").select() if rules is None else tuple(rules)
    found = [
        finding
        for rule in selected
        for fact in facts_of(sweep)
        if isinstance(fact, rule.fact)
        for finding in rule.findings(fact)
    ]
    found.sort(key=lambda finding: (finding.severity.rank, finding.code))
    standing = Standing(tuple(found), "sweep", frozenset(_traits(sweep)))
    step = plan(standing, situations_of_sweeps())
    if all(finding.message != step.why for finding in found):
        step = replace(step, why=_best_in_words(sweep))
    return SweepDiagnosis(sweep, tuple(found), step)


def _traits(sweep: Sweep) -> Iterator[str]:
    if not sweep.settings:
        yield "no-settings"
    elif not sweep.tuned:
        yield "only-seeds"


def _best_in_words(sweep: Sweep) -> str:
    best = sweep.best
    though = f", though it has `{best.verdict}`" if best.verdict else ""
    ranges = "".join(
        f"; look at `{name}` from {low:g} to {high:g}" for name, low, high in _ranges(sweep)
    )
    return f"`{best.run.name}` is the best of {len(sweep)} runs by `{sweep.tag}`{though}{ranges}"


def _ranges(sweep: Sweep) -> Iterator[tuple[str, float, float]]:
    """Where to draw again: between the neighbours of the best value if one setting differs, else
    where the best quarter of the runs lies, for settings that matter."""
    if len(sweep.tuned) == 1 and sweep.tuned[0].is_numeric:
        (setting,) = sweep.tuned
        best, numbers = sweep.value(sweep.best, setting), setting.numbers
        if isinstance(best, int | float) and len(numbers) > 2:
            at = numbers.index(float(best))
            yield setting.name, numbers[max(at - 1, 0)], numbers[min(at + 1, len(numbers) - 1)]
        return
    quarter = sweep.ranking[: max(3, len(sweep) // 4)]
    for setting in (each.setting for each in sweep.influences if sweep.matters(each)):
        values = [sweep.value(outcome, setting) for outcome in quarter]
        drawn = [float(value) for value in values if isinstance(value, int | float)]
        if setting.is_numeric and drawn and min(drawn) < max(drawn):
            yield setting.name, min(drawn), max(drawn)
