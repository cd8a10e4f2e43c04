"""Trees that are added one after the other until a score by some rows gets no better."""

from collections.abc import Iterator

from advisor.code.events import DataGiven
from advisor.code.library.models import Call
from advisor.code.values import Dictionary, Object, Value, is_constant
from advisor.code.values import Sequence as SequenceValue

_BOOSTING = ("xgboost.", "lightgbm.", "catboost.")
_END = "the end of the training is chosen"
_PATIENCE = ("early_stopping_rounds", "early_stopping_round", "od_wait")


def tell_rows_to_stop_by(call: Call, given: Value | None) -> None:
    """`xgb.train(settings, rows, 1000, evals=[(others, "test")], early_stopping_rounds=9)`: tell by
    which rows it is chosen when the training ends."""
    settings = call.argument(0, "params")
    told = settings.items if isinstance(settings, Dictionary) else {}
    asked = [call.argument(-1, name) or told.get(name) for name in _PATIENCE]
    last = _last(given)
    if last is not None and (any(map(_is_asked_for, asked)) or _has_stopper(call, None)):
        callbacks = call.argument(-1, "callbacks")
        event = DataGiven(call.place, call.context, last, "validation", callbacks, _END)
        call.machine.emit(event)


def tell_evaluation_rows(call: Call, model: Value | None) -> None:
    """`model.fit(X, y, eval_set=[(X_test, y_test)])`: tell by which rows it is chosen when the
    training ends."""
    if not isinstance(model, Object) or not model.path.startswith(_BOOSTING):
        return
    given = _last(call.argument(-1, "eval_set"))
    if given is not None and _stops(call, model):
        callbacks = call.argument(-1, "callbacks")
        event = DataGiven(call.place, call.context, given, "validation", callbacks, _END)
        call.machine.emit(event)


def _last(evaluation: Value | None) -> Value | None:
    """The samples that are looked at: those of the last pair."""
    while isinstance(evaluation, SequenceValue) and evaluation.items:
        evaluation = evaluation.items[0 if evaluation.kind == "tuple" else -1]
    return evaluation


def _stops(call: Call, model: Object) -> bool:
    """Whether the training ends early, or the best number of trees is kept in the end."""
    if any(map(_is_asked_for, _patience(call, model))):
        return True
    if _has_stopper(call, model):
        return True
    keeps = model.argument(-1, "use_best_model") or call.argument(-1, "use_best_model")
    return model.path.startswith("catboost.") and not is_constant(keeps, False)


def _has_stopper(call: Call, model: Object | None) -> bool:
    """Whether one of the callbacks ends the training early."""
    callbacks = call.argument(-1, "callbacks")
    if callbacks is None and model is not None:
        callbacks = model.argument(-1, "callbacks")
    items = callbacks.items or () if isinstance(callbacks, SequenceValue) else ()
    names = [each.path if isinstance(each, Object) else getattr(each, "name", "") for each in items]
    return any("early_stop" in name.lower() or "EarlyStop" in name for name in names)


def _patience(call: Call, model: Object) -> Iterator[Value | None]:
    for name in _PATIENCE:
        yield call.argument(-1, name)
        yield model.argument(-1, name)


def _is_asked_for(value: Value | None) -> bool:
    return value is not None and not is_constant(value, None)
