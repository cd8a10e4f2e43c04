"""Parts of models: what is put into them, shared, named and built where (NN4)."""

import pytest

from tests.abstract_programs import findings, marked

HEADER = """
import torch
import torch.nn.functional as F
import torchvision
from torch import nn
"""

WRONG = {
    "NN406 a dictionary whose layers are put in later": """
class Net(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.heads = {}  # error
        for name, size in sizes.items():
            self.heads[name] = nn.Linear(8, size)

    def forward(self, codes, name):
        return self.heads[name](codes)
""",
    "NN412 the mode": """
net = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.1))
net.train = False  # error
""",
    "NN412 the modules inside, one by one": """
for each in torchvision.models.resnet18().children():
    each.requires_grad = False  # error
""",
    "NN412 a weight by its name": """
net = nn.Sequential(nn.Linear(3, 3))
net[0].weight.require_grad = False  # error
""",
    "NN413 appended again and again": """
layer, layers = nn.Linear(3, 3), nn.ModuleList()
for _ in range(n):
    layers.append(layer)  # error
""",
    "NN413 a norm in two containers": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        norm = nn.BatchNorm1d(8)
        self.first = nn.Sequential(nn.Linear(8, 8), norm, nn.ReLU())
        self.second = nn.Sequential(nn.Linear(8, 8), norm, nn.ReLU())  # error
    def forward(self, x):
        return self.second(self.first(x))
Net()(data)
""",
    "NN413 a norm that a loop runs behind each of the layers": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8)])
        self.norm = nn.BatchNorm1d(8)
    def forward(self, x):
        for layer in self.layers:
            x = self.norm(layer(x)).relu()  # error
        return x
Net()(data)
""",
    "NN414 in a training step": """
import lightning
class Net(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(3, 8)
    def training_step(self, batch, index):
        head = nn.Linear(8, 2)  # error
        return head(self.body(batch)).sum()
""",
    "NN416 models of timm": """
import timm
model = timm.create_model("resnet18", pretrained=True)  # error
optimizer = torch.optim.Adam(model.parameters())
for x, y in loader:
    F.cross_entropy(model(x), y).backward()
    optimizer.step()
""",
    "NN416 only the parameters of the head are asked for": """
model = torchvision.models.vgg16(weights="DEFAULT")  # error
optimizer = torch.optim.Adam(model.classifier.parameters())
for x, y in loader:
    F.cross_entropy(model(x), y).backward()
    optimizer.step()
""",
    "NN416 the head goes by another name": """
model = torchvision.models.resnet18(weights="DEFAULT")
model.classifier = nn.Linear(model.fc.in_features, 3)  # error
for x, y in loader:
    F.cross_entropy(model(x), y).backward()
""",
    "NN416 a size that nothing reads": """
model = torchvision.models.resnet18(weights="DEFAULT")
model.fc.out_features = 3  # error
for x, y in loader:
    F.cross_entropy(model(x), y).backward()
""",
}
WRONG |= {
    "NN401 as many blocks as an option says": """
class Net(nn.Module):
    def __init__(self, depth):
        super().__init__()
        blocks = []
        for _ in range(depth):
            blocks += [nn.Linear(8, 8), nn.ReLU(), nn.Dropout(0.1)]
        self.body = nn.Sequential(*blocks)
    def forward(self, x):
        return self.body(x)
model = Net(depth)
model.train()
with torch.no_grad():
    for x, y in val_loader:  # error
        print(F.mse_loss(model(x), y).item())
""",
    "NN406 places for as many layers as are asked for": """
class Net(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.layers = [None] * depth  # error
        for index in range(depth):
            self.layers[index] = nn.Linear(8, 8)
""",
    "NN408 an activation whose result is lost": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.bend, self.second = nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 4)
    def forward(self, x):
        x = self.first(x)
        self.bend(x)
        return self.second(x)  # error
Net()(data)
""",
    "NN408 only a batch norm between convolutions": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.norm, self.second = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Conv2d(8, 8, 3)
    def forward(self, x):
        return self.second(self.norm(self.first(x)))  # error
Net()(data)
""",
    "NN401 held-out rows by another name": """
model = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Dropout(0.1), nn.Linear(8, 2))
optimizer = torch.optim.Adam(model.parameters())
for step in range(100):
    optimizer.zero_grad()
    F.cross_entropy(model(Xtr), ytr).backward()
    optimizer.step()
with torch.no_grad():
    print((model(Xte).argmax(1) == yte).float().mean())  # error
""",
    "NN410 a focal loss by hand": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.last = nn.Linear(8, 8), nn.Linear(8, 1)  # error
    def forward(self, x):
        return self.last(self.body(x).relu()).squeeze(1)
def focal(scores, labels):
    each = F.binary_cross_entropy_with_logits(scores, labels, reduction="none")
    return (each * (1 - torch.exp(-each)) ** 2).mean()
model = Net()
for x, y in loader:
    focal(model(x), y).backward()
""",
    "NN415 given beforehand": """
from functools import partial
norm = partial(nn.BatchNorm2d, momentum=0.99)  # error
net = nn.Sequential(nn.Conv2d(3, 8, 3), norm(8))
""",
    "NN415 assigned afterwards": """
net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))
for each in net.modules():
    if isinstance(each, nn.BatchNorm2d):
        each.momentum = 0.99  # error
""",
    "NN417 a pair of states": """
class Net(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.lstm, self.layers = nn.LSTM(3, 8, layers), layers
    def forward(self, x):
        start = tuple(torch.randn(self.layers, x.size(1), 8) for _ in range(2))  # error
        return self.lstm(x, start)
Net(2)(data)
""",
    "NN417 drawn by numpy": """
import numpy as np
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(3, 8)
    def forward(self, x):
        start = torch.from_numpy(np.random.randn(1, x.size(1), 8)).float()  # error
        return self.gru(x, start)
Net()(data)
""",
}
RIGHT = {
    "NN413 registered a second time": """
class Net(nn.Module):
    def __init__(self, n):
        super().__init__()
        layers = [nn.Linear(8, 8) for _ in range(n)]
        for index, layer in enumerate(layers):
            setattr(self, f"layer{index}", layer)
""",
    "NN416 a new head of a model of timm": """
import timm
model = timm.create_model("resnet18", pretrained=True)
model.fc = nn.Linear(model.fc.in_features, 3)
def fit(loader):
    for x, y in loader:
        F.cross_entropy(model(x), y).backward()
""",
    "NN416 a head that is reset": """
import timm
model = timm.create_model("resnet18", pretrained=True)
model.reset_classifier(3)
for x, y in loader:
    F.cross_entropy(model(x), y).backward()
""",
    "NN416 a part of the head is handed over": """
def widen(head):
    head[6] = nn.Linear(4096, 3)
model = torchvision.models.vgg16(weights="DEFAULT")
widen(model.classifier)
for x, y in loader:
    F.cross_entropy(model(x), y).backward()
""",
    "NN410 a bias that is set": """
model = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 1))
nn.init.constant_(model[-1].bias, -3.0)
criterion = nn.BCEWithLogitsLoss(pos_weight=weight)
for x, y in loader:
    criterion(model(x), y).backward()
""",
    "NN410 classes that nothing is known of": """
model = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 1))
for x, y in loader:
    F.binary_cross_entropy_with_logits(model(x), y).backward()
""",
    "NN415 the complement, assigned": """
net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))
net[1].momentum = 1 - 0.99
""",
    "NN408 a batch norm and an activation": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.norm, self.second = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Conv2d(8, 8, 3)
    def forward(self, x):
        return self.second(F.relu(self.norm(self.first(x))))
Net()(data)
""",
    "NN408 an activation that changes what it is given": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.bend, self.second = nn.Linear(4, 8), nn.ReLU(inplace=True), nn.Linear(8, 4)
    def forward(self, x):
        x = self.first(x)
        self.bend(x)
        return self.second(x)
Net()(data)
""",
    "NN402 handlers under names of their own": """
from collections import defaultdict
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.1), nn.Linear(8, 1))
optimizer = torch.optim.Adam(model.parameters())
handlers = defaultdict(list)
def evaluate():
    model.eval()
    with torch.no_grad():
        print(sum(F.mse_loss(model(x), y).item() for x, y in val_loader))
handlers["begin"].append(lambda: model.train())
handlers["end"].append(evaluate)
for epoch in range(3):
    for handler in handlers["begin"]:
        handler()
    for x, y in train_loader:
        optimizer.zero_grad()
        F.mse_loss(model(x), y).backward()
        optimizer.step()
    for handler in handlers["end"]:
        handler()
""",
}


@pytest.mark.parametrize("name", WRONG)
def test_mistakes_with_the_parts_of_a_model_are_told(name: str) -> None:
    code, text = name[:5], HEADER + WRONG[name]
    assert [each for each in findings(text) if each[1] == code] == marked(text, code)


@pytest.mark.parametrize("name", RIGHT)
def test_what_looks_like_one_is_left_alone(name: str) -> None:
    assert name[:5] not in [code for _, code in findings(HEADER + RIGHT[name])]


EVALUATED = """
import torch
from MODULE import CLASS
model = CLASS.from_pretrained("CHECKPOINT")
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5)
for epoch in range(3):
    model.train()
    for batch in train_loader:
        optimizer.zero_grad()
        model(**batch).loss.backward()
        optimizer.step()
    with torch.no_grad():
        for batch in val_loader:  # error
            print(model(**batch).logits.argmax(-1) == batch["labels"])
"""


@pytest.mark.parametrize(
    ("class_", "checkpoint"),
    [
        ("AutoModelForSequenceClassification", "roberta-base"),
        ("BertForSequenceClassification", "ours/on-our-data"),
    ],
)
def test_pretrained_language_models_drop_until_they_are_switched(
    class_: str, checkpoint: str
) -> None:
    text = EVALUATED.replace("MODULE", "transformers")
    text = text.replace("CLASS", class_).replace("CHECKPOINT", checkpoint)
    assert [each for each in findings(text) if each[1] == "NN401"] == [(13, "NN401")]


@pytest.mark.parametrize(
    ("module", "class_", "checkpoint"),
    [
        ("transformers", "AutoModelForCausalLM", "meta-llama/Llama-2-7b"),
        ("ours", "BertForSequenceClassification", "bert-base-cased"),
    ],
)
def test_of_other_models_nobody_knows_it(module: str, class_: str, checkpoint: str) -> None:
    text = EVALUATED.replace("MODULE", module)
    text = text.replace("CLASS", class_).replace("CHECKPOINT", checkpoint)
    assert "NN401" not in [code for _, code in findings(text)]
