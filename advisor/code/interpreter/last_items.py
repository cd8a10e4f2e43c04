"""Names that are read behind a loop for the last item of that loop, or for the number of its rounds."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import libcst as cst

from advisor.code.nodes import as_written


def asks_for_last(read: cst.CSTNode, outer: cst.CSTNode, inner: cst.For) -> bool:
    """Whether a name that is read behind a loop, in the loop `outer` around it, is meant as that loop has
    left it: as the place where it stopped, in a sequence that it went through, or as the number of
    its rounds."""
    if looks_for_something(inner):
        return True
    around = _way_to(read, outer)
    return any(_is_for_last(parent, child, outer, inner) for parent, child in pairwise(around)) or (
        isinstance(read, cst.AugAssign) and isinstance(outer, cst.For)
    )


def looks_for_something(loop: cst.For) -> bool:
    """Whether a loop may be left early: then it stands where something was found."""
    return any(True for _ in _breaks(loop.body))


def _is_for_last(
    parent: cst.CSTNode, child: cst.CSTNode, outer: cst.CSTNode, inner: cst.For
) -> bool:
    match parent:
        case cst.Subscript(value=value):
            return child is not value and as_written(value) in set(_mentioned(inner))
        case cst.Comparison():
            others = [each for each in parent.children if each is not child]
            compared = {name for each in others for name in _mentioned(each)}
            return bool(compared & set(_mentioned(inner.iter)))
        case cst.AugAssign(operator=cst.AddAssign(), value=value):
            return child is value and not _is_handed_on(value)
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value):
            return child is value and not _is_handed_on(value) and name in set(_divisors(outer))
        case cst.Del():
            return True
    return False


def _is_handed_on(value: cst.BaseExpression) -> bool:
    """Whether it is more than a sum: a call may do anything with what it is given."""
    return not isinstance(value, (cst.Name, cst.BinaryOperation))


def _way_to(node: cst.CSTNode, outer: cst.CSTNode) -> Sequence[cst.CSTNode]:
    """The nodes that one lies in, outermost first, with itself at the end; empty if it does not."""
    if node is outer:
        return [node]
    for child in outer.children:
        way = _way_to(node, child)
        if way:
            return [outer, *way]
    return []


def _mentioned(node: cst.CSTNode) -> Iterator[str]:
    """The names and attributes that some code is about; what it calls is not."""
    match node:
        case cst.Call(func=func, args=args):
            if isinstance(func, cst.Attribute):
                yield from _mentioned(func.value)
            for each in args:
                yield from _mentioned(each.value)
        case cst.Name() | cst.Attribute():
            yield as_written(node)
        case _:
            for child in node.children:
                yield from _mentioned(child)


def _divisors(node: cst.CSTNode) -> Iterator[str]:
    """The names that something is divided by."""
    match node:
        case cst.BinaryOperation(operator=cst.Divide() | cst.FloorDivide(), right=right):
            yield from _mentioned(right)
        case cst.AugAssign(operator=cst.DivideAssign(), value=value):
            yield from _mentioned(value)
    for child in node.children:
        yield from _divisors(child)


def _breaks(node: cst.CSTNode) -> Iterator[cst.Break]:
    """The places where a loop with this body is left."""
    if isinstance(node, cst.Break):
        yield node
    elif not isinstance(node, (cst.For, cst.While, cst.FunctionDef, cst.ClassDef)):
        for child in node.children:
            yield from _breaks(child)
