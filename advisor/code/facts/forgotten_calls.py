"""Methods that are named where they were meant to be called."""

import re
from collections.abc import Iterable
from typing import Self

from advisor.code.events import MethodNamed
from advisor.code.facts.relations import is_certainly_optimizer
from advisor.code.facts.run import AbstractRun, Fact, draft
from advisor.code.values import (
    Instance,
    Layer,
    Library,
    Optimizer,
    Schedule,
    Tensor,
    Unknown,
    Value,
    alternatives,
)
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

_MODEL = re.compile(r"model|net|module|encoder|decoder|generator|discriminator|critic|backbone")
_SCHEDULE = re.compile(r"sched")
_OF_MODULES = frozenset({"train", "eval", "zero_grad"})


@dataclass(frozen=True, slots=True)
class ForgottenCall(Fact):
    """A method that does something only when it is called, and is not."""

    event: MethodNamed

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every statement that only names such a method, and every test of one for truth."""
        for event in run.events(MethodNamed):
            if all(_is_method(option, event.name) for option in alternatives(event.receiver)):
                yield cls(event)

    @property
    def is_tested(self) -> bool:
        """Whether the method stands where a truth value is expected."""
        return isinstance(self.event.receiver, Library)

    def finding(self, message: str) -> Draft:
        """A finding at the name."""
        return draft(self.event, message)


def _is_method(receiver: Value, name: str) -> bool:
    match receiver:
        case Library():
            return True
        case Optimizer():
            return name in {"step", "zero_grad"}
        case Schedule():
            return name == "step"
        case Tensor():
            return name == "backward"
        case Layer() | Instance():
            return name in _OF_MODULES and name not in receiver.fields
        case Unknown():
            return _is_method_of_unknown(receiver, name)
    return False


def _is_method_of_unknown(receiver: Unknown, name: str) -> bool:
    if name in {"backward", "zero_grad"}:
        return True
    names = {receiver.name, *receiver.names}
    if name == "step":
        named = any(_SCHEDULE.search(each.lower()) for each in names)
        return named or is_certainly_optimizer(receiver)
    return name in _OF_MODULES and any(_MODEL.search(each.lower()) for each in names)
