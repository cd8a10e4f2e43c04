"""Trainings whose model, loss and optimizer are handed in: mistakes that show all the same."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings, marked

WRONG = {
    "NN111 of a model and an optimizer that are handed in": """
        def train(model, loader, optimizer):
            criterion = nn.CrossEntropyLoss()
            for x, y in loader:
                optimizer.zero_grad()
                loss = -criterion(model(x), y)  # error
                loss.backward()
                optimizer.step()
        """,
    "NN112 of a loss that is handed in": """
        def train(model, loader, optimizer, criterion, every=4):
            for number, (x, y) in enumerate(loader):
                loss = criterion(model(x), y)
                loss.backward()  # error
                if (number + 1) % every == 0:
                    optimizer.step()
                    optimizer.zero_grad()
        """,
    "NN112 of a loss that a language model computes": """
        def train(arguments, loader):
            model = AutoModelForCausalLM.from_pretrained("gpt2")
            optimizer = torch.optim.AdamW(model.parameters(), lr=5e-5)
            for number, ids in enumerate(loader):
                loss = model(ids, labels=ids).loss
                loss.backward()  # error
                if (number + 1) % arguments.every == 0:
                    optimizer.step()
                    optimizer.zero_grad()
        """,
    "NN114 of a model that is handed in": """
        def train(model, loader, optimizer, criterion):
            for x, y in loader:
                optimizer.zero_grad()
                loss = criterion(model(x), y)
                loss.backward(retain_graph=True)  # error
                optimizer.step()
        """,
    "NN114 through two layers": """
        encoder, last = nn.GRU(8, 16), nn.Linear(16, 1)
        optimizer = torch.optim.Adam([*encoder.parameters(), *last.parameters()])
        for x, y in elsewhere.batches():
            outputs, _ = encoder(x)
            loss = F.mse_loss(last(outputs[-1]), y)
            optimizer.zero_grad()
            loss.backward(retain_graph=True)  # error
            optimizer.step()
        """,
    "NN109 of a classifier that is reset": """
        model = timm.create_model("convnext_tiny", pretrained=True)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)  # error
        model.reset_classifier(num_classes=3)
        for x, y in elsewhere.batches():
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        """,
    "NN109 of a head that a class adds in its constructor": """
        class Classifier:
            def __init__(self, classes):
                self.net = models.efficientnet_b0(weights="DEFAULT")
                self.optimizer = torch.optim.AdamW(self.net.parameters(), lr=3e-4)  # error
                self.net.classifier[1] = nn.Linear(1280, classes)

            def fit(self, loader):
                for x, y in loader:
                    self.optimizer.zero_grad()
                    F.cross_entropy(self.net(x), y).backward()
                    self.optimizer.step()
        """,
    "NN109 of a head upon a model that is read": """
        body, head = AutoModel.from_pretrained("bert-base-uncased"), nn.Linear(768, 2)
        optimizer = torch.optim.AdamW(body.parameters(), lr=2e-5)  # error
        head.train()
        for ids, y in elsewhere.batches():
            loss = F.cross_entropy(head(body(ids).last_hidden_state[:, 0]), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        """,
}

RIGHT = {
    "a loss that is divided by the number of batches": """
        def train(model, loader, optimizer, criterion, every=4):
            for number, (x, y) in enumerate(loader):
                loss = criterion(model(x), y) / every
                loss.backward()
                if (number + 1) % every == 0:
                    optimizer.step()
                    optimizer.zero_grad()
        """,
    "a sum that is handed in": """
        def train(model, loader, optimizer, total_error, every=4):
            for number, (x, y) in enumerate(loader):
                loss = total_error(model(x), y)
                loss.backward()
                if (number + 1) % every == 0:
                    optimizer.step()
                    optimizer.zero_grad()
        """,
    "a model that may keep a state": """
        def train(model, loader, optimizer, criterion):
            for x, y in loader:
                if model.hidden is None:
                    model.hidden = model.initial()
                optimizer.zero_grad()
                loss = criterion(model(x), y)
                loss.backward(retain_graph=True)
                optimizer.step()
        """,
    "a state that is carried from batch to batch": """
        cell, last = nn.GRU(8, 16), nn.Linear(16, 1)
        optimizer = torch.optim.Adam([*cell.parameters(), *last.parameters()])
        carried = torch.zeros(1, 4, 16)
        for x, y in elsewhere.batches():
            outputs, carried = cell(x, carried)
            loss = F.mse_loss(last(outputs[-1]), y)
            optimizer.zero_grad()
            loss.backward(retain_graph=True)
            optimizer.step()
        """,
    "an attack that makes the loss larger": """
        def adversarial_step(model, loader, optimizer):
            for x, y in loader:
                optimizer.zero_grad()
                loss = -F.cross_entropy(model(x), y)
                loss.backward()
                optimizer.step()
        """,
    "a norm without weights that is put in late": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.cell, self.last, self.norm = nn.GRU(6, 32), nn.Linear(32, 2), None

            def forward(self, x):
                outputs, _ = self.cell(x)
                if self.norm is None:
                    self.norm = nn.LayerNorm(32, elementwise_affine=False)
                return self.last(self.norm(outputs))

        model = Net()
        optimizer = torch.optim.Adam(model.parameters())
        for x, y in elsewhere.batches():
            optimizer.zero_grad()
            F.cross_entropy(model(x).flatten(0, 1), y).backward()
            optimizer.step()
        """,
    "a classifier that is taken away": """
        model = timm.create_model("resnet50", pretrained=True)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
        model.reset_classifier(0)
        for x, y in elsewhere.batches():
            optimizer.zero_grad()
            (model(x) - y).pow(2).mean().backward()
            optimizer.step()
        """,
    "a new head under the name that timm has for it": """
        model = timm.create_model("vit_base_patch16_224", pretrained=True)
        model.head = nn.Linear(768, 7)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
        for x, y in elsewhere.batches():
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        """,
    "a new model for each fold": """
        class Net(nn.Linear):
            pass

        for fold in range(5):
            model = Net(10, 2)
            optimizer = torch.optim.Adam(model.parameters())
            for x, y in elsewhere.batches():
                optimizer.zero_grad()
                F.cross_entropy(model(x), y).backward()
                optimizer.step()
        """,
}
SETTING = """
import elsewhere
import timm
import torch
import torch.nn.functional as F
from torch import nn
from torchvision import models
from transformers import AutoModel, AutoModelForCausalLM
"""
OURS = ("NN10", "NN11", "NN41")


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_shows_without_knowing_all_that_takes_part(name: str) -> None:
    code, text = name.split(" ", 1)[0], SETTING + dedent(WRONG[name])
    assert [each for each in findings(text) if each[1] == code] == marked(text, code)


@pytest.mark.parametrize("name", RIGHT)
def test_what_has_a_reason_is_left_alone(name: str) -> None:
    found = [each for each in findings(SETTING + dedent(RIGHT[name])) if each[1].startswith(OURS)]
    assert not found
