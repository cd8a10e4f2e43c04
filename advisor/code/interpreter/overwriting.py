"""Names that an inner loop binds anew, though the loop around it still reads them.

Python has one name for both: behind the inner loop it stands for the last item of that loop.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import NameOverwritten

if TYPE_CHECKING:
    from advisor.code.events import Loop
    from advisor.code.interpreter.machine import Machine

_SCOPES = (cst.FunctionDef, cst.ClassDef, cst.Lambda)
_COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)


@dataclass(frozen=True, slots=True)
class Use:
    """A place where a name is read, or bound anew, or where the inner loop stands."""

    kind: str
    node: cst.CSTNode


def tell_overwritten(machine: "Machine", node: cst.For) -> None:
    """Tell of the first name that a loop overwrites, of those that a loop around it in the same
    function reads again."""
    if not machine.loops:
        return
    around = machine.context.loops[-len(machine.loops) :]
    for name in names_in(node.target):
        for outer in around:
            read = _read_again(outer, node, name.value)
            if read is not None:
                event = NameOverwritten(
                    machine.place(name), machine.context, name.value, outer, machine.place(read)
                )
                machine.emit(event)
                return


def names_in(target: cst.CSTNode) -> Iterator[cst.Name]:
    """The names that a target binds."""
    match target:
        case cst.Name():
            if not target.value.startswith("_"):
                yield target
        case cst.Tuple() | cst.List():
            for element in target.elements:
                yield from names_in(element.value)


def _read_again(outer: "Loop", inner: cst.For, name: str) -> cst.CSTNode | None:
    """Where the loop around reads a name next, of what it bound or found, once the inner loop has
    bound it."""
    if isinstance(outer.node, cst.For):
        uses = list(_uses(outer.node.body, inner, name))
        own = any(each.value == name for each in names_in(outer.node.target))
    elif isinstance(outer.node, cst.While):
        uses = [*_uses(outer.node.test, inner, name), *_uses(outer.node.body, inner, name)]
        own = False
    else:
        return None
    position = next((index for index, use in enumerate(uses) if use.kind == "inner"), None)
    if position is None or _mentions(inner.iter, name):
        return None
    behind, before = uses[position + 1 :], uses[:position]
    if own:
        first = behind[0] if behind else None
    elif not behind and before:
        first = before[0]
    else:
        return None
    return first.node if first is not None and first.kind == "read" else None


def _mentions(node: cst.CSTNode, name: str) -> bool:
    return any(use.kind == "read" for use in _uses(node, node, name))


def _uses(node: cst.CSTNode, inner: cst.CSTNode, name: str) -> Iterator[Use]:
    """The uses of a name in the order in which they happen; what cannot happen behind the inner loop
    is left out."""
    if node is inner and isinstance(node, cst.For):
        yield Use("inner", node)
        return
    match node:
        case cst.Name():
            if node.value == name:
                yield Use("read", node)
        case cst.Attribute():
            yield from _uses(node.value, inner, name)
        case cst.Arg() | cst.AssignTarget() | cst.StarredElement():
            inside = node.target if isinstance(node, cst.AssignTarget) else node.value
            yield from _uses(inside, inner, name)
        case cst.Assign() | cst.AnnAssign() | cst.AugAssign():
            yield from _assigned(node, inner, name)
        case cst.For():
            yield from _uses(node.iter, inner, name)
            if any(each.value == name for each in names_in(node.target)):
                yield Use("bound", node)
            yield from _uses(node.body, inner, name)
        case cst.If():
            yield from _uses(node.test, inner, name)
            ways = [list(_uses(each, inner, name)) for each in (node.body, node.orelse) if each]
            taken = [way for way in ways if any(use.kind == "inner" for use in way)]
            for way in taken or ways:
                yield from way
        case cst.BinaryOperation(operator=cst.Divide() | cst.FloorDivide()):
            # How many rounds the inner loop took is what one divides by.
            yield from _uses(node.left, inner, name)
        case _ if isinstance(node, _SCOPES):
            return
        case _ if isinstance(node, _COMPREHENSIONS):
            if not any(each.value == name for each in names_in(node.for_in.target)):
                for each in node.children:
                    yield from _uses(each, inner, name)
        case _:
            for each in node.children:
                yield from _uses(each, inner, name)


def _assigned(
    node: cst.Assign | cst.AnnAssign | cst.AugAssign, inner: cst.CSTNode, name: str
) -> Iterator[Use]:
    if node.value is not None:
        yield from _uses(node.value, inner, name)
    targets = (
        [each.target for each in node.targets] if isinstance(node, cst.Assign) else [node.target]
    )
    for target in targets:
        bound = any(each.value == name for each in names_in(target))
        if bound and isinstance(node, cst.AugAssign):
            yield Use("read", node)
        if bound:
            yield Use("bound", node)
        else:
            yield from _uses(target, inner, name)
