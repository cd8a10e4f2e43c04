"""Abstract values: what the interpreter knows about the objects of a training script.

Values are compared by identity. Those with `fields` are mutable; their fields change only
through the machine's `store`, so that branches can be undone and joined.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Optional

from advisor.code.symbols import Number, fresh, named, number

if TYPE_CHECKING:
    from pathlib import Path

    import libcst as cst

    from advisor.code.events import Context, RowsSplit
    from advisor.code.sources import NodePlace, Source

MOST_ALTERNATIVES = 6
CHANGED_LINEAGE = ("lineage",)
# What a loader has put samples together along: all tensors in its batches share the axis.
COLLATED = ("collated",)
STATISTICS = frozenset(
    ["mean", "std", "var", "median", "quantile", "range", "max", "min", "sum", "mode"]
)


class Value:
    """Anything a name can stand for. `place` is where it came into being, if that is known."""

    __slots__ = ("place",)

    def __init__(self, place: "NodePlace | None" = None) -> None:
        self.place = place


class Constant(Value):
    """A known object of Python that is no number: a string, `None`, a truth value, `...`.

    `configurable` is the way a user can change it (`--model`): it is only a default then.
    """

    __slots__ = ("configurable", "value")

    def __init__(
        self,
        value: object,
        configurable: str | None = None,
        place: "NodePlace | None" = None,
    ) -> None:
        super().__init__(place)
        self.value = value
        self.configurable = configurable

    def __repr__(self) -> str:
        return f"Constant({self.value!r})"


NONE = Constant(None)
TRUE = Constant(True)
FALSE = Constant(False)


class Scalar(Value):
    """A number, known or symbolic.

    `names` are the constants, options and parameters it was computed from. `configurable` is the
    way a user can change it (`--epochs`), and means that the value is only a default.
    """

    __slots__ = ("configurable", "names", "number")

    def __init__(
        self,
        value: Number,
        names: frozenset[str] = frozenset(),
        configurable: str | None = None,
        place: "NodePlace | None" = None,
    ) -> None:
        super().__init__(place)
        self.number = value
        self.names = names
        self.configurable = configurable

    def __repr__(self) -> str:
        return f"Scalar({self.number})"


class Shape:
    """The dimensions of a tensor: known, symbolic, or still to be named when they are asked for.

    Without a known rank, an axis that is asked for gets a symbol, so that `x.size(1)` means the
    same number each time. `base` is a shape of as little known rank that has the same first axis,
    `last` the length of the last one.
    """

    __slots__ = ("_axes", "_base", "dims", "name")

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


class Activation(StrEnum):
    """What the last activation made of the numbers in a tensor."""

    LOGITS = "logits"
    SOFTMAX = "softmax"
    SIGMOID = "sigmoid"
    LOG_SOFTMAX = "log_softmax"
    LOG_SIGMOID = "logsigmoid"
    RELU = "relu"
    TANH = "tanh"
    ONE_HOT = "one_hot"


@dataclass(frozen=True, eq=False, slots=True)
class Scale:
    """The range that a tensor's numbers are in, and where they got it.

    `axis` is the dimension of a softmax as written; `place` the call that applied it.
    """

    activation: Activation
    place: "NodePlace | None" = None
    axis: int | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Amount:
    """What a number says of samples: `match` (for each whether it is right), `matches` (how many
    are), `mean` (of a loss or score over a batch), or `weighted` (that times something).

    `made` is where it was computed; `summed` where the first of several was added up, if they were.
    """

    kind: str
    made: "Context"
    place: "NodePlace | None" = None
    summed: "Context | None" = None


@dataclass(frozen=True, eq=False, slots=True)
class Exponential:
    """The exponentials of a value, or the sum of them."""

    of: "Value"
    is_sum: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Bounded:
    """Numbers whose exponentials do not overflow: a largest one was subtracted, or a sign turned."""


@dataclass(frozen=True, eq=False, slots=True)
class Quotient:
    """What an amount was divided by something gives."""

    division: Any


Meaning = Amount | Bounded | Exponential | Quotient
MEANING = ("meaning",)


@dataclass(frozen=True, eq=False, slots=True)
class Layout:
    """Which axes of a sequence layer's output are the samples and which the steps of time."""

    layer: "Layer"
    batch_first: bool
    batch: Number
    time: Number


class RowSet:
    """A set of samples: an identity, and how it was drawn from others.

    `how` is `all`, `item` (any one of them), `train`, `test`, `part`, `joined`, `collected` (in a
    list, one by one), `either`, `duplicated`, `resampled`, or the name of a statistic that was taken
    over the parent. `parent` is what it was drawn from, `sources` what it was put together from,
    `split` the event that divided the parent, `names` what the program calls values with these rows.
    """

    __slots__ = ("how", "names", "parent", "parts", "place", "sources", "split")

    def __init__(
        self,
        how: str = "all",
        parent: "RowSet | None" = None,
        place: "NodePlace | None" = None,
        sources: "tuple[RowSet, ...]" = (),
        split: "RowsSplit | None" = None,
    ) -> None:
        self.how = how
        self.parent = parent
        self.place = place
        self.sources = sources
        self.split = split
        self.names: set[str] = set()
        self.parts: dict[object, RowSet] = {}

    def __repr__(self) -> str:
        return f"RowSet({self.how}, {self.parent or self.sources or 'origin'})"

    @property
    def is_statistic(self) -> bool:
        """Whether this stands for numbers that were computed from all of the parent."""
        return self.how in STATISTICS

    def part(self, key: object, how: str = "part", place: "NodePlace | None" = None) -> "RowSet":
        """The rows that are drawn under a key: the same set each time it is asked for."""
        if key not in self.parts:
            self.parts[key] = RowSet(how, self, place)
        return self.parts[key]

    def ancestors(self) -> Iterator["RowSet"]:
        """The set itself, then what it was drawn from, up to the original data."""
        current: RowSet | None = self
        while current is not None:
            yield current
            current = current.parent

    def history(self) -> Iterator["RowSet"]:
        """The set itself and every set it was drawn from or put together from."""
        seen: set[RowSet] = set()
        waiting: list[RowSet] = [self]
        while waiting:
            current = waiting.pop()
            if current not in seen:
                seen.add(current)
                yield current
                waiting.extend(current.sources)
                if current.parent is not None:
                    waiting.append(current.parent)

    def within(self, other: "RowSet") -> bool:
        """Whether each of the samples is one of `other`, or was made of one. Of sets that are one
        or the other it is enough that one may be."""
        for each in self.ancestors():
            if each is other or any(each.within(source) for source in other.sources):
                return True
            parts = [source.within(other) for source in each.sources]
            if parts and (any(parts) if each.how == "either" else all(parts)):
                return True
        return False


@dataclass(frozen=True, eq=False, slots=True)
class Fit:
    """Values were transformed by something that had been fitted on `rows`. `text` is what was
    fitted, as written in the code."""

    estimator: Value
    rows: RowSet
    place: "NodePlace"
    kind: str
    uses_labels: bool = False
    text: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Lineage:
    """Where samples come from: their rows, what they were fitted through, what they went through.

    `augmentations` are the places that changed the samples at random.
    """

    rows: RowSet
    fits: tuple[Fit, ...] = ()
    augmentations: tuple["NodePlace", ...] = ()

    @property
    def matters(self) -> bool:
        """Whether more is known than which rows they are."""
        changed = self.rows.how in {"resampled", "duplicated"}
        return changed or bool(self.fits) or bool(self.augmentations)

    def of(self, rows: RowSet) -> "Lineage":
        """What the same values went through, for other rows."""
        return self if rows is self.rows else Lineage(rows, self.fits, self.augmentations)

    def of_item(self) -> "Lineage":
        """The lineage of one of the samples, whichever it is."""
        return self.of(self.rows.part("item", "item"))

    def after(self, *fits: Fit, augmentation: "NodePlace | None" = None) -> "Lineage":
        """The lineage once the values went through something more."""
        new = tuple(fit for fit in dict.fromkeys(fits) if fit not in self.fits)
        changes = () if augmentation is None else (augmentation,)
        if not new and not changes:
            return self
        return Lineage(self.rows, self.fits + new, self.augmentations + changes)


def join_lineages(left: Lineage | None, right: Lineage | None) -> Lineage | None:
    """What is true of values on either of two ways; None when they hold other rows.

    A fit that only one way goes through counts when the other way has one as well.
    """
    if left is right or left is None or right is None or left.rows is not right.rows:
        return left if left is right else None
    common = tuple(fit for fit in left.fits if fit in right.fits)
    more = [fit for fit in (*left.fits, *right.fits) if fit not in common]
    one_sided = len(common) in {len(left.fits), len(right.fits)}
    places = tuple(each for each in left.augmentations if each in right.augmentations)
    return Lineage(left.rows, common if one_sided else (*common, *more), places)


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
    keep. `cut` is what has cut it off from parameters, `terms` what it was computed from by
    arithmetic or a reduction.
    """

    __slots__ = (
        "cut",
        "dtype",
        "graph",
        "layout",
        "library",
        "lineage",
        "meaning",
        "scale",
        "shape",
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
    ) -> None:
        super().__init__(place)
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

    def __repr__(self) -> str:
        return f"Tensor({self.shape}, {self.scale and self.scale.activation})"

    def replace(self, **changes: Any) -> "Tensor":
        """A new tensor that differs in `changes`."""
        return Tensor(
            changes.get("shape", self.shape),
            scale=changes.get("scale", self.scale),
            dtype=changes.get("dtype", self.dtype),
            graph=changes.get("graph", self.graph),
            lineage=changes.get("lineage", self.lineage),
            library=changes.get("library", self.library),
            text=changes.get("text", self.text),
            cut=changes.get("cut", self.cut),
            terms=changes.get("terms", self.terms),
            layout=changes.get("layout", self.layout),
            place=changes.get("place", self.place),
            whole=changes.get("whole"),
        )

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
        self.lineage = lineage

    def __repr__(self) -> str:
        return f"Unknown({self.name})"


class Sequence(Value):
    """A list, tuple or set: its items where they are known, else one value that stands for all."""

    __slots__ = ("fields", "kind")

    def __init__(
        self,
        kind: str,
        items: tuple[Value, ...] | None,
        element: Value | None = None,
        place: "NodePlace | None" = None,
    ) -> None:
        super().__init__(place)
        self.kind = kind
        self.fields: dict[Any, Any] = {"items": items, "element": element}

    @property
    def items(self) -> tuple[Value, ...] | None:
        """The items in order, when every one of them is known."""
        found: tuple[Value, ...] | None = self.fields["items"]
        return found

    @property
    def element(self) -> Value | None:
        """What stands for any item when the items are not known one by one."""
        found: Value | None = self.fields["element"]
        return found

    def __repr__(self) -> str:
        return f"Sequence({self.kind}, {self.items}, {self.element})"


class Dictionary(Value):
    """A dict: the values under known keys, and one value that stands for any other key."""

    __slots__ = ("fields",)

    def __init__(
        self,
        items: dict[object, Value],
        other: Value | None = None,
        place: "NodePlace | None" = None,
    ) -> None:
        super().__init__(place)
        self.fields: dict[Any, Any] = {("key", key): value for key, value in items.items()}
        self.fields["other"] = other

    @property
    def items(self) -> dict[object, Value]:
        """The values under known keys."""
        return {
            key[1]: value
            for key, value in self.fields.items()
            if isinstance(key, tuple) and value is not None
        }

    @property
    def other(self) -> Value | None:
        """What stands for the value under any other key; None when there is none."""
        found: Value | None = self.fields["other"]
        return found


class Library(Value):
    """A module, class or function of a library, by its canonical dotted path."""

    __slots__ = ("path",)

    def __init__(self, path: str, place: "NodePlace | None" = None) -> None:
        super().__init__(place)
        self.path = path

    def __repr__(self) -> str:
        return f"Library({self.path})"


@dataclass(slots=True)
class Arguments:
    """What a call passes. `unknown` means that `*args` or `**kwargs` of unknown length take part."""

    positional: list[Value] = field(default_factory=list)
    keywords: dict[str, Value] = field(default_factory=dict)
    unknown: bool = False

    def get(self, index: int, name: str) -> Value | None:
        """The argument at a position or under a name, if it was passed. A negative index means
        that it can only be passed by name."""
        if 0 <= index < len(self.positional):
            return self.positional[index]
        return self.keywords.get(name)

    def values(self) -> Iterator[Value]:
        """All passed values."""
        yield from self.positional
        yield from self.keywords.values()


class Object(Value):
    """An instance of a library's class: its path, what it was built with, and its attributes."""

    __slots__ = ("arguments", "fields", "path")

    def __init__(
        self,
        path: str,
        arguments: Arguments | None = None,
        place: "NodePlace | None" = None,
        fields: dict[Any, Any] | None = None,
    ) -> None:
        super().__init__(place)
        self.path = path
        self.arguments = arguments or Arguments()
        self.fields: dict[Any, Any] = fields or {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path})"

    def argument(self, index: int, name: str) -> Value | None:
        """An argument it was built with."""
        return self.arguments.get(index, name)


class Layer(Object):
    """A module of a deep-learning library: a layer, a loss, a container, a whole ready model."""

    __slots__ = ()


class Parameters(Value):
    """The parameters of some modules, as optimizers take them. `complete` is False when other
    parameters may be among them."""

    __slots__ = ("complete", "owners")

    def __init__(
        self,
        owners: tuple[Value, ...],
        complete: bool = True,
        place: "NodePlace | None" = None,
    ) -> None:
        super().__init__(place)
        self.owners = owners
        self.complete = complete


class Optimizer(Object):
    """An optimizer: the modules whose parameters it updates and its learning rate."""

    __slots__ = ("complete", "owners")

    def __init__(
        self,
        path: str,
        arguments: Arguments,
        owners: tuple[Value, ...],
        complete: bool,
        place: "NodePlace | None" = None,
    ) -> None:
        super().__init__(path, arguments, place)
        self.owners = owners
        self.complete = complete


class Schedule(Object):
    """A learning-rate schedule over an optimizer."""

    __slots__ = ("loops", "optimizer")

    def __init__(
        self,
        path: str,
        arguments: Arguments,
        optimizer: Value | None,
        loops: tuple[Any, ...] = (),
        place: "NodePlace | None" = None,
    ) -> None:
        super().__init__(path, arguments, place)
        self.optimizer = optimizer
        self.loops = loops


class Method(Value):
    """A method of a library object or of a tensor, not yet called."""

    __slots__ = ("name", "receiver")

    def __init__(self, receiver: Value, name: str, place: "NodePlace | None" = None) -> None:
        super().__init__(place)
        self.receiver = receiver
        self.name = name

    def __repr__(self) -> str:
        return f"Method({self.receiver}.{self.name})"


class Scope:
    """The names of a module, class body or function call, and where to look further."""

    __slots__ = ("declared", "fields", "kind", "parent", "source")

    def __init__(self, kind: str, source: "Source", parent: "Scope | None" = None) -> None:
        self.kind = kind
        self.source = source
        self.parent = parent
        self.fields: dict[Any, Value] = {}
        self.declared: dict[str, Scope] = {}

    @property
    def module(self) -> "Scope":
        """The scope of the module this scope is in."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope


class Function(Value):
    """A function of the project: its definition and the scope it was defined in."""

    __slots__ = ("decorators", "defaults", "name", "node", "owner", "scope")

    def __init__(
        self,
        node: "cst.FunctionDef | cst.Lambda",
        scope: Scope,
        name: str,
        defaults: dict[str, Value],
        decorators: tuple[Value, ...] = (),
        owner: "Class | None" = None,
        place: "NodePlace | None" = None,
    ) -> None:
        super().__init__(place)
        self.node = node
        self.scope = scope
        self.name = name
        self.defaults = defaults
        self.decorators = decorators
        self.owner = owner

    def __repr__(self) -> str:
        return f"Function({self.name})"


class Bound(Value):
    """A function of the project bound to the object it is called on."""

    __slots__ = ("function", "receiver")

    def __init__(self, function: Function, receiver: Value) -> None:
        super().__init__(function.place)
        self.function = function
        self.receiver = receiver


class Partial(Value):
    """A callable with some arguments already given."""

    __slots__ = ("arguments", "callee")

    def __init__(self, callee: Value, arguments: Arguments) -> None:
        super().__init__(callee.place)
        self.callee = callee
        self.arguments = arguments


class Class(Value):
    """A class of the project. `fields` are what its body defines; `bases` may be of libraries."""

    __slots__ = ("bases", "fields", "name", "node", "scope")

    def __init__(
        self,
        name: str,
        bases: tuple[Value, ...],
        fields: dict[Any, Value],
        node: "cst.ClassDef",
        scope: Scope,
        place: "NodePlace | None" = None,
    ) -> None:
        super().__init__(place)
        self.name = name
        self.bases = bases
        self.fields = fields
        self.node = node
        self.scope = scope

    def __repr__(self) -> str:
        return f"Class({self.name})"

    def lineage(self) -> Iterator[Value]:
        """The class and all it inherits from, nearest first: project classes, library classes and
        unknown ones. What several bases share comes behind the last of them."""
        order: list[Value] = [self]
        for base in self.bases:
            for ancestor in base.lineage() if isinstance(base, Class) else (base,):
                if ancestor in order[1:]:
                    order.remove(ancestor)
                order.append(ancestor)
        yield from order

    def library_bases(self) -> tuple[str, ...]:
        """The paths of the library classes it inherits from."""
        return tuple(base.path for base in self.lineage() if isinstance(base, Library))

    def has_unknown_base(self) -> bool:
        """Whether something it inherits from could not be looked into."""
        return any(not isinstance(base, (Class, Library)) for base in self.lineage())

    def find(self, name: str) -> Value | None:
        """What the class or its project bases define under a name."""
        for base in self.lineage():
            if isinstance(base, Class) and name in base.fields:
                return base.fields[name]
        return None


class Instance(Value):
    """An object of a project class."""

    __slots__ = ("cls", "fields")

    def __init__(self, cls: Class, place: "NodePlace | None" = None) -> None:
        super().__init__(place)
        self.cls = cls
        self.fields: dict[Any, Any] = {}

    def __repr__(self) -> str:
        return f"Instance({self.cls.name})"

    @property
    def arguments(self) -> Arguments:
        """What a library class that it inherits from was built with: nobody knows."""
        return Arguments(unknown=True)

    def argument(self, index: int, name: str) -> Value | None:
        """An argument that a library class it inherits from was built with: not known."""
        return None


class ProjectModule(Value):
    """An imported module of the project: its top-level names."""

    __slots__ = ("scope",)

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope


class Folder(Value):
    """A package of the project without an `__init__.py`: a folder to find modules in."""

    __slots__ = ("path",)

    def __init__(self, path: "Path") -> None:
        super().__init__()
        self.path = path


class Joined(Value):
    """One of several values, depending on the way the program took."""

    __slots__ = ("alternatives",)

    def __init__(self, alternatives: tuple[Value, ...]) -> None:
        super().__init__(alternatives[0].place)
        self.alternatives = alternatives

    def __repr__(self) -> str:
        return f"Joined{self.alternatives}"


def alternatives(value: Value | None) -> tuple[Value, ...]:
    """What a value may be: its alternatives, or just itself."""
    if value is None:
        return ()
    return value.alternatives if isinstance(value, Joined) else (value,)


def join(left: Value, right: Value) -> Value:
    """A value for either of two."""
    if left is right or same(left, right):
        return left
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        return _join_tensors(left, right)
    distinct = list(alternatives(left))
    for value in alternatives(right):
        if value not in distinct and not any(same(value, seen) for seen in distinct):
            distinct.append(value)
    if len(distinct) == len(alternatives(left)):
        return left
    if len(distinct) > MOST_ALTERNATIVES:
        return Unknown("one of many", place=left.place)
    return Joined(tuple(distinct))


def same(left: Value, right: Value) -> bool:
    """Whether two values are known to be equal and interchangeable."""
    if left is right:
        return True
    if isinstance(left, Constant) and isinstance(right, Constant):
        return (
            type(left.value) is type(right.value)
            and left.value == right.value
            and left.configurable == right.configurable
        )
    if isinstance(left, Scalar) and isinstance(right, Scalar):
        return left.number == right.number and left.configurable == right.configurable
    if isinstance(left, Library) and isinstance(right, Library):
        return left.path == right.path
    return False


def _join_tensors(left: Tensor, right: Tensor) -> Value:
    same_scale = (
        left.scale is not None
        and right.scale is not None
        and left.scale.activation is right.scale.activation
    )
    lineage = left.lineage or right.lineage
    if left.lineage is not right.lineage and left.lineage and right.lineage:
        lineage = join_lineages(left.lineage, right.lineage)
        if lineage is None and (left.lineage.matters or right.lineage.matters):
            return Joined((left, right))
    shape = left.shape if left.shape.dims and left.shape.dims == right.shape.dims else Shape()
    joined = Tensor(
        left.shape if left.shape is right.shape else shape,
        scale=left.scale if same_scale else None,
        dtype=left.dtype if left.dtype == right.dtype else None,
        graph=left.graph if left.graph == right.graph else None,
        cut=left.cut if right.cut is not None else None,
        terms=(left, right),
        lineage=lineage,
        library=left.library,
        text=left.text,
        place=left.place,
    )
    if type(left.meaning) is type(right.meaning) and left.meaning is not None:
        joined.meaning = left.meaning
    return joined


def known_number(value: Value | None) -> Number | None:
    """The number a value is, if it is one."""
    if isinstance(value, Scalar):
        return value.number
    if isinstance(value, Constant) and isinstance(value.value, bool):
        return number(int(value.value))
    return None


def number_of(value: Value | None) -> Number | None:
    """The number a value stands for where only a number can stand: an unknown gets a symbol."""
    if isinstance(value, Unknown):
        found = value.fields.get("number")
        if not isinstance(found, Scalar):
            found = Scalar(fresh(value.name), frozenset({value.name}))
            value.fields["number"] = found
        return found.number
    return known_number(value)


def size_of_axis(value: Value | None) -> Number | None:
    """The number a value stands for as the length of an axis: a constant that goes by a name keeps
    that name, so that axes of equal length are told apart as the program tells them apart."""
    if isinstance(value, Scalar) and len(value.names) == 1:
        length = value.number.integer
        if not value.number.factors and length is not None and length > 1:
            return named(next(iter(value.names)), length)
    return number_of(value)


def part_of(value: Unknown, name: str, place: "NodePlace | None" = None) -> Unknown:
    """A new unknown that is a part of another one; the parts of a batch share its first axis."""
    part = Unknown(name, value, place)
    collated = value.fields.get(COLLATED)
    if isinstance(collated, Scalar):
        part.shape.start_with(collated.number)
    return part


def known_text(value: Value | None) -> str | None:
    """The string a value is, if it is one."""
    if isinstance(value, Constant) and isinstance(value.value, str):
        return value.value
    return None


def shape_of(value: Value | None) -> Shape | None:
    """The shape of a tensor, or of an unknown that may be one."""
    return value.shape if isinstance(value, (Tensor, Unknown)) else None


def is_array(value: Value | None) -> bool:
    """Whether a value is an array of numbers: made as one, asked for its axes, or used as samples."""
    if isinstance(value, Unknown):
        if value.lineage is not None and value.lineage.rows.how != "all":
            return True
        return value.shape.dims is not None or bool(value.shape.known_axes)
    return isinstance(value, Tensor)


def scale_of(value: Value | None) -> Scale | None:
    """The scale of a tensor's numbers, if it is known on every way."""
    options = [
        option.scale if isinstance(option, Tensor) else None for option in alternatives(value)
    ]
    first = options[0] if options else None
    if first is None or any(
        option is None or option.activation is not first.activation for option in options
    ):
        return None
    return first


def lineage_of(value: Value | None) -> Lineage | None:
    """Where the samples in a value come from, if it holds samples."""
    if isinstance(value, Tensor):
        return value.lineage
    if isinstance(value, Unknown):
        changed = value.fields.get(CHANGED_LINEAGE)
        return changed if isinstance(changed, Lineage) else value.lineage
    if isinstance(value, Object):
        found = value.fields.get("lineage")
        return found if isinstance(found, Lineage) else None
    return None


def meaning_of(value: Value | None) -> Meaning | None:
    """What the numbers in a value say, if that is known."""
    if isinstance(value, Tensor):
        return value.meaning
    if isinstance(value, Unknown):
        found: Any = value.fields.get(MEANING)
        return found if isinstance(found, Meaning) else None
    return None


def give_meaning(value: Value, meaning: Meaning) -> None:
    """Say what the numbers in a value say that has just been made."""
    if isinstance(value, Tensor):
        value.meaning = meaning
    elif isinstance(value, Unknown):
        value.fields[MEANING] = meaning


def call_it(value: Value, name: str) -> None:
    """Remember what the program calls a value: an unknown, the length of an axis, or rows of
    samples."""
    if isinstance(value, Unknown):
        value.names.add(name)
        return
    if isinstance(value, Scalar):
        if value.number.axis is not None:
            value.number.axis.called.add(name)
        return
    lineage = lineage_of(value)
    if lineage is not None:
        lineage.rows.names.add(name)
