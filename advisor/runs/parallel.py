"""Work on many items through an executor: processes of this machine, or another engine's workers."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_BATCHES_IN_FLIGHT = 256


class Pending(Protocol):
    """A result that is being worked on, such as `concurrent.futures.Future`."""

    def result(self) -> Any:
        """Wait for the result; raises what the work raised."""

    def cancel(self) -> Any:
        """Give it up, if that is still possible."""


class Executor(Protocol):
    """Whatever starts work and promises its result, as `concurrent.futures.Executor` does.

    Functions, items and results must be picklable. Those of other engines serve as well, such as
    what `Client.get_executor()` of dask.distributed returns.
    """

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Pending:
        """Start `function(*arguments)` some time, somewhere."""


def in_order(
    executor: Executor,
    work: Callable[[Sequence[Item]], Sequence[Result]],
    batches: Sequence[Sequence[Item]],
) -> Iterator[Sequence[Result]]:
    """The results of `work` on each batch, in the order of the batches whoever is done first.

    Only so many batches are handed out at once. What is still waiting is given up when the caller
    stops listening.
    """
    waiting: deque[Pending] = deque()
    rest = iter(batches)
    try:
        for batch in rest:
            waiting.append(executor.submit(work, batch))
            if len(waiting) >= _BATCHES_IN_FLIGHT:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for pending in waiting:
            pending.cancel()


def batches_of(items: Sequence[Item], costs: Sequence[float], limit: float) -> list[list[Item]]:
    """Neighbours put together until their costs reach the limit; a costly item stands alone."""
    batches: list[list[Item]] = []
    filled = limit
    for item, cost in zip(items, costs, strict=True):
        if filled + cost > limit:
            batches.append([])
            filled = 0.0
        batches[-1].append(item)
        filled += cost
    return batches
