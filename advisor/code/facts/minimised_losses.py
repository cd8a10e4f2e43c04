"""Losses of supervised learning as they are back-propagated: as they are, or with the sign turned."""

import re
from collections.abc import Iterable, Iterator
from typing import Self

import libcst as cst

from advisor.code.events import (
    BackwardRun,
    Context,
    Escaped,
    ForwardRun,
    LossComputed,
    LossReturned,
    OptimizerBuilt,
    OptimizerStepped,
)
from advisor.code.facts.modules import concerns
from advisor.code.facts.origins import module_of, origins_of
from advisor.code.facts.passes import passes
from advisor.code.facts.relations import is_certainly_optimizer
from advisor.code.facts.run import AbstractRun, Fact, code_of
from advisor.code.facts.steps import in_same_rounds
from advisor.code.gradients import gradient_of, made_from
from advisor.code.part_names import words
from advisor.code.sources import NodePlace
from advisor.code.values import (
    Optimizer,
    Squared,
    Tensor,
    Unknown,
    Value,
    alternatives,
    is_always,
    meaning_of,
)
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

_SUPERVISED = re.compile(
    r"^torch\.nn\.(functional\.)?(cross_entropy|CrossEntropyLoss|mse_loss|MSELoss|l1_loss|L1Loss"
    r"|smooth_l1_loss|SmoothL1Loss|huber_loss|HuberLoss|binary_cross_entropy(_with_logits)?"
    r"|BCELoss|BCEWithLogitsLoss|nll_loss|NLLLoss)$"
)
# Words of code that makes a loss larger on purpose, or whose losses are not what they are called.
_ON_PURPOSE = frozenset(
    ["attack", "adversarial", "adversary", "adv", "ascent", "ascend", "unlearn", "unlearning"]
    + ["forget", "forgetting", "maximize", "maximise", "maximizes", "max", "reward", "policy"]
    + ["critic", "discriminator", "generator", "gan", "disc", "gen", "domain", "confusion", "pgd"]
    + [
        "fgsm",
        "perturb",
        "perturbation",
        "elbo",
        "likelihood",
        "agent",
        "actor",
        "saliency",
        "worst",
    ]
)

_ALL_THE_SAME = re.compile(r"\b(ones|zeros|full|fill_?)(_like)?$|\bnew_(ones|zeros|full)$")


@dataclass(frozen=True, slots=True)
class MinimisedLoss(Fact):
    """The loss of a model on given targets, which alone is back-propagated for the one optimizer of
    the model. `turned` is where its sign was turned before, if it was."""

    event: BackwardRun | LossReturned
    loss: LossComputed | None
    optimizer: Optimizer | Unknown
    turned: NodePlace | None

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every line that back-propagates such a loss."""
        optimizer = _only_optimizer(run)
        if optimizer is None:
            return []
        losses = {event.result: event for event in run.events(LossComputed) if event.result}
        found: dict[object, Self] = {}
        for event in run.events_among(BackwardRun, LossReturned):
            assert isinstance(event, BackwardRun | LossReturned)
            for value in alternatives(event.loss):
                turned, inner = _sign(value)
                loss = losses.get(inner)
                if loss is not None and cls._is_supervised(run, event, loss, optimizer):
                    found.setdefault(event.place.node, cls(event, loss, optimizer, turned))
                elif loss is None and cls._is_written_by_hand(run, event, value, optimizer):
                    found.setdefault(event.place.node, cls(event, None, optimizer, turned))
        return found.values()

    @classmethod
    def _is_written_by_hand(
        cls,
        run: AbstractRun,
        event: BackwardRun | LossReturned,
        value: Value,
        optimizer: Optimizer | Unknown,
    ) -> bool:
        """Whether a loss of a model is what is left of 1 or a mean of squares, and is called a loss where its
        sign is turned."""
        turned, inner = _sign(value)
        if turned is None or _called_loss(turned) is None or not _falls_short(inner):
            return False
        if _is_on_purpose(run, event.context) or not _is_stepped(run, event, optimizer):
            return False
        return any(
            _may_update(optimizer, module_of(each)) for each in origins_of(run, inner).passes
        )

    @classmethod
    def _is_supervised(
        cls,
        run: AbstractRun,
        event: BackwardRun | LossReturned,
        loss: LossComputed,
        optimizer: Optimizer | Unknown,
    ) -> bool:
        if _SUPERVISED.match(loss.path) is None or not _is_given(loss.target):
            return False
        if _is_on_purpose(run, event.context) or not _is_stepped(run, event, optimizer):
            return False
        wanted, predicted = _made_of(loss.target), _made_of(loss.prediction)
        outputs = list(_outputs(run))
        if any(id(output) in wanted for _, output in outputs):
            return False
        return any(
            id(output) in predicted and _may_update(optimizer, module) for module, output in outputs
        )

    @property
    def maximizing(self) -> bool:
        """Whether the optimizer goes uphill."""
        if isinstance(self.optimizer, Unknown):
            return False
        given = self.optimizer.arguments.keywords.get("maximize")
        return is_always(given, True)

    @property
    def name(self) -> str:
        """The loss as a user writes it."""
        if self.loss is None:
            return _called_loss(self.turned) or "the loss"
        return self.loss.name or self.loss.path.rsplit(".", 1)[-1]

    def finding(self, message: str) -> Draft:
        """A finding where the sign is turned, or the optimizer is built, with the way back beside
        it."""
        place = self.turned or self.optimizer.place or self.event.place
        returned = isinstance(self.event, LossReturned)
        how = "the trainer goes back through it" if returned else "it goes back here"
        return Draft(place, message, ((self.event.place, how),))


def _only_optimizer(run: AbstractRun) -> Optimizer | Unknown | None:
    """The one optimizer of a run: the only one that is built, or that is stepped by a function which
    is handed it."""
    found: set[Value] = {event.optimizer for event in run.events(OptimizerBuilt)}
    if not found:
        found = {event.optimizer for event in run.events(OptimizerStepped)}
    only = found.pop() if len(found) == 1 else None
    if isinstance(only, Unknown) and not is_certainly_optimizer(only):
        return None
    return only if isinstance(only, (Optimizer, Unknown)) else None


def _may_update(optimizer: Optimizer | Unknown, module: Value) -> bool:
    """Whether an optimizer updates a module, as far as anybody knows."""
    if isinstance(optimizer, Unknown):
        return True
    return any(concerns(owner, module) for owner in optimizer.owners)


def _is_given(target: Value | None) -> bool:
    """Whether targets come from outside: they are computed by no module, and are not all the same
    number, as those are that tell made samples from true ones."""
    if not isinstance(target, Tensor):
        return isinstance(target, Unknown)
    if gradient_of(target) is True:
        return False
    if target.text == "batch":
        return True
    node = target.place.node if target.place is not None else None
    if isinstance(node, cst.Call) and _ALL_THE_SAME.search(code_of(node.func)):
        return False
    parts = (*target.terms, *([target.whole] if target.whole is not None else []))
    known = gradient_of(target) is False or target.library != "torch" or bool(parts)
    return known and all(map(_is_given, parts))


def _sign(value: Value) -> tuple[NodePlace | None, Value]:
    """Where the sign of a value is turned, and of what; of a mean or sum, that of what is summed."""
    turned = None
    while isinstance(value, Tensor) and len(value.terms) == 1 and value.place is not None:
        node = value.place.node
        match node:
            case cst.UnaryOperation(operator=cst.Minus()):
                turned = value.place if turned is None else None
            case cst.BinaryOperation(operator=cst.Multiply(), left=left, right=right) if any(
                _is_minus_one(each) for each in (left, right)
            ):
                turned = value.place if turned is None else None
            case cst.Call(func=cst.Attribute(attr=cst.Name(value="mean" | "sum")), args=[]):
                pass
            case _:
                break
        value = value.terms[0]
    return turned, value


def _called_loss(turned: NodePlace | None) -> str | None:
    """What the program calls the loss where its sign is turned."""
    match None if turned is None else turned.node:
        case cst.UnaryOperation(expression=expression):
            named = [expression]
        case cst.BinaryOperation(left=left, right=right):
            named = [each for each in (left, right) if not _is_minus_one(each)]
        case _:
            return None
    node = named[0].func if isinstance(named[0], cst.Call) else named[0]
    name = code_of(node).rsplit(".", 1)[-1]
    return name if words(name) & {"loss", "criterion", "error", "mse", "rmse"} else None


def _falls_short(value: Value) -> bool:
    """Whether a value is larger the worse a prediction is: 1 less something, or a mean of squares."""
    if isinstance(meaning_of(value), Squared):
        return True
    match value.place.node if isinstance(value, Tensor) and value.place is not None else None:
        case cst.BinaryOperation(
            operator=cst.Subtract(), left=cst.Integer(value="1") | cst.Float(value="1.0" | "1.")
        ):
            return True
    return False


def _is_minus_one(node: cst.BaseExpression) -> bool:
    match node:
        case cst.UnaryOperation(
            operator=cst.Minus(), expression=cst.Integer(value="1") | cst.Float(value="1.0" | "1.")
        ):
            return True
    return False


def _is_on_purpose(run: AbstractRun, context: Context) -> bool:
    said = words(run.source.display_name.rsplit("/", 1)[-1])
    for function in context.functions:
        said |= words(function.name)
        if function.owner is not None:
            said |= words(function.owner.name)
    return bool(said & _ON_PURPOSE)


def _is_stepped(
    run: AbstractRun, event: BackwardRun | LossReturned, optimizer: Optimizer | Unknown
) -> bool:
    if isinstance(event, LossReturned):
        return True
    steps = [each for each in run.events(OptimizerStepped) if each.optimizer is optimizer]
    return any(each.index > event.index and in_same_rounds(event, each) for each in steps)


def _made_of(value: Value | None) -> set[int]:
    """What a value was computed from, and what it is a part or a view of, by their identities."""
    found: set[int] = set()
    while value is not None:
        found.update(id(each) for each in made_from(value))
        value = value.whole if isinstance(value, Tensor) else None
    return found


def _outputs(run: AbstractRun) -> Iterator[tuple[Value, Value]]:
    """Modules that have run, with what came out."""
    for event in run.events(ForwardRun):
        if event.output is not None:
            yield event.module, event.output
    for each in passes(run):
        made = each.event.result if isinstance(each.event, Escaped) else None
        if made is not None and not words(each.text) & _ON_PURPOSE:
            yield each.module, made
