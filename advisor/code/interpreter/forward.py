"""Forward passes: a module is called, and what is called meanwhile runs inside of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import libcst as cst

from advisor.code.events import ForwardRun
from advisor.code.values import Arguments, Value

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# Methods that run a module on its inputs.
FORWARD = frozenset({"__call__", "forward", "call"})

Result = TypeVar("Result", bound=Value | None)


def run_forward(
    machine: "Machine",
    module: Value,
    passed: Arguments,
    node: cst.CSTNode,
    run: Callable[[], Result],
) -> Result:
    """Run the forward pass of a module and record it with all that happens in it."""
    before = machine.context
    if module in before.running[-1:]:
        # `__call__` that calls `forward`.
        return run()
    event = ForwardRun(machine.place(node), before, module, passed)
    event.modes = machine.models.modes_of(module)
    machine.emit(event)
    machine.context = before.during(module)
    try:
        event.output = run()
    finally:
        machine.context = before
        event.end = len(machine.trace)
    if not before.running and not getattr(module, "path", "").endswith("Loss"):
        machine.latest_pass = event
    return event.output
