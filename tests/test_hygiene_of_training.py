"""Learning rates, half precision and best weights: NN606, NN704, NN807."""

import pytest

from tests.abstract_programs import findings, marked

HEADER = """
import copy
import torch
from torch import nn
from torch.nn import functional as F
"""


def check(code: str, rule: str) -> None:
    program = HEADER + code
    assert [each for each in findings(program) if each[1] == rule] == marked(program, rule)


class TestALearningRateOutOfRange:
    @pytest.mark.parametrize(
        "built",
        [
            "torch.optim.Adam(model.parameters(), lr=0.5)",
            "torch.optim.AdamW(model.parameters(), 1.0)",
            "torch.optim.Adam(model.parameters(), lr=1e-9)",
            "torch.optim.SGD(model.parameters(), lr=100.0)",
            "torch.optim.Adadelta(model.parameters(), lr=1e-3)",
            "torch.optim.RMSprop(list(model.parameters()), lr=RATE)",
            "torch.optim.Adam([{'params': model.parameters(), 'lr': 3.0}])",
        ],
    )
    def test_a_constant_far_from_what_is_used(self, built: str) -> None:
        check(f"RATE = 1.0\ndef build(model: nn.Module):\n    return {built}  # error\n", "NN606")

    @pytest.mark.parametrize(
        "built",
        [
            "torch.optim.Adam(model.parameters())",
            "torch.optim.Adam(model.parameters(), lr=1e-5)",
            "torch.optim.Adam(model.parameters(), lr=0.05)",
            "torch.optim.Adam(model.parameters(), lr=0.1)",
            "torch.optim.SGD(model.parameters(), lr=30)",
            "torch.optim.SGD(model.parameters(), lr=1e-6)",
            "torch.optim.SGD(model.parameters(), lr=5.0)",
            "torch.optim.LBFGS(model.parameters(), lr=1.0)",
            "torch.optim.Adadelta(model.parameters(), lr=1.0)",
            "torch.optim.Adam([image], lr=1.0)",
            "torch.optim.Adam(model.parameters(), lr=rate)",
            "torch.optim.Adam([{'params': model.parameters(), 'lr': 3e-3}])",
            "[torch.optim.Adam(model.parameters(), lr=lr) for lr in (1.0, 0.1)]",
        ],
    )
    def test_a_rate_that_people_use_or_that_is_given_or_searched(self, built: str) -> None:
        check(f"def build(model: nn.Module, image, rate=1.0):\n    return {built}\n", "NN606")

    @pytest.mark.parametrize(
        ("layers", "rate", "is_wrong"),
        [
            ("nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2)", 0.1, True),
            (
                "nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2)",
                0.05,
                False,
            ),
            ("nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2)", 0.1, False),
            ("nn.TransformerEncoderLayer(8, 2), nn.Linear(8, 2)", 0.05, True),
            ("nn.TransformerEncoderLayer(8, 2), nn.Linear(8, 2)", 0.01, False),
        ],
    )
    def test_the_deeper_the_model_the_lower_the_rate(
        self, layers: str, rate: float, is_wrong: bool
    ) -> None:
        mark = "  # error" if is_wrong else ""
        built = f"torch.optim.Adam(model.parameters(), lr={rate}){mark}"
        check(f"model = nn.Sequential({layers})\noptimizer = {built}\n", "NN606")

    def test_ready_transformers_are_adapted_with_low_rates(self) -> None:
        program = """
from transformers import AutoModel
model = AutoModel.from_pretrained("bert-base-uncased").to("cuda")
optimizer = torch.optim.AdamW(model.parameters(), lr={rate})
"""
        check(program.replace("{rate})", "0.05)  # error"), "NN606")
        check(program.replace("{rate}", "2e-3"), "NN606")

    def test_a_warm_up_leads_to_the_rate_that_is_told_and_one_cycle_to_its_own(self) -> None:
        program = """
from transformers import AutoModel, get_linear_schedule_with_warmup
model = AutoModel.from_pretrained("bert-base-uncased")
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)  # error
schedule = get_linear_schedule_with_warmup(optimizer, 100, 1000)
"""
        check(program, "NN606")
        own = "torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-4, total_steps=1000)"
        schedule = "get_linear_schedule_with_warmup(optimizer, 100, 1000)"
        check(program.replace(schedule, own).replace("  # error", ""), "NN606")

    def test_one_place_with_several_rates_is_a_search(self) -> None:
        check(
            """
def train(rate):
    model = nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)

train(1.0)
train(0.001)
""",
            "NN606",
        )

    def test_a_schedule_of_the_project_sets_its_own_rates(self) -> None:
        check(
            """
class Warmup(torch.optim.lr_scheduler.LRScheduler):
    def __init__(self, optimizer, width):
        self.width = width
        super().__init__(optimizer)
    def get_lr(self):
        return [self.width ** -0.5 * (self.last_epoch + 1) ** -0.5 for _ in self.base_lrs]

def train(model: nn.Module):
    optimizer = torch.optim.AdamW(model.parameters(), lr=1.0)
    schedule = Warmup(optimizer, 64)
""",
            "NN606",
        )

    def test_so_does_a_wrapper_that_is_handed_out_and_stepped_by_the_caller(self) -> None:
        check(
            """
class Noam:
    def __init__(self, optimizer, width):
        self.optimizer, self.width, self.steps = optimizer, width, 0

    def step(self):
        self.steps += 1
        for group in self.optimizer.param_groups:
            group["lr"] = self.width ** -0.5 * self.steps ** -0.5
        self.optimizer.step()

def build(model: nn.Module):
    return Noam(torch.optim.Adam(model.parameters(), lr=0), 64)
""",
            "NN606",
        )

    def test_so_may_code_that_nobody_looks_into(self) -> None:
        check(
            """
from elsewhere import noam
def train(model: nn.Module):
    optimizer = torch.optim.AdamW(model.parameters(), lr=1.0)
    schedule = noam(optimizer)
""",
            "NN606",
        )

    def test_what_writes_the_rate_later_decides(self) -> None:
        check(
            """
def train(model: nn.Module, rate):
    optimizer = torch.optim.Adam(model.parameters(), lr=0)
    for step in range(10):
        for group in optimizer.param_groups:
            group["lr"] = rate * step
""",
            "NN606",
        )


def half(manager: str, backward: str = "loss.backward()", step: str = "optimizer.step()") -> str:
    return f"""
def train(model, loader, args):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = args.scaler
    for inputs, labels in loader:
        optimizer.zero_grad()
        with {manager}:
            loss = F.cross_entropy(model(inputs), labels)
        {backward}
        {step}
"""


class TestHalfPrecisionWithoutAScaler:
    @pytest.mark.parametrize(
        "manager",
        [
            "torch.cuda.amp.autocast()",
            "torch.autocast('cuda')",
            "torch.autocast('cuda:0', torch.half)",
            "torch.amp.autocast(device_type='cuda', dtype=torch.float16)",
            "torch.autocast('cuda' if torch.cuda.is_available() else 'cpu')",
            "torch.cuda.amp.autocast(enabled=args.half)",
        ],
    )
    def test_the_small_gradients_are_lost(self, manager: str) -> None:
        cast = f"with {manager}:"
        check(half(manager).replace(cast, f"{cast}  # error"), "NN704")

    def test_a_loss_that_the_scaler_does_not_scale_is_told_on_the_way_back(self) -> None:
        check(
            """
def train(model, loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cuda")
    for inputs, labels in loader:
        optimizer.zero_grad()
        with torch.autocast("cuda"):
            loss = F.cross_entropy(model(inputs), labels)
        loss.backward()  # error
        scaler.step(optimizer)
        scaler.update()
""",
            "NN704",
        )

    @pytest.mark.parametrize(
        "manager",
        [
            "torch.autocast('cuda', dtype=torch.bfloat16)",
            "torch.autocast('cpu')",
            "torch.autocast(args.device)",
            "torch.autocast('cuda', dtype=args.dtype)",
            "torch.autocast('cuda', enabled=False)",
            "torch.autocast('cuda', enabled=None)",
            "args.autocast()",
        ],
    )
    def test_other_types_or_nobody_knows_which(self, manager: str) -> None:
        check(half(manager), "NN704")

    def test_the_way_back_is_not_to_run_under_autocast(self) -> None:
        manager = "torch.cuda.amp.autocast()"
        inside = half(
            manager, "    scaler.scale(loss).backward()  # error", "scaler.step(optimizer)"
        )
        check(inside, "NN704")
        narrow = half("torch.autocast('cuda', torch.bfloat16)", "    loss.backward()")
        check(narrow, "NN704")

    def test_a_scaler_or_an_engine_scales(self) -> None:
        manager = "torch.cuda.amp.autocast()"
        check(half(manager, "scaler.scale(loss).backward()", "scaler.step(optimizer)"), "NN704")
        check(half(manager, "args.accelerator.backward(loss)"), "NN704")
        check(half(manager, "args.loss_scaler(loss, optimizer)"), "NN704")

    def test_a_unit_test_trains_nothing(self) -> None:
        check("import unittest\n" + half("torch.cuda.amp.autocast()"), "NN704")

    def test_the_way_without_the_option_is_in_full_precision(self) -> None:
        manager = "torch.cuda.amp.autocast(enabled=args.half)"
        step = "if not args.half: loss.backward(); optimizer.step()"
        check(half(manager, "if args.half: args.scale(loss, optimizer)", step), "NN704")

    def test_a_way_that_is_cast_and_one_that_is_not(self) -> None:
        check(
            """
def train(model, loader, args):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for inputs, labels in loader:
        if args.half:
            with torch.cuda.amp.autocast():
                loss = F.cross_entropy(model(inputs), labels)
        else:
            loss = F.cross_entropy(model(inputs), labels)
        if args.half:
            args.scale(loss, optimizer)
        else:
            loss.backward()
            optimizer.step()
""",
            "NN704",
        )

    def test_an_evaluation_in_half_precision_is_right(self) -> None:
        check(
            """
def train(model, loader, test_loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(10):
        for inputs, labels in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(inputs), labels).backward()
            optimizer.step()
        with torch.no_grad():
            for inputs, labels in test_loader:
                with torch.cuda.amp.autocast():
                    F.cross_entropy(model(inputs), labels)
""",
            "NN704",
        )


def halved(cast: str, optimized: str = "model") -> str:
    return f"""
def train(model, other, loader):
    {cast}
    optimizer = torch.optim.SGD({optimized}.parameters(), lr=0.1)
    for inputs, labels in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(inputs), labels).backward()
        optimizer.step()
"""


class TestAModelThatIsHandedInAndHalved:
    @pytest.mark.parametrize("cast", ["model.half()", "model = model.cuda().half()"])
    def test_its_weights_need_a_scale(self, cast: str) -> None:
        check(halved(f"{cast}  # error"), "NN704")

    @pytest.mark.parametrize("cast", ["other.half()", "model.bfloat16()", "model.cuda()"])
    def test_other_models_and_types(self, cast: str) -> None:
        check(halved(cast), "NN704")


class TestANetworkThatDoesNotMove:
    @pytest.mark.parametrize(
        ("layers", "loss", "told"),
        [
            ("nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 1)", "nn.MSELoss()", True),
            ("nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 1)", "nn.MSELoss(reduction='sum')", False),
            ("nn.Linear(8, 1)", "nn.MSELoss()", False),
        ],
    )
    def test_squares_take_larger_rates_than_these(self, layers: str, loss: str, told: bool) -> None:
        check(
            f"""
net = nn.Sequential({layers})
optimizer = torch.optim.SGD(net.parameters(), lr=1e-9){"  # error" if told else ""}
loss_of = {loss}
for inputs, targets in batches():
    optimizer.zero_grad()
    loss_of(net(inputs), targets).backward()
    optimizer.step()
""",
            "NN606",
        )


def kept(keep: str, use: str, before: str = "best = None") -> str:
    return f"""
def train(model, loader, validate):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    best_loss = 1e9
    {before}
    for epoch in range(10):
        for inputs, labels in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(inputs), labels).backward()
            optimizer.step()
        val_loss = validate(model)
        if val_loss < best_loss:
            best_loss = val_loss
            {keep}
    {use}
"""


class TestBestWeightsByReference:
    @pytest.mark.parametrize(
        "use",
        [
            "model.load_state_dict(best)",
            "torch.save(best, 'best.pt')",
            "torch.save({'state': best, 'loss': best_loss}, 'best.pt')",
        ],
    )
    def test_they_have_changed_when_they_are_used(self, use: str) -> None:
        check(kept("best = model.state_dict()  # error", use), "NN807")
        check(kept("best = model.state_dict().copy()  # error", use), "NN807")
        check(kept("best = dict(model.state_dict())  # error", use), "NN807")
        entries = "{name: each.detach() for name, each in model.state_dict().items()}"
        check(kept(f"best = {entries}  # error", use), "NN807")
        check(
            kept(
                "best = model.state_dict()  # error",
                use,
                before="best = copy.deepcopy(model.state_dict())",
            ),
            "NN807",
        )

    @pytest.mark.parametrize(
        "keep",
        [
            "best = copy.deepcopy(model.state_dict())",
            "best = {name: each.clone() for name, each in model.state_dict().items()}",
            "best = {name: each.cpu() for name, each in model.state_dict().items()}",
            "best = dict(copy.deepcopy(model.state_dict()))",
            "best = model.state_dict(); torch.save(best, 'best.pt')",
        ],
    )
    def test_copies_do_not_change(self, keep: str) -> None:
        use = "" if "save" in keep else "model.load_state_dict(best)"
        check(kept(keep, use), "NN807")

    def test_the_model_itself_under_another_name(self) -> None:
        check(kept("best_model = model  # error", "return best_model"), "NN807")
        check(kept("best_model = copy.deepcopy(model)", "return best_model"), "NN807")

    def test_a_copy_of_a_model_that_a_function_is_given(self) -> None:
        training = """
def fit(model, batches, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    best, best_model = 0.0, None
    for epoch in range(epochs):
        for inputs, labels in batches:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(inputs), labels)
            loss.backward()
            optimizer.step()
        if accuracy(model) > best:
            best = accuracy(model)
            {keep}
    return best_model
"""
        check(training.format(keep="best_model = model  # error"), "NN807")
        check(training.format(keep="best_model = copy.deepcopy(model)"), "NN807")

    def test_the_model_that_training_starts_with_is_kept_until_there_is_a_better_one(self) -> None:
        training = """
def fit(model, batches, optimizer, epochs):
    lowest, best_model = 1.0, model
    for epoch in range(epochs):
        for inputs, labels in batches:
            loss = F.cross_entropy(model(inputs), labels)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        if loss.item() < lowest:
            lowest, best_model = loss.item(), copy.deepcopy(model)
    return best_model
if resumed is None:
    model = nn.Linear(3, 2)
    fit(model, batches(), torch.optim.SGD(model.parameters(), lr=0.1), 9)
"""
        check(training, "NN807")

    def test_the_model_itself_in_an_attribute(self) -> None:
        stopper = """
class Stopper:
    def __init__(self):
        self.best_loss = None
        self.best_model = None
    def __call__(self, loss, model):
        if self.best_loss is None or loss < self.best_loss:
            self.best_loss = loss
            {keep}
model = nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
stopper = Stopper()
for epoch in range(10):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(inputs), labels)
    loss.backward()
    optimizer.step()
    stopper(validate(), model)
print(validate(stopper.best_model))
"""
        check(stopper.format(keep="self.best_model = model  # error"), "NN807")
        check(stopper.format(keep="self.best_model = copy.deepcopy(model)"), "NN807")
        for name in ("keeper", "winner", "optimal_net"):
            renamed = stopper.replace("best_model", name)
            check(renamed.format(keep=f"self.{name} = model  # error"), "NN807")
            check(renamed.format(keep=f"self.{name} = copy.deepcopy(model)"), "NN807")

    def test_it_may_be_kept_in_an_attribute(self) -> None:
        check(
            """
class Trainer:
    def __init__(self, loader):
        self.model = nn.Linear(3, 2)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1)
        self.loader, self.best = loader, None

    def fit(self, validate):
        lowest = 1e9
        for epoch in range(10):
            for inputs, labels in self.loader:
                self.optimizer.zero_grad()
                F.cross_entropy(self.model(inputs), labels).backward()
                self.optimizer.step()
            loss = validate(self.model)
            if loss < lowest:
                lowest = loss
                self.best = self.model.state_dict()  # error
        self.model.load_state_dict(self.best)
""",
            "NN807",
        )

    def test_another_model_that_is_not_trained_does_not_change(self) -> None:
        check(
            """
def train(model: nn.Module, teacher: nn.Module, loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    start = teacher.state_dict()
    for inputs, labels in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(inputs), labels).backward()
        optimizer.step()
    teacher.load_state_dict(start)
""",
            "NN807",
        )


def test_the_common_rate_is_nothing_where_groups_have_their_own() -> None:
    program = """
head, body = list(model[1].parameters()), list(model[0].parameters())
groups = [dict(params=head, lr=options.head)]
if options.all:
    groups.append(dict(params=body, lr=options.body))
optimizer = torch.optim.SGD(groups, 0, momentum=0.9)
"""
    check("model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 2))\n" + program, "NN606")
