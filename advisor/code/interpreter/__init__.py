"""The abstract interpreter: runs functions, classes, loops and calls over abstract values."""

from advisor.code.interpreter.machine import Machine, OutOfBudget

__all__ = ["Machine", "OutOfBudget"]
