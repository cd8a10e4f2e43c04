"""Paths of files that are put together from texts."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.library.models import Call, function, hook
from advisor.code.values import ENDING, Constant, Unknown, Value, known_text, same

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# Under this key an unknown has the text of the path that it is.
_TEXT = ("text of path",)


def text_of_path(value: Value | None) -> str | None:
    """The text of a path, where it is known."""
    made = value.fields.get(_TEXT) if isinstance(value, Unknown) else None
    return known_text(made if isinstance(made, Constant) else value)


def is_same_path(first: Value, second: Value) -> bool:
    """Whether two paths are those of one file for sure."""
    text = text_of_path(first)
    return same(first, second) or (text is not None and text == text_of_path(second))


def end_of_path(value: Value | None) -> str | None:
    """The last file or folder that a path names, where that is known."""
    text = text_of_path(value)
    if text is None and isinstance(value, Unknown):
        text = known_text(value.fields.get(ENDING))
        if text is not None and "/" not in text:
            return None  # the end of a name
    return None if text is None else text.rstrip("/").rpartition("/")[2] or None


@function("pathlib.Path", "pathlib.PurePath", "os.path.join")
def put_together(call: Call) -> Value | None:
    """`Path("data", "table.csv")`."""
    parts = [text_of_path(each) for each in call.arguments.positional]
    known = [each for each in parts if each is not None]
    if not parts or call.arguments.unknown or call.arguments.keywords:
        return None
    if len(known) == len(parts):
        return _of_text(call.unknown(), known)
    return _ending_in(call.unknown(), call.arguments.positional[-1], len(parts) > 1)


def _ending_in(path: Unknown, last: Value, is_joined: bool) -> Unknown | None:
    """A path that ends as its last part does, which is a name of its own."""
    own = text_of_path(last)
    if own is None and isinstance(last, Unknown):
        own = known_text(last.fields.get(ENDING))
        is_joined = False
    if own is None:
        return None
    path.fields[ENDING] = Constant(f"/{own}" if is_joined else own)
    return path


@hook("arithmetic")
def joined(
    machine: "Machine", operator: str, left: Value, right: Value | None, node: cst.CSTNode
) -> Value | None:
    """`folder / "table.csv"`."""
    if operator == "+" and isinstance(left, Unknown) and known_text(right) is not None:
        assert right is not None
        return _ending_in(machine.unknown("text", node), right, is_joined=False)
    if operator != "/" or not isinstance(left, Unknown):
        return None
    first, second = text_of_path(left), text_of_path(right)
    if second is None or right is None:
        return None
    if first is None or _TEXT not in left.fields:
        is_text = known_text(right) is not None
        return _ending_in(machine.unknown("path", node), right, is_joined=True) if is_text else None
    return _of_text(machine.unknown("path", node), [first, second])


def _of_text(path: Unknown, parts: list[str]) -> Unknown:
    path.fields[_TEXT] = Constant("/".join(each.rstrip("/") for each in parts))
    return path
