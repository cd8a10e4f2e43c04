"""Many runs judged by the same rules, here or through an executor: the same either way."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from advisor.rulebook import Rule, rulebook
from advisor.runs.diagnosis import RunDiagnosis, diagnose
from advisor.runs.parallel import Executor, batches_of, in_order
from advisor.runs.run import Run
from advisor.runs.thresholds import Thresholds
from advisor.runs.user_facts import UserFacts

MANY_RUNS = 50
"""From so many runs on it pays to hand them to other processes."""
_RUNS_OF_BATCH = 8
_POINTS_OF_BATCH = 2_000_000


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that a rule could not cope with, which is a fault of the rule; the reason in words."""

    run: Run
    reason: str


@dataclass(frozen=True, slots=True)
class Judge:
    """How runs are judged; picklable, since it names its rules by their codes."""

    user: UserFacts
    thresholds: Thresholds
    codes: tuple[str, ...]

    @classmethod
    def by(cls, rules: Sequence[Rule], user: UserFacts, thresholds: Thresholds) -> "Judge":
        """A judge that goes by these rules."""
        return cls(user, thresholds, tuple(rule.code for rule in rules))

    def judge(self, run: Run) -> RunDiagnosis | Failure:
        """The diagnosis of a run; a rule that fails on it must not hide what is said of others."""
        try:
            return diagnose(run, self.user, self.thresholds, self._rules())
        except Exception as error:
            if os.environ.get("NNADVISE_DEBUG"):
                raise
            return Failure(run, f"{type(error).__name__}: {error}")

    def _rules(self) -> list[Rule]:
        by_code = rulebook("runs").by_code
        return [by_code[code] for code in self.codes]


def judge_all(
    runs: Sequence[Run],
    judge: Judge,
    executor: Executor | None = None,
    on_done: Callable[[int, int, Run], None] | None = None,
) -> Iterator[RunDiagnosis | Failure]:
    """What is said of each run, in their order; `on_done` is told how many are done, of how many."""
    results = _through(executor, runs, judge) if executor and len(runs) >= MANY_RUNS else None
    for count, (run, found) in enumerate(
        zip(runs, results or map(judge.judge, runs), strict=True), 1
    ):
        if on_done is not None:
            on_done(count, len(runs), run)
        yield replace(found, run=run)


def _through(
    executor: Executor, runs: Sequence[Run], judge: Judge
) -> Iterator[RunDiagnosis | Failure]:
    share = _POINTS_OF_BATCH / _RUNS_OF_BATCH
    costs = [share + sum(map(len, run.curves)) for run in runs]
    batches = batches_of(runs, costs, _POINTS_OF_BATCH)
    for batch in in_order(executor, partial(_judge_batch, judge), batches):
        yield from batch


def _judge_batch(judge: Judge, runs: Sequence[Run]) -> list[RunDiagnosis | Failure]:
    """The diagnoses without the curves, which need not travel back."""
    return [replace(judge.judge(run), run=replace(run, curves=())) for run in runs]
