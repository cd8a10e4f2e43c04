"""Seeds: whatever fixes where random numbers begin."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import SeedFixed
from advisor.code.library.models import observes
from advisor.code.values import Value

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_NAMES = frozenset(
    ["manual_seed", "manual_seed_all", "seed", "seed_all", "seed_everything", "set_seed"]
    + ["set_random_seed", "default_rng", "RandomState", "PRNGKey", "isolate_rng", "fork_rng"]
)


@observes(*_NAMES)
def seeded(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """A function or method that is called as those are that fix a seed."""
    seed = operands[-1] if len(operands) else None
    machine.emit(SeedFixed(machine.place(node), machine.context, seed))
