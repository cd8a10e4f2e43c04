"""Names that an inner loop binds anew, though the loop around it still reads them.

Python has one name for both: behind the inner loop it stands for the last item of that loop.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import libcst as cst

from advisor.code.events import NameOverwritten, TargetLost
from advisor.code.interpreter.last_items import asks_for_last, looks_for_something
from advisor.code.nodes import all_in, are_nodes, as_written
from advisor.code.values import Constant, Scalar, Value, alternatives

if TYPE_CHECKING:
    from advisor.code.events import Loop
    from advisor.code.interpreter.machine import Machine


class Use(NamedTuple):
    """A place where a name is read, or bound anew, or where the inner loop stands (without a name)."""

    kind: str
    name: str
    node: cst.CSTNode


def tell_overwritten(machine: "Machine", node: cst.For) -> None:
    """Tell of the first name that a loop overwrites, of those that a loop around it in the same
    function reads again."""
    if not machine.loops:
        return
    around = machine.context.loops[-len(machine.loops) :]
    for name in names_in(node.target):
        for outer in around:
            read = _read_again(machine, outer, node, name.value)
            if read is not None:
                event = NameOverwritten(
                    machine.place(name), machine.context, name.value, outer, machine.place(read)
                )
                machine.emit(event)
                return


_CHOOSES = re.compile(r"\b(argmax|max|topk|sigmoid|softmax|round)\(")


def tell_lost_target(machine: "Machine", node: cst.For) -> None:
    """Tell of labels that are bound anew to predictions, and compared, before anything has read them."""
    for name, bound, compared in _lost_targets(node):
        place = machine.place(compared)
        machine.emit(TargetLost(machine.place(bound), machine.context, name, place))


# A loop is run for each call of its function, and in rounds.
@lru_cache(maxsize=32)
def _lost_targets(node: cst.For) -> list[tuple[str, cst.CSTNode, cst.CSTNode]]:
    """The names of lost labels, each with where it is bound anew and where it is compared."""
    names = [each.value for each in names_in(node.target)]
    if len(names) < 2 or not isinstance(node.body, cst.IndentedBlock):
        return []
    uses = uses_in(node.body)
    found: list[tuple[str, cst.CSTNode, cst.CSTNode]] = []
    for name in names:
        own = [use for use in uses if use.name == name]
        if len(own) < 2 or own[0].kind != "bound" or not isinstance(own[0].node, cst.Assign):
            continue
        if not _CHOOSES.search(as_written(own[0].node.value)):
            continue
        of = _sources(own[0].node.value, {*names, "torch", "F", "np"})
        compared = next(
            (
                each
                for each in all_in(node.body, (cst.Comparison, cst.Call))
                if (other := _compared_with(each, name)) is not None
                and of & _sources(_first_value(other, node.body), set())
            ),
            None,
        )
        if compared is not None and own[1].kind == "read":
            found.append((name, own[0].node, compared))
    return found


def _compared_with(node: cst.CSTNode, name: str) -> cst.BaseExpression | None:
    """What is compared with a name as it is."""
    match node:
        case cst.Comparison(
            left=left, comparisons=[cst.ComparisonTarget(operator=cst.Equal(), comparator=right)]
        ):
            pass
        case cst.Call(
            func=cst.Attribute(value=left, attr=cst.Name(value="eq")), args=[cst.Arg(value=right)]
        ):
            pass
        case _:
            return None
    for one, other in ((left, right), (right, left)):
        if isinstance(one, cst.Name) and one.value == name:
            return other
    return None


def _first_value(value: cst.BaseExpression, body: cst.BaseSuite) -> cst.BaseExpression:
    """What a name is bound to in some code, or the value itself."""
    if not isinstance(value, cst.Name):
        return value
    for use in uses_in(body):
        if use.name == value.value and isinstance(use.node, cst.Assign):
            return use.node.value
    return value


def _sources(value: cst.CSTNode, without: set[str]) -> set[str]:
    """What a value is made of: names that are not called, and calls by name, as they are written."""
    if isinstance(value, cst.Name):
        return {value.value} - without
    if isinstance(value, (cst.Attribute, cst.Arg)):
        return _sources(value.value, without)
    if isinstance(value, cst.Call) and isinstance(value.func, cst.Name):
        return {as_written(value)}
    found: set[str] = set()
    for child in value.children:
        found |= _sources(child, without)
    return found


def names_in(target: cst.CSTNode) -> Iterator[cst.Name]:
    """The names that a target binds."""
    match target:
        case cst.Name():
            if not target.value.startswith("_"):
                yield target
        case cst.Tuple() | cst.List():
            for element in target.elements:
                yield from names_in(element.value)


def _read_again(machine: "Machine", outer: "Loop", inner: cst.For, name: str) -> cst.CSTNode | None:
    """Where the loop around reads a name next, of what it bound or found, once the inner loop has
    bound it."""
    uses = [use for use in _uses_around(outer.node, inner) if use.name in {name, ""}]
    position = next((index for index, use in enumerate(uses) if use.kind == "inner"), None)
    if position is None or any(use.name == name for use in uses_in(inner.iter)):
        return None
    counted = _is_counted_by(outer.node, name)
    if _ends_with(outer.node, inner, bound=counted and isinstance(outer.node, cst.For)):
        return None
    behind, before = uses[position + 1 :], uses[:position]
    if counted:
        first = behind[0] if behind else None
        if first is not None and asks_for_last(first.node, outer.node, inner):
            return None
    elif not behind and before and _holds_something(machine, outer, name):
        first = before[0]
        if _is_handed_on(machine, outer, inner, name, before):
            return None
    else:
        return None
    return first.node if first is not None and first.kind == "read" else None


def _is_handed_on(
    machine: "Machine", outer: "Loop", inner: cst.For, name: str, before: list[Use]
) -> bool:
    """Whether what the inner loop leaves may be meant for the next round of the one around: it looks for
    something, goes through what that round has made, or counts anew."""
    if looks_for_something(inner):
        return True
    made = {use.name for use in _uses_around(outer.node, inner) if use.kind == "bound"}
    if any(use.name in made - {name} for use in uses_in(inner.iter)):
        return True
    raised = any(isinstance(use.node, cst.AugAssign) for use in before)
    limits = isinstance(outer.node, cst.While) and any(
        use.name == name for use in uses_in(outer.node.test)
    )
    return isinstance(visible(machine, name), Scalar) and not raised and not limits


def _ends_with(outer: cst.CSTNode, inner: cst.For, *, bound: bool) -> bool:
    """Whether the loop around has no further round once it has come to the inner one, or one that has the
    name `bound` anew: the way through that returns or raises, or leaves the loop."""
    body = getattr(outer, "body", None)
    ends = (*_ENDS_LOOP, cst.Continue) if bound else _ENDS_LOOP
    return isinstance(body, cst.IndentedBlock) and _is_last(body, inner, ends)


_ENDS = (cst.Return, cst.Raise)
_ENDS_LOOP = (*_ENDS, cst.Break)


def _is_last(block: cst.IndentedBlock, inner: cst.For, ends: tuple[type[cst.CSTNode], ...]) -> bool:
    for index, statement in enumerate(block.body):
        if statement is inner or _holds(statement, inner):
            behind = block.body[index + 1 :]
            if any(
                isinstance(small, ends)
                for each in behind
                if isinstance(each, cst.SimpleStatementLine)
                for small in each.body
            ):
                return True
            left = _ENDS if isinstance(statement, (cst.For, cst.While)) else ends
            return any(_is_last(each, inner, left) for each in blocks_in(statement))
    return False


_BRANCHES = frozenset((cst.If, cst.Else, cst.Finally))


def blocks_in(statement: cst.CSTNode) -> Iterator[cst.IndentedBlock]:
    """The blocks of a statement, those of its other branches too."""
    for name in ("body", "orelse", "finalbody"):
        part = getattr(statement, name, None)
        kind = type(part)  # of many, without the slow way to ask
        if kind is cst.IndentedBlock:
            yield cast(cst.IndentedBlock, part)
        elif kind in _BRANCHES:
            yield from blocks_in(cast(cst.CSTNode, part))
    for handler in getattr(statement, "handlers", ()):
        yield from blocks_in(handler)


def _holds(statement: cst.CSTNode, inner: cst.For) -> bool:
    """Whether a statement has a loop somewhere inside."""
    return any(
        each is inner or _holds(each, inner)
        for block in blocks_in(statement)
        for each in block.body
    )


def _holds_something(machine: "Machine", outer: "Loop", name: str) -> bool:
    """Whether a name stands for something before the first round of a loop: what is None at first, or
    nothing, is there to carry from round to round."""
    first = any(each.loop is outer and not each.index for each in machine.context.rounds)
    value = visible(machine, name) if first else None
    return value is not None and not any(
        isinstance(each, Constant) and each.value is None for each in alternatives(value)
    )


def visible(machine: "Machine", name: str) -> Value | None:
    """What a name stands for, in the function that is run or around it."""
    scope = machine.scope
    own = scope.fields.get(name)
    return own if own is not None or scope.parent is None else scope.parent.fields.get(name)


def _is_counted_by(loop: cst.CSTNode, name: str) -> bool:
    """Whether a loop goes by a name: `for epoch in ...`, or `while epoch < 10` that adds to it in each round."""
    if isinstance(loop, cst.For):
        return name in _bound_names(loop.target)
    if not isinstance(loop, cst.While) or not isinstance(loop.body, cst.IndentedBlock):
        return False
    return any(
        isinstance(small, cst.AugAssign)
        and isinstance(small.target, cst.Name)
        and small.target.value == name
        for statement in loop.body.body
        if isinstance(statement, cst.SimpleStatementLine)
        for small in statement.body
    ) and any(use.name == name for use in uses_in(loop.test))


def _bound_names(target: cst.CSTNode) -> frozenset[str]:
    return frozenset(each.value for each in names_in(target))


@lru_cache(maxsize=16)
def _uses_around(outer: cst.CSTNode, inner: cst.For) -> list[Use]:
    """The uses of names in a loop, in the order in which they happen."""
    match outer:
        case cst.For():
            return uses_in(outer.body, inner=inner)
        case cst.While():
            return uses_in(outer.test, outer.body, inner=inner)
    return []


def uses_in(*nodes: cst.CSTNode, inner: cst.For | None = None) -> list[Use]:
    """The uses of names in the order in which they happen; what cannot happen behind the inner loop
    is left out."""
    uses: list[Use] = []
    for node in nodes:
        kind = type(node)
        if node is inner:
            uses.append(Use("inner", "", node))
        elif (read := _READ.get(kind)) is not None:
            uses += read(node, inner)
        else:
            uses += uses_in(*node.children, inner=inner)
    return uses


def _name(node: cst.Name, _: cst.For | None) -> list[Use]:
    return [Use("read", node.value, node)]


def _nothing(_: cst.CSTNode, __: cst.For | None) -> list[Use]:
    return []


def _assignment(
    node: cst.Assign | cst.AnnAssign | cst.AugAssign, inner: cst.For | None
) -> list[Use]:
    uses = [] if node.value is None else uses_in(node.value, inner=inner)
    targets = (
        [each.target for each in node.targets] if isinstance(node, cst.Assign) else [node.target]
    )
    kinds = ("read", "bound") if isinstance(node, cst.AugAssign) else ("bound",)
    for target in targets:
        bound = _bound_names(target)
        uses += (Use(kind, name, node) for name in bound for kind in kinds)
        uses += (use for use in uses_in(target, inner=inner) if use.name not in bound)
    return uses


def _loop(node: cst.For, inner: cst.For | None) -> list[Use]:
    bound = [Use("bound", name, node) for name in _bound_names(node.target)]
    return [*uses_in(node.iter, inner=inner), *bound, *uses_in(node.body, inner=inner)]


def _with(node: cst.With, inner: cst.For | None) -> list[Use]:
    uses: list[Use] = []
    for item in node.items:
        uses += uses_in(item.item, inner=inner)
        if item.asname is not None:
            uses += _bound(item.asname)
    return uses + uses_in(node.body, inner=inner)


def _handler(node: cst.ExceptHandler, inner: cst.For | None) -> list[Use]:
    raised = [] if node.type is None else uses_in(node.type, inner=inner)
    named = [] if node.name is None else _bound(node.name)
    return [*raised, *named, *uses_in(node.body, inner=inner)]


def _imported(node: cst.ImportAlias, _: cst.For | None) -> list[Use]:
    return [] if node.asname is None else _bound(node.asname)


def _named(node: cst.NamedExpr, inner: cst.For | None) -> list[Use]:
    bound = [Use("bound", name, node) for name in _bound_names(node.target)]
    return [*uses_in(node.value, inner=inner), *bound]


def _bound(written: cst.AsName) -> list[Use]:
    """What `as` binds."""
    return [Use("bound", name, written) for name in _bound_names(written.name)]


def _branches(node: cst.If, inner: cst.For | None) -> list[Use]:
    ways = [uses_in(each, inner=inner) for each in (node.body, node.orelse) if each is not None]
    taken = [way for way in ways if any(use.kind == "inner" for use in way)]
    return [*uses_in(node.test, inner=inner), *(use for way in taken or ways for use in way)]


def _attempt(node: cst.Try, inner: cst.For | None) -> list[Use]:
    """What is read where the inner loop has failed is meant as that loop has left it."""
    body = uses_in(node.body, inner=inner)
    fails = [] if any(use.kind == "inner" for use in body) else uses_in(*node.handlers, inner=inner)
    rest = [part for part in (node.orelse, node.finalbody) if part is not None]
    return [*body, *fails, *uses_in(*rest, inner=inner)]


def _operation(node: cst.BinaryOperation, inner: cst.For | None) -> list[Use]:
    counts = not isinstance(node.right, cst.Call) or _is_number_of(node.right)
    if isinstance(node.operator, (cst.Divide, cst.FloorDivide)) and counts:
        # How many rounds the inner loop took is what one divides by.
        return uses_in(node.left, inner=inner)
    return uses_in(node.left, node.right, inner=inner)


_NUMBERS = frozenset({"float", "int", "max"})


def _is_number_of(call: cst.Call) -> bool:
    """Whether a call gives the very number that it is given, as another type or not below another one."""
    return isinstance(call.func, cst.Name) and call.func.value in _NUMBERS


def _comprehension(node: cst.BaseComp, inner: cst.For | None) -> list[Use]:
    own: set[str] = set()
    part: cst.CompFor | None = node.for_in
    while part is not None:
        own |= _bound_names(part.target)
        part = part.inner_for_in
    return [use for use in uses_in(*node.children, inner=inner) if use.name not in own]


def _parts(*names: str) -> "_Reader":
    """Reads what is in some fields: one node each, or several. (All `children` of a node, with the
    spaces among them, take ten times as long.)"""

    def read(node: cst.CSTNode, inner: cst.For | None) -> list[Use]:
        parts: list[cst.CSTNode] = []
        for name in names:
            part = getattr(node, name)
            if are_nodes[type(part)]:
                parts.append(part)
            else:
                parts += part
        return uses_in(*parts, inner=inner)

    return read


_Reader = Callable[[Any, cst.For | None], list[Use]]
_READ: dict[type[cst.CSTNode], _Reader] = {
    cst.Name: _name,
    cst.Integer: _nothing,
    cst.Float: _nothing,
    cst.SimpleString: _nothing,
    cst.FunctionDef: _nothing,
    cst.ClassDef: _nothing,
    cst.Lambda: _nothing,
    cst.Attribute: _parts("value"),
    cst.Arg: _parts("value"),
    cst.Call: _parts("func", "args"),
    cst.Subscript: _parts("value", "slice"),
    cst.SubscriptElement: _parts("slice"),
    cst.Index: _parts("value"),
    cst.AssignTarget: _parts("target"),
    cst.StarredElement: _parts("value"),
    cst.Element: _parts("value"),
    cst.Tuple: _parts("elements"),
    cst.List: _parts("elements"),
    cst.Comparison: _parts("left", "comparisons"),
    cst.ComparisonTarget: _parts("comparator"),
    cst.BooleanOperation: _parts("left", "right"),
    cst.UnaryOperation: _parts("expression"),
    cst.BinaryOperation: _operation,
    cst.ListComp: _comprehension,
    cst.SetComp: _comprehension,
    cst.DictComp: _comprehension,
    cst.GeneratorExp: _comprehension,
    cst.Expr: _parts("value"),
    cst.SimpleStatementLine: _parts("body"),
    cst.IndentedBlock: _parts("body"),
    cst.Else: _parts("body"),
    cst.Assign: _assignment,
    cst.AnnAssign: _assignment,
    cst.AugAssign: _assignment,
    cst.For: _loop,
    cst.If: _branches,
    cst.With: _with,
    cst.Try: _attempt,
    cst.ExceptHandler: _handler,
    cst.ImportAlias: _imported,
    cst.NamedExpr: _named,
}
