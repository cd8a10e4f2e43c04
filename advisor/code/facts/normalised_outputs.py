"""Layers whose outputs are normalised before anything else comes of them."""

import re

from advisor.code.events import ForwardRun
from advisor.code.facts.run import AbstractRun
from advisor.code.values import Activation, Layer, Value, scale_of

# Layers behind which numbers that are twice as large are twice as large, too.
KEEPS_PROPORTIONS = re.compile(r"\.(Activation|(Leaky|P)?ReLU|\w*(Pool|Dropout|Padding)\w*)$")
_SATURATED = frozenset({Activation.SIGMOID, Activation.SOFTMAX, Activation.TANH})


def is_normalised_behind(run: AbstractRun, module: Layer) -> bool:
    """Whether a layer of a model of Keras that normalises is given what another one has made, through none
    that is at its limit by then."""
    made: list[Value | None] = []
    for event in run.events(ForwardRun):
        if event.module is module:
            made.append(event.output)
            continue
        given = next(iter(event.arguments.values()), None)
        if given is None or not isinstance(event.module, Layer):
            continue
        if not any(given is each for each in made):
            continue
        scale = scale_of(given)
        if scale is not None and scale.activation in _SATURATED:
            continue
        if "Norm" in event.module.path:
            return True
        if KEEPS_PROPORTIONS.search(event.module.path) is not None:
            made.append(event.output)
    return False
