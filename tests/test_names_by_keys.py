"""What data is there for, where nothing says so but the key of a dictionary, or a loop that judges by it."""

import pytest

from tests.abstract_programs import findings, marked

START = """\
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset, random_split
from torchvision import transforms as T
from torchvision.datasets import ImageFolder
first, second, third, fourth = torch.load("tensors.pt")
"""
LOOPS = """
net = nn.Sequential(nn.Flatten(), nn.LazyLinear(4))
optimizer = torch.optim.Adam(net.parameters())
for epoch in range(5):
    net.train()
    for a, b in one:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(a), b).backward()
        optimizer.step()
    net.eval()
    right = seen = 0
    with torch.no_grad():
        for a, b in two:
            right += (net(a).argmax(1) == b).sum().item()
            seen += len(b)
    print(right / seen)
"""


def found(text: str, code: str) -> list[tuple[int, str]]:
    return [each for each in findings(text) if each[1] == code]


@pytest.mark.parametrize(
    "text",
    [
        """
loaders = {}
loaders["train"] = DataLoader(TensorDataset(first, second), 64, shuffle=True, drop_last=True)
loaders["val"] = DataLoader(TensorDataset(third, fourth), 64, drop_last=True)  # error
""",
        """
loaders = dict(
    train=DataLoader(TensorDataset(first, second), 64, shuffle=True, drop_last=True),
    test=DataLoader(TensorDataset(third, fourth), 64, drop_last=True),  # error
)
""",
        """
loaders = {}
for name, pair in {"train": (first, second), "valid": (third, fourth)}.items():
    loaders[name] = DataLoader(TensorDataset(*pair), 64, drop_last=True)  # error
""",
        """
held = {"train": TensorDataset(first, second), "val": TensorDataset(third, fourth)}
loaders = {key: DataLoader(held[key], 64, drop_last=True) for key in held}  # error
""",
    ],
)
def test_a_key_says_what_data_is_for(text: str) -> None:
    judging = """
one = loaders["train"]
for key in ("val", "valid", "test"):
    for a, b in loaders.get(key, ()):
        print("loss", nn.functional.mse_loss(a, b))
"""
    assert found(START + text + judging, "NN515") == marked(START + text, "NN515")


def test_data_under_keys_of_both_kinds_is_for_neither() -> None:
    text = """
whole = DataLoader(TensorDataset(first, second), 64, shuffle=True, drop_last=True)
loaders = {"train": whole, "test": whole}
"""
    assert found(START + text, "NN515") == []


@pytest.mark.parametrize(
    "text",
    [
        """
data = ImageFolder("pictures", T.Compose([T.RandomHorizontalFlip(), T.ToTensor()]))
p, q = random_split(data, [0.8, 0.2])  # error
one, two = DataLoader(p, 32, shuffle=True), DataLoader(q, 32)
""",
        """
change = T.Compose([T.RandomResizedCrop(64), T.ToTensor()])
p = ImageFolder("these", change)
q = ImageFolder("those", change)  # error
one, two = DataLoader(p, 32, shuffle=True), DataLoader(q, 32)
""",
        """
class Clips(Dataset):
    def __init__(self, waves, labels):
        self.waves, self.labels = waves, labels
    def __len__(self):
        return len(self.waves)
    def __getitem__(self, index):
        wave = self.waves[index]
        start = torch.randint(0, 100, (1,)).item()
        return wave[start : start + 400], self.labels[index]

p, q = Clips(first, second), Clips(third, fourth)  # error
one, two = DataLoader(p, 32, shuffle=True), DataLoader(q, 32)
""",
    ],
)
def test_data_is_held_out_that_a_loop_judges_by(text: str) -> None:
    program = START + text + LOOPS
    assert found(program, "NN505") == marked(program, "NN505")


@pytest.mark.parametrize(
    "text",
    [
        """
change = T.Compose([T.RandomHorizontalFlip(), T.ToTensor()])
p = ImageFolder("these", change)
one, two = DataLoader(p, 32, shuffle=True), DataLoader(p, 128)
""",
        """
change = T.Compose([T.RandomHorizontalFlip(), T.ToTensor()])
p = ImageFolder("these", change)
one, two = DataLoader(p, 32, shuffle=True), DataLoader(Subset(p, range(500)), 128)
""",
        """
p = ImageFolder("these", T.Compose([T.RandomHorizontalFlip(), T.ToTensor()]))
q = ImageFolder("those", T.ToTensor())
one, two = DataLoader(p, 32, shuffle=True), DataLoader(q, 128)
""",
    ],
)
def test_training_data_may_judge_besides(text: str) -> None:
    assert found(START + text + LOOPS, "NN505") == []
