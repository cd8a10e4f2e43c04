"""What `nnadvise --output-format json` prints, as models: the published contract.

`python -m advisor.report.run_schema` prints the JSON schema that `schemas/` holds; a change gets a
new version. Numbers that JSON cannot hold are written as the strings `"NaN"`, `"Infinity"` and
`"-Infinity"`, which Python's `float` and JavaScript's `Number` read back.
"""

import json
import re
from collections.abc import Iterable, Sequence
from math import isfinite, isnan
from typing import Annotated, Any, TextIO

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from advisor.findings import CurveSpan, Evidence, Finding, Severity
from advisor.recipe.next_step import Move, NextStep
from advisor.recipe.steps import Step
from advisor.report.printable import printable
from advisor.runs.decomposition import Decomposition, ErrorSource, Level
from advisor.runs.diagnosis import Explained, RunDiagnosis
from advisor.runs.history import Attempt, History, Verdict
from advisor.runs.run import Curve, Direction, Kind, Split
from advisor.runs.sweeps.diagnosis import SweepDiagnosis
from advisor.runs.sweeps.facts import Outcome, Sweep
from advisor.runs.sweeps.settings import Value
from advisor.runs.watching import Event, News

VERSION = 1
IDENTIFIER = (
    f"https://github.com/nnlint/nnlint/blob/main/advisor/report/schemas/nnadvise-{VERSION}.json"
)
MOST_POINTS = 100
"""Points of a curve that are printed: what a small chart needs."""

_NOT_IN_JSON = ("NaN", "Infinity", "-Infinity")


def _in_json(number: float) -> float | str:
    if isfinite(number):
        return number
    return "NaN" if isnan(number) else "Infinity" if number > 0 else "-Infinity"


Number = Annotated[
    float,
    PlainSerializer(_in_json, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"enum": list(_NOT_IN_JSON)}]}),
]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EvidenceRecord(_Record):
    """A figure that a diagnosis rests on."""

    name: str
    text: str = Field(description="the figure, ready to print")
    value: Number | None = Field(description="the number in it")


class DiagnosisRecord(_Record):
    """Something that is said about a run."""

    code: str = Field(description="stable identifier, such as NR102", pattern="^[A-Z]+[0-9]+$")
    name: str = Field(description="the diagnosis in words with dashes, such as hockey-stick")
    severity: Severity
    message: str
    tags: list[str] = Field(description="the curves concerned")
    step_range: tuple[int, int] | None = Field(
        description="first and last step concerned, both included; null if it is no stretch"
    )
    evidence: list[EvidenceRecord]
    causes: list[str] = Field(
        description="what can cause this; if the first begins with the name of another diagnosis "
        "of the run and a colon, that one accounts for this one, which is no news of its own"
    )


class MoveRecord(_Record):
    """One thing to try."""

    name: str
    title: str
    how: str
    prediction: str = Field(description="which curve should change, and how")
    sources: list[str] = Field(description="the lectures that teach it")


class NextStepRecord(_Record):
    """What to do next and why."""

    name: str = Field(description="the situation, such as high-variance")
    title: str
    why: str
    prediction: str = Field(description="that of the first move")
    moves: list[MoveRecord] = Field(description="the one to make next first", min_length=1)


class LevelRecord(_Record):
    """A row of the decomposition."""

    name: str = Field(description="goal, train, train-validation, validation or test")
    value: Number
    uncertainty: Number | None = Field(description="one standard error")
    tag: str | None
    step: int | None


class TermRecord(_Record):
    """The difference of two levels."""

    source: ErrorSource
    value: Number
    uncertainty: Number
    matters: bool = Field(description="false where it drowns in noise or in the goal")


class DecompositionRecord(_Record):
    """Where the error comes from; lower values are better."""

    quantity: str
    unit: str = Field(description="% for rates, else empty")
    levels: list[LevelRecord]
    terms: list[TermRecord]
    leading: ErrorSource | None = Field(description="the term to work on first")


class PointRecord(_Record):
    """A point of a curve."""

    step: int
    value: Number


class CurveRecord(_Record):
    """A curve, what it was taken to mean, and a thinned copy of it."""

    tag: str
    quantity: str
    split: Split
    direction: Direction = Field(description="which way is better")
    primary: bool = Field(description="whether it speaks for its quantity and split")
    reason: str = Field(description="how its meaning was inferred")
    points: int = Field(description="how many were logged", ge=0)
    non_finite: int = Field(description="how many of them are NaN or infinite", ge=0)
    first: PointRecord | None
    last: PointRecord | None
    best: PointRecord | None = Field(description="null where no direction is better")
    steps: list[int] = Field(description="of the thinned copy", max_length=MOST_POINTS)
    values: list[Number] = Field(description="as many as steps", max_length=MOST_POINTS)


class NotJudgedRecord(_Record):
    """Something that could not be judged."""

    what: str
    why: str


class RunRecord(_Record):
    """What is said about one run. The first diagnosis leads; later ones may follow from it."""

    run: str
    kind: Kind
    stage: Step | None = Field(description="the step of the recipe the run is at")
    diagnoses: list[DiagnosisRecord]
    next_step: NextStepRecord | None
    decomposition: DecompositionRecord | None
    curves: list[CurveRecord]
    not_judged: list[NotJudgedRecord]
    notes: list[str] = Field(description="how the files were read, where that matters")


class OutcomeRecord(_Record):
    """What came of one run of several."""

    run: str
    best: Number | None = Field(description="its best level, as logged")
    final: Number | None = Field(description="the level it ended at, as logged")
    settings: dict[str, float | int | str | bool | None] = Field(
        description="the settings that differ between the runs"
    )
    diagnosis: str | None = Field(description="the name of the diagnosis that leads, if one does")


class SettingRecord(_Record):
    """What a setting has to do with the outcomes."""

    name: str
    share: Number = Field(description="share of the variance of the ranks, adjusted")
    chance: Number = Field(description="how likely chance does as well (permutation test)")
    matters: bool


class SweepRecord(_Record):
    """What several runs say together."""

    quantity: str = Field(description="what they are compared by")
    split: Split
    tag: str
    outcomes: list[OutcomeRecord] = Field(description="the best first")
    settings: list[SettingRecord] = Field(
        description="the most influential first; empty for too few runs"
    )
    spread: Number | None = Field(
        description="standard deviation between runs that differ by their seed alone"
    )
    diagnoses: list[DiagnosisRecord]
    next_step: NextStepRecord


class ChangeRecord(_Record):
    """A logged setting that differs from the run before."""

    name: str
    before: float | int | str | bool | None
    after: float | int | str | bool | None


class CheckRecord(_Record):
    """A prediction of the run before, held against this run."""

    move: str = Field(description="the name of the move that was advised")
    what: str = Field(description="a row of the decomposition, gap, shift or test gap")
    predicted: str = Field(description="falls or rises")
    before: Number
    after: Number
    verdict: Verdict


class AttemptRecord(_Record):
    """One of several successive runs."""

    run: str
    levels: list[LevelRecord]
    leading: ErrorSource | None = Field(description="the term to work on first")
    changed: str | None = Field(description="what the user says was changed")
    changes: list[ChangeRecord] = Field(description="logged settings that differ, without seeds")
    changed_at_once: int = Field(description="how many things are known to have changed", ge=0)
    checks: list[CheckRecord]


class HistoryRecord(_Record):
    """Successive runs, in their order."""

    quantity: str
    unit: str = Field(description="% for rates, else empty")
    attempts: list[AttemptRecord]


class ReportRecord(_Record):
    """The output of nnadvise."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        serialize_by_alias=True,
        json_schema_serialization_defaults_required=True,
        title="nnadvise report",
    )

    schema_url: str = Field(
        default=IDENTIFIER, alias="schema", pattern=f"^{re.escape(IDENTIFIER)}$"
    )
    runs: list[RunRecord]
    sweep: SweepRecord | None = Field(
        default=None, description="what the runs say together; null if they cannot be compared"
    )
    history: HistoryRecord | None = Field(
        default=None, description="the runs one after the other; null unless they were named so"
    )


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


class EventRecord(_Record):
    """Something new about a run that is followed (`--watch`); one to a line."""

    news: News
    run: str
    step: int = Field(description="the last step that was logged")
    diagnosis: DiagnosisRecord | None = Field(description="null where a run appears")
    next_step: NextStepRecord | None = Field(description="null unless the diagnosis leads")


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


def schema() -> dict[str, Any]:
    """The JSON schema of the report, as it is published."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": IDENTIFIER,
        **ReportRecord.model_json_schema(mode="serialization"),
    }


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


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))
