"""The words in tags: how loggers and people name splits and quantities."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from advisor.runs.run import Direction, Split

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SEPARATORS = re.compile(r"[^A-Za-z0-9.@]+|(?<!\d)\.|\.(?!\d)")
_GLUED = re.compile(
    r"(train|valid|val|test|eval)(loss|acc|accuracy|error)|(disc|gen|ae|d|g)(loss)|(ep)(ret|rew)"
)
_ACRONYMS = (("mAP", "Map"), ("mIoU", "Miou"), ("IoU", "Iou"))


def word_set(words: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(words.split())


SPLIT_WORDS = {
    **dict.fromkeys(("train", "training", "trn", "tr"), Split.TRAIN),
    **dict.fromkeys(
        ("val", "valid", "validation", "vali", "va", "dev", "eval", "evaluation", "holdout"),
        Split.VALIDATION,
    ),
    **dict.fromkeys(("test", "testing", "tst"), Split.TEST),
    **dict.fromkeys(("trainval", "traineval"), Split.TRAIN_VALIDATION),
}
_TRAIN_VALIDATION_PAIRS = frozenset({("train", "val"), ("train", "eval"), ("train", "dev")})

# what a folder beside or below others must be called to hold one split of a run
SPLIT_FOLDERS = {
    **SPLIT_WORDS,
    **dict.fromkeys(("learn", "fit", "train_inner"), Split.TRAIN),
    **dict.fromkeys(("train_eval", "train_val"), Split.TRAIN_VALIDATION),
    **dict.fromkeys(("info", "real_data", "fake_data", "top", "bottom"), Split.UNKNOWN),
}


class Family(Enum):
    """The sort of thing a quantity is."""

    LOSS = "loss"
    METRIC = "metric"
    RETURN = "return"
    PROCESS = "process"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Quantity:
    """What the words of a tag say that it measures; `name` is the canonical word."""

    name: str
    family: Family
    direction: Direction = Direction.NONE


LOSS = Quantity("loss", Family.LOSS, Direction.LOWER)
RETURN = Quantity("return", Family.RETURN, Direction.HIGHER)
LEARNING_RATE = Quantity("learning_rate", Family.PROCESS)
GRADIENT_NORM = Quantity("gradient_norm", Family.PROCESS)
UPDATE_RATIO = Quantity("update_ratio", Family.PROCESS)
EPOCH = Quantity("epoch", Family.PROCESS)
TIME = Quantity("time", Family.PROCESS)
OTHER = Quantity("other", Family.OTHER)
_PROCESS_NAMES = frozenset(
    each.name for each in (LEARNING_RATE, GRADIENT_NORM, UPDATE_RATIO, EPOCH, TIME)
)

# In the order in which they are looked for: the specific before the general.
_METRICS: dict[str, tuple[Direction, str]] = {
    "top5_accuracy": (Direction.HIGHER, "top5, top 5, acc5, prec@5, acc@5"),
    "balanced_accuracy": (Direction.HIGHER, "balanced accuracy, balanced acc"),
    "accuracy": (Direction.HIGHER, "accuracy, acc, accuracies, top1, acc1, prec@1, acc@1"),
    "rmse": (Direction.LOWER, "rmse, root mean squared error"),
    "msle": (Direction.LOWER, "msle, mean squared logarithmic error"),
    "mse": (Direction.LOWER, "mse, mean squared error"),
    "mape": (Direction.LOWER, "mape, smape, mean absolute percentage error"),
    "mae": (Direction.LOWER, "mae, mean absolute error"),
    "perplexity": (Direction.LOWER, "perplexity, ppl"),
    "wer": (Direction.LOWER, "wer"),
    "cer": (Direction.LOWER, "cer"),
    "eer": (Direction.LOWER, "eer"),
    "fid": (Direction.LOWER, "fid"),
    "lpips": (Direction.LOWER, "lpips"),
    "error": (Direction.LOWER, "error, err, misclassification"),
    "map": (Direction.HIGHER, "map, map50, map75, ap, ap50, ap75, average precision"),
    "f1": (Direction.HIGHER, "f1, fscore, f1score, fbeta"),
    "auc": (Direction.HIGHER, "auc, auroc, rocauc, auprc, prauc"),
    "iou": (Direction.HIGHER, "iou, miou, jaccard"),
    "dice": (Direction.HIGHER, "dice, dsc"),
    "precision": (Direction.HIGHER, "precision, prec"),
    "recall": (Direction.HIGHER, "recall, sensitivity"),
    "specificity": (Direction.HIGHER, "specificity"),
    "mcc": (Direction.HIGHER, "mcc, matthews"),
    "kappa": (Direction.HIGHER, "kappa"),
    "exact_match": (Direction.HIGHER, "exact match, em"),
    "bleu": (Direction.HIGHER, "bleu, sacrebleu, bleu4"),
    "rouge": (Direction.HIGHER, "rouge, rouge1, rouge2, rougel, rougelsum"),
    "meteor": (Direction.HIGHER, "meteor"),
    "psnr": (Direction.HIGHER, "psnr"),
    "ssim": (Direction.HIGHER, "ssim"),
    "r2": (Direction.HIGHER, "r2, r2score, r squared"),
    "ndcg": (Direction.HIGHER, "ndcg"),
    "mrr": (Direction.HIGHER, "mrr"),
    "correlation": (Direction.HIGHER, "correlation, corr, pearson, pearsonr, spearman, spearmanr"),
    "elbo": (Direction.HIGHER, "elbo"),
    "success": (Direction.HIGHER, "success, win rate"),
    "score": (Direction.HIGHER, "score"),
}


def _phrases() -> Iterator[tuple[tuple[str, ...], Quantity]]:
    for name, (direction, phrases) in _METRICS.items():
        for phrase in phrases.split(", "):
            yield tuple(phrase.split()), Quantity(name, Family.METRIC, direction)


_METRIC_PHRASES = tuple(_phrases())

_LOSS_WORDS = word_set("loss losses cost costs objective logloss nll crossentropy xent bce")
# Behind these words, what counts is not the loss but something about it.
_ATTRIBUTES = word_set(
    "scale weight weights coef coefficient lambda ratio count std variance var scaler"
)
_TIME_WORDS = word_set("""time times fps ips eta runtime seconds second sec secs hours elapsed duration speed
    throughput wps ups samples""")
_MACHINERY = word_set("""flos flops tokens memory mem gpu cpu utilization mfu timesteps envsteps counter momentum
    beta epsilon temperature decay wd wpb bsz hp patience""")
_COUNTERS = word_set("step steps iter iters iteration iterations global batch")
_RETURN_WORDS = word_set("reward rewards return returns ret rew rews")
_PREFERENCES = word_set("chosen rejected margin margins")
_GRADIENT_WORDS = word_set("grad grads gradient gradients")
_UPDATE_WORDS = word_set("update updates ud")
_RATIO_WORDS = word_set("ratio ratios ud weight weights data param params parameter parameters")
_LEARNING_RATE = re.compile(r"lr\d*|lrs|learningrate|learningrates")
_EPOCH_WORDS = frozenset({"epoch", "epochs"})


def words_of(text: str) -> tuple[str, ...]:
    """The words of a tag or path in lower case: `trainLoss`, `train/loss` and `Train Loss` agree."""
    for acronym, word in _ACRONYMS:
        text = text.replace(acronym, word)
    parts = _SEPARATORS.split(_CAMEL.sub("_", text))
    return tuple(word for part in parts if part for word in _unglued(part.lower()))


def _unglued(word: str) -> tuple[str, ...]:
    glued = _GLUED.fullmatch(word)
    return tuple(part for part in glued.groups() if part) if glued else (word,)


def _split_of_words(words: tuple[str, ...]) -> Split:
    for pair in pairwise(words):
        if pair in _TRAIN_VALIDATION_PAIRS:
            return Split.TRAIN_VALIDATION
    return next((SPLIT_WORDS[word] for word in words if word in SPLIT_WORDS), Split.UNKNOWN)


def split_of(tag: str) -> Split:
    """The split that a tag names; in a path the last part that names one decides."""
    splits = (_split_of_words(words_of(part)) for part in reversed(tag.split("/")))
    return next((split for split in splits if split is not Split.UNKNOWN), Split.UNKNOWN)


def _contains(words: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    width = len(phrase)
    return any(words[i : i + width] == phrase for i in range(len(words) - width + 1))


def _metric(words: tuple[str, ...]) -> Quantity | None:
    return next((found for phrase, found in _METRIC_PHRASES if _contains(words, phrase)), None)


def _process(words: tuple[str, ...]) -> Quantity | None:
    """Quantities of the training process itself, which nothing is learnt from."""
    found = set(words)
    if any(_LEARNING_RATE.fullmatch(word) for word in words) or _contains(
        words, ("learning", "rate")
    ):
        return OTHER if found & _MACHINERY else LEARNING_RATE
    if found & _UPDATE_WORDS and found & _RATIO_WORDS:
        return UPDATE_RATIO
    if "gnorm" in found or "gradnorm" in found or ("norm" in found and found & _GRADIENT_WORDS):
        return GRADIENT_NORM
    if words == ("total", "norm"):
        return GRADIENT_NORM
    if found & _TIME_WORDS:
        return TIME
    if found & _EPOCH_WORDS and found <= _EPOCH_WORDS | _COUNTERS:
        return EPOCH
    return OTHER if found & _MACHINERY or found <= _COUNTERS or found & _GRADIENT_WORDS else None


def is_loss(words: tuple[str, ...]) -> bool:
    """Whether the words name a loss (and not, say, its scale)."""
    if words and words[-1] in _ATTRIBUTES:
        return False
    return bool(_LOSS_WORDS & set(words)) or _contains(words, ("cross", "entropy"))


def quantity_of(tag: str) -> Quantity:
    """What a tag measures, judged by its words alone."""
    words = tuple(word for word in words_of(tag) if word not in SPLIT_WORDS)
    if not words:
        return OTHER
    if is_loss(words):
        return LOSS
    if (process := _process(words)) is not None:
        return process
    if words[-1] in _ATTRIBUTES:
        return OTHER
    if "accuracies" not in words and _RETURN_WORDS & set(words):
        return OTHER if _PREFERENCES & set(words) else RETURN
    return _metric(words) or OTHER


def is_process(quantity: str) -> bool:
    """Whether a canonical word names a quantity of the training process, not of what is learnt."""
    return quantity in _PROCESS_NAMES
