"""Where in a run something happens, and what every event knows."""

from collections.abc import Iterable
from dataclasses import field
from typing import TYPE_CHECKING, NamedTuple

from advisor.code.symbols import Number, Symbol
from advisor.code.values import Function, Scalar, Value
from advisor.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    import libcst as cst

    from advisor.code.sources import NodePlace


@dataclass(frozen=True, eq=False, slots=True)
class Limit:
    """The number at which a loop is left, once what it counts has come to it: `counter` is that as it
    is written, `number` what is known of it."""

    counter: str
    number: Value
    bound: Scalar


@dataclass(frozen=True, eq=False, slots=True)
class Loop:
    """A loop that is being run: what it goes over and how often, as far as that is known.

    `symbol` stands for the loop variable when it counts. `names` are the constants and options
    that the number of rounds was computed from; `configurable` the option that sets it. `limit` is
    what a `while` loop counts up to.
    """

    node: "cst.CSTNode"
    place: "NodePlace"
    over: Value | None = None
    trips: Number | None = None
    symbol: Symbol | None = None
    start: Number | None = None
    names: frozenset[str] = frozenset()
    configurable: str | None = None
    limit: Limit | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """One of the two rounds that the interpreter runs of a loop."""

    loop: Loop
    index: int


@dataclass(frozen=True, eq=False, slots=True)
class Question:
    """Whether something is equal to a word or a number, or whether it is true where `literal` is None;
    `negated` where the condition holds if not."""

    subject: Value
    literal: object
    negated: bool = False

    def answered_by(self, asked: "Question", held: bool) -> bool | None:
        """The outcome of this condition where another one held, or did not; None where it may have
        either."""
        if asked.subject is not self.subject:
            return None
        was_so = held != asked.negated
        if asked.literal == self.literal:
            return was_so != self.negated
        is_another = was_so and asked.literal is not None and self.literal is not None
        return self.negated if is_another else None


@dataclass(frozen=True, eq=False, slots=True)
class Guard:
    """A condition that decides whether the code runs, and which way it went. `rounds` is the
    number of loops that it stands in; `ends` tells that the other way leaves the innermost of them;
    `every` is the number of rounds that lie between two in which it holds, if it takes a remainder;
    `question` what it asks, where that is plain."""

    node: "cst.CSTNode"
    taken: bool
    condition: Value | None = None
    rounds: int = 0
    ends: bool = False
    every: Scalar | None = None
    question: Question | None = None


class Context(NamedTuple):
    """Where in the run something happens.

    `gradients` tells whether operations are recorded for back-propagation; None when nobody knows.
    `functions` are the functions of the project that have been entered, one for each of `calls`;
    `running` the modules whose forward pass is under way, outermost first. `autocast` is the type
    that operations are cast to, such as `float16`, or `?` for one that is not known.
    """

    rounds: tuple[Round, ...] = ()
    guards: tuple[Guard, ...] = ()
    calls: tuple["NodePlace", ...] = ()
    gradients: bool | None = True
    functions: tuple[Function, ...] = ()
    running: tuple[Value, ...] = ()
    autocast: str | None = None

    def in_round(self, round_: Round) -> "Context":
        """The context in a round of a loop."""
        return tuple.__new__(Context, ((*self[0], round_), *self[1:]))

    def under(self, guards: Iterable[Guard]) -> "Context":
        """The context under further conditions."""
        return tuple.__new__(Context, (self[0], (*self[1], *guards), *self[2:]))

    def during(self, module: Value) -> "Context":
        """The context in the forward pass of a module."""
        return tuple.__new__(Context, (*self[:5], (*self[5], module), *self[6:]))

    @property
    def loops(self) -> tuple[Loop, ...]:
        """The loops around, outermost first."""
        return tuple([each.loop for each in self.rounds]) if self.rounds else ()


@dataclass(eq=False, slots=True)
class Event:
    """Something that matters to training. `index` is its position in the run."""

    place: "NodePlace"
    context: Context
    index: int = field(default=-1, init=False)
