"""Forward passes that are started by the name of the method."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import libcst as cst

from advisor.code.events import ForwardRun
from advisor.code.facts.run import AbstractRun, Fact, code_of, draft
from advisor.rulebook import Draft


@dataclass(frozen=True, slots=True)
class DirectForward(Fact):
    """`model.forward(x)` of a module from outside: not of an object by itself, nor of its bases."""

    event: ForwardRun
    text: str

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every forward pass of a module that is started in that way."""
        for event in run.events(ForwardRun):
            match event.place.node:
                case cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(value="forward"))):
                    text = code_of(owner)
                    if text != "self" and not text.startswith("super"):
                        yield cls(event, text)

    def finding(self, message: str) -> Draft:
        """A finding at the call."""
        return draft(self.event, message)
