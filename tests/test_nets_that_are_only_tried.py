"""missing-eval-mode (NN401): a new net that is asked once, to see what comes out of it, is not evaluated."""

import pytest

from tests.abstract_programs import findings

PROGRAM = """
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.Dropout(), nn.Linear(32, 10))
    def forward(self, images):
        return self.layers(images)

test_loader = DataLoader(datasets.MNIST(".", train=False, transform=transforms.ToTensor()), batch_size=32)
test_images, test_labels = next(iter(test_loader))
net = Net()
{before}
answer = net(test_images)
print(answer.size())
"""


@pytest.mark.parametrize(
    ("before", "wrong"),
    [
        ("print(test_images.size())", False),
        ('net.load_state_dict(torch.load("net.pt"))', True),
    ],
)
def test_only_a_net_that_has_learned_is_evaluated(before: str, wrong: bool) -> None:
    told = [code for _, code in findings(PROGRAM.format(before=before))]
    assert ("NN401" in told) == wrong


LOOK = """
import torch
from torch import nn
from torch.utils.data import DataLoader

net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 1))
val_loader = DataLoader(torch.load("val.pt"), batch_size=32)
train_loader = DataLoader(torch.load("train.pt"), batch_size=32, shuffle=True)
optimizer = torch.optim.Adam(net.parameters())

for x, y in val_loader:
    outs = net(x)
    print(SHOWN)
    break

for x, y in train_loader:
    optimizer.zero_grad()
    nn.functional.binary_cross_entropy_with_logits(net(x), y).backward()
    optimizer.step()
"""


@pytest.mark.parametrize(
    ("shown", "codes"),
    [
        ("outs.size(), 'outs'", []),
        ("outs.shape[0]", []),
        ("outs.sigmoid().round()", ["NN401", "NN403"]),
    ],
)
def test_a_batch_whose_size_alone_is_shown_is_no_evaluation(shown: str, codes: list[str]) -> None:
    assert [code for _, code in findings(LOOK.replace("SHOWN", shown))] == codes
