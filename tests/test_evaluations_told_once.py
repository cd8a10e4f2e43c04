"""missing-no-grad (NN403): what it takes for an evaluation of a torch model, and how often it tells of one."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings

TOLD_ONCE = {
    "several models in one loop": """
        import torch
        def evaluate(model, head_model, test_loader):
            total = 0
            for x, y in test_loader:  # told
                hidden = model(x)
                total += (head_model(hidden).argmax(1) == y).sum().item()
            return total
        """,
    "a function that runs its models before a loop and in it": """
        import torch
        from torch import nn
        def predict(model, words, count):
            model.eval()
            hidden = model(words)
            embedding, net = nn.Embedding(9, 4), nn.Linear(4, 9)
            for _ in range(count):
                words = net(embedding(words)).argmax(1)
            return words
        def sample(model, test_words):
            return [predict(model, words, 3) for words in test_words]  # told
        """,
    "two loops of one function, which take a remedy each": """
        import torch
        def evaluate(model, val_loader, test_loader):
            total = 0
            for x, y in val_loader:  # told
                total += (model(x).argmax(1) == y).sum().item()
            for x, y in test_loader:  # told
                total += (model(x).argmax(1) == y).sum().item()
            return total
        """,
}
SILENT = {
    "a network of NumPy, in a file that only names a package of that kind": """
        import numpy as np
        from mytorch.linear import Linear
        def inference(net, inputs):
            logits = np.zeros((len(inputs), 3))
            for step in range(len(inputs)):
                logits[step] = net(inputs[step])
            return logits
        """,
    "a pipeline that a library makes": """
        import torch
        from transformers import pipeline
        classifier = pipeline("sentiment-analysis", device=torch.cuda.current_device())
        for text in open("test.txt"):
            print(classifier(text)[0]["label"])
        """,
    "a detector that opens the picture itself": """
        import torch
        from pathlib import Path
        model = torch.hub.load("ultralytics/yolov5", "yolov5s")
        model.eval()
        for path in Path("test_images").glob("*.jpg"):
            model(str(path)).save()
        """,
    "a solver that asks a learned potential at each of its steps": """
        import torch
        from torch import nn
        potential = nn.Sequential(nn.Linear(1, 50), nn.Tanh(), nn.Linear(50, 1))
        potential.load_state_dict(torch.load("potential.pt"))
        potential.eval()
        def force(x):
            return potential(torch.tensor([[x]])).item()
        def integrate(slope, x, end, step):
            path, time = [x], 0.0
            while time < end:
                x, time = x + step * slope(x), time + step
                path.append(x)
            return path
        print(integrate(force, 1.0, 10, 0.1))
        """,
    "layers of several sizes, tried out for the shape of what they make": """
        import torch
        from torch import nn
        for size in (1, 3, 5):
            net = nn.Sequential(nn.Conv2d(3, 8, size), nn.ReLU()).eval()
            print(size, net(torch.randn(1, 3, 32, 32)).shape)
        """,
    "a decorator of another package that is called": """
        import torch
        from helpers.modes import disable_grad
        @disable_grad()
        def test(model, test_loader):
            model.eval()
            return [model(x).argmax(1) for x, _ in test_loader]
        """,
}


@pytest.mark.parametrize("name", TOLD_ONCE)
def test_each_remedy_is_told_once(name: str) -> None:
    program = dedent(TOLD_ONCE[name])
    expected = [row for row, line in enumerate(program.splitlines(), 1) if "# told" in line]
    assert [row for row, code in findings(program) if code == "NN403"] == expected


@pytest.mark.parametrize("name", SILENT)
def test_no_graph_is_told_of_where_none_is_known_to_be_built(name: str) -> None:
    assert "NN403" not in [code for _, code in findings(dedent(SILENT[name]))]
