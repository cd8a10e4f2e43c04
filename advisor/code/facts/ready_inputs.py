"""Whether pictures come to the trained weights of a ready model as they are."""

from advisor.code.events import ForwardRun, LayerBuilt
from advisor.code.facts.run import AbstractRun
from advisor.code.library.torch_modules.first_layers import first_layer_is_new
from advisor.code.values import Layer

# Models that normalise what they are given before they hand it to the one that they are built around.
_NORMALISING = "torchvision.models.detection."


def sees_pictures(run: AbstractRun, ready: Layer) -> bool:
    """Whether a ready model meets pictures with weights of its own, as far as anybody can see: no layer
    was put in the place of its first one, none is asked before it, and nothing is built around it that
    normalises by itself."""
    return not (first_layer_is_new(ready) or _is_normalised_for(run) or _comes_later(run, ready))


def _is_normalised_for(run: AbstractRun) -> bool:
    return any(event.layer.path.startswith(_NORMALISING) for event in run.events(LayerBuilt))


def _comes_later(run: AbstractRun, ready: Layer) -> bool:
    """Whether a model is asked about nothing but what other layers have made of the pictures."""
    passes = list(run.events(ForwardRun))
    given = [next(iter(each.arguments.values()), None) for each in passes if each.module is ready]
    made = {id(each.output) for each in passes if each.output is not None}
    return bool(given) and all(each is not None and id(each) in made for each in given)
