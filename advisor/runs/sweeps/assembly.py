"""Which of several runs are one experiment, and by what they are compared."""

from collections import Counter
from collections.abc import Iterator, Sequence

from advisor.runs.curves import trajectory_of
from advisor.runs.diagnosis import RunDiagnosis
from advisor.runs.run import Curve, Kind, Split
from advisor.runs.sweeps.facts import AgainstBaseline, Outcome, Sweep
from advisor.runs.sweeps.settings import settings_that_differ
from advisor.runs.thresholds import Thresholds
from advisor.runs.user_facts import UserFacts
from advisor.runs.vocabulary import word_set, words_of

_HELD_OUT = (Split.VALIDATION, Split.TEST, Split.TRAIN_VALIDATION)
_TRAINING = (Split.TRAIN, Split.UNKNOWN)
_BASELINES = word_set("baseline baselines dummy majority zeroed")
_ZERO_INPUTS = (word_set("zero input"), word_set("zero inputs"), word_set("no input"))


def sweep_of(
    diagnoses: Sequence[RunDiagnosis], user: UserFacts, thresholds: Thresholds
) -> Sweep | None:
    """The runs that can be compared, by the most telling quantity that they share.

    A held-out metric tells most: losses differ when the loss is what was changed. None if fewer
    than two runs logged the same curve.
    """
    trained = _of_one_experiment(
        [each for each in diagnoses if each.run.kind not in {Kind.NOT_A_RUN, Kind.ADVERSARIAL}]
    )
    shared = Counter(key for each in trained for key in {*_keys(each)})
    candidates = [key for key, count in shared.items() if count > 1]
    if not candidates:
        return None
    most = max(shared[key] for key in candidates)
    quantity, split, tag = min(
        (key for key in candidates if 5 * shared[key] >= 4 * most), key=lambda key: _rank(key, user)
    )
    outcomes = tuple(
        _outcome(each, curve, thresholds)
        for each in trained
        if (curve := each.run.primary(quantity, split)) and curve.tag == tag
    )
    settings = settings_that_differ([each.run for each in outcomes])
    return Sweep(outcomes, quantity, split, tag, settings, thresholds)


def _of_one_experiment(diagnoses: Sequence[RunDiagnosis]) -> list[RunDiagnosis]:
    """The largest number of runs that log alike: most of their curves and of their settings.

    Runs of different projects may share a tag such as `val_loss` that means something else in each.
    """
    traits = [(_learned(each), frozenset(each.run.hyperparameters)) for each in diagnoses]
    counts = Counter(traits)
    alike = {kind: {other for other in counts if _alike(kind, other)} for kind in counts}
    most = max(alike.values(), key=lambda kinds: sum(counts[kind] for kind in kinds), default=set())
    return [each for each, kind in zip(diagnoses, traits, strict=True) if kind in most]


def _learned(diagnosis: RunDiagnosis) -> frozenset[str]:
    return frozenset(tag for _, _, tag in _keys(diagnosis))


def _alike(
    first: tuple[frozenset[str], frozenset[str]], second: tuple[frozenset[str], frozenset[str]]
) -> bool:
    pairs = list(zip(first, second, strict=True))
    return all(2 * len(one & other) >= len(one | other) for one, other in pairs)


def facts_of(sweep: Sweep) -> Iterator[object]:
    """The facts that rules about several runs look at."""
    yield sweep
    baselines = [each for each in sweep.outcomes if _is_baseline(each)]
    others = [each for each in sweep.ranking if each not in baselines]
    for baseline in baselines if others else ():
        yield AgainstBaseline(sweep, others[0], baseline)


def _keys(diagnosis: RunDiagnosis) -> Iterator[tuple[str, Split, str]]:
    for curve in diagnosis.run.curves:
        role = curve.role
        if role.primary and role.direction.value != "none":
            yield role.quantity, role.split, curve.tag


def _rank(key: tuple[str, Split, str], user: UserFacts) -> tuple[object, ...]:
    quantity, split, tag = key
    wanted = (*user.goals, "return", "accuracy", "error")
    place = wanted.index(quantity) if quantity in wanted else len(wanted) + (quantity == "loss")
    return split is Split.TEST, split not in _HELD_OUT, place, tag


def _outcome(diagnosis: RunDiagnosis, curve: Curve, thresholds: Thresholds) -> Outcome:
    leading = [each for each in diagnosis.findings if each.severity.value != "info"]
    verdict = leading[0].name if leading else ""
    return Outcome(diagnosis.run, trajectory_of(curve, thresholds), verdict)


def _is_baseline(outcome: Outcome) -> bool:
    words = set(words_of(outcome.run.name))
    return bool(_BASELINES & words) or any(each <= words for each in _ZERO_INPUTS)
