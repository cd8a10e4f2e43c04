"""Schedules, rates, softmaxes and scores that look wrong, and are right by what else there is."""

from textwrap import dedent, indent

import pytest

from advisor.code.analysis import Project, analyze
from advisor.code.sources import Source
from advisor.rulebook import rulebook
from tests.abstract_programs import findings

HEADER = """
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import (
    CosineAnnealingLR, ExponentialLR, MultiStepLR, ReduceLROnPlateau, StepLR,
)
"""


def codes(program: str) -> list[str]:
    """The codes told of a program."""
    return [code for _, code in findings(HEADER + dedent(program))]


def training(schedule: str, epochs: int, before: str = "pass", behind: str = "pass") -> str:
    """A training, with lines before it and at the end of each epoch."""
    return f"""
model = nn.Linear(10, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = {schedule}
{before}
for epoch in range({epochs}):
    for x, y in torch.load("batches.pt"):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    scheduler.step()
{indent(dedent(behind), "    ")}
"""


class TestAScheduleForAnotherLength:
    LATE = "MultiStepLR(optimizer, milestones=[100, 150])"

    def test_goes_on_where_it_was_saved(self) -> None:
        restored = "scheduler.load_state_dict(torch.load('schedule.pt'))"
        asked = f"import sys\nif len(sys.argv) > 1:\n    {restored}"
        assert codes(training(self.LATE, 50, restored)) == []
        assert codes(training(self.LATE, 50, asked)) == ["NN601"]

    @pytest.mark.parametrize(("epochs", "told"), [(40, ["NN601"]), (500, [])])
    def test_may_be_cut_short_where_the_epochs_are_only_a_limit(
        self, epochs: int, told: list[str]
    ) -> None:
        stop = "if stops_early(model):\n    break"
        assert codes(training("ExponentialLR(optimizer, gamma=0.6)", epochs, behind=stop)) == told
        assert codes(training("ExponentialLR(optimizer, gamma=0.6)", epochs)) == ["NN601"]
        assert codes(training("StepLR(optimizer, 1000)", epochs, behind=stop)) == ["NN601"]

    def test_is_of_no_training_where_nothing_is_learned(self) -> None:
        drawn = """
            model = nn.Linear(2, 1)
            optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
            scheduler = StepLR(optimizer, step_size=1000)
            rates = []
            for step in range(100):
                optimizer.step()
                rates.append(scheduler.get_last_lr()[0])
                scheduler.step()

            def train(x, y):
                F.mse_loss(model(x), y).backward()
        """
        assert codes(drawn) == []

    def test_is_short_in_a_unit_test(self) -> None:
        program = HEADER + training(self.LATE, 3)
        for name, told in (("tests/test_training.py", False), ("training.py", True)):
            source = Source(program, name)
            found = analyze(source, Project([source]), rulebook("code").rules).findings
            assert ("NN601" in {each.code for each in found}) is told


def keras(trainings: str) -> str:
    return f"""
from tensorflow import keras
from data import x, y, held_out
model = keras.Sequential([keras.layers.Dense(4), keras.layers.Dense(1)])
model.compile("adam", "mse")
waits = keras.callbacks.ReduceLROnPlateau(patience=6)
{dedent(trainings)}
"""


def test_a_callback_may_act_in_the_longest_training_that_it_is_given_to() -> None:
    short = "model.fit(x, y, epochs=5, validation_data=held_out, callbacks=[waits])"
    both = f"""
        def warm_up(model):
            {short}
        model.fit(x, y, epochs=50, validation_data=held_out, callbacks=[waits])
    """
    assert "NN601" in codes(keras(short))
    assert "NN601" not in codes(keras(both))


def on_plateau(loop: str, samples: str) -> str:
    return f"""
X, Y = torch.load("samples.pt"), torch.load("labels.pt")
model = nn.Linear(10, 2)
optimizer = torch.optim.Adam(model.parameters())
scheduler = ReduceLROnPlateau(optimizer, patience=10)
for trial in range(4):
    for i in {loop}:
        loss = F.cross_entropy(model({samples.format("X")}), {samples.format("Y")})
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step(loss)
"""


def test_a_loss_over_all_samples_is_no_noise() -> None:
    assert codes(on_plateau("range(2000)", "{}")) == []
    assert codes(on_plateau("range(0, len(X), 32)", "{}[i:i + 32]")) == ["NN602"]


ORDER = """
model = nn.Linear(10, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = StepLR(optimizer, 30)
batches = torch.load("batches.pt")

def learn(x, y):
    optimizer.zero_grad()
    F.cross_entropy(model(x), y).backward()
    optimizer.step()
"""


@pytest.mark.parametrize(
    "steps",
    [
        # What an earlier run has trained is passed over.
        """
        for epoch in range(100):
            if epoch < first_epoch():
                scheduler.step()
                continue
            for x, y in batches:
                learn(x, y)
            scheduler.step()
        """,
        """
        def round_of(x, y, first):
            if not first:
                scheduler.step()
            learn(x, y)

        for i, (x, y) in enumerate(batches):
            round_of(x, y, i == 0)
        """,
    ],
)
def test_a_schedule_may_be_stepped_first_in_rounds_but_the_first(steps: str) -> None:
    assert "NN603" not in codes(ORDER + dedent(steps))


def test_a_switch_that_is_told_once_is_the_same_in_all_rounds() -> None:
    steps = """
        def train(decays):
            for epoch in range(100):
                if decays:
                    scheduler.step()
                for x, y in batches:
                    learn(x, y)
    """
    assert "NN603" in codes(ORDER + dedent(steps))


@pytest.mark.parametrize(("written", "told"), [("", True), ("group['lr'] = rate(epoch)", False)])
def test_a_rate_that_is_written_by_hand_changes_though_nothing_steps_the_schedule(
    written: str, told: bool
) -> None:
    program = f"""
        model = nn.Linear(10, 2)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = CosineAnnealingLR(optimizer, T_max=5)
        for epoch in range(30):
            for group in optimizer.param_groups:
                {written or "pass"}
            for x, y in torch.load("batches.pt"):
                optimizer.zero_grad()
                F.cross_entropy(model(x), y).backward()
                optimizer.step()
    """
    assert ("NN604" in codes(program)) is told


PLATEAU = """
model = nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = ReduceLROnPlateau(optimizer, MODE)
every = {"validation": 2}
curve = []
for epoch in range(30):
    train_loss = 0.0
    for x, y in torch.load("batches.pt"):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        train_loss += loss.item()
    curve.append(train_loss / 100)
    if epoch % every["validation"] == 0:
        with torch.no_grad():
            held_out = sum(F.cross_entropy(model(x), y) for x, y in torch.load("held out.pt"))
    scheduler.step(METRIC)
"""


@pytest.mark.parametrize(
    ("mode", "metric", "told"),
    [
        ("'min'", "train_loss", True),
        ("'min'", "round(sum(curve) / len(curve), 2)", True),
        ("'max'", "judge(model).neg_loss", False),
    ],
)
def test_a_plateau_is_looked_for_in_held_out_scores_that_come_every_few_rounds(
    mode: str, metric: str, told: bool
) -> None:
    assert ("NN605" in codes(PLATEAU.replace("MODE", mode).replace("METRIC", metric))) is told


def rates(model: str, optimizer: str, rounds: str, samples: str = "batch") -> str:
    return f"""
class Prompt(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Parameter(torch.zeros(10, 64))

    def forward(self, x):
        return x + self.tokens.mean(0)

X = torch.load("all.pt")
model = {model}
optimizer = torch.optim.{optimizer}
for i, batch in enumerate({rounds}):
    optimizer.zero_grad()
    model({samples}).pow(2).mean().backward()
    optimizer.step()
"""


DEEP = "nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2))"


@pytest.mark.parametrize(
    ("model", "optimizer", "told"),
    [
        (DEEP, "Adam(model.parameters(), lr=0.3)", True),
        ("Prompt()", "Adam(model.parameters(), lr=0.3)", False),
        ("nn.Linear(1, 1)", "Adam(model.parameters(), lr=0.5)", False),
    ],
)
def test_a_few_parameters_may_have_far_to_go(model: str, optimizer: str, told: bool) -> None:
    assert ("NN606" in codes(rates(model, optimizer, "torch.load('batches.pt')"))) is told


def test_what_sees_all_samples_at_each_step_may_take_larger_ones() -> None:
    optimizer = "Adam(model.parameters(), lr=0.1)"
    all_at_once = rates(DEEP, optimizer, "range(100)", "X").replace("enumerate(range(100))", "")
    by_batches = rates(DEEP, optimizer, "torch.load('batches.pt')")
    assert "NN606" not in codes(all_at_once.replace("for i, batch in ", "for i in range(100)"))
    assert "NN606" in codes(by_batches)


def test_a_rate_may_start_low_and_rise_or_be_written_as_a_group_is_updated() -> None:
    program = rates(DEEP, "SGD(model.parameters(), lr=1e-9)", "torch.load('batches.pt')")
    classified = program.replace(
        "model(batch).pow(2).mean()", "F.cross_entropy(model(batch[0]), batch[1])"
    )
    rising = "optimizer.step()\n    rise.step()"
    made = "\nrise = ExponentialLR(optimizer, gamma=GAMMA)\nfor i"
    risen = classified.replace("optimizer.step()", rising).replace("\nfor i", made)
    assert "NN606" in codes(classified)
    assert "NN606" in codes(risen.replace("GAMMA", "0.9"))
    assert "NN606" not in codes(risen.replace("GAMMA", "1.1"))
    updated = "\nfor group in optimizer.param_groups:\n    group.update(lr=0.1)\nfor i"
    assert "NN606" not in codes(classified.replace("\nfor i", updated))


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        ("self.score(x)", True),
        ("torch.sigmoid(self.score(x)) * 5", False),
        ("torch.tanh(self.score(x)) / 0.1", False),
        ("torch.tanh(self.score(x)) / 0.001", True),
    ],
)
def test_what_an_activation_keeps_small_does_not_overflow(scores: str, told: bool) -> None:
    program = f"""
        class Attention(nn.Module):
            def __init__(self):
                super().__init__()
                self.score = nn.Linear(8, 1)

            def forward(self, x):
                weights = torch.exp({scores})
                return weights / weights.sum(1, keepdim=True)
    """
    assert ("NN705" in codes(program)) is told


@pytest.mark.parametrize(
    ("goes", "told"),
    [("i in range(classes)", True), ("i, each in enumerate(objects_in(mask), 1)", False)],
)
def test_objects_that_were_found_have_a_union(goes: str, told: bool) -> None:
    program = f"""
        def overlaps(mask, other, classes):
            scores = []
            for {goes}:
                one, two = mask == i, other == i
                scores.append((one & two).sum() / (one | two).sum())
            return scores
    """
    assert ("NN701" in codes(program)) is told


@pytest.mark.parametrize(("end", "told"), [("return found", False), ("print(found)", True)])
def test_a_name_is_not_read_again_where_the_loop_around_is_over(end: str, told: bool) -> None:
    program = f"""
        def search(tree, parents):
            i = -1
            for node in tree:
                i += 1
                while node:
                    if node.is_last:
                        for i in range(len(parents)):
                            found = parents[i]
                        {end}
    """
    assert ("NN802" in codes(program)) is told


EVALUATION = """
model = nn.Linear(3, 2)
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(3):
    for x, y in torch.load("batches.pt"):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
JUDGED
    model.train()
"""


def judged(code: str) -> list[str]:
    """The codes told of an evaluation."""
    return codes(EVALUATION.replace("JUDGED", indent(dedent(code), " " * 8)))


@pytest.mark.parametrize(
    ("together", "whole", "told"),
    [
        ("total += loss.item()", "log.add_scalar('mean', total / len(batches), epoch)", False),
        ("losses.append(loss.item())", "report(losses)", False),
        ("losses[i] = loss.item()", "report(losses)", False),
        ("meter.update(loss.item(), len(x))", "print(meter.avg)", False),
        ("right.extend((model(x).argmax(1) == y).tolist())", "print(sum(right))", True),
        ("pass", "pass", True),
    ],
)
def test_batches_may_be_logged_beside_what_is_put_together_of_them(
    together: str, whole: str, told: bool
) -> None:
    found = judged(f"""
        from torch.utils.tensorboard import SummaryWriter
        from meters import Meter
        log, batches, total = SummaryWriter(), torch.utils.data.DataLoader(held_out(), 8), 0.0
        losses, right, meter = [], [], Meter()
        for i, (x, y) in enumerate(batches):
            loss = F.cross_entropy(model(x), y)
            {together}
            log.add_scalar("loss", loss.item(), epoch * len(batches) + i)
        {whole}
    """)
    assert ("NN803" in found) is told


@pytest.mark.parametrize(
    ("before", "inside", "told"),
    [
        ("right, guessed = [], []", "pass", False),
        ("pass", "right, guessed = [], []", True),
    ],
)
def test_a_score_of_all_batches_so_far_is_none_of_the_last_one(
    before: str, inside: str, told: bool
) -> None:
    found = judged(f"""
        {before}
        for x, y in torch.load("held out.pt"):
            {inside}
            right.extend(y.tolist())
            guessed.append(model(x).argmax(1))
            hits = (np.array(right) == torch.cat(guessed).numpy()).sum()
            seen = len(right)
        print(hits / seen)
    """)
    assert bool({"NN803", "NN808"} & set(found)) is told


@pytest.mark.parametrize(("begun", "told"), [("pass", False), ("rounds = 0", True)])
def test_a_mean_over_all_epochs_is_divided_by_all_their_batches(begun: str, told: bool) -> None:
    program = f"""
        model = nn.Linear(3, 2)
        optimizer = torch.optim.Adam(model.parameters())
        total, rounds = 0.0, 0
        for epoch in range(3):
            {begun}
            for x, y in torch.load("batches.pt"):
                loss = F.cross_entropy(model(x), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item()
                rounds += 1
            print(total / rounds)
    """
    assert ("NN808" in codes(program)) is told


@pytest.mark.parametrize(
    "loops",
    [
        # The rest of the round is passed over.
        """
        for i in range(len(rows)):
            if rows[i] is None:
                for i in range(width):
                    fill(i)
                continue
            show(rows[i])
        """,
        # What has failed is of the inner loop.
        """
        for i in range(3):
            try:
                for i in range(width):
                    fill(i)
            except ValueError:
                print("failed at", i)
        """,
        # The next round goes on from there.
        """
        state = begin()
        for step in range(3):
            action = policy(state)
            for state, reward in roll_out(action):
                keep(state, reward)
        """,
        """
        winner = players[0]
        for round_ in range(3):
            print("defends:", winner)
            for winner in players:
                if winner.wins():
                    break
        """,
        """
        i = 0
        for epoch in range(3):
            print("there were", i, "batches in the last epoch")
            for i, batch in enumerate(batches):
                show(batch)
        """,
    ],
)
def test_what_an_inner_loop_leaves_may_be_meant_for_what_follows(loops: str) -> None:
    program = f"def run(rows, width, players, batches):\n{indent(dedent(loops), '    ')}"
    assert "NN802" not in codes(program)


MEMORY = """
class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(9, 6)
        self.layers = nn.ModuleList([nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 3)])

    def forward(self, words, state=None):
        x = self.table(words)
        for layer in self.layers:
            x = torch.tanh(layer(x))
        return x

SENTENCES = [("the dog".split(), [0, 1]), ("a cat".split(), [0, 1])]
words = torch.load("words.pt")
tags = torch.load("tags.pt")
model = Tagger()
optimizer = torch.optim.Adam(model.parameters(), lr=0.3)
for epoch in range(300):
ROUND
"""


@pytest.mark.parametrize(
    ("one_round", "told"),
    [
        (
            """
    state = torch.zeros(6)
    loss = F.cross_entropy(model(words, state), tags)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
""",
            False,
        ),
        (
            """
    loss, state = 0, torch.zeros(6)
    for word, tag in zip(words, tags):
        loss = loss + F.cross_entropy(model(word, state), tag.view(1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
""",
            False,
        ),
        (
            """
    for sentence, own in SENTENCES:
        loss = F.cross_entropy(model(encode(sentence)), torch.tensor(own))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
""",
            False,
        ),
        (
            """
    for sentence, own in load_sentences():
        loss = F.cross_entropy(model(encode(sentence)), torch.tensor(own))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
""",
            True,
        ),
        (
            """
    words, tags = draw()
    loss = F.cross_entropy(model(words), tags)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
""",
            True,
        ),
    ],
)
def test_what_is_learned_by_heart_takes_rates_of_a_half(one_round: str, told: bool) -> None:
    assert ("NN606" in codes(MEMORY.replace("ROUND", one_round))) is told


JUDGED_ALONE = """
model = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2))
model.load_state_dict(torch.load("model.pt"))
optimizer = torch.optim.Adam(model.parameters(), lr=1.0)
for x, y in torch.load("held out.pt"):
    loss = F.cross_entropy(model(x), y)
    LEARN
    print(loss.item())
"""


@pytest.mark.parametrize(
    ("learn", "told"), [("loss.backward(); optimizer.step()", True), ("pass", False)]
)
def test_an_optimizer_of_a_program_that_learns_nothing_has_any_rate(learn: str, told: bool) -> None:
    assert ("NN606" in codes(JUDGED_ALONE.replace("LEARN", learn))) is told


OF_THEIR_OWN = """
class Camera(nn.Module):
    def __init__(self, renderer):
        super().__init__()
        self.renderer = renderer
        self.position = nn.Parameter(torch.zeros(3))

    def forward(self, scene):
        return self.renderer(scene, self.position)

class Factors(nn.Module):
    def __init__(self):
        super().__init__()
        self.users, self.items = nn.Embedding(90, 8), nn.Embedding(50, 8)
        self.user_biases, self.item_biases = nn.Embedding(90, 1), nn.Embedding(50, 1)

    def forward(self, pair):
        user, item = pair
        return (self.users(user) * self.items(item)).sum(1)

def fit(renderer, batches):
    model = MODEL
    optimizer = torch.optim.Adam(model.parameters(), lr=0.3)
    for x, y in batches:
        optimizer.zero_grad()
        F.mse_loss(model(x), y).backward()
        optimizer.step()
"""


@pytest.mark.parametrize("model", ["Camera(renderer)", "Factors()"])
def test_parameters_without_a_layer_and_rows_of_tables_have_far_to_go(model: str) -> None:
    assert "NN606" not in codes(OF_THEIR_OWN.replace("MODEL", model))
    assert "NN606" in codes(OF_THEIR_OWN.replace("MODEL", "renderer"))


FEW_ROWS = """
import numpy as np
from tensorflow import keras

X = np.array(ROWS)
layers = [keras.layers.Dense(8, "relu"), keras.layers.Dense(8, "relu"), keras.layers.Dense(1)]
model = keras.Sequential(layers)
model.compile(optimizer=keras.optimizers.Adam(0.1), loss="mse")
model.fit(X, np.load("labels.npy"), epochs=500)
"""


@pytest.mark.parametrize(
    ("rows", "told"), [("[[0, 0], [0, 1], [1, 0], [1, 1]]", False), ("load_rows()", True)]
)
def test_keras_may_learn_a_few_rows_by_heart(rows: str, told: bool) -> None:
    assert ("NN606" in codes(FEW_ROWS.replace("ROWS", rows))) is told
