"""What `nnadvise --output-format json` prints, as models: the published contract.

`python -m advisor.report.run_schema` prints the JSON schema that `schemas/` holds; a change gets a
new version. Numbers that JSON cannot hold are written as the strings `"NaN"`, `"Infinity"` and
`"-Infinity"`, which Python's `float` and JavaScript's `Number` read back.
"""

import json
import re
from math import isfinite, isnan
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.runs.decomposition import ErrorSource
from advisor.runs.history import Verdict
from advisor.runs.run import Direction, Kind, Split
from advisor.runs.watching import News

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


class EventRecord(_Record):
    """Something new about a run that is followed (`--watch`); one to a line."""

    news: News
    run: str
    step: int = Field(description="the last step that was logged")
    diagnosis: DiagnosisRecord | None = Field(description="null where a run appears")
    next_step: NextStepRecord | None = Field(description="null unless the diagnosis leads")


def schema() -> dict[str, Any]:
    """The JSON schema of the report, as it is published."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": IDENTIFIER,
        **ReportRecord.model_json_schema(mode="serialization"),
    }


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))
