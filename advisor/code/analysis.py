"""From a file to findings: run it in the abstract, collect facts, ask the rules."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import field
from functools import cache

from advisor.code.events import Event
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.facts.unit_tests import is_unit_test
from advisor.code.interpreter.machine import Machine
from advisor.code.interpreter.toplevel import entry_points
from advisor.code.library.dispatch import Models
from advisor.code.outcomes import in_the_text
from advisor.code.project import Project
from advisor.code.sources import NodePlace, Source
from advisor.findings import Finding, Location
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Rule

__all__ = ["Analysis", "Project", "analyze"]


@dataclass(slots=True)
class Analysis:
    """What is to be said of a file, and where the interpreter has given up on it: mostly after a
    number of steps, which is the same each time, seldom because it `ran_out_of_time`. `elsewhere` is
    what it shows of the files that it imports, `in_order` what it shows to be right in them; `assumed` are
    those of the findings that rest on nothing but a function that the file itself calls nowhere, where the
    callers decide."""

    findings: list[Finding] = field(default_factory=list)
    elsewhere: list[Finding] = field(default_factory=list)
    assumed: list[tuple[str, Location]] = field(default_factory=list)
    in_order: list[tuple[str, Location]] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    ran_out_of_time: bool = False


@cache
def models() -> Models:
    """What the libraries do; loaded once."""
    return Models()


def analyze(source: Source, project: Project, rules: Sequence[Rule]) -> Analysis:
    """Run a file from all its entry points and collect what the rules find, in the order of the
    text. Raises `SourceError` when the file is not Python.

    What is wrong in an imported file is mostly said when that file is analysed. What only shows when
    a script runs it is said `elsewhere`: a layer in a module of models may not fit what the script
    builds it for.
    """
    result = Analysis()
    machine = Machine(project, models())
    wanted: dict[type[Fact], list[Rule]] = defaultdict(list)
    for rule in rules:
        if issubclass(rule.fact, Fact):
            wanted[rule.fact].append(rule)
    found: dict[tuple[str, Location], Finding] = {}
    seen: set[tuple[str, Location]] = set()
    in_order: dict[tuple[str, Location], None] = {}
    script: tuple[Event, ...] = ()
    is_cut_short = False
    try:
        for entry in entry_points(machine, source):
            if entry.given_up is not None:
                result.given_up.append(f"{entry.name}: {entry.given_up}")
                is_cut_short |= entry.is_script
                continue
            run = AbstractRun(
                source, entry.name, entry.trace, entry.is_script, project.is_looked_at, script
            )
            script = entry.trace if entry.is_script else script
            for finding in _findings(run, wanted):
                place = finding.place
                if not isinstance(place, Location):
                    continue
                if place.filename == source.display_name or entry.is_script:
                    found.setdefault((finding.code, place), finding)
                    if entry.is_script or not entry.holds(place, source):
                        seen.add((finding.code, place))
            in_order |= dict.fromkeys(_in_order(run, project, rules))
    finally:
        machine.finish()
    result.ran_out_of_time = machine.ran_out_of_time or not project.had_time
    result.given_up += [
        f"{name}: not every call is followed" for name in sorted(machine.left_alone)
    ]
    ask_callers = {rule.code for rule in rules if rule.in_order is not None}
    assumed = [each for each in found if each[0] in ask_callers and each not in seen]
    if is_cut_short:  # the script itself may call them, behind what it was followed to
        for each in assumed:
            del found[each]
    else:
        result.assumed = assumed
    result.in_order = list(in_order)
    for finding in sorted(found.values(), key=in_the_text):
        own = finding.location.filename == source.display_name
        (result.findings if own else result.elsewhere).append(finding)
    return result


def _in_order(
    run: AbstractRun, project: Project, rules: Sequence[Rule]
) -> Iterator[tuple[str, Location]]:
    """Where a run shows of other files that are looked at that what a rule is about is in order."""
    for rule in rules:
        for place in () if rule.in_order is None else rule.in_order(run):
            if (
                isinstance(place, NodePlace)
                and place.source is not run.source
                and project.is_looked_at(place.source)
            ):
                yield rule.code, place.locate()


def _findings(run: AbstractRun, wanted: dict[type[Fact], list[Rule]]) -> list[Finding]:
    found: list[Finding] = []
    if not run.trace or is_unit_test(run):
        return found  # what a test of code tries out with toys is no training
    for kind, rules in wanted.items():
        for fact in run.facts(kind):
            for rule in rules:
                for drafted in rule.check(fact):
                    found.append(rule.completed(drafted))
    return found
