"""Random numbers that the samples of a data set are made with, in the processes that load it."""

from collections.abc import Iterable
from typing import Self

from advisor.code.events import DataGiven, LoaderBuilt
from advisor.code.facts.passes import told_at
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.library.keras_sequences import has_own_processes
from advisor.code.sources import NodePlace
from advisor.code.values import Function
from advisor.findings import Severity
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

_MAKES_SAMPLES = frozenset(["__getitem__", "__getitems__", "__iter__", "__next__"])


@dataclass(frozen=True, eq=False, slots=True)
class WorkerRandomness(Fact):
    """Worker processes draw random numbers, and nothing seeds them. `drawn_at` is where; `generator`
    is the one that each of them has a copy of, as written; None for the generator of numpy itself, which
    may be `seeded_alike` in each. `is_keras` says that it is Keras that starts the workers."""

    place: NodePlace
    drawn_at: NodePlace
    name: str
    generator: str | None
    seeded_alike: NodePlace | None
    is_keras: bool = False

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every loader with worker processes that draw by numpy."""
        for event in run.events(LoaderBuilt):
            own = [each for each in event.draws if each.generator is not None]
            if event.draws:
                draw = (own or list(event.draws))[0]
                generator = draw.text if own else None
                place = told_at(run, event)
                yield cls(
                    place, draw.place, _name(draw.context.functions), generator, event.seeded_alike
                )

        for given in run.events(DataGiven):
            if given.draws and given.use == "training":
                draw = given.draws[0]
                generator = None if draw.generator is None else draw.text
                made = given.data.place if has_own_processes(given.data) else None
                place = told_at(run, given)
                if made is not None and run.may_tell_of(made.source):
                    place = made
                name = _name(draw.context.functions)
                yield cls(place, draw.place, name, generator, None, is_keras=True)

    def finding(self, message: str, severity: Severity | None = None) -> Draft:
        """A finding where the loader is built, with the place beside it where numbers are drawn."""
        seeds = () if self.seeded_alike is None else ((self.seeded_alike, "seeded here"),)
        related = ((self.drawn_at, "drawn here"), *seeds)
        return Draft(self.place, message, related, severity=severity)


def _name(functions: tuple[Function, ...]) -> str:
    """What draws: a class of the project that makes samples, or else a function."""
    asked = [depth for depth, each in enumerate(functions) if each.name in _MAKES_SAMPLES]
    inner = functions[asked[0] :] if asked else functions
    owners = [each.owner.name for each in inner if each.owner is not None]
    return owners[0] if owners else functions[-1].name
