"""Every schedule's formula against torch's own scheduler, step by step."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.optim import lr_scheduler

from advisor.code import simulation
from advisor.code.events import ScheduleBuilt
from advisor.code.facts.schedule_factors import factor_of
from advisor.code.simulation import Factor, simulate
from advisor.code.values import Schedule
from tests.abstract_programs import findings, program

RATE = 0.1
CLASS = r"[A-Z]\w*(?=\()"
STEPS = 50
MakeScheduler = Callable[[torch.optim.Optimizer], Any]


def rates_of(make: MakeScheduler, steps: int) -> list[float]:
    """The factors on the base rate that a scheduler of torch uses, step by step."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=RATE)
    scheduler = make(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"] / RATE)
        optimizer.step()
        scheduler.step()
    return rates


def check(factor: Factor, make: MakeScheduler, steps: int = STEPS) -> None:
    ours = [factor(step) for step in range(steps)]
    assert ours == pytest.approx(rates_of(make, steps), abs=1e-9)


few = settings(max_examples=20, deadline=None)
sizes = st.integers(1, 2 * STEPS)
factors = st.floats(0.05, 1)


@few
@given(sizes, factors)
def test_step_decay(size: int, gamma: float) -> None:
    check(
        simulation.step_decay(size, gamma),
        lambda optimizer: lr_scheduler.StepLR(optimizer, size, gamma),
    )


@few
@given(st.lists(sizes, max_size=5), factors)
def test_multi_step_decay_with_milestones_in_any_order(milestones: list[int], gamma: float) -> None:
    check(
        simulation.multi_step_decay(milestones, gamma),
        lambda optimizer: lr_scheduler.MultiStepLR(optimizer, sorted(milestones), gamma),
    )


@few
@given(factors)
def test_exponential_decay(gamma: float) -> None:
    check(
        simulation.exponential_decay(gamma),
        lambda optimizer: lr_scheduler.ExponentialLR(optimizer, gamma),
    )


@few
@given(sizes, st.floats(0, 0.5))
def test_cosine_annealing_also_beyond_its_period(period: int, floor: float) -> None:
    check(
        simulation.cosine_annealing(period, floor),
        lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, period, floor * RATE),
    )


@few
@given(st.integers(1, 20), st.integers(1, 3), st.floats(0, 0.5))
def test_cosine_restarts(first: int, growth: int, floor: float) -> None:
    check(
        simulation.cosine_restarts(first, growth, floor),
        lambda optimizer: lr_scheduler.CosineAnnealingWarmRestarts(
            optimizer, first, growth, floor * RATE
        ),
    )


@few
@given(factors, st.floats(0, 1), sizes)
def test_linear_change(start: float, end: float, total: int) -> None:
    check(
        simulation.linear_change(start, end, total),
        lambda optimizer: lr_scheduler.LinearLR(optimizer, start, end, total),
    )


@few
@given(factors, sizes)
def test_constant_then_one(value: float, total: int) -> None:
    check(
        simulation.constant_then_one(value, total),
        lambda optimizer: lr_scheduler.ConstantLR(optimizer, value, total),
    )


@few
@given(sizes, st.sampled_from([0.5, 1.0, 2.0, 3.0]))
def test_polynomial_decay(total: int, power: float) -> None:
    check(
        simulation.polynomial_decay(total, power),
        lambda optimizer: lr_scheduler.PolynomialLR(optimizer, total, power),
    )


@few
@given(st.integers(STEPS + 1, 4 * STEPS), st.floats(0.05, 0.9), st.sampled_from([2, 25, 100]))
def test_one_cycle(total: int, rise: float, divisor: float) -> None:
    check(
        simulation.one_cycle(total, rise, divisor, 1e4),
        lambda optimizer: lr_scheduler.OneCycleLR(
            optimizer, max_lr=RATE, total_steps=total, pct_start=rise, div_factor=divisor
        ),
    )


@few
@given(st.floats(0.05, 0.5), st.booleans(), st.booleans())
def test_one_cycle_in_all_its_forms(rise: float, linear: bool, three_phases: bool) -> None:
    check(
        simulation.one_cycle(STEPS + 10, rise, 25, 1e4, linear=linear, three_phases=three_phases),
        lambda optimizer: lr_scheduler.OneCycleLR(
            optimizer,
            max_lr=RATE,
            total_steps=STEPS + 10,
            pct_start=rise,
            anneal_strategy="linear" if linear else "cos",
            three_phase=three_phases,
        ),
    )


@few
@given(
    st.floats(0, 0.9),
    st.integers(1, 20),
    st.integers(1, 20),
    st.sampled_from(["triangular", "triangular2", "exp_range"]),
    factors,
)
def test_cyclic(lowest: float, up: int, down: int, mode: Any, gamma: float) -> None:
    check(
        simulation.cyclic(lowest, up, down, mode, gamma),
        lambda optimizer: lr_scheduler.CyclicLR(
            optimizer, lowest * RATE, RATE, up, down, mode, gamma, cycle_momentum=False
        ),
    )


@few
@given(factors)
def test_multiplied(factor: float) -> None:
    check(
        simulation.multiplied(lambda step: factor if step % 3 else 1.0),
        lambda optimizer: lr_scheduler.MultiplicativeLR(
            optimizer, lambda step: factor if step % 3 else 1.0
        ),
    )


@few
@given(
    st.lists(st.sampled_from([0.0, 0.5, 0.99995, 1.0, 2.0]), min_size=STEPS, max_size=STEPS),
    st.integers(0, 5),
    st.integers(0, 4),
    st.booleans(),
    st.booleans(),
)
def test_on_plateau(
    metrics: list[float], patience: int, cooldown: int, largest: bool, relative: bool
) -> None:
    settings = simulation.Plateau(
        0.5, patience, 1e-4, cooldown, 0.01, 1e-8 / RATE, largest, relative
    )
    factor = simulation.on_plateau(settings, lambda step: metrics[step])
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=RATE)
    scheduler = lr_scheduler.ReduceLROnPlateau(
        optimizer,
        "max" if largest else "min",
        0.5,
        patience,
        1e-4,
        "rel" if relative else "abs",
        cooldown,
        0.01 * RATE,
    )
    rates = []
    for metric in metrics:
        rates.append(optimizer.param_groups[0]["lr"] / RATE)
        scheduler.step(metric)
    assert [factor(step) for step in range(STEPS)] == pytest.approx(rates, abs=1e-9)


AS_WRITTEN = [
    "StepLR(optimizer, 7)",
    "StepLR(optimizer, step_size=7, gamma=0.5)",
    "MultiStepLR(optimizer, [30, 5, 17])",
    "MultiStepLR(optimizer, milestones=(5, 17), gamma=0.5)",
    "ExponentialLR(optimizer, 0.9)",
    "CosineAnnealingLR(optimizer, 20)",
    "CosineAnnealingLR(optimizer, T_max=60, eta_min=0.01)",
    "CosineAnnealingWarmRestarts(optimizer, 7)",
    "CosineAnnealingWarmRestarts(optimizer, T_0=7, T_mult=2, eta_min=0.01)",
    "LinearLR(optimizer)",
    "LinearLR(optimizer, start_factor=0.1, end_factor=0.5, total_iters=20)",
    "ConstantLR(optimizer)",
    "ConstantLR(optimizer, 0.5, 20)",
    "PolynomialLR(optimizer)",
    "PolynomialLR(optimizer, total_iters=30, power=2.0)",
    "OneCycleLR(optimizer, 0.1, total_steps=60)",
    "OneCycleLR(optimizer, max_lr=0.1, epochs=6, steps_per_epoch=10, pct_start=0.5)",
    "LambdaLR(optimizer, lambda epoch: 0.5 ** (epoch // 10))",
    "LambdaLR(optimizer, lr_lambda=lambda epoch: min(1.0, (epoch + 1) / 20))",
    "MultiplicativeLR(optimizer, lambda epoch: 0.95)",
    "MultiplicativeLR(optimizer, lr_lambda=lambda epoch: 1 - 1 / (epoch + 2))",
    "OneCycleLR(optimizer, 0.1, 60, anneal_strategy='linear', three_phase=True)",
    "CyclicLR(optimizer, 0.01, 0.1, step_size_up=7, cycle_momentum=False)",
    "CyclicLR(optimizer, 0.01, 0.1, 5, 9, mode='exp_range', gamma=0.98, cycle_momentum=False)",
    "SequentialLR(optimizer, [LinearLR(optimizer, 0.1, 1.0, 5), StepLR(optimizer, 9)], [5])",
    "SequentialLR(optimizer, milestones=[9], schedulers=[StepLR(optimizer, 3), LinearLR(optimizer)])",
    "ChainedScheduler([ConstantLR(optimizer, 0.1, 5), ExponentialLR(optimizer, 0.9)])",
    "ChainedScheduler([LinearLR(optimizer), StepLR(optimizer, 10)], optimizer=optimizer)",
]


def test_no_scheduler_of_torch_is_left_out() -> None:
    compared = {each.split("(")[0] for each in AS_WRITTEN} | {"ReduceLROnPlateau"}
    assert compared == set(lr_scheduler.__all__) - {"LRScheduler"}


@pytest.mark.parametrize("written", AS_WRITTEN)
def test_a_schedule_is_read_from_the_code_as_torch_reads_its_arguments(written: str) -> None:
    run = program(
        f"""
        import torch
        from torch.optim.lr_scheduler import {", ".join(sorted(set(re.findall(CLASS, written))))}
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr={RATE})
        schedule = {written}
        """
    )
    schedule = run.scope.fields["schedule"]
    assert isinstance(schedule, Schedule)
    factor = factor_of(schedule)
    assert factor is not None
    check(factor, lambda optimizer: eval(written, vars(lr_scheduler), {"optimizer": optimizer}))


@pytest.mark.parametrize(
    "written",
    [
        "ReduceLROnPlateau(optimizer)",
        "LambdaLR(optimizer, rates)",
        "StepLR(optimizer, size)",
        "CyclicLR(optimizer, 0.01, 0.1, scale_fn=scale, cycle_momentum=False)",
        "SequentialLR(optimizer, [LinearLR(optimizer), other], [5])",
        "ChainedScheduler([LambdaLR(optimizer, lambda epoch: 0.5), ExponentialLR(optimizer, 0.9)])",
    ],
)
def test_what_depends_on_more_than_the_code_has_no_factor(written: str) -> None:
    names = ", ".join(sorted(set(re.findall(CLASS, written))))
    run = program(
        f"""
        import torch
        from torch.optim.lr_scheduler import {names}
        def build(optimizer, rates, size, scale, other):
            return {written}
        """
    )
    schedule = run.events(ScheduleBuilt, "build")[-1].schedule
    assert isinstance(schedule, Schedule)
    assert factor_of(schedule) is None


class TestPlateausThatCannotEnd:
    PROGRAM = """
    import torch
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer{settings})
    for epoch in range({epochs}):
        for x, y in loader:
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
        schedule.step(validate(model))
    """

    @pytest.mark.parametrize(
        ("settings", "epochs"), [("", 12), (", patience=20", 22), (", 'min', 0.5, 3", 5)]
    )
    def test_a_training_shorter_than_the_patience_never_lowers_the_rate(
        self, settings: str, epochs: int
    ) -> None:
        written = self.PROGRAM.format(settings=settings, epochs=epochs)
        assert findings(written) == [(5, "NN601")]

    @pytest.mark.parametrize(
        ("settings", "epochs"),
        [("", 13), (", patience=20", 23), (", 'min', 0.5, 3", 6), (", patience=wait", 5), ("", 3)],
    )
    def test_a_longer_one_may_and_a_trial_has_no_time_to(self, settings: str, epochs: int) -> None:
        assert findings(self.PROGRAM.format(settings=settings, epochs=epochs)) == []


class TestTheSchedulesOfTransformers:
    """Checked against their documentation: transformers is too large to install for a formula."""

    def test_linear_rises_to_the_full_rate_and_falls_to_zero(self) -> None:
        factor = simulation.warmup_then(10, simulation.linear_to_zero(10, 110))
        assert [factor(step) for step in (0, 5, 10, 60, 110, 200)] == [0, 0.5, 1, 0.5, 0, 0]

    def test_cosine_rises_to_the_full_rate_and_falls_to_zero(self) -> None:
        factor = simulation.warmup_then(10, simulation.cosine_to_zero(10, 110, 0.5))
        ours = [factor(step) for step in (0, 5, 10, 60, 110)]
        assert ours == pytest.approx([0, 0.5, 1, 0.5, 0])


class TestWhatASimulationTells:
    def test_the_extremes_and_the_end(self) -> None:
        simulated = simulate(simulation.step_decay(10, 0.1), 25)
        assert simulated is not None
        assert simulated.peak == 1
        assert simulated.last == pytest.approx(0.01)

    def test_from_where_on_the_rate_stays_negligible(self) -> None:
        simulated = simulate(simulation.step_decay(10, 0.1), 100)
        assert simulated is not None
        assert simulated.falls_for_good_below(1e-3) == 30

    def test_a_rate_that_comes_back_does_not_fall_for_good(self) -> None:
        simulated = simulate(simulation.cosine_annealing(10, 0), 20)
        assert simulated is not None
        assert simulated.falls_for_good_below(0.1) is None

    def test_a_long_training_is_sampled_with_its_first_and_last_step(self) -> None:
        simulated = simulate(simulation.polynomial_decay(10**6, 1), 10**6)
        assert simulated is not None
        assert len(simulated.samples) <= simulation.MOST_SAMPLES
        assert simulated.samples[0][0] == 0
        assert simulated.samples[-1][0] == 10**6 - 1

    @pytest.mark.parametrize("factor", [lambda step: 1 / (step - 3), lambda step: float("inf")])
    def test_a_formula_without_a_value_everywhere_is_not_judged(self, factor: Factor) -> None:
        assert simulate(factor, 10) is None
