"""NN401, NN402 and NN403 where only the course of the program tells which mode a model is in."""

from pathlib import Path
from textwrap import dedent

import pytest

from tests.abstract_programs import findings, marked

NET = """
import time
import torch
from torch import nn
from torchvision.utils import save_image

class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.first, self.drop = nn.Linear(width, 30), nn.Dropout(0.2)
        self.norm, self.last = nn.BatchNorm1d(30), nn.Linear(30, 3)

    def forward(self, x):
        return self.last(self.drop(torch.relu(self.norm(self.first(x)))))
"""
LEARN = """
def learn(model, optimizer, x, y):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
"""

WRONG = {
    "NN401 how fast a model is": """
        def latency(model, repeats=50):
            x = torch.randn(16, 8)
            begin = time.perf_counter()
            with torch.no_grad():
                for _ in range(repeats):  # error
                    model(x)
            return (time.perf_counter() - begin) / repeats
        print(latency(Net()))
        """,
    "NN401 a model of the file that a later request runs": """
        model = Net()
        model.load_state_dict(torch.load("net.pt"))
        def answer(numbers):
            with torch.no_grad():
                return model(torch.tensor([numbers])).argmax(1).item()  # error
        """,
    "NN401 a request for each argument is told where the model runs": """
        import sys
        model = Net()
        model.load_state_dict(torch.load("net.pt"))
        def answer(path):
            with torch.no_grad():
                scores = model(torch.load(path))  # error
            return scores.argmax(1)
        for path in sys.argv[1:]:
            print(answer(path))
        """,
    "NN401 a model that the function itself has built and trained": """
        def fit_and_score(x_train, y_train, x_test, y_test):
            net = Net()
            optimizer = torch.optim.Adam(net.parameters())
            for _ in range(100):
                learn(net, optimizer, x_train, y_train)
            with torch.no_grad():
                scores = net(x_test)  # error
            return (scores.argmax(1) == y_test).float().mean().item()
        """,
    "NN401 each part of a cross-validation": """
        def cross_validate(x, y, folds):
            scores = []
            for train_rows, test_rows in folds:
                net = Net()
                optimizer = torch.optim.Adam(net.parameters())
                for _ in range(100):
                    learn(net, optimizer, x[train_rows], y[train_rows])
                with torch.no_grad():
                    found = net(x[test_rows]).argmax(1)  # error
                scores.append((found == y[test_rows]).float().mean().item())
            return scores
        """,
    "NN401 one function for both, told apart by its optimizer": """
        def one_round(model, loader, loss_of, optimizer=None):
            total = 0.0
            for x, y in loader:
                with torch.set_grad_enabled(optimizer is not None):
                    loss = loss_of(model(x), y)  # error
                if optimizer is not None:
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                total += loss.item()
            return total
        def fit(first, second):
            net = Net()
            optimizer = torch.optim.Adam(net.parameters())
            net.train()
            for _ in range(9):
                print(one_round(net, first, nn.functional.cross_entropy, optimizer))
                print(one_round(net, second, nn.functional.cross_entropy))
        """,
    "NN401 features of a ready model": """
        from torchvision.models import resnet34
        def features(loader):
            net = resnet34(weights="DEFAULT")
            net.fc = nn.Identity()
            found = []
            with torch.no_grad():
                for x, _ in loader:  # error
                    found.append(net(x))
            return torch.cat(found)
        """,
    "NN401 a class that trains in one method and predicts in another": """
        class Classifier:
            def __init__(self):
                self.net = Net()
                self.optimizer = torch.optim.Adam(self.net.parameters())
            def fit(self, pairs):
                self.net.train()
                for x, y in pairs:
                    learn(self.net, self.optimizer, x, y)
                return self
            @torch.no_grad()
            def predict(self, x):
                return self.net(x).argmax(1)  # error
        """,
    "NN401 phases of one loop": """
        net = Net()
        optimizer = torch.optim.Adam(net.parameters())
        for epoch in range(9):
            for phase in ("train", "val"):
                net.train()
                for x, y in loaders[phase]:
                    optimizer.zero_grad()
                    with torch.set_grad_enabled(phase == "train"):
                        loss = nn.functional.cross_entropy(net(x), y)  # error
                        if phase == "train":
                            loss.backward()
                            optimizer.step()
        """,
    "NN402 a network that makes pictures for another one to judge": """
        def train(batches):
            maker, judge = Net(), nn.Linear(3, 1)
            of_maker = torch.optim.Adam(maker.parameters())
            of_judge = torch.optim.Adam(judge.parameters())
            same = torch.randn(16, 8)
            for epoch in range(9):
                for x in batches:
                    made = maker(torch.randn(len(x), 8))
                    of_judge.zero_grad()
                    (judge(made.detach()) - judge(x)).mean().backward()
                    of_judge.step()
                    of_maker.zero_grad()
                    (-judge(made)).mean().backward()
                    of_maker.step()
                maker.eval()  # error
                with torch.no_grad():
                    save_image(maker(same), f"{epoch}.png")
        """,
    "NN402 a policy that acts before it learns": """
        class Player:
            def __init__(self):
                self.policy = Net()
                self.optimizer = torch.optim.Adam(self.policy.parameters())
            def act(self, seen):
                self.policy.eval()  # error
                with torch.no_grad():
                    return self.policy(seen).argmax(1)
            def learn(self, seen, wanted):
                loss = nn.functional.cross_entropy(self.policy(seen), wanted)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
        def play(game, memory):
            player = Player()
            for _ in range(1000):
                memory.add(game.step(player.act(game.seen)))
                player.learn(*memory.draw())
        """,
    "NN402 a policy that learns from whole games": """
        def score(policy, game):
            policy.eval()  # error
            total, going = 0.0, True
            while going:
                with torch.no_grad():
                    going, won = game.step(policy(game.seen).argmax().item())
                total += won
            return total
        def play(game, other):
            policy = Net()
            optimizer = torch.optim.Adam(policy.parameters())
            for turn in range(500):
                chosen, going = [], True
                while going:
                    found = torch.distributions.Categorical(logits=policy(game.seen))
                    action = found.sample()
                    going, won = game.step(action.item())
                    chosen.append(found.log_prob(action) * won)
                optimizer.zero_grad()
                (-torch.stack(chosen).sum()).backward()
                optimizer.step()
                print(score(policy, other))
        """,
    "NN402 a single step that looks at what there is first": """
        class Matching:
            def __init__(self, encoder):
                self.encoder = encoder
                self.optimizer = torch.optim.Adam(encoder.parameters())
            def step(self, known, asked, y):
                self.encoder.eval()  # error
                with torch.no_grad():
                    centres = self.encoder(known)
                loss = nn.functional.cross_entropy(-torch.cdist(self.encoder(asked), centres), y)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
        """,
    "NN403 a number that a function returns": """
        def surprise(model, x, y):
            model.eval()
            scores = model(x)  # error
            return nn.functional.cross_entropy(scores, y).exp().item()
        def fit(model, optimizer, x, y, x_other, y_other):
            for _ in range(9):
                model.train()
                learn(model, optimizer, x, y)
                print(f"loss of the others "
                      f"{surprise(model, x_other, y_other):.2f}")
        """,
    "NN403 a loss that is only read off in each step": """
        net = Net()
        optimizer = torch.optim.Adam(net.parameters())
        x, y, x_other, y_other = torch.load("rows.pt")
        for _ in range(500):
            net.train()
            learn(net, optimizer, x, y)
            net.eval()
            test_loss = nn.functional.cross_entropy(net(x_other), y_other)  # error
            print(test_loss.item())
        """,
    "NN403 outputs that are cut off behind the loop": """
        from sklearn.metrics import roc_auc_score
        def ranked(model, pairs):
            model.eval()
            scores, labels = [], []
            for x, y in pairs:  # error
                scores.append(model(x)[:, 1])
                labels.append(y)
            return roc_auc_score(torch.cat(labels).numpy(), torch.cat(scores).detach().numpy())
        """,
    "NN403 vectors of a model of the file": """
        model = Net()
        model.load_state_dict(torch.load("net.pt"))
        model.eval()
        def vectors(loader):
            found = []
            for x in loader:  # error
                found.append(model(x).detach().numpy())
            return found
        """,
}

RIGHT = {
    "switched where the model is built for requests": """
        model = Net()
        model.load_state_dict(torch.load("net.pt"))
        model.eval()
        def answer(numbers):
            with torch.no_grad():
                return model(torch.tensor([numbers])).argmax(1).item()
        """,
    "handed to code that nobody can look into before the first request": """
        from elsewhere import restored
        model = Net()
        model.load_state_dict(torch.load("net.pt"))
        restored(model)
        def answer(numbers):
            with torch.no_grad():
                return model(torch.tensor([numbers])).argmax(1).item()
        """,
    "a prediction that a training draws on": """
        def predict(model, x):
            with torch.no_grad():
                return model(x).argmax(1)
        def fit(batches):
            net = Net()
            optimizer = torch.optim.Adam(net.parameters())
            net.train()
            for x in batches:
                learn(net, optimizer, x, predict(net, x))
        """,
    "a class whose training ends in evaluation mode": """
        class Classifier:
            def __init__(self):
                self.net = Net()
                self.optimizer = torch.optim.Adam(self.net.parameters())
            def fit(self, pairs):
                self.net.train()
                for x, y in pairs:
                    learn(self.net, self.optimizer, x, y)
                self.net.eval()
                return self
            @torch.no_grad()
            def predict(self, x):
                return self.net(x).argmax(1)
        """,
    "a model is tried out on numbers of a size that is written down": """
        def _test():
            net = Net()
            with torch.no_grad():
                found = net(torch.randn(2, 8))
            assert found.size(1) == 3
        def predict_shape():
            net = Net()
            with torch.no_grad():
                return net(torch.randn(2, 8)).shape
        """,
    "batch norm counts anew what its model is given": """
        net = Net()
        net.load_state_dict(torch.load("net.pt"))
        def count_anew(loader):
            with torch.no_grad():
                for x, _ in loader:
                    net(x)  # nothing but the running means
        count_anew(torch.load("loader.pt"))
        torch.save(net.state_dict(), "counted.pt")
        """,
    "how far predictions with dropout lie apart": """
        def predict_with_dropout(net, x):
            net.train()
            with torch.no_grad():
                return torch.stack([net(x) for _ in range(20)]).std(0)
        """,
    "switched by another method": """
        class Scorer:
            def __init__(self):
                self.net = Net()
                self.optimizer = torch.optim.Adam(self.net.parameters())
            def ready(self):
                self.net.eval()
            def score(self, x_test):
                with torch.no_grad():
                    return self.net(x_test)
            def fit(self, x, y):
                learn(self.net, self.optimizer, x, y)
        """,
    "one function for both that switches the mode": """
        def one_round(model, loader, loss_of, optimizer=None):
            model.train(optimizer is not None)
            for x, y in loader:
                with torch.set_grad_enabled(optimizer is not None):
                    loss = loss_of(model(x), y)
                if optimizer is not None:
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
        def fit(first, second):
            net = Net()
            optimizer = torch.optim.Adam(net.parameters())
            for _ in range(9):
                one_round(net, first, nn.functional.cross_entropy, optimizer)
                one_round(net, second, nn.functional.cross_entropy)
        """,
    "phases of one loop that go with the mode": """
        net = Net()
        optimizer = torch.optim.Adam(net.parameters())
        for epoch in range(9):
            for phase in ("train", "val"):
                net.train(phase == "train")
                for x, y in loaders[phase]:
                    optimizer.zero_grad()
                    with torch.set_grad_enabled(phase == "train"):
                        loss = nn.functional.cross_entropy(net(x), y)
                        if phase == "train":
                            loss.backward()
                            optimizer.step()
        """,
    "a policy that acts in evaluation mode and learns in training mode": """
        class Player:
            def __init__(self):
                self.policy = Net()
                self.optimizer = torch.optim.Adam(self.policy.parameters())
            def act(self, seen):
                self.policy.eval()
                with torch.no_grad():
                    return self.policy(seen).argmax(1)
            def learn(self, seen, wanted):
                self.policy.train()
                loss = nn.functional.cross_entropy(self.policy(seen), wanted)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
        def play(game, memory):
            player = Player()
            for _ in range(1000):
                memory.add(game.step(player.act(game.seen)))
                player.learn(*memory.draw())
        """,
    "a teacher is looked at before the step of another model": """
        def step(teacher, student, optimizer, x):
            teacher.eval()
            with torch.no_grad():
                wanted = teacher(x)
            loss = nn.functional.mse_loss(student(x), wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        """,
    "a picture is changed until a fixed model takes it for another": """
        def change(model, x, y):
            model.eval()
            with torch.no_grad():
                before = model(x)
            x = x.clone().requires_grad_(True)
            optimizer = torch.optim.Adam([x])
            loss = nn.functional.cross_entropy(model(x) - before, y)
            loss.backward()
            optimizer.step()
        """,
    "a loss on held-out rows that goes back": """
        net = Net()
        optimizer = torch.optim.Adam(net.parameters())
        x_other, y_other = torch.load("rows.pt")
        for _ in range(500):
            net.eval()
            val_loss = nn.functional.cross_entropy(net(x_other), y_other)
            print(val_loss.item())
            net.train()
            optimizer.zero_grad()
            (val_loss * 0.1).backward()
            optimizer.step()
        """,
    "what a model makes of its input is returned for others to go back through": """
        def target(model, x):
            model.eval()
            scores = model(x)
            return scores * 2
        """,
}
OURS = ("NN401", "NN402", "NN403")


def whole(text: str) -> str:
    """A program with the network it is about, and the function that trains it where it does."""
    return NET + (LEARN if "learn(" in text else "") + dedent(text)


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_told_where_it_is(name: str) -> None:
    code, text = name.split(" ", 1)[0], whole(WRONG[name])
    assert [each for each in findings(text) if each[1] == code] == marked(text, code)


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_switched_or_meant_so_is_left_alone(name: str) -> None:
    assert not [each for each in findings(whole(RIGHT[name])) if each[1] in OURS]


def test_a_model_that_a_function_builds_to_see_its_output_is_not_evaluated() -> None:
    program = (
        NET
        + """
def try_it():
    net_test = Net()
    for x in torch.randn(3, 16, 8):
        print(net_test(x).size())

def answer(path):
    net = Net()
    LOAD
    with torch.no_grad():
        return [net(x).argmax(1).tolist() for x in torch.randn(3, 16, 8)]
"""
    )
    loaded = program.replace("LOAD", "net.load_state_dict(torch.load(path))")
    assert [code for _, code in findings(loaded)].count("NN401") == 1
    assert "NN401" not in [code for _, code in findings(program.replace("LOAD", "pass"))]


IN_TURN = """
def run(model, parts):
    optimizer = torch.optim.Adam(model.parameters())
    for epoch in range(10):
        for part in ("train", "val"):
            model.train(part == "train")
            for x, y in parts[part]:
                with {mode}:
                    loss = nn.functional.cross_entropy(model(x), y)  # error
                if part == "train":
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                print(part, loss.item())


DataLoader = torch.utils.data.DataLoader
run(Net(), {{"train": DataLoader(first), "val": DataLoader(second)}})
"""


def test_a_loop_that_trains_and_judges_in_turn_builds_graphs_for_both() -> None:
    text = NET + IN_TURN.format(mode='torch.autocast("cpu")')
    assert [each for each in findings(text) if each[1] == "NN403"] == marked(text, "NN403")
    right = NET + IN_TURN.format(mode='torch.set_grad_enabled(part == "train")')
    assert "NN403" not in {code for _, code in findings(right)}


SCRIPT = """
from torch.utils.data import DataLoader
from rows import held_out

def test(model, batches):
    right = 0
    with torch.no_grad():
        for x, y in batches:
            right += (model(x).argmax(1) == y).sum().item()
    return right

if __name__ == "__main__":
    net = Net()
    {weights}
    print(test(net, DataLoader(held_out, batch_size=64)))
"""
LOADED = 'net.load_state_dict(torch.load("net.pt"))'


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        (LOADED, 1),
        (f"{LOADED}\n    net.eval()", 0),
        ("", 0),  # the toy of a test of code
        (f"{LOADED}\n    assert net.first.bias is not None", 0),
    ],
)
def test_a_script_that_tests_what_was_learned_is_no_test_of_code(
    weights: str, expected: int, tmp_path: Path
) -> None:
    text = NET + SCRIPT.format(weights=weights)
    codes = [code for _, code in findings(text, tmp_path / "test_net.py")]
    assert codes.count("NN401") == expected


CHOSEN = """
import argparse

class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.only = nn.Linear(8, 3)
    def forward(self, x):
        return self.only(x)
class Dropping(Plain):
    def forward(self, x):
        return self.only(nn.functional.dropout(x, 0.2, self.training))
class Normed(Plain):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(8)
    def forward(self, x):
        return self.only(self.norm(x))
def made(name):
    if name == "first":
        return {first}()
    elif name == "second":
        return {second}()
    elif name == "third":
        return {third}()
    raise ValueError(name)
parser = argparse.ArgumentParser()
parser.add_argument("--model")
model = made(parser.parse_args().model)
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(9):
    {train}
    for x, y in learned:
        learn(model, optimizer, x, y)
    {switch}
    right = 0
    with torch.no_grad():
        for x, y in val_batches:
            right += (model(x).argmax(1) == y).sum().item()
    print(right)
"""


@pytest.mark.parametrize(
    ("first", "second", "third", "switch", "expected"),
    [
        ("Dropping", "Normed", "Normed", "", 1),
        ("Dropping", "Normed", "Plain", "", 1),
        ("Dropping", "Normed", "Plain", "model.eval()", 0),
        ("Plain", "Normed", "Plain", "", 0),
        ("Plain", "Plain", "Plain", "", 0),
    ],
)
def test_models_that_a_setting_chooses_from(
    first: str, second: str, third: str, switch: str, expected: int
) -> None:
    start = NET + LEARN + "from rows import learned, val_batches\n"
    text = CHOSEN.format(
        first=first, second=second, third=third, switch=switch or "pass", train="model.train()"
    )
    codes = [code for _, code in findings(start + text)]
    assert codes.count("NN401") == expected


UNFROZEN = """
from rows import learned, val_batches
net, other = Net(), Net()
optimizer = torch.optim.Adam(net.parameters())
for x, y in learned:
    learn(net, optimizer, x, y)
{switch}
right = 0
with torch.no_grad():
    for x, y in val_batches:
        right += (net(x).argmax(1) == y).sum().item()
print(right)
other.last.requires_grad = True
for each in other.first.parameters():
    each.requires_grad = True
"""


def test_another_model_that_is_unfrozen_later_trains_not_here() -> None:
    for switch, expected in (("", 1), ("net.eval()", 0), ("other.eval()", 1)):
        codes = [code for _, code in findings(NET + LEARN + UNFROZEN.format(switch=switch))]
        assert codes.count("NN401") == expected


@pytest.mark.parametrize(
    ("comment", "count"),
    [
        ("# Do not set .eval(): the dropout is the noise", 0),
        ("# no need for eval mode", 0),
        ("# we don't call eval() here", 0),
        ("# judge it", 1),
        ("# evaluate the network", 1),
    ],
)
def test_a_comment_may_say_why_a_model_is_not_switched(comment: str, count: int) -> None:
    text = f"""
import torch
from torch import nn
from project import loader, val_loader
net = nn.Sequential(nn.Linear(9, 9), nn.Dropout(), nn.Linear(9, 2))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
def fit():
    for epoch in range(9):
        net.train()
        for x, y in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x), y).backward()
            optimizer.step()
        right = 0
        with torch.no_grad():
            {comment}
            for x, y in val_loader:
                right += (net(x).argmax(1) == y).sum().item()
        print(right / len(val_loader.dataset))
fit()
"""
    assert sum(code == "NN401" for _, code in findings(text)) == count
    helped = text.replace("(net(x).argmax(1) == y).sum()", "hits(x, y)")
    helped = helped.replace(
        "def fit", "def hits(x, y):\n    return (net(x).argmax(1) == y).sum()\ndef fit"
    )
    assert sum(code == "NN401" for _, code in findings(helped)) == count
