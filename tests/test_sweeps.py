"""What several runs say together, and what they do not."""

import io
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from advisor.findings import Finding, Severity
from advisor.report.run_json import report_of
from advisor.report.run_schema import schema
from advisor.report.run_text import RunReport
from advisor.runs.diagnosis import RunDiagnosis, diagnose
from advisor.runs.run import Run, Split
from advisor.runs.sweeps.diagnosis import SweepDiagnosis, diagnose_sweep
from advisor.runs.sweeps.settings import differences, settings_that_differ
from tests.drawn_runs import drawn, falling, run_of, scatter, train, validation


def run(name: str, accuracy: float, **settings: object) -> Run:
    """A run whose validation accuracy settles at a level."""
    loss = train(falling(100) + scatter(100, 0.01))
    curve = validation(accuracy * (1 - falling(20, start=0.9, end=0.0)), "accuracy", every=5)
    made = run_of(loss, curve, hyperparameters=dict(settings))
    return replace(made, name=name, path=Path(name))


def judged(*runs: Run) -> list[RunDiagnosis]:
    return [diagnose(each) for each in runs]


def together(*runs: Run) -> SweepDiagnosis:
    found = diagnose_sweep(judged(*runs))
    assert found is not None
    return found


def said(found: SweepDiagnosis, name: str) -> list[Finding]:
    return [finding for finding in found.findings if finding.name == name]


class TestWhatIsCompared:
    def test_one_run_is_no_sweep(self) -> None:
        assert diagnose_sweep(judged(run("a", 0.9))) is None

    def test_the_best_run_comes_first(self) -> None:
        found = together(run("a", 0.8), run("b", 0.9), run("c", 0.7))
        assert [each.run.name for each in found.sweep.ranking] == ["b", "a", "c"]

    def test_a_metric_tells_more_than_a_loss_and_validation_more_than_training(self) -> None:
        found = together(run("a", 0.8), run("b", 0.9))
        assert (found.sweep.quantity, found.sweep.split) == ("accuracy", Split.VALIDATION)

    def test_runs_without_a_common_curve_are_not_compared(self) -> None:
        first = run_of(train(falling(100)))
        second = run_of(drawn("return", Split.TRAIN, falling(100)))
        assert diagnose_sweep(judged(first, second)) is None

    def test_runs_of_another_project_are_left_out(self) -> None:
        other = run("other", 0.99, task="translation", model="large", beam=5)
        found = together(run("a", 0.8, lr=0.1), run("b", 0.9, lr=0.2), other)
        assert [each.run.name for each in found.sweep.ranking] == ["b", "a"]

    def test_a_run_that_broke_comes_last(self) -> None:
        broken = run_of(validation(np.full(20, np.nan), "accuracy", every=5))
        found = together(run("a", 0.8), replace(broken, name="b"), run("c", 0.7))
        assert found.sweep.ranking[-1].run.name == "b"


class TestSettings:
    def test_what_is_the_same_everywhere_is_no_setting(self) -> None:
        runs = [run("a", 0.8, lr=0.1, width=3), run("b", 0.8, lr=0.2, width=3)]
        assert [each.name for each in settings_that_differ(runs)] == ["lr"]

    def test_nested_settings_have_a_path(self) -> None:
        runs = [run("a", 0.8, model={"width": 8}), run("b", 0.8, model={"width": 16})]
        assert [each.name for each in settings_that_differ(runs)] == ["model/width"]

    def test_names_and_places_are_no_settings(self) -> None:
        runs = [run("a", 0.8, output_dir="x", run_name="p"), run("b", 0.8, output_dir="y")]
        assert settings_that_differ(runs) == ()

    def test_names_of_runs_tell_where_nothing_was_logged(self) -> None:
        runs = [run("lr_1e-3,wd=0.1/seed2", 0.8), run("lr_1e-4,wd=0.1/seed3", 0.8)]
        found = {each.name: each.values for each in settings_that_differ(runs)}
        assert found == {"lr": (0.001, 0.0001), "seed": (2, 3)}

    def test_versions_are_no_settings(self) -> None:
        assert settings_that_differ([run("version_1", 0.8), run("version_2", 0.8)]) == ()

    def test_differences_of_two_runs(self) -> None:
        assert differences(run("a", 0.8, lr=0.1), run("b", 0.8, lr=0.2)) == (("lr", 0.1, 0.2),)


class TestSeeds:
    def test_repeats_tell_how_large_a_gain_must_be(self) -> None:
        runs = [run(f"s{i}", 0.9 + 0.01 * i, seed=i, lr=0.1) for i in range(3)]
        (finding,) = said(together(*runs), "seeds-disagree")
        assert finding.severity is Severity.INFO
        assert "means nothing" in finding.message

    def test_two_settings_closer_than_their_seeds(self) -> None:
        runs = [
            run(f"lr{lr}s{i}", 0.9 + 0.02 * i + bonus, seed=i, lr=lr)
            for lr, bonus in ((0.1, 0.0), (0.2, 0.005))
            for i in range(3)
        ]
        (finding,) = said(together(*runs), "seeds-disagree")
        assert finding.severity is Severity.WARNING
        assert "nothing to choose between" in finding.message

    def test_two_settings_that_seeds_cannot_explain(self) -> None:
        runs = [
            run(f"lr{lr}s{i}", level + 0.001 * i, seed=i, lr=lr)
            for lr, level in ((0.1, 0.7), (0.2, 0.9))
            for i in range(3)
        ]
        assert said(together(*runs), "seeds-disagree") == []

    def test_runs_with_nothing_logged_are_not_taken_for_repeats(self) -> None:
        found = together(run("a", 0.8), run("b", 0.9), run("c", 0.7))
        assert said(found, "seeds-disagree") == []
        assert found.next_step.move.name == "log-settings"


class TestReading:
    RATES = (1e-5, 1e-4, 1e-3, 1e-2)

    def test_a_best_value_at_the_edge_says_what_to_try(self) -> None:
        levels = (0.2, 0.5, 0.7, 0.9)
        runs = [run(f"{lr:g}", best, lr=lr) for lr, best in zip(self.RATES, levels, strict=True)]
        found = together(*runs)
        edge = next(each for each in found.findings if "edge" in each.message)
        assert edge.message.endswith("try 0.1")
        assert found.next_step.move.name == "extend-range"

    def test_the_next_draws_lie_between_the_neighbours_of_the_best_value(self) -> None:
        levels = (0.2, 0.5, 0.9, 0.7)
        runs = [run(f"{lr:g}", best, lr=lr) for lr, best in zip(self.RATES, levels, strict=True)]
        step = together(*runs).next_step
        assert step.move.name == "narrow-range"
        assert step.why.endswith("look at `lr` from 0.0001 to 0.01")

    def test_a_best_value_inside_is_no_edge(self) -> None:
        levels = (0.2, 0.5, 0.9, 0.7)
        runs = [run(f"{lr:g}", best, lr=lr) for lr, best in zip(self.RATES, levels, strict=True)]
        assert not any("edge" in each.message for each in together(*runs).findings)

    def test_noise_at_the_edge_is_no_edge(self) -> None:
        levels = (0.9, 0.92, 0.88, 0.921)
        runs = [run(f"{lr:g}", best, lr=lr) for lr, best in zip(self.RATES, levels, strict=True)]
        assert not any("edge" in each.message for each in together(*runs).findings)

    @pytest.mark.parametrize("seed", range(5))
    def test_what_matters_is_told_from_what_does_not(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        rates, decays = 10 ** rng.uniform(-5, -1, 16), 10 ** rng.uniform(-6, -2, 16)
        levels = 0.9 - 0.1 * (np.log10(rates) + 3) ** 2 + rng.normal(scale=0.02, size=16)
        runs = [
            run(f"draw {i}", float(level), lr=float(lr), decay=float(decay))
            for i, (level, lr, decay) in enumerate(zip(levels, rates, decays, strict=True))
        ]
        message = next(
            each.message for each in together(*runs).findings if "matter" in each.message
        )
        assert message.startswith("what matters is `lr`")

    def test_chance_is_not_taken_for_an_influence(self) -> None:
        claims = 0
        for seed in range(20):
            rng = np.random.default_rng(seed)
            runs = [
                run(f"draw {i}", float(rng.uniform(0.5, 0.9)), lr=float(lr), decay=float(decay))
                for i, (lr, decay) in enumerate(10 ** rng.uniform(-5, -1, (12, 2)))
            ]
            claims += any("what matter" in each.message for each in together(*runs).findings)
        assert claims <= 3

    def test_a_grid_is_told_from_random_draws(self) -> None:
        grid = [
            run(f"{lr} {width}", 0.5 + lr, lr=lr, width=width)
            for lr in (0.1, 0.2, 0.3)
            for width in (8, 16, 32)
        ]
        assert any("a grid of 3 x 3" in each.message for each in together(*grid).findings)
        assert not any("grid" in each.message for each in together(*grid[:-1]).findings)


class TestBaseline:
    def test_a_baseline_that_is_not_beaten(self) -> None:
        found = together(run("zero_input", 0.5), run("exp1", 0.5))
        (finding,) = said(found, "baseline-comparison")
        assert finding.severity is Severity.WARNING
        assert found.next_step.name == "baseline-not-beaten"

    def test_a_baseline_that_is_beaten_is_information(self) -> None:
        (finding,) = said(together(run("baseline", 0.5), run("exp1", 0.9)), "baseline-comparison")
        assert finding.severity is Severity.INFO

    def test_a_learning_rate_of_zero_is_no_baseline(self) -> None:
        assert said(together(run("rate_zero", 0.5), run("exp1", 0.9)), "baseline-comparison") == []


class TestReport:
    def test_many_runs_are_a_table_and_the_best_ones_only(self) -> None:
        runs = judged(*(run(f"lr_{i}", 0.5 + i / 100, lr=i) for i in range(1, 31)))
        out = io.StringIO()
        RunReport(out).print(runs, diagnose_sweep(runs))
        text = out.getvalue()
        assert text.startswith("together  30 runs compared by validation accuracy")
        assert "and 10 more" in text
        assert text.count("  next  ") == 1

    def test_the_json_is_as_published(self) -> None:
        runs = judged(*(run(f"{i}", 0.5 + i / 100, lr=i, seed=i % 2) for i in range(8)))
        report = json.loads(report_of(runs, diagnose_sweep(runs)).model_dump_json())
        jsonschema.validate(report, schema(), jsonschema.Draft202012Validator)
        sweep = report["sweep"]
        assert sweep["outcomes"][0]["run"] == "7"
        assert sweep["outcomes"][0]["settings"] == {"lr": 7, "seed": 1}
        assert sweep["next_step"]["moves"]
