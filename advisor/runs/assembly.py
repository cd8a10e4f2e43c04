"""Looks at a run from all the sides that rules ask for, and notes what it could not see."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from advisor.runs.curves import Trajectory, trajectory_of
from advisor.runs.decomposition import Decomposition, decompose, scales_agree
from advisor.runs.facts import (
    Decomposed,
    Descent,
    FirstLoss,
    GeneralisationGap,
    GradientNorms,
    HeldOut,
    Logbook,
    LossDescent,
    Schedule,
    ScheduledDescent,
)
from advisor.runs.not_judged import NotJudged
from advisor.runs.reference_levels import (
    LARGEST_GUESS,
    MeanGuess,
    UniformGuess,
    as_fractions,
    uniform_guess,
)
from advisor.runs.run import Curve, Kind, Run, Split
from advisor.runs.tasks import held_out_of, other_tasks
from advisor.runs.thresholds import Thresholds
from advisor.runs.user_facts import UserFacts
from advisor.runs.vocabulary import words_of

_TRAINING_SPLITS = (Split.TRAIN, Split.UNKNOWN)
_ALL_SPLITS = (*_TRAINING_SPLITS, Split.VALIDATION, Split.TRAIN_VALIDATION, Split.TEST)

_FIRST_POINTS = 14
_UNITS = frozenset({"step", "epoch"})


@dataclass(frozen=True)
class Facts:
    """All facts of one run, and what is missing among them."""

    facts: tuple[object, ...]
    not_judged: tuple[NotJudged, ...]
    decomposition: Decomposition | None = None


class _Assembly:
    """Collects the facts of a run and the reasons for those that cannot be had."""

    def __init__(self, run: Run, user: UserFacts, thresholds: Thresholds) -> None:
        self.run, self.user, self.thresholds = run, user, thresholds
        self.logbook = Logbook(run, user, thresholds)
        self.facts: list[object] = [self.logbook]
        self.missing: list[NotJudged] = []
        self.decomposition: Decomposition | None = None
        self._read: dict[int, Trajectory | None] = {}

    def miss(self, what: str, why: str) -> None:
        self.missing.append(NotJudged(what, why))

    def curve(self, quantity: str, *splits: Split) -> Trajectory | None:
        """The first primary curve of a quantity, in the order of `splits`, with a finite point."""
        for split in splits:
            if found := self.trajectory(self.run.primary(quantity, split)):
                return found
        return None

    def trajectory(self, curve: Curve | None) -> Trajectory | None:
        """The curve's trajectory, the same object each time: its levels are computed once."""
        key = id(curve)
        if key not in self._read:
            self._read[key] = trajectory_of(curve, self.thresholds)
        return self._read[key]

    def long_enough(self, curve: Trajectory | None) -> Trajectory | None:
        return curve if curve and len(curve) >= self.thresholds.minimum_points else None

    def supervised(self) -> None:
        self.descent()
        self.decompose()
        self.held_out()
        self.gap()
        for task in other_tasks(self.run.curves):
            self.task(task)

    def task(self, curve: Curve) -> None:
        """Whether one of several tasks goes wrong or over-fits, whatever the others do."""
        train = self.long_enough(self.trajectory(curve))
        held_out = self.long_enough(self.trajectory(held_out_of(curve, self.run.curves)))
        if train is None:
            return
        settings, schedule = self.thresholds, self.schedule()
        self.facts.append(
            LossDescent(self.run, train, settings, held_out=held_out, schedule=schedule)
        )
        common = held_out and _on_steps_of(train, held_out)
        if held_out is None or common is None or not scales_agree(train, common):
            return
        self.facts.append(HeldOut(self.run, held_out, train, None, settings))
        self.facts.append(GeneralisationGap(self.run, train, common, None, None, settings))

    def returns(self) -> None:
        if curve := self.long_enough(self.curve("return", *_ALL_SPLITS)):
            self.add_descent(curve, Descent)
        else:
            self.miss("progress", "no return with enough points was logged")

    def descent(self) -> None:
        loss = self.curve("loss", *_TRAINING_SPLITS)
        if self.long_enough(loss) and loss:
            self.add_descent(loss, LossDescent)
        elif curve := self.other_descent():
            self.add_descent(curve, Descent)
        else:
            few = self.thresholds.minimum_points
            self.miss("the shape of the curves", f"no learned curve has {few} finite points")
        self.first_loss(loss)

    def other_descent(self) -> Trajectory | None:
        """What speaks for a run without a long training loss: validation, then any metric."""
        wanted = [("loss", Split.VALIDATION)]
        wanted += [(name, split) for split in _ALL_SPLITS for name in ("error", "accuracy")]
        for quantity, split in wanted:
            if curve := self.long_enough(self.curve(quantity, split)):
                return curve
        return None

    def add_descent(self, curve: Trajectory, kind: type[Descent]) -> None:
        role = curve.curve.role
        descent = kind(
            self.run,
            curve,
            self.thresholds,
            guess=self.guess() if role.quantity == "loss" else None,
            accuracy=self.curve("accuracy", Split.TRAIN, Split.VALIDATION, Split.UNKNOWN),
            held_out=None
            if role.split is Split.VALIDATION
            else self.curve(role.quantity, Split.VALIDATION),
            siblings=self.siblings(curve),
            schedule=self.schedule(),
            gradient=self.curve("gradient_norm", Split.UNKNOWN, Split.TRAIN),
            goal=self.user.goals.get(role.quantity),
        )
        self.facts.append(descent)
        self.gradients(descent)
        if descent.schedule is not None:
            self.facts.append(ScheduledDescent(descent, descent.schedule))
        else:
            self.miss("the learning-rate schedule", "no learning rate was logged")

    def gradients(self, descent: Descent) -> None:
        """The logged gradient norms and sizes of updates, as far as they have enough points."""
        norms, updates = self.long_curves("gradient_norm"), self.long_curves("update_ratio")
        whole = descent.gradient if descent.gradient in norms else None
        layers = tuple(norm for norm in norms if norm is not whole)
        if norms or updates:
            whole = whole or _norm_of_all(layers)
            self.facts.append(GradientNorms(descent, whole, layers, tuple(updates)))

    def long_curves(self, quantity: str) -> list[Trajectory]:
        return [
            found
            for each in self.run.curves
            if each.role.quantity == quantity and (found := self.long_enough(self.trajectory(each)))
        ]

    def siblings(self, curve: Trajectory) -> tuple[Trajectory, ...]:
        """Other primary training curves of something that is learned."""
        if self.run.kind is not Kind.SUPERVISED:
            return ()
        found = (
            self.trajectory(each)
            for each in self.logbook.learned
            if each.role.primary and each.role.split is Split.TRAIN and each is not curve.curve
        )
        return tuple(each for each in found if each and len(each) >= self.thresholds.minimum_points)

    def guess(self) -> UniformGuess | None:
        return uniform_guess(
            self.run,
            self.user,
            self.curve("loss", *_TRAINING_SPLITS, Split.VALIDATION),
            self.curve("accuracy", Split.VALIDATION, Split.TRAIN, Split.UNKNOWN),
            self.thresholds,
        )

    def largest_guess(self, loss: Trajectory) -> UniformGuess | None:
        """The guess among more classes than anybody has, for a classifier that starts above it."""
        accuracy = self.curve("accuracy", Split.TRAIN, Split.VALIDATION, Split.UNKNOWN)
        starts_above = float(loss.costs[0]) > self.thresholds.largest_uninformed_loss
        return LARGEST_GUESS if accuracy is not None and starts_above else None

    def mean_guess(self, loss: Trajectory) -> MeanGuess | None:
        """The guess of a regression, where the user has told of its targets."""
        given = self.user.targets
        return None if given is None else MeanGuess(given, loss.curve.role.quantity)

    def schedule(self) -> Schedule | None:
        rate = self.curve("learning_rate", Split.UNKNOWN, Split.TRAIN)
        if rate is None or len(rate) < 2:
            return None
        return Schedule(rate.tag, rate.steps, rate.costs)

    def first_loss(self, loss: Trajectory | None) -> None:
        what = "the loss at initialisation"
        if loss is None:
            return self.miss(what, "no training loss was logged")
        uniform = self.guess() or self.largest_guess(loss)
        guess = self.mean_guess(loss) or uniform
        if guess is None:
            known = "neither the classes (`--classes`) nor the targets (`--targets`) are known"
            return self.miss(what, known)
        descent = LossDescent(self.run, loss, self.thresholds, guess=uniform)
        step, last = int(loss.steps[0]), int(loss.steps[-1])
        latest = min(self.thresholds.init_latest_step, self.thresholds.init_latest_share * last)
        early = not loss.curve.role.per_epoch and step <= latest
        head = loss.slice(0, _FIRST_POINTS)
        self.facts.append(
            FirstLoss(
                descent,
                guess,
                float(loss.costs[0]),
                step,
                loss.noise_at_start,
                early,
                next_level=float(np.median(head.costs[:3])),
                noise_nearby=head.noise if len(head) == _FIRST_POINTS else loss.noise_at_start,
            )
        )
        return None

    def decompose(self) -> None:
        result = decompose(self.run, self.user, self.thresholds)
        if isinstance(result, NotJudged):
            self.missing.append(result)
            return
        self.decomposition = result
        self.facts.append(Decomposed(self.run, result, self.thresholds))
        if result.level("goal") is None:
            self.miss("under-fitting", "no goal is given (`--goal loss=0.1`)")

    def held_out(self) -> None:
        validation = self.validation()
        if validation is None:
            return self.miss("generalisation", "no validation curve was logged")
        if len(validation) < self.thresholds.minimum_evaluations:
            few = f"only {len(validation)} evaluations were logged"
            return self.miss("the shape of the validation curve", few)
        quantity = validation.curve.role.quantity
        train = self.curve(quantity, *_TRAINING_SPLITS)
        train = train and (self.epoch_means(train) or train)
        metric = self.curve("accuracy", Split.VALIDATION) if quantity == "loss" else None
        self.facts.append(HeldOut(self.run, validation, train, metric, self.thresholds))
        return None

    def epoch_means(self, curve: Trajectory) -> Trajectory | None:
        """The means per epoch of a curve of single steps, where both were logged.

        They are what an evaluation is best compared with: they cover all rows.
        """
        if curve.curve.role.per_epoch is True:
            return None
        name, role = _without_unit(curve.tag), curve.curve.role
        for each in self.run.curves:
            same = (each.role.quantity, each.role.split) == (role.quantity, role.split)
            if same and each.role.per_epoch is True and _without_unit(each.tag) == name:
                return self.long_enough(self.trajectory(each))
        return None

    def validation(self, split: Split = Split.VALIDATION) -> Trajectory | None:
        for quantity in ("loss", "error", "accuracy"):
            if found := self.curve(quantity, split):
                return found
        return None

    def gap(self) -> None:
        what = "the gap between training and validation"
        validation = self.validation(Split.TRAIN_VALIDATION) or self.validation()
        if validation is None:
            return None
        train = self.curve(validation.curve.role.quantity, *_TRAINING_SPLITS)
        if train is None:
            return self.miss(what, "no training curve of the same quantity was logged")
        if min(len(train), len(validation)) < 3:
            return self.miss(what, "fewer than three common points were logged")
        train = self.epoch_means(train) or train
        if train.curve.role.quantity == "accuracy":
            train, validation = as_fractions(train), as_fractions(validation)
        common = _on_steps_of(train, validation)
        if common is None:
            return self.miss(what, "their steps count different things")
        if not scales_agree(train, common):
            return self.miss(what, "they were logged on different scales")
        self.facts.append(
            GeneralisationGap(
                self.run, train, common, self.decomposition, self.guess(), self.thresholds
            )
        )
        return None


def _without_unit(tag: str) -> tuple[str, ...]:
    """The words of a tag but for those that say how often it was logged."""
    return tuple(word for word in words_of(tag) if word not in _UNITS)


def _norm_of_all(layers: Sequence[Trajectory]) -> Trajectory | None:
    """The norm of all gradients, from those of its parts, where all were logged at the same steps."""
    if len(layers) < 2 or any(not np.array_equal(each.steps, layers[0].steps) for each in layers):
        return None
    squares = np.sum([each.costs**2 for each in layers], axis=0)
    curve = replace(layers[0].curve, tag=f"the gradient of {len(layers)} parts")
    return replace(layers[0], curve=curve, costs=np.sqrt(squares))


def _on_steps_of(train: Trajectory, validation: Trajectory) -> Trajectory | None:
    """The validation curve on the steps of training; by wall time where the steps differ in kind.

    None where neither axis is common to both.
    """
    ends = float(train.steps[-1] + 1), float(validation.steps[-1] + 1)
    if max(ends) <= train.thresholds.comparable_axes * min(ends):
        return validation
    clock = train.curve.wall_times[np.isfinite(train.curve.values)]
    times = validation.curve.wall_times[np.isfinite(validation.curve.values)]
    if clock[-1] - clock[0] <= 0 or times[0] > clock[-1] or times[-1] < clock[0]:
        return None
    steps = np.interp(times, clock, train.steps).astype(np.int64)
    if np.any(np.diff(steps) <= 0):
        return None
    return Trajectory(validation.curve, steps, validation.costs, validation.thresholds)


_WAYS: dict[Kind, Callable[[_Assembly], None]] = {
    Kind.SUPERVISED: _Assembly.supervised,
    Kind.REINFORCEMENT: _Assembly.returns,
}


def assemble(run: Run, user: UserFacts, thresholds: Thresholds) -> Facts:
    """Look at a run from all the sides that rules ask for."""
    if run.kind is Kind.NOT_A_RUN:
        reason = NotJudged("the whole of it", "no quantity that is being learned was logged")
        return Facts((), (reason,))
    assembly = _Assembly(run, user, thresholds)
    if run.kind is Kind.ADVERSARIAL:
        assembly.miss("the losses", "two networks train against each other: theirs need not fall")
    elif way := _WAYS.get(run.kind):
        way(assembly)
    return Facts(tuple(assembly.facts), tuple(assembly.missing), assembly.decomposition)
