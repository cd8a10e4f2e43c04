"""What gradient norms say about a run: gone, dead, growing, bursting, clipped."""

from dataclasses import replace

import numpy as np

from advisor.findings import Severity
from advisor.runs.run import Curve, Split
from tests.drawn_runs import Floats, drawn, falling, found, healthy_loss, judged, scatter, train


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
