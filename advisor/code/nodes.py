"""Making the nodes of syntax trees, which takes most of the time that it takes to parse.

LibCST's nodes are frozen dataclasses that check themselves. For those that its own parser makes that
goes without saying, and a third of the parse goes to it: here they are made by plain assignments.
"""

import re
from abc import ABCMeta
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import fields, is_dataclass
from functools import cache, lru_cache
from sys import intern
from typing import Any, TypeVar

import libcst as cst
from libcst._nodes.internal import CodegenState  # `Module.code_for_node` takes no other

from advisor.lazy_dataclasses import postpone_constructor

Kind = TypeVar("Kind", bound=cst.CSTNode)

_GENERATED = ("__setattr__", "__delattr__", "__hash__", "__eq__")
_MOST_SHARED = 1_000
_spaces: dict[str, cst.SimpleWhitespace] = {}
_newline = cst.Newline()
_NOTHING = nullcontext()


def nodes_are_fast() -> bool:
    """Whether `make_nodes_fast` was called."""
    return "__setattr__" not in vars(cst.CSTNode)


def make_nodes_fast() -> None:
    """From here on in this process, make nodes unchecked, and let nothing but good manners keep them
    as they are."""
    # Nodes are the keys of many tables. What LibCST writes out in Python, for each kind once more, is
    # what objects do anyway.
    for kind in dict.fromkeys(_kinds()):
        if type(kind) is ABCMeta:
            setattr(kind, "__class__", _KindOfNodes)  # noqa: B010
        for method in _GENERATED:
            if method in vars(kind):
                delattr(kind, method)
        if _is_plain(kind):
            postpone_constructor(kind, {"value": intern} if kind is cst.Name else None)


class _KindOfNodes(ABCMeta):
    """What abstract classes are asked by `isinstance`, who is registered with them, takes five times as
    long as the question itself; no class is registered as a node."""

    __instancecheck__ = type.__instancecheck__
    __subclasscheck__ = type.__subclasscheck__


def as_written(node: cst.CSTNode) -> str:
    """A node as its author wrote it."""
    name = _dotted_name(node)
    return _written(node) if name is None else name


@lru_cache(maxsize=256)
def _written(node: cst.CSTNode) -> str:
    state = _WithoutPositions(_no_module().default_indent, _no_module().default_newline)
    node._codegen(state)
    return "".join(state.tokens)


class _WithoutPositions(CodegenState):
    """Generates code alone. LibCST's own enters a context for each expression, which is made of a
    generator and for nothing: half of the time."""

    def record_syntactic_position(  # type: ignore[override]
        self,
        node: cst.CSTNode,
        *,
        start_node: cst.CSTNode | None = None,
        end_node: cst.CSTNode | None = None,
    ) -> AbstractContextManager[None]:
        return _NOTHING


class _Kinds(dict[type, bool]):
    """Which types are of some kinds. All nodes have an abstract base: `isinstance` takes five times as
    long with these."""

    def __init__(self, kinds: type | tuple[type, ...]) -> None:
        super().__init__()
        self._kinds = kinds

    def __missing__(self, kind: type) -> bool:
        found = self[kind] = issubclass(kind, self._kinds)
        return found


@cache
def _are_of(kinds: type | tuple[type, ...]) -> _Kinds:
    return _Kinds(kinds)


are_nodes = _Kinds(cst.CSTNode)
"""Whether the values of a type are nodes."""


def holds(outer: cst.CSTNode, inner: cst.CSTNode) -> bool:
    """Whether a node is another one or lies in it."""
    return any(each is inner for each in all_in(outer, type(inner)))


def all_in(node: cst.CSTNode, kinds: type[Kind] | tuple[type[Kind], ...]) -> Iterator[Kind]:
    """The nodes of some kinds in a node, itself among them, in the order of the text."""
    # `children` makes a visitor for each node: ten times as slow.
    are_wanted = _are_of(kinds)
    waiting: list[cst.CSTNode] = [node]
    while waiting:
        current = waiting.pop()
        if are_wanted[type(current)]:
            yield current  # type: ignore[misc]
        held: list[cst.CSTNode] = []
        for name in _parts_of(type(current)):
            value = getattr(current, name)
            if are_nodes[type(value)]:
                held.append(value)
            elif isinstance(value, (list, tuple)):
                held += value
        waiting += reversed(held)


# Where nodes name their parts in another order than they stand in.
_IN_TEXT = {
    cst.FunctionDef: ("decorators", "name", "params", "returns", "body"),
    cst.ClassDef: ("decorators", "name", "bases", "keywords", "body"),
    cst.ExceptHandler: ("type", "name", "body"),
    cst.IfExp: ("body", "test", "orelse"),
    cst.Arg: ("keyword", "value"),
    cst.Parameters: ("posonly_params", "params", "star_arg", "kwonly_params", "star_kwarg"),
}
_BLANK = re.compile(
    r"whitespace|lines|lpar|rpar|lbracket|rbracket|comma|semicolon|header|footer|indent|newline"
)


@cache
def _parts_of(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """The fields of a kind of nodes that may hold code, not blanks or brackets."""
    known = _IN_TEXT.get(kind)
    names = [each.name for each in fields(kind)] if is_dataclass(kind) else []
    return known or tuple(name for name in names if _BLANK.search(name) is None)


def passed_by_name(call: cst.CSTNode, name: str) -> cst.BaseExpression | None:
    """What is written behind `name=` in a call; None where nothing is, or where it is no call."""
    for each in call.args if isinstance(call, cst.Call) else ():
        if each.keyword is not None and each.keyword.value == name:
            return each.value
    return None


def _dotted_name(node: cst.CSTNode) -> str | None:
    if type(node) is cst.Name:
        return None if node.lpar else node.value
    if type(node) is not cst.Attribute or node.lpar:
        return None
    before, after = node.dot.whitespace_before, node.dot.whitespace_after
    owner = _dotted_name(node.value) if before.empty and after.empty else None
    return None if owner is None else f"{owner}.{node.attr.value}"


@cache
def _no_module() -> cst.Module:
    return cst.Module([])


@contextmanager
def sharing_blanks() -> Iterator[None]:
    """Let all trees that are parsed meanwhile share their equal blanks and ends of lines. Where these
    are cannot be asked of them; but every third node is one."""
    kinds = cst.SimpleWhitespace, cst.Newline
    if len(_spaces) > _MOST_SHARED:
        _spaces.clear()
    try:
        setattr(cst, "SimpleWhitespace", _space)  # noqa: B010
        setattr(cst, "Newline", _end_of_line)  # noqa: B010
        yield
    finally:
        setattr(cst, "SimpleWhitespace", kinds[0])  # noqa: B010
        setattr(cst, "Newline", kinds[1])  # noqa: B010


def _space(value: str = "", make: Any = cst.SimpleWhitespace) -> cst.SimpleWhitespace:
    found = _spaces.get(value)
    if found is None:
        found = _spaces[value] = make(value)
    return found


def _end_of_line(value: str | None = None, make: Any = cst.Newline) -> cst.Newline:
    return _newline if value is None else make(value)


def _kinds() -> Iterator[type[object]]:
    """Every class of nodes; several bases lead to some of them."""
    waiting: list[type[object]] = [cst.CSTNode]
    while waiting:
        kind = waiting.pop()
        yield kind
        waiting += kind.__subclasses__()


def _is_plain(kind: type) -> bool:
    """Whether a node is made of its fields and of nothing else."""
    return (
        is_dataclass(kind)
        and "__init__" in vars(kind)
        and getattr(kind, "__post_init__") is cst.CSTNode.__post_init__  # noqa: B009
        and all(each.init and not each.kw_only for each in fields(kind))
    )
