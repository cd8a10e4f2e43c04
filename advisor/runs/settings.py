"""The table `[tool.nnadvise]`: what the user wants of a run, and how it is judged."""

from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar

from advisor.runs.thresholds import Thresholds


class UnknownThreshold(ValueError):
    """A threshold is set that no diagnosis depends on."""


def _key(field_name: str) -> str:
    return field_name.replace("_", "-")


@dataclass(frozen=True, slots=True)
class AdviceSettings:
    """The table `[tool.nnadvise]`; its keys are spelt with dashes.

    `select`, `ignore` and `extend_select` hold codes, prefixes of codes or names of diagnoses;
    `goals` and `human` map quantities to values, `classes` is the number of classes, `targets` what
    `--targets` takes; `roles` maps
    tags to what they mean in words (`"train loss"`), `thresholds` names of thresholds to values.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "alias_generator": _key}

    select: list[str] = field(default_factory=list)
    ignore: list[str] = field(default_factory=list)
    extend_select: list[str] = field(default_factory=list)
    goals: dict[str, float] = field(default_factory=dict)
    human: dict[str, float] = field(default_factory=dict)
    classes: int | None = None
    targets: str | None = None
    roles: dict[str, str] = field(default_factory=dict)
    thresholds: dict[str, float] = field(default_factory=dict)


def thresholds_with(changed: dict[str, float]) -> Thresholds:
    """The defaults with some thresholds changed; names may be spelt with dashes.

    Raises `UnknownThreshold`.
    """
    defaults = Thresholds()
    kinds = {each.name: type(getattr(defaults, each.name)) for each in fields(Thresholds)}
    values: dict[str, Any] = {}
    for name, value in changed.items():
        known = name.replace("-", "_")
        if known not in kinds:
            raise UnknownThreshold(f"no diagnosis depends on a threshold `{name}`")
        values[known] = kinds[known](value)
    return replace(defaults, **values)
