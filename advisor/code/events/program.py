"""What happens in the program around the training."""

from typing import TYPE_CHECKING

from advisor.code.events.context import Event, Limit, Loop
from advisor.code.events.modules import ModeSwitched
from advisor.code.symbols import Number
from advisor.code.values import Arguments, Value
from advisor.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    from advisor.code.sources import NodePlace


@dataclass(eq=False, slots=True)
class Escaped(Event):
    """Values are handed to code that cannot be looked into. `modes` are the switches that may have
    been the last ones to set the mode of what is called, if it is a module; `result` is what comes
    back."""

    callee: Value
    arguments: Arguments
    values: tuple[Value, ...]
    modes: "tuple[ModeSwitched, ...]" = ()
    result: Value | None = None


@dataclass(eq=False, slots=True)
class MethodNamed(Event):
    """A statement names a method, but does not call it. `text` is the statement as written."""

    receiver: Value
    name: str
    text: str


@dataclass(eq=False, slots=True)
class NameOverwritten(Event):
    """A loop binds a name anew that the loop around it, `outer`, reads at `read` afterwards."""

    name: str
    outer: Loop
    read: "NodePlace"


@dataclass(eq=False, slots=True)
class ObjectLost(Event):
    """A loop takes the name of a model or data set for its items, and the code behind it uses the name
    again, at `read`."""

    name: str
    read: "NodePlace"


@dataclass(eq=False, slots=True)
class TargetLost(Event):
    """A name that a loop over data binds is bound anew to predictions, before anything has read it,
    and compared at `read`."""

    name: str
    read: "NodePlace"


@dataclass(eq=False, slots=True)
class FailureCaught(Event):
    """Whatever fails from the event with the index `first` on up to here is caught."""

    first: int


@dataclass(eq=False, slots=True)
class LoopLeft(Event):
    """A loop is left by `break`, or by `return` where it `returns`. `limit` says that a number decides
    when which the file names once for all; `bound` is the number that a name stands for which does, if
    no option changes it, `reached` what was counted up to."""

    limit: bool = False
    returns: bool = False
    bound: Number | None = None
    reached: Limit | None = None


@dataclass(eq=False, slots=True)
class PersonAsked(Event):
    """Somebody is asked to type something in, and waited for."""


@dataclass(eq=False, slots=True)
class RoundedDown(Event):
    """A number is divided by another one, and what may be left over is dropped."""


@dataclass(eq=False, slots=True)
class SeedFixed(Event):
    """A generator of random numbers is told where to begin: at `seed`, if it is told a number."""

    seed: Value | None = None
