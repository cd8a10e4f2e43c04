"""What gradient norms say about a run: gone, dead, growing, bursting, clipped."""

from dataclasses import replace

import numpy as np

from advisor.findings import Severity
from advisor.runs.run import Curve, Split
from tests.drawn_runs import (
    Floats,
    drawn,
    falling,
    found,
    healthy_loss,
    judged,
    names,
    scatter,
    train,
)


class TestGradients:
    @staticmethod
    def norm(values: Floats, tag: str = "grad_norm") -> Curve:
        whole = drawn("gradient_norm", Split.TRAIN, values)
        return replace(whole, tag=tag, role=replace(whole.role, primary=tag == "grad_norm"))

    @staticmethod
    def said(*curves: Curve) -> list[str]:
        diagnosis = judged(*curves)
        everything = (*diagnosis.findings, *(each.finding for each in diagnosis.explained))
        return [each.message for each in everything if each.name == "gradients"]

    def test_a_layer_without_gradient_in_a_run_that_learns_nothing(self) -> None:
        loss = train(2.303 + scatter(200, 0.02))
        layers = [self.norm(size * (1 + scatter(200, 0.1)), f"norm/{size}") for size in (1e-8, 0.1)]
        (message,) = self.said(loss, *layers)
        assert "vanishes" in message

    def test_a_small_layer_in_a_run_that_learns_is_fine(self) -> None:
        layers = [self.norm(size * (1 + scatter(200, 0.1)), f"norm/{size}") for size in (1e-8, 0.1)]
        assert self.said(train(healthy_loss(200)), *layers) == []

    def test_layers_without_any_gradient_are_not_trained(self) -> None:
        layers = [
            self.norm(size * (1 + scatter(200, 0.1)), f"norm/{size}") for size in (0.0, 0.1, 0.2)
        ]
        (message,) = self.said(train(healthy_loss(200)), *layers)
        assert "`norm/0.0` of 3 logged gradients" in message

    def test_layers_that_were_logged_together_make_up_the_whole(self) -> None:
        layers = [self.norm(np.geomspace(1, 100, 300), f"norm/{number}") for number in (1, 2)]
        (message,) = self.said(train(healthy_loss(300)), *layers)
        assert "the gradient of 2 parts" in message

    def test_no_gradient_at_all(self) -> None:
        (message,) = self.said(train(2.303 + scatter(200, 0.02)), self.norm(np.zeros(200)))
        assert "exactly 0 at 100 %" in message

    def test_gradients_that_vanish_with_the_loss_are_information(self) -> None:
        norm = self.norm(np.where(np.arange(200) < 80, 1.0, 0.0))
        loss = train(falling(200, end=0.0, pace=60.0))
        assert found(judged(loss, norm), "gradients").severity is Severity.INFO

    def test_growth_while_the_loss_stands_still(self) -> None:
        growing = self.norm(np.geomspace(1, 100, 300))
        (message,) = self.said(train(healthy_loss(300)), growing)
        assert "grows from" in message

    def test_growth_while_the_loss_falls_is_natural(self) -> None:
        falls = train(np.linspace(2.3, 0.1, 300) + scatter(300, 0.01))
        assert self.said(falls, self.norm(np.geomspace(1, 100, 300))) == []

    def test_bursts_are_information(self) -> None:
        values = 1 + scatter(300, 0.1)
        values[[50, 200]] = 500
        (message,) = self.said(train(healthy_loss(300)), self.norm(values))
        assert "at 2 of 300 logged steps" in message

    def test_norms_that_are_cut_at_almost_every_step(self) -> None:
        values = np.minimum(1 + scatter(300, 0.5), 0.9)
        (message,) = self.said(train(healthy_loss(300)), self.norm(values))
        assert "clipping" in message

    def test_a_usual_norm_is_not_mentioned(self) -> None:
        norm = self.norm(np.abs(1 + scatter(300, 0.3)))
        assert self.said(train(healthy_loss(300)), norm) == []


class TestUpdates:
    """The size of what a step adds to the weights, over that of the weights."""

    @staticmethod
    def ratio(values: Floats, tag: str = "update_ratio/fc") -> Curve:
        return replace(drawn("update_ratio", Split.TRAIN, values), tag=tag)

    def test_steps_that_are_far_too_short_where_nothing_is_learned(self) -> None:
        loss = train(2.303 + scatter(200, 0.002))
        tiny = self.ratio(1e-7 * (1 + scatter(200, 0.1)))
        diagnosis = judged(loss, tiny)
        everything = (*diagnosis.findings, *(each.finding for each in diagnosis.explained))
        (finding,) = (each for each in everything if each.name == "gradients")
        assert finding.severity is Severity.WARNING
        assert "too short" in finding.message

    def test_steps_that_are_far_too_long_are_information(self) -> None:
        finding = found(
            judged(train(healthy_loss(200)), self.ratio(np.full(200, 0.2))), "gradients"
        )
        assert finding.severity is Severity.INFO
        assert "too long" in finding.message

    def test_logarithms_are_known_by_their_sign(self) -> None:
        usual = self.ratio(-3 + scatter(200, 0.2))
        assert "gradients" not in names(judged(train(healthy_loss(200)), usual))
        long = self.ratio(-1 + scatter(200, 0.2))
        assert "gradients" in names(judged(train(healthy_loss(200)), long))

    def test_a_decay_at_the_end_makes_no_step_too_short(self) -> None:
        decayed = self.ratio(1e-3 * np.where(np.arange(200) < 120, 1, 1e-6))
        assert "gradients" not in names(judged(train(healthy_loss(200)), decayed))
