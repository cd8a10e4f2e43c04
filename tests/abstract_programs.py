"""Small programs, run in the abstract: what is known of their names at the end, what happened."""

from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import TypeVar

from advisor.code.analysis import Project, analyze, models
from advisor.code.events import (
    AttributeAssigned,
    BaseConstructed,
    Event,
    ForwardRun,
    LayerBuilt,
    ModuleBuilt,
)
from advisor.code.interpreter.machine import Machine
from advisor.code.interpreter.toplevel import EntryPoint, entry_points
from advisor.code.sources import Source, read_source
from advisor.code.values import (
    Constant,
    Dictionary,
    Joined,
    Scalar,
    Scope,
    Sequence,
    Tensor,
    Unknown,
    Value,
)
from advisor.rulebook import rulebook

AnyEvent = TypeVar("AnyEvent", bound=Event)
OF_MODULES = (AttributeAssigned, BaseConstructed, ForwardRun, LayerBuilt, ModuleBuilt)


@dataclass(frozen=True)
class Program:
    """A program that has been run from all its entry points."""

    source: Source
    scope: Scope
    entries: tuple[EntryPoint, ...]

    def __getitem__(self, name: str) -> str:
        """What is known of a global name after the last entry point, in words."""
        return told(self.scope.fields[name])

    def events(self, kind: type[AnyEvent], entry: str = "the script") -> list[AnyEvent]:
        """What happened from one entry point on, of one kind."""
        traces = [each.trace for each in self.entries if each.name == entry]
        return [event for trace in traces for event in trace if isinstance(event, kind)]

    def happened(self, entry: str = "the script") -> list[str]:
        """The kinds of all events from one entry point on, in order; that modules are built and
        called is left out."""
        traces = [each.trace for each in self.entries if each.name == entry]
        events = [event for trace in traces for event in trace]
        return [type(event).__name__ for event in events if not isinstance(event, OF_MODULES)]

    def rows(self, kind: type[Event], entry: str = "the script") -> list[int]:
        """The rows at which events of a kind happened, in order."""
        return [event.place.locate().row for event in self.events(kind, entry)]


def told(value: Value) -> str:
    """What is known of a value: a number, a shape, `a | b` for either, `?` for nothing."""
    match value:
        case Scalar():
            return value.number.text()
        case Constant():
            return repr(value.value)
        case Joined():
            return " | ".join(sorted(told(option) for option in value.alternatives))
        case Tensor():
            return f"tensor {value.shape}"
        case Sequence():
            return _sequence(value)
        case Dictionary():
            items = [f"{key!r}: {told(item)}" for key, item in value.items.items()]
            rest = [] if value.other is None else [f"...: {told(value.other)}"]
            return f"{{{', '.join([*items, *rest])}}}"
        case Unknown():
            return "?"
    return type(value).__name__


def _sequence(value: Sequence) -> str:
    opening, closing = {"tuple": ("(", ")"), "set": ("{", "}")}.get(value.kind, ("[", "]"))
    if value.items is not None:
        return f"{opening}{', '.join(told(item) for item in value.items)}{closing}"
    return f"{opening}{'?' if value.element is None else told(value.element)}, ...{closing}"


def program(text: str, path: Path | None = None) -> Program:
    """Run a program; under a `path` it can import its neighbours."""
    if path is None:
        source = Source(dedent(text), "program.py")
    else:
        path.write_text(dedent(text))
        source = read_source(path, path.name)
    machine = Machine(Project([source]), models())
    entries = tuple(entry_points(machine, source))
    assert machine.main_scope is not None
    return Program(source, machine.main_scope, entries)


def findings(text: str, path: Path | None = None) -> list[tuple[int, str]]:
    """Row and code of everything that rules find in a program, but for what it lacks as a whole."""
    if path is None:
        source = Source(dedent(text), "program.py")
    else:
        path.write_text(dedent(text))
        source = read_source(path, path.name)
    rules = [rule for rule in rulebook("code").rules if not rule.whole_program]
    found = analyze(source, Project([source]), rules).findings
    return [(finding.location.row, finding.code) for finding in found]


def marked(text: str, code: str) -> list[tuple[int, str]]:
    """Row and code of the lines of a program that end in `# error`."""
    rows = enumerate(dedent(text).splitlines(), start=1)
    return [(row, code) for row, line in rows if line.endswith("# error")]
