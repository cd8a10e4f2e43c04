"""Evaluating expressions over abstract values."""

from ast import literal_eval
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import libcst as cst

from advisor.code import symbols
from advisor.code.events import Guard
from advisor.code.interpreter import attributes, calls, classes, loops, operators
from advisor.code.values import (
    ENDING,
    FALSE,
    NONE,
    TRUE,
    Constant,
    Dictionary,
    Function,
    Scalar,
    Scope,
    Sequence,
    Value,
    call_by_key,
    is_constant,
    join,
    written_out,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


_KEYWORDS = {"None": NONE, "True": TRUE, "False": FALSE}
_QUOTES = frozenset("'\"")
_LONG_QUOTES = frozenset(["'''", '"""'])
_LONGEST_INTEGER = 300
"""In characters; no size, count or rate has more digits, and few operations bear them."""


def evaluate(machine: "Machine", node: cst.BaseExpression) -> Value:
    """The value of an expression; unknown for what is not modelled."""
    machine.tick()
    handler = _HANDLERS.get(type(node))
    return machine.unknown("?", node) if handler is None else handler(machine, node)


def lookup(machine: "Machine", name: str, node: cst.CSTNode | None = None) -> Value:
    """What a name stands for where the machine is."""
    scope: Scope | None = machine.scope
    innermost = True
    while scope is not None:
        if scope.kind != "class" or innermost:
            found = scope.fields.get(name)
            if found is not None:
                return found
        innermost = False
        scope = scope.parent
    builtin = machine.models.builtin(name)
    if builtin is not None:
        return builtin
    # An undefined name keeps one identity throughout the module, as from a star import.
    unknown = machine.unknown(name, node)
    unknown.names.add(name)
    machine.scope.module.fields[name] = unknown
    return unknown


def _name(machine: "Machine", node: cst.Name) -> Value:
    known = _KEYWORDS.get(node.value)
    return known if known is not None else lookup(machine, node.value, node)


def _integer(machine: "Machine", node: cst.Integer) -> Value:
    if len(node.value) > _LONGEST_INTEGER:
        return machine.unknown("number", node)
    return Scalar(_whole_number(node.value))


@lru_cache(maxsize=1024)
def _whole_number(text: str) -> symbols.Number:
    return symbols.number(int(text.replace("_", ""), 0))


def _float(machine: "Machine", node: cst.Float) -> Value:
    return Scalar(symbols.number(float(node.value.replace("_", ""))))


def _string(machine: "Machine", node: cst.SimpleString) -> Value:
    return Constant(_literal(node.value))


@lru_cache(maxsize=1024)
def _literal(text: str) -> object:
    quote = text[:3] if text[:3] in _LONG_QUOTES else text[:1]
    if quote[0] in _QUOTES and "\\" not in text:
        return text[len(quote) : -len(quote)]
    try:
        return literal_eval(text)
    except (SyntaxError, ValueError):
        # Escapes that were none in Python 2: `"C:\\Users"`.
        return text[len(quote) : -len(quote)]


def _concatenated(machine: "Machine", node: cst.ConcatenatedString) -> Value:
    value = node.evaluated_value
    if value is not None:
        return Constant(value)
    parts = [evaluate(machine, each) for each in (node.left, node.right)]
    texts = [each.value for each in parts if isinstance(each, Constant)]
    known = [each for each in texts if isinstance(each, str)]
    return Constant("".join(known)) if len(known) == 2 else machine.unknown("text", node)


def _formatted(machine: "Machine", node: cst.FormattedString) -> Value:
    text, ending = "", ""
    known = True
    values: list[Value] = []
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            text += part.value
            ending += part.value
            continue
        assert isinstance(part, cst.FormattedStringExpression)
        form = "__repr__" if part.conversion == "r" else "__str__"
        value = classes.as_text(machine, evaluate(machine, part.expression), node, form)
        values.append(value)
        written = None if part.format_spec or part.conversion else written_out(value)
        if written is None:
            known, ending = False, ""
        else:
            text += written
            ending += written
    if known:
        return Constant(text)
    told = machine.unknown("text", node)
    if ending:
        told.fields[ENDING] = Constant(ending)
    machine.models.observe(machine, "format", values, told, node)
    return told


def _sequence(kind: str) -> Callable[["Machine", Any], Value]:
    def make(machine: "Machine", node: Any) -> Value:
        items: list[Value] = []
        rest: Value | None = None
        complete = True
        for element in node.elements:
            value = evaluate(machine, element.value)
            if type(element) is not cst.StarredElement:
                items.append(value)
                continue
            inner = loops.items_of(value)
            if inner is None:
                complete = False
                one = loops.element_of(machine, value, element.value)
                rest = one if rest is None else join(rest, one)
            else:
                items.extend(inner)
        place = machine.place(node)
        if complete:
            return Sequence(kind, tuple(items), place=place)
        for item in items:
            rest = item if rest is None else join(rest, item)
        return Sequence(kind, None, rest, place=place)

    return make


def _dictionary(machine: "Machine", node: cst.Dict) -> Value:
    items: dict[object, Value] = {}
    other: Value | None = None
    for element in node.elements:
        if isinstance(element, cst.StarredDictElement):
            value = evaluate(machine, element.value)
            if isinstance(value, Dictionary):
                items.update(value.items)
                other = value.other or other
            else:
                other = machine.unknown("item", element.value)
            continue
        assert isinstance(element, cst.DictElement)
        key = evaluate(machine, element.key)
        value = evaluate(machine, element.value)
        plain = plain_key(key)
        if plain is None:
            other = value if other is None else join(other, value)
        else:
            call_by_key(value, plain)
            items[plain] = value
    return Dictionary(items, other, place=machine.place(node))


def plain_key(value: Value) -> object | None:
    """A dictionary key as a plain object, when it is known."""
    if isinstance(value, Constant) and isinstance(value.value, (str, bool)):
        return value.value
    if isinstance(value, Scalar):
        return value.number.constant
    return None


def _attribute(machine: "Machine", node: cst.Attribute) -> Value:
    receiver = evaluate(machine, node.value)
    return attributes.get(machine, receiver, node.attr.value, node)


def _call(machine: "Machine", node: cst.Call) -> Value:
    func = node.func
    if type(func) is cst.Attribute:  # `isinstance` is slow where it fails on an abstract class
        receiver = evaluate(machine, func.value)
        arguments = calls.arguments(machine, node.args)
        return calls.call_method(machine, receiver, func.attr.value, arguments, node)
    if type(func) is cst.Name and func.value == "super":
        return calls.super_object(machine, node)
    callee = evaluate(machine, func)
    return calls.call(machine, callee, calls.arguments(machine, node.args), node)


def _subscript(machine: "Machine", node: cst.Subscript) -> Value:
    receiver = evaluate(machine, node.value)
    indices = [index(machine, element.slice) for element in node.slice]
    return attributes.get_item(machine, receiver, indices, node)


def index(machine: "Machine", node: cst.BaseSlice) -> Value | slice:
    """One part of a subscript: a value, or a slice of values."""
    if type(node) is cst.Index:
        return evaluate(machine, node.value)
    assert type(node) is cst.Slice
    parts = [
        None if part is None else evaluate(machine, part)
        for part in (node.lower, node.upper, node.step)
    ]
    return slice(*parts)


def _unary(machine: "Machine", node: cst.UnaryOperation) -> Value:
    operand = evaluate(machine, node.expression)
    if type(node.operator) is cst.Not:
        machine.models.tested(machine, operand, node.expression)
    return operators.unary(machine, type(node.operator).__name__, operand, node)


def _binary(machine: "Machine", node: cst.BinaryOperation) -> Value:
    left = evaluate(machine, node.left)
    right = evaluate(machine, node.right)
    return operators.binary(machine, type(node.operator).__name__, left, right, node)


def _boolean(machine: "Machine", node: cst.BooleanOperation) -> Value:
    left = evaluate(machine, node.left)
    machine.models.tested(machine, left, node.left)
    known = operators.truth(left)
    stops = isinstance(node.operator, cst.Or)
    if known is not None:
        return left if known is stops else evaluate(machine, node.right)
    with machine.guarded(Guard(node.left, not stops, left)):
        right = evaluate(machine, node.right)
    if not stops and is_constant(right, False):
        return right  # whatever the left side is, it does not hold
    return join(left, right)


def _comparison(machine: "Machine", node: cst.Comparison) -> Value:
    left = evaluate(machine, node.left)
    result: Value | None = None
    for target in node.comparisons:
        right = evaluate(machine, target.comparator)
        outcome = operators.compare(machine, type(target.operator).__name__, left, right, node)
        result = outcome if result is None else operators.both(machine, result, outcome, node)
        left = right
    assert result is not None
    return result


def _conditional(machine: "Machine", node: cst.IfExp) -> Value:
    test = evaluate(machine, node.test)
    machine.models.tested(machine, test, node.test)
    known = operators.truth(test)
    if known is not None:
        return evaluate(machine, node.body if known else node.orelse)
    ways = []
    values = []
    for branch, taken in ((node.body, True), (node.orelse, False)):
        machine.begin()
        with machine.guarded(Guard(node.test, taken, test)):
            values.append(evaluate(machine, branch))
        ways.append(machine.undo())
    machine.merge(ways, including_current=False)
    return join(values[0], values[1])


def _lambda(machine: "Machine", node: cst.Lambda) -> Value:
    defaults = calls.defaults(machine, node.params)
    return Function(node, machine.scope, "<lambda>", defaults, place=machine.place(node))


def _named(machine: "Machine", node: cst.NamedExpr) -> Value:
    from advisor.code.interpreter.statements import assign

    value = evaluate(machine, node.value)
    assign(machine, node.target, value)
    return value


def _await(machine: "Machine", node: cst.Await) -> Value:
    return evaluate(machine, node.expression)


def _yield(machine: "Machine", node: cst.Yield) -> Value:
    value, context = node.value, machine.context
    if (len(context.rounds), len(context.guards)) != machine.frame.standing:
        machine.frame.uncounted = True
        own = context.rounds[machine.frame.standing[0] :]
        machine.frame.yields_in = own[0].loop.node if own else None
    if isinstance(value, cst.From):
        machine.frame.uncounted = True
        inner = evaluate(machine, value.item)
        element = loops.element_of(machine, inner, value.item)
        machine.frame.yielded.append(element)
    else:
        machine.frame.yielded.append(NONE if value is None else evaluate(machine, value))
        if machine.frame.resume is not None:
            machine.frame.resume(machine.frame.yielded[-1])
    return machine.unknown("sent", node)


def _comprehension(kind: str) -> Callable[["Machine", Any], Value]:
    def make(machine: "Machine", node: Any) -> Value:
        results: list[Value] = []
        tests: list[Value] = []
        exact = loops.run_comprehension(
            machine,
            node.for_in,
            lambda: results.append(evaluate(machine, node.elt)),
            tests,
            of_texts=isinstance(node.elt, cst.FormattedString),
        )
        return loops.collected(machine, kind, results, exact, tests, node)

    return make


def _dictionary_comprehension(machine: "Machine", node: cst.DictComp) -> Value:
    pairs: list[tuple[Value, Value]] = []

    def add() -> None:
        pairs.append((evaluate(machine, node.key), evaluate(machine, node.value)))

    exact = loops.run_comprehension(machine, node.for_in, add)
    items: dict[object, Value] = {}
    other: Value | None = None
    for key, value in pairs:
        plain = plain_key(key)
        if exact and plain is not None:
            call_by_key(value, plain)
            items[plain] = value
        else:
            other = value if other is None else join(other, value)
    return Dictionary(items, other, place=machine.place(node))


_HANDLERS: dict[type, Callable[["Machine", Any], Value]] = {
    cst.Name: _name,
    cst.Integer: _integer,
    cst.Float: _float,
    cst.SimpleString: _string,
    cst.ConcatenatedString: _concatenated,
    cst.FormattedString: _formatted,
    cst.Tuple: _sequence("tuple"),
    cst.List: _sequence("list"),
    cst.Set: _sequence("set"),
    cst.Dict: _dictionary,
    cst.Attribute: _attribute,
    cst.Call: _call,
    cst.Subscript: _subscript,
    cst.UnaryOperation: _unary,
    cst.BinaryOperation: _binary,
    cst.BooleanOperation: _boolean,
    cst.Comparison: _comparison,
    cst.IfExp: _conditional,
    cst.Lambda: _lambda,
    cst.NamedExpr: _named,
    cst.Await: _await,
    cst.Yield: _yield,
    cst.ListComp: _comprehension("list"),
    cst.SetComp: _comprehension("set"),
    cst.GeneratorExp: _comprehension("generator"),
    cst.DictComp: _dictionary_comprehension,
    cst.Ellipsis: lambda machine, node: Constant(...),
}
