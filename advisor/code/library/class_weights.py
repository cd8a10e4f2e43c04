"""Classes that are not equally large: what is done about it."""

from advisor.code.events import ClassesWeighted
from advisor.code.library.models import Call, function
from advisor.code.values import Constant, Value, known_number
from advisor.code.values import Sequence as SequenceValue

_OPTIONS = ("class_weight", "scale_pos_weight", "is_unbalance", "auto_class_weights")
_RESAMPLING = ("imblearn.over_sampling.", "imblearn.under_sampling.", "imblearn.combine.")
# What looks for the few that are unlike the rest.
_OF_OUTLIERS = (
    "sklearn.ensemble.IsolationForest",
    "sklearn.covariance.EllipticEnvelope",
    "sklearn.neighbors.LocalOutlierFactor",
    "pyod.models.",
)
# With a class that holds so much of the rows, always saying it is right nearly always.
LARGEST_FAIR_SHARE = 0.8


def notice_weights(call: Call) -> None:
    """See that an estimator, or a training, weights its classes or looks for outliers, or that rows
    are resampled."""
    for name in () if _predicts_numbers(call.path) else _OPTIONS:
        given = call.argument(-1, name)
        off = isinstance(given, Constant) and given.value in {None, False}
        if given is not None and not off:
            tell_weighted(call, name)
            return
    if call.path.startswith((*_RESAMPLING, *_OF_OUTLIERS)):
        tell_weighted(call, call.path.rsplit(".", 1)[-1])


def _predicts_numbers(path: str) -> bool:
    """Whether an estimator has no classes, whatever it takes of those that have."""
    return path.rsplit(".", 1)[-1].endswith(("Regressor", "Ranker"))


def tell_weighted(call: Call, text: str) -> None:
    """Say that something shows classes to be of different size."""
    call.machine.emit(ClassesWeighted(call.place, call.context, text))


@function(
    "sklearn.utils.class_weight.compute_class_weight",
    "sklearn.utils.class_weight.compute_sample_weight",
    "torch.utils.data.WeightedRandomSampler",
    "torch.utils.data.sampler.WeightedRandomSampler",
)
def weights(call: Call) -> Value | None:
    """Weights by the size of each class, or samples drawn by such."""
    tell_weighted(call, call.path.rsplit(".", 1)[-1])
    return None


def notice_shares(call: Call) -> None:
    """See that classes are made of very different size: `make_classification(weights=[0.95])`."""
    given = call.argument(-1, "weights")
    shares = given.items if isinstance(given, SequenceValue) and given.items else ()
    numbers = [known_number(each) for each in shares]
    largest = max((float(each.constant or 0) for each in numbers if each is not None), default=0.0)
    if largest >= LARGEST_FAIR_SHARE:
        tell_weighted(call, "weights")
