"""Searches of Keras Tuner: models that are built with one setting after the other, and judged by what
they are validated on."""

from advisor.code.events import DataGiven
from advisor.code.library.models import Call, family, function, method
from advisor.code.values import NONE, Object, Value, known_text
from advisor.code.values import Sequence as SequenceValue

_TUNERS = ("RandomSearch", "BayesianOptimization", "Hyperband", "GridSearch")
_TUNER = "keras_tuner.Tuner"

family(_TUNER, _TUNER)


@function(*(f"keras_tuner.{name}" for name in _TUNERS))
def tuner(call: Call) -> Value | None:
    """`RandomSearch(build, objective="val_accuracy", max_trials=9)`."""
    return Object(_TUNER, call.arguments, call.place)


@method(_TUNER, "search")
def searched(call: Call) -> Value | None:
    """`tuner.search(x, y, validation_data=(others, labels))`: the best settings are those that score best
    by the validation data, unless something else is told to be the objective."""
    given = call.argument(-1, "validation_data")
    if isinstance(given, SequenceValue) and given.items:
        given = given.items[0]
    objective = (
        call.receiver.argument(1, "objective") if isinstance(call.receiver, Object) else None
    )
    watched = known_text(objective)
    if given is not None and (watched is None or watched.startswith("val_")):
        callbacks = call.argument(-1, "callbacks")
        chosen = "the settings are chosen"
        event = DataGiven(call.place, call.context, given, "validation", callbacks, chosen)
        call.machine.emit(event)
    return NONE
