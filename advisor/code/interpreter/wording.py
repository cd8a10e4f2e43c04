"""What is said by how a statement is written."""

import libcst as cst


def adds_behind(node: cst.Assign) -> bool | None:
    """Whether something is added behind a name, an attribute or an item, which may be weighted, as
    in `total = total + loss`, or before it; None where nothing is."""
    total = node.value
    if type(total) is not cst.BinaryOperation or type(total.operator) is not cst.Add:
        return None
    if len(node.targets) > 1 or total.lpar:
        return None
    target = node.targets[0].target
    if not isinstance(target, (cst.Name, cst.Attribute, cst.Subscript)):
        return None
    if _is_share_of(total.left, target):
        return True
    return False if _is_share_of(total.right, target) else None


def _is_share_of(expression: cst.BaseExpression, target: cst.BaseExpression) -> bool:
    """Whether an expression is a target, or that times something."""
    if type(expression) is cst.BinaryOperation and type(expression.operator) is cst.Multiply:
        sides = (expression.left, expression.right)
        return any(_is_written_like(each, target) for each in sides)
    return _is_written_like(expression, target)


def _is_written_like(expression: cst.BaseExpression, target: cst.BaseExpression) -> bool:
    if type(expression) is not type(target):
        return False
    match expression, target:
        case cst.Name(value=one), cst.Name(value=other):
            return one == other
        case cst.Attribute(), cst.Attribute():
            named = expression.attr.value == target.attr.value
            return named and _is_written_like(expression.value, target.value)
    return expression.deep_equals(target)


_MAY_NOTE_NOTHING = frozenset((cst.Continue, cst.Pass, cst.Del, cst.Return, cst.Expr))


def is_silent(suite: cst.BaseSuite) -> bool:
    """Whether a suite does nothing, or goes on with the next round, without noting anything: at most
    it clears gradients and forgets names first."""
    return all(_notes_nothing(each) for each in _small_statements(suite))


def _notes_nothing(statement: cst.CSTNode) -> bool:
    if type(statement) not in _MAY_NOTE_NOTHING:  # of most, without a slow match
        return False
    match statement:
        case cst.Continue() | cst.Pass() | cst.Del() | cst.Return(value=None):
            return True
        case cst.Return(value=cst.Name(value="None")) | cst.Expr(value=cst.SimpleString()):
            return True
        case cst.Expr(value=cst.Call(func=cst.Attribute(attr=cst.Name(value="zero_grad")))):
            return True
    return False


_FAILURES = ("NotImplementedError", "NotImplemented")


def fails_as_not_implemented(suite: cst.BaseSuite) -> bool:
    """Whether all that a suite does, behind a docstring, is to fail because others shall do it."""
    *before, last = _small_statements(suite)
    return _is_such_failure(last) and all(_is_text(each) for each in before)


def is_left_out(suite: cst.BaseSuite) -> bool:
    """Whether a suite holds no more than a docstring, `pass`, `...` or that others shall do it."""
    return all(
        type(each) is cst.Pass or _is_text(each) or _is_such_failure(each)
        for each in _small_statements(suite)
    )


def _small_statements(suite: cst.BaseSuite) -> list[cst.CSTNode]:
    statements: list[cst.CSTNode] = []
    for each in suite.body:
        statements.extend(each.body if type(each) is cst.SimpleStatementLine else (each,))
    return statements


def _is_text(statement: cst.CSTNode) -> bool:
    if type(statement) is not cst.Expr:
        return False
    return isinstance(statement.value, (cst.SimpleString, cst.ConcatenatedString, cst.Ellipsis))


def _is_such_failure(statement: cst.CSTNode) -> bool:
    if type(statement) is not cst.Raise:
        return False
    failure = statement.exc.func if isinstance(statement.exc, cst.Call) else statement.exc
    return isinstance(failure, cst.Name) and failure.value in _FAILURES
