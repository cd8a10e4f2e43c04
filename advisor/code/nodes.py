"""Making the nodes of syntax trees, which takes most of the time that it takes to parse.

LibCST's nodes are frozen dataclasses that check themselves. For those that its own parser makes that
goes without saying, and a third of the parse goes to it: here they are made by plain assignments.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache, lru_cache
from sys import intern
from typing import Any, TypeVar, cast

import libcst as cst
from libcst._nodes.internal import CodegenState  # `Module.code_for_node` takes no other

Kind = TypeVar("Kind", bound=cst.CSTNode)

_GENERATED = ("__setattr__", "__delattr__", "__hash__", "__eq__")
_NOT_GIVEN: Any = object()
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
        for method in _GENERATED:
            if method in vars(kind):
                delattr(kind, method)
        if _is_plain(kind):
            setattr(kind, "__init__", _postponed(kind))  # noqa: B010


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
            yield cast(Kind, current)
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


def _postponed(kind: type) -> Callable[..., None]:
    """A constructor that is written when it is first called: few kinds ever occur."""

    def __init__(self: Any, *values: Any, **named: Any) -> None:
        constructor = kind.__init__ = _constructor(kind)  # type: ignore[misc]
        constructor(self, *values, **named)

    __init__.__qualname__ = f"{kind.__qualname__}.__init__"
    return __init__


def _constructor(kind: type) -> Callable[..., None]:
    parameters, statements = ["self"], ["pass"]
    known: dict[str, Any] = {"_not_given": _NOT_GIVEN}
    for each in fields(kind):
        parameters.append(_parameter(each, known))
        value = each.name
        if each.default_factory is not MISSING:
            known[f"_make_{each.name}"] = each.default_factory
            value = f"_make_{each.name}() if {each.name} is _not_given else {each.name}"
        elif kind is cst.Name and each.name == "value":
            known["intern"] = intern
            value = "intern(value)"
        statements.append(f"self.{each.name} = {value}")
    body = "\n ".join(statements)
    exec(f"def __init__({', '.join(parameters)}):\n {body}", known)  # noqa: S102
    constructor: Callable[..., None] = known["__init__"]
    constructor.__qualname__ = f"{kind.__qualname__}.__init__"
    return constructor


def _parameter(field: "Field[Any]", known: dict[str, Any]) -> str:
    if field.default_factory is not MISSING:
        return f"{field.name}=_not_given"
    if field.default is not MISSING:
        known[f"_default_{field.name}"] = field.default
        return f"{field.name}=_default_{field.name}"
    return field.name
