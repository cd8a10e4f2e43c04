"""What the text of a program says of scores: whether they are of test data, or the best so far."""

import re
from collections.abc import Iterator

import libcst as cst

from advisor.code.events import BackwardRun, Event
from advisor.code.facts.judging_calls import goes_through_test_data, rows_judged_on
from advisor.code.facts.run import AbstractRun, code_of, place_around
from advisor.code.part_names import OTHERS, TEST, say_test, words
from advisor.code.sources import NodePlace, Source
from advisor.code.values import RowSet
from advisor.lazy_dataclasses import dataclass

_BEST = frozenset(["best", "min", "max", "lowest", "highest", "minimum", "maximum", "prev", "top"])
# What is counted up to a limit is no score: `seen >= max_batches`.
_COUNTED = frozenset(
    [
        *("batch", "batches", "step", "steps", "iter", "iters", "iteration", "iterations", "epoch"),
        *(
            "epochs",
            "sample",
            "samples",
            "example",
            "examples",
            "len",
            "length",
            "size",
            "num",
            "count",
        ),
    ]
)
_BEST_NAMES = frozenset(["best", "improved", "better", "improves", "improvement"])
# A program that names validation data anywhere may choose by these.
_PROSE = re.compile(r'#.*|"""(?:.|\n)*?"""|^\s*print\(.*$', re.MULTILINE)
# What trainers call what they judge by, whichever data it is.
_PARAMETERS = re.compile(r"\b(?:valid_(?:sets|names)|validation_data|val_dataloaders) *=")
_VALIDATES = re.compile(
    r"(?:(?<![a-z])|(?<=[_xy]))(val|vali|valid|validation|validate|dev|holdout|heldout)"
    r"(?=_|\b|[A-Z]|set|loader|data|dl\b|ds\b|acc|loss)",
)


def names_validation(source: Source) -> bool:
    """Whether a file speaks of validation data anywhere but in its prose."""
    code = _PARAMETERS.sub("", _PROSE.sub("", source.text))
    return _VALIDATES.search(code) is not None


def better_test_score(
    run: AbstractRun, event: Event, condition: cst.CSTNode, before: cst.CSTNode | None = None
) -> str | None:
    """The test score that a condition compares with the best one so far, as it is written. What it
    is computed from is looked for before the condition, or before another node."""
    for comparison in _comparisons(_asked(event, condition)):
        sides = [comparison.left, comparison.comparisons[0].comparator]
        said = [words(code_of(side)) for side in sides]
        for side, own, other in zip(sides, said, reversed(said), strict=True):
            if not other & _BEST or other & _COUNTED or own & _BEST or len(own) > 4:
                continue
            if code_of(side) in _counters(event):
                continue
            if own & TEST or (not own & {"train"} and _is_of_test_function(run, event)):
                return code_of(side)
            if not own & OTHERS and _is_of_test_phase(event, condition):
                return code_of(side)
            place = place_around(event, before or condition)
            if _is_given_test_score(run, place, code_of(side), own):
                return code_of(side)
    return None


def compares_with_best(event: Event, condition: cst.CSTNode) -> bool:
    """Whether a condition compares something with the best so far."""
    for comparison in _comparisons(_asked(event, condition)):
        sides = [
            words(code_of(comparison.left)),
            words(code_of(comparison.comparisons[0].comparator)),
        ]
        if bool(sides[0] & _BEST) is not bool(sides[1] & _BEST):
            return True
    return False


def _counters(event: Event) -> set[str]:
    """What the loops around call the items that they go through."""
    targets = (each.node.target for each in event.context.loops if isinstance(each.node, cst.For))
    return {name for target in targets for name in re.findall(r"\w+", code_of(target))}


def _is_given_test_score(run: AbstractRun, place: NodePlace, name: str, own: set[str]) -> bool:
    """Whether the last value that a name was given before a place is computed from test data. `own`
    are the words of the name."""

    def is_of_test_data(line: "_Line") -> bool:
        origin = words(line.text)
        if say_test(origin):
            return True
        return not (origin | own) & OTHERS and goes_through_test_data(run, line)

    lines = [each for each in _given(place.source, name) if is_of_test_data(each)]
    return bool(lines) and _origin(place, name) in lines


def _asked(event: Event, condition: cst.CSTNode) -> cst.CSTNode:
    """A condition, or what it stands for where it is a name: `is_best = score > best`."""
    if not isinstance(condition, cst.Name) or not words(condition.value) & _BEST_NAMES:
        return condition
    line = _origin(place_around(event, condition), condition.value)
    try:
        return condition if line is None else cst.parse_expression(line.text.strip())
    except cst.ParserSyntaxError:
        return condition


def is_test_score(run: AbstractRun, place: NodePlace, text: str) -> bool:
    """Whether something that is written is a score on test data: called so, or computed from such."""
    own = words(text)
    if own & TEST:
        return say_test(own)
    line = _origin(place, text)
    if line is None or own & OTHERS:
        return False
    origin = words(line.text)
    return not origin & OTHERS and (bool(origin & TEST) or goes_through_test_data(run, line))


def rows_of_compared(run: AbstractRun, place: NodePlace) -> tuple[RowSet, ...]:
    """The rows that a model runs over in the call that gives what is compared with the best so far,
    whatever it makes of them."""
    for comparison in _comparisons(place.node):
        for side in (comparison.left, comparison.comparisons[0].comparator):
            line = None if words(code_of(side)) & _BEST else _origin(place, code_of(side))
            rows = () if line is None else rows_judged_on(run, line)
            if rows:
                return rows
    return ()


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a file, and what a name is given on it."""

    source: Source
    row: int
    text: str


def _origin(place: NodePlace, name: str) -> _Line | None:
    """What a name was given last before a place; None when that is not known."""
    found = _given(place.source, name)
    # To find the place takes longer than to read the text; a caller in another file has none here.
    if not found or not place.source.positions.holds(place.node):
        return None
    last = place.row
    return next((line for line in reversed(found) if line.row < last), None)


def _given(source: Source, name: str) -> list[_Line]:
    """The lines of a file on which something is given a name, with what it is given."""
    if re.fullmatch(r"[\w.]+", name) is None:
        return []
    given = re.compile(rf"^\s*(?:\w[\w.]*, *)*{re.escape(name)}(?:, *[\w.]+)* = ([^=].*)$")
    lines = enumerate(source.text.splitlines(), 1)
    return [
        _Line(source, row, match[1])
        for row, line in lines
        if (match := given.match(line)) is not None
    ]


_ORDERS = (cst.LessThan, cst.LessThanEqual, cst.GreaterThan, cst.GreaterThanEqual)


def _comparisons(node: cst.CSTNode) -> Iterator[cst.Comparison]:
    if isinstance(node, cst.Comparison) and len(node.comparisons) == 1:
        if isinstance(node.comparisons[0].operator, _ORDERS):
            yield node
    elif isinstance(node, cst.BooleanOperation):
        yield from _comparisons(node.left)
        yield from _comparisons(node.right)


# What a loop over both phases asks for: `phase == "test"`.
_TEST_PHASE = re.compile(r"\b\w+ *== *[\"']test(ing)?[\"']|[\"']test(ing)?[\"'] *== *\w+\b")


def _is_of_test_phase(event: Event, condition: cst.CSTNode) -> bool:
    """Whether a condition holds only in the phase of a loop that tests."""
    guards = [each.node for each in event.context.guards if each.taken]
    return any(
        _TEST_PHASE.search(code_of(each)) and " or " not in code_of(each)
        for each in (condition, *guards)
    )


def _is_of_test_function(run: AbstractRun, event: Event) -> bool:
    """Whether the innermost function around is the one that tests: a test of learning rates trains."""
    functions = event.context.functions
    if not functions or not words(functions[-1].name) & TEST:
        return False
    return all(functions[-1] not in each.context.functions for each in run.events(BackwardRun))
