"""Settings that a program keeps in namespaces: what holds for a constant holds for them."""

import pytest

from tests.abstract_programs import findings

PROGRAM = """
import torch
from torch import nn
{imports}
{settings}
model = nn.Sequential(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.Flatten(), nn.Linear(28800, 10))
optimizer = torch.optim.AdamW(model.parameters(), lr={rate})
for x, y in torch.load("batches.pt"):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
"""
OF_DICT = "class Settings(dict):\n    __getattr__ = dict.__getitem__\n"
OF_NAMES = (
    "class Settings:\n    def __init__(self, **given):\n        self.__dict__.update(given)\n"
)


def is_told(imports: str, settings: str, rate: str) -> bool:
    program = PROGRAM.format(imports=imports, settings=settings, rate=rate)
    return "NN606" in {code for _, code in findings(program)}


@pytest.mark.parametrize(
    ("imports", "settings", "rate"),
    [
        ("from types import SimpleNamespace", "cfg = SimpleNamespace(lr=0.5)", "cfg.lr"),
        ("from easydict import EasyDict", "cfg = EasyDict({'a': {'lr': 0.5}})", "cfg.a.lr"),
        ("from easydict import EasyDict", "cfg = EasyDict()\ncfg.lr = 0.5", "cfg['lr']"),
        ("from omegaconf import OmegaConf", "c = OmegaConf.create({'lr': 0.5})", "c.get('lr')"),
        ("import copy\nfrom munch import Munch", "cfg = copy.deepcopy(Munch(lr=0.5))", "cfg.lr"),
        (
            "import ml_collections",
            "cfg = ml_collections.ConfigDict()\ncfg.a = ml_collections.ConfigDict()\ncfg.a.lr = 0.5",
            "cfg.a.lr",
        ),
        (OF_DICT, "cfg = Settings(lr=0.5)", "cfg.lr"),
        (OF_DICT, "cfg = Settings({'a': {'lr': 0.5}})", "cfg.a.lr"),
        (OF_NAMES, "cfg = Settings(lr=0.5)", "cfg.lr"),
    ],
)
def test_what_a_namespace_holds_is_known(imports: str, settings: str, rate: str) -> None:
    assert is_told(imports, settings, rate)
    assert not is_told(imports, settings.replace("0.5", "0.001"), rate)


@pytest.mark.parametrize(
    "changed",
    [
        "cfg.a.lr = 0.001",
        "cfg['a']['lr'] = 0.001",
        "for k, v in read('a.yaml').items():\n    cfg.a[k] = v",
        "for k, v in read('a.yaml').items():\n    setattr(cfg.a, k, v)",
        "for k, v in read('a.yaml').items():\n    for name in v:\n        cfg[k][name] = v[name]",
        "cfg.a.update(read('a.yaml'))",
    ],
)
def test_what_is_changed_in_a_namespace_is_not_what_it_held_before(changed: str) -> None:
    imports = "from easydict import EasyDict\nfrom elsewhere import read"
    assert not is_told(imports, "cfg = EasyDict({'a': {'lr': 0.5}})\n" + changed, "cfg.a.lr")
