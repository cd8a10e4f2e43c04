"""scikit-learn and what is built like it: estimators, splits, resampling, data sets."""

import re
from collections.abc import Iterator

import libcst as cst

from advisor.code import symbols
from advisor.code.events import FitApplied, Fitted, Scored
from advisor.code.interpreter import attributes, calls
from advisor.code.interpreter.loops import items_of
from advisor.code.library import lineages
from advisor.code.library.boosting import samples_and_labels
from advisor.code.library.class_weights import notice_weights
from advisor.code.library.early_stopping import tell_evaluation_rows
from advisor.code.library.kept_columns import keeps_every_column
from advisor.code.library.keras_data import give_data
from advisor.code.library.lineages import written
from advisor.code.library.models import Call, family, function, method
from advisor.code.library.names import words
from advisor.code.library.told_columns import told_columns
from advisor.code.sources import NodePlace
from advisor.code.values import (
    NONE,
    Activation,
    Arguments,
    ClassIndices,
    Constant,
    Fit,
    Function,
    Instance,
    Library,
    Lineage,
    Object,
    Predicted,
    Rated,
    Scale,
    Sequence,
    Shape,
    Tensor,
    Unknown,
    Value,
    give_meaning,
    is_always,
    is_constant,
    known_integer,
    known_number,
    known_text,
    meaning_of,
)

# Of two classes one column says which it is.
MOST_IN_ONE_COLUMN = 2

# --- what estimators learn from rows ------------------------------------------------------

# Transformers by what they learn. What is not named here learns nothing from the rows, as
# `Normalizer` and `PolynomialFeatures`, or only which categories there are, as `OneHotEncoder`.
_LEARNS = {
    "scaler": "StandardScaler MinMaxScaler MaxAbsScaler RobustScaler QuantileTransformer "
    "PowerTransformer Normalization",
    "decomposition": "PCA IncrementalPCA KernelPCA SparsePCA MiniBatchSparsePCA TruncatedSVD NMF "
    "MiniBatchNMF FastICA FactorAnalysis DictionaryLearning MiniBatchDictionaryLearning "
    "LatentDirichletAllocation RandomizedPCA LinearDiscriminantAnalysis "
    "NeighborhoodComponentsAnalysis PLSRegression LDA Nystroem Isomap LocallyLinearEmbedding",
    "imputer": "SimpleImputer KNNImputer IterativeImputer Imputer",
    "vectoriser": "CountVectorizer TfidfVectorizer TfidfTransformer TextVectorization",
    "discretiser": "KBinsDiscretizer",
    "target encoder": "TargetEncoder CatBoostEncoder LeaveOneOutEncoder JamesSteinEncoder "
    "MEstimateEncoder WOEEncoder GLMMEncoder",
    "selection": "SelectKBest SelectPercentile SelectFromModel SelectFdr SelectFpr SelectFwe RFE "
    "RFECV SequentialFeatureSelector GenericUnivariateSelect VarianceThreshold",
    "vocabulary": "Tokenizer",
    "encoder": "LabelEncoder OneHotEncoder OrdinalEncoder LabelBinarizer MultiLabelBinarizer",
}
KINDS = {name: kind for kind, names in _LEARNS.items() for name in words(names)}
_USES_LABELS = frozenset({"target encoder", "selection"})
_WEIGHT = ("target encoder", "selection", "scaler", "decomposition", "imputer", "vectoriser")
# What some are told they need not learn: which categories there are, and in which order.
_TOLD_BY = {
    "OneHotEncoder": "categories",
    "OrdinalEncoder": "categories",
    "MultiLabelBinarizer": "classes",
    "CountVectorizer": "vocabulary",
}
_IDLE_WITH = {"StandardScaler": ("with_mean", "with_std")}
_WEIGHED_WORDS = frozenset(["tf_idf", "tf-idf", "count", "multi_hot"])
_SPLITTERS = frozenset(
    words(
        "KFold StratifiedKFold RepeatedKFold RepeatedStratifiedKFold ShuffleSplit LeaveOneOut "
        "StratifiedShuffleSplit LeavePOut TimeSeriesSplit GroupKFold GroupShuffleSplit "
        "LeaveOneGroupOut LeavePGroupsOut StratifiedGroupKFold PredefinedSplit LabelKFold"
    )
)
_SEARCHES = frozenset(
    words("GridSearchCV RandomizedSearchCV HalvingGridSearchCV HalvingRandomSearchCV")
)
_MODULES = words(
    "calibration cluster covariance cross_decomposition decomposition discriminant_analysis dummy "
    "ensemble feature_extraction feature_extraction.text feature_selection gaussian_process impute "
    "isotonic kernel_approximation kernel_ridge lda linear_model manifold mixture multiclass "
    "multioutput naive_bayes neighbors neural_network preprocessing qda random_projection "
    "semi_supervised svm tree compose pipeline model_selection cross_validation grid_search"
)

family("splitter", "sklearn.splitter.")
family("search", "sklearn.search.")
family("estimator", "sklearn.", "category_encoders.", "sklearn_pandas.", "feature_engine.")
family("estimator", "imblearn.", "cuml.", "keras.layers.Normalization")
family("estimator", "keras.layers.TextVectorization")
family("estimator", "xgboost.XGB", "lightgbm.LGBM", "catboost.CatBoost")
family("sampler", "imblearn.over_sampling.", "imblearn.under_sampling.", "imblearn.combine.")
family("pipeline", "sklearn.pipeline.", "imblearn.pipeline.")


@function(*(f"sklearn.{name}.*" for name in _MODULES), "category_encoders.*", "sklearn_pandas.*")
@function("imblearn.over_sampling.*", "imblearn.under_sampling.*", "imblearn.combine.*")
@function("xgboost.*", "xgboost.sklearn.*", "lightgbm.*", "lightgbm.sklearn.*", "catboost.*")
@function("imblearn.pipeline.*", "imblearn.ensemble.*", "sklearn.feature_extraction.*")
def estimator(call: Call) -> Value | None:
    """Any class of scikit-learn and its relatives."""
    name = call.path.rsplit(".", 1)[-1]
    if not name[:1].isupper() and name not in {"make_pipeline", "make_column_transformer"}:
        return None
    notice_weights(call)
    if name in _SPLITTERS:
        return Object(f"sklearn.splitter.{name}", call.arguments, call.place)
    if name in _SEARCHES:
        return Object(f"sklearn.search.{name}", call.arguments, call.place)
    return Object(call.path, call.arguments, call.place)


function(
    *(
        f"sklearn.preprocessing.{name}"
        for name in words("StandardScaler MinMaxScaler RobustScaler")
    ),
    *(f"sklearn.decomposition.{name}" for name in ("PCA", "TruncatedSVD", "NMF")),
    *(f"sklearn.feature_extraction.text.{name}" for name in ("CountVectorizer", "TfidfVectorizer")),
    "sklearn.impute.SimpleImputer",
    "sklearn.pipeline.Pipeline",
    "sklearn.pipeline.make_pipeline",
    "sklearn.model_selection.KFold",
    "sklearn.model_selection.StratifiedKFold",
    "sklearn.model_selection.GridSearchCV",
    "imblearn.over_sampling.SMOTE",
)(estimator)


def kind_of(value: Value | None) -> str | None:
    """What a transformer learns from the rows it is fitted on; of several steps the gravest."""
    if not isinstance(value, Object):
        return None
    name = value.path.rsplit(".", 1)[-1]
    if name in KINDS:
        return None if _learns_nothing(value, name) else KINDS[name]
    found = {kind_of(step) for step in _steps(value)}
    return next((kind for kind in _WEIGHT if kind in found), None)


def _learns_nothing(value: Object, name: str) -> bool:
    if name in _TOLD_BY:
        told = value.argument(-1, _TOLD_BY[name])
        return told is not None and not is_constant(told, None) and known_text(told) != "auto"
    if name == "SimpleImputer":
        strategy = value.argument(-1, "strategy")
        return isinstance(strategy, Constant) and strategy.value == "constant"
    if name == "Imputer":
        return (
            known_integer(value.argument(2, "axis")) == 1
        )  # what is missing in a row, by that row
    if name == "TextVectorization":
        # The numbers of words are a vocabulary alone, as that of a tokenizer.
        return known_text(value.argument(-1, "output_mode")) not in _WEIGHED_WORDS
    flags = [value.argument(-1, option) for option in _IDLE_WITH.get(name, ())]
    return bool(flags) and all(is_constant(flag, False) for flag in flags)


def _steps(value: Object) -> Iterator[Value]:
    """The estimators that a pipeline or the like consists of."""
    name = value.path.rsplit(".", 1)[-1]
    if name.startswith(
        ("Pipeline", "make_", "ColumnTransformer", "FeatureUnion", "DataFrameMapper")
    ):
        waiting = list(value.arguments.values())
        while waiting:
            current = waiting.pop()
            if isinstance(current, Sequence) and current.items is not None:
                waiting.extend(current.items)
            elif isinstance(current, Object):
                yield current


# --- fitting and transforming -------------------------------------------------------------


def fit_on(call: Call, target: Value, data: Value) -> Fit:
    """Let an estimator learn from rows."""
    lineage = lineages.samples(data)
    kind = (None if keeps_every_column(target, data) else kind_of(target)) or "model"
    text = _text(call.node)
    labelled = _uses_labels(target, kind)
    fit = Fit(target, lineage.rows, call.place, kind, labelled, text, call.context)
    given = call.argument(1, "y") or samples_and_labels(data)[1]
    labels = None if given is None else lineages.columns_of(given)
    place, rows = call.place, lineage.rows
    told = given is not None and not isinstance(meaning_of(given), Predicted)  # by no other model
    event = Fitted(place, call.context, target, rows, kind, told, labels, lineage.fits)
    call.machine.emit(event)
    if isinstance(target, Object):
        call.machine.store(target.fields, "fit", fit)
    return fit


def _uses_labels(target: Value, kind: str) -> bool:
    by_variance = isinstance(target, Object) and target.path.endswith("VarianceThreshold")
    return kind in _USES_LABELS and not by_variance


def _text(node: cst.CSTNode) -> str:
    """What is fitted, as its author calls it."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        return written(node.func.value)
    return written(node.func) if isinstance(node, cst.Call) else "it"


def transformed(call: Call, target: Object, data: Value) -> Value:
    """What an estimator makes of rows. A pipeline with steps of the project's own is gone through
    step by step."""
    steps = _steps_in_order(target)
    if any(isinstance(step, Instance) for step in steps):
        for step in steps:
            data = _through(call, step, data)
        return data
    lineage = lineages.samples(data).holding(lineages.columns_of(data))
    fit = _fit_before(call, target) or target.fields.get("fit")
    if KINDS.get(target.path.rsplit(".", 1)[-1]) not in {"scaler", "imputer"}:
        lineage = lineage.holding(None)
    if isinstance(fit, Fit) and fit.kind != "model":
        fit.used.append(call.context)
        call.machine.emit(FitApplied(call.place, call.context, fit, lineage.rows))
        if fit.kind not in {"encoder", "vocabulary"}:
            lineage = lineages.applied(lineage, fit)
    scaled_as_it_is = kind_of(target) == "scaler" and isinstance(data, Tensor)
    shape = data.shape if scaled_as_it_is and isinstance(data, Tensor) else None
    made = lineages.array(lineage, call.place, shape)
    _tell_type(target, data, made, call.place)
    return made


def _fit_before(call: Call, target: Object) -> Fit | None:
    """What `SelectFromModel(model, prefit=True)` goes by: the model has learned before."""
    if not target.path.endswith(".SelectFromModel") or target.fields.get("fit") is not None:
        return None
    model = target.argument(0, "estimator")
    learned = model.fields.get("fit") if isinstance(model, Object) else None
    if not isinstance(learned, Fit) or not is_always(target.argument(-1, "prefit"), True):
        return None
    text = _text(call.node)
    return Fit(target, learned.rows, call.place, "selection", True, text, call.context)


def _tell_type(encoder: Object, labels: Value, made: Tensor, place: NodePlace) -> None:
    """Say of encoded labels whether they are the numbers of classes, or a column for each.

    What a `LabelBinarizer` makes of labels whose number of classes is not known may be either.
    """
    name, rows = encoder.path.rsplit(".", 1)[-1], made.shape.known_axes.get(0)
    if name == "LabelEncoder":
        made.dtype = "long"
        made.shape = Shape((symbols.fresh("rows", is_axis=True) if rows is None else rows,))
    elif name == "OneHotEncoder":
        made.scale = Scale(Activation.ONE_HOT, place)
    elif name == "LabelBinarizer" and _has_many_classes(labels):
        made.dtype, made.scale = "long", Scale(Activation.ONE_HOT, place)


def _has_many_classes(labels: Value) -> bool:
    """Whether labels of a well-known data set are known to be of more classes than two."""
    meaning = meaning_of(labels)
    return isinstance(meaning, ClassIndices) and meaning.number > MOST_IN_ONE_COLUMN


def _steps_in_order(target: Object) -> list[Value]:
    """The steps of a pipeline that are known."""
    if not target.path.endswith(".Pipeline"):
        return []
    given = target.argument(0, "steps")
    pairs = given.items if isinstance(given, Sequence) and given.items is not None else ()
    items = [pair.items for pair in pairs if isinstance(pair, Sequence)]
    return [item[1] for item in items if item is not None and len(item) == 2]


def _through(call: Call, step: Value, data: Value) -> Value:
    passed = Arguments([data])
    name = "transform" if call.path.endswith(".transform") else "fit_transform"
    if isinstance(step, Instance) and name == "fit_transform":
        one = Call(call.machine, call.path, passed, call.node, step)
        return _by_project(one, step) or call.unknown()
    return calls.call_method(call.machine, step, name, passed, call.node)


def _data(call: Call) -> Value | None:
    return call.argument(0, "X") or call.argument(0, "raw_documents") or call.argument(0, "y")


@method("estimator", "fit", "partial_fit")
def fit(call: Call) -> Value | None:
    """`estimator.fit(X)`."""
    data, target = _data(call), call.receiver
    if data is not None and target is not None:
        fit_on(call, target, data)
        tell_evaluation_rows(call, target)
        lineages.pair(call.machine, data, call.argument(1, "y"), call.node)
        samples, labels = samples_and_labels(data)
        learn(call, target, samples or data, call.argument(1, "y") or labels)
    return target


@method("estimator", "adapt")
def adapt(call: Call) -> Value | None:
    """`layer.adapt(X)`: a layer of Keras learns what it standardises by."""
    data, target = call.argument(0, "data"), call.receiver
    if data is not None and isinstance(target, Object):
        fit_on(call, target, data)
    return NONE


_REGRESSION = re.compile(r"Regress(?!ion)|(Linear|PLS)Regression|Ridge|Lasso|ElasticNet|SVR")


def learn(call: Call, target: Value | None, data: Value, labels: Value | None) -> None:
    """Let a model learn labels from all columns, or from those that it is told by their names."""
    if labels is None or not isinstance(target, Object):
        return
    numeric, text = _REGRESSION.search(target.path) is not None, _text(call.node)
    if not _takes_columns(target):
        lineages.learn(call.machine, data, labels, text, call.node, numeric)
        return
    held = lineages.columns_of(data)
    for told in () if held is None else told_columns(target, held):
        lineages.learn(call.machine, data, labels, text, call.node, numeric, told)


def _takes_columns(model: Value) -> bool:
    """Whether a model may look at some columns only, those that it is told."""
    if not isinstance(model, Object):
        return True
    name = model.path.rsplit(".", 1)[-1]
    if name.startswith(("ColumnTransformer", "make_column", "DataFrameMapper", "FeatureUnion")):
        return True
    if name.startswith(("Pipeline", "make_")):
        steps = list(_steps(model))
        return not steps or any(map(_takes_columns, steps)) or _has_other_steps(model)
    return name in {"FunctionTransformer", "ColumnSelector"}


def _has_other_steps(model: Object) -> bool:
    """Whether a pipeline has steps that are not known."""
    waiting = list(model.arguments.values())
    while waiting:
        current = waiting.pop()
        if isinstance(current, Sequence):
            waiting.extend(current.items or ())
        elif not isinstance(current, (Object, Constant)):
            return True
    return model.arguments.unknown


@method("estimator", "fit_transform")
def fit_transform(call: Call) -> Value | None:
    """`estimator.fit_transform(X)`."""
    data, target = _data(call), call.receiver
    if isinstance(target, Instance):
        return _by_project(call, target)
    if data is None or not isinstance(target, Object):
        return None
    fit_on(call, target, data)
    return transformed(call, target, data)


@method("estimator", "transform")
def transform(call: Call) -> Value | None:
    """`estimator.transform(X)`."""
    data, target = _data(call), call.receiver
    if data is None or not isinstance(target, Object):
        return None
    return transformed(call, target, data)


@method("estimator", "predict", "predict_proba", "decision_function", "inverse_transform")
@method("estimator", "fit_predict", "apply", "predict_log_proba")
def predicted(call: Call) -> Value | None:
    """Something for each row."""
    data = _data(call)
    if data is None:
        return None
    if call.path.endswith("fit_predict") and call.receiver is not None:
        fit_on(call, call.receiver, data)
    score(call, data)
    made = lineages.array(Lineage(lineages.samples(data).rows), call.place)
    give_meaning(made, Predicted())
    return made


@method("estimator", "score")
def scored(call: Call) -> Value | None:
    """`estimator.score(X, y)`."""
    data = _data(call)
    if data is None:
        return None
    score(call, data)
    made = call.unknown()
    give_meaning(made, Rated(rises=True, rows=(lineages.samples(data).rows,)))
    return made


def score(call: Call, data: Value) -> None:
    """Let an estimator predict something for rows."""
    if call.receiver is not None:
        lineage = lineages.samples(data)
        name = call.path.rsplit(".", 1)[-1]
        event = Scored(call.place, call.context, call.receiver, lineage.rows, name, lineage.fits)
        call.machine.emit(event)


@method("unknown", "fit")
def fit_of_unknown(call: Call) -> Value | None:
    """`model.fit(X, y, validation_split=0.2)` of a model nothing is known about."""
    receiver = call.receiver
    assert isinstance(receiver, Unknown)
    lineages.hold_back(call.machine, call.arguments, call.node)
    give_data(call)
    own = attributes.unknown_attribute(call.machine, receiver, "fit", call.node)
    return calls.call(call.machine, own, call.arguments, call.node)


@method("estimator", "set_params", "set_output")
def itself(call: Call) -> Value | None:
    """The estimator itself."""
    return call.receiver


@function("sklearn.base.clone")
def clone(call: Call) -> Value | None:
    """The same estimator, not fitted yet."""
    value = call.argument(0, "estimator")
    if isinstance(value, Object):
        return Object(value.path, value.arguments, call.place)
    return value


_DIRECT = {
    **dict.fromkeys(("scale", "minmax_scale", "robust_scale", "maxabs_scale"), "scaler"),
    **dict.fromkeys(("quantile_transform", "power_transform"), "scaler"),
}


@function(*(f"sklearn.preprocessing.{name}" for name in _DIRECT), "scipy.stats.zscore")
def scaled(call: Call) -> Value | None:
    """`scale(X)`: fitted and applied at once."""
    data, axis = call.argument(0, "X") or call.argument(-1, "a"), call.argument(1, "axis")
    if data is None:
        return None
    lineage = lineages.samples(data)
    number = known_number(axis)
    if number is not None and number.integer == 1:
        return lineages.array(lineage, call.place)
    text = written(call.node.func) if isinstance(call.node, cst.Call) else call.path
    made = Fit(Library(call.path), lineage.rows, call.place, "scaler", text=text)
    call.machine.emit(Fitted(call.place, call.context, made.estimator, made.rows, made.kind))
    call.machine.emit(FitApplied(call.place, call.context, made, made.rows))
    return lineages.array(lineages.applied(lineage, made), call.place)


@function("sklearn.preprocessing.normalize", "sklearn.preprocessing.binarize")
@function("sklearn.preprocessing.add_dummy_feature")
def row_by_row(call: Call) -> Value | None:
    """A function of each row alone."""
    lineage = lineages.known(call.argument(0, "X"))
    return None if lineage is None else lineages.array(lineage, call.place)


@function("sklearn.preprocessing.label_binarize")
def labels_binarized(call: Call) -> Value | None:
    """Labels as a column for each class; of two classes there is but one column."""
    lineage = lineages.known(call.argument(0, "y"))
    made = None if lineage is None else lineages.array(lineage, call.place)
    classes = call.argument(1, "classes")
    number = len(items_of(classes) or ()) if classes is not None else 0
    if number <= MOST_IN_ONE_COLUMN:
        return made
    rows = None if made is None else made.shape.known_axes.get(0)
    dims = (rows or symbols.fresh("samples", is_axis=True), symbols.axis_of_length(number))
    return Tensor(
        Shape(dims),
        scale=Scale(Activation.ONE_HOT, call.place),
        dtype="long",
        graph=False,
        lineage=lineage,
        library="numpy",
        place=call.place,
    )


def _by_project(call: Call, transformer: Instance) -> Value | None:
    """A transformer of the project: its `fit`, then its `transform`."""
    if isinstance(transformer.cls.find("fit"), Function):
        calls.call_method(call.machine, transformer, "fit", call.arguments, call.node)
    data = _data(call)
    if data is None or not isinstance(transformer.cls.find("transform"), Function):
        return None
    return calls.call_method(call.machine, transformer, "transform", Arguments([data]), call.node)


# --- resampling ---------------------------------------------------------------------------


@method("sampler", "fit_resample", "fit_sample")
@method("pipeline", "fit_resample", "fit_sample")
def resampled(call: Call) -> Value | None:
    """Rows are made up, repeated or left out to balance the classes."""
    data, labels = call.argument(0, "X"), call.argument(1, "y")
    if data is None:
        return None
    lineage = lineages.samples(data)
    rows = lineages.copies("resampled", call.place, call.context, lineage.rows)
    sampler = call.receiver.path if isinstance(call.receiver, Object) else ""
    rows.are_thinned = sampler.startswith("imblearn.under_sampling.")
    first = lineages.alike(data, lineage.of(rows), call.place)
    if labels is None:
        return first
    fits = lineages.samples(labels).of(rows)
    return Sequence("tuple", (first, lineages.alike(labels, fits, call.place)), place=call.place)


@function("sklearn.utils.resample")
def drawn_again(call: Call) -> Value | None:
    """`resample(X, y)`: rows drawn with replacement unless told otherwise."""
    replace = call.argument(-1, "replace")
    again = not is_constant(replace, False)
    results = [_drawn(value, again, call) for value in call.arguments.positional]
    if len(results) == 1:
        return results[0]
    return Sequence("tuple", tuple(results), place=call.place) if results else None


def _drawn(value: Value, again: bool, call: Call) -> Value:
    lineage = lineages.samples(value)
    key = ("drawn", call.node)
    rows = lineage.rows.part(key, "resampled" if again else "part", call.place)
    rows.context = call.context
    return lineages.alike(value, lineage.of(rows), call.place)


@function("sklearn.utils.shuffle")
def shuffled(call: Call) -> Value | None:
    """The same rows in another order."""
    values = call.arguments.positional
    if len(values) == 1:
        return values[0]
    return Sequence("tuple", tuple(values), place=call.place) if values else None
