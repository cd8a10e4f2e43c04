"""`from library import *`: the names that it brings."""

from importlib import import_module

import pytest

from advisor.code.library.exports import EXPORTS
from tests.abstract_programs import findings, marked, program


@pytest.mark.parametrize("module", EXPORTS)
def test_torch_has_every_name_that_a_star_import_is_said_to_bring(module: str) -> None:
    assert [name for name in EXPORTS[module] if not hasattr(import_module(module), name)] == []


@pytest.mark.parametrize("module", ["torch.optim", "torch.optim.lr_scheduler"])
def test_a_star_import_brings_every_class_that_torch_exports(module: str) -> None:
    real = import_module(module)
    classes = {name for name in real.__all__ if isinstance(getattr(real, name), type)}
    assert classes - {"Optimizer", "Muon", "LRScheduler"} <= set(EXPORTS[module])


def test_layers_losses_optimizers_and_schedules_are_known_by_their_bare_names() -> None:
    text = """
from torch.nn import *
from torch.optim import *
from torch.optim.lr_scheduler import *
model = Sequential(Linear(3, 8), ReLU(), Linear(8, 2), Softmax(dim=1))  # error
optimizer = SGD(model.parameters(), lr=0.1)
scheduler = CosineAnnealingLR(optimizer, 100)
criterion = CrossEntropyLoss()
for epoch in range(100):
    for x, y in batches:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
    scheduler.step()
"""
    assert findings(text) == marked(text, "NN201")


def test_what_comes_later_hides_what_a_star_import_has_brought() -> None:
    run = program("from torch.nn import *\nLinear = 3\n")
    assert run["Linear"] == "3"
