"""Decisions that are made by a score: which weights are kept, when training ends, which setting wins."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

import libcst as cst

from advisor.code.events import DataGiven, Event, Scored, StateTaken, StateUsed
from advisor.code.facts.passes import holds_unit_tests, sources_of, words
from advisor.code.facts.run import AbstractRun, Fact, code_of
from advisor.code.facts.sides import Side, name_of, side_of
from advisor.code.library.keras_data import CHOOSES, choosers
from advisor.code.sources import NodePlace, Source
from advisor.code.values import Object, RowSet, Unknown, Value, lineage_of
from advisor.rulebook import Draft

_TEST = frozenset(["test", "tests", "testing", "testloader", "testset", "testdata"])
_BEST = frozenset(["best", "min", "max", "lowest", "highest", "minimum", "maximum", "prev", "top"])
# A program that names validation data anywhere may choose by these.
_PROSE = re.compile(r'#.*|"""(?:.|\n)*?"""|^\s*print\(.*$', re.MULTILINE)
_VALIDATES = re.compile(
    r"(?:(?<![a-z])|(?<=[_xy]))(val|vali|valid|validation|validate|dev|holdout|heldout)"
    r"(?=_|\b|[A-Z]|set|loader|data|dl\b|ds\b|acc|loss)",
)


@dataclass(frozen=True, eq=False, slots=True)
class Choice(Fact):
    """Something is chosen by a score on rows. `what` says what, `rows` names them; `tries` tells a
    setting that is tried out in a loop."""

    event: Event
    what: str
    rows: str
    tries: bool = False

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every choice by the rows that are called test rows, where no others judge in the end."""
        if holds_unit_tests(run):
            return
        for event, what, rows in _choices_of_keras(run):
            yield cls(event, what, rows)
        kept = list(_kept_weights(run))
        # The text is long, and there are many runs of it.
        if kept and not any(map(_names_validation, sources_of(run))):
            for event, rows in kept:
                yield cls(event, "the weights that are kept are chosen", rows)
        for score, rows in _tried_settings(run):
            yield cls(score, "a setting is tried out", rows, tries=True)

    def finding(self, message: str) -> Draft:
        """A finding where the choice is made."""
        return Draft(self.event.place, message)


# --- weights ------------------------------------------------------------------------------


def _kept_weights(run: AbstractRun) -> Iterator[tuple[Event, str]]:
    """Weights that are kept when a score by test data is the best so far."""
    seen: set[cst.CSTNode] = set()
    for event in run.events_among(StateTaken, StateUsed):
        if not event.context.loops:
            continue
        if isinstance(event, StateUsed) and event.module is not None:
            continue
        if isinstance(event, StateTaken) and isinstance(event.state, Unknown):
            continue
        rows = _judged_by(event)
        if rows is not None and event.context.guards[-1].node not in seen:
            seen.add(event.context.guards[-1].node)
            yield event, rows


def _judged_by(event: Event) -> str | None:
    """The test score that decides whether an event happens, as it is written."""
    guards = event.context.guards
    if not guards or not guards[-1].taken:
        return None
    for comparison in _comparisons(guards[-1].node):
        sides = [comparison.left, comparison.comparisons[0].comparator]
        said = [words(code_of(side)) for side in sides]
        for side, own, other in zip(sides, said, reversed(said), strict=True):
            if not other & _BEST or own & _BEST or len(own) > 4:
                continue
            if own & _TEST or (not own & {"train"} and _is_of_test_function(event)):
                return code_of(side)
            origin = words(_origin(event, code_of(side)))
            if origin & _TEST and not origin & {"train", "val", "valid", "validation"}:
                return code_of(side)
    return None


def _origin(event: Event, name: str) -> str:
    """What a name was given last before an event, as written; empty when that is not known."""
    if re.fullmatch(r"[\w.]+", name) is None:
        return ""
    guard = NodePlace(event.place.source, event.context.guards[-1].node).locate()
    if guard.cell is not None:
        return ""
    lines = event.place.source.text.splitlines()[: guard.row - 1]
    given = re.compile(rf"^\s*(?:\w[\w.]*, *)*{re.escape(name)}(?:, *[\w.]+)* = ([^=].*)$")
    found = (given.match(line) for line in reversed(lines))
    return next((match[1] for match in found if match), "")


def _names_validation(source: Source) -> bool:
    return _VALIDATES.search(_PROSE.sub("", source.text)) is not None


def _comparisons(node: cst.CSTNode) -> Iterator[cst.Comparison]:
    if isinstance(node, cst.Comparison) and len(node.comparisons) == 1:
        yield node
    elif isinstance(node, cst.BooleanOperation):
        yield from _comparisons(node.left)
        yield from _comparisons(node.right)


def _is_of_test_function(event: Event) -> bool:
    """Whether the innermost function around is the one that tests."""
    functions = event.context.functions
    return bool(functions) and bool(words(functions[-1].name) & {"test", "testing"})


# --- Keras --------------------------------------------------------------------------------


def _choices_of_keras(run: AbstractRun) -> Iterator[tuple[Event, str, str]]:
    """Callbacks that choose by the rows that the model is evaluated on afterwards."""
    for event in run.events(DataGiven):
        chooser = next(choosers(event.callbacks), None) if event.use == "validation" else None
        rows = _rows_of(event.data)
        if chooser is None or rows is None or not _is_test(rows):
            continue
        if any(
            _rows_of(each.data) is rows for each in run.events(DataGiven) if _is_later(event, each)
        ):
            yield event, CHOOSES[chooser.path.rsplit(".", 1)[-1]], name_of(rows) or "the test rows"


def _is_later(event: DataGiven, other: DataGiven) -> bool:
    return other.index > event.index and other.use == "testing"


def _rows_of(value: Value | None) -> RowSet | None:
    lineage = lineage_of(value)
    return None if lineage is None else lineage.rows


def _is_test(rows: RowSet) -> bool:
    name = name_of(rows)
    return side_of(rows) is Side.HELD_OUT and name is not None and bool(_said(name) & _TEST)


def _said(name: str) -> set[str]:
    return {word[1:] if word[:1] in "xy" and word[1:] in _TEST else word for word in words(name)}


# --- settings -----------------------------------------------------------------------------


def _tried_settings(run: AbstractRun) -> Iterator[tuple[Event, str]]:
    """Scores by test rows of models that are built with the variable of a loop."""
    scores = list(run.events(Scored))
    for event in scores:
        rows, estimator = event.rows, event.estimator
        if not _is_test(rows) or not isinstance(estimator, Object) or not event.context.loops:
            continue
        if not _is_built_with(estimator, event) or not _picks_the_best(event):
            continue
        other = any(each.rows is not rows and _is_test(each.rows) for each in scores)
        if not other:
            yield event, name_of(rows) or "the test rows"


def _is_built_with(estimator: Object, event: Event) -> bool:
    """Whether a model is built in the innermost loop around, with its variable."""
    node = event.context.loops[-1].node
    if estimator.place is None or not isinstance(node, cst.For):
        return False
    names = set(re.findall(r"[A-Za-z_]\w*", code_of(node.target)))
    call = estimator.place.node
    given = [code_of(each.value) for each in call.args] if isinstance(call, cst.Call) else []
    return any(names & set(re.findall(r"[A-Za-z_]\w*", each)) for each in given) and _is_number(
        event
    )


def _picks_the_best(event: Event) -> bool:
    """Whether something in the loop is compared with the best so far."""
    body = code_of(getattr(event.context.loops[-1].node, "body", cst.Name("body")))
    return re.search(r"[<>]=? *\w*best|best\w* *[<>]", body) is not None


def _is_number(event: Event) -> bool:
    """Whether the loop goes over numbers, not over data sets, models or seeds."""
    loop = event.context.loops[-1]
    target = code_of(getattr(loop.node, "target", cst.Name("x")))
    return not words(target) & {"seed", "random", "state", "fold", "run", "trial", "name", "i"}
