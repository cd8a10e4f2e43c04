"""Choices by test rows that somebody hands over as validation rows, or reads once more as such."""

import pytest

from tests.abstract_programs import findings, marked

TRAINING = """\
import copy
import json
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, SubsetRandomSampler
from numbers_of import distance
class Texts(Dataset):
    def __init__(self, path, transform=None):
        with open(path) as file:
            self.rows = json.load(file)
        self.transform = transform
    def __len__(self):
        return len(self.rows)
    def __getitem__(self, index):
        return torch.tensor(self.rows[index]["x"]), self.rows[index]["y"]
def hits(net, batches):
    found = []
    with torch.no_grad():
        for x, y in batches:
            if sorted(net(x)[0].tolist())[-1] <= y[0]:
                found.append(1)
    return sum(found) / len(batches)
def errors(net, batches):
    total = 0
    with torch.no_grad():
        for x, y in batches:
            total += distance(net(x), y)
    return total
def train(net, train_loader, valid_loader, judge=hits):
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    top = 0
    for epoch in range(9):
        net.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x), y).backward()
            optimizer.step()
        net.eval()
        rate = judge(net, valid_loader)
        if rate > top:
            top, kept = rate, copy.deepcopy(net)
    return kept
net = nn.Sequential(nn.Linear(9, 5), nn.ReLU(), nn.Linear(5, 2))
learned = DataLoader(Texts("train.json"), batch_size=8, shuffle=True)
"""
TEST = 'test_loader = DataLoader(Texts("test.json"), batch_size=8)\n'
AGAIN = """\
valid = Texts({first})
test = Texts({second})
valid_loader, test_loader = DataLoader(valid, 8{option}), DataLoader(test, 8)
{between}
kept = train(net, learned, valid_loader)
kept.eval()
print(errors(kept, test_loader))
"""


def chosen(text: str) -> list[tuple[int, str]]:
    return [each for each in findings(text) if each[1] == "NN506"]


@pytest.mark.parametrize(
    "call",
    [
        "train(net, learned, test_loader)",
        "train(net, valid_loader=test_loader, train_loader=learned)",
        "train(net, learned, test_loader, judge=lambda net, batches: hits(net, batches))",
        "train(net, learned, test_loader); print(errors(net, test_loader))",
    ],
)
def test_a_function_is_handed_test_rows_for_validation_rows(call: str) -> None:
    text = TRAINING + TEST + f"{call}  # error"
    assert chosen(text) == marked(text, "NN506") != []


@pytest.mark.parametrize(
    "rest",
    [
        'loader = DataLoader(Texts("valid.json"), batch_size=8)\ntrain(net, learned, loader)',
        'val = DataLoader(Texts("a.json"), batch_size=8)\ntrain(net, learned, val)\n'
        + "print(errors(net, test_loader))",
        "train(net, learned, learned)\nprint(errors(net, test_loader))",
        'held_out = DataLoader(Texts("b.json"), 8)\nkept = train(net, learned, test_loader)\n'
        + "print(errors(kept, held_out))",
        "optimizer = torch.optim.SGD(net.parameters(), lr=0.1)\nprint(errors(net, test_loader))",
    ],
)
def test_test_rows_that_choose_nothing(rest: str) -> None:
    assert chosen(TRAINING + TEST + rest) == []


ANOMALIES = """\
unusual = DataLoader(Texts("attacks.json"), batch_size=8)
kept = train(net, learned, test_loader)  # error
print(errors(kept, test_loader), errors(kept, unusual))
"""


def test_anomalies_judge_beside_the_test_rows() -> None:
    text = TRAINING + TEST + ANOMALIES
    assert chosen(text) == marked(text, "NN506") != []
    only = ANOMALIES.replace("errors(kept, test_loader), ", "").replace("  # error", "")
    assert chosen(TRAINING + TEST + only) == []


@pytest.mark.parametrize(
    ("first", "second", "option", "between", "expected"),
    [
        ('"test.json"', '"test.json"', "", "", 1),
        ('"test.json", transform=len', '"test.json"', "", "", 1),
        ("path", "path", "", "", 1),
        ('"valid.json"', '"test.json"', "", "", 0),
        ('"all.json"', '"all.json"', ", sampler=SubsetRandomSampler(half)", "", 0),
        ('"all.json"', '"all.json"', "", "valid.rows, test.rows = halves(test.rows)", 0),
        ("read_path()", "read_path()", "", "", 0),
    ],
)
def test_validation_rows_are_read_from_the_file_of_the_test(
    first: str, second: str, option: str, between: str, expected: int
) -> None:
    start = "from somewhere import half, halves, path, read_path\n" + TRAINING
    text = start + AGAIN.format(first=first, second=second, option=option, between=between)
    assert len(chosen(text)) == expected


LIGHTNING = """\
import lightning as L
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch.utils.data import DataLoader
from voices import Net, Voices
def loaders():
    train_loader = DataLoader(Voices("train.json"), batch_size=32, shuffle=True)
    test_loader = DataLoader(Voices("test.json"), batch_size=32)
    return train_loader, test_loader
net = Net()
trainer = L.Trainer(max_epochs=9, callbacks=[{callback}])
one, val_loader = loaders()
"""
KEEPER = 'ModelCheckpoint(monitor="val_loss")'
FIT = "trainer.fit(net, one, val_loader)"


def test_a_trainer_is_told_that_one_loader_validates_and_tests() -> None:
    text = LIGHTNING.format(callback=KEEPER)
    tested = f"{text}{FIT}  # error\ntrainer.test(net, dataloaders=val_loader)"
    assert chosen(tested) == marked(tested, "NN506") != []
    other = 'trainer.test(net, dataloaders=DataLoader(Voices("c.json"), batch_size=32))'
    own = 'test = DataLoader(Voices("d.json"))\ntrainer.test(net, dataloaders=test)'
    for rest in ("", "trainer.validate(net, dataloaders=val_loader)", other):
        assert chosen(f"{text}{FIT}\n{rest}") == []
    assert chosen(f"{text}{FIT}\ntrainer.test(net, dataloaders=val_loader)\n{own}") == []
    nothing = LIGHTNING.format(callback="")
    assert chosen(f"{nothing}{FIT}\ntrainer.test(net, dataloaders=val_loader)") == []
