"""A softmax over the batch shows where one of the scores of each sample is chosen."""

from textwrap import dedent

import pytest

from advisor.code.analysis import Project, analyze
from advisor.code.sources import Source
from advisor.findings import Severity
from advisor.rulebook import rulebook
from tests.abstract_programs import findings, marked

PREAMBLE = """
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.distributions import Categorical
"""
POLICY = """
class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(6, 32)
        self.last = nn.Linear(32, 4)
    def forward(self, state):
        return F.softmax(self.last(torch.tanh(self.inner(state))), dim={}) # error
policy = Policy()
"""
STATES = {
    "a batch": "state = torch.randn(32, 6)",
    "a stack": "state = torch.stack(memory.states)",
    "a stack of what was listed": "state = torch.stack([step.state for step in memory])",
}
CHOICES = [
    "Categorical(policy(state)).sample()",
    "torch.distributions.Categorical(probs=policy(state)).sample()",
    "torch.multinomial(policy(state), 1)",
    "policy(state).argmax(dim=1)",
    "torch.max(policy(state), 1)",
]


def found(code: str, of: str = "NN205") -> list[tuple[int, str]]:
    return [each for each in findings(code) if each[1] == of]


def choosing(state: str, choice: str, dim: int) -> str:
    return f"{PREAMBLE}{POLICY.format(dim)}{state}\nchosen = {choice}\n"


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("state", STATES)
def test_a_choice_for_each_sample_needs_probabilities_of_each_sample(
    state: str, choice: str
) -> None:
    code = choosing(STATES[state], choice, 0)
    assert found(code) == marked(code, "NN205")
    assert found(choosing(STATES[state], choice, -1)) == []


@pytest.mark.parametrize("choice", CHOICES[:3])
@pytest.mark.parametrize("state", ["torch.randn(6)", "torch.from_numpy(env.reset())", "load()"])
def test_the_scores_of_a_single_state_have_one_dimension(state: str, choice: str) -> None:
    assert found(choosing(f"state = {state}", choice, 0)) == []


def test_over_an_axis_of_length_one_all_scores_become_one() -> None:
    state = "state = torch.from_numpy(env.reset()).float().unsqueeze(0)"
    code = choosing(state, CHOICES[0], 0)
    assert found(code) == marked(code, "NN205")
    assert found(choosing(state, CHOICES[0], 1)) == []


def test_the_best_sample_of_each_class_may_be_looked_for() -> None:
    assert found(choosing(STATES["a batch"], "policy(state).max(dim=0)", 1)) == []


GATED = """
gate, experts = nn.Linear(8, 4), nn.Linear(8, 4)
def mixed(x):
    weights = torch.softmax(gate(x), dim={}) # error
    return (weights * experts(x)).sum(dim={})
loss = mixed(torch.randn(64, 8)).pow(2).mean()
"""


@pytest.mark.parametrize(
    ("softmax", "total", "is_wrong"), [(0, 1, True), (1, 1, False), (0, 0, False)]
)
def test_what_is_weighed_sums_to_one(softmax: int, total: int, is_wrong: bool) -> None:
    code = PREAMBLE + GATED.format(softmax, total)
    assert found(code) == (marked(code, "NN205") if is_wrong else [])


DISTILLED = """
def distilled(student, teacher):
    return F.kl_div(
        F.log_softmax(student / 4, dim={}), # error
        F.softmax(teacher / 4, dim={}),
        reduction="{}",
    )
"""


@pytest.mark.parametrize(
    ("dim", "reduction", "is_wrong"),
    [(0, "batchmean", True), (1, "batchmean", False), (-1, "batchmean", False), (0, "sum", False)],
)
def test_a_mean_over_the_batch_says_where_the_samples_lie(
    dim: int, reduction: str, is_wrong: bool
) -> None:
    code = PREAMBLE + DISTILLED.format(dim, dim, reduction)
    assert found(code) == (marked(code, "NN205") if is_wrong else [])


TAGGED = """
class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.GRU(8, 64, batch_first=True)
        self.last = nn.Linear(64, 9)
    def forward(self, x):
        return F.log_softmax(self.last(self.inner(x)[0]), dim={}) # error
scores = Tagger()(torch.randn(16, 20, 8))
loss = F.nll_loss(scores.view(-1, 9), torch.randint(0, 9, (320,)))
"""


@pytest.mark.parametrize(("dim", "is_wrong"), [(1, True), (2, False), (-1, False)])
def test_steps_that_are_laid_behind_each_other_keep_their_classes_last(
    dim: int, is_wrong: bool
) -> None:
    code = PREAMBLE + TAGGED.format(dim)
    assert found(code) == (marked(code, "NN205") if is_wrong else [])


@pytest.mark.parametrize(("softmax", "is_wrong"), [(0, True), (1, False)])
def test_attention_over_time_is_no_attention_over_samples(softmax: int, is_wrong: bool) -> None:
    code = f"""{PREAMBLE}
score = nn.Linear(32, 1)
def pooled(h):
    weights = torch.softmax(score(h), dim={softmax}) # error
    return (weights * h).sum(dim=1)
pooled(torch.randn(4, 10, 32))
"""
    assert found(code) == (marked(code, "NN205") if is_wrong else [])


def test_a_ready_model_scores_each_picture() -> None:
    code = f"""{PREAMBLE}
from torchvision import models
model = models.resnet50(weights="DEFAULT")
picture = load().unsqueeze(0)
likely = F.softmax(model(picture), dim=0) # error
right = F.softmax(model(picture), dim=1)
alone = F.softmax(model(picture)[0], dim=0)
"""
    assert found(code) == marked(code, "NN205")


STACKED = """
probabilities = []
for sample in samples:
    scores = model(torch.unsqueeze(sample, dim=0))
    probabilities.append(torch.softmax(scores.squeeze(), dim=0))
chosen = torch.stack(probabilities).argmax(dim=1)
"""
WHOLE = """
for samples, targets in loader:
    chosen = torch.softmax(model(samples).squeeze(), dim=0).argmax(dim=1) # error
"""


@pytest.mark.parametrize("code", [STACKED, WHOLE])
def test_samples_that_are_stacked_have_their_scores_one_axis_further(code: str) -> None:
    body = "nn.Sequential(nn.Conv2d(1, 8, 3), nn.Flatten(), nn.Linear(5408, 10))"
    program = f"{PREAMBLE}model = {body}\n{code}"
    assert found(program) == marked(program, "NN205")


@pytest.mark.parametrize(("dim", "is_wrong"), [("-1", True), ("2", True), ("1", False)])
def test_one_score_for_each_step_is_weighed_over_the_steps(dim: str, is_wrong: bool) -> None:
    code = f"""{PREAMBLE}
class Pooling(nn.Module):
    def __init__(self):
        super().__init__()
        self.steps, self.score = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 1)
    def forward(self, inputs):
        states, _ = self.steps(inputs)
        weights = torch.softmax(self.score(torch.tanh(states)), dim={dim}) # error
        return (weights * states).sum(dim=1)
Pooling()(torch.randn(16, 20, 4))
"""
    assert found(code) == (marked(code, "NN205") if is_wrong else [])


def test_a_score_for_each_step_that_is_squeezed_is_weighed_over_the_last_axis() -> None:
    code = f"""{PREAMBLE}
states, score = torch.randn(16, 20, 8), nn.Linear(8, 1)
weights = torch.softmax(score(states).squeeze(-1), dim=-1)
pooled = (weights.unsqueeze(-1) * states).sum(dim=1)
"""
    assert found(code) == []


@pytest.mark.parametrize("number", [1, 4])
def test_of_several_experts_there_may_be_but_one(number: int) -> None:
    code = f"""{PREAMBLE}
class Experts(nn.Module):
    def __init__(self, width, number):
        super().__init__()
        self.gate = nn.Linear(width, number)
    def forward(self, inputs):
        return torch.softmax(self.gate(inputs), dim=-1)
Experts(8, {number})(torch.randn(2, 5, 8))
"""
    assert found(code) == []


def test_what_scores_each_step_may_have_several_layers() -> None:
    code = f"""{PREAMBLE}
score = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 1))
states = torch.randn(2, 5, 8)
weights = torch.softmax(score(states), dim=-1) # error
right = torch.softmax(score(states), dim=1)
"""
    assert found(code) == marked(code, "NN205")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("scores", [Severity.ERROR]),
        ("scores.transpose(1, 2)", [Severity.ERROR]),
        ("scores.transpose(2, 0)", []),
        ("scores.permute(2, 0, 1).contiguous()", []),
        ("scores.view(8, 35).transpose(0, 1)", [Severity.WARNING]),
    ],
)
def test_who_brings_an_axis_to_the_front_knows_which_one_torch_takes(
    given: str, expected: list[Severity]
) -> None:
    text = dedent(f"{PREAMBLE}scores = net(words).view(8, 5, 7)\nprint(F.softmax({given}))\n")
    source = Source(text, "program.py")
    told = analyze(source, Project([source]), rulebook("code").rules).findings
    assert [each.severity for each in told if each.code == "NN205"] == expected


UNKNOWN_MODEL = """
import torch.nn.functional as F


def score(loader, model):
    model.eval()
    hits = 0
    for x, y in loader:
        probabilities = F.softmax(model(x), dim={dim}){told}
        {choice}
    return hits
"""


@pytest.mark.parametrize(
    ("dim", "choice", "is_wrong"),
    [
        (0, "hits += (probabilities.argmax(1) == y).sum().item()", True),
        (0, "hits += probabilities.data.max(1)[1].eq(y).sum().item()", True),
        (1, "hits += (probabilities.argmax(1) == y).sum().item()", False),
        (0, "hits += (probabilities.argmax(0) == y).sum().item()", False),
        (0, "hits += model.matched(probabilities.argmax(1))", False),
    ],
)
def test_scores_of_any_model_that_labels_are_compared_with(
    dim: int, choice: str, is_wrong: bool
) -> None:
    text = UNKNOWN_MODEL.format(dim=dim, choice=choice, told="  # error" if is_wrong else "")
    assert [each for each in findings(text) if each[1] == "NN205"] == marked(text, "NN205")


COMPARED = """
import torch
import torch.nn.functional as F
from torch import nn

softmax = nn.Softmax(dim={dim})


def distil(student, teacher, x):
    with torch.no_grad():
        aims = teacher(x)
    return F.kl_div(F.log_softmax(student(x), dim={other}), softmax(aims), reduction="batchmean")
"""


@pytest.mark.parametrize(
    ("dim", "other", "is_wrong"), [(0, 1, True), (1, 1, False), (-1, 1, False)]
)
def test_probabilities_that_a_divergence_compares_go_over_the_same_axis(
    dim: int, other: int, is_wrong: bool
) -> None:
    found = findings(COMPARED.format(dim=dim, other=other))
    assert [each for each in found if each[1] == "NN205"] == ([(6, "NN205")] if is_wrong else [])
