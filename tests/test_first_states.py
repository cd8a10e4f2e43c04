"""What recurrent layers start from."""

from tests.abstract_programs import findings, marked

PREAMBLE = """
import torch
import torch.nn as nn
"""


def check(body: str) -> None:
    code = PREAMBLE + body
    assert [found for found in findings(code) if found[1] == "NN417"] == marked(code, "NN417")


def test_a_method_that_draws_the_first_state_tells_of_itself() -> None:
    check(
        """
class Names(nn.Module):
    def __init__(self, letters, hidden=128):
        super().__init__()
        self.hidden = hidden
        self.gru, self.last = nn.GRU(letters, hidden), nn.Linear(hidden, letters)
    def init_hidden(self, batch):
        return torch.rand(1, batch, self.hidden) # error
    def forward(self, x, h):
        out, h = self.gru(x, h)
        return self.last(out), h
class Cells(nn.Module):
    def __init__(self, letters, hidden=128):
        super().__init__()
        self.cell = nn.LSTMCell(letters, hidden)
    def initial_state(self, batch):
        h = torch.randn(batch, 128) # error
        return h, torch.zeros(batch, 128)
"""
    )


def test_states_of_zeros_and_those_that_are_learned_are_right_and_so_is_noise() -> None:
    check(
        """
class Zeros(nn.Module):
    def __init__(self, letters, hidden=128):
        super().__init__()
        self.gru = nn.GRU(letters, hidden)
    def init_hidden(self, batch):
        return torch.zeros(1, batch, 128)
    def sample_noise(self, batch):
        return torch.randn(batch, 128)
class Learned(nn.Module):
    def __init__(self, letters, hidden=128):
        super().__init__()
        self.gru = nn.GRU(letters, hidden)
        self.init_hidden()
    def init_hidden(self):
        self.first = nn.Parameter(torch.randn(1, 1, 128))
class Diffusion(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Linear(128, 10)
    def init_state(self, batch):
        return torch.randn(batch, 128)
"""
    )


def test_learned_states_in_lists_are_drawn_once() -> None:
    check(
        """
class Stack(nn.Module):
    def __init__(self, size, sizes, drawn=False):
        super().__init__()
        self.layers = nn.ModuleList([nn.GRU(size, each) for each in sizes])
        self.sizes, self.drawn = sizes, drawn
        self.first, self.second = nn.ParameterList(), nn.ParameterList()
        self.fill_initial_states()
        self.start_hidden()
    def fill_initial_states(self):
        for each in self.sizes:
            state = nn.Parameter(torch.zeros(1, 1, each))
            if self.drawn:
                nn.init.xavier_uniform_(state)
            self.first.append(state)
    def start_hidden(self):
        for each in self.sizes:
            self.second.append(nn.Parameter(torch.randn(1, 1, each)))
    def forward(self, x):
        for layer, state in zip(self.layers, self.first):
            x, _ = layer(x, state.expand(-1, x.size(1), -1).contiguous())
        return x
class Drawn(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.gru = nn.GRU(size, size)
    def initial_states(self, x):
        state = torch.empty(1, x.size(1), 128)
        nn.init.xavier_uniform_(state) # error
        return state
"""
    )


def test_what_is_drawn_as_the_layer_is_built_and_again_before_each_pass_is_told() -> None:
    check(
        """
class Tagger(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.lstm = nn.LSTM(size, size)
        self.hidden = self.init_hidden()
    def init_hidden(self):
        h = torch.randn(1, 1, 128) # error
        return h, torch.zeros(1, 1, 128)
    def forward(self, x):
        self.hidden = self.init_hidden()
        out, self.hidden = self.lstm(x, self.hidden)
        return out
"""
    )


def test_a_generator_makes_its_samples_of_noise() -> None:
    check(
        """
class Generator(nn.Module):
    def __init__(self, prices, hidden=64):
        super().__init__()
        self.gru, self.last = nn.GRU(prices, hidden, batch_first=True), nn.Linear(hidden, prices)
    def forward(self, x):
        noise = torch.randn(1, x.size(0), 64).to(device=x.device)
        return self.last(self.gru(x, noise)[0])
class Forecast(nn.Module):
    def __init__(self, prices, hidden=64):
        super().__init__()
        self.gru, self.last = nn.GRU(prices, hidden, batch_first=True), nn.Linear(hidden, prices)
    def forward(self, x):
        start = torch.randn(1, x.size(0), 64).to(device=x.device) # error
        return self.last(self.gru(x, start)[0])
"""
    )
