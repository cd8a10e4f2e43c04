"""What a condition asks, and what conditions further out have answered already: an option that leads
to a function leads the same way inside of it."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import Question
from advisor.code.values import Constant, Joined, Scalar, Unknown, Value

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# What may be one thing or another, and stays what it is. Tensors and objects are changed in place.
_UNDECIDED = frozenset((Constant, Scalar, Unknown, Joined))


def question_of(machine: "Machine", test: cst.BaseExpression, value: Value) -> Question | None:
    """What a condition with an unknown outcome asks, if it compares a name or an attribute with a
    word or a number, or asks whether it is true. `value` is that of the condition."""
    match test:
        case cst.Name() | cst.Attribute() if type(value) in _UNDECIDED:
            return Question(value, None)
        case cst.UnaryOperation(
            operator=cst.Not(), expression=cst.Name() | cst.Attribute() as inner
        ):
            subject = machine.evaluate(inner)
            return Question(subject, None, True) if type(subject) in _UNDECIDED else None
        case cst.Comparison(
            left=cst.Name() | cst.Attribute() as left,
            comparisons=[
                cst.ComparisonTarget(
                    operator=cst.Equal() | cst.NotEqual() as operator,
                    comparator=cst.SimpleString() | cst.Integer() as literal,
                )
            ],
        ):
            subject = machine.evaluate(left)
            if type(subject) not in _UNDECIDED:
                return None
            return Question(subject, literal.evaluated_value, isinstance(operator, cst.NotEqual))
    return None


def answer_to(machine: "Machine", question: Question) -> bool | None:
    """The outcome that follows from the conditions that hold here, if any does."""
    for guard in reversed(machine.context.guards):
        if guard.question is not None:
            answer = question.answered_by(guard.question, guard.taken)
            if answer is not None:
                return answer
    return None
