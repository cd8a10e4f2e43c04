"""The recipe as a checklist: what the curves of a run tick, speak against, and leave open."""

from math import log
from pathlib import Path

import numpy as np
import pytest

from advisor.commands.nnadvise import main
from advisor.recipe.book import checklist
from advisor.recipe.steps import Step
from advisor.recipe.ticking import Mark, Ticked, tick
from advisor.rulebook import rulebook
from advisor.runs.evidence import record_of
from advisor.runs.run import Curve, Kind
from tests.drawn_runs import (
    drawn,
    evaluations,
    falling,
    healthy_loss,
    judged,
    on_test_rows,
    rate,
    scatter,
    train,
)

LESSONS = Path(__file__).parent.parent / "fixtures" / "runs"
LN10 = log(10)


def ticked(*curves: Curve, **facts: object) -> dict[str, Ticked]:
    diagnosis = judged(*curves, **facts)  # type: ignore[arg-type]
    return {each.item.title: each for each in tick(record_of(diagnosis))}


def titled(words: str, items: dict[str, Ticked]) -> Ticked:
    (found,) = (each for title, each in items.items() if words in title)
    return found


def test_every_step_has_items_and_every_item_names_rules_that_exist() -> None:
    assert {item.step for item in checklist()} == set(Step)
    assert [item.step for item in checklist()] == sorted(
        (item.step for item in checklist()), key=lambda step: step.number
    )
    for item in checklist():
        assert set(item.spoken_against) <= set(rulebook("runs").by_name), item.title


def test_every_need_is_something_that_is_told_when_it_is_missing() -> None:
    items = ticked(train(falling(9)))
    for each in items.values():
        if each.item.needs:
            assert each.mark is Mark.OPEN
            assert each.why


def test_a_healthy_run_ticks_what_its_curves_show() -> None:
    loss = train(healthy_loss(start=LN10))
    held_out = evaluations(loss, falling(20, end=0.55) + scatter(20, 0.005))
    items = ticked(loss, held_out, rate(np.linspace(0.1, 0, 600)), classes=10, goals={"loss": 0.6})
    for words in (
        "new order", "single batch throws", "starts where", "goes down", "settles instead",
        "steady enough", "reaches the goal", "lasts as long", "keeps up", "last model",
    ):  # fmt: skip
        assert titled(words, items).mark is Mark.DONE, words


def test_what_a_diagnosis_says_speaks_against_its_item() -> None:
    loss = train(np.full(300, LN10) + scatter(300, 0.02))
    item = titled("goes down", ticked(loss, classes=10))
    assert item.mark is Mark.AGAINST
    assert "ln 10" in item.why


def test_what_was_not_logged_is_left_open_with_the_reason() -> None:
    items = ticked(train(healthy_loss()))
    assert titled("starts where", items).mark is Mark.OPEN
    assert "--classes" in titled("starts where", items).why
    assert titled("keeps up", items).mark is Mark.OPEN
    assert "no test rows" in titled("same story", items).why
    assert "gradient" in titled("gets a gradient", items).item.title


def test_one_value_per_epoch_shows_no_order() -> None:
    loss = train(falling(20))
    assert titled("new order", ticked(loss, evaluations(loss, falling(20)))).mark is Mark.OPEN


def test_a_test_set_that_agrees_is_a_tick() -> None:
    loss = train(healthy_loss())
    held_out = evaluations(loss, falling(20, end=0.55) + scatter(20, 0.005))
    assert titled("same story", ticked(loss, held_out, on_test_rows(0.56))).mark is Mark.DONE


def test_what_only_people_can_tell_stays_open() -> None:
    items = ticked(train(healthy_loss()))
    assert titled("by hand", items).mark is Mark.OPEN


@pytest.mark.parametrize("kind", [Kind.ADVERSARIAL, Kind.REINFORCEMENT])
def test_silence_about_other_kinds_of_training_ticks_nothing_about_generalisation(
    kind: Kind,
) -> None:
    curve = drawn("return", train([0]).role.split, np.linspace(0, 9, 50))
    items = ticked(curve if kind is Kind.REINFORCEMENT else train(healthy_loss()), kind=kind)
    for words in ("keeps up", "last model", "steady enough", "starts where", "new order"):
        assert titled(words, items).mark is Mark.OPEN, words


def test_the_command_ticks_for_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipe", str(LESSONS / "overfit"), "--classes", "10", "--isolated"]) == 0
    told = capsys.readouterr().out
    assert "[x] the loss starts where a guess would" in told
    assert "[!] validation keeps up with training\n       `val/loss` ends at" in told
    assert "[ ] you have looked at the data by hand" in told


def test_a_word_that_is_neither_step_nor_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipe", "overfitting"]) == 2
    told = capsys.readouterr().err
    assert "`overfitting` does not exist" in told
    assert "data, skeleton, overfit" in told
