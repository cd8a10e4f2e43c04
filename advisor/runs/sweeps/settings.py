"""What differs between runs: hyper-parameters as they were logged, or as the names of runs tell."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from advisor.runs.run import Run
from advisor.runs.vocabulary import quantity_of, word_set, words_of

Value = float | int | str | bool | None
_SEED = "seed"
_NO_SETTINGS = word_set("""name dir path folder file output log logs logging logger run id version date time timestamp host
    hostname device gpu cuda resume checkpoint project entity tag tags notes verbose workers save""")
_IN_NAME = re.compile(
    r"(?:(?<=[/_\-, ])|^)([A-Za-z][A-Za-z_]*?)[=_\-]?(\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?=[/_\-, ]|$)"
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One hyper-parameter that differs: its value in each run, None where it is not known."""

    name: str
    values: tuple[Value, ...]

    @property
    def distinct(self) -> tuple[Value, ...]:
        """The values that occur, numbers in their order."""
        known = {value for value in self.values if value is not None}
        return tuple(sorted(known)) if self.is_numeric else tuple(sorted(known, key=str))

    @property
    def is_numeric(self) -> bool:
        """Whether all known values are numbers."""
        return all(
            value is None or (isinstance(value, int | float) and not isinstance(value, bool))
            for value in self.values
        )

    @property
    def numbers(self) -> tuple[float, ...]:
        """The distinct values of a numeric setting, in their order."""
        return tuple(float(value) for value in self.distinct if isinstance(value, int | float))

    @property
    def is_geometric(self) -> bool:
        """Whether the numbers span an order of magnitude, so that their ratios count."""
        numbers = self.numbers
        return numbers[0] > 0 and numbers[-1] >= 10 * numbers[0]

    @property
    def is_rate(self) -> bool:
        """Whether it is a learning rate."""
        return quantity_of(self.name).name == "learning_rate"

    @property
    def is_seed(self) -> bool:
        """Whether it only stands for chance."""
        return _SEED in words_of(self.name)


def settings_that_differ(runs: Sequence[Run]) -> tuple[Setting, ...]:
    """The settings that are not the same in all runs, seeds included, in alphabetical order.

    Read from the hyper-parameters; where none of them differ, from the names of the runs, if all
    are built alike (`lr_0.1_wd_0.01`, `seed3`).
    """
    logged = _differing([_flat(run.hyperparameters) for run in runs])
    return logged or _differing([_in_name(run.name) for run in runs])


def differences(before: Run, after: Run) -> tuple[tuple[str, Value, Value], ...]:
    """What two runs do not have in common: name, value before, value after."""
    return tuple((each.name, *each.values) for each in settings_that_differ((before, after)))  # type: ignore[misc]


def _differing(records: Sequence[Mapping[str, Value]]) -> tuple[Setting, ...]:
    names = sorted({name for record in records for name in record})
    found = (Setting(name, tuple(record.get(name) for record in records)) for name in names)
    known = 2 * len(records) / 3
    return tuple(
        each
        for each in found
        if any(former != latter for former, latter in pairwise(each.values))
        and sum(value is not None for value in each.values) >= known
    )


def _flat(values: Mapping[str, Any], above: str = "") -> dict[str, Value]:
    """The plain values, those of nested mappings with their path; without names and places."""
    found: dict[str, Value] = {}
    for name, value in values.items():
        path = f"{above}{name}"
        if isinstance(value, Mapping):
            found.update(_flat(value, f"{path}/"))
        elif isinstance(value, int | float | str | bool) and not _NO_SETTINGS & set(words_of(path)):
            found[path] = value if not isinstance(value, str) or len(value) < 60 else None
    return found


def _in_name(name: str) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for word, number in _IN_NAME.findall(name):
        if word.lower() not in _NO_SETTINGS:
            value = float(number)
            found[word] = int(value) if value.is_integer() else value
    return found
