"""Successive runs: how the error moved, what changed, and what became of the advice."""

import io
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from advisor.commands.nnadvise import main
from advisor.report.history_text import remarks
from advisor.report.run_json import report_of
from advisor.report.run_schema import schema
from advisor.report.run_text import RunReport
from advisor.runs.diagnosis import RunDiagnosis, diagnose
from advisor.runs.history import History, Verdict, history_of
from advisor.runs.thresholds import Thresholds
from advisor.runs.user_facts import UserFacts
from tests.drawn_runs import on_test_rows, run_of, scatter, train, validation

LESSONS = Path(__file__).parent.parent / "fixtures" / "runs"


def settling_at(level: float) -> np.ndarray:
    return level + (60 - level) * np.exp(-np.arange(40) / 3) + scatter(40, 0.02)


def column(name: str, *errors: float, **settings: object) -> RunDiagnosis:
    """A run that ends at these errors in percent, on training, validation and test rows."""
    made = run_of(
        train(settling_at(errors[0]), "error"),
        validation(settling_at(errors[1]), "error"),
        on_test_rows(errors[2], "error"),
        hyperparameters=dict(settings),
    )
    return diagnose(replace(made, name=name), UserFacts({"error": 1.0}))


def history(*columns: RunDiagnosis, changed: tuple[str, ...] = ()) -> History:
    found = history_of(columns, changed, Thresholds())
    assert found is not None
    return found


LECTURE = (
    column("small", 20, 27, 28),
    column("layers", 7, 19, 20),
    column("resnet", 3, 10, 10),
    column("schedule", 0.8, 12, 12),
)
CHANGED = ("add more layers", "switch to ResNet-101", "add a learning rate schedule")


class TestTheLecture:
    """Lecture 002: goal 1 %, training 20 %, validation 27 %, test 28 %, and what came after."""

    def test_the_first_column_is_19_7_1_with_under_fitting_first(self) -> None:
        table = history(*LECTURE).attempts[0].decomposition
        assert [round(term.value) for term in table.terms] == [19, 7, 1]
        assert table.leading is not None
        assert table.leading.source.value == "under-fitting"

    def test_under_fitting_comes_first_until_the_goal_is_reached_on_training_rows(self) -> None:
        leading = [each.decomposition.leading for each in history(*LECTURE).attempts]
        assert [term.source.value for term in leading if term] == [
            *3 * ["under-fitting"],
            "over-fitting",
        ]

    def test_a_bigger_model_did_what_was_predicted(self) -> None:
        second, third, fourth = history(*LECTURE).attempts[1:]
        for attempt in (second, third, fourth):
            (check,) = attempt.checks
            assert check.move.name == "bigger-model"
            assert (check.what, check.verdict) == ("train", Verdict.AS_PREDICTED)

    def test_the_report_draws_the_columns(self) -> None:
        out = io.StringIO()
        RunReport(out).print(LECTURE, None, history(*LECTURE, changed=CHANGED))
        rows = [line.split() for line in out.getvalue().splitlines()[1:7]]
        assert rows[0] == ["small", "layers", "resnet", "schedule"]
        assert rows[1] == ["goal", *4 * ["1%"]]
        assert [round(float(cell.strip("%"))) for cell in rows[2][1:]] == [20, 7, 3, 1]
        assert [round(float(cell.strip("%"))) for cell in rows[3][1:]] == [27, 19, 10, 12]


class TestChanges:
    def test_words_of_the_user_belong_to_the_last_runs(self) -> None:
        found = history(*LECTURE, changed=CHANGED[1:])
        assert [each.said for each in found.attempts] == ["", "", *CHANGED[1:]]

    def test_logged_settings_tell_what_changed_and_seeds_do_not_count(self) -> None:
        found = history(
            column("a", 20, 27, 28, width=64, seed=0), column("b", 7, 19, 20, width=256, seed=1)
        )
        assert found.attempts[1].changes == (("width", 64, 256),)
        assert found.attempts[1].changed_at_once == 1

    @pytest.mark.parametrize(
        ("words", "count"), [("more layers", 1), ("more layers and dropout", 2), ("a, b; c", 3)]
    )
    def test_several_changes_in_words_are_counted(self, words: str, count: int) -> None:
        found = history(*LECTURE[:2], changed=(words,))
        assert found.attempts[1].changed_at_once == count
        warned = any("changed at once" in each for each in remarks(found))
        assert warned == (count > 1)

    def test_several_logged_changes_are_warned_of(self) -> None:
        found = history(
            column("a", 20, 27, 28, width=64, lr=0.1), column("b", 7, 19, 20, width=256, lr=0.2)
        )
        assert any("2 things changed at once" in each for each in remarks(found))


class TestPredictions:
    @pytest.mark.parametrize(
        ("error", "verdict"),
        [(7, Verdict.AS_PREDICTED), (20.1, Verdict.UNCHANGED), (30, Verdict.OPPOSITE)],
    )
    def test_a_prediction_is_held_against_the_next_run(
        self, error: float, verdict: Verdict
    ) -> None:
        found = history(LECTURE[0], column("next", error, 40, 41))
        assert [each.verdict for each in found.attempts[1].checks] == [verdict]

    def test_every_prediction_can_be_found_in_a_decomposition(self) -> None:
        from advisor.recipe.book import moves

        known = {"train", "validation", "test", "gap", "shift", "test gap"}
        for move in moves().values():
            assert set(move.expects) <= known
            assert set(move.expects.values()) <= {"falls", "rises"}


class TestWhatIsNoHistory:
    def test_one_run_is_none(self) -> None:
        assert history_of(LECTURE[:1], (), Thresholds()) is None

    def test_different_quantities_are_none(self) -> None:
        other = diagnose(run_of(train(settling_at(3)), validation(settling_at(4))))
        assert history_of((LECTURE[0], other), (), Thresholds()) is None


class TestTheCommand:
    def test_runs_named_one_by_one_are_successive(self, capsys: pytest.CaptureFixture[str]) -> None:
        runs = [str(LESSONS / name) for name in ("plateau", "healthy_classification")]
        goal = ["--goal", "loss=0.25", "--classes", "10", "--isolated"]
        main([*runs, *goal, "--changed", "more units", "--output-format", "json"])
        report = json.loads(capsys.readouterr().out)
        first, second = report["history"]["attempts"]
        assert (first["leading"], second["leading"]) == ("under-fitting", None)
        assert second["changed"] == "more units"
        assert second["checks"][0]["verdict"] == "as predicted"

    def test_changes_of_a_single_run_are_not_passed_over_in_silence(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        main([str(LESSONS / "plateau"), "--isolated", "--changed", "more units"])
        assert capsys.readouterr().err.startswith("nnadvise: --changed: it takes two runs")

    def test_a_folder_of_runs_is_not(self, capsys: pytest.CaptureFixture[str]) -> None:
        main([str(LESSONS / "seeds"), "--isolated", "--output-format", "json"])
        assert json.loads(capsys.readouterr().out)["history"] is None

    def test_the_json_is_as_published(self) -> None:
        found = history(*LECTURE, changed=CHANGED)
        report = json.loads(report_of(LECTURE, None, found).model_dump_json())
        jsonschema.validate(report, schema(), jsonschema.Draft202012Validator)
