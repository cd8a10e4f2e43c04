"""How runs are judged: the command line of `nnadvise` and its settings file, put together."""

import argparse
from collections.abc import Mapping, Sequence
from math import inf, isfinite
from pathlib import Path

from advisor.rulebook import Rule, UnknownRule, rulebook
from advisor.runs.settings import AdviceSettings, UnknownThreshold, thresholds_with
from advisor.runs.thresholds import Thresholds
from advisor.runs.user_facts import LOSSES, Targets, UserFacts
from advisor.runs.vocabulary import OTHER, quantity_of
from advisor.settings import SettingsError, SettingsFinder, suggestion


class RunPolicy:
    """What the user said about the runs, and which diagnoses are looked for.

    The command line comes before the settings: `--select` starts afresh, a goal or class count
    replaces the settings' own, the other lists add to theirs. Raises `SettingsError` for whatever
    cannot be used.
    """

    user: UserFacts
    roles: dict[str, str]
    thresholds: Thresholds
    rules: tuple[Rule, ...]

    def __init__(self, options: argparse.Namespace) -> None:
        table, where = _settings(options.config, options.isolated)
        self.roles = table.roles | _roles(options.role)
        self.user = UserFacts(
            goals=_quantities(table.goals, f"{where}`goals`") | _values(options.goal, "--goal"),
            human=_quantities(table.human, f"{where}`human`") | _values(options.human, "--human"),
            classes=_classes(table.classes if options.classes is None else options.classes),
            targets=_targets(table.targets if options.targets is None else options.targets),
        )
        try:
            self.thresholds = thresholds_with(table.thresholds)
        except UnknownThreshold as error:
            raise SettingsError(f"{where}{error}") from None
        self.rules = _rules(table, where, options)


def _settings(config: Path | None, isolated: bool) -> tuple[AdviceSettings, str]:
    """The settings that apply, and how to begin a sentence about them."""
    finder = SettingsFinder("nnadvise", AdviceSettings)
    if config is not None:
        found = finder.read(config)
    elif isolated or (closest := finder.closest(Path.cwd())) is None:
        return AdviceSettings(), ""
    else:
        found = closest
    return found.table, f"{found.path}: "


def _rules(table: AdviceSettings, where: str, options: argparse.Namespace) -> tuple[Rule, ...]:
    select, ignore = _listed(options.select), _listed(options.ignore)
    extend = _listed(options.extend_select)
    for option, selectors in (("select", select), ("ignore", ignore), ("extend-select", extend)):
        _check(selectors, f"--{option}")
    if not select:
        _check([*table.select, *table.ignore, *table.extend_select], where.removesuffix(": "))
        select = table.select
        ignore = [*table.ignore, *ignore]
        extend = [*table.extend_select, *extend]
    return rulebook("runs").select(select, ignore, extend)


def _check(selectors: Sequence[str], where: str) -> None:
    rules = rulebook("runs")
    for selector in selectors:
        try:
            rules.matching(selector)
        except UnknownRule as error:
            known = [*rules.by_code, *rules.by_name, "ALL"]
            raise SettingsError(f"{where}: {error}{suggestion(selector, known)}") from None


def _listed(values: Sequence[str]) -> list[str]:
    return [word.strip() for value in values for word in value.split(",") if word.strip()]


def _roles(given: Sequence[str]) -> dict[str, str]:
    roles = {}
    for each in given:
        tag, equals, meaning = each.rpartition("=")
        if not equals or not tag or not meaning.strip():
            raise SettingsError(f"--role: `{each}` should be TAG=MEANING, such as `aux=train loss`")
        roles[tag] = meaning
    return roles


def _values(given: Sequence[str], option: str) -> dict[str, float]:
    values = {}
    for each in given:
        quantity, _, text = each.partition("=")
        try:
            values[quantity.strip()] = float(text.strip().removesuffix("%"))
        except ValueError:
            raise SettingsError(
                f"{option}: `{each}` should be QUANTITY=NUMBER, such as `loss=0.1`"
            ) from None
    return _quantities(values, option)


def _quantities(values: Mapping[str, float], where: str) -> dict[str, float]:
    """The values under the canonical names of their quantities."""
    named = {}
    for word, value in values.items():
        quantity = quantity_of(word)
        if quantity is OTHER:
            known = "such as loss, accuracy or error"
            raise SettingsError(
                f"{where}: `{word}` is no quantity that runs are judged by, {known}"
            )
        if not isfinite(value):
            raise SettingsError(f"{where}: `{word}` should be a finite number, not {value}")
        named[quantity.name] = value
    return named


def _targets(text: str | None) -> Targets | None:
    """`60,15` or `60,15,huber`."""
    if text is None:
        return None
    mean, deviation, *rest = (*(part.strip() for part in text.split(",")), "")
    loss = rest[0] or "squared" if rest else "squared"
    try:
        made = Targets(float(mean), float(deviation), loss)
    except ValueError:
        made = None
    numbers = made is not None and isfinite(made.mean) and 0 < made.deviation < inf
    if made is None or not numbers or loss not in LOSSES or len(rest) > 2:
        raise SettingsError(
            f"--targets: `{text}` should be MEAN,DEVIATION with a deviation above 0, such as "
            f"`60,15`, or with the loss behind it: `60,15,{'`, `60,15,'.join(LOSSES)}`"
        )
    return made


def _classes(number: int | None) -> int | None:
    if number is not None and number < 2:
        raise SettingsError(f"--classes: {number} is too few: a classifier has 2 classes or more")
    return number
