"""random-hidden-state: a recurrent layer starts from random numbers, in evaluation, too."""

from collections.abc import Iterator

from advisor.code.facts.layers import LayerRun
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule

_RECURRENT = frozenset(
    f"torch.nn.{name}" for name in ("LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell")
)


@rule(
    "NN417",
    severity=Severity.WARNING,
    step=Step.SKELETON,
    symptoms=("noisy-validation",),
    sources=("002",),
)
def random_hidden_state(run: LayerRun) -> Iterator[Draft]:
    if run.layer.path in _RECURRENT:
        for place in run.random_states():
            name = run.layer.path.rsplit(".", 1)[-1]
            message = f"the hidden state that `{name}` starts from is random in every forward pass"
            yield run.finding_at(place, message, (run.event.place, "it starts here"))
