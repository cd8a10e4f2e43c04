"""What `nnadvise --output-format json` prints, against the schema it is published under."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from advisor.findings import CurveSpan, Evidence, Finding, Severity
from advisor.report import run_schema
from advisor.report.run_json import report_of
from advisor.report.run_schema import MOST_POINTS, schema
from advisor.runs.diagnosis import Explained, RunDiagnosis
from advisor.runs.loading import load_runs
from advisor.runs.run import Curve, Direction, Kind, Role, Run, Split

LESSONS = Path(__file__).parent.parent / "fixtures" / "runs"
PUBLISHED = Path(run_schema.__file__).parent / "schemas" / f"nnadvise-{run_schema.VERSION}.json"


def strictly_parsed(text: str) -> Any:
    """JSON as the standard has it: `NaN` and `Infinity` are no numbers."""

    def refuse(word: str) -> None:
        raise ValueError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)


def curve(tag: str, values: list[float], direction: Direction = Direction.LOWER) -> Curve:
    steps = np.arange(len(values), dtype=np.int64)
    role = Role("loss", Split.TRAIN, direction, primary=True, reason="the word `loss`")
    return Curve(tag, steps, np.array(values), steps.astype(np.float64), role)


def diagnosis_of(*curves: Curve, name: str = "exp1", findings: tuple[Finding, ...] = ()) -> Any:
    run = Run(name, Path(name), Kind.SUPERVISED, curves)
    return RunDiagnosis(run, findings)


def printed(*diagnoses: RunDiagnosis) -> Any:
    report = strictly_parsed(report_of(diagnoses).model_dump_json())
    jsonschema.validate(report, schema(), jsonschema.Draft202012Validator)
    return report


FINDING = Finding(
    "NR105",
    "divergence",
    Severity.ERROR,
    "`loss` rises",
    CurveSpan("exp1", ("loss",), 3, 9),
    evidence=(Evidence("final level", "infinite", float("inf")),),
    causes=("learning rate too high",),
)


def test_the_published_schema_is_the_one_that_the_models_give() -> None:
    assert json.loads(PUBLISHED.read_text()) == schema()


def test_the_published_schema_is_itself_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_no_runs_are_an_empty_list() -> None:
    assert printed() == {
        "schema": run_schema.IDENTIFIER,
        "runs": [],
        "sweep": None,
        "history": None,
    }


def test_a_run_has_the_documented_keys() -> None:
    report = printed(diagnosis_of(curve("loss", [2.0, 1.0]), findings=(FINDING,)))
    run = report["runs"][0]
    documented = {"run", "stage", "diagnoses", "next_step", "decomposition", "curves"}
    assert documented <= set(run)
    assert set(run["diagnoses"][0]) == {
        *("code", "name", "severity", "message", "tags", "step_range", "evidence", "causes")
    }


def test_numbers_that_json_lacks_are_written_as_words_that_float_reads_back() -> None:
    values = [1.0, float("nan"), float("inf"), float("-inf")]
    run = printed(diagnosis_of(curve("loss", values), findings=(FINDING,)))["runs"][0]
    words = run["curves"][0]["values"]
    assert words == [1.0, "NaN", "Infinity", "-Infinity"]
    assert np.array_equal([float(word) for word in words], values, equal_nan=True)
    assert run["curves"][0]["non_finite"] == 3
    assert run["diagnoses"][0]["evidence"][0]["value"] == "Infinity"


def test_a_diagnosis_carries_its_curves_and_steps() -> None:
    run = printed(diagnosis_of(curve("loss", [1.0]), findings=(FINDING,)))["runs"][0]
    said = run["diagnoses"][0]
    assert (said["code"], said["severity"], said["tags"]) == ("NR105", "error", ["loss"])
    assert said["step_range"] == [3, 9]
    assert said["causes"] == ["learning rate too high"]


def test_an_explained_diagnosis_comes_last_and_names_what_explains_it() -> None:
    run = Run("exp1", Path("exp1"), Kind.SUPERVISED, (curve("loss", [1.0]),))
    overtrained = Finding(
        "NR206", "overtrained", Severity.WARNING, "best long ago", CurveSpan("exp1")
    )
    explained = Explained(overtrained, "divergence", "the end describes the accident")
    said = printed(RunDiagnosis(run, (FINDING,), (explained,)))["runs"][0]["diagnoses"]
    assert [each["code"] for each in said] == ["NR105", "NR206"]
    assert said[1]["causes"] == ["divergence: the end describes the accident"]
    assert said[1]["step_range"] is None


def test_the_best_point_is_the_lowest_loss_the_highest_accuracy_and_never_nan() -> None:
    values = [3.0, float("nan"), 1.0, 2.0]
    curves = curve("loss", values), curve("acc", values, Direction.HIGHER)
    loss, accuracy = printed(diagnosis_of(*curves))["runs"][0]["curves"]
    assert loss["best"] == {"step": 2, "value": 1.0}
    assert accuracy["best"] == {"step": 0, "value": 3.0}


@pytest.mark.parametrize("values", [[], [float("nan")]])
def test_a_curve_without_a_finite_point_has_no_best_one(values: list[float]) -> None:
    assert printed(diagnosis_of(curve("loss", values)))["runs"][0]["curves"][0]["best"] is None


def test_a_long_curve_is_thinned_to_its_first_and_last_and_points_between() -> None:
    found = printed(diagnosis_of(curve("loss", list(range(100_000)))))["runs"][0]["curves"][0]
    assert len(found["steps"]) == len(found["values"]) == MOST_POINTS
    assert (found["points"], found["steps"][0], found["steps"][-1]) == (100_000, 0, 99_999)


def test_names_that_are_no_unicode_or_steer_terminals_do_no_harm() -> None:
    report = printed(diagnosis_of(curve("lo\x1b[31mss", [1.0]), name="r\udcffun"))
    assert "\x1b" not in json.dumps(report, ensure_ascii=False)
    assert report["runs"][0]["run"].startswith("r")


def test_the_report_on_every_recorded_run_is_valid() -> None:
    from advisor.runs.diagnosis import diagnose

    runs = load_runs([LESSONS]).runs
    report = printed(*map(diagnose, runs))
    assert [run["run"] for run in report["runs"]] == [run.name for run in runs]
