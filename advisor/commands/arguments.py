"""What the commands share at the command line: exit statuses, one-line complaints, quiet ends."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from advisor.report.printable import printable

CLEAN, FOUND, UNUSABLE, INTERRUPTED = 0, 1, 2, 130


def run_command(command: Callable[[list[str]], int], argv: Sequence[str] | None) -> int:
    """Run `command` on the arguments (by default the process's); returns the exit status.

    What a stream cannot encode is escaped, and a reader that goes away is no error.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = command(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough; what is left must not be flushed at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNUSABLE
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def complain(program: str, message: str) -> None:
    """Tell in one line on standard error that something could not be used."""
    print(f"{program}: {printable(message)}", file=sys.stderr)


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, like every other error."""

    def error(self, message: str) -> NoReturn:
        """Complain and exit with status 2."""
        complain(self.prog, f"{message} (see `{self.prog} --help`)")
        sys.exit(UNUSABLE)
