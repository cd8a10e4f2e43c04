"""Searches for the best setting, and what is wrong with how they search or are judged."""

import re
from collections.abc import Iterable, Iterator
from math import prod
from typing import Self

from advisor.code.events import Fitted, RowsSplit
from advisor.code.facts.passes import sources_of
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.facts.scores import Score
from advisor.code.sources import NodePlace, Source
from advisor.code.values import Dictionary, Object, Sequence, Value
from advisor.lazy_dataclasses import dataclass

# From how many settings of several values each, and how many combinations of them, random ones find as
# good a model in fewer trials: with three settings of four values each, say.
MANY_SETTINGS = 3
SEVERAL_VALUES = 3
MANY_COMBINATIONS = 64
_OF_FOLDS = re.compile(r"best_score_|cv_results_|cross_val\w*\(")


@dataclass(frozen=True, eq=False, slots=True)
class Search(Fact):
    """A search for the best setting that is `scored` by the rows it chose on, or that goes through a
    `grid` of so many `combinations`. Beside that score, another one may be that of the search itself."""

    place: NodePlace
    how: str
    fitted: NodePlace
    combinations: int = 0
    is_the_only_score: bool = False

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Each score of a search, and each large grid once."""
        scores = list(run.facts(Score))
        judged = {each.fitted for each in scores if _judges_by_others(each)}
        for score in scores:
            chosen = score.is_of_search and score.fitted not in judged
            if chosen and score.is_of_training_rows():
                only = not any(map(asks_for_folds, sources_of(run))) and not _divides(run)
                yield cls(score.place, "scored", score.fitted.place, is_the_only_score=only)
        for event, search in _grids(run):
            count = _combinations(search.argument(1, "param_grid"))
            place = search.place
            if count >= MANY_COMBINATIONS and place and run.may_tell_of(place.source):
                yield cls(place, "grid", event.place, count)


def asks_for_folds(source: Source) -> bool:
    """Whether a file reads what a search says of its held-out folds, or cross-validates it."""
    return _OF_FOLDS.search(source.text) is not None


def _divides(run: AbstractRun) -> bool:
    """Whether rows are held out, besides those that the search holds out."""
    return any(not each.operation.endswith("CV.fit") for each in run.events(RowsSplit))


def _judges_by_others(score: Score) -> bool:
    """Whether it is other rows that a fitted model is scored by: then those beside it tell how far it
    has learned the ones it was fitted on."""
    return score.scored.method == "score" and score.scored.rows is not score.fitted.rows


def _grids(run: AbstractRun) -> Iterator[tuple[Fitted, Object]]:
    seen: set[Value] = set()
    for event in run.events(Fitted):
        search = event.estimator
        if not isinstance(search, Object) or search in seen or search.arguments.unknown:
            continue
        if search.path == "sklearn.search.GridSearchCV":
            seen.add(search)
            yield event, search


def _combinations(grid: Value | None) -> int:
    """How many settings a grid is of, if several of them have several values each; else 0."""
    if not isinstance(grid, Dictionary) or grid.other is not None:
        return 0
    sizes = [_size(each) for each in grid.items.values()]
    several = sum(size >= SEVERAL_VALUES for size in sizes)
    return prod(sizes) if several >= MANY_SETTINGS else 0


def _size(values: Value) -> int:
    """How many values a setting is tried with; 1 where that is not known."""
    return len(values.items) if isinstance(values, Sequence) and values.items else 1
