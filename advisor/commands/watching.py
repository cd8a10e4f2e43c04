"""`nnadvise --watch`: looks again and again, until it is interrupted."""

import time
from collections.abc import Callable
from pathlib import Path

from advisor.runs.watching import Event, Watcher


def watch(
    watcher: Watcher,
    show: Callable[[Event], None],
    *,
    interval: float,
    wait: Callable[[float], None] = time.sleep,
    complain: Callable[[str], None],
) -> bool:
    """Look every `interval` seconds and show what is new, until interrupted.

    Returns whether something is wrong at the end. Inputs that are not there yet are waited for.
    """
    waiting: set[Path] = set()
    try:
        while True:
            for event in watcher.look():
                show(event)
            for path, reason in watcher.waiting_for:
                if path not in waiting:
                    complain(f"waiting: `{path}` {reason}")
                    waiting.add(path)
            wait(interval)
    except KeyboardInterrupt:
        return watcher.anything_wrong
