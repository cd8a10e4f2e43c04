"""Operations that are not finite where their arguments are extreme: NN701, NN703, NN705."""

import pytest

from tests.abstract_programs import findings, marked

HEADER = """
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
"""


def check(code: str, rule: str) -> None:
    program = HEADER + code
    assert [each for each in findings(program) if each[1] == rule] == marked(program, rule)


def training(loss: str) -> str:
    return f"""
def train(model, loader):
    optimizer = torch.optim.Adam(model.parameters())
    mse = nn.MSELoss()
    for inputs, targets in loader:
        outputs = model(inputs)
        optimizer.zero_grad()
        {loss}
        loss.backward()
        optimizer.step()
"""


@pytest.mark.parametrize(
    "loss",
    [
        "loss = torch.sqrt(mse(outputs, targets))  # error",
        "loss = F.mse_loss(outputs, targets).sqrt()  # error",
        "loss = mse(outputs, targets) ** 0.5  # error",
        "loss = mse(outputs, targets).pow(0.5)  # error",
    ],
)
def test_the_root_of_a_loss_that_is_back_propagated(loss: str) -> None:
    check(training(loss), "NN701")


def test_the_root_in_a_module_of_its_own() -> None:
    loss = """
class Root(nn.Module):
    def __init__(self):
        super().__init__()
        self.mse = nn.MSELoss()

    def forward(self, outputs, targets):
        return torch.sqrt(self.mse(outputs, targets))  # error

"""
    check(loss + training("loss = Root()(outputs, targets)"), "NN701")
    check(
        loss.replace("targets))  # error", "targets) + 1e-8)")
        + training("loss = Root()(outputs, targets)"),
        "NN701",
    )


@pytest.mark.parametrize(
    "loss",
    [
        "loss = torch.sqrt(mse(outputs, targets) + 1e-8)",
        "loss = mse(outputs, targets) ** 2",
        "loss = torch.sqrt(mse(outputs, targets).clamp(min=1e-8))",
        "loss = mse(outputs, targets); print(torch.sqrt(loss).item())",
    ],
)
def test_a_root_that_stays_away_from_zero_or_is_only_reported(loss: str) -> None:
    check(training(loss), "NN701")


@pytest.mark.parametrize(
    ("expression", "is_wrong"),
    [
        ("torch.log(F.relu(x))", True),
        ("F.relu(x).log()", True),
        ("torch.log(F.relu(x) + 1e-6)", False),
        ("torch.log(x)", False),
        ("torch.log1p(F.relu(x))", False),
        ("torch.log(F.softplus(x))", False),
        ("torch.log(F.relu(x).pow(2))", True),
        ("torch.log(F.relu(x) ** 2 + 1e-6)", False),
    ],
)
def test_the_logarithm_of_a_relu(expression: str, is_wrong: bool) -> None:
    mark = "  # error" if is_wrong else ""
    check(f"def f(x):\n    return {expression}{mark}\n", "NN701")


@pytest.mark.parametrize(
    "body",
    [
        "e = torch.exp(x); return e / torch.sum(e, dim=1, keepdim=True)",
        "e = x.exp(); return e / e.sum(1, keepdim=True)",
        "e = np.exp(x); return e / np.sum(e)",
        "return np.exp(x) / np.exp(x).sum(axis=0)",
        "e = torch.exp(x); s = e.sum(1); return e / s",
        "return torch.log(torch.exp(x).sum(dim=1))",
        "return np.log(np.sum(np.exp(x)))",
        "s = torch.randn(4, 5) @ x; return torch.log(torch.exp(s).sum(dim=1))",
        "e = torch.exp(x) * y; return e / e.sum(dim=1, keepdim=True)",
        "return torch.div(torch.exp(x), torch.exp(x).sum(1, keepdim=True))",
    ],
)
def test_a_softmax_by_hand_overflows(body: str) -> None:
    check(f"def f(x, y):\n    {body}  # error\n", "NN705")


@pytest.mark.parametrize(
    "body",
    [
        "e = torch.exp(x - x.max()); return e / e.sum()",
        "return torch.log(torch.exp(torch.randn(4, 5)).sum(dim=1))",
        "x = x - torch.max(x, dim=1, keepdim=True)[0]; e = torch.exp(x); return e / e.sum()",
        "e = np.exp(-x); return e / e.sum()",
        "e = torch.exp(-0.5 * (x / y).pow(2)); return e / e.sum()",
        "e = torch.exp(-(x**2) / (2 * y**2)); return e / e.sum()",
        "e = torch.exp(x); return e / e.max()",
        "d = np.arccos(x) * (1 if y else np.sqrt(y)); e = np.exp(-d / 2); return e / e.sum(axis=1)",
        "x = np.log(np.asarray(x)) / 0.5; e = np.exp(x); return e / np.sum(e)",
        "e = torch.exp(x); return e / (1 + e)",
        "e = torch.exp(x); w = torch.exp(y); return e / w.sum()",
        "e = torch.exp(torch.clamp(x, max=50)); return e / e.sum()",
        "return torch.log(torch.exp(x))",
        "return torch.log(torch.sum(x))",
        "p = x['probabilities']; return np.exp(p) / sum(np.exp(p))",
        "log_prob = y.log_prob(x); return log_prob.exp() / log_prob.exp().sum()",
    ],
)
def test_what_is_bounded_or_no_softmax_is_left_alone(body: str) -> None:
    check(f"def f(x, y):\n    {body}\n", "NN705")


@pytest.mark.parametrize(
    "loss",
    [
        "loss = torch.nan_to_num(mse(outputs, targets))  # error",
        "loss = mse(outputs, targets).nan_to_num(nan=0.0)  # error",
    ],
)
def test_a_loss_without_its_nan_is_back_propagated(loss: str) -> None:
    check(training(loss), "NN703")


@pytest.mark.parametrize(
    "loss",
    [
        "loss = mse(torch.nan_to_num(outputs), targets)",
        "loss = mse(outputs, targets); print(torch.nan_to_num(loss))",
    ],
)
def test_other_numbers_may_be_filled(loss: str) -> None:
    check(training(loss), "NN703")


def test_what_a_model_puts_out_has_no_limits_unless_its_last_layer_sets_some() -> None:
    program = """
model = nn.Sequential(nn.Linear(8, 2){last})
def f(x):
    outputs = model(x)
    return outputs - torch.log(torch.exp(outputs).sum(1, keepdim=True)){mark}
"""
    check(program.format(last="", mark="  # error"), "NN705")
    check(program.format(last=", nn.ReLU()", mark="  # error"), "NN705")
    check(program.format(last=", nn.Tanh()", mark=""), "NN705")


@pytest.mark.parametrize(
    "loss",
    [
        "loss = torch.sqrt(((outputs - targets) ** 2).mean())  # error",
        "loss = torch.sqrt(torch.mean((outputs - targets).pow(2), 0)).sum()  # error",
        "gap = outputs - targets; loss = (gap * gap).sum(1).sqrt().mean()  # error",
        "loss = 0.5 * torch.sqrt(mse(outputs, targets)) + outputs.abs().mean()  # error",
        "loss = mse(torch.sqrt(F.relu(outputs)), targets)  # error",
        "loss = torch.acos(F.cosine_similarity(outputs, targets)).mean()  # error",
        "gram = outputs @ outputs.T; loss = torch.sqrt(gram.clamp(min=0.0)).mean()  # error",
        "gram = outputs @ outputs.T; loss = torch.sqrt(gram.clamp(min=1e-9)).mean()",
        "gram = outputs @ outputs.T; loss = torch.sqrt(gram.clamp(0, 4) + 1e-9).mean()",
        "loss = torch.sqrt(((outputs - targets) ** 2).mean() + 1e-8)",
        "loss = torch.sqrt(((outputs - targets) ** 2).sum(1).clamp(min=1e-9)).mean()",
        "loss = (outputs - targets).norm(dim=1).mean()",
        "loss = mse(torch.sqrt(F.softplus(outputs)), targets)",
        "c = F.cosine_similarity(outputs, targets); loss = torch.acos(0.999 * c).mean()",
    ],
)
def test_roots_and_angles_by_hand_on_the_way_back(loss: str) -> None:
    check(training(loss), "NN701")


LAYERS = """
score = nn.Sequential(nn.Linear(8, 1), nn.Sigmoid())
line = nn.Linear(8, 4)
body = nn.Sequential(nn.Linear(8, 4), nn.ReLU())
policy = nn.Sequential(nn.Linear(8, 2), nn.Tanh())
"""


@pytest.mark.parametrize(
    ("expression", "is_wrong"),
    [
        ("-(y * torch.log(score(x)))", True),
        ("(1 - score(x)).log()", True),
        ("torch.log(1 - score(x).squeeze(1))", True),
        ("torch.log(1 - policy(x).pow(2))", True),
        ("torch.log(1 - policy(x) ** 2 + 1e-6)", False),
        ("torch.log(score(x) + 1e-8)", False),
        ("torch.log(1 - score(x).clamp(1e-6, 1 - 1e-6))", False),
        ("torch.log1p(score(x))", False),
        ("body(x) / body(x).norm(dim=1, keepdim=True)", True),
        ("body(x) / body(x).sum(1, keepdim=True)", True),
        ("x @ x.T / (body(x).norm(dim=1)[:, None] * body(y).norm(dim=1)[None, :])", True),
        ("body(x) / (body(x).norm(dim=1, keepdim=True) + 1e-8)", False),
        ("body(x) / body(x).norm(dim=1, keepdim=True).clamp(min=1e-8)", False),
        ("policy(x) / policy(x).norm(dim=1, keepdim=True)", False),
        ("(body(x) - body(x).mean(1)) / body(x).std(1)", True),
        ("(x - x.mean(0)) / x.std(0)", False),
        ("(line(x) - line(x).mean(0)) / line(x).std(0)", False),
    ],
)
def test_activations_at_their_limits(expression: str, is_wrong: bool) -> None:
    mark = "  # error" if is_wrong else ""
    check(f"{LAYERS}\ndef f(x, y):\n    return {expression}{mark}\n", "NN701")


def test_one_formula_is_told_once_in_each_of_its_lines() -> None:
    code = """
def f(x, y):
    p = score(x)
    right = y * torch.log(p)  # error
    other = (1 - y) * torch.log(1 - p)  # error
    return right + other
"""
    check(LAYERS + code, "NN701")


@pytest.mark.parametrize(
    ("condition", "body", "is_wrong"),
    [
        ("torch.isnan(loss)", "continue", True),
        ("not torch.isfinite(loss)", "optimizer.zero_grad(); continue", True),
        ("torch.isnan(loss).any() or torch.isinf(loss).any()", "continue", True),
        ("np.isnan(loss.item())", "continue", True),
        ("loss != loss", "continue", True),
        ("torch.isnan(loss)", "skipped += 1; continue", False),
        ("torch.isnan(loss)", "print('NaN'); continue", False),
        ("torch.isnan(loss)", "raise ValueError", False),
        ("torch.isnan(loss)", "break", False),
        ("torch.isnan(inputs).any()", "continue", False),
        ("step > 3", "continue", False),
    ],
)
def test_batches_that_are_left_out_without_a_word(
    condition: str, body: str, is_wrong: bool
) -> None:
    mark = "  # error" if is_wrong else ""
    program = f"""
def train(model, loader, optimizer, step, skipped=0):
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = F.mse_loss(model(inputs), targets)
        if {condition}:{mark}
            {body}
        loss.backward()
        optimizer.step()
"""
    check(program, "NN703")


@pytest.mark.parametrize("inner", ["loss.backward(); optimizer.step()", "best = loss.item()"])
def test_a_step_for_finite_losses_alone(inner: str) -> None:
    program = f"""
def train(model, loader, optimizer):
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = F.mse_loss(model(inputs), targets)
        if torch.isfinite(loss):{"  # error" if "step" in inner else ""}
            {inner}
"""
    check(program, "NN703")


@pytest.mark.parametrize(
    "statement",
    [
        "p.grad = torch.nan_to_num(p.grad)  # error",
        "p.grad.data = torch.nan_to_num(p.grad.data, nan=0.0)  # error",
        "torch.nan_to_num_(p.grad)  # error",
        "p.grad[torch.isnan(p.grad)] = 0  # error",
        "print(torch.nan_to_num(p.grad).norm())",
    ],
)
def test_gradients_without_their_nan(statement: str) -> None:
    program = f"""
def train(model, loader, optimizer):
    for inputs, targets in loader:
        optimizer.zero_grad()
        F.mse_loss(model(inputs), targets).backward()
        for p in model.parameters():
            {statement}
        optimizer.step()
"""
    check(program, "NN703")


@pytest.mark.parametrize(
    "statement",
    [
        "outputs = torch.nan_to_num(net(inputs))  # error",
        "outputs = net(torch.nan_to_num(inputs))",
        "inputs[torch.isnan(inputs)] = 0; outputs = net(inputs)",
    ],
)
def test_what_a_whole_model_puts_out(statement: str) -> None:
    program = f"""
net = nn.Linear(3, 1)
optimizer = torch.optim.Adam(net.parameters())
def train(loader):
    for inputs, targets in loader:
        optimizer.zero_grad()
        {statement}
        F.mse_loss(outputs, targets).backward()
        optimizer.step()
"""
    check(program, "NN703")


@pytest.mark.parametrize(
    "body",
    [
        "s = torch.exp(F.normalize(x, dim=1) @ F.normalize(y, dim=1).T / 0.5)",
        "z = F.normalize(x, dim=1); s = torch.exp(torch.mm(z, z.t()) / 0.5)",
        "z = F.normalize(net(x), dim=1); s = torch.exp(torch.einsum('nc,kc->nk', [z, y]) / 0.07)",
        "z = F.normalize(net(x), dim=1); s = torch.exp(torch.einsum('nc,kc->nk', z, z) / 0.07)",
        "z = F.normalize(net(x), dim=1); s = torch.exp(y @ z.t() / 0.07)",
        "z = F.normalize(net(x), dim=1); s = torch.exp(net(y) @ z.t())  # error",
        "z = net(x); s = torch.exp(torch.einsum('nc,kc->nk', [z, y]) / 0.07)  # error",
    ],
)
def test_similarities_of_what_is_normalised_are_within_bounds(body: str) -> None:
    body, mark, _ = body.partition("  # error")
    share = f"return s / s.sum(1, keepdim=True){mark}"
    check(f"net = nn.Linear(9, 9)\ndef f(x, y):\n    {body}\n    {share}\n", "NN705")


@pytest.mark.parametrize(
    ("likelihood", "infinite"),
    [
        ("torch.log((weights * density.log_prob(targets).exp()).sum(1))", True),
        ("torch.log(torch.exp(density.log_prob(targets)))", True),
        ("torch.log((weights * density.log_prob(targets).exp()).sum(1) + 1e-8)", False),
        ("torch.logsumexp(weights.log() + density.log_prob(targets), 1)", False),
        ("(density.log_prob(targets) - earlier.log_prob(targets)).exp()", False),
    ],
)
def test_the_density_of_a_distribution_comes_to_zero_far_out(
    likelihood: str, infinite: bool
) -> None:
    program = f"""
def mixture_loss(weights, centers, widths, targets, earlier):
    density = torch.distributions.Normal(centers, widths)
    likelihood = {likelihood}{"  # error" if infinite else ""}
    return -likelihood.mean()
"""
    check(program, "NN701")


@pytest.mark.parametrize(
    "loss",
    [
        "loss = torch.nanmean(F.mse_loss(outputs, targets, reduction='none'))  # error",
        "loss = F.mse_loss(outputs, targets, reduction='none').nansum()  # error",
    ],
)
def test_a_mean_that_leaves_nan_out_of_the_loss_hides_it(loss: str) -> None:
    check(training(loss), "NN703")


def test_a_mean_that_leaves_nan_out_of_what_is_reported_hides_nothing() -> None:
    loss = "loss = mse(outputs, targets); print(torch.nanmean(targets))"
    check(training(loss), "NN703")


@pytest.mark.parametrize("test", ["math.isnan(loss.item())", "np.isnan(loss.item())"])
def test_a_loss_is_replaced_by_what_its_number_shows(test: str) -> None:
    loss = f"""loss = mse(outputs, targets)
        if {test}:
            loss = torch.zeros(1, requires_grad=True)  # error"""
    check("import math\n" + training(loss), "NN703")


@pytest.mark.parametrize(
    ("otherwise", "mark"), [("x - x.max(1, keepdim=True)", ""), ("x * 2", "  # error")]
)
def test_a_softmax_that_is_safe_but_for_a_failure_is_left_alone(otherwise: str, mark: str) -> None:
    check(
        f"""def f(x):
    try:
        moved = {otherwise}
    except IndexError:
        moved = x
    powers = np.exp(moved)
    return powers / powers.sum(1, keepdims=True){mark}
""",
        "NN705",
    )


@pytest.mark.parametrize(("otherwise", "mark"), [("x - x.max()", ""), ("x * 2", "  # error")])
def test_a_softmax_that_is_safe_on_one_way_is_left_alone(otherwise: str, mark: str) -> None:
    check(
        f"""def f(large):
    x = nn.Linear(3, 4)(torch.randn(2, 3))
    if large:
        x = {otherwise}
    powers = torch.exp(x)
    return powers / powers.sum(1, keepdim=True){mark}
""",
        "NN705",
    )
