"""Operations whose result or gradient may not be finite."""

import re
from collections.abc import Iterable, Iterator
from typing import Self

from advisor.code.events import (
    BackwardRun,
    BatchSkipped,
    BytesSubtracted,
    DividedByNothing,
    Event,
    FailureIgnored,
    ForwardRun,
    GradientsCleared,
    GradientsTaken,
    LogarithmTaken,
    LossComputed,
    NotNumbersReplaced,
    NumbersChosen,
    OptimizerStepped,
    OwnLossCompiled,
    PictureDrawn,
    RootTaken,
    SoftmaxByHand,
)
from advisor.code.facts.run import AbstractRun, Fact, draft
from advisor.code.facts.unit_tests import holds_unit_tests
from advisor.code.gradients import (
    gradient_of,
    is_computed_from,
    made_from,
    may_be_made_from,
    terms_of,
)
from advisor.code.library.degenerate_samples import SILENCE
from advisor.code.library.exponents import BY_HAND, DENSITY
from advisor.code.library.vanishing import vanishing
from advisor.code.nodes import holds
from advisor.code.values import Amount, Tensor, Unknown, Value, alternatives, meaning_of
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

# What a loss goes by that a class or a function computes.
_LOSS = re.compile(r"(Loss|Criterion)$|(^|_)loss$")
# What such a loss judges by, instead of learning from it.
_JUDGES = re.compile(
    r"Val(id|idation)?(?![a-z])|Eval|Test|Metric|(^|_)(val|valid|validation|eval|test)_"
)
# What has infinite logarithms whether anything is learned by them or not.
_EVEN_UNLEARNED = frozenset(["a ReLU", SILENCE, *BY_HAND])


@dataclass(frozen=True, slots=True)
class NumericalRisk(Fact):
    """An operation that underflows, overflows or has no gradient where its argument is extreme.

    `kind` is `log` or `quotient` (of what an activation makes 0), `root` (with an infinite slope, of
    which something is back-propagated), `hidden` (NaN is replaced in what is back-propagated, or in
    gradients), `skipped` (a batch whose loss is not finite), `ignored` (whatever fails in a step), `exponentials`, `bytes` (from which
    something whole is subtracted) or `sign` (of bytes);
    `safe` is the function that does by itself what is done with exponentials by hand, `of` says in
    words what the logarithm, root or quotient is of.
    """

    event: Event
    kind: str
    safe: str = ""
    of: str = ""

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every such operation, once for each line."""
        yield from cls._logarithms(run)
        replaced = {event.value for event in run.events(NotNumbersReplaced)}
        chosen = [value for event in run.events(NumbersChosen) for value in event.among]
        for event in run.events_among(SoftmaxByHand, BytesSubtracted, DividedByNothing):
            match event:
                case SoftmaxByHand() if not (holds_unit_tests(run) or _balances(event)):
                    yield cls(event, "exponentials", event.name)
                case BytesSubtracted() if not any(_is_made_of(x, event.result) for x in chosen):
                    yield cls(event, "sign" if event.subtracted is None else "bytes")
                case DividedByNothing() if event.result not in replaced:
                    yield cls(event, "quotient", of=event.by)
        yield from cls._back_propagated(run)
        for ignored in run.events(FailureIgnored):
            if _is_of_step(run, ignored):
                yield cls(ignored, "ignored")
        for skipped in run.events(BatchSkipped):
            if _decides_about_step(run, skipped):
                yield cls(skipped, "skipped")

    @classmethod
    def _logarithms(cls, run: AbstractRun) -> Iterator[Self]:
        """The first logarithm in each line of what an activation has made: p, and then 1 - p."""
        seen: dict[tuple[Value, object, int], LogarithmTaken] = {}
        for event in run.events(LogarithmTaken):
            found = vanishing(event.tensor)
            if found is None or (
                found.of not in _EVEN_UNLEARNED and not _is_learned(run, event, found.of)
            ):
                continue
            if any(holds(each.place.node, event.place.node) for each in run.events(PictureDrawn)):
                continue  # nobody computes anything with it
            key = (found.origin, event.place.source, event.place.locate().row)
            if seen.setdefault(key, event).place.node is event.place.node:
                yield cls(event, "log", of=found.of)

    @classmethod
    def _back_propagated(cls, run: AbstractRun) -> Iterator[Self]:
        losses = list(_learned_losses(run))
        for root in run.events(RootTaken):
            if gradient_of(root.result) is not False and (
                _is_part_of_step(run, root)
                or any(is_computed_from(loss, root.result) for loss in losses)
                or (_is_of_loss(run, root) and _is_given_back(run, root))
            ):
                yield cls(root, "root", of=root.of)
        given = {event.given for event in run.events(GradientsCleared)}
        for event in run.events(NotNumbersReplaced):
            if event.in_gradients or event.result in given:
                yield cls(event, "hidden", of="gradients")
            elif event.result in losses or (
                _is_told(run, event)
                and any(is_computed_from(loss, event.result) for loss in losses)
            ):
                yield cls(event, "hidden", of="loss")

    def finding(self, message: str) -> Draft:
        """A finding at the operation."""
        return draft(self.event, message)


def _balances(event: SoftmaxByHand) -> bool:
    """Whether exponentials are divided by sums of rows and columns in turn: of cosines, as all do that do it."""
    return any("sinkhorn" in function.name.lower() for function in event.context.functions)


def _is_made_of(value: Value, part: Value | None) -> bool:
    """Whether numbers are some others, be it under another type or shape."""
    return part is not None and any(each is part for each in made_from(value))


def _is_of_loss(run: AbstractRun, event: Event) -> bool:
    """Whether something happens in a loss that nothing in the file calls: it is for a training."""
    functions, gradients = event.context.functions, event.context.gradients
    if run.is_script or not functions or gradients is False or holds_unit_tests(run):
        return False
    if any(True for _ in run.events(BackwardRun)):
        return False
    owner = functions[0].owner
    name = functions[0].name if owner is None else owner.name
    return _LOSS.search(name) is not None and _JUDGES.search(name) is None


def _is_given_back(run: AbstractRun, root: RootTaken) -> bool:
    """Whether what a module gives back is made of a root, for all that is known: what is only noted down
    moves nothing."""
    for forward in run.events(ForwardRun):
        if forward.context.running or forward.module not in root.context.running:
            continue
        if not isinstance(forward.output, (Tensor, Unknown)):
            return True
        return may_be_made_from(forward.output, root.result)
    return True


def _learned_losses(run: AbstractRun) -> Iterator[Value]:
    """The losses whose gradients a training goes by."""
    for event in run.events_among(BackwardRun, GradientsTaken, OwnLossCompiled):
        match event:
            case (
                BackwardRun(loss=loss)
                | OwnLossCompiled(loss=loss)
                | GradientsTaken(loss=loss, by_tape=True)
            ):
                yield from alternatives(loss)


def _is_part_of_step(run: AbstractRun, root: RootTaken) -> bool:
    """Whether the root of what a ReLU has made is taken in a round in which something goes back: layers
    behind it are no arithmetic to follow."""
    if root.of != "relu" or gradient_of(root.result) is not True:
        return False
    return root.context.gradients is True and any(
        back.index > root.index and back.context.rounds == root.context.rounds
        for back in run.events(BackwardRun)
    )


def _is_told(run: AbstractRun, event: NotNumbersReplaced) -> bool:
    """Whether a loss, or what a whole model has put out, is replaced: parts of models may be empty."""
    if gradient_of(event.result) is False:
        return False
    if event.context.running:
        # What a whole model puts out, and not one of its parts.
        return len(event.context.running) == 1 and any(
            each.output is event.result and not each.context.running
            for each in run.events(ForwardRun)
        )
    of_loss = (
        is_computed_from(event.value, loss.result) or _are_of_one_loss(loss.result, event.value)
        for loss in run.events(LossComputed)
        if loss.result is not None
    )
    return any(of_loss) or any(
        each.output is event.value and not each.context.running for each in run.events(ForwardRun)
    )


def _is_learned(run: AbstractRun, event: LogarithmTaken, of: str) -> bool:
    gradient = gradient_of(event.tensor)
    if _is_of_loss(run, event) or (of == DENSITY and not holds_unit_tests(run)):
        # What is handed in is learned, for all that is known.
        return event.context.gradients is not False and gradient is not False
    if event.context.gradients is not True or gradient is False:
        return False
    if gradient is True:
        return True
    made_of = (event.tensor, *terms_of(event.tensor))
    return any(
        is_computed_from(back.loss, each) for back in run.events(BackwardRun) for each in made_of
    )


def _is_of_step(run: AbstractRun, ignored: FailureIgnored) -> bool:
    """Whether a loss goes back in what may fail, in a round of a loop around it."""
    loops = ignored.context.loops
    return bool(loops) and any(
        ignored.first <= back.index < ignored.index and back.context.loops == loops
        for back in run.events(BackwardRun)
    )


def _decides_about_step(run: AbstractRun, skipped: BatchSkipped) -> bool:
    """Whether it depends on a test of the loss whether the loss goes back, or a step follows."""
    for event in run.events_among(BackwardRun, OptimizerStepped):
        under = any(each.node is skipped.place.node for each in event.context.guards)
        if skipped.raised is not None:
            same = event.context.functions == skipped.context.functions
            under = same and event.index > skipped.raised.index
        if under and event.context.rounds == skipped.context.rounds and event.context.loops:
            return any(
                _is_same_loss(back.loss, skipped.loss)
                for back in run.events(BackwardRun)
                if back.context.rounds == skipped.context.rounds
            )
    return False


def _is_same_loss(loss: Value | None, tested: Value) -> bool:
    """Whether a test is of a loss, or of the number that it is."""
    if loss is None:
        return False
    if any(is_computed_from(each, tested) for each in alternatives(loss)):
        return True
    if any(is_computed_from(tested, each) for each in alternatives(loss)):
        return True
    if any(each is loss for each in made_from(tested)):
        return True
    return _are_of_one_loss(loss, tested)


def _are_of_one_loss(loss: Value, number: Value) -> bool:
    """Whether one is a loss and the other the number that it is."""
    one, other = meaning_of(loss), meaning_of(number)
    return isinstance(one, Amount) and isinstance(other, Amount) and one.place == other.place
