"""Programs of which one line looks wrong, and the rest shows that it is meant."""

from textwrap import dedent

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
