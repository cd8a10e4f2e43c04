"""What sort of training a run is, told from the names of what was logged."""

from collections.abc import Iterable, Sequence

from advisor.runs.run import Kind
from advisor.runs.vocabulary import Family, is_loss, quantity_of, word_set, words_of

_EPISODE_WORDS = word_set("""ep episode episodes episodic rollout cumulative mean average avg environment extrinsic
    charts total best test rlhf""")
_RETURN_ALONE = word_set("reward rewards return returns")
_DISCRIMINATOR = word_set("d disc dis discriminator netd critic")
_GENERATOR = word_set("g gen generator netg ae")
# what follows a lone `G` or `D` where pairs of them are logged without the word loss
_PARTS_OF_GAMES = word_set("a b gan adv real fake l1 vgg feat")
_REINFORCEMENT_SIGNS = (
    {"policy", "loss"},
    {"loss", "pi"},
    {"epsilon"},
    {"score"},
    {"approxkl"},
    {"rlhf", "reward"},
    {"pg", "loss"},
    {"value", "loss"},
    {"actor"},
    {"critic"},
    {"approx", "kl"},
    {"clip", "fraction"},
    {"clipfrac"},
    {"explained", "variance"},
    {"ent", "coef"},
    {"ep", "len"},
    {"episode", "length"},
    {"episodic", "length"},
    {"td", "error"},
    {"td", "loss"},
    {"q", "values"},
    {"qf1", "loss"},
    {"rollout"},
)


def _is_return_of_episodes(name: str) -> bool:
    if quantity_of(name).family is not Family.RETURN:
        return False
    words = set(words_of(name))
    return bool(words & _EPISODE_WORDS or words & _RETURN_ALONE)


def adversarial_part(name: str) -> str:
    """`discriminator` or `generator` if the name says that a loss belongs to one, else empty."""
    words = words_of(name)
    lone = len(words) > 1 and words[0] in {"g", "d"} and set(words[1:]) <= _PARTS_OF_GAMES
    if not (is_loss(words) or "err" in words or lone):
        return ""
    if _GENERATOR & set(words):
        return "generator"
    return "discriminator" if _DISCRIMINATOR & set(words) else ""


def _signs_of_reinforcement(names: Iterable[str]) -> int:
    bags = [set(words_of(name)) for name in names]
    return sum(any(sign <= bag for bag in bags) for sign in _REINFORCEMENT_SIGNS)


def kind_of_run(names: Sequence[str]) -> Kind:
    """The kind of a run in which scalars of these names were logged."""
    families = {quantity_of(name).family for name in names}
    if any(_is_return_of_episodes(name) for name in names):
        return Kind.REINFORCEMENT
    if {adversarial_part(name) for name in names} >= {"generator", "discriminator"}:
        return Kind.ADVERSARIAL
    if _signs_of_reinforcement(names) > 1:
        return Kind.REINFORCEMENT
    if families & {Family.LOSS, Family.METRIC, Family.RETURN}:
        return Kind.SUPERVISED
    return Kind.NOT_A_RUN
