"""Python itself: builtins, the standard library, and the small libraries around every loop."""

from advisor.code.library.python import (
    command_lines,
    containers,
    iterations,
    namespaces,
    numbers,
    objects,
)

__all__ = ["command_lines", "containers", "iterations", "namespaces", "numbers", "objects"]
