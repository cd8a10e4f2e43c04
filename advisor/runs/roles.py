"""From tags to roles: what a curve measures, on which split, and which curve speaks for the run."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType

import numpy as np

from advisor.runs.kinds import adversarial_part, kind_of_run
from advisor.runs.run import Direction, Kind, Role, Split
from advisor.runs.scalars import Scalars
from advisor.runs.vocabulary import (
    GRADIENT_NORM,
    LEARNING_RATE,
    LOSS,
    OTHER,
    SPLIT_WORDS,
    TIME,
    Family,
    Quantity,
    quantity_of,
    split_of,
    word_set,
    words_of,
)

NO_OVERRIDES: Mapping[str, str] = MappingProxyType({})
_IGNORED = frozenset({"ignore", "ignored", "none", "other"})

# words that do not make one loss or metric differ from another of the same name
_FILLERS = word_set("""loss losses cost objective epoch step steps iter batch running avg average mean total
    overall sum all metrics metric ptl acc accuracy rate vs iterations reward return rew ep
    episode episodic rollout charts environment cumulative eval evaluation train training trn tr
    val valid validation vali va dev holdout test testing tst""")
_TOTAL = frozenset({"total", "overall", "sum"})
_SECONDARY = word_set("""aux auxiliary reg regularization regularisation regularizer kl kld penalty l2 adv commit
    commitment diversity entropy std max min best worst intrinsic curiosity var noise""")
_VALIDATION_NAMESPACES = frozenset({"metrics", "coco", "bbox", "segm"})
_WORDS_OF_WHOLE_GRADIENT = word_set(
    "grad grads gradient gradients norm gnorm gradnorm l2 2 2.0 global"
)
_STRICTEST_AVERAGE_PRECISION = frozenset({"0.95", "95"})
_STAND_INS_FOR_LOSS = ("mse", "rmse", "mae", "perplexity")
_EPOCHS_WITH_A_SHAPE = 12
_BATCHES_PER_EPOCH = 5
_PERCENT_REASON = "logged in percent"


def qualifiers_of(words: tuple[str, ...]) -> frozenset[str]:
    """What tells a curve from others of the same quantity: `cls` of `val/cls_loss`."""
    return frozenset(words) - _FILLERS


def is_part_of_a_task(words: tuple[str, ...]) -> bool:
    """Whether the words of a loss say that it is a regulariser or another secondary part."""
    return bool(set(words) & _SECONDARY)


class UnknownRole(ValueError):
    """A role written by the user that is not a split and a quantity."""


@dataclass(slots=True, eq=False)
class _Candidate:
    """A curve on its way to a role. `unfit` says why it can never be primary."""

    scalars: Scalars
    quantity: Quantity
    split: Split
    words: tuple[str, ...]
    reasons: list[str] = field(default_factory=list)
    per_epoch: bool | None = None
    duplicate: bool = False
    unfit: bool = False

    @property
    def qualifiers(self) -> frozenset[str]:
        """What tells this curve from others of the same quantity: `cls` of `val/cls_loss`."""
        return qualifiers_of(self.words)

    @property
    def never_primary(self) -> bool:
        return self.unfit or self.quantity in {OTHER, TIME}


def assign_roles(
    scalars: Sequence[Scalars], overrides: Mapping[str, str] = NO_OVERRIDES
) -> tuple[Role, ...]:
    """The role of each of a run's scalars, in the same order.

    At most one curve per quantity and split is primary. Quantities of the training process
    (learning rate, gradient norm, epoch, time) and returns without a split count as measured in
    training. `overrides` maps tags to roles in words (`"train loss"`, `"val accuracy"`,
    `"learning rate"`, `"ignore"`); such a curve is primary. Raises `UnknownRole`.
    """
    given = {tag: role_in_words(text) for tag, text in overrides.items()}
    kind = kind_of_run([each.name for each in scalars if each.tag not in given])
    candidates = [_candidate(each, kind) for each in scalars if each.tag not in given]
    _read_single_letters(candidates, kind)
    _place_unsplit(candidates)
    _check_ranges(candidates)
    _find_loss_stand_ins(candidates)
    _mark_duplicates(candidates)
    _exclude_layers(candidates)
    _tell_epochs(candidates)
    roles = dict(given)
    taken = {(role.quantity, role.split) for role in given.values()}
    primaries = _primaries([each for each in candidates if _key(each) not in taken])
    for each in candidates:
        roles[each.scalars.tag] = _role(each, kind, each in primaries)
    return tuple(roles[each.tag] for each in scalars)


def role_in_words(text: str) -> Role:
    """The primary role that words such as `val loss` ask for; raises `UnknownRole`."""
    if text.strip().lower() in _IGNORED:
        return Role("other", Split.UNKNOWN, Direction.NONE, reason="to be ignored, as set")
    quantity, split = quantity_of(text), split_of(text)
    if quantity is OTHER or _has_mistyped_split(text):
        raise UnknownRole(
            f"`{text}` is no role: write a split and a quantity such as `train loss`, or `ignore`"
        )
    if split is Split.UNKNOWN and quantity.family in {Family.PROCESS, Family.RETURN}:
        split = Split.TRAIN
    return Role(quantity.name, split, quantity.direction, primary=True, reason="as set")


def _has_mistyped_split(text: str) -> bool:
    """Whether a word that says nothing is nearly one that names a split, such as `trian`."""
    unknown = [word for word in words_of(text) if word not in SPLIT_WORDS and len(word) > 2]
    near = (word for word in unknown if get_close_matches(word, SPLIT_WORDS, n=1, cutoff=0.8))
    return any(quantity_of(word) is OTHER for word in near)


def _candidate(scalars: Scalars, kind: Kind) -> _Candidate:
    name = scalars.name
    quantity, split, words = quantity_of(name), split_of(name), words_of(name)
    if kind is Kind.ADVERSARIAL and adversarial_part(name):
        quantity = LOSS
    reasons = []
    if quantity is not OTHER:
        reasons.append(f"the name says `{quantity.name.replace('_', ' ')}`")
    if quantity.family is Family.PROCESS:
        return _Candidate(scalars, quantity, Split.TRAIN, words, reasons)
    if split is not Split.UNKNOWN:
        reasons.append(f"the name says {split}")
    elif scalars.folder_split is not Split.UNKNOWN:
        split = scalars.folder_split
        reasons.append(f"the folder says {split}")
    return _Candidate(scalars, quantity, split, words, reasons)


def _read_single_letters(candidates: Sequence[_Candidate], kind: Kind) -> None:
    """`v_loss` is a validation loss where there is a `loss` or a `t_loss` to go with it."""
    if kind is not Kind.SUPERVISED:
        return
    known = {each.words for each in candidates}
    for each in candidates:
        words = each.words
        if each.split is not Split.UNKNOWN or "v" not in words:
            continue
        without = tuple(word for word in words if word != "v")
        if without in known or tuple("t" if word == "v" else word for word in words) in known:
            each.split = Split.VALIDATION
            each.words = without
            each.reasons.append("`v` stands for validation")


def _place_unsplit(candidates: Sequence[_Candidate]) -> None:
    """Where names and folders say nothing, the company a curve is in tells its split."""
    placed = {(_key(each), each.qualifiers) for each in candidates}
    held_out = {each.quantity.name for each in candidates if each.split is Split.VALIDATION}
    for each in candidates:
        if each.split is not Split.UNKNOWN:
            continue
        name, family = each.quantity.name, each.quantity.family
        rival = ((name, Split.TRAIN), each.qualifiers) in placed
        if family in {Family.LOSS, Family.RETURN} and not rival:
            each.split = Split.TRAIN
            each.reasons.append("no split in the name: taken as measured in training")
        elif family is Family.METRIC and _in_validation_namespace(each, held_out):
            each.split = Split.VALIDATION
            each.reasons.append(f"detectors log `{each.words[0]}/` on the validation set")
        elif family is Family.METRIC and name in held_out and not rival:
            each.split = Split.TRAIN
            each.reasons.append("no split in the name, and a held-out one stands beside it")


def _in_validation_namespace(candidate: _Candidate, held_out: set[str]) -> bool:
    if candidate.words[0] not in _VALIDATION_NAMESPACES or "/" not in candidate.scalars.name:
        return False
    return candidate.words[0] != "metrics" or "loss" in held_out


def _check_ranges(candidates: Sequence[_Candidate]) -> None:
    """What is called an accuracy but cannot be one (some regressions log such) is not taken so."""
    for each in candidates:
        if each.quantity.name != "accuracy":
            continue
        values = each.scalars.values[np.isfinite(each.scalars.values)]
        if values.size and (values.min() < 0 or values.max() > 100):
            each.quantity = OTHER
            each.reasons = ["called an accuracy, but its values are outside 0 to 100"]
        elif values.size and values.max() > 1:
            each.reasons.append(_PERCENT_REASON)


def _find_loss_stand_ins(candidates: Sequence[_Candidate]) -> None:
    """Without any loss, an error that training evidently lowers is read as the loss."""
    if any(each.quantity is LOSS for each in candidates):
        return
    names = {each.quantity.name for each in candidates if each.split is Split.TRAIN}
    names = names or {each.quantity.name for each in candidates}
    stand_in = next((name for name in _STAND_INS_FOR_LOSS if name in names), None)
    for each in candidates:
        if each.quantity.name == stand_in:
            each.quantity = LOSS
            each.reasons.append("no loss is logged: this error is read as the loss")


def _mark_duplicates(candidates: Sequence[_Candidate]) -> None:
    """Mark what repeats another curve, and what can never speak for the run."""
    longest: dict[tuple[str, Split], int] = defaultdict(int)
    for each in candidates:
        if not each.scalars.summary:
            longest[_key(each)] = max(longest[_key(each)], len(each.scalars))
    epoch_losses = {each.split for each in candidates if each.words == ("epoch", "loss")}
    for each in candidates:
        words = set(each.words)
        if {"evaluation", "vs", "iterations"} <= words:
            _duplicate(each, "repeats the values per epoch on another axis of steps")
        elif each.scalars.summary:
            _duplicate(each, "a final value recorded beside hyper-parameters")
        elif each.words[:1] == ("batch",) and each.split in epoch_losses:
            _duplicate(each, "a running mean that starts anew with each epoch")
        elif (
            len(each.scalars) == 1 < longest[_key(each)] and each.scalars.name == "train/train_loss"
        ):
            _duplicate(each, "the mean over the whole training, logged once at its end")
        if each.scalars.always_zero and each.quantity.family in {Family.LOSS, Family.METRIC}:
            each.unfit = True
            each.reasons.append("always zero, so it says nothing")


def _exclude_layers(candidates: Sequence[_Candidate]) -> None:
    """Norms of single layers do not speak for the gradient as a whole."""
    norms = [each for each in candidates if each.quantity is GRADIENT_NORM]
    layers = [each for each in norms if each.qualifiers - _WORDS_OF_WHOLE_GRADIENT]
    for each in layers if len(layers) > 1 else ():
        each.unfit = True
        each.reasons.append("the gradient of a part of the network")


def _duplicate(candidate: _Candidate, reason: str) -> None:
    candidate.duplicate = True
    candidate.reasons.append(reason)


def _tell_epochs(candidates: Sequence[_Candidate]) -> None:
    """Say which curves have one value per epoch, by their names, steps and the logged epochs."""
    epochs = _number_of_epochs(candidates)
    splits_at_steps: dict[bytes, set[Split]] = defaultdict(set)
    for each in candidates:
        if _consecutive(each.scalars) and each.quantity.family is not Family.PROCESS:
            splits_at_steps[each.scalars.steps.tobytes()].add(each.split)
    for each in candidates:
        words = each.words or ("",)
        if words[0] == "batch" or words[-1] in {"step", "iterations"}:
            each.per_epoch = False
        elif "epoch" in {words[0], words[-1]} or epochs and abs(len(each.scalars) - epochs) <= 1:
            each.per_epoch = True
        elif epochs and len(each.scalars) >= 2 * epochs:
            each.per_epoch = False
        elif splits_at_steps[each.scalars.steps.tobytes()] >= {Split.TRAIN, Split.VALIDATION}:
            each.per_epoch = True


def _number_of_epochs(candidates: Sequence[_Candidate]) -> int:
    """How many epochs a curve of whole epochs counts, 0 if none that counts two or more exists."""
    for each in candidates:
        values = each.scalars.values
        if each.quantity.name == "epoch" and np.all(np.isfinite(values)):
            counted = np.unique(values)
            if np.all(counted == np.floor(counted)) and len(counted) > 1:
                return len(counted)
    return 0


def _consecutive(scalars: Scalars) -> bool:
    return len(scalars) > 1 and bool(np.all(np.diff(scalars.steps) == 1))


def _key(candidate: _Candidate) -> tuple[str, Split]:
    return candidate.quantity.name, candidate.split


def _primaries(candidates: Sequence[_Candidate]) -> set[_Candidate]:
    """The curve that speaks for each quantity on each split.

    Preferred are curves whose like exists on another split, so that they can be compared; then
    totals, plain losses, main components.
    """
    groups: dict[tuple[str, Split], list[_Candidate]] = defaultdict(list)
    places: dict[tuple[str, frozenset[str]], set[Split]] = defaultdict(set)
    for each in candidates:
        if not each.never_primary:
            groups[_key(each)].append(each)
            places[each.quantity.name, each.qualifiers].add(each.split)

    sparse = {each for group in groups.values() for each in _sparse(group)}

    def rank(each: _Candidate) -> tuple[object, ...]:
        words = set(each.words)
        alone = len(places[each.quantity.name, each.qualifiers]) < 2
        return (
            each.duplicate,
            is_part_of_a_task(each.words),
            alone and each.quantity.family in {Family.LOSS, Family.METRIC},
            not words & _TOTAL,
            _strictness(each),
            _peak_rank(each),
            len(each.qualifiers),
            _less_telling(each) or each in sparse,
            -len(each.scalars),
            each.scalars.tag,
        )

    return {min(group, key=rank) for group in groups.values()}


def _strictness(candidate: _Candidate) -> int:
    """Of several average precisions, the one over strict overlaps is what detectors are judged by."""
    if candidate.quantity.name == "map" and _STRICTEST_AVERAGE_PRECISION & set(candidate.words):
        return 0
    return 1


def _peak_rank(candidate: _Candidate) -> float:
    """Of several groups of parameters, the one with the highest learning rate is shown."""
    values = candidate.scalars.values[np.isfinite(candidate.scalars.values)]
    return -float(values.max()) if candidate.quantity is LEARNING_RATE and values.size else 0.0


def _sparse(group: Sequence[_Candidate]) -> Iterator[_Candidate]:
    """Losses of a few single batches of each epoch, whose means over whole epochs tell more."""
    means = [len(each.scalars) for each in group if each.per_epoch is True]
    epochs = max(means, default=0)
    if epochs >= _EPOCHS_WITH_A_SHAPE:
        yield from (
            each
            for each in group
            if each.per_epoch is False and len(each.scalars) < _BATCHES_PER_EPOCH * epochs
        )


def _less_telling(candidate: _Candidate) -> bool:
    """Training losses tell most step by step, everything else epoch by epoch."""
    if candidate.quantity is LOSS and candidate.split is Split.TRAIN:
        return False
    return candidate.per_epoch is False


def _role(candidate: _Candidate, kind: Kind, primary: bool) -> Role:
    quantity = candidate.quantity
    undirected = kind in {Kind.ADVERSARIAL, Kind.REINFORCEMENT} and quantity is LOSS
    return Role(
        quantity=quantity.name,
        split=candidate.split,
        direction=Direction.NONE if undirected else quantity.direction,
        primary=primary,
        per_epoch=candidate.per_epoch,
        reason="; ".join(candidate.reasons) or "nothing in the name says what it measures",
    )
