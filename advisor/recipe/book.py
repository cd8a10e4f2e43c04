"""The recipe as data: its moves, the situations they belong to, and what explains what.

The files lie in the rulebook, `rules/recipe/`, beside one page per step.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from advisor.recipe.next_step import Move
from advisor.recipe.steps import Step

_PACKAGE = "advisor.rules.recipe"


@dataclass(frozen=True, slots=True)
class Situation:
    """A rung of the decision list: which findings lead here, and what is to be done then.

    `when` are names of rules; empty means that no finding is needed. `also_info` lets findings of
    severity info decide. `kinds` limits it to kinds of runs, `needs` to one `Standing` trait.
    """

    name: str
    step: Step
    title: str
    when: frozenset[str]
    moves: tuple[Move, ...]
    also_info: bool = False
    kinds: frozenset[str] = frozenset()
    needs: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A diagnosis that accounts for others: rule names, and the reason in words."""

    cause: str
    effects: frozenset[str]
    why: str


@dataclass(frozen=True, slots=True)
class Item:
    """Something that is so once a step is done, and the diagnoses that say it is not.

    The first of `spoken_against` is the judge: where it was asked, silence means that it is so.
    `needs` are things that must have been judged besides; without `spoken_against` no curve can
    show it. `only_loud` lets findings of severity info pass.
    """

    step: Step
    title: str
    spoken_against: tuple[str, ...] = ()
    only_loud: bool = False
    needs: tuple[str, ...] = ()


@cache
def checklist() -> tuple[Item, ...]:
    """What is so once the steps are done, in their order."""
    return tuple(
        Item(
            Step(each["step"]),
            each["title"],
            tuple(each.get("spoken_against", ())),
            each.get("only_loud", False),
            tuple(each.get("needs", ())),
        )
        for each in _read("checklist.toml")["item"]
    )


@cache
def moves() -> dict[str, Move]:
    """All moves of the recipe by name."""
    return {
        name: Move(
            name,
            move["title"],
            move["how"],
            move["prediction"],
            tuple(move.get("sources", ())),
            move.get("expects", {}),
        )
        for name, move in _read("moves.toml").items()
    }


@cache
def situations() -> tuple[Situation, ...]:
    """The decision list for one run, first rung first."""
    return tuple(map(_situation, _read("situations.toml")["situation"]))


@cache
def situations_of_sweeps() -> tuple[Situation, ...]:
    """The decision list for several runs of one experiment, first rung first."""
    return tuple(map(_situation, _read("sweeps.toml")["situation"]))


def _situation(each: dict[str, Any]) -> Situation:
    return Situation(
        name=each["name"],
        step=Step(each["step"]),
        title=each["title"],
        when=frozenset(each["when"]),
        moves=tuple(moves()[name] for name in each["moves"]),
        also_info=each.get("also_info", False),
        kinds=frozenset(each.get("kinds", ())),
        needs=each.get("needs"),
    )


@cache
def order_of_diagnoses() -> tuple[str, ...]:
    """Names of run rules, the ones that lead first."""
    return tuple(_read("diagnoses.toml")["order"])


@cache
def explanations() -> tuple[Explanation, ...]:
    """The explain-away graph, as edges from one cause to its effects."""
    return tuple(
        Explanation(each["cause"], frozenset(each["effects"]), each["why"])
        for each in _read("diagnoses.toml")["explains"]
    )


def page_of(step: Step) -> str:
    """The Markdown page of a step."""
    return files(_PACKAGE).joinpath(f"{step.value}.md").read_text(encoding="utf-8")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(_PACKAGE).joinpath(name).read_text(encoding="utf-8"))
