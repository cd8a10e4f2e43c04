"""The dimensions of tensors."""

from advisor.code.symbols import Number, fresh


class Shape:
    """The dimensions of a tensor: known, symbolic, or still to be named when they are asked for.

    Without a known rank, an axis that is asked for gets a symbol, so that `x.size(1)` means the
    same number each time. `base` is a shape of as little known rank that has the same first axis,
    `last` the length of the last one, and `most` the largest number of axes that there may be.
    """

    __slots__ = ("_axes", "_base", "dims", "most", "name")

    def __init__(
        self,
        dims: tuple[Number, ...] | None = None,
        name: str = "x",
        base: "Shape | None" = None,
        last: Number | None = None,
    ) -> None:
        self.dims = dims
        self.name = name
        self._axes: dict[int, Number] = {} if last is None else {-1: last}
        self._base = base
        self.most: int | None = None

    def __repr__(self) -> str:
        if self.dims is None:
            return f"({self.name}: ?)"
        return f"({', '.join(dim.text() for dim in self.dims)})"

    @classmethod
    def of_axes(cls, axes: "dict[int, Number]", base: "Shape | None" = None) -> "Shape":
        """A shape of unknown rank of which some dimensions are known, by index."""
        made = cls(base=base)
        made._axes.update(axes)
        return made

    @property
    def rank(self) -> int | None:
        """How many dimensions there are, if known."""
        return None if self.dims is None else len(self.dims)

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

    def start_with(self, axis: Number) -> None:
        """Learn the first dimension while the rank is unknown."""
        self._axes[0] = axis

    def settle(self, rank: int) -> bool:
        """Learn the rank, as from `b, t, c = x.shape`; False when it contradicts what is known."""
        if self.dims is not None:
            return len(self.dims) == rank
        known = self.known_axes
        self.dims = tuple(
            known.get(index) or known.get(index - rank) or self._named(index)
            for index in range(rank)
        )
        return True

    def _named(self, index: int) -> Number:
        return fresh(f"{self.name}.shape[{index}]", is_axis=True)
