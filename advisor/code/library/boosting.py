"""Trees that libraries of their own add one after the other: the rows they are given, and what is trained."""

from advisor.code.events import Fitted, Scored
from advisor.code.library import lineages
from advisor.code.library.early_stopping import tell_rows_to_stop_by
from advisor.code.library.models import Call, family, function, method
from advisor.code.values import Dictionary, Lineage, Object, Value, known_text

_ROWS = ("xgboost.DMatrix", "xgboost.QuantileDMatrix", "lightgbm.Dataset", "catboost.Pool")
_TELL_CLASSES_APART = ("binary", "multi", "softmax", "cross_entropy")
family("booster", "xgboost.trained.", "lightgbm.trained.")


@function(*_ROWS)
def rows_to_boost(call: Call) -> Value | None:
    """`xgb.DMatrix(X, y)`: the rows that it is made of, with their labels."""
    data = call.argument(0, "data")
    if data is None:
        return None
    lineages.pair(call.machine, data, call.argument(1, "label"), call.node)
    lineage = lineages.samples(data).holding(None)
    return Object(call.path, call.arguments, call.place, {"lineage": lineage})


def samples_and_labels(rows: Value | None) -> tuple[Value | None, Value | None]:
    """What rows to boost were made of; other samples have no labels beside them."""
    if not isinstance(rows, Object) or rows.path not in _ROWS:
        return rows, None
    return rows.argument(0, "data"), rows.argument(1, "label")


@function("xgboost.train", "xgboost.training.train")
def trained_by_xgboost(call: Call) -> Value | None:
    """`xgb.train(settings, rows, 1000, evals=[(others, "test")])`."""
    return _trained(call, call.argument(1, "dtrain"), call.argument(3, "evals"))


@function("lightgbm.train", "lightgbm.engine.train")
def trained_by_lightgbm(call: Call) -> Value | None:
    """`lgb.train(settings, rows, 1000, valid_sets=[others])`."""
    return _trained(call, call.argument(1, "train_set"), call.argument(3, "valid_sets"))


def _trained(call: Call, rows: Value | None, judged_by: Value | None) -> Value | None:
    data, labels = samples_and_labels(rows)
    booster = Object(_kind_of(call), call.arguments, call.place)
    if rows is None or data is None:
        tell_rows_to_stop_by(call, judged_by)
        return booster
    lineage = lineages.samples(data)
    known = None if labels is None else lineages.columns_of(labels)
    labelled, fits = labels is not None, lineage.fits
    call.machine.emit(
        Fitted(call.place, call.context, booster, lineage.rows, "model", labelled, known, fits)
    )
    tell_rows_to_stop_by(call, judged_by)
    if labels is not None:
        lineages.learn(call.machine, data, labels, lineages.written(call.node), call.node)
    return booster


def _kind_of(call: Call) -> str:
    """What is trained: something that tells classes apart, if its objective says so."""
    settings = call.argument(0, "params")
    told = settings.items if isinstance(settings, Dictionary) else {}
    objective = known_text(told.get("objective")) or ""
    library = call.path.partition(".")[0]
    is_of_classes = any(each in objective for each in _TELL_CLASSES_APART)
    return f"{library}.trained.{'Classifier' if is_of_classes else 'Trees'}"


@method("booster", "predict", "inplace_predict")
def predicted(call: Call) -> Value | None:
    """`booster.predict(rows)`: something for each row."""
    data = call.argument(0, "data")
    if data is None or call.receiver is None:
        return None
    lineage = lineages.samples(data)
    event = Scored(call.place, call.context, call.receiver, lineage.rows, "predict", lineage.fits)
    call.machine.emit(event)
    return lineages.array(Lineage(lineage.rows), call.place)
