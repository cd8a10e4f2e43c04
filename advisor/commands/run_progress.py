"""A bar that shows how far the work has come: on a terminal, and only if it takes a while."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TextIO

Show = Callable[[int, int, Path], None]
PATIENCE = 0.7
"""Seconds of work before the bar appears."""


@contextmanager
def progress(stream: TextIO, what: str = "reading") -> Iterator[Show | None]:
    """What to call with what is done (bytes read, runs judged), what there is in all, and the path.

    None where `stream` is no terminal. The bar is gone when the context ends.
    """
    if not stream.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    begun = monotonic()
    with Progress(console=Console(file=stream), transient=True, disable=False) as bar:
        task = bar.add_task(what, visible=False)

        def show(read: int, total: int, path: Path) -> None:
            visible = monotonic() - begun > PATIENCE
            bar.update(task, completed=read, total=total, visible=visible)

        yield show
