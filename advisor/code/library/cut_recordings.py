"""Lists that take up several samples of each film or person: frames, and segments of a recording."""

import re
from collections.abc import Sequence

import libcst as cst

from advisor.code.events import Loop
from advisor.code.library import lineages
from advisor.code.library.models import Call
from advisor.code.library.python.containers import on_append
from advisor.code.nodes import as_written
from advisor.code.values import Object, Value
from advisor.code.values import Sequence as SequenceValue

_NOTICED = ("cut out of recordings",)
# Whom a loop goes over, of each of whom there are many samples; where persons are the classes, all of one belong on
# both sides.
_RECORDED = re.compile(
    r"(^|_)(subject|subj|patient|participant)s?(_?(id|no|path|file|name|dir))?$",
    re.IGNORECASE,
)
_READS = re.compile(r"= *\w+\.read\(\)")
_LABELS = r"\b(y|ids?|\w*label\w*|\w*target\w*|\w*class\w*)(\.append|\.extend|\s*\+=|\[)"


@on_append
def notice_recordings(call: Call, sequence: SequenceValue, value: Value) -> None:
    """`for subject in subjects: for start in range(0, n, 200): X.append(signal[start : start + 200])`."""
    loops = call.context.loops
    if len(loops) < 2 or _NOTICED in sequence.fields or not _may_cut(loops):
        return
    # To find the lines takes longest.
    if _cuts([each for each in loops if _is_made_before(each, sequence)]):
        call.machine.store(sequence.fields, _NOTICED, True)
        lineages.notice_groups(call.machine, lineages.samples(sequence).rows, call.node)


def _may_cut(loops: Sequence[Loop]) -> bool:
    """Whether some loops may do so, whichever of them the list outlives."""
    strides = any(map(_takes_strides, loops)) and any(map(_is_of_persons, loops))
    return strides or any(isinstance(each.node, cst.While) for each in loops)


def _cuts(loops: Sequence[Loop]) -> bool:
    """Whether loops take several samples of each of several persons or films."""
    if len(loops) < 2:
        return False
    strides = _takes_strides(loops[-1]) and any(map(_is_of_persons, loops[:-1]))
    return strides or _is_of_films(loops)


def _is_made_before(loop: Loop, sequence: SequenceValue) -> bool:
    """Whether a list was made before a loop, as far as the lines tell, so that it outlives its rounds."""
    made = sequence.place
    return made is not None and made.source is loop.place.source and made.row < loop.place.row


def _is_of_films(loops: Sequence[Loop]) -> bool:
    """Whether the innermost loop reads the frames of a film that the loop around it has opened."""
    if not isinstance(loops[-1].node, cst.While):
        return False
    opens = "VideoCapture(" in as_written(loops[-2].node)
    return opens and _READS.search(as_written(loops[-1].node)) is not None


def _takes_strides(loop: Loop) -> bool:
    """Whether a loop counts by more than one: `range(0, n, 200)`."""
    over = loop.over
    counts = isinstance(over, Object) and over.path == "builtins.range"
    return counts and isinstance(over, Object) and len(over.arguments.positional) > 2


def _is_of_persons(loop: Loop) -> bool:
    """Whether a loop goes over persons who are not the classes."""
    target = getattr(loop.node, "target", None)
    name = as_written(target) if isinstance(target, cst.Name) else ""
    if _RECORDED.search(name) is None:
        return False
    labels = re.compile(_LABELS + rf"[^\n]*\b{name}\b")
    return labels.search(as_written(loop.node)) is None
