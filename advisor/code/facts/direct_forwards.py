"""Forward passes that are started by the name of the method."""

from collections.abc import Iterable
from typing import Self

import libcst as cst

from advisor.code.events import Escaped, ForwardRun, ModeSwitched, OptimizerBuilt
from advisor.code.facts.run import AbstractRun, Fact, code_of, draft
from advisor.code.values import Optimizer, Unknown
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft


@dataclass(frozen=True, slots=True)
class DirectForward(Fact):
    """`model.forward(x)` of a module from outside: not of an object by itself, nor of its bases."""

    event: ForwardRun | Escaped
    text: str

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every forward pass of a module that is started in that way."""
        for event in run.events_among(ForwardRun, Escaped):
            match event.place.node:
                case cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(value="forward"))):
                    text = code_of(owner)
                    if text == "self" or text.startswith("super"):
                        continue
                    if (
                        isinstance(event, ForwardRun)
                        or isinstance(event, Escaped)
                        and _is_module(run, event)
                    ):
                        yield cls(event, text)

    def finding(self, message: str) -> Draft:
        """A finding at the call."""
        return draft(self.event, message)


def _is_module(run: AbstractRun, event: Escaped) -> bool:
    """Whether an object that nothing is known of is used as a module elsewhere in the run."""
    callee = event.callee
    owner = callee.parent if isinstance(callee, Unknown) else None
    if owner is None:
        return False
    switched = any(each.module is owner for each in run.events(ModeSwitched))
    return switched or any(
        isinstance(each.optimizer, Optimizer) and owner in each.optimizer.owners
        for each in run.events(OptimizerBuilt)
    )
