"""The dimensions of tensors."""

from collections.abc import Callable
from typing import ClassVar

from advisor.code.symbols import Number, fresh
from advisor.lazy_dataclasses import dataclass

Dims = tuple[Number, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Derivation:
    """How dimensions follow from those of other tensors, all of one rank, as soon as it is known.
    `added` is how many more there are, None when the ranks of the others do not follow from it."""

    sources: "tuple[Shape, ...]"
    added: int | None
    change: Callable[..., Dims | None]


class Shape:
    """The dimensions of a tensor: known, symbolic, or still to be named when they are asked for.

    Without a known rank, an axis that is asked for gets a symbol, so that `x.size(1)` means the
    same number each time. `base` is a shape of as little known rank that has the same first axis,
    `last` the length of the last one, `derived` says how all of them follow from those of other tensors
    once these are known, `is_given` that it is of something that comes from outside, and `most` is the
    largest number of axes that there may be.
    """

    __slots__ = ("_asked", "_axes", "_base", "_derived", "_dims", "is_given", "most", "name")

    # How many ranks have been learned by now: until there is another one, what could not be derived
    # need not be tried again. Of sums of sums there would be more ways than anybody can go.
    _ranks_learned: ClassVar[int] = 0

    def __init__(
        self,
        dims: Dims | None = None,
        name: str = "x",
        base: "Shape | None" = None,
        last: Number | None = None,
        derived: Derivation | None = None,
    ) -> None:
        self._dims = dims
        self.name = name
        self._axes: dict[int, Number] = {} if last is None else {-1: last}
        self._base = base
        self._derived = derived
        self._asked = -1
        self.most: int | None = None
        self.is_given = False

    def __repr__(self) -> str:
        if self.dims is None:
            return f"({self.name}: ?)"
        return f"({', '.join(dim.text() for dim in self.dims)})"

    @classmethod
    def of_axes(
        cls,
        axes: "dict[int, Number]",
        base: "Shape | None" = None,
        derived: Derivation | None = None,
    ) -> "Shape":
        """A shape of unknown rank of which some dimensions are known, by index."""
        made = cls(base=base, derived=derived)
        made._axes.update(axes)
        return made

    @property
    def dims(self) -> Dims | None:
        """The dimensions, as soon as it is known how many there are."""
        if self._dims is None and self._derived is not None and self._asked != Shape._ranks_learned:
            self._asked = Shape._ranks_learned
            self._derive(self._derived)
        return self._dims

    @property
    def rank(self) -> int | None:
        """How many dimensions there are, if known."""
        dims = self.dims
        return None if dims is None else len(dims)

    @property
    def is_open(self) -> bool:
        """Whether the number of axes is what the program takes it for, rather than lost on the way."""
        if self.dims is not None:
            return False
        waiting, seen = [self], {id(self)}
        while waiting:
            shape = waiting.pop()
            if shape._is_from_outside() or (shape is not self and shape.rank is not None):
                continue
            if shape._derived is None:
                return False
            new = [each for each in shape._derived.sources if id(each) not in seen]
            seen.update(map(id, new))
            waiting += new
        return True

    @property
    def has_lost_first(self) -> bool:
        """Whether, of as little known rank, it follows from a shape whose first axis is gone."""
        waiting, seen = [self], {id(self)}
        while waiting:
            shape = waiting.pop()
            derived = shape._derived
            if shape._dims is not None or derived is None or shape._is_from_outside():
                continue
            if derived.added is not None and derived.added < 0 and shape._base is None:
                return True
            new = [each for each in derived.sources if id(each) not in seen]
            seen.update(map(id, new))
            waiting += new
        return False

    def _is_from_outside(self) -> bool:
        first = self.known_axes.get(0)
        is_batch = first is not None and first.axis is not None and first.axis.is_batch
        return self.dims is None and (self.is_given or is_batch)

    @property
    def known_axes(self) -> dict[int, Number]:
        """The dimensions that were asked for while the rank was unknown, by index."""
        if self._base is not None and 0 in self._base.known_axes:
            return {0: self._base.axis(0), **self._axes}
        return self._axes

    def axis(self, index: int) -> Number:
        """The dimension at `index`, counted from the end when negative."""
        if self.dims is not None:
            if -len(self.dims) <= index < len(self.dims):
                return self.dims[index]
            return fresh(f"{self.name}.shape[{index}]")
        if index == 0 and self._base is not None:
            return self._base.axis(0)
        if index not in self._axes:
            self._axes[index] = fresh(f"{self.name}.shape[{index}]", is_axis=True)
        return self._axes[index]

    def known_axis(self, index: int) -> Number | None:
        """The dimension at `index`, if it is known or was ever asked for; None when there is none."""
        dims = self.dims
        if dims is None:
            return self.known_axes.get(index)
        return dims[index] if -len(dims) <= index < len(dims) else None

    def of_one(self) -> "Shape":
        """What is known of one of the items along the first axis, while the rank is unknown."""
        axes = {index - 1: axis for index, axis in self.known_axes.items() if index > 0}
        if axes and -1 in self.known_axes:
            axes[-1] = self.known_axes[-1]
        return Shape.of_axes(axes)

    def of_many(self, axis: Number) -> "Shape":
        """What is known of several such items along a new first axis, while the rank is unknown."""
        rest = {each + 1 if each >= 0 else each: dim for each, dim in self.known_axes.items()}
        derived = following(self, lambda dims: (axis, *dims), 1)
        return Shape.of_axes({**rest, 0: axis}, derived=derived)

    def start_with(self, axis: Number) -> None:
        """Learn the first dimension while the rank is unknown."""
        self._axes[0] = axis

    def settle(self, rank: int) -> bool:
        """Learn the rank, as from `b, t, c = x.shape`, and with it the ranks of the tensors that this
        one follows from; False when it contradicts what is known."""
        if self.dims is not None:
            return len(self.dims) == rank
        if any(not -rank <= index < rank for index in self.known_axes):
            return False  # on one way of several it has more axes
        derived = self._derived
        if derived is not None and derived.added is not None:
            before = rank - derived.added
            if before >= 0 and all(each.settle(before) for each in derived.sources):
                self._derive(derived)
        if self._dims is None:
            known = self.known_axes
            Shape._ranks_learned += 1
            self._dims = tuple(
                known.get(index) or known.get(index - rank) or self._named(index)
                for index in range(rank)
            )
        return len(self._dims) == rank

    def grown_axes(self, before: "Shape") -> tuple[int, ...]:
        """The axes that were known to have another length before."""
        old, new = before.dims, self.dims
        if old is None or new is None or len(old) != len(new):
            return ()
        counts = [(a.integer, b.integer) for a, b in zip(old, new, strict=True)]
        return tuple(index for index, (a, b) in enumerate(counts) if a is not None and a != b)

    def without_lengths(self, axes: tuple[int, ...]) -> "Shape":
        """The shape with new lengths for some axes; the shape itself when it knows no number of any."""
        dims = self.dims
        if dims is None:
            return self
        lost = [index in axes and dim.integer is not None for index, dim in enumerate(dims)]
        if not any(lost):
            return self
        return Shape(
            tuple(self._named(index) if lost[index] else dim for index, dim in enumerate(dims)),
            self.name,
        )

    def _derive(self, derived: Derivation) -> None:
        """Compute the dimensions, if those that they follow from are known by now: what was asked for
        before keeps its name."""
        found = [each.dims for each in derived.sources]
        if None in found:
            return
        self._derived = None
        dims = derived.change(*found)
        if dims is not None:
            rank, asked = len(dims), self._axes
            self._dims = tuple(
                asked.get(index) or asked.get(index - rank) or dim for index, dim in enumerate(dims)
            )

    def _named(self, index: int) -> Number:
        return fresh(f"{self.name}.shape[{index}]", is_axis=True)


def following(
    source: Shape, change: Callable[[Dims], Dims | None], added: int | None = 0
) -> Derivation:
    """How dimensions follow from those of one other tensor."""
    return Derivation((source,), added, change)
