"""Several processes that look at files: each gets some at a time, and what died is known by name."""

import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess

from advisor.code.outcomes import Outcome
from advisor.commands.examining import Examiner, Task, rare_collections
from advisor.commands.memory import OutOfRoom

_SHARES = 6
"""In so many pieces each worker's part is handed out."""
MOST_AT_ONCE = 150
"""Files that are handed out at once at most, and that a process looks at before another takes its
place: what lasts of each file lies scattered among what does not, so that a process gives ever less
memory back."""
_SECONDS = 0.5
"""So long at most is waited without looking up: an interruption that comes just before a system
call that waits is noticed only after it."""

Numbered = tuple[int, Task]


def examine_in_parallel(
    tasks: Sequence[Task], jobs: int, make: Callable[[], Examiner]
) -> Iterator[tuple[int, Outcome]]:
    """The outcome of each task, with its index, as they come in. `make` gives the examiner of a
    process; a file that its process does not survive is told as a problem of that file."""
    waiting = deque(pieces_of(list(enumerate(tasks)), jobs))
    context = _context()
    workers: list[_Worker] = []
    try:
        while waiting and len(workers) < jobs:
            _hire(workers, context, make).give(waiting.popleft())
        while busy := [worker for worker in workers if worker.left]:
            ready = wait([worker.connection for worker in busy], _SECONDS)
            for worker in busy:
                if worker.connection not in ready:
                    continue
                found = worker.take()
                if found is not None:
                    yield found
                else:
                    if not worker.is_used_up:
                        yield worker.casualty()
                    if worker.left:
                        waiting.appendleft(list(worker.left))
                    worker = _replace(worker, workers, context, make)
                if not worker.left and waiting:
                    if worker.is_worn_out:
                        worker = _replace(worker, workers, context, make)
                    worker.give(waiting.popleft())
    finally:
        for worker in workers:
            worker.stop()


def _hire(
    workers: "list[_Worker]", context: BaseContext, make: Callable[[], Examiner]
) -> "_Worker":
    """One more worker. An interruption meanwhile has to wait: it would be lost on a process that
    nobody knows of yet, or end one that does not yet leave interruptions to the first process."""
    with _interruptions_held():
        worker = _Worker(context, make, workers)
        workers.append(worker)
    return worker


def _replace(
    worker: "_Worker",
    workers: "list[_Worker]",
    context: BaseContext,
    make: Callable[[], Examiner],
) -> "_Worker":
    """Another worker in the place of one."""
    worker.stop()
    workers.remove(worker)
    return _hire(workers, context, make)


@contextmanager
def _interruptions_held() -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Worker:
    """A process, the tasks that it has been given, and how to talk to it."""

    def __init__(
        self, context: BaseContext, make: Callable[[], Examiner], others: "Sequence[_Worker]"
    ) -> None:
        self.left: deque[Numbered] = deque()
        self.is_used_up = False
        self._given = 0
        self.connection, theirs = multiprocessing.Pipe()
        foreign = [self.connection, *(other.connection for other in others)]
        self._process: BaseProcess = context.Process(  # type: ignore[attr-defined]
            target=_work,
            args=(theirs, foreign if context.get_start_method() == "fork" else [], make),
            daemon=True,
        )
        self._process.start()
        theirs.close()

    def give(self, tasks: Sequence[Numbered]) -> None:
        """Hand over tasks."""
        self.left.extend(tasks)
        self._given += len(tasks)
        try:
            self.connection.send([task for _, task in tasks])
        except OSError:
            return  # it has died meanwhile: nothing can be taken from it

    @property
    def is_worn_out(self) -> bool:
        """Whether it has looked at so many files that another process should go on."""
        return self._given >= MOST_AT_ONCE // 2

    def take(self) -> tuple[int, Outcome] | None:
        """The outcome of the next of its tasks; None when the process is gone, or has taken so much
        memory, or has too little left, that another one should go on."""
        try:
            outcome = self.connection.recv()
        except (EOFError, OSError):
            return None
        if outcome is None:
            self.is_used_up = True
            return None
        return self.left.popleft()[0], outcome

    def casualty(self) -> tuple[int, Outcome]:
        """The task that the process has died of."""
        self._process.join()
        number, task = self.left.popleft()
        code = self._process.exitcode or 0
        how = f"signal {-code}" if code < 0 else f"status {code}"
        problem = f"{task.display_name}: the process that looked at it died ({how})"
        return number, Outcome(problems=[problem], final=False)

    def stop(self) -> None:
        """End the process."""
        self.connection.close()
        self._process.terminate()
        self._process.join()


def _work(
    connection: Connection, foreign: Sequence[Connection], make: Callable[[], Examiner]
) -> None:
    """What a worker does until nobody listens any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process tells when to end
    for each in foreign:
        each.close()
    examiner = make()
    examiner.give_way()
    with rare_collections():
        while True:
            try:
                tasks = connection.recv()
                for task in tasks:
                    connection.send(examiner.examine(task))
            except OutOfRoom:
                connection.send(None)
                return
            except (EOFError, OSError):
                return


def pieces_of(tasks: list[Numbered], jobs: int) -> list[list[Numbered]]:
    """Parts of about the same length, the longest first, divided where the folders change most:
    neighbours import the same, and who has read it already need not read it again."""
    size = max(1, min(len(tasks) // (jobs * _SHARES), MOST_AT_ONCE // 2))
    pieces: list[list[Numbered]] = []
    rest = tasks
    while len(rest) > size:
        lengths = range((size + 1) // 2, min(2 * size, len(rest)) + 1)
        best = min(lengths, key=lambda length: (_kinship(rest, length), abs(length - size)))
        pieces.append(rest[:best])
        rest = rest[best:]
    return sorted([*pieces, rest] if rest else pieces, key=len, reverse=True)


def _kinship(tasks: list[Numbered], length: int) -> int:
    """How many folders the last of the first tasks shares with the one behind it."""
    if length == len(tasks):
        return 0
    pairs = zip(*(_folders(task) for _, task in tasks[length - 1 : length + 1]), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _folders(task: Task) -> tuple[str, ...]:
    return () if task.path is None else task.path.parts[:-1]


def _context() -> BaseContext:
    """On Linux a copy of this process, which has imported everything already."""
    return multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
