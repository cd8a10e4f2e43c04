"""Loaders: the workers that they start, and the samples that they leave out."""

import pytest

from tests.abstract_programs import findings

IMPORTS = """\
import numpy as np
from torch.utils.data import DataLoader, Dataset
from torchvision.datasets import MNIST
class Sounds(Dataset):
    def __init__(self):
        self.random = np.random.default_rng(0)
    def __getitem__(self, index):
        return self.changed(load(index))
    def changed(self, sound):
        return sound * {drawn}
def loader_of(data, **options):
    return DataLoader(data, **options)
"""


def found(text: str, code: str, drawn: str = "2") -> list[str]:
    return [each for _, each in findings(IMPORTS.format(drawn=drawn) + text) if each == code]


@pytest.mark.parametrize(
    ("drawn", "options", "count"),
    [
        ("self.random.normal()", "num_workers=4", 1),
        ("np.random.rand()", "num_workers=4", 1),
        ("self.random.normal()", "num_workers=0", 0),
        ("self.random.normal()", "num_workers=1", 0),
        ("self.random.normal()", "num_workers=4, worker_init_fn=seed", 0),
        ("torch.rand(1)", "num_workers=4", 0),
        ("2", "num_workers=4", 0),
        ("self.random.normal()", "num_workers=count", 0),
    ],
)
def test_workers_have_random_numbers_of_their_own(drawn: str, options: str, count: int) -> None:
    assert len(found(f"loader = DataLoader(Sounds(), 32, {options})\n", "NN514", drawn)) == count


@pytest.mark.parametrize(("noise", "count"), [("0.0", 0), ("0.1", 1), ("options.noise", 1)])
def test_a_data_set_that_is_told_to_draw_nothing_draws_nothing(noise: str, count: int) -> None:
    text = f"""
class Noisy(Sounds):
    def __init__(self, noise):
        super().__init__()
        self.noise = noise
    def changed(self, sound):
        if self.noise:
            sound = sound + self.noise * self.random.normal()
        return sound
DataLoader(Noisy({noise}), 32, num_workers=2)
"""
    assert len(found(text, "NN514")) == count


JUDGING = """
import torch
net = torch.nn.Linear(4, 3)
with torch.no_grad():
    for x, y in loader:
        print("test loss", torch.nn.functional.cross_entropy(net(x), y))
"""


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("test = MNIST('data', train=False)\nDataLoader(test, batch_size=300, drop_last=True)", 1),
        ("val_sounds = Sounds()\nloader_of(val_sounds, batch_size=8, drop_last=True)", 1),
        ("test = MNIST('data', train=False)\nDataLoader(test, batch_size=100, drop_last=True)", 0),
        ("test = MNIST('data', train=False)\nDataLoader(test, batch_size=300)", 0),
        ("train = MNIST('data', train=True)\nDataLoader(train, batch_size=300, drop_last=True)", 0),
        ("test = MNIST('data', train=False)\nDataLoader(test, 300, drop_last=options.drop)", 0),
        ("val_sounds = Sounds()\nDataLoader(val_sounds, options.size, drop_last=True)", 0),
        ("val_sounds = Sounds()\nDataLoader(val_sounds, 1, drop_last=True)", 0),
    ],
)
def test_all_held_out_samples_take_part(text: str, count: int) -> None:
    data, _, built = text.partition("\n")
    assert len(found(f"{data}\nloader = {built}\n{JUDGING}", "NN515")) == count


@pytest.mark.parametrize(("length", "count"), [("8 * 25", 0), ("203", 1)])
def test_a_length_made_of_whole_batches_drops_nothing(length: str, count: int) -> None:
    text = f"""
class Mixtures(Sounds):
    def __init__(self, number):
        super().__init__()
        self.number = number
    def __len__(self):
        return self.number
    def __getitem__(self, index):
        return self.sounds[index]
val_mixtures = Mixtures({length})
loader = DataLoader(val_mixtures, batch_size=8, drop_last=True)
"""
    assert len(found(text + JUDGING, "NN515")) == count


def test_samples_that_are_made_up_for_any_number_are_none_in_particular() -> None:
    """Whatever a last batch would have held, others are drawn in its place."""
    made_up = """
class Drawn(Sounds):
    def __getitem__(self, index):
        return self.changed(self.random.normal(size=8))
val_drawn = Drawn()
loader = DataLoader(val_drawn, batch_size=8, drop_last=True)
"""
    assert found(made_up + JUDGING, "NN515") == []


def test_batches_whose_samples_are_compared_with_each_other_are_full() -> None:
    text = "val_sounds = Sounds()\nloader = loader_of(val_sounds, batch_size=8, drop_last=True)\n"
    assert len(found(text + JUDGING, "NN515")) == 1
    assert found(text + JUDGING.replace("net(x)", "contrastive(net(x))"), "NN515") == []


@pytest.mark.parametrize(
    ("use", "count"),
    [
        ("for x, y in loader:\n    show(x)\n    break", 0),
        ("for x, y in loader:\n    accuracy(judge(x), y)", 1),
        ("for x, y in loader:\n    print(judge(x))", 0),
        ("plot_embeddings(model, loader)", 0),
        ("Trainer(model, loader).evaluate()", 1),
        ("for x, y in loader:\n    show(x)\n    break\nevaluate(model, loader)", 1),
    ],
)
def test_samples_that_are_only_looked_at_judge_nothing(use: str, count: int) -> None:
    text = "val_sounds = Sounds()\nloader = loader_of(val_sounds, batch_size=8, drop_last=True)\n"
    assert len(found(text + use, "NN515")) == count


JUDGED = """
import torch
import matplotlib.pyplot as plt
from torch import nn
model = nn.Linear(4, 3)
val_sounds, test_sounds = Sounds(), Sounds()
val_loader = loader_of(val_sounds, batch_size=8, drop_last=True)
test_loader = loader_of(test_sounds, batch_size=8)
model.eval()
right = seen = 0
with torch.no_grad():
    for x, y in JUDGING:
        right += (model(x).argmax(1) == y).sum().item()
        seen += len(y)
print(right / seen)
"""


@pytest.mark.parametrize(("judging", "count"), [("val_loader", 1), ("test_loader", 0)])
def test_a_loader_that_a_program_leaves_for_another_one_judges_nothing(
    judging: str, count: int
) -> None:
    assert len(found(JUDGED.replace("JUDGING", judging), "NN515")) == count


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("plt.imshow(model(x))\n        plt.savefig(str(number))", 0),
        ("plt.plot(model(x)[0])", 0),
        ("draw_boxes(x, model(x))", 0),
        ("print('box', boxes_of(model(x)), 'score', confidence)", 0),
        ("outputs.append(model(x))", 0),
        ("print('test loss', criterion(model(x), y))", 1),
    ],
)
def test_a_loop_that_only_draws_or_collects_judges_nothing(body: str, count: int) -> None:
    head, _, _ = JUDGED.partition("right =")
    loop = f"""outputs = []
with torch.no_grad():
    for number, (x, y) in enumerate(val_loader):
        {body}
"""
    assert len(found(head + loop, "NN515")) == count


COLLECTED = """
import numpy as np
from sklearn.metrics import r2_score
def mae(said, right):
    return np.mean(np.abs(said - right))
said, right = [], []
with torch.no_grad():
    for x, y in val_loader:
        said.append(model(x).numpy())
        right.append((y - model(x)).numpy())
said, right = np.concatenate(said), np.concatenate(right)
"""


@pytest.mark.parametrize(
    ("behind", "count"),
    [
        ("print(r2_score(right, said))", 1),
        ("print('mae', mae(said, right))", 1),
        ("np.save('residuals.npy', right)", 0),
        (
            """
residuals = DataLoader(right, batch_size=8, shuffle=True)
for batch in residuals:
    loss = nn.functional.mse_loss(flow(batch), batch)
    loss.backward()
    optimizer.step()
print("loss", loss.item())
""",
            0,
        ),
    ],
)
def test_what_a_loop_has_collected_judges_where_a_score_is_computed_of_it(
    behind: str, count: int
) -> None:
    head, _, _ = JUDGED.partition("right =")
    assert len(found(head + COLLECTED + behind, "NN515")) == count


EVALUATION = """\
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import TensorDataset
model = nn.Linear(4, 3)
def accuracy(outputs, labels):
    return (outputs.argmax(1) == labels).float().mean()
val_loader = DataLoader({data}, batch_size={size})
def validate(model, loader):
    model.eval()
    hits, seen, losses = 0, 0, []
    with torch.no_grad():
        for i, (inputs, labels) in enumerate(loader):
            outputs = model(inputs)
            hits += (outputs.argmax(1) == labels).sum().item()
            seen += len(labels)
            losses.append(F.cross_entropy(outputs, labels).item())
            {stop}
        return {result}
validate(model, val_loader)
"""
DATA = "TensorDataset(torch.randn({0}, 4), torch.zeros({0}, dtype=torch.long))"


def told(stop: str = "pass", result: str = "hits / seen", size: str = "64", rows: int = 100) -> int:
    text = EVALUATION.format(stop=stop, result=result, size=size, data=DATA.format(rows))
    return len(found(text, "NN515"))


@pytest.mark.parametrize(
    ("stop", "count"),
    [
        ("if i == 10: break", 1),
        ("if i >= 3: break", 1),
        ("if i + 1 >= 20: break", 1),
        ("if debug and i == 10: break", 0),
        ("if i == max_batches: break", 0),
        ("if args.quick: break", 0),
        ("if seen > limit: break", 0),
        ("if loader is None: break", 0),
    ],
)
def test_an_evaluation_sees_all_batches(stop: str, count: int) -> None:
    assert told(stop) == count


@pytest.mark.parametrize(
    ("result", "count"),
    [
        ("np.mean(losses)", 1),
        ("sum(losses) / len(losses)", 1),
        ("torch.tensor(losses).mean().item()", 1),
        ("torch.stack([accuracy(model(x), y) for x, y in val_loader]).mean()", 1),
        ("max(losses)", 0),
        ("losses", 0),
    ],
)
def test_means_over_unequal_batches_are_no_mean_over_samples(result: str, count: int) -> None:
    assert told(result=result) == count


@pytest.mark.parametrize(("size", "rows"), [("50", 100), ("1", 7), ("100", 100)])
def test_means_over_equal_batches_are(size: str, rows: int) -> None:
    assert told(result="np.mean(losses)", size=size, rows=rows) == 0


def test_a_loop_that_only_looks_at_a_model_may_end_when_it_has_seen_enough() -> None:
    text = """
import torch
model = torch.nn.Sequential(torch.nn.Linear(4, 2), torch.nn.Dropout(0.1)).eval()
shares = []
with torch.no_grad():
    for i, (x, y) in enumerate(test_loader):
        output = model(x)
        shares.append({shares})
        if i > 100:
            break
"""
    assert not found(text.replace("{shares}", "active(output)"), "NN515")
    assert found(text.replace("{shares}", "torch.nn.functional.cross_entropy(output, y)"), "NN515")


@pytest.mark.parametrize(
    ("stop", "count"),
    [
        ("if i == BATCHES: break", 1),
        ("if i + 1 >= BATCHES: break", 1),
        ("if i == MAX_BATCHES: break", 0),
        ("if i == OPTION: break", 0),
        ("if seen > BATCHES * 3: break", 0),
    ],
)
def test_a_limit_may_be_a_number_that_has_a_name(stop: str, count: int) -> None:
    names = "BATCHES = MAX_BATCHES = 25\nOPTION = int(input())\n"
    text = EVALUATION.format(stop=stop, result="hits / seen", size="64", data=DATA.format(100))
    assert len(found(names + text, "NN515")) == count
