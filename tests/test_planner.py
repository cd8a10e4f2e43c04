"""The recipe: which diagnosis leads, which step follows, and that its data is complete."""

import re
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pytest

from advisor.findings import CurveSpan, Finding, Severity
from advisor.recipe.book import (
    explanations,
    moves,
    order_of_diagnoses,
    page_of,
    situations,
    situations_of_sweeps,
)
from advisor.recipe.explaining import explain_away
from advisor.recipe.planner import Standing, plan
from advisor.recipe.steps import Step
from advisor.rulebook import rulebook
from tests.drawn_runs import falling, healthy_loss, judged, on_test_rows, scatter, train, validation

RUN_RULES = {rule.name for rule in rulebook("runs").rules}


def said(name: str, severity: Severity = Severity.WARNING) -> Finding:
    return Finding("NR000", name, severity, f"{name} it is", CurveSpan("drawn"))


def standing(*findings: Finding, kind: str = "supervised", traits: str = "") -> Standing:
    return Standing(findings, kind, frozenset(traits.split()))


class TestDecisionList:
    @pytest.mark.parametrize(
        ("name", "step", "first"),
        [
            ("non-finite", Step.SKELETON, "lower-learning-rate"),
            ("divergence", Step.SKELETON, "lower-learning-rate"),
            ("loss-rises-from-start", Step.SKELETON, "check-sign"),
            ("never-learns", Step.SKELETON, "overfit-one-batch"),
            ("init-loss-off", Step.SKELETON, "verify-init-loss"),
            ("hockey-stick", Step.SKELETON, "init-output-bias"),
            ("lr-decayed-too-early", Step.OVERFIT, "constant-learning-rate"),
            ("high-bias", Step.OVERFIT, "bigger-model"),
            ("high-variance", Step.REGULARIZE, "more-data"),
            ("overtrained", Step.REGULARIZE, "more-data"),
            ("test-gap", Step.DATA, "same-distribution"),
            ("still-improving", Step.SQUEEZE, "train-longer"),
        ],
    )
    def test_a_diagnosis_leads_to_its_step(self, name: str, step: Step, first: str) -> None:
        answer = plan(standing(said(name)))
        assert (answer.step, answer.move.name) == (step, first)
        assert answer.why == f"{name} it is"
        assert answer.prediction == answer.move.prediction

    def test_a_game_without_a_score_is_not_tuned_by_its_losses(self) -> None:
        answer = plan(standing(kind="adversarial", traits="no-score"))
        assert answer.move.name == "judge-samples"
        assert plan(standing(kind="adversarial")).move.name == "tune"

    def test_a_policy_that_learns_is_repeated_before_it_is_tuned(self) -> None:
        assert plan(standing(kind="reinforcement")).move.name == "several-seeds"

    def test_the_pipeline_comes_before_bias_and_bias_before_variance(self) -> None:
        order = ["init-loss-off", "high-bias", "high-variance", "test-gap", "still-improving"]
        for first, second in pairwise(order):
            alone = plan(standing(said(first)))
            assert plan(standing(said(second), said(first))).name == alone.name

    def test_the_lists_of_the_lecture_keep_their_order(self) -> None:
        bias = [move.name for move in plan(standing(said("high-bias"))).moves]
        assert bias == [
            "bigger-model",
            "pretrained",
            "less-regularisation",
            "error-analysis",
            "other-architecture",
            "tune",
            "add-features",
        ]
        variance = [move.name for move in plan(standing(said("high-variance"))).moves]
        assert variance[-3:] == ["early-stopping", "fewer-features", "smaller-model"]

    def test_mere_information_decides_only_where_it_may(self) -> None:
        assert plan(standing(said("hockey-stick", Severity.INFO))).name == "sound"
        assert plan(standing(said("still-improving", Severity.INFO))).name == "still-improving"

    def test_nothing_found_means_tuning(self) -> None:
        assert plan(standing()).step is Step.TUNE

    def test_a_goal_that_is_reached_means_squeezing(self) -> None:
        assert plan(standing(traits="goal-reached")).step is Step.SQUEEZE

    def test_reinforcement_learning_gets_no_advice_about_losses(self) -> None:
        answer = plan(standing(said("never-learns"), kind="reinforcement"))
        assert answer.name == "return-stuck"


class TestOnRuns:
    def test_the_lecture_s_table_leads_to_a_bigger_model(self) -> None:
        def at(level: float) -> np.ndarray:
            return level + 60 * np.exp(-np.arange(40) / 3) + scatter(40, 0.05)

        diagnosis = judged(
            train(at(20), "error"),
            validation(at(27), "error"),
            on_test_rows(28, "error"),
            goals={"error": 1},
        )
        assert diagnosis.findings[0].name == "high-bias"
        assert diagnosis.next_step is not None
        assert diagnosis.next_step.move.name == "bigger-model"
        table = {each.name: each.text for each in diagnosis.next_step.evidence}
        assert table["goal"] == "1 %"
        assert table["test"] == "28 %"

    def test_a_goal_that_is_met_everywhere_is_reached(self) -> None:
        diagnosis = judged(
            train(healthy_loss(end=0.08)),
            validation(falling(20, end=0.09)),
            goals={"loss": 0.1},
        )
        assert diagnosis.next_step is not None
        assert diagnosis.next_step.name == "goal-reached"


class TestExplainingAway:
    def test_the_gravest_leads_whatever_came_first(self) -> None:
        leading, _ = explain_away([said("high-variance"), said("init-loss-off")])
        assert [finding.name for finding in leading] == ["init-loss-off", "high-variance"]

    def test_nan_explains_the_rest(self) -> None:
        others = ["divergence", "high-variance", "plateau", "spikes"]
        leading, explained = explain_away([said(name) for name in [*others, "non-finite"]])
        assert [finding.name for finding in leading] == ["non-finite"]
        assert {each.finding.name for each in explained} == set(others)
        assert all(each.by == "non-finite" and each.why for each in explained)

    def test_information_does_not_explain_a_warning(self) -> None:
        findings = [said("spikes", Severity.INFO), said("oscillation")]
        leading, explained = explain_away(findings)
        assert [finding.name for finding in leading] == ["oscillation", "spikes"]
        assert not explained

    def test_an_unknown_diagnosis_of_another_pack_comes_last_of_its_severity(self) -> None:
        leading, _ = explain_away([said("from-elsewhere"), said("plateau", Severity.INFO)])
        assert [finding.name for finding in leading] == ["from-elsewhere", "plateau"]

    def test_no_diagnosis_explains_itself_through_others(self) -> None:
        reached = {each.cause: each.effects for each in explanations()}
        assert len(reached) == len(explanations())
        for cause, effects in reached.items():
            seen: set[str] = set()
            waiting = set(effects)
            while waiting:
                effect = waiting.pop()
                seen.add(effect)
                waiting |= reached.get(effect, frozenset()) - seen
            assert cause not in seen


class TestTheBook:
    def test_every_run_rule_has_its_place_in_the_order(self) -> None:
        assert set(order_of_diagnoses()) == RUN_RULES
        assert len(order_of_diagnoses()) == len(RUN_RULES)

    def test_situations_and_explanations_speak_of_rules(self) -> None:
        for situation in (*situations(), *situations_of_sweeps()):
            assert situation.when <= RUN_RULES, situation.name
        for explanation in explanations():
            assert {explanation.cause, *explanation.effects} <= RUN_RULES

    def test_every_move_is_used_and_taught_by_a_seed(self) -> None:
        everything = (*situations(), *situations_of_sweeps())
        used = {move.name for situation in everything for move in situation.moves}
        assert used == set(moves())
        for move in moves().values():
            assert move.sources
            assert set(move.sources) <= {"000", "001", "002", "003", "004"}, move.name

    def test_the_last_rung_always_applies(self) -> None:
        last = situations()[-1]
        assert (last.when, last.kinds, last.needs) == (frozenset(), frozenset(), None)

    @pytest.mark.parametrize("step", Step)
    def test_every_step_has_a_page(self, step: Step) -> None:
        page = page_of(step)
        assert page.startswith(f"# Step {step.number}: {step.heading}\n")
        for heading in ("## The step is done when", "## Moves", "## References"):
            assert heading in page

    def test_no_page_is_left_over(self) -> None:
        names = [each.name for each in files("advisor.rules.recipe").iterdir()]
        pages = {name.removesuffix(".md") for name in names if name.endswith(".md")}
        assert pages == {step.value for step in Step}

    def test_messages_are_one_line_that_stands_alone(self) -> None:
        for move in moves().values():
            for text in (move.title, move.how, move.prediction):
                assert not re.search(r"[.\n]$", text), move.name
