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
