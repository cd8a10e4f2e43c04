"""What the text of a program says of scores: whether they are of test data, or the best so far."""

import re
from collections.abc import Iterator

import libcst as cst

from advisor.code.events import Event
from advisor.code.facts.passes import words
from advisor.code.facts.run import code_of
from advisor.code.sources import NodePlace, Source

TEST = frozenset(["test", "tests", "testing", "testloader", "testset", "testdata"])
OTHERS = frozenset(["train", "training", "val", "valid", "validation", "dev"])
_BEST = frozenset(["best", "min", "max", "lowest", "highest", "minimum", "maximum", "prev", "top"])
# A program that names validation data anywhere may choose by these.
_PROSE = re.compile(r'#.*|"""(?:.|\n)*?"""|^\s*print\(.*$', re.MULTILINE)
_VALIDATES = re.compile(
    r"(?:(?<![a-z])|(?<=[_xy]))(val|vali|valid|validation|validate|dev|holdout|heldout)"
    r"(?=_|\b|[A-Z]|set|loader|data|dl\b|ds\b|acc|loss)",
)


def names_validation(source: Source) -> bool:
    """Whether a file speaks of validation data anywhere but in its prose."""
    return _VALIDATES.search(_PROSE.sub("", source.text)) is not None


def better_test_score(
    event: Event, condition: cst.CSTNode, before: cst.CSTNode | None = None
) -> str | None:
    """The test score that a condition compares with the best one so far, as it is written. What it
    is computed from is looked for before the condition, or before another node."""
    for comparison in _comparisons(condition):
        sides = [comparison.left, comparison.comparisons[0].comparator]
        said = [words(code_of(side)) for side in sides]
        for side, own, other in zip(sides, said, reversed(said), strict=True):
            if not other & _BEST or own & _BEST or len(own) > 4:
                continue
            if own & TEST or (not own & {"train"} and _is_of_test_function(event)):
                return code_of(side)
            origin = words(_origin(event, before or condition, code_of(side)))
            if origin & TEST and not origin & {"train", "val", "valid", "validation"}:
                return code_of(side)
    return None


def is_test_score(event: Event, text: str) -> bool:
    """Whether something that is written is a score on test data: called so, or computed from such."""
    own = words(text)
    if own & TEST:
        return not own & OTHERS
    origin = words(_origin(event, event.place.node, text))
    return bool(origin & TEST) and not origin & OTHERS and not own & OTHERS


def _origin(event: Event, node: cst.CSTNode, name: str) -> str:
    """What a name was given last before a node, as written; empty when that is not known."""
    if re.fullmatch(r"[\w.]+", name) is None:
        return ""
    place = NodePlace(event.place.source, node)
    lines = place.source.text.splitlines()[: place.row - 1]
    given = re.compile(rf"^\s*(?:\w[\w.]*, *)*{re.escape(name)}(?:, *[\w.]+)* = ([^=].*)$")
    found = (given.match(line) for line in reversed(lines))
    return next((match[1] for match in found if match), "")


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
