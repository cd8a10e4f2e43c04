"""Losses: what each one expects of the prediction it is given.

`logits`: any numbers, the loss applies softmax or sigmoid itself; `log_probabilities`,
`probabilities`: what the name says; `numbers`: anything.
"""

from collections.abc import Callable, Iterator

import libcst as cst

from advisor.code.events import LossComputed
from advisor.code.gradients import computed
from advisor.code.library.models import Call, function, method
from advisor.code.library.torch_tensors.broadcasting import (
    broadcast,
    clash,
    differ,
    tell_clash,
)
from advisor.code.symbols import Number
from advisor.code.values import (
    Amount,
    Arguments,
    Cut,
    Instance,
    Layer,
    Rated,
    Shape,
    Tensor,
    Unknown,
    Value,
    following,
    is_constant,
    known_text,
    lineage_of,
    shape_of,
)

# Class of torch.nn -> (function of torch.nn.functional, what it expects)
LOSSES = {
    "CrossEntropyLoss": ("cross_entropy", "logits"),
    "BCEWithLogitsLoss": ("binary_cross_entropy_with_logits", "binary_logits"),
    "MultiLabelSoftMarginLoss": ("multilabel_soft_margin_loss", "binary_logits"),
    "SoftMarginLoss": ("soft_margin_loss", "binary_logits"),
    "NLLLoss": ("nll_loss", "log_probabilities"),
    "NLLLoss2d": ("nll_loss2d", "log_probabilities"),
    "BCELoss": ("binary_cross_entropy", "probabilities"),
    "KLDivLoss": ("kl_div", "log_probabilities"),
    "MSELoss": ("mse_loss", "numbers"),
    "L1Loss": ("l1_loss", "numbers"),
    "SmoothL1Loss": ("smooth_l1_loss", "numbers"),
    "HuberLoss": ("huber_loss", "numbers"),
    "CTCLoss": ("ctc_loss", "log_probabilities"),
    "PoissonNLLLoss": ("poisson_nll_loss", "numbers"),
    "GaussianNLLLoss": ("gaussian_nll_loss", "numbers"),
    "MultiMarginLoss": ("multi_margin_loss", "numbers"),
    "HingeEmbeddingLoss": ("hinge_embedding_loss", "numbers"),
    "CosineEmbeddingLoss": ("cosine_embedding_loss", "numbers"),
    "TripletMarginLoss": ("triplet_margin_loss", "numbers"),
    "MarginRankingLoss": ("margin_ranking_loss", "numbers"),
}
# What losses expect that compare scores for classes with one index for each sample.
_OF_CLASSES = frozenset({"logits", "log_probabilities"})
# Losses of other libraries that apply the activation themselves.
OTHERS = {
    "torchvision.ops.sigmoid_focal_loss": "binary_logits",
    "torchvision.ops.focal_loss.sigmoid_focal_loss": "binary_logits",
    "timm.loss.LabelSmoothingCrossEntropy": "logits",
    "timm.loss.SoftTargetCrossEntropy": "logits",
}


# Losses that choose one of the scores of each sample, and losses that compare number by number.
_OVER_CLASSES = frozenset({"cross_entropy", "nll_loss", "CrossEntropyLoss", "NLLLoss"})
_ONE_BY_ONE = frozenset(
    name
    for each in ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "BCELoss", "BCEWithLogitsLoss")
    for name in (each, LOSSES[each][0])
)


# Their predictions have the samples in the second dimension, behind time.
_TIME_FIRST = frozenset({"ctc_loss", "CTCLoss"})


def _loss(path: str, expects: str) -> Callable[[Call], Value | None]:
    def model(call: Call) -> Value | None:
        prediction = call.argument(0, "input")
        target = call.argument(1, "target")
        if call.path.startswith("torchvision") and prediction is None:
            prediction = call.argument(0, "inputs")
        shape = _shape_of_result(call, path, prediction, target)
        result = Tensor(shape, text="loss", place=call.place)
        computed(result, prediction, *_learned(target))
        if call.context.gradients is False and result.cut is None:
            result.graph, result.cut = False, Cut(call.place, "torch.no_grad()")
        if prediction is not None and not call.arguments.unknown:
            event = LossComputed(call.place, call.context, path, expects, prediction, target)
            event.options = _options(call)
            event.result, event.ways = result, call.machine.ways
            call.machine.emit(event)
            _tell_clash(call, expects, prediction, target)
        if not path.startswith("torchvision"):
            lineage = lineage_of(target)
            rows = () if lineage is None else (lineage.rows,)
            kind = "sum" if _takes_sum(call) else "mean"
            amount = Amount(kind, call.context, call.place, rows=rows)
            known = amount.kind == "sum" or _takes_mean(call)
            result.meaning = amount if known else Rated(False, amount, rows)
        return result

    return model


def _tell_clash(call: Call, expects: str, prediction: Value, target: Value | None) -> None:
    """Tell that there are more predictions than targets, or fewer."""
    left, right = shape_of(prediction), shape_of(target)
    if left is None or right is None or not left.dims or not right.dims:
        return
    if call.path.rsplit(".", 1)[-1] in _TIME_FIRST:
        return
    if expects in _OF_CLASSES:
        if len(left.dims) > 1 and differ(left.dims[0], right.dims[0]):
            tell_clash(call.machine, "compared", left, right, call.node)
    elif expects not in _OF_CLASSES and clash(left, right):
        tell_clash(call.machine, "broadcast", left, right, call.node)


def _options(call: Call) -> Arguments:
    """The arguments that set a loss up."""
    built = call.receiver
    if _is_bare(call):
        return Arguments(unknown=True)
    if isinstance(built, Layer):
        return built.arguments
    if isinstance(built, Instance):
        return Arguments(unknown=True)
    rest = call.arguments.positional[2:]
    return Arguments(rest, call.arguments.keywords, call.arguments.unknown)


def _is_bare(call: Call) -> bool:
    """Whether it is a function as `torch.kl_div` below the one of the same name that is documented:
    the numbers stay as they are, unless it is told a reduction in its own way."""
    return call.receiver is None and call.path.count(".") == 1


def _shape_of_result(
    call: Call, path: str, prediction: Value | None, target: Value | None
) -> Shape:
    """One number for the batch, or all that are compared, where nothing is made of them."""
    if _is_one_number(call):
        return Shape(())
    first, second = shape_of(prediction), shape_of(target)
    reduction = known_text(_options(call).keywords.get("reduction"))
    if _is_bare(call) or reduction != "none" or first is None:
        return Shape()
    name = path.rsplit(".", 1)[-1]
    if name in _OVER_CLASSES:
        return Shape(derived=following(first, _without_classes, -1))
    if name in _ONE_BY_ONE and second is not None:
        return broadcast([first, second])
    return Shape()


def _without_classes(dims: tuple[Number, ...]) -> tuple[Number, ...]:
    """The axes of scores without that of the classes, which lies behind the samples."""
    return (*dims[:1], *dims[2:]) if len(dims) > 1 else ()


def _is_one_number(call: Call) -> bool:
    """Whether a loss is one number for the whole batch, as it is unless it is told otherwise."""
    given = _options(call)
    if _is_bare(call) or call.path.startswith("torchvision"):
        return False
    ways = [given.keywords.get(name) for name in ("reduction", "reduce")]
    return not any(
        way is not None
        and known_text(way) not in {"mean", "sum", "batchmean"}
        and not is_constant(way, True)
        for way in ways
    )


def _takes_mean(call: Call) -> bool:
    """Whether a loss of torch is the mean over the batch, as it is by default."""
    given = _options(call)
    reductions = ("reduction", "reduce", "size_average")
    return not given.unknown and not any(name in given.keywords for name in reductions)


def _takes_sum(call: Call) -> bool:
    """Whether a loss of torch is told to be the sum over the batch."""
    given = _options(call)
    others = any(name in given.keywords for name in ("reduce", "size_average"))
    way = given.keywords.get("reduction")
    return not given.unknown and not others and known_text(way) == "sum"


def _learned(target: Value | None) -> Iterator[Value]:
    """A target, where a gradient may flow through it: not through labels that were passed in."""
    if isinstance(target, Unknown):
        made_here = target.place is not None and isinstance(target.place.node, cst.Call)
        if not made_here:
            return
    if target is not None:
        yield target


def _timm_loss(call: Call) -> Value | None:
    return Layer(call.path, call.arguments, call.place)


for _class, (_function, _expects) in LOSSES.items():
    function(f"torch.nn.functional.{_function}", f"torch.{_function}")(
        _loss(f"torch.nn.functional.{_function}", _expects)
    )
    method(f"torch.nn.{_class}", "__call__", "forward")(_loss(f"torch.nn.{_class}", _expects))
for _path, _expects in OTHERS.items():
    if _path.rsplit(".", 1)[-1][:1].isupper():
        function(_path)(_timm_loss)
        method(_path, "__call__", "forward")(_loss(_path, _expects))
    else:
        function(_path)(_loss(_path, _expects))
