"""`nnadvise --watch`: looks again and again, until it is interrupted."""

import time
from collections.abc import Callable

from advisor.commands.inputs import Inputs
from advisor.runs.watching import Event, Watcher


def watch(
    watcher: Watcher,
    show: Callable[[Event], None],
    *,
    interval: float,
    wait: Callable[[float], None] = time.sleep,
    complain: Callable[[str], None],
    inputs: Inputs | None = None,
) -> bool:
    """Look every `interval` seconds and show what is new, until interrupted.

    Returns whether something is wrong at the end. Inputs that are not there yet are waited for.
    """
    waiting: set[str] = set()
    try:
        while True:
            missing = _missing(inputs)
            for event in watcher.look():
                show(event)
            for path, reason in watcher.waiting_for:
                missing.setdefault(inputs.shown(path) if inputs else str(path), reason)
            for name, reason in missing.items():
                if name not in waiting:
                    complain(f"waiting: `{name}` {reason}")
                    waiting.add(name)
            wait(interval)
    except KeyboardInterrupt:
        return watcher.anything_wrong


def _missing(inputs: Inputs | None) -> dict[str, str]:
    """The addresses that give nothing yet, after copies of the others were brought up to date."""
    if inputs is None:
        return {}
    inputs.update()
    return dict(inputs.failures)
