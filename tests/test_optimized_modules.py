"""optimizer-misses-parameters (NN109): what takes its place after the optimizer was built."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings, marked

SETTING = """
import copy
import torch
import torchvision
from torch import nn
import torch.nn.functional as F
import elsewhere
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(3, 8)
        self.head = nn.Linear(8, 2)
    def forward(self, x):
        return self.head(self.body(x))
loader = [(torch.randn(4, 3), torch.randint(2, (4,))) for _ in range(100)]
def train(model, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
model = Net()
"""

WRONG = {
    "the old head alone, told of once": """
        for parameter in model.parameters():
            parameter.requires_grad = False
        optimizer = torch.optim.SGD(model.head.parameters(), lr=1e-3)  # error
        model.head = nn.Linear(8, 2)
        train(model, optimizer)
        """,
    "a head of its own that is replaced": """
        class Learner:
            def __init__(self):
                self.body, self.head = nn.Linear(3, 8), nn.Linear(8, 2)
                parameters = list(self.body.parameters()) + list(self.head.parameters())
                self.optimizer = torch.optim.Adam(parameters)  # error
            def adapt(self):
                self.head = nn.Linear(8, 2)
            def fit(self):
                for x, y in loader:
                    self.optimizer.zero_grad()
                    F.cross_entropy(self.head(self.body(x)), y).backward()
                    self.optimizer.step()
        learner = Learner()
        learner.fit()
        learner.adapt()
        learner.fit()
        """,
    "a decoder that is left out": """
        decoder = nn.Linear(2, 3)
        optimizer = torch.optim.Adam(model.parameters())  # error
        for x, y in loader:
            optimizer.zero_grad()
            F.mse_loss(decoder(model(x)), x).backward()
            optimizer.step()
        """,
    "an encoder that is switched to training and left out": """
        encoder = nn.Linear(3, 3)
        optimizer = torch.optim.Adam(model.parameters())  # error
        for epoch in range(3):
            encoder.train()
            model.train()
            for x, y in loader:
                optimizer.zero_grad()
                F.cross_entropy(model(encoder(x)), y).backward()
                optimizer.step()
        """,
    "a loss with parameters that is left out": """
        class Margin(nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = nn.Parameter(torch.randn(5, 2))
            def forward(self, x, y):
                return F.cross_entropy(F.linear(x, self.weight), y)
        margin = Margin()
        optimizer = torch.optim.Adam(model.parameters())  # error
        for x, y in loader:
            optimizer.zero_grad()
            margin(model(x), y).backward()
            optimizer.step()
        """,
    "a layer that is appended": """
        model = nn.Sequential(nn.Linear(3, 8), nn.ReLU())
        optimizer = torch.optim.Adam(model.parameters())  # error
        model.append(nn.Linear(8, 2))
        train(model, optimizer)
        """,
    "a head that is replaced": """
        optimizer = torch.optim.Adam(model.parameters())  # error
        model.head = nn.Linear(8, 10)
        train(model, optimizer)
        """,
    "a head that is replaced in a method": """
        class Trainer:
            def __init__(self):
                self.model = Net()
                self.optimizer = torch.optim.Adam(self.model.parameters())  # error
            def adapt(self):
                self.model.head = nn.Sequential(nn.Dropout(), nn.Linear(8, 10))
        trainer = Trainer()
        trainer.adapt()
        train(trainer.model, trainer.optimizer)
        """,
    "the last layer of a ready model": """
        ready = torchvision.models.vgg16()
        optimizer = torch.optim.Adam(ready.parameters())  # error
        ready.classifier[6] = nn.Linear(4096, 10)
        train(ready, optimizer)
        """,
    "a head of a model that is not known": """
        def adapt(make):
            network = make()
            optimizer = torch.optim.Adam(network.parameters())  # error
            network.fc = nn.Linear(8, 10)
            train(network, optimizer)
        """,
    "a layer that is added on one way only": """
        def adapt(make, extended):
            network = make()
            optimizer = torch.optim.Adam(network.parameters())  # error
            if extended:
                network.fc = nn.Linear(8, 10)
            train(network, optimizer)
        """,
    "a head of one of two models": """
        other = Net()
        optimizer = torch.optim.Adam([*other.parameters(), *model.parameters()])  # error
        model.head = nn.Linear(8, 10)
        train(model, optimizer)
        """,
    "a model that is built once more": """
        optimizer = torch.optim.Adam(model.parameters())
        model = Net()
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()  # error
        """,
    "a model that is read from a file on one way": """
        optimizer = torch.optim.Adam(model.parameters())
        if elsewhere.resume:
            model = torch.load("model.pt")  # error
        train(model, optimizer)
        """,
    "a model that is read from a file": """
        optimizer = torch.optim.Adam(model.parameters())
        model = torch.load("model.pt")  # error
        train(model, optimizer)
        """,
    "another one that is switched to training, too": """
        teacher = Net()
        optimizer = torch.optim.Adam(model.parameters())  # error
        model.train(); teacher.train()
        for x, y in loader:
            optimizer.zero_grad()
            F.mse_loss(model(x), teacher(x)).backward()
            optimizer.step()
        """,
}

RIGHT = {
    "an optimizer of an unknown class that is built for a loaded model": """
        class Trainer:
            def __init__(self, model):
                self.optimizer = torch.optim.Adam(model.parameters())
            def fit(self, resumes):
                if resumes:
                    where = "cuda" if torch.cuda.is_available() else "cpu"
                    if where == "cuda":
                        model = torch.load("model.pt")
                    else:
                        model = torch.load("model.pt", map_location=where)
                    saved = torch.load("state.pt")["optimizer"]
                    self.optimizer = saved.__class__(model.parameters(), lr=1e-3)
                train(model, self.optimizer)
        Trainer(model).fit(elsewhere.resumes)
        """,
    "an optimizer of the same class that is built for a loaded model": """
        class Trainer:
            def __init__(self, model):
                self.optimizer = torch.optim.Adam(model.parameters())
            def fit(self, resumes):
                if resumes:
                    model = torch.load("model.pt")
                    settings = torch.load("state.pt")["optimizer"].param_groups[0]
                    self.optimizer = self.optimizer.__class__(model.parameters(), **settings)
                train(model, self.optimizer)
        Trainer(model).fit(elsewhere.resumes)
        """,
    "a frozen teacher that shares a part": """
        class Teacher(Net):
            def guided(self, x):
                return self.head(self.shared(x))
        teacher = Teacher()
        for parameter in teacher.parameters():
            parameter.requires_grad = False
        teacher.shared = model.body
        optimizer = torch.optim.Adam(model.parameters())
        for x, y in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(teacher.guided(x), y) + F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        """,
    "the head of a model that was read from a file": """
        teacher = Net()
        teacher.load_state_dict(torch.load("teacher.pt"))
        optimizer = torch.optim.Adam(model.parameters())
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(teacher.head(model.body(x)), y).backward()
            optimizer.step()
        """,
    "a projection that is built for each loss": """
        optimizer = torch.optim.Adam(model.parameters())
        for x, y in loader:
            optimizer.zero_grad()
            probe = nn.Linear(2, 3)
            F.mse_loss(probe(model(x)), x).backward()
            optimizer.step()
        """,
    "lists of parameters that grow": """
        decoder = nn.Linear(2, 3)
        parameters = list(model.parameters())
        parameters.extend(decoder.parameters())
        optimizer = torch.optim.Adam(parameters)
        for x, y in loader:
            optimizer.zero_grad()
            F.mse_loss(decoder(model(x)), x).backward()
            optimizer.step()
        """,
    "parameters that are unpacked, of equal layers": """
        gate, head = nn.Linear(3, 8), nn.Linear(8, 3)
        optimizer = torch.optim.Adam([*head.parameters(), *gate.parameters()])
        for x, y in loader:
            optimizer.zero_grad()
            F.mse_loss(head(gate(x)), x).backward()
            optimizer.step()
        """,
    "two models in one optimizer": """
        decoder = nn.Linear(2, 3)
        optimizer = torch.optim.Adam([*model.parameters(), *decoder.parameters()])
        for x, y in loader:
            optimizer.zero_grad()
            F.mse_loss(decoder(model(x)), x).backward()
            optimizer.step()
        """,
    "two models with an optimizer each": """
        decoder = nn.Linear(2, 3)
        optimizer = torch.optim.Adam(model.parameters())
        second = torch.optim.Adam(decoder.parameters())
        for x, y in loader:
            optimizer.zero_grad()
            second.zero_grad()
            F.mse_loss(decoder(model(x)), x).backward()
            optimizer.step()
            second.step()
        """,
    "a judge that was trained before": """
        judge = Net()
        judge.load_state_dict(torch.load("judge.pt"))
        painter = nn.Linear(3, 3)
        optimizer = torch.optim.Adam(painter.parameters())
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(judge(painter(x)), y).backward()
            optimizer.step()
        """,
    "a judge in evaluation mode": """
        judge = Net()
        judge.eval()
        painter = nn.Linear(3, 3)
        optimizer = torch.optim.Adam(painter.parameters())
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(judge(painter(x)), y).backward()
            optimizer.step()
        """,
    "fixed random features": """
        features = nn.Linear(3, 3)
        head = nn.Linear(3, 2)
        optimizer = torch.optim.Adam(head.parameters())
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(head(features(x)), y).backward()
            optimizer.step()
        """,
    "a model that was read from a file before": """
        if elsewhere.resume:
            model = torch.load("model.pt")
        optimizer = torch.optim.Adam(model.parameters())
        train(model, optimizer)
        """,
    "what a loss reads from a file for itself": """
        class Likeness(nn.Module):
            def __init__(self, path):
                super().__init__()
                self.eye = torch.load(path)
                self.eye.eval()
            def forward(self, made, real):
                return F.mse_loss(self.eye(made), self.eye(real))
        class Painter:
            def __init__(self, brush):
                self.brush = brush
            def start(self):
                self.optimizer = torch.optim.Adam(self.brush.parameters())
                return Likeness("eye.pt")
            def fit(self):
                likeness = self.start()
                for x, y in loader:
                    self.optimizer.zero_grad()
                    likeness(self.brush(x), y).backward()
                    self.optimizer.step()
        """,
    "a judge that was read from a file, of what is made": """
        painter = nn.Linear(3, 3)
        optimizer = torch.optim.Adam(painter.parameters())
        judge = torch.load("judge.pt")
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(judge(painter(x)), y).backward()
            optimizer.step()
        """,
    "a prompt for a model that was read from a file": """
        prompt = nn.Embedding(5, 3)
        optimizer = torch.optim.Adam(prompt.parameters())
        language = torch.load("language.pt")
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(language(x + prompt.weight.mean(0)), y).backward()
            optimizer.step()
        """,
    "a picture that a model from a file is to take for another": """
        picture = torch.zeros(1, 3, requires_grad=True)
        optimizer = torch.optim.Adam([picture])
        judge = torch.load("judge.pt")
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(judge(x + picture), y).backward()
            optimizer.step()
        """,
    "the best model, read once more to predict, and the end": """
        def predict(model):
            model = torch.load("best.pt")
            for x, y in loader:
                print(model(x).argmax(1))
        def fit(model):
            optimizer = torch.optim.Adam(model.parameters())
            for epoch in range(100):
                for x, y in loader:
                    optimizer.zero_grad()
                    F.cross_entropy(model(x), y).backward()
                    optimizer.step()
                if elsewhere.is_over(epoch):
                    predict(model)
                    exit()
        """,
    "a model from a file that somebody else makes an optimizer for": """
        optimizer = torch.optim.Adam(model.parameters())
        if elsewhere.resume:
            model = torch.load("model.pt")
            optimizer = elsewhere.optimizer_of(model)
        train(model, optimizer)
        """,
    "a teacher that is read from a file": """
        optimizer = torch.optim.Adam(model.parameters())
        teacher = torch.load("teacher.pt")
        for x, y in loader:
            optimizer.zero_grad()
            F.mse_loss(model(x), teacher(x)).backward()
            optimizer.step()
        """,
    "weights that are read from a file": """
        optimizer = torch.optim.Adam(model.parameters())
        model.load_state_dict(torch.load("model.pt"))
        train(model, optimizer)
        """,
    "a head that is replaced before": """
        model.head = nn.Linear(8, 10)
        optimizer = torch.optim.Adam(model.parameters())
        train(model, optimizer)
        """,
    "another optimizer afterwards": """
        optimizer = torch.optim.Adam(model.parameters())
        model.head = nn.Linear(8, 10)
        optimizer = torch.optim.Adam(model.parameters())
        train(model, optimizer)
        """,
    "a head that the optimizer has been given": """
        head = nn.Linear(8, 10)
        optimizer = torch.optim.Adam([*model.parameters(), *head.parameters()])
        model.head = head
        train(model, optimizer)
        """,
    "parameters that are added": """
        optimizer = torch.optim.Adam(model.parameters())
        model.head = nn.Linear(8, 10)
        optimizer.add_param_group({"params": model.head.parameters()})
        train(model, optimizer)
        """,
    "unknown code that may add them": """
        optimizer = torch.optim.Adam(model.parameters())
        model.head = nn.Linear(8, 10)
        elsewhere.refresh(optimizer, model)
        train(model, optimizer)
        """,
    "layers without parameters, and wrappers": """
        optimizer = torch.optim.Adam(model.parameters())
        model.head = nn.Identity()
        model.body = nn.DataParallel(model.body)
        train(model, optimizer)
        """,
    "a frozen layer": """
        optimizer = torch.optim.Adam(model.parameters())
        model.probe = nn.Linear(8, 10)
        for parameter in model.probe.parameters():
            parameter.requires_grad = False
        train(model, optimizer)
        """,
    "a model of its own": """
        optimizer = torch.optim.Adam(model.parameters())
        teacher = Net()
        teacher.head = nn.Linear(8, 2)
        train(model, optimizer)
        """,
    "a new model in each fold": """
        for fold in range(5):
            model = Net()
            model.head = nn.Linear(8, 10)
            optimizer = torch.optim.Adam(model.parameters())
            train(model, optimizer)
        """,
    "a copy whose gradients are carried over": """
        optimizer = torch.optim.Adam(model.parameters())
        for x, y in loader:
            fast = copy.deepcopy(model)
            F.cross_entropy(fast(x), y).backward()
            for slow, quick in zip(model.parameters(), fast.parameters()):
                slow.grad = quick.grad
            optimizer.step()
        """,
    "a copy that the weights are moved towards": """
        optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
        for x, y in loader:
            fast = copy.deepcopy(model)
            inner = torch.optim.SGD(fast.parameters(), lr=0.1)
            F.cross_entropy(fast(x), y).backward()
            inner.step()
            optimizer.zero_grad()
            for slow, quick in zip(model.parameters(), fast.parameters()):
                slow.grad = slow.data - quick.data
            optimizer.step()
        """,
    "a teacher whose weights are detached in place": """
        teacher = Net()
        for parameter in teacher.parameters():
            parameter.detach_()
        optimizer = torch.optim.Adam(model.parameters())
        model.train(); teacher.train()
        for x, y in loader:
            optimizer.zero_grad()
            F.mse_loss(model(x), teacher(x)).backward()
            optimizer.step()
        """,
    "a teacher whose weights are told one by one to need no gradients": """
        teacher = Net()
        for parameter in teacher.parameters():
            parameter.requires_grad_(False)
        optimizer = torch.optim.Adam(model.parameters())
        model.train(); teacher.train()
        for x, y in loader:
            optimizer.zero_grad()
            F.mse_loss(model(x), teacher(x)).backward()
            optimizer.step()
        """,
    "a teacher of the same class": """
        teacher = Net()
        optimizer = torch.optim.Adam(model.parameters())
        for x, y in loader:
            optimizer.zero_grad()
            target = teacher(x).detach()
            F.mse_loss(model(x), target).backward()
            optimizer.step()
        """,
}


@pytest.mark.parametrize("name", WRONG)
def test_what_the_optimizer_misses_is_flagged(name: str) -> None:
    text = SETTING + dedent(WRONG[name])
    assert [each for each in findings(text) if each[1] == "NN109"] == marked(text, "NN109")


@pytest.mark.parametrize("name", RIGHT)
def test_what_it_updates_is_left_alone(name: str) -> None:
    assert "NN109" not in [code for _, code in findings(SETTING + dedent(RIGHT[name]))]


FILTERS = """
import torch
from torch import nn
class Edges(nn.Module):
    def __init__(self):
        super().__init__()
        self.kernel = nn.Parameter(torch.{made}([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]))
        self.across = nn.Conv2d(1, 1, 3, bias=False)
        {given}
    def forward(self, a, b):
        return (self.across(a) - self.across(b)).abs().mean()
model, edges = nn.Conv2d(1, 1, 3), Edges()
optimizer = torch.optim.Adam(model.parameters()){marker}
for x, y in [(torch.randn(4, 1, 9, 9), torch.randn(4, 1, 7, 7))] * 100:
    optimizer.zero_grad()
    edges(model(x), y).backward()
    optimizer.step()
"""


@pytest.mark.parametrize("made", ["Tensor", "tensor", "FloatTensor"])
@pytest.mark.parametrize(
    "given",
    [
        "self.across.weight = nn.Parameter(self.kernel[None, None])",
        "self.across.weight.data = self.kernel.data.view(1, 1, 3, 3)",
        "self.across.weight.data.copy_(self.kernel.detach()[None, None])",
    ],
)
def test_filters_whose_numbers_are_written_down_need_no_optimizer(given: str, made: str) -> None:
    assert not of_this_rule(FILTERS.format(given=given, made=made, marker=""))


@pytest.mark.parametrize("given", ["", "nn.init.xavier_uniform_(self.across.weight)"])
def test_filters_that_were_drawn_do(given: str) -> None:
    text = FILTERS.format(given=given, made="tensor", marker="  # error")
    assert of_this_rule(text) == marked(text, "NN109")


def of_this_rule(text: str) -> list[tuple[int, str]]:
    return [each for each in findings(text) if each[1] == "NN109"]
