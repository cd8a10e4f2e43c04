"""Learning-rate schedules as functions: the factor on the base learning rate at each step.

The formulas are those that torch documents for its schedulers (in closed form, stepped once per
step) and transformers for its own.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence

from advisor.lazy_dataclasses import dataclass

Factor = Callable[[int], float]
MOST_SAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a learning rate does over a training of `steps` steps.

    `samples` are pairs of a step and the factor on the base rate there; every step, or evenly
    spread ones of a long training, the first and the last among them.
    """

    steps: int
    samples: tuple[tuple[int, float], ...]

    @property
    def peak(self) -> float:
        """The largest factor."""
        return max(factor for _, factor in self.samples)

    @property
    def lowest(self) -> float:
        """The smallest factor."""
        return min(factor for _, factor in self.samples)

    @property
    def last(self) -> float:
        """The factor at the last step of the training."""
        return self.samples[-1][1]

    def falls_for_good_below(self, share: float) -> int | None:
        """The first step from which the rate stays at or below a share of its peak."""
        limit = self.peak * share * (1 + 1e-9)
        found: int | None = None
        for step, factor in reversed(self.samples):
            if factor > limit:
                break
            found = step
        return found


def simulate(factor: Factor, steps: int) -> Simulation | None:
    """Run a schedule over a training; None when it cannot be evaluated."""
    count = min(steps, MOST_SAMPLES)
    positions = sorted({round(index * (steps - 1) / max(count - 1, 1)) for index in range(count)})
    try:
        samples = tuple((step, factor(step)) for step in positions)
    except (ArithmeticError, ValueError, TypeError):
        return None
    if any(not math.isfinite(value) for _, value in samples):
        return None
    return Simulation(steps, samples)


def step_decay(step_size: int, gamma: float) -> Factor:
    """`StepLR`: times `gamma` after every `step_size` steps."""
    return lambda step: gamma ** (step // step_size)


def multi_step_decay(milestones: Sequence[int], gamma: float) -> Factor:
    """`MultiStepLR`: times `gamma` at each milestone."""
    ordered = sorted(milestones)
    return lambda step: gamma ** bisect_right(ordered, step)


def exponential_decay(gamma: float) -> Factor:
    """`ExponentialLR`: times `gamma` after every step."""
    return lambda step: gamma**step


def cosine_annealing(period: float, floor: float) -> Factor:
    """`CosineAnnealingLR`: from 1 to `floor` in `period` steps, and back again after that."""
    return lambda step: floor + (1 - floor) * (1 + math.cos(math.pi * step / period)) / 2


def cosine_restarts(first: int, growth: int, floor: float) -> Factor:
    """`CosineAnnealingWarmRestarts`: from 1 to `floor`, then at 1 again; periods grow."""

    def factor(step: int) -> float:
        start, period = 0, first
        while step >= start + period:
            start, period = start + period, period * growth
        return floor + (1 - floor) * (1 + math.cos(math.pi * (step - start) / period)) / 2

    return factor


def linear_change(start: float, end: float, total: int) -> Factor:
    """`LinearLR`: from `start` to `end` in `total` steps, then constant."""
    return lambda step: start + (end - start) * min(step, total) / total


def constant_then_one(value: float, total: int) -> Factor:
    """`ConstantLR`: `value` for `total` steps, then 1."""
    return lambda step: value if step < total else 1.0


def polynomial_decay(total: int, power: float) -> Factor:
    """`PolynomialLR`: to zero in `total` steps."""
    return lambda step: (1 - min(step, total) / total) ** power


def warmup_then(warmup: int, after: Factor) -> Factor:
    """A linear rise to 1 in `warmup` steps, then another schedule (which sees the whole step)."""
    return lambda step: step / max(1, warmup) if step < warmup else after(step)


def linear_to_zero(warmup: int, total: int) -> Factor:
    """transformers' linear schedule behind its warm-up: zero at `total`."""
    return lambda step: max(0.0, (total - step) / max(1, total - warmup))


def cosine_to_zero(warmup: int, total: int, cycles: float) -> Factor:
    """transformers' cosine schedule behind its warm-up."""

    def factor(step: int) -> float:
        progress = (step - warmup) / max(1, total - warmup)
        return max(0.0, (1 + math.cos(math.pi * 2 * cycles * progress)) / 2)

    return factor


def one_cycle(
    total: int,
    rise: float,
    start_divisor: float,
    final_divisor: float,
    *,
    linear: bool = False,
    three_phases: bool = False,
) -> Factor:
    """`OneCycleLR`, relative to its maximum: up, down to the start and below it; with three phases
    it comes back to the start as fast as it has risen."""
    start, final = 1 / start_divisor, 1 / (start_divisor * final_divisor)
    top = rise * total - 1
    ends = [(top, start, 1.0), (total - 1, 1.0, final)]
    if three_phases:
        ends = [(top, start, 1.0), (2 * top, 1.0, start), (total - 1, start, final)]
    anneal = _line if linear else _cosine

    def factor(step: int) -> float:
        begin = 0.0
        for end, first, last in ends:
            if step <= end or end == ends[-1][0]:
                return anneal(first, last, min(1.0, (step - begin) / (end - begin or 1.0)))
            begin = end
        return final

    return factor


def cyclic(
    lowest: float, up: int, down: int, mode: str = "triangular", gamma: float = 1.0
) -> Factor:
    """`CyclicLR`, relative to its maximum: from `lowest` to 1 in `up` steps and back in `down`. With
    `triangular2` each cycle is half as high, with `exp_range` each step is lower by `gamma`."""
    length = up + down

    def factor(step: int) -> float:
        cycle, position = divmod(step, length)
        height = position / up if position <= up else (length - position) / down
        damped = {"triangular2": 0.5**cycle, "exp_range": gamma**step}.get(mode, 1.0)
        return lowest + (1 - lowest) * height * damped

    return factor


def multiplied(each: Factor) -> Factor:
    """`MultiplicativeLR`: times what a function gives for every step so far but the first."""
    known = [1.0]

    def factor(step: int) -> float:
        while len(known) <= step:
            known.append(known[-1] * each(len(known)))
        return known[step]

    return factor


@dataclass(frozen=True, slots=True)
class Plateau:
    """What `ReduceLROnPlateau` goes by: times `decay` when a metric has not got better by `threshold`
    for more than `patience` steps, then a `cooldown`; not below `floor`, nor by less than `least`,
    both as shares of the base rate."""

    decay: float = 0.1
    patience: int = 10
    threshold: float = 1e-4
    cooldown: int = 0
    floor: float = 0.0
    least: float = 0.0
    largest: bool = False
    relative: bool = True

    def is_better(self, value: float, best: float) -> bool:
        """Whether a value of the metric is better than the best one so far."""
        step = self.threshold if not self.relative else best * self.threshold
        if math.isinf(best):
            return value != best
        return value > best + step if self.largest else value < best - step

    def lowered(self, factor: float) -> float:
        """The factor after a reduction."""
        new = max(factor * self.decay, self.floor)
        return new if factor - new > self.least else factor


def on_plateau(settings: Plateau, metric: Callable[[int], float]) -> Factor:
    """`ReduceLROnPlateau`, told a metric after every step."""
    known = [1.0]
    best = -math.inf if settings.largest else math.inf
    bad = cooling = 0

    def factor(step: int) -> float:
        nonlocal best, bad, cooling
        while len(known) <= step:
            value = metric(len(known) - 1)
            better = settings.is_better(value, best)
            best, bad = (value, 0) if better else (best, bad + 1)
            if cooling > 0:
                cooling, bad = cooling - 1, 0
            reduced = bad > settings.patience
            known.append(settings.lowered(known[-1]) if reduced else known[-1])
            if reduced:
                cooling, bad = settings.cooldown, 0
        return known[step]

    return factor


def one_after_another(factors: Sequence[Factor], milestones: Sequence[int]) -> Factor:
    """`SequentialLR`: from each milestone on the next schedule, from its own beginning."""

    def factor(step: int) -> float:
        index = bisect_right(milestones, step)
        return factors[index](step - (milestones[index - 1] if index else 0))

    return factor


def all_at_once(factors: Sequence[Factor]) -> Factor:
    """`ChainedScheduler` over schedules that multiply the rate: the product of all."""
    return lambda step: math.prod(each(step) for each in factors)


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def _line(start: float, end: float, share: float) -> float:
    return start + (end - start) * share
