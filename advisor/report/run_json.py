"""What `nnadvise --output-format json` prints of runs, in the form that `run_schema` publishes."""

from collections.abc import Iterable, Sequence
from typing import TextIO

import numpy as np

from advisor.findings import CurveSpan, Evidence, Finding
from advisor.recipe.next_step import Move, NextStep
from advisor.report.printable import printable
from advisor.report.run_schema import (
    MOST_POINTS,
    AttemptRecord,
    ChangeRecord,
    CheckRecord,
    CurveRecord,
    DecompositionRecord,
    DiagnosisRecord,
    EventRecord,
    EvidenceRecord,
    HistoryRecord,
    LevelRecord,
    MoveRecord,
    NextStepRecord,
    NotJudgedRecord,
    OutcomeRecord,
    PointRecord,
    ReportRecord,
    RunRecord,
    SettingRecord,
    SweepRecord,
    TermRecord,
)
from advisor.runs.decomposition import Decomposition, Level
from advisor.runs.diagnosis import Explained, RunDiagnosis
from advisor.runs.history import Attempt, History
from advisor.runs.run import Curve, Direction
from advisor.runs.sweeps.diagnosis import SweepDiagnosis
from advisor.runs.sweeps.facts import Outcome, Sweep
from advisor.runs.sweeps.settings import Value
from advisor.runs.watching import Event


def report_of(
    diagnoses: Iterable[RunDiagnosis],
    together: SweepDiagnosis | None = None,
    history: History | None = None,
) -> ReportRecord:
    """The report on runs, in their order, and on what they say together and one by one."""
    return ReportRecord(
        runs=[_run(each) for each in diagnoses],
        sweep=_sweep(together) if together else None,
        history=_history(history) if history else None,
    )


class EventRecords:
    """Prints events as JSON, one to a line."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def __call__(self, event: Event) -> None:
        """Print one event."""
        run, step = event.diagnosis.run, event.next_step
        record = EventRecord(
            news=event.news,
            run=printable(run.name),
            step=max((int(curve.steps[-1]) for curve in run.curves if len(curve)), default=0),
            diagnosis=_diagnosis(event.finding) if event.finding else None,
            next_step=_next_step(step) if step else None,
        )
        print(record.model_dump_json(), file=self._file, flush=True)


def _run(diagnosis: RunDiagnosis) -> RunRecord:
    run, step = diagnosis.run, diagnosis.next_step
    said = [_diagnosis(each) for each in diagnosis.findings]
    explained = [_explained(each) for each in diagnosis.explained]
    return RunRecord(
        run=printable(run.name),
        kind=run.kind,
        stage=step.step if step else None,
        diagnoses=said + explained,
        next_step=_next_step(step) if step else None,
        decomposition=_decomposition(diagnosis.decomposition),
        curves=[_curve(each) for each in run.curves],
        not_judged=[
            NotJudgedRecord(what=printable(each.what), why=printable(each.why))
            for each in diagnosis.not_judged
        ],
        notes=[printable(note.text) for note in run.notes],
    )


def _sweep(found: SweepDiagnosis) -> SweepRecord:
    sweep = found.sweep
    return SweepRecord(
        quantity=printable(sweep.quantity),
        split=sweep.split,
        tag=printable(sweep.tag),
        outcomes=[_outcome(sweep, each) for each in sweep.ranking],
        settings=[
            SettingRecord(
                name=printable(each.setting.name),
                share=each.share,
                chance=each.chance,
                matters=sweep.matters(each),
            )
            for each in sweep.influences
        ],
        spread=sweep.spread,
        diagnoses=[_diagnosis(each) for each in found.findings],
        next_step=_next_step(found.next_step),
    )


def _history(history: History) -> HistoryRecord:
    return HistoryRecord(
        quantity=printable(history.quantity),
        unit=history.unit,
        attempts=[_attempt(each) for each in history.attempts],
    )


def _attempt(attempt: Attempt) -> AttemptRecord:
    table = attempt.decomposition
    return AttemptRecord(
        run=printable(attempt.diagnosis.run.name),
        levels=[_level(each) for each in table.levels],
        leading=table.leading.source if table.leading else None,
        changed=printable(attempt.said) or None,
        changes=[
            ChangeRecord(name=printable(name), before=_plain(before), after=_plain(after))
            for name, before, after in attempt.changes
        ],
        changed_at_once=attempt.changed_at_once,
        checks=[
            CheckRecord(
                move=each.move.name,
                what=each.what,
                predicted=each.predicted,
                before=each.before,
                after=each.after,
                verdict=each.verdict,
            )
            for each in attempt.checks
        ],
    )


def _plain(value: Value) -> Value:
    return printable(value) if isinstance(value, str) else value


def _outcome(sweep: Sweep, outcome: Outcome) -> OutcomeRecord:
    known = outcome.trajectory is not None
    return OutcomeRecord(
        run=printable(outcome.run.name),
        best=outcome.best_as_logged if known else None,
        final=outcome.final_as_logged if known else None,
        settings={
            printable(each.name): _plain(sweep.value(outcome, each)) for each in sweep.settings
        },
        diagnosis=outcome.verdict or None,
    )


def _diagnosis(finding: Finding, causes: Sequence[str] = ()) -> DiagnosisRecord:
    place = finding.place
    span = place if isinstance(place, CurveSpan) else CurveSpan("")
    whole = span.first_step is not None and span.last_step is not None
    return DiagnosisRecord(
        code=finding.code,
        name=finding.name,
        severity=finding.severity,
        message=printable(finding.message),
        tags=[printable(tag) for tag in span.tags],
        step_range=(span.first_step, span.last_step) if whole else None,  # type: ignore[arg-type]
        evidence=[_evidence(each) for each in finding.evidence],
        causes=[printable(cause) for cause in (*causes, *finding.causes)],
    )


def _explained(explained: Explained) -> DiagnosisRecord:
    return _diagnosis(explained.finding, [f"{explained.by}: {explained.why}"])


def _evidence(evidence: Evidence) -> EvidenceRecord:
    return EvidenceRecord(
        name=printable(evidence.name), text=printable(evidence.text), value=evidence.value
    )


def _next_step(step: NextStep) -> NextStepRecord:
    return NextStepRecord(
        name=step.name,
        title=printable(step.title),
        why=printable(step.why),
        prediction=printable(step.prediction),
        moves=[_move(each) for each in step.moves],
    )


def _move(move: Move) -> MoveRecord:
    return MoveRecord(
        name=move.name,
        title=printable(move.title),
        how=printable(move.how),
        prediction=printable(move.prediction),
        sources=list(move.sources),
    )


def _decomposition(found: Decomposition | None) -> DecompositionRecord | None:
    if found is None:
        return None
    return DecompositionRecord(
        quantity=printable(found.quantity),
        unit=found.unit,
        levels=[_level(each) for each in found.levels],
        terms=[
            TermRecord(
                source=each.source,
                value=each.value,
                uncertainty=each.uncertainty,
                matters=each.matters,
            )
            for each in found.terms
        ],
        leading=found.leading.source if found.leading else None,
    )


def _level(level: Level) -> LevelRecord:
    return LevelRecord(
        name=level.name,
        value=level.value,
        uncertainty=level.uncertainty,
        tag=None if level.tag is None else printable(level.tag),
        step=level.step,
    )


def _curve(curve: Curve) -> CurveRecord:
    role, count = curve.role, len(curve)
    kept = np.unique(np.linspace(0, count - 1, min(count, MOST_POINTS)).astype(np.intp))
    return CurveRecord(
        tag=printable(curve.tag),
        quantity=printable(role.quantity),
        split=role.split,
        direction=role.direction,
        primary=role.primary,
        reason=printable(role.reason),
        points=count,
        non_finite=int(count - np.isfinite(curve.values).sum()),
        first=_point(curve, 0) if count else None,
        last=_point(curve, count - 1) if count else None,
        best=_best(curve),
        steps=curve.steps[kept].tolist() if count else [],
        values=curve.values[kept].tolist() if count else [],
    )


def _point(curve: Curve, at: int) -> PointRecord:
    return PointRecord(step=int(curve.steps[at]), value=float(curve.values[at]))


def _best(curve: Curve) -> PointRecord | None:
    if curve.role.direction is Direction.NONE or not np.isfinite(curve.values).any():
        return None
    sign = -1.0 if curve.role.direction is Direction.HIGHER else 1.0
    costs = np.where(np.isfinite(curve.values), sign * curve.values, np.inf)
    return _point(curve, int(np.argmin(costs)))
