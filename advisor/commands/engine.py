"""Importing what looks at files, when there is something to look at."""

import atexit
import dataclasses
import gc
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

_compile_pattern = re.compile


@cache
def load_engine() -> None:
    """Import the interpreter, the models of libraries and all rules."""
    with _methods_compiled_when_called(), _patterns_compiled_when_used():
        from advisor.code.analysis import models
        from advisor.rulebook import rulebook

        models()
        rulebook("code")
    from advisor.code.nodes import make_nodes_fast

    make_nodes_fast()
    # A process that ends gives back all its memory: nothing in it need be looked through before.
    atexit.register(gc.freeze)


@contextmanager
def _methods_compiled_when_called() -> Iterator[None]:
    """Let the dataclasses that are made meanwhile compile their methods when these are first called.

    LibCST alone has two hundred with up to six methods each; few of them are ever called, and to
    compile them takes half as long as to start. Where the standard library goes about it in another
    way, nothing changes.
    """
    compile_method = getattr(dataclasses, "_create_fn", None)
    if compile_method is None:
        yield
        return
    setattr(dataclasses, "_create_fn", _postponing(compile_method))  # noqa: B010
    try:
        yield
    finally:
        setattr(dataclasses, "_create_fn", compile_method)  # noqa: B010


def _postponing(compile_method: Callable[..., Any]) -> Callable[..., Any]:
    """What makes methods that compile themselves when they are first called."""

    def make(name: str, *source: Any, **options: Any) -> Callable[..., Any]:
        compiled: Callable[..., Any] | None = None

        def method(self: object, *arguments: Any, **keywords: Any) -> Any:
            nonlocal compiled
            if compiled is None:
                compiled = compile_method(name, *source, **options)
                compiled.__qualname__ = method.__qualname__
            for kind in type(self).__mro__:
                if vars(kind).get(name) is method:
                    setattr(kind, name, compiled)
            return compiled(self, *arguments, **keywords)

        method.__name__ = name
        return method

    return make


@contextmanager
def _patterns_compiled_when_used() -> Iterator[None]:
    """Let the regular expressions that modules make meanwhile be compiled when they are first used:
    there are some two hundred, a file needs few of them, and they take a sixth of the start."""
    setattr(re, "compile", _PostponedPattern)  # noqa: B010
    try:
        yield
    finally:
        setattr(re, "compile", _compile_pattern)  # noqa: B010


class _PostponedPattern:
    """A regular expression that is compiled when something is first asked of it."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.pattern = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        # a name with underscores is asked by who copies or prints objects
        if name.startswith("_"):
            raise AttributeError(name)
        found = getattr(_compile_pattern(self.pattern, self._flags), name)
        setattr(self, name, found)
        return found
