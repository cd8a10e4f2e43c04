"""Who does the work on many runs: this process, several of this machine, or a dask cluster."""

import argparse
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from advisor.commands.processors import processors
from advisor.runs.parallel import Executor
from advisor.settings import SettingsError


@contextmanager
def executor_for(options: argparse.Namespace) -> Iterator[Executor | None]:
    """The executor that `--jobs` and `--dask` ask for; None if this process works alone.

    Processes are started when there is work for them, which few runs are not. Raises
    `SettingsError` if the cluster cannot be used.
    """
    if options.dask:
        with _cluster(options.dask) as executor:
            yield executor
        return
    jobs = options.jobs or processors()
    if jobs == 1:
        yield None
        return
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _leave_interrupts_to_the_parent)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _cluster(address: str) -> Iterator[Executor]:
    try:
        from distributed import Client
    except ImportError:
        raise SettingsError(
            "--dask: it needs dask.distributed: `pip install nnlint[dask]`"
        ) from None
    try:
        client = Client(address)
    except (OSError, ValueError) as error:
        raise SettingsError(f"--dask: no scheduler answers at `{address}` ({error})") from None
    with client:
        yield client.get_executor(pure=False)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
