"""Paths of files that are put together from texts."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.library.models import Call, function, hook
from advisor.code.values import Constant, Unknown, Value, known_text, same

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


@function("pathlib.Path", "pathlib.PurePath", "os.path.join")
def put_together(call: Call) -> Value | None:
    """`Path("data", "table.csv")`."""
    parts = [text_of_path(each) for each in call.arguments.positional]
    known = [each for each in parts if each is not None]
    if not known or len(known) < len(parts) or call.arguments.unknown or call.arguments.keywords:
        return None
    return _of_text(call.unknown(), known)


@hook("arithmetic")
def joined(
    machine: "Machine", operator: str, left: Value, right: Value | None, node: cst.CSTNode
) -> Value | None:
    """`folder / "table.csv"`."""
    if operator != "/" or not isinstance(left, Unknown) or _TEXT not in left.fields:
        return None
    first, second = text_of_path(left), text_of_path(right)
    if first is None or second is None:
        return None
    return _of_text(machine.unknown("path", node), [first, second])


def _of_text(path: Unknown, parts: list[str]) -> Unknown:
    path.fields[_TEXT] = Constant("/".join(each.rstrip("/") for each in parts))
    return path
