"""missing-eval-mode (NN401), train-mode-not-restored (NN402), missing-no-grad (NN403)."""

import pytest

from advisor.code.analysis import analyze
from advisor.code.events import ForwardRun, ModeSwitched
from advisor.code.project import Project
from advisor.code.sources import Source
from advisor.rulebook import rulebook
from tests.abstract_programs import findings, marked, program

SETTING = """
import torch
from torch import nn
from torch.utils.data import DataLoader
loss_of = nn.functional.cross_entropy
train_loader, test_loader = DataLoader(load("train")), DataLoader(load("test"))
model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
def train_one_epoch():
    for x, y in train_loader:
        optimizer.zero_grad()
        loss_of(model(x), y).backward()
        optimizer.step()
"""

EVALUATED_IN_TRAINING_MODE = {
    "after training": """
        train_one_epoch()
        with torch.no_grad():
            for x, y in test_loader:  # error
                print(loss_of(model(x), y))
        """,
    "that is known by the labels it is compared with": """
        others = DataLoader(load("b"))
        for epoch in range(3):
            train_one_epoch()
            right = 0
            with torch.no_grad():
                for x, y in others:  # error
                    right += (model(x).argmax(1) == y).sum().item()
            print(right)
        """,
    "whose output is called so": """
        x, y = torch.randn(120, 3), torch.randint(0, 2, (120,))
        for epoch in range(3):
            train_one_epoch()
            with torch.no_grad():
                val_loss = loss_of(model(x[96:]), y[96:])  # error
            print(val_loss)
        """,
    "in a helper that is given the model": """
        @torch.no_grad()
        def accuracy(network, loader):
            return sum((network(x).argmax(1) == y).sum() for x, y in loader)  # error
        train_one_epoch()
        accuracy(model, test_loader)
        """,
    "through an attribute": """
        class Trainer:
            def __init__(self, network):
                self.network = network
            @torch.inference_mode()
            def validate(self):
                for x, y in test_loader:  # error
                    print(loss_of(self.network(x), y))
        Trainer(model).validate()
        """,
    "once, on rows that are called so": """
        train_one_epoch()
        x_val, y_val = next(iter(test_loader))
        with torch.no_grad():
            print(loss_of(model(x_val), y_val))  # error
        """,
    "train() takes the eval() back": """
        model.eval()
        model.train()
        with torch.no_grad():
            for x, y in test_loader:  # error
                print(loss_of(model(x), y))
        """,
    "another model is switched": """
        other = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
        other.eval()
        with torch.no_grad():
            for x, y in test_loader:  # error
                print(loss_of(model(x), y))
        """,
    "a class of the project": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.first = nn.Linear(3, 8)
                self.norm = nn.BatchNorm1d(8)
                self.last = nn.Linear(8, 2)
            def forward(self, x):
                return self.last(torch.relu(self.norm(self.first(x))))
        net = Net()
        with torch.no_grad():
            for x, y in test_loader:  # error
                print(loss_of(net(x), y))
        """,
}

SERVED_IN_TRAINING_MODE = """
import torch
from torch import nn
class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.dropout = nn.Linear(3, 8), nn.Dropout(0.1)
    def forward(self, x):
        return self.dropout(self.layer(x))
class Service:
    def __init__(self, path):
        self.encoder = Encoder()
        self.encoder.load_state_dict(torch.load(path))
    def encode(self, x):
        with torch.inference_mode():
            return self.encoder(x)  # error
"""

IN_THE_RIGHT_MODE = {
    "of which nobody asks whether it is right": """
        others = DataLoader(load("b"))
        for epoch in range(3):
            train_one_epoch()
            with torch.no_grad():
                for x, y in others:
                    model(x)  # running means are found anew
        """,
    "in the loop that trains as well": """
        for x, y in DataLoader(load("b")):
            with torch.no_grad():
                sure = model(x).argmax(1) == y
            optimizer.zero_grad()
            loss_of(model(x[sure]), y[sure]).backward()
            optimizer.step()
        """,
    "in evaluation mode": """
        model.eval()
        with torch.no_grad():
            for x, y in test_loader:
                print(loss_of(model(x), y))
        """,
    "train(False)": """
        model.train(False)
        with torch.no_grad():
            for x, y in test_loader:
                print(loss_of(model(x), y))
        """,
    "a helper switches": """
        def ready(network):
            return network.eval()
        ready(model)
        with torch.no_grad():
            for x, y in test_loader:
                print(loss_of(model(x), y))
        """,
    "a context manager switches and puts back": """
        import contextlib
        @contextlib.contextmanager
        def evaluating(network):
            network.eval()
            yield
            network.train()
        with evaluating(model), torch.no_grad():
            for x, y in test_loader:
                print(loss_of(model(x), y))
        """,
    "a context manager switches, hands over and puts back": """
        import contextlib
        @contextlib.contextmanager
        def evaluating(network):
            before = network.training
            network.eval()
            try:
                with torch.no_grad():
                    yield network
            finally:
                network.train(before)
        with evaluating(model) as net:
            for x, y in test_loader:
                print(loss_of(net(x), y))
        """,
    "training mode is wanted where no gradients are": """
        model.eval()
        with torch.no_grad():
            model.train()
            for x, y in test_loader:
                print(loss_of(model(x), y))
        """,
    "one of several helpers predicts for the training": """
        class Fitting:
            def __init__(self, whole):
                self.predict = self.predict_one if whole else self.predict_each
            def predict_one(self, row, network):
                return network(row[0])
            def predict_each(self, row, network):
                return network(*row[0])
            def fit(self, network):
                network.train()
                for row in train_loader:
                    optimizer.zero_grad()
                    losses = tuple(loss_of(self.predict(row, network), row[1]) for _ in range(1))
                    losses[0].backward()
                    optimizer.step()
        Fitting(load("whole")).fit(model)
        """,
    "it may be switched on one way": """
        if torch.cuda.is_available():
            model.eval()
        with torch.no_grad():
            for x, y in test_loader:
                print(loss_of(model(x), y))
        """,
    "code that nobody can look into is given the model": """
        from somewhere import prepare
        prepare(model)
        with torch.no_grad():
            for x, y in test_loader:
                print(loss_of(model(x), y))
        """,
    "the mode follows the phase": """
        for phase in ["train", "val"]:
            if phase == "train":
                model.train()
            else:
                model.eval()
            with torch.set_grad_enabled(phase == "train"):
                for x, y in test_loader:
                    print(loss_of(model(x), y))
        """,
    "no layer depends on the mode": """
        plain = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2))
        with torch.no_grad():
            for x, y in test_loader:
                print(loss_of(plain(x), y))
        """,
    "dropout that drops nothing": """
        plain = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Dropout(0.0), nn.Linear(8, 2))
        with torch.no_grad():
            for x, y in test_loader:
                print(loss_of(plain(x), y))
        """,
    "a single recurrent layer has nothing to drop between": """
        class Reader(nn.Module):
            def __init__(self, layers=1):
                super().__init__()
                self.reads, self.tells = nn.GRU(3, 8, layers, dropout=0.1), nn.Linear(8, 2)
            def forward(self, x):
                return self.tells(self.reads(x)[0])
        reader = Reader()
        with torch.no_grad():
            for x, y in test_loader:
                print(loss_of(reader(x), y))
        """,
    "a model that comes from a file": """
        loaded = torch.load("model.pt")
        with torch.no_grad():
            for x, y in test_loader:
                print(loss_of(loaded(x), y))
        """,
    "statistics are collected from training data": """
        with torch.no_grad():
            for x, _ in train_loader:
                model(x)
        """,
    "a model is tried out on random numbers": """
        def test():
            net = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8))
            print(net(torch.randn(2, 3)).shape)
        test()
        """,
    "a model is tried out on zeros that go by the name of a test": """
        test_net = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8))
        test_x = torch.autograd.Variable(torch.zeros(2, 3))
        test_y = test_net(test_x)
        print(test_y.shape)
        """,
    "the mode is switched around each pass, of modules": """
        def accuracy(batches, network):
            for x, y in batches:
                if isinstance(network, torch.nn.Module):
                    network.eval()
                    print(loss_of(network(x), y))
                    network.train()
                else:
                    print(loss_of(network(x), y))
        with torch.no_grad():
            accuracy(test_loader, nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8)))
        """,
    "nobody knows the model": """
        def evaluate(network, loader):
            with torch.no_grad():
                return [network(x) for x, y in loader]
        """,
}

LEFT_IN_EVALUATION_MODE = {
    "at the end of the epoch": """
        for epoch in range(10):
            train_one_epoch()
            model.eval()  # error
            with torch.no_grad():
                for x, y in test_loader:
                    print(loss_of(model(x), y))
        """,
    "train() before the loop only": """
        model.train()
        for epoch in range(10):
            train_one_epoch()
            model.eval()  # error
            with torch.no_grad():
                print([loss_of(model(x), y) for x, y in test_loader])
        """,
    "every now and then": """
        for epoch in range(10):
            train_one_epoch()
            if epoch % 5 == 0:
                model.eval()  # error
                with torch.no_grad():
                    print([loss_of(model(x), y) for x, y in test_loader])
        """,
}

BACK_IN_TRAINING_MODE = {
    "train() at the start of the epoch": """
        for epoch in range(10):
            model.train()
            train_one_epoch()
            model.eval()
            with torch.no_grad():
                print([loss_of(model(x), y) for x, y in test_loader])
        """,
    "train() behind the evaluation": """
        for epoch in range(10):
            train_one_epoch()
            model.eval()
            with torch.no_grad():
                print([loss_of(model(x), y) for x, y in test_loader])
            model.train()
        """,
    "fine-tuned in evaluation mode throughout": """
        model.eval()
        for epoch in range(10):
            train_one_epoch()
        """,
    "a copy is evaluated unless it is switched off": """
        import argparse, copy
        parser = argparse.ArgumentParser()
        parser.add_argument("--ema", action="store_true", default=True)
        args = parser.parse_args()
        average = copy.deepcopy(model)
        for epoch in range(10):
            train_one_epoch()
            tested = average if args.ema else model
            tested.eval()
            with torch.no_grad():
                print([loss_of(tested(x), y) for x, y in test_loader])
        """,
    "the loop ends with it": """
        for epoch in range(10):
            train_one_epoch()
            if epoch == 5:
                model.eval()
                break
        """,
}

WITH_GRADIENTS = {
    "in a validation loop": """
        model.eval()
        for x, y in test_loader:  # error
            print(loss_of(model(x), y).item())
        """,
    "in a function that judges": """
        def evaluate(network, loader):
            network.eval()
            for x, y in loader:  # error
                print(loss_of(network(x), y).item())
        """,
    "behind training in the same epoch": """
        for epoch in range(3):
            model.train()
            train_one_epoch()
            model.eval()
            for x, y in test_loader:  # error
                print(loss_of(model(x), y).item())
        """,
    "a statement that switches nothing": """
        model.eval()
        torch.no_grad()  # error
        for x, y in test_loader:
            print(loss_of(model(x), y).item())
        """,
}

WITHOUT_GRADIENTS_OR_WITH_REASON = {
    "models are built and loaded": """
        def load(library, states):
            models = []
            for i in range(len(val_states)):
                net = library["model"].Net(3)
                net.load_state_dict(val_states[i])
                net.eval()
                models.append(net)
            return models
        """,
    "a model that is saved, not run": """
        from ours import network
        def test(network, test_results):
            for epoch in range(10):
                network.save_model(test_results=test_results)
        """,
    "inside of the loop": """
        model.eval()
        for x, y in test_loader:
            with torch.inference_mode():
                print(loss_of(model(x), y).item())
        """,
    "switched off by a statement": """
        torch.set_grad_enabled(False)
        model.eval()
        for x, y in test_loader:
            print(loss_of(model(x), y).item())
        """,
    "by the caller": """
        def evaluate():
            model.eval()
            for x, y in test_loader:
                print(loss_of(model(x), y).item())
        with torch.no_grad():
            evaluate()
        """,
    "by a decorator": """
        @torch.no_grad()
        def evaluate():
            model.eval()
            for x, y in test_loader:
                print(loss_of(model(x), y).item())
        evaluate()
        """,
    "by a decorator from elsewhere": """
        from ours import inference
        @inference
        def evaluate():
            model.eval()
            for x, y in test_loader:
                print(loss_of(model(x), y).item())
        evaluate()
        """,
    "by a context manager of the project": """
        import contextlib
        @contextlib.contextmanager
        def quiet():
            with torch.no_grad():
                yield
        model.eval()
        with quiet():
            for x, y in test_loader:
                print(loss_of(model(x), y).item())
        """,
    "the input wants gradients": """
        model.eval()
        for x, y in test_loader:
            x.requires_grad_()
            loss_of(model(x), y).backward()
            print(x.grad)
        """,
    "the loss goes back later": """
        model.train()
        for step in range(10):
            losses = []
            for x, y in test_loader:
                losses.append(loss_of(model(x), y))
            optimizer.zero_grad()
            sum(losses).backward()
            optimizer.step()
        """,
    "an attack is handed the model": """
        from attacks import pgd_attack
        model.eval()
        for x, y in test_loader:
            x = pgd_attack(model, x, y)
            print(loss_of(model(x), y).item())
        """,
    "a model of another library": """
        import tensorflow as tf
        def evaluate(network, test_data):
            for x, y in test_data:
                print(network(x))
        """,
    "nothing but a loss runs": """
        criterion = nn.CrossEntropyLoss()
        for x, y in test_loader:
            print(criterion(x, y).item())
        """,
}


def found(case: str, code: str) -> list[tuple[int, str]]:
    return [each for each in findings(SETTING + case) if each[1] in {"NN401", "NN402", "NN403"}]


def cases(table: dict[str, str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", [_dedented(each) for each in table.values()], ids=table)


def _dedented(text: str) -> str:
    return "\n".join(line.removeprefix(" " * 8) for line in text.splitlines())


@cases(EVALUATED_IN_TRAINING_MODE)
def test_an_evaluation_in_training_mode_is_flagged(case: str) -> None:
    assert found(case, "NN401") == marked(SETTING + case, "NN401")


def test_a_service_that_never_switches_its_loaded_model_is_flagged() -> None:
    wrong = SERVED_IN_TRAINING_MODE
    assert findings(wrong) == marked(wrong, "NN401")
    assert (
        findings(
            wrong.replace("torch.load(path))", "torch.load(path))\n        self.encoder.eval()")
        )
        == []
    )


@cases(IN_THE_RIGHT_MODE)
def test_what_may_be_in_evaluation_mode_is_not_flagged(case: str) -> None:
    assert found(case, "NN401") == []


@cases(LEFT_IN_EVALUATION_MODE)
def test_an_epoch_that_trains_in_evaluation_mode_is_flagged(case: str) -> None:
    assert found(case, "NN402") == marked(SETTING + case, "NN402")


@cases(BACK_IN_TRAINING_MODE)
def test_an_epoch_that_trains_as_the_first_one_did_is_not_flagged(case: str) -> None:
    assert found(case, "NN402") == []


@cases(WITH_GRADIENTS)
def test_an_evaluation_that_builds_graphs_is_flagged(case: str) -> None:
    assert found(case, "NN403") == marked(SETTING + case, "NN403")


@cases(WITHOUT_GRADIENTS_OR_WITH_REASON)
def test_an_evaluation_that_builds_none_or_needs_them_is_not_flagged(case: str) -> None:
    assert found(case, "NN403") == []


POLICY = """
import torch
from torch import nn
class Agent:
    def __init__(self):
        self.actor, self.critic = nn.Linear(4, 2), nn.Linear(4, 1)
        self.learners = [torch.optim.Adam(self.actor.parameters()), torch.optim.Adam(self.critic.parameters())]
    def evaluate(self, states, actions):
        values = self.critic(states).squeeze()
        chances = torch.distributions.Categorical(logits=self.actor(states))
        return values, chances.log_prob(actions)
    def learn(self, rounds):
        for _ in range(rounds):
            states, actions, before, returns = collect(self)
            values, _ = self.evaluate(states, actions)
            gains = returns - values.detach()
            for _ in range(5):
                values, now = self.evaluate(states, actions)
                loss = -(torch.exp(now - before) * gains).mean() + nn.functional.mse_loss(values, returns)
                for each in self.learners:
                    each.zero_grad()
                loss.backward()
                for each in self.learners:
                    each.step()
Agent().learn(100)
"""


def test_what_a_policy_learns_from_may_be_called_its_evaluation() -> None:
    assert [each for each in findings(POLICY) if each[1] == "NN403"] == []


def test_switching_a_module_switches_all_that_it_holds() -> None:
    run = program(
        """
        from torch import nn
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.body = nn.Sequential(nn.Linear(3, 3))
            def forward(self, x):
                return self.body(x)
        net = Net()
        net.eval()
        net.body(net.input)
        net.train()
        net(net.input)
        """
    )
    switches = run.events(ModeSwitched)
    assert [each.training for each in switches] == [False, True]
    outside = [each for each in run.events(ForwardRun) if not each.context.running]
    assert [each.modes for each in outside] == [(switches[0],), (switches[1],)]


def test_what_runs_inside_of_a_module_knows_so() -> None:
    run = program(
        """
        from torch import nn
        model = nn.Sequential(nn.Linear(3, 3), nn.Dropout())
        model(model.input)
        """
    )
    whole, *inside = run.events(ForwardRun)
    assert [each.context.running for each in inside] == [(whole.module,), (whole.module,)]
    assert whole.end > inside[-1].index


def test_a_helper_of_trainings_and_evaluations_is_judged_for_each_of_them() -> None:
    text = (
        SETTING
        + """
def loss_for(x, y):
    return loss_of(model(x), y)
for epoch in range(9):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss_for(x, y).backward()
        optimizer.step()
    model.eval()
    for x, y in test_loader:  # error
        print(loss_for(x, y).item())
"""
    )
    assert [each for each in findings(text) if each[1] == "NN403"] == marked(text, "NN403")


def test_a_helper_of_trainings_is_no_place_to_tell_of_an_evaluation() -> None:
    text = (
        SETTING
        + """
def outputs_of(nodes):
    return torch.cat([model(node) for node in nodes])
def validate(graph):
    model.eval()
    return outputs_of(graph).mean().item()  # error
def learn(graph):
    model.train()
    optimizer.zero_grad()
    outputs_of(graph).mean().backward()
    optimizer.step()
for epoch in range(9):
    for graph in train_loader:
        learn(graph)
    print(sum(validate(graph) for graph in other_loader))
"""
    )
    assert [each for each in findings(text) if each[1] == "NN403"] == marked(text, "NN403")


def test_one_function_for_both_that_always_switches_training_on_judges_in_training_mode() -> None:
    text = (
        SETTING
        + """
def epoch_over(loader, learns):
    model.train()
    for x, y in loader:
        loss = loss_of(model(x), y)
        if learns:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
for epoch in range(9):
    epoch_over(train_loader, True)
    with torch.no_grad():
        epoch_over(test_loader, False)
"""
    )
    assert "NN401" in {code for _, code in findings(text)}


def test_a_model_that_was_trained_before_trains_nothing_by_its_name() -> None:
    text = """
import torch
from transformers import AutoModel
model = AutoModel.from_pretrained("a-model")
def judge(eval_loader):
    model.eval()
    for batch in eval_loader:  # error
        print(model(**batch).logits)
"""
    assert [each for each in findings(text) if each[1] == "NN403"] == marked(text, "NN403")


def test_an_evaluation_spans_the_head_of_its_loop_to_the_call_of_the_model() -> None:
    text = f"""{SETTING}
model.eval()
for x, y in test_loader:
    x = x.float()
    print(loss_of(model(x), y))
"""
    source = Source(text, "program.py")
    rules = [rule for rule in rulebook("code").rules if rule.code == "NN403"]
    (found,) = analyze(source, Project([source]), rules).findings
    lines = text.splitlines()[found.location.row - 1 : found.location.end_row]
    assert [line.split()[0] for line in lines] == ["for", "x", "print(loss_of(model(x),"]


SHARED = """
import torch
from torch import nn
from torch.utils.data import DataLoader
class Trainer:
    def __init__(self, training, held_out):
        self.model = nn.Sequential(nn.Linear(8, 32), nn.Dropout(0.2), nn.Linear(32, 2))
        self.optimizer = torch.optim.Adam(self.model.parameters())
        self.training, self.held_out = DataLoader(training, 32, shuffle=True), DataLoader(held_out, 32)
    def batch(self, x, y, learn):
        with torch.set_grad_enabled(learn):
            loss = nn.functional.cross_entropy(self.model(x), y)  # error
        if learn:
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        return loss.item()
    def epoch(self, loader, learn=True):
        SWITCH
        return sum(self.batch(x, y, learn) for x, y in loader) / len(loader)
    def fit(self, epochs):
        for _ in range(epochs):
            self.epoch(self.training)
            print(self.epoch(self.held_out, learn=False))
Trainer(torch.load('a.pt'), torch.load('b.pt')).fit(10)
"""


@pytest.mark.parametrize(("switch", "tells"), [("pass", True), ("self.model.train(learn)", False)])
def test_a_loop_of_a_training_may_be_gone_through_once_more_to_judge(
    switch: str, tells: bool
) -> None:
    text = SHARED.replace("SWITCH", switch)
    told = [each for each in findings(text) if each[1] == "NN401"]
    assert told == (marked(text, "NN401") if tells else [])


@pytest.mark.parametrize(("switched", "is_told"), [("model.train()", True), ("pass", False)])
def test_a_model_that_comes_with_its_weights_drops_once_it_is_switched_to_training(
    switched: str, is_told: bool
) -> None:
    text = f"""\
import torch
from torch import nn
from transformers import BertModel
class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.bert = BertModel.from_pretrained("bert-base-cased")
        self.head = nn.Linear(768, 9)
    def forward(self, words):
        return self.head(self.bert(words).last_hidden_state)
model = Tagger()
optimizer = torch.optim.AdamW(model.parameters())
{switched}
for words, tags in train_loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(words).flatten(0, 1), tags.flatten()).backward()
    optimizer.step()
right = 0
with torch.no_grad():
    for words, tags in test_loader:
        right += (model(words).argmax(2) == tags).sum().item()
print(right)
"""
    assert ("NN401" in {code for _, code in findings(text)}) is is_told
