"""Arrays of numbers, and values nothing is known about yet, which may be arrays."""

from typing import TYPE_CHECKING, Any, Optional

from advisor.code.symbols import Number
from advisor.code.values.meanings import Meaning, Reduced, Scale
from advisor.code.values.plain import Value
from advisor.code.values.rows import Lineage
from advisor.code.values.shapes import Shape
from advisor.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    import libcst as cst

    from advisor.code.sources import NodePlace
    from advisor.code.values.objects import Layer


# Under this key an unknown text has how it ends, as far as that is known.
ENDING = ("ending",)
# What a loader has put samples together along: all tensors in its batches share the axis.
COLLATED = ("collated",)
# Under this key an item has the unknown that it is one of.
SAMPLE_OF = ("sample of",)
# Under this key an unknown model has the class that it must be an instance of.
IMPLIED = ("implied",)
# Under this key an unknown model says that its output holds the scores of classes, and the output
# whether gradients flow to them.
SCORES = ("scores",)
# Under this key an unknown array has the name of the library that has made it, under the next one
# the type of its numbers.
LIBRARY = ("library",)
DTYPE = ("dtype",)


@dataclass(frozen=True, eq=False, slots=True)
class Layout:
    """Which axes of a sequence layer's output are the samples and which the steps of time; of its
    last state (`is_state`) the samples lie along the second axis, whatever `batch_first` says. `swapped`
    tells that the program has let the axes change places since."""

    layer: "Layer"
    batch_first: bool
    batch: Number
    time: Number
    is_state: bool = False
    swapped: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Cut:
    """The place where a value was cut off from the parameters that it was computed with. `how` is
    what has done it: `.item()`, `torch.tensor`."""

    place: "NodePlace"
    how: str


class Tensor(Value):
    """An array of numbers of any library.

    `graph` is True when a gradient can flow from it to parameters, False when it cannot, None
    when nobody knows. `dtype` is a word such as `float`, `long`, `int`, `uint8`, `bool`. `layout`
    tells the axes of what a sequence layer has made. `whole` is the tensor that this one shows the
    numbers of, or a part of them. `meaning` is what the numbers say, which a changed tensor does not
    keep; `reduced` which axis was put into one number before. `cut` is what has cut it off from parameters, `terms` what it was computed from by
    arithmetic or a reduction, `sources` all that a library has made it of. `chosen` is where some of its
    rows were last chosen one by one, or put in another order.
    """

    __slots__ = (
        "chosen",
        "cut",
        "dtype",
        "graph",
        "layout",
        "library",
        "lineage",
        "meaning",
        "reduced",
        "scale",
        "shape",
        "sources",
        "terms",
        "text",
        "whole",
    )

    def __init__(
        self,
        shape: Shape | None = None,
        *,
        scale: Scale | None = None,
        dtype: str | None = None,
        graph: bool | None = None,
        lineage: Lineage | None = None,
        library: str = "torch",
        text: str = "",
        layout: Layout | None = None,
        cut: Cut | None = None,
        terms: tuple[Value, ...] = (),
        place: "NodePlace | None" = None,
        whole: "Tensor | None" = None,
        chosen: "cst.CSTNode | None" = None,
    ) -> None:
        super().__init__(place)
        self.chosen = chosen
        self.layout = layout
        self.whole = whole
        self.cut = cut
        self.terms = terms
        self.shape = shape if shape is not None else Shape(name=text or "x")
        self.scale = scale
        self.dtype = dtype
        self.graph = graph
        self.lineage = lineage
        self.library = library
        self.text = text
        self.meaning: Meaning | None = None
        self.reduced: Reduced | None = None
        self.sources: tuple[Value, ...] | None = None

    def __repr__(self) -> str:
        return f"Tensor({self.shape}, {self.scale and self.scale.activation})"

    def replace(self, **changes: Any) -> "Tensor":
        """A new tensor that differs in `changes`. What was cut off and takes gradients of its own
        passes these on to what is made of it."""
        return Tensor(
            changes.get("shape", self.shape),
            scale=changes.get("scale", self.scale),
            dtype=changes.get("dtype", self.dtype),
            graph=changes.get("graph", self.graph),
            lineage=changes.get("lineage", self.lineage),
            library=changes.get("library", self.library),
            text=changes.get("text", self.text),
            cut=changes.get("cut", None if "shape" in changes and self.graph else self.cut),
            terms=changes.get("terms", self.terms),
            layout=changes.get("layout", self.layout),
            place=changes.get("place", self.place),
            whole=changes.get("whole"),
            chosen=changes.get("chosen", self.chosen),
        )

    def restated(self, **changes: Any) -> "Tensor":
        """The same numbers, of which something else is known: what they say stays."""
        seen = self.replace(**changes)
        seen.meaning, seen.reduced = self.meaning, self.reduced
        return seen

    def seen_as(self, shape: Shape) -> "Tensor":
        """The same tensor, of whose shape something else is known."""
        seen = self.restated(shape=shape, cut=self.cut, whole=self)
        seen.sources = self.sources
        return seen

    def overwrite(self) -> None:
        """Forget the range of the numbers, here and in what they are a part of: some of them are
        written over in place."""
        current: Tensor | None = self
        while current is not None:
            current.scale = None
            current = current.whole


class Unknown(Value):
    """A value nothing is known about yet. It keeps its identity, its attributes, and the names it
    was given; what is done to it shows what it is. `lineage` is what its samples were at first; what
    became of them since is a field of it."""

    __slots__ = ("fields", "lineage", "name", "names", "parent", "shape")

    def __init__(
        self,
        name: str = "?",
        parent: Optional["Unknown"] = None,
        place: "NodePlace | None" = None,
        lineage: Lineage | None = None,
    ) -> None:
        super().__init__(place)
        self.name = name
        self.parent = parent
        self.fields: dict[Any, Any] = {}
        self.names: set[str] = set()
        self.shape = Shape(name=name)
        self.shape.is_given = True
        self.lineage = lineage

    def __repr__(self) -> str:
        return f"Unknown({self.name})"
