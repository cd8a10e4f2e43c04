"""Whose gradients a loss gives is told of models that have been seen to learn, and of no others."""

import pytest

from tests.abstract_programs import findings

PREAMBLE = """
import torch
from torch import nn
class Encoder(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.inner = nn.Linear(size, size)
    def forward(self, x):
        return self.inner(x)
class Decoder(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.inner = nn.Linear(size, size)
    def forward(self, x):
        {body}
criterion = nn.MSELoss()
output = {output}
encoder, decoder = {encoder}, {decoder}
of_encoder = torch.optim.Adam(encoder.parameters())
of_decoder = torch.optim.Adam(decoder.parameters())
"""
TRAINED = """
for x, y in loader:
    of_encoder.zero_grad()
    of_decoder.zero_grad()
    loss = criterion({loss}, y)
    loss.backward()
    of_encoder.step()
    of_decoder.step()
"""
STEPS = {"NN101", "NN104", "NN105", "NN108", "NN109"}
EMPTY = "nn.Sequential(\n    # to be filled in\n)"


def told(
    body: str,
    encoder: str = "Encoder(3)",
    decoder: str = "Decoder(3)",
    loss: str = "decoder(encoder(x))",
    output: str = "Encoder(3)(torch.randn(8, 3))",
) -> set[str]:
    preamble = PREAMBLE.format(body=body, encoder=encoder, decoder=decoder, output=output)
    return STEPS & {each[1] for each in findings(preamble + TRAINED.format(loss=loss))}


@pytest.mark.parametrize("body", ["return output", "return x", "return self.inner(x)"])
def test_what_flows_through_a_model_without_a_body_is_not_known(body: str) -> None:
    assert told(body) == set()


def test_a_model_without_layers_is_not_told_to_be_missed() -> None:
    assert told("return self.inner(x)", encoder=EMPTY) == set()
    assert told("return self.inner(x)", encoder=EMPTY, decoder=EMPTY) == set()


def test_a_loss_of_one_model_gives_the_other_no_gradients() -> None:
    body = "return self.inner(x)"
    assert told(body, decoder="Encoder(3)", loss="decoder(x)", output="None") == {"NN109"}


WRITTEN = """
from losses import masked_loss
def train(x, y, batched):
    of_encoder.zero_grad()
    of_decoder.zero_grad()
    steps = torch.zeros(5, 8, 3)
    if batched:
        for step in range(5):
            steps[step] = decoder(encoder(x))
    loss = masked_loss(steps.transpose(0, 1).contiguous(), y)
    loss.backward()
    of_encoder.step()
    of_decoder.step()
for x, y in loader:
    train(x, y, batched)
"""


def test_a_loss_of_results_that_are_written_into_a_tensor_may_reach_the_models() -> None:
    preamble = PREAMBLE.format(
        body="return self.inner(x)",
        encoder="Encoder(3)",
        decoder="Decoder(3)",
        output="None",
    )
    assert STEPS.isdisjoint(each[1] for each in findings(preamble + WRITTEN))


ADVERSARIAL = """
import torch
from torch import nn
entropy = nn.BCEWithLogitsLoss()
def loss_of_judge(real, fake):
    return entropy(real, torch.ones_like(real)) + entropy(fake, torch.zeros_like(fake))
def squares_of_judge(real, fake):
    loss = None
    # to be filled in
    return loss
def play(judge, optimizer, loss_of, loader):
    for x in loader:
        optimizer.zero_grad()
        loss = loss_of(judge(x), judge(torch.randn(len(x), 10)))
        GOES_BACK
        optimizer.step()
loader = torch.load("batches.pt")
for each in LOSSES:
    judge = nn.Sequential(nn.Linear(10, 1))
    play(judge, torch.optim.Adam(judge.parameters()), each, loader)
"""


@pytest.mark.parametrize(
    ("losses", "goes_back", "told"),
    [
        ("[loss_of_judge, squares_of_judge]", "loss.backward()", False),
        ("[squares_of_judge]", "loss.backward()", False),
        ("[loss_of_judge]", "print(loss)", True),
    ],
)
def test_a_loss_that_is_still_to_be_written_is_gone_back_through(
    losses: str, goes_back: str, told: bool
) -> None:
    text = ADVERSARIAL.replace("LOSSES", losses).replace("GOES_BACK", goes_back)
    assert ("NN105" in [code for _, code in findings(text)]) is told
