"""Programs that look like a bug of the schedule, the weights, the rate or the numbers, and are right."""

import pytest

from tests.abstract_programs import findings

HEADER = """
import torch
from torch import nn
import torch.nn.functional as F
"""


def _codes(program: str) -> list[str]:
    return [code for _, code in findings(HEADER + program)]


KEPT = """
def train(model: nn.Linear, batches, judge):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    lowest, best_model = 1e9, None
    for epoch in range(20):
        for x, y in batches:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        loss = judge(model)
        if loss < lowest:
            lowest = loss
            best_model = model
            USED
    BEHIND
"""


@pytest.mark.parametrize(
    ("used", "behind", "told"),
    [
        ("torch.save(best_model, 'best.pt')", "return lowest", False),
        ("pass", "return best_model", True),
        ("torch.save(best_model, 'best.pt')", "return best_model", True),
    ],
)
def test_a_name_of_the_best_model_that_is_only_saved_keeps_nothing(
    used: str, behind: str, told: bool
) -> None:
    program = KEPT.replace("USED", used).replace("BEHIND", behind)
    assert ("NN807" in _codes(program)) == told


COUNTED = """
model = nn.Linear(4, 2)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=7, gamma=0.1)
for epoch in range(100):
    total = 0.0
    for x, y in torch.load("batches.pt"):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    epoch_loss = total / 10
    scheduler.step(TOLD)
"""


@pytest.mark.parametrize(("told", "codes"), [("", ["NN601"]), ("epoch", ["NN601"])])
def test_a_decay_by_epochs_is_over_too_early(told: str, codes: list[str]) -> None:
    assert [each for each in _codes(COUNTED.replace("TOLD", told)) if each == "NN601"] == codes


def test_a_schedule_that_takes_a_loss_for_the_epoch_goes_nowhere() -> None:
    assert "NN601" not in _codes(COUNTED.replace("TOLD", "epoch_loss"))


STACK = """
from tensorflow import keras
model = keras.Sequential([LAYERS])
model.compile(loss="mse", optimizer=keras.optimizers.Adam(0.1))
model.fit(x, y, epochs=500)
"""


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ("keras.layers.Dense(4), keras.layers.Dense(4), keras.layers.Dense(1)", False),
        (
            "keras.layers.Dense(4, activation='relu'), keras.layers.Dense(4), keras.layers.Dense(1)",
            True,
        ),
        (
            "keras.layers.Dense(4), keras.layers.ReLU(), keras.layers.Dense(4), keras.layers.Dense(1)",
            True,
        ),
    ],
)
def test_a_line_in_several_layers_takes_a_high_rate(layers: str, told: bool) -> None:
    assert ("NN606" in _codes(STACK.replace("LAYERS", layers))) == told


ROOT = """
class NAME(nn.Module):
    def forward(self, predictions, labels):
        return torch.sqrt(((predictions - labels) ** 2).mean())
"""


@pytest.mark.parametrize(
    ("name", "told"),
    [("RMSELoss", True), ("ValidationRMSELoss", False), ("EvalLoss", False), ("ValueLoss", True)],
)
def test_what_judges_by_a_root_learns_nothing_from_it(name: str, told: bool) -> None:
    assert ("NN701" in _codes(ROOT.replace("NAME", name))) == told


RANGE = """
import numpy as np

class Scans(torch.utils.data.Dataset):
    def __getitem__(self, index):
        scan = np.load(self.paths[index])
        CHANGED
        return (scan - scan.min()) / (scan.max() - scan.min())
"""


@pytest.mark.parametrize(
    ("changed", "told"), [("pass", True), ("scan = with_noise(scan, 0.01)", False)]
)
def test_no_sample_is_even_once_noise_is_added(changed: str, told: bool) -> None:
    assert ("NN701" in _codes(RANGE.replace("CHANGED", changed))) == told


@pytest.mark.parametrize(
    ("given", "squares", "told"),
    [
        ("batch.detach()", "products.diag()", False),
        ("batch.detach()", "torch.diag(products)", False),
        ("batch.detach()", "products.diagonal()", False),
        ("batch", "products.diag()", True),
    ],
)
def test_distances_to_draw_by_have_no_slope(given: str, squares: str, told: bool) -> None:
    program = f"""
class TripletLoss(nn.Module):
    def distances(self, vectors):
        products = torch.mm(vectors, vectors.t())
        length = {squares}.unsqueeze(1).expand_as(products)
        return (length + length.t() - 2 * products).clamp(min=0).sqrt()

    def forward(self, batch, labels):
        far = self.distances({given})
        return (batch * far.sum(1, keepdim=True)).mean()
"""
    assert ("NN701" in _codes(program)) == told


@pytest.mark.parametrize(
    ("name", "told"), [("random_map", False), ("randomized", False), ("bridge", True)]
)
def test_a_random_map_keeps_the_numbers_it_was_drawn_with(name: str, told: bool) -> None:
    program = f"""
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(3, 5)
        self.{name} = nn.Linear(5, 7, bias=False)
        self.head = nn.Linear(7, 2)


def train(batches):
    net = Net()
    low = torch.optim.SGD(net.body.parameters(), lr=1e-2)
    high = torch.optim.SGD(net.head.parameters(), lr=1e-2)
    for x, y in batches:
        low.zero_grad()
        high.zero_grad()
        F.cross_entropy(net.head(net.{name}(net.body(x))), y).backward()
        low.step()
        high.step()
"""
    assert ("NN109" in _codes(program)) == told


@pytest.mark.parametrize(
    ("parameters", "told"),
    [("listed", False), ("self.parameters()", True)],
)
def test_a_module_may_optimize_its_lists_by_itself(parameters: str, told: bool) -> None:
    program = f"""
class Coders(nn.Module):
    def __init__(self, widths, rate):
        super().__init__()
        self.body = nn.Linear(2, 2)
        self.coders = []
        for width in widths:
            if width > 9:
                self.coders += [nn.Linear(2, 2)]
            else:
                self.coders += [nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2))]
        listed = []
        for coder in self.coders:
            listed.extend(list(coder.parameters()))
        self.optimizer = torch.optim.Adam({parameters}, rate)

    def learn(self, x):
        self.optimizer.zero_grad()
        sum((coder(x) - x).pow(2).mean() for coder in self.coders).backward()
        self.optimizer.step()
"""
    assert ("NN406" in _codes(program)) == told


@pytest.mark.parametrize(
    ("shown", "told"), [("loss.data[0]", False), ("loss.item()", True)], ids=["old", "new"]
)
def test_torchtext_left_gradients_out_in_the_torch_of_old(shown: str, told: bool) -> None:
    program = f"""
from torchtext import data


def run(train_set, valid_set):
    model = nn.Sequential(nn.Linear(8, 8), nn.Dropout(), nn.Linear(8, 2))
    batches, valid_batches = data.BucketIterator.splits((train_set, valid_set), batch_size=8)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(9):
        model.train()
        for batch in batches:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(batch.text), batch.label)
            loss.backward()
            optimizer.step()
            print({shown})
        model.eval()
        hits = 0
        for batch in valid_batches:
            hits += (model(batch.text).max(1)[1] == batch.label).sum()
        print(hits)
"""
    assert ("NN403" in _codes(program)) == told


@pytest.mark.parametrize(
    ("numbers", "told"), [("torch.tensor([0.2, 0.7])", False), ("net(x).sigmoid()", True)]
)
def test_a_union_of_written_numbers_is_there_to_be_seen(numbers: str, told: bool) -> None:
    program = f"""
def overlap(net, x, truth):
    one = {numbers} > 0.5
    other = torch.tensor([0.6, 0.1]) > 0.5
    return (one & other).sum() / (one | other).sum()
"""
    assert ("NN701" in _codes(program)) == told


@pytest.mark.parametrize(
    ("drawn", "told"),
    [("next(iter_test)", False), ("next(iter_source)", True)],
    ids=["adapted to", "only judged by"],
)
def test_what_a_training_draws_is_not_held_out(drawn: str, told: bool) -> None:
    program = f"""
from PIL import Image
from torch.utils.data import DataLoader
from torchvision import transforms


class Pictures:
    def __init__(self, paths, transform):
        self.paths, self.transform = paths, transform

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, number):
        return self.transform(Image.open(self.paths[number])), number


def adapt(paths, others, rounds):
    shaken = transforms.Compose([transforms.RandomCrop(64), transforms.ToTensor()])
    iter_source = iter(DataLoader(Pictures(others, shaken), batch_size=32, shuffle=True))
    iter_test = iter(DataLoader(Pictures(paths, shaken), batch_size=32, shuffle=True))
    net = nn.Sequential(nn.Flatten(), nn.Linear(12288, 5))
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-2)
    for number in range(rounds):
        x, _ = {drawn}
        optimizer.zero_grad()
        (net(x).softmax(1) ** 2).sum(1).mean().neg().backward()
        optimizer.step()
    with torch.no_grad():
        for x, y in iter_test:
            print((net(x).argmax(1) == y).float().mean())
"""
    assert ("NN505" in _codes(program)) == told


@pytest.mark.parametrize(
    ("frozen", "told"),
    [("if 'prompt' not in name: weight.requires_grad_(False)", False), ("print(name)", True)],
)
def test_what_is_mostly_frozen_may_learn_as_it_is_judged(frozen: str, told: bool) -> None:
    program = f"""
class Prompted(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten())
        self.prompt = nn.Linear(8, 2)

    def forward(self, x):
        return self.prompt(self.body(x))


def tune(train_batches, val_batches):
    net = Prompted()
    for name, weight in net.named_parameters():
        {frozen}
    optimizer = torch.optim.Adam(net.prompt.parameters(), lr=1e-3)
    for epoch in range(9):
        for x, y in train_batches:
            optimizer.zero_grad()
            F.cross_entropy(net(x), y).backward()
            optimizer.step()
        net.eval()
        with torch.no_grad():
            for x, y in val_batches:
                print((net(x).argmax(1) == y).float().mean())
"""
    assert ("NN402" in _codes(program)) == told


@pytest.mark.parametrize(
    ("asked", "told"),
    [("if not self.training:", False), ("if len(x) > 1:", True)],
)
def test_nothing_is_learned_by_what_is_only_evaluated(asked: str, told: bool) -> None:
    program = f"""
class Embedding(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(8, 8), nn.ReLU())
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        found = self.body(x)
        {asked}
            return found / found.norm(dim=1, keepdim=True)
        return self.head(found)
"""
    assert ("NN701" in _codes(program)) == told


@pytest.mark.parametrize(
    ("modes", "told"),
    [("net.eval(); net.decoder.train()", False), ("net.encoder.eval(); net.decoder.train()", True)],
)
def test_a_part_may_be_put_back_to_training(modes: str, told: bool) -> None:
    program = f"""
class Speaker(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(4, 4)
        self.decoder = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))


def speak(net, val_loader):
    with torch.no_grad():
        for text, sound in val_loader:
            print(F.mse_loss(net.decoder(net.encoder(text)), sound).item())


def evaluate(val_loader):
    net = Speaker()
    net.load_state_dict(torch.load("speaker.pt", weights_only=True))
    {modes}
    speak(net, val_loader)


evaluate(load())
"""
    assert ("NN401" in _codes(program)) == told


def test_labels_of_one_part_do_not_belong_to_samples_of_the_other() -> None:
    program = """
import numpy as np

samples_train, labels_train = load("train")
samples_test, labels_test = load("test")
np.random.seed(7)
samples_train = np.random.permutation(samples_train)
labels_train = np.random.permutation(labels_train)
samples_test = np.random.permutation(samples_test)
labels_test = np.random.permutation(labels_test)
"""
    lines = (HEADER + program).splitlines()
    told = [lines[line - 1] for line, code in findings(HEADER + program) if code == "NN508"]
    assert [each.partition(" ")[0] for each in told] == ["labels_train", "labels_test"]


@pytest.mark.parametrize(("given", "told"), [("lambda mode=True: part", False), ("False", True)])
def test_a_module_may_be_given_another_way_to_switch(given: str, told: bool) -> None:
    program = f"""
net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))
part = net[1]
part.eval()
part.train = {given}
"""
    assert ("NN412" in _codes(program)) == told


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("self.slope.weight = nn.Parameter(kernel, requires_grad=False)", False),
        ("self.slope.weight.data = kernel", False),
        ("self.slope.weight.data.copy_(kernel)", False),
        ("nn.init.xavier_uniform_(self.slope.weight)", True),
    ],
)
def test_a_filter_that_the_program_writes_down_itself_needs_no_optimizer(
    given: str, told: bool
) -> None:
    program = f"""
class Slopes(nn.Module):
    def __init__(self):
        super().__init__()
        self.slope = nn.Conv2d(1, 1, (1, 3), bias=False)
        kernel = torch.tensor([[[[1.0, 0.0, -1.0]]]])
        {given}

    def forward(self, picture):
        return self.slope(picture)


def train(batches):
    net, slopes = nn.Conv2d(1, 1, 3, padding=1), Slopes()
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-2)
    for x, y in batches:
        optimizer.zero_grad()
        F.l1_loss(slopes(net(x)), slopes(y)).backward()
        optimizer.step()
"""
    assert ("NN109" in _codes(program)) == told


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ("copy.deepcopy(self.parts[number])", False),
        ("nn.Linear(5, 5)", True),
    ],
)
def test_copies_of_what_torch_sees_keep_the_weights_of_before(kept: str, told: bool) -> None:
    program = f"""
import copy


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.low, self.high = nn.Linear(5, 5), nn.Linear(5, 5)
        self.parts = [self.low, self.high]
        self.before = [None] * len(self.parts)
        self.keep()

    def keep(self):
        for number in range(len(self.parts)):
            self.before[number] = {kept}

    def forward(self, x, old=False):
        if old:
            return self.before[1](torch.tanh(self.before[0](x)))
        return self.high(torch.tanh(self.low(x)))
"""
    assert ("NN406" in _codes(program)) == told


@pytest.mark.parametrize(("first", "told"), [(".clone()", False), ("", True)])
def test_what_was_computed_from_a_parameter_is_none(first: str, told: bool) -> None:
    program = f"""
class Memory(nn.Module):
    def __init__(self):
        super().__init__()
        self.kept = None

    def forward(self, steps):
        state = nn.Parameter(torch.zeros(4, 4)){first}
        states = [state]
        for step in steps:
            state = state + step
            states.append(state)
        self.kept = states
        return state
"""
    assert ("NN406" in _codes(program)) == told


@pytest.mark.parametrize(("kept", "told"), [("given", False), ("None", True)])
def test_a_schedule_that_callers_may_put_in_its_place_is_any(kept: str, told: bool) -> None:
    program = f"""
class Agent:
    def __init__(self):
        self.net = nn.Linear(4, 2)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=1e-3)
        self.schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(self.optimizer, "min")

    def use(self, given=None):
        self.schedule = {kept}

    def decay(self):
        self.schedule.step()

    def learn(self, x, y):
        loss = F.mse_loss(self.net(x), y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
"""
    assert ("NN605" in _codes(program)) == told


@pytest.mark.parametrize(("shown", "told"), [("total_loss.data[0]", False), ("float(total)", True)])
def test_whole_numbers_had_whole_quotients_once(shown: str, told: bool) -> None:
    program = f"""
def train(model: nn.Linear, batches, size):
    total = total_loss = 0
    for x, y in batches:
        total_loss += F.nll_loss(F.log_softmax(model(x), dim=1), torch.zeros(8).long() / size)
    print({shown})
"""
    assert ("NN208" in _codes(program)) == told


@pytest.mark.parametrize(
    ("choose", "told"), [("chosen.max(1, keepdim=True)[0]", False), ("y", True)]
)
def test_scores_beside_the_best_of_them_are_no_hits(choose: str, told: bool) -> None:
    program = f"""
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.last = nn.BatchNorm1d(4), nn.Linear(4, 2)

    def forward(self, x):
        return self.last(self.norm(x))


def learn(batches):
    nets = [Net(), Net()]
    critic = nn.Linear(4, 1)
    optimizer = torch.optim.SGD([*nets[0].parameters(), *critic.parameters()], lr=1e-3)
    for x, y in batches:
        with torch.no_grad():
            acts = []
            for net in nets:
                chosen = net(x)
                acts.append((chosen == {choose}).float())
        acts[0] = torch.softmax(nets[0](x), dim=-1)
        optimizer.zero_grad()
        critic(torch.cat(acts, 1)).mean().backward()
        optimizer.step()
"""
    assert ("NN401" in _codes(program)) == told


@pytest.mark.parametrize(("given", "told"), [("stats", False), ("loss", True)])
def test_somebody_who_counts_may_go_backward_too(given: str, told: bool) -> None:
    program = f"""
def train(model: nn.Linear, batches, judge):
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    for x, y in batches:
        optimizer.zero_grad()
        {given} = judge.shards.compute_loss(y, model(x))
        optimizer.step()
        print({given})
"""
    assert ("NN105" in _codes(program)) == told


@pytest.mark.parametrize(
    ("before", "within", "told"),
    [
        ("net.reset_states()", "pass", False),
        ("pass", "net.reset_states()", True),
        ("net.reset_parameters()", "pass", True),
    ],
)
def test_a_model_that_keeps_its_state_wants_its_samples_in_order(
    before: str, within: str, told: bool
) -> None:
    program = f"""
from torch.utils.data import DataLoader, TensorDataset


def train(net, x, y, optimizer):
    loader = DataLoader(TensorDataset(x, y), batch_size=16)
    {before}
    for a, b in loader:
        {within}
        optimizer.zero_grad()
        F.mse_loss(net(a), b).backward()
        optimizer.step()
"""
    assert ("NN507" in _codes(program)) == told


@pytest.mark.parametrize(
    ("judges", "told"), [("test_batches", False), ("val_batches", True), ("others", True)]
)
def test_the_test_data_is_not_to_steer_the_rate(judges: str, told: bool) -> None:
    program = f"""
def judge(model, batches):
    model.eval()
    total = 0.0
    with torch.no_grad():
        for x, y in batches:
            total += F.mse_loss(model(x), y).item()
    return total


def train(model: nn.Linear, batches, {judges}):
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
    for epoch in range(90):
        model.train()
        train_loss = 0.0
        for x, y in batches:
            optimizer.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
            train_loss += loss.item()
        print(judge(model, {judges}))
        schedule.step(train_loss)
"""
    assert ("NN605" in _codes(program)) == told
