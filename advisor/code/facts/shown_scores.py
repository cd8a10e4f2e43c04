"""What a program calls a score where it shows it: the words in front of it in a text, or beside it."""

import re
from collections.abc import Iterable

import libcst as cst

from advisor.code.events import ComparedWithBest, Event
from advisor.code.facts.run import code_of
from advisor.code.nodes import as_written
from advisor.code.part_names import TEST, VALIDATION, words

# `f"loss of training {a:.3f}, of validation {b:.3f}"` tells of `b` what stands behind `{a:.3f}`.
_IN_TEXT = r"([^{{}}\"'\n]*)\{{{name}[\[!:=}} ]"
# `log("validation loss", score)`, `{{"validation loss": score}}`
_BESIDE = r"[\"']([^\"'\n]*)[\"']\s*[,:]\s*(?:round\(|float\()?{name}\b(?!\()"


def is_shown_as_validation(text: str, names: Iterable[str]) -> bool:
    """Whether scores are shown as those of validation, and none of them as one of a test."""
    said = [words(label) for name in names for label in _labels(text, name)]
    return any(each & VALIDATION for each in said) and not any(each & TEST for each in said)


def compared_names(event: ComparedWithBest) -> list[str]:
    """The names that a comparison with the best so far is about; none where a function compares what
    it is handed, whatever that is."""
    node = event.place.node
    if not isinstance(node, cst.Comparison):
        return []
    sides = [code_of(each) for each in (node.left, node.comparisons[0].comparator)]
    functions = event.context.functions
    parameters = functions[-1].node.params.params if functions else ()
    if any(each.name.value in sides for each in parameters):
        return []
    return [side for side in sides if re.fullmatch(r"[A-Za-z_][\w.]*", side)]


def text_around(event: Event) -> str:
    """The function that something happens in, or the whole file, as written."""
    functions = event.context.functions
    return as_written(functions[-1].node) if functions else event.place.source.text


def _labels(text: str, name: str) -> list[str]:
    """What stands in front of a name where its value is shown."""
    patterns = (each.format(name=re.escape(name)) for each in (_IN_TEXT, _BESIDE))
    return [label for pattern in patterns for label in re.findall(pattern, text)]
