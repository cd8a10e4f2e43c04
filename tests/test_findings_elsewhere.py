"""What a script shows of the files that it imports is told in those files."""

from pathlib import Path

import pytest

from advisor.commands.nnlint import main

Output = pytest.CaptureFixture[str]
MODEL = """\
from torch import nn


class Tagger(nn.Module):
    def __init__(self, words, tags, hidden=32):
        super().__init__()
        self.embedding = nn.Embedding(words, 24)
        self.states = nn.GRU(24, hidden, bidirectional=True, batch_first=True)
        self.out = nn.Linear(hidden, tags)

    def forward(self, words):
        states, _ = self.states(self.embedding(words))
        return self.out(states)
"""
SCRIPT = """\
import torch
from model import Tagger

tagger = Tagger(60, 4)
scores = tagger(torch.randint(0, 60, (80, 10)))
"""
VALIDATE = """\
import torch


def validate(model, loader):
    with torch.no_grad():
        for x, y in loader:
            scores = model(x)
"""
TRAIN = """\
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from validate import validate

model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 2))
rows = TensorDataset(torch.randn(64, 4), torch.randint(0, 2, (64,)))
validate(model, DataLoader(rows))
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    files = {"model": MODEL, "script": SCRIPT, "validate": VALIDATE, "train": TRAIN}
    for name, text in files.items():
        (tmp_path / f"{name}.py").write_text(text)
    return tmp_path


def told(capsys: Output, *arguments: str) -> list[str]:
    """File, row and code of what is reported of the whole folder, or of some files."""
    main(["--output-format", "concise", "-q", "--select", "NN307,NN401", *arguments])
    lines = capsys.readouterr().out.splitlines()
    return [" ".join(line.replace(":", " ").split()[:4:1]) for line in lines]


def test_a_layer_that_does_not_fit_is_told_where_it_runs(capsys: Output) -> None:
    assert "model.py 13 16 NN307" in told(capsys, "--no-cache", ".")


def test_a_function_that_evaluates_in_training_mode_is_told_at_the_model(capsys: Output) -> None:
    assert "validate.py 6 21 NN401" in told(capsys, "--no-cache", ".")


def test_what_only_the_caller_is_asked_about_is_told_at_the_call(capsys: Output) -> None:
    assert told(capsys, "--no-cache", "train.py") == ["train.py 8 1 NN401"]


def test_each_finding_is_told_once_in_the_order_of_the_files(capsys: Output, project: Path) -> None:
    (project / "another.py").write_text(SCRIPT)
    assert told(capsys, "--no-cache", ".") == ["model.py 13 16 NN307", "validate.py 6 21 NN401"]


def test_a_comment_in_the_imported_file_silences_it(capsys: Output, project: Path) -> None:
    silenced = MODEL.replace("return self.out(states)", "return self.out(states)  # noqa: NN307")
    (project / "model.py").write_text(silenced)
    assert told(capsys, "--no-cache", ".") == ["validate.py 6 21 NN401"]


def test_settings_that_pass_over_the_imported_file_are_kept_to(capsys: Output) -> None:
    ignored = ("--per-file-ignores", "model.py:NN307")
    assert told(capsys, "--no-cache", *ignored, ".") == ["validate.py 6 21 NN401"]


def test_a_stored_result_tells_the_same_and_none_of_files_that_were_not_asked_for(
    capsys: Output,
) -> None:
    first = told(capsys, ".")
    assert told(capsys, ".") == first
    assert told(capsys, "script.py") == []
    assert told(capsys, ".") == first


RECORDING = """\
from torch.autograd import Variable


def validate(model, loader):
    model.eval()
    for x, y in loader:
        scores = model(INPUT)
"""


def test_what_was_written_before_there_was_no_grad_is_left_alone(
    project: Path, capsys: Output
) -> None:
    outputs = []
    for given in ("x", "Variable(x, volatile=True)"):
        (project / "validate.py").write_text(RECORDING.replace("INPUT", given))
        main(["--output-format", "concise", "-q", "--no-cache", "--select", "NN403", "."])
        outputs.append(capsys.readouterr().out)
    assert "NN403" in outputs[0]
    assert not outputs[1]


SAMPLES = """\
from torch.autograd import Variable


def wrapped(x, judging=False):
    return Variable(x, volatile=judging)
"""
WRAPPING = """\
import torch
from samples import wrapped


def validate(model, loader):
    model.eval()
    for x, y in loader:
        scores = model(wrapped(x, judging=JUDGING))
"""


def test_a_helper_may_leave_gradients_out_as_was_done_before_there_was_no_grad(
    project: Path, capsys: Output
) -> None:
    (project / "samples.py").write_text(SAMPLES)
    outputs = []
    for judging in ("False", "True"):
        (project / "validate.py").write_text(WRAPPING.replace("JUDGING", judging))
        main(["--output-format", "concise", "-q", "--no-cache", "--select", "NN403", "."])
        outputs.append(capsys.readouterr().out)
    assert "NN403" in outputs[0]
    assert not outputs[1]


LEARNING = """\
import torch


def learn(models, batches, losses, optimizer):
    for model in models:
        model.train()
    models[-1].eval()
    for x, y in batches:
        told = models[0](x)
        with torch.no_grad():
            right = models[-1](x)
        loss = losses[0](told, y) + losses[1](told, right.detach())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
"""
CALLING = """\
import torch
from learning import learn
from torch import nn


def main(options):
    models = nn.ModuleList([])
    models.append(build(options.small))
    if options.between:
        models.append(nn.Linear(options.small, options.large))
    models.append(build(options.large))
    optimizer = torch.optim.SGD(models[0].parameters(), lr=options.rate)
    for epoch in range(options.epochs):
        learn(models, batches(options), [nn.CrossEntropyLoss(), nn.MSELoss()], optimizer)


main(parse())
"""


def test_what_goes_back_may_stand_in_an_imported_file(project: Path, capsys: Output) -> None:
    (project / "learning.py").write_text(LEARNING)
    (project / "calling.py").write_text(CALLING)
    main(["--output-format", "concise", "-q", "--no-cache", "--select", "NN403", "."])
    assert not capsys.readouterr().out


STEP = """\
def learn(model, x, y, criterion, optimizer):
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    return loss, len(x)
"""
EPOCHS = """\
import torch
from learn import learn
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

model = nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loader = DataLoader(TensorDataset(torch.randn(64, 4), torch.randint(0, 2, (64,))), 8)
total = 0.0
for x, y in loader:
    loss, size = learn(model, x, y, nn.CrossEntropyLoss(), optimizer)
    total += loss * size
print(total)
"""


@pytest.mark.parametrize(("kept", "is_wrong"), [("loss", True), ("loss.item()", False)])
def test_the_step_may_be_in_another_file(
    kept: str, is_wrong: bool, capsys: Output, project: Path
) -> None:
    (project / "learn.py").write_text(STEP.replace("return loss,", f"return {kept},"))
    (project / "epochs.py").write_text(EPOCHS)
    main(["--output-format", "concise", "-q", "--no-cache", "--select", "NN106", "epochs.py"])
    assert ("epochs.py:12:5: NN106" in capsys.readouterr().out) is is_wrong


LOADERS = """\
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder

CHANGES = transforms.Compose([transforms.RandomHorizontalFlip(), transforms.ToTensor()])


def both():
    train, val = (ImageFolder(name, transform=CHANGES) for name in ("train", "val"))
    return DataLoader(train, 32, shuffle=True), DataLoader(val, 32)
"""


@pytest.mark.parametrize(("part", "told"), [(0, False), (1, True)])
def test_a_part_that_another_file_gives_along_is_not_told_of_where_nobody_uses_it(
    part: int, told: bool, project: Path, capsys: Output
) -> None:
    (project / "loaders.py").write_text(LOADERS)
    (project / "use.py").write_text(
        f"import torch\nfrom loaders import both\n\nloader = both()[{part}]\n"
        "for pictures, labels in loader:\n    print(pictures.mean())\n"
    )
    main(["--isolated", "--no-cache", "--output-format", "concise", "use.py"])
    assert ("NN505" in capsys.readouterr().out) == told
