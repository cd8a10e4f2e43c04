"""Lists that take up several samples of each recording: the frames of a film, the segments of a trial."""

import re

import libcst as cst

from advisor.code.events import Loop
from advisor.code.library import lineages
from advisor.code.library.models import Call
from advisor.code.library.python.containers import on_append
from advisor.code.nodes import as_written
from advisor.code.values import Object, Value
from advisor.code.values import Sequence as SequenceValue

_NOTICED = ("cut out of recordings",)
# What a loop goes over that holds many samples; where persons are the classes, all of one belong on
# both sides.
_RECORDED = re.compile(
    r"(^|_)(subject|subj|sub|patient|participant|recording|session|trial|video)s?(_?(id|no|path|file|name|dir))?$",
    re.IGNORECASE,
)
_READS = re.compile(r"= *\w+\.read\(\)")
_LABELS = r"\b(y|ids?|\w*label\w*|\w*target\w*|\w*class\w*)(\.append|\.extend|\s*\+=|\[)"


@on_append
def notice_recordings(call: Call, sequence: SequenceValue, value: Value) -> None:
    """`for subject in subjects: for start in range(0, n, 200): X.append(signal[start : start + 200])`."""
    around = [each for each in call.context.loops if not _is_made_in(each, sequence)]
    if len(around) < 2 or _NOTICED in sequence.fields:
        return
    cut = _takes_strides(around[-1]) and any(map(_is_of_recordings, around[:-1]))
    if cut or _is_of_films(around):
        call.machine.store(sequence.fields, _NOTICED, True)
        lineages.notice_groups(call.machine, lineages.samples(sequence).rows, call.node)


def _is_made_in(loop: Loop, sequence: SequenceValue) -> bool:
    return sequence.place is not None and _contains(loop.node, sequence.place.node)


def _contains(outer: cst.CSTNode, inner: cst.CSTNode) -> bool:
    return outer is inner or any(_contains(child, inner) for child in outer.children)


def _is_of_films(loops: list[Loop]) -> bool:
    """Whether the innermost loop reads the frames of a film that the loop around it has opened."""
    opens = "VideoCapture(" in as_written(loops[-2].node)
    return opens and _READS.search(as_written(loops[-1].node)) is not None


def _takes_strides(loop: Loop) -> bool:
    """Whether a loop counts by more than one: `range(0, n, 200)`."""
    over = loop.over
    counts = isinstance(over, Object) and over.path == "builtins.range"
    return counts and isinstance(over, Object) and len(over.arguments.positional) > 2


def _is_of_recordings(loop: Loop) -> bool:
    """Whether a loop goes over recordings, and not over the classes."""
    target = getattr(loop.node, "target", None)
    name = as_written(target) if isinstance(target, cst.Name) else ""
    if _RECORDED.search(name) is None:
        return False
    labels = re.compile(_LABELS + rf"[^\n]*\b{name}\b")
    return labels.search(as_written(loop.node)) is None
