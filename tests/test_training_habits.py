"""no-train-metrics (NN804), hyperparameters-not-logged (NN805), no-init-loss-check (NN806)."""

from textwrap import dedent

import pytest

from advisor.code.analysis import Project, analyze
from advisor.code.sources import Source
from advisor.rulebook import rulebook

SETTING = """
import torch
from torch import nn
import torch.nn.functional as F
from torch.utils.tensorboard import SummaryWriter
model = nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
"""
TRAINING = """
for epoch in range(30):
    for x, y in train_loader():
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
"""
EVALUATION = """
    with torch.no_grad():
        for x, y in test_loader():
            print(F.cross_entropy(model(x), y))
"""


def _codes(text: str, code: str) -> list[str]:
    source = Source(SETTING + text, "program.py")
    rules = [rulebook("code").find(code)]
    return [each.code for each in analyze(source, Project([source]), rules).findings]


def test_a_program_that_never_looks_at_the_error_in_training_is_told_so() -> None:
    assert _codes(TRAINING + EVALUATION, "NN804") == ["NN804"]


def test_a_step_in_a_function_that_reports_nothing_changes_nothing() -> None:
    step = """
def step(x, y):
    optimizer.zero_grad()
    F.cross_entropy(model(x), y).backward()
    optimizer.step()
for epoch in range(30):
    for x, y in train_loader():
        step(x, y)
"""
    assert _codes(step + EVALUATION, "NN804") == ["NN804"]
    reporting = step.replace("    optimizer.step()", "    optimizer.step()\n    return 3")
    assert _codes(reporting + EVALUATION, "NN804") == []


def test_parameters_are_no_meters() -> None:
    clip = "torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)"
    clipped = TRAINING.replace("optimizer.step()", f"{clip}; optimizer.step()")
    assert _codes(clipped + EVALUATION, "NN804") == ["NN804"]


@pytest.mark.parametrize(
    "line",
    [
        "meter.update(loss)",
        "total += loss.item()",
        "print(loss)",
        "losses.append(loss)",
        "logger.info(loss)",
    ],
)
def test_a_program_that_reports_the_loss_is_left_alone(line: str) -> None:
    assert _codes(f"{TRAINING}        {line}\n{EVALUATION}", "NN804") == []


def test_a_program_that_judges_the_training_rows_as_well_is_left_alone() -> None:
    both = EVALUATION + EVALUATION.replace("test_loader", "train_loader")
    assert _codes(TRAINING + both, "NN804") == []


CLASS = """
class Fitter:
    def __init__(self, net):
        self.net = net
        self.optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    def fit(self, x, y, x_val, y_val):
        for epoch in range(5):
            for rows in torch.randperm(len(x)).split(40):
                self.optimizer.zero_grad()
                F.cross_entropy(self.net(x[rows]), y[rows]).backward()
                self.optimizer.step()
            print(epoch, REPORT)
    @torch.no_grad()
    def error(self, x, y):
        self.net.eval()
        return (self.net(x).argmax(1) != y).float().mean().item()
Fitter(model).fit(x[:600], y[:600], x[600:], y[600:])
"""


@pytest.mark.parametrize(
    ("report", "told"),
    [
        ("self.error(x_val, y_val)", True),
        ("self.error(x, y), self.error(x_val, y_val)", False),
        ("self.error(x, y)", False),
    ],
)
def test_a_method_judges_the_rows_that_it_is_handed(report: str, told: bool) -> None:
    assert bool(_codes(CLASS.replace("REPORT", report), "NN804")) == told


def test_a_program_that_judges_nothing_is_none_of_these() -> None:
    assert _codes(TRAINING, "NN804") == []


def test_curves_without_the_hyperparameters_they_belong_to_are_told() -> None:
    logged = "writer = SummaryWriter()\n" + TRAINING + "        writer.add_scalar('loss', loss)\n"
    assert _codes(logged, "NN805") == ["NN805"]


@pytest.mark.parametrize(
    "line",
    [
        "writer.add_hparams({'lr': 0.1}, {})",
        "writer.add_text('settings', 'lr 0.1')",
        "json.dump({'lr': 0.1}, file)",
        "wandb.init()",
        "print(args)",
        "torch.save({'model': model.state_dict(), 'args': options}, 'last.pt')",
    ],
)
def test_noted_hyperparameters_are_enough(line: str) -> None:
    assert _codes(f"writer = SummaryWriter()\n{line}\n{TRAINING}", "NN805") == []


def test_a_log_that_is_named_after_the_run_says_enough() -> None:
    assert _codes(f"writer = SummaryWriter(f'runs/{{rate}}')\n{TRAINING}", "NN805") == []
    assert _codes(f"writer = SummaryWriter('runs')\n{TRAINING}", "NN805") == ["NN805"]
    assert _codes(f"writer = SummaryWriter('digits')\n{TRAINING}", "NN805") == ["NN805"]


def test_a_program_without_a_log_has_nothing_to_note() -> None:
    assert _codes(TRAINING, "NN805") == []


def test_a_training_that_begins_unchecked_is_told_so() -> None:
    assert _codes(TRAINING, "NN806") == ["NN806"]


@pytest.mark.parametrize(
    "check",
    [
        """
        with torch.no_grad():
            print(F.cross_entropy(model(x), y))
        """,
        """
        batch = next(iter(train_loader()))
        """,
        """
        # overfit a batch first: see notes
        """,
    ],
)
def test_a_look_at_the_first_loss_or_at_one_batch_is_a_check(check: str) -> None:
    assert _codes(dedent(check) + TRAINING, "NN806") == []


@pytest.mark.parametrize("code", ["NN804", "NN805", "NN806"])
def test_these_are_advice_and_not_asked_for_by_default(code: str) -> None:
    chosen = {rule.code for rule in rulebook("code").select()}
    assert code not in chosen
    assert ("NN806" in {rule.code for rule in rulebook("code").select(stage="baseline")}) is True


def _seeds(code: str) -> list[int]:
    source = Source(dedent(code), "script.py")
    rules = [rulebook("code").find("NN801")]
    return [each.location.row for each in analyze(source, Project([source]), rules).findings]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("MLPClassifier((32,))", [6]),
        ("MLPClassifier((32,), random_state=None)", [6]),
        ("MLPClassifier((32,), random_state=0)", []),
        ("LogisticRegression()", []),
    ],
)
def test_estimators_draw_from_the_seed_of_all_unless_they_have_their_own(
    line: str, told: list[int]
) -> None:
    code = f"""\
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    table = pd.read_csv("rows.csv")
    model = {line}
    model.fit(table[["a", "b"]], table["y"])
    """
    assert _seeds(code) == told
    seeded = code.replace("table =", "numpy.random.seed(0); table =")
    assert _seeds(seeded.replace("import pandas as pd", "import numpy, pandas as pd")) == []


def test_a_new_head_is_drawn_and_not_the_weights_that_come_with_a_model() -> None:
    code = """\
    import torch
    from torch import nn
    from torchvision.models import ResNet18_Weights, resnet18
    weights = ResNet18_Weights.DEFAULT
    model = resnet18(WEIGHTS)
    model.fc = nn.Linear(512, 4)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for inputs, labels in batches():
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(inputs), labels).backward()
        optimizer.step()
    """
    assert _seeds(code.replace("WEIGHTS)", "weights=weights)")) == [6]
    assert _seeds(code.replace("WEIGHTS)", "weights=None)")) == [5]


def test_a_seed_is_missed_where_the_weights_are_drawn() -> None:
    assert _seeds("""\
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 2)
        def forward(self, x):
            return self.layer(x)

    rows = torch.load("rows.pt")
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for x, y in rows:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    """) == [12]


PREPARED = """
rows = TensorDataset(*torch.load("train.pt"))
LOADED
def compute(x, y):
    return F.cross_entropy(model(x), y)
def learn(train_batches):
    for x, y in train_batches:
        optimizer.zero_grad()
        compute(x, y).backward()
        optimizer.step()
RETURNED
@torch.no_grad()
def judge(batches):
    return sum(compute(x, y).item() for x, y in batches)
def main():
    for epoch in range(30):
        learn(train_loader())
        print(f"epoch {epoch} val loss", judge(val_loader()))
TOLD
main()
"""


def _habits(loaded: str = "", returned: str = "", told: str = "") -> list[str]:
    text = PREPARED.replace("LOADED", loaded).replace("RETURNED", returned)
    return _codes(text.replace("TOLD", told), "NN804")


def test_rows_that_are_only_read_or_prepared_are_not_judged() -> None:
    assert _habits() == ["NN804"]
    assert _habits(loaded="x_train = torch.load('x_train.pt')") == ["NN804"]
    assert _habits(loaded="x_train = windows(x_train)") == ["NN804"]


def test_a_loss_that_the_function_returns_or_another_call_judges_is_told() -> None:
    assert _habits(returned="    return compute(x, y) + total_loss") == []
    assert _habits(told="        print(judge(train_loader()))") == []
    assert _habits(told="        print(accuracy(x_train))") == []


def test_the_rows_behind_those_that_are_learned_from_are_held_out() -> None:
    program = """
for epoch in range(30):
    for rows in torch.randperm(480).split(40):
        optimizer.zero_grad()
        F.cross_entropy(model(x[:480][rows]), y[:480][rows]).backward()
        optimizer.step()
    with torch.no_grad():
        print((model(x[480:]).argmax(1) == y[480:]).float().mean())
"""
    assert _codes("x, y = torch.load('all.pt')" + program, "NN804") == ["NN804"]
    judged = program.replace("x[480:]", "x").replace("y[480:]", "y")
    assert _codes("x, y = torch.load('all.pt')" + judged, "NN804") == []


KERAS = """\
import tensorflow as tf
from tensorflow import keras
{seed}
(x, y), _ = keras.datasets.mnist.load_data()
model = keras.Sequential()
model.add(keras.layers.Flatten())
model.add(keras.layers.Dense(10, activation="softmax"))
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x / 255, y, epochs=5)
"""

TAPE = """\
import tensorflow as tf
from tensorflow import keras
{seed}
model = keras.Sequential([keras.layers.Dense(1)])
optimizer = keras.optimizers.SGD(0.01)
for samples, targets in tf.data.TFRecordDataset("samples").batch(32):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(samples) - targets) ** 2)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
"""


@pytest.mark.parametrize(("program", "row"), [(KERAS, 5), (TAPE, 6)])
def test_the_weights_of_keras_are_drawn_from_the_seed_too(program: str, row: int) -> None:
    assert _seeds(program.format(seed="")) == [row]
    assert _seeds(program.format(seed="keras.utils.set_random_seed(0)")) == []
    assert _seeds(program.format(seed="tf.random.set_seed(0)")) == []
