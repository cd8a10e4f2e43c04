"""Whatever a library's functions and classes are called with, inherited from or asked for, the
abstract run goes on."""

from keyword import iskeyword

import pytest

from advisor.code.analysis import models
from advisor.code.library import models as registry
from tests.abstract_programs import program


def is_path(text: str) -> bool:
    parts = text.split(".")
    return len(parts) > 1 and all(each.isidentifier() and not iskeyword(each) for each in parts)


models()
FUNCTIONS = sorted(filter(is_path, registry.FUNCTIONS))
FAMILIES = sorted(
    {family for family, _ in (*registry.METHODS, *registry.ATTRIBUTES)}
    | {*registry.ITERATIONS, *registry.ITEMS}
    | {prefix for prefix, _ in registry.FAMILIES}
)
# What libraries make under names of our own.
NO_CLASSES = {
    *("builtins.endless", "builtins.product", "pandas.GroupBy", "pandas.Window"),
    *("pandas.indexer", "pandas.table"),
    *("sklearn.folds", "torch.grad", "torch.named_parameters", "torch.param_groups"),
}
CLASSES = [family for family in FAMILIES if is_path(family) and family not in NO_CLASSES]
VALUES = {
    "nothing": "",
    "an unknown value": "thing",
    "numbers": "3, 0, -1",
    "texts": "'a', 'b'",
    "a tensor": "tensor, tensor",
    "lists": "[], [thing], [[1], [2]]",
    "anything": "*things, **options",
    "too much": "thing, 1, 'x', None, [], {}, tensor, print, thing, thing, thing, thing",
}
SETTING = """
import torch
from elsewhere import thing, things, options
tensor = torch.zeros(2, 3, 4)
"""


def names_of(path: str) -> list[str]:
    families = {path, *(name for prefix, name in registry.FAMILIES if path.startswith(prefix))}
    models = (*registry.METHODS, *registry.ATTRIBUTES)
    known = {name for family, name in models if family in families}
    return sorted(name for name in known if name.isidentifier())


@pytest.mark.parametrize("passed", VALUES.values(), ids=VALUES)
def test_every_function_can_be_called_with(passed: str) -> None:
    calls = "\n".join(
        f"import {path.rpartition('.')[0]}\nresult = {path}({passed})\nresult.x\nresult[0]"
        for path in FUNCTIONS
        if not path.startswith("builtins.")
    )
    builtins = "\n".join(
        f"{path.removeprefix('builtins.')}({passed})"
        for path in FUNCTIONS
        if path.startswith("builtins.")
    )
    run = program(f"{SETTING}{calls}\n{builtins}")
    assert run.entries[0].given_up is None


@pytest.mark.parametrize("passed", VALUES.values(), ids=VALUES)
def test_every_class_can_be_inherited_from(passed: str) -> None:
    parts = []
    for number, path in enumerate(CLASSES):
        module, _, name = path.rpartition(".")
        calls = [f"own.{each}({passed})\nown.{each}" for each in names_of(path)]
        parts.append(
            f"from {module} import {name}\n"
            f"class Own{number}({name}):\n    size = 3\n"
            f"own = Own{number}({passed})\n"
            f"own({passed})\n"
            "for each in own:\n    each.x\n"
            "own[0], own['a'], own[1:], len(own), own + 1, own == own, -own\n" + "\n".join(calls)
        )
    run = program(f"{SETTING}" + "\n".join(parts))
    assert run.entries[0].given_up is None
