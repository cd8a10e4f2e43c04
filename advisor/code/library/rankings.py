"""What models or scores say of the columns that they were fitted on, and the choice of columns by it.

A ranking is what is known of some columns: their order, their scores, whether they pass, or their
names. It keeps the fit that it comes from as long as it is sorted, compared and cut.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import Guard
from advisor.code.interpreter.loops import Iteration
from advisor.code.library import lineages
from advisor.code.library.models import (
    Call,
    Index,
    asked_first,
    attribute,
    family,
    function,
    hook,
    item,
    iteration,
    method,
)
from advisor.code.library.names import words
from advisor.code.library.python.containers import on_append
from advisor.code.values import (
    Dictionary,
    Fit,
    Library,
    Object,
    RowSet,
    Unknown,
    Value,
    alternatives,
    names_of,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_CUTS = frozenset(words("head tail nlargest nsmallest"))
_LABELS = frozenset(words("y label labels target targets y_true"))

family("ranking", lineages.RANKING)


# --- where rankings come from -------------------------------------------------------------


@attribute("estimator", "support_", "ranking_", "scores_", "pvalues_")
def of_selector(machine: "Machine", receiver: Value, node: cst.CSTNode) -> Value | None:
    """`rfe.support_`: which columns a selector has chosen."""
    if not isinstance(receiver, Object):
        return None
    fit = receiver.fields.get("fit")
    if not isinstance(fit, Fit) or fit.kind != "selection":
        return None
    only_scores = isinstance(node, cst.Attribute) and node.attr.value != "support_"
    return lineages.ranking(fit, not only_scores)


@method("estimator", "get_support", "get_feature_names_out")
def chosen_by_selector(call: Call) -> Value | None:
    """`selector.get_support()`."""
    receiver = call.receiver
    return None if receiver is None else of_selector(call.machine, receiver, call.node)


@attribute("estimator", "feature_importances_", "coef_")
def of_model(machine: "Machine", receiver: Value, node: cst.CSTNode) -> Value | None:
    """`forest.feature_importances_`: what a model that has learned labels makes of each column."""
    if not isinstance(receiver, Object):
        return None
    fit = receiver.fields.get("fit")
    if not isinstance(fit, Fit) or fit.kind != "model":
        return None
    return lineages.ranking(
        Fit(receiver, fit.rows, fit.place, "selection", True, fit.text, fit.context)
    )


@function(
    *(
        f"sklearn.feature_selection.{name}"
        for name in words("mutual_info_classif mutual_info_regression f_classif f_regression chi2")
    ),
    "sklearn.inspection.permutation_importance",
)
def score_of_each_column(call: Call) -> Value | None:
    """`mutual_info_classif(X, y)`: how each column goes together with the labels."""
    first = 1 if call.path.endswith("importance") else 0
    data, labels = call.argument(first, "X"), call.argument(first + 1, "y")
    if data is None or labels is None:
        return None
    rows, text = lineages.samples(data).rows, _function(call)
    return lineages.ranking(
        Fit(Library(call.path), rows, call.place, "selection", True, text, call.context)
    )


@function("numpy.corrcoef", *(f"scipy.stats.{name}" for name in words("pearsonr spearmanr")))
def correlation(call: Call) -> Value | None:
    """`np.corrcoef(X[:, 0], y)`: how a column goes together with labels."""
    column, labels = call.argument(0, "x"), call.argument(1, "y")
    lineage = lineages.known(column)
    if lineage is None or not lineages.holds_rows(lineage) or labels is None:
        return None
    called = names_of(labels) | (labels.names if isinstance(labels, Unknown) else set())
    if not called & _LABELS:
        return None
    return lineages.ranking(_test_of(call, lineage.rows))


_TESTS = words(
    "ttest_ind ttest_rel mannwhitneyu ranksums ks_2samp f_oneway kruskal wilcoxon anderson_ksamp "
    "median_test brunnermunzel pointbiserialr kendalltau"
)


@function(*(f"scipy.stats.{name}" for name in _TESTS))
@function(
    *(f"scipy.stats.stats.{name}" for name in _TESTS), "statsmodels.stats.weightstats.ttest_ind"
)
def test_of_columns(call: Call) -> Value | None:
    """`ttest_ind(X[y == 0], X[y == 1])`: how far apart the columns of two classes are; what is told
    of one class alone, or of other things than rows, is no such test."""
    groups = lineages.known(call.arguments.rest)
    if (
        groups is not None
        and groups.rows.parent is not None
        and lineages.is_chosen_by_condition(groups.rows)
    ):
        return lineages.ranking(_test_of(call, groups.rows.parent))  # `f_oneway(*groups)`
    first, second = call.argument(0, "a"), call.argument(1, "b")
    first = first or call.argument(-1, "x")
    second = second or call.argument(-1, "y")
    one, other = lineages.known(first), lineages.known(second)
    if one is None or other is None or not lineages.holds_rows(one):
        return correlation(call) if one is not None else None
    whole = one.rows.parent
    if whole is None or whole is not other.rows.parent or one.rows is other.rows:
        return correlation(call)
    if not all(lineages.is_chosen_by_condition(each.rows) for each in (one, other)):
        return None
    return lineages.ranking(_test_of(call, whole))


def _test_of(call: Call, rows: RowSet) -> Fit:
    """What a test, or a score, of columns of some rows amounts to: the same in each round of a loop."""
    if rows.tests is None:
        rows.tests = {}
    if call.node not in rows.tests:
        text = _function(call)
        rows.tests[call.node] = Fit(
            Library(call.path), rows, call.place, "selection", True, text, call.context
        )
    return rows.tests[call.node]


def _function(call: Call) -> str:
    return lineages.written(call.node.func) if isinstance(call.node, cst.Call) else call.path


# --- what keeps them ----------------------------------------------------------------------


@method("ranking", "*")
def reordered(call: Call) -> Value | None:
    """`abs()`, `sort_values()`, `head(9)`, `tolist()`: still a ranking."""
    fit = lineages.ranked_by(call.receiver)
    if fit is not None and call.path.rsplit(".", 1)[-1] in _CUTS:
        return lineages.ranking(lineages.cut(fit, call.place), True)
    return call.receiver


@attribute("ranking", "*")
def names(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """`ranking.index`: the names in their order."""
    return receiver


@item("ranking")
def some_of(
    machine: "Machine", receiver: Object, indices: Sequence[Index], node: cst.CSTNode
) -> Value | None:
    """`ranking[:10]`."""
    fit, index = lineages.ranked_by(receiver), indices[0]
    if isinstance(index, slice):
        ends = index.start is not None or index.stop is not None
    else:
        ends = lineages.is_cut(index)
    if fit is None or not ends:
        return receiver
    return lineages.ranking(lineages.cut(fit, machine.place(node)), True)


@iteration("ranking")
def one_by_one(machine: "Machine", value: Object, node: cst.CSTNode) -> Iteration | None:
    """One column after the other."""
    return Iteration(make=lambda: value)


@hook("unpack")
def parts_of_ranking(
    machine: "Machine", value: Value, count: int, node: cst.CSTNode
) -> list[Value] | None:
    """`scores, chances = f_classif(X, y)`."""
    return [value] * count if lineages.ranked_by(value) is not None else None


@hook("comparison")
def passing(
    machine: "Machine", operator: str, left: Value, right: Value, node: cst.CSTNode
) -> Value | None:
    """`importances > 0.01`: which columns pass."""
    found = _ranking_in((left, right)) or lineages.of_classes(left) or lineages.of_classes(right)
    fit = lineages.ranked_by(found)
    return None if fit is None else lineages.ranking(lineages.cut(fit, machine.place(node)), True)


@hook("arithmetic")
def turned(
    machine: "Machine", operator: str, left: Value, right: Value | None, node: cst.CSTNode
) -> Value | None:
    """`-importances`; what samples are multiplied by is a weight."""
    if any(lineages.holds_rows(lineages.known(each)) for each in (left, right)):
        return None
    return _ranking_in((left, right))


def _ranking_in(values: Sequence[Value | None]) -> Object | None:
    """The first ranking among some values."""
    for value in values:
        if isinstance(value, Object) and lineages.ranked_by(value) is not None:
            return value
    return None


_KEEPING = (
    *(f"numpy.{name}" for name in words("argsort argpartition flip abs absolute where nonzero")),
    *(f"numpy.{name}" for name in words("flatnonzero argwhere array asarray sort squeeze ravel")),
    *(f"builtins.{name}" for name in words("list tuple set sorted reversed zip dict enumerate")),
    *("pandas.Series", "pandas.DataFrame", "torch.topk", "torch.tensor", "torch.from_numpy"),
    *(
        "torch.argsort",
        "torch.as_tensor",
        "heapq.nlargest",
        "builtins.abs",
        "builtins.float",
        "builtins.round",
    ),
)


# What numbers stay numbers in, that can be divided by others before they are sorted.
_KEEPING_NUMBERS = (
    *(f"numpy.{name}" for name in words("abs absolute array asarray squeeze ravel")),
    *("builtins.abs", "builtins.float", "builtins.round"),
)
_TAKING_BEST = ("torch.topk", "heapq.nlargest")
_PAIRS = ("builtins.zip", "builtins.enumerate")


@asked_first(*_KEEPING)
def kept(call: Call) -> Value | None:
    """`np.argsort(scores)`, `list(zip(names, scores))`: still a ranking."""
    for given in call.arguments.positional:
        apart = lineages.of_classes(given)
        if apart is not None and call.path in _KEEPING_NUMBERS:
            return given
        value = apart or given
        fit = lineages.ranked_by(value)
        if fit is not None:
            return lineages.ranking(fit, lineages.is_cut(value) or call.path in _TAKING_BEST)
        parts = _parts(value)
        ways = [way for each in parts for way in alternatives(each)]
        found = _ranking_in(parts) or _ranking_in([lineages.of_classes(each) for each in ways])
        if found is not None:
            return found
    return None


def _parts(value: Value) -> Sequence[Value | None]:
    match value:
        case Dictionary():
            return list(value.items.values())
        case SequenceValue():
            return value.items or (value.element,)
        case Object() if value.path in _PAIRS:
            return value.arguments.positional
    return ()


# --- what is chosen by them ---------------------------------------------------------------


@item("unknown")
def item_by_ranking(
    machine: "Machine", receiver: Unknown, indices: Sequence[Index], node: cst.CSTNode
) -> Value | None:
    """`names[order]`, or columns of a table."""
    fit = lineages.ranked_by(indices[0]) if len(indices) == 1 else None
    if fit is None:
        return None
    if not lineages.is_cut(indices[0]):
        is_data = lineages.known(receiver) is not None or lineages.TABLE in receiver.fields
        return None if is_data else lineages.ranking(fit)
    result = machine.unknown("chosen", node)
    result.fields[lineages.CHOSEN] = fit
    result.lineage = lineages.applied(lineages.samples(receiver), fit)
    return result


@hook("comprehended")
def chosen_in_comprehension(
    machine: "Machine", result: SequenceValue, loops: int, tests: Sequence[Value], node: cst.CSTNode
) -> None:
    """`[name for name, score in zip(names, scores) if score > 0.1]`."""
    fit = next((fit for each in tests if (fit := lineages.chosen_by(each)) is not None), None)
    if fit is not None:
        machine.store(result.fields, lineages.CHOSEN, fit)


@on_append
def chosen_one_by_one(call: Call, sequence: SequenceValue, value: Value) -> None:
    """`if score > 0.1: kept.append(name)`."""
    guards: tuple[Guard, ...] = call.context.guards
    asked = [each.condition for each in guards if each.taken]
    fit = next((fit for each in asked if (fit := lineages.chosen_by(each)) is not None), None)
    if fit is not None:
        call.machine.store(sequence.fields, lineages.CHOSEN, fit)
