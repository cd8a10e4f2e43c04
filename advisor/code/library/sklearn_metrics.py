"""The scores of scikit-learn: computed from labels and predictions."""

from advisor.code.events import MetricTaken
from advisor.code.library import lineages
from advisor.code.library.models import Call, function
from advisor.code.values import Rated, Value, give_meaning

_NOT_OF_LABELS = ("silhouette", "davies", "calinski", "pairwise", "make_", "get_", "check_", "auc")


@function("sklearn.metrics.*")
def score(call: Call) -> Value | None:
    """`accuracy_score(y_true, y_pred)`, and what is called alike."""
    name = call.path.rsplit(".", 1)[-1]
    if not name[:1].islower() or name.startswith(_NOT_OF_LABELS):
        return None
    given = (call.argument(0, "y_true"), call.argument(1, "y_pred") or call.argument(1, "y_score"))
    found = [lineages.known(each) for each in given]
    rows = tuple(each.rows for each in found if each is not None)
    call.machine.emit(MetricTaken(call.place, call.context, name, rows, given))
    made = call.unknown()
    rises = name.endswith(("_score", "_coef", "_corrcoef"))
    if rises or name.endswith(("_error", "_loss")):
        give_meaning(made, Rated(rises, rows=rows, taken=call.context))
    return made
