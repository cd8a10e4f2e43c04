"""How many processes the commands may work in."""

import os


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def number_of_processes(text: str) -> int:
    """The value of `--jobs`; raises `ValueError` for what is no number from 1 on."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number
