"""Programs of which one line looks wrong, and the rest shows that it is meant."""

from textwrap import dedent

import pytest

from advisor.code.interpreter import machine
from tests.abstract_programs import findings


def codes(program: str) -> list[str]:
    """The codes told of a program."""
    return [code for _, code in findings(dedent(program))]


SEQUENCES = """
    import torch
    from torch import nn

    steps, labels = torch.load("steps.pt"), torch.load("labels.pt")
    torch.manual_seed(0)
    net = nn.Linear(8, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for epoch in range(3):
        order = torch.randperm(len(labels))
        for part in order.split(32):
            loss = nn.functional.mse_loss(net(STEPS).mean(0), labels[part])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
"""


def test_samples_may_lie_along_the_second_axis() -> None:
    assert "NN508" not in codes(SEQUENCES.replace("STEPS", "steps[:, part]"))


BY_SLOPES = """
    import torch
    from torch import nn

    torch.manual_seed(0)
    x, y = torch.randn(500, 5), torch.randint(0, 3, (500,))
    x_valid, y_valid = torch.randn(100, 5), torch.randint(0, 3, (100,))
    net = nn.Linear(5, 3)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for epoch in range(4):
        for rows in torch.randperm(500).split(50):
            loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        with torch.no_grad():
            print(epoch, loss.item(), nn.functional.cross_entropy(net(x_valid), y_valid).item())
    weights = list(net.parameters())
    for epoch in range(4):
        for rows in torch.randperm(500).split(50):
            loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
            slopes = torch.autograd.grad(loss, weights)
            for weight, slope in zip(weights, slopes):
                weight.grad = slope + 0.01 * weight.detach()
            optimizer.step()
        with torch.no_grad():
            print(epoch, loss.item(), nn.functional.cross_entropy(net(x_valid), y_valid).item())
"""


def test_a_loop_that_takes_gradients_judges_nothing() -> None:
    assert "NN803" not in codes(BY_SLOPES)


TWICE = """
    import torch
    from torch.utils.data import DataLoader, Dataset, random_split
    from torchvision import datasets, transforms as T

    turned = T.Compose([T.RandomHorizontalFlip(), T.ToTensor()])
    plain = T.Compose([T.ToTensor()])

    class Seen(Dataset):
        def __init__(self, pictures, change):
            self.pictures, self.change = pictures, change

        def __len__(self):
            return len(self.pictures)

        def __getitem__(self, index):
            picture, label = self.pictures[index]
            return self.change(picture), label

    train, test = random_split(datasets.ImageFolder("moles"), [0.8, 0.2])
    train_loader = DataLoader(Seen(train, turned), 32, shuffle=True)
    test_loader = DataLoader(Seen(test, turned), 32)
"""


def test_what_is_loaded_unchanged_too_may_be_changed_at_random() -> None:
    assert "NN505" in codes(TWICE)
    assert "NN505" not in codes(TWICE + "    plain_loader = DataLoader(Seen(test, plain), 32)\n")


STATE = """
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    class Reader(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn, self.out = nn.GRU(4, 16, batch_first=True), nn.Linear(16, 1)

        def forward(self, x, state=None):
            seen, state = self.rnn(x, state)
            return self.out(seen), state

    torch.manual_seed(0)
    loader = DataLoader(TensorDataset(torch.load("x.pt"), torch.load("y.pt")), batch_size=1)
    net = Reader()
    optimizer = torch.optim.Adam(net.parameters())
    for epoch in range(5):
        state = None
        for x, y in loader:
            optimizer.zero_grad()
            guess, state = net(x, GIVEN)
            state = state.detach()
            loss = nn.functional.mse_loss(guess, y)
            loss.backward()
            optimizer.step()
"""


def test_batches_whose_state_is_carried_on_follow_one_another() -> None:
    assert "NN507" in codes(STATE.replace("GIVEN", "None"))
    assert "NN507" not in codes(STATE.replace("GIVEN", "state"))


REBUILT = """
    import torch
    from torch import nn
    from torch.optim.lr_scheduler import ReduceLROnPlateau

    torch.manual_seed(0)
    net = nn.Linear(5, 3)
    optimizer = torch.optim.Adam(net.parameters())
    scheduler = ReduceLROnPlateau(optimizer, patience=5)

    def epoch(net, optimizer):
        for x, y in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x), y).backward()
            optimizer.step()

    epoch(net, optimizer)
    net = nn.Linear(5, 3)
    optimizer = torch.optim.Adam(net.parameters())
    OTHER = ReduceLROnPlateau(optimizer, patience=5)
    for _ in range(100):
        epoch(net, optimizer)
        OTHER.step(judge(net))
"""


def test_a_schedule_that_is_built_anew_need_not_be_stepped_before() -> None:
    assert "NN604" not in codes(REBUILT.replace("OTHER", "scheduler"))


EXPORTED = """
    class Served:
        def __init__(self, NAME, head):
            self.NAME = NAME
            self.head = head

        def predict(self, batches):
            found = []
            for batch in batches:
                found.append(self.head.predict(self.NAME(batch)))
            return found

    served = Served(load(), head)
    import torch
    for text in texts:
        served.predict(text)
"""


def test_another_runtime_records_no_gradients() -> None:
    assert "NN403" not in codes(EXPORTED.replace("NAME", "ort_model"))


LESSON = """
    import torch
    from torch import nn

    torch.manual_seed(0)
    x, y = torch.randn(500, 8), torch.randn(500, 1)
    model = nn.Linear(8, 1)
    OPTIMIZER
    nn.functional.mse_loss(model(x), y).backward()
    with torch.no_grad():
        for weight in model.parameters():
            weight -= 0.1 * weight.grad
        model.zero_grad()
    LATER
    optimizer.step()
"""
BUILT = "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)"


def test_gradients_that_are_cleared_before_an_optimizer_is_built_were_not_meant_for_it() -> None:
    assert "NN102" not in codes(LESSON.replace("OPTIMIZER", "").replace("LATER", BUILT))
    assert "NN102" in codes(LESSON.replace("OPTIMIZER", BUILT).replace("LATER", ""))


ONE_BATCH = """
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    model = nn.Linear(8, 1)
    rows = TensorDataset(torch.load("x.pt"), torch.load("y.pt"))
    model.eval()
    with torch.no_grad():
        for step, (x, y) in enumerate(DataLoader(rows, batch_size=128)):
            loss = nn.functional.mse_loss(model(x), y)
            print("test loss", loss.item())
            LEAVE
"""


def test_a_loop_that_ends_with_its_first_round_tells_of_all_that_it_sees() -> None:
    assert "NN803" not in codes(ONE_BATCH.replace("LEAVE", "break"))
    assert "NN803" in codes(ONE_BATCH.replace("LEAVE", "if step > 99: break"))


SIMILAR = """
    import torch

    def similar(x, y, heat=0.5):
        lengths, others = torch.norm(x, dim=1, keepdim=True), torch.norm(y, dim=1, keepdim=True)
        scores = torch.mm(x, y.t())
        scores = torch.exp(SCORES / heat)
        return scores / scores.sum(dim=1, keepdim=True)
"""


def test_exponentials_of_cosines_do_not_overflow() -> None:
    cosines = "scores / torch.mm(lengths, others.t())"
    assert "NN705" not in codes(SIMILAR.replace("SCORES", cosines))
    assert "NN705" in codes(SIMILAR.replace("SCORES", "scores"))
    assert "NN705" in codes(SIMILAR.replace("SCORES", "scores / lengths"))


ON_A_DEVICE = """
    import torch
    from torch import nn
    from torch.utils.data import DataLoader
    from views import Views, agreement

    dev = "cuda" if torch.cuda.is_available() else "cpu"
    views = DataLoader(Views(), 128, shuffle=True, drop_last=True)
    body = nn.Sequential(nn.Linear(64, 32), nn.ReLU()).to(dev)
    head = nn.Linear(32, 16).to(dev)
    optimizer = torch.optim.Adam([*body.parameters(), *head.parameters()], lr=1e-3)
    for epoch in range(10):
        for one, other in views:
            optimizer.zero_grad()
            near = torch.exp(head(body({one})) @ head(body({other})).t())
            loss = -torch.log(near.diagonal() / near.sum(1)).mean()
            loss.backward()
            optimizer.step()
"""


def test_a_device_is_no_name_of_rows_to_judge_by() -> None:
    moved = ON_A_DEVICE.format(one="one.to(dev)", other="other.to(dev)")
    assert "NN403" not in codes(moved)


LIMITED = """
    import torch
    from torch import nn, optim
    from torch.utils.data import DataLoader
    from parts import train_part, test_part

    def test(model, loader, {best}=20):
        model.eval()
        right = total = 0
        with torch.no_grad():
            for {place}, (x, y) in enumerate(loader):
                if {condition}:
                    break
                right += (model(x).argmax(1) == y).sum().item()
                total += len(y)
        return right / total

    model = nn.Linear(20, 3)
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    for x, y in DataLoader(train_part, 64, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    print("test accuracy", test(model, DataLoader(test_part, 64)))
"""


@pytest.mark.parametrize(
    ("place", "best", "condition"),
    [
        ("place", "max_batches", "place == max_batches"),
        ("place", "max_batches", "place >= max_batches"),
        ("place", "most", "place > most"),
        ("round", "top", "round > top"),
    ],
)
def test_what_is_counted_up_to_a_limit_is_no_test_score(
    place: str, best: str, condition: str
) -> None:
    program = LIMITED.format(place=place, best=best, condition=condition)
    assert "NN506" not in codes(program)


IN_ONE_ORDER = """
    import numpy as np
    import torch
    from torch import nn, optim

    def mixed(rows, seed):
        generator = np.random.{generator}(seed)
        return rows[generator.permutation(len(rows))]

    letters = mixed(np.load("letters.npy"), 4)
    classes = mixed(np.load("classes.npy"), {seed})
    model = nn.Linear(64, 26)
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(5):
        optimizer.zero_grad()
        scores = model(torch.from_numpy(letters))
        nn.functional.cross_entropy(scores, torch.from_numpy(classes)).backward()
        optimizer.step()
"""


@pytest.mark.parametrize("generator", ["RandomState", "default_rng"])
@pytest.mark.parametrize(("seed", "apart"), [("4", False), ("5", True)])
def test_generators_of_one_seed_bring_rows_into_one_order(
    generator: str, seed: str, apart: bool
) -> None:
    program = IN_ONE_ORDER.format(generator=generator, seed=seed)
    assert ("NN508" in codes(program)) is apart


def test_densities_over_the_numbers_of_a_table_are_no_softmax() -> None:
    program = """
        import pandas as pd
        import torch

        ages = torch.arange(101).float()
        people = pd.read_csv("people.csv")

        def spread(place):
            person = people.iloc[place]
            shares = torch.exp(-0.5 * ((ages - person["age"]) / person["width"]) ** 2)
            return shares / shares.sum()
    """
    assert findings(dedent(program)) == []


def test_parts_of_a_generator_of_keras_are_apart_though_one_line_makes_them() -> None:
    program = """
        import keras
        import pandas as pd
        from keras import layers
        from tensorflow.keras.preprocessing.image import ImageDataGenerator

        keras.utils.set_random_seed(1)
        table = pd.read_csv("galaxies.csv")
        scaled = ImageDataGenerator(rescale=1 / 255, validation_split=0.2)

        def part(subset):
            return scaled.flow_from_dataframe(
                table, "pictures", x_col="file", y_col="kind", subset=subset, batch_size=32
            )

        training = part("training")
        model = keras.Sequential(
            [layers.Input((256, 256, 3)), layers.Flatten(), layers.Dense(4, activation="softmax")]
        )
        model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
        model.fit(training, validation_data=part("validation"), epochs=20)
    """
    assert "NN516" not in codes(program)


LEARNER = """
    import torch
    from torch import nn

    class Learner(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Linear(10, 20)
            self.head = nn.Parameter(torch.zeros(5, 20))

        def forward(self, known, labels, asked):
            scores = self.body(known) @ self.head.T
            loss = nn.functional.cross_entropy(scores, labels)
            slopes = torch.autograd.grad(loss, self.head)
            return self.body(asked) @ (self.head - 0.1 * slopes[0]).T

    class Trainer:
        def __init__(self):
            self.model = Learner()
            self.optimizer = torch.optim.Adam(self.model.parameters())

        def train(self, train_loader, val_loader):
            for known, labels, asked, wanted in train_loader:
                self.optimizer.zero_grad()
                nn.functional.cross_entropy(self.model(known, labels, asked), wanted).backward()
                self.optimizer.step()
            self.model.eval()
            for known, labels, asked, wanted in val_loader:
                scores = self.model(known, labels, asked)
                print(nn.functional.cross_entropy(scores, wanted).item())
"""


def test_a_model_that_learns_in_its_forward_pass_needs_gradients_even_where_it_is_followed_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine, "MOST_STEPS_PER_CALLEE", 0)
    assert "NN403" not in codes(LEARNER)
    assert "NN403" in codes(LEARNER.replace("torch.autograd.grad(loss, self.head)", "[loss]"))
