"""What well-known examples do that looks wrong and is right, each beside what is wrong about the same."""

import pytest

from tests.abstract_programs import findings

# (the rule, the program, what to put into it, whether it is told then)
PROGRAMS: list[tuple[str, str, dict[str, bool]]] = [
    (
        "NN205",
        """
import torch
import torch.nn.functional as F
def attend(graph, x):
    scores = graph.products(x, x)
    weights = HERE
    return weights @ x
""",
        {"scores.softmax()": False, "F.softmax(scores)": True},
    ),
    (
        "NN406",
        """
import torch
from torch import nn
class Agent(nn.Module):
    def __init__(self, embed):
        super().__init__()
        self.borrowed = {"embed": embed}
        self.head = nn.Linear(4, 1)
    def forward(self, x):
        return self.head(self.borrowed["embed"](x))
class Whole(nn.Module):
    def __init__(self):
        super().__init__()
        HERE
    def forward(self, x):
        return self.agent(x)
net = Whole()
optimizer = torch.optim.Adam(net.parameters())
net(torch.rand(3, 4)).sum().backward()
optimizer.step()
""",
        {
            "self.embed = nn.Linear(4, 4)\n        self.agent = Agent(self.embed)": False,
            "embed = nn.Linear(4, 4)\n        self.agent = Agent(embed)": True,
        },
    ),
    (
        "NN803",
        """
import lightning as L
from torch import nn
class Net(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Linear(20, 10)
    def validation_step(self, batch, index):
        x, y = batch
        loss = nn.functional.cross_entropy(self.net(x), y)
        self.log(HERE, loss, on_step=True, on_epoch=False)
""",
        {'f"num_nodes/{index}"': False, '"val_loss"': True},
    ),
    (
        "NN408",
        """
from torch import nn
class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(8, 8)
        self.HERE = nn.Linear(8, 8)
    def forward(self, x):
        return self.HERE(self.first(x))
""",
        {"w_qs": False, "second": True},
    ),
    (
        "NN705",
        """
import torch
from torch import nn
net = nn.Linear(8, 8)
def HERE(x, rounds=3):
    shares = torch.exp(net(x) / 0.05)
    return shares / shares.sum(0, keepdim=True)
""",
        {"distributed_sinkhorn": False, "shares_of": True},
    ),
    (
        "NN507",
        """
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
class HERE(Dataset):
    def __init__(self, length):
        self.data = torch.load("rows.pt")
    def __len__(self):
        return len(self.data)
    def __getitem__(self, index):
        return self.data[index]
net = nn.Linear(8, 2)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
loader = DataLoader(HERE(64), batch_size=2)
for epoch in range(3):
    for x in loader:
        optimizer.zero_grad()
        net(x).pow(2).mean().backward()
        optimizer.step()
""",
        {"RandomDataset": False, "Rows": True},
    ),
    (
        "NN203",
        """
import torch
from torch import nn
import torch.nn.functional as F
class Decoder(nn.Module):
    def __init__(self, shares=False):
        super().__init__()
        self.shares, self.conv = shares, nn.Conv2d(3, 4, 1)
    def forward(self, x):
        x = self.conv(x)
        return F.softmax(x, dim=1) if self.shares else F.log_softmax(x, dim=1)
class Whole(nn.Module):
    def __init__(self, decoder, loss_of):
        super().__init__()
        self.decoder, self.loss_of = decoder, loss_of
    def forward(self, batch, size=None):
        scores = self.decoder(batch["image"])
        if size is None:
            return self.loss_of(scores, batch["label"])
        return F.interpolate(scores, size)
def judge(loader):
    net = Whole(Decoder(shares=True), nn.NLLLoss(ignore_index=-1))
    net.eval()
    with torch.no_grad():
        for batch in loader:
            print(net(batch, HERE))
""",
        {"batch['image'].shape[2:]": False, "None": True},
    ),
]


@pytest.mark.parametrize(
    ("code", "program", "what", "told"),
    [(code, text, what, told) for code, text, ways in PROGRAMS for what, told in ways.items()],
)
def test_only_what_is_wrong_is_told(code: str, program: str, what: str, told: bool) -> None:
    assert (code in {each for _, each in findings(program.replace("HERE", what))}) == told
