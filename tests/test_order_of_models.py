"""Library models take part in a fixed order, whichever module a program happens to import first."""

import subprocess
import sys

import pytest

ORDER = """
from importlib import import_module
import_module({first!r})
from advisor.code.analysis import models
from advisor.code.library.models import FAMILIES, HOOKS, OBSERVERS
models()
for operation, asked in sorted([*HOOKS.items(), *OBSERVERS.items()], key=lambda each: each[0]):
    print(operation, [(each.__module__, each.__qualname__) for each in asked])
print(FAMILIES)
"""


def order(first: str) -> str:
    command = [sys.executable, "-c", ORDER.format(first=first)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize(
    "first", ["advisor.code.facts.fed_pixels", "advisor.code.library.pictures", "advisor.rulebook"]
)
def test_the_order_does_not_depend_on_what_is_imported_first(first: str) -> None:
    assert order(first) == order("advisor.code.analysis")
