"""What the project defines: scopes, functions, classes and their instances, modules."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from advisor.code.values.objects import Arguments, Library
from advisor.code.values.plain import Value

if TYPE_CHECKING:
    from pathlib import Path

    import libcst as cst

    from advisor.code.sources import NodePlace, Source


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


# Under this key an object has the partial that it was built by.
BUILT_BY = ("built by",)


class Partial(Value):
    """A callable with some arguments already given; `given` is where."""

    __slots__ = ("arguments", "callee", "given")

    def __init__(
        self, callee: Value, arguments: Arguments, given: "NodePlace | None" = None
    ) -> None:
        super().__init__(callee.place)
        self.callee = callee
        self.arguments = arguments
        self.given = given


class Class(Value):
    """A class of the project. `fields` are what its body defines; `bases` may be of libraries."""

    __slots__ = (
        "_ancestors",
        "_has_unknown_base",
        "_library_bases",
        "bases",
        "fields",
        "name",
        "node",
        "scope",
    )

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
        self._ancestors = _ancestors(bases)
        self._library_bases = tuple(
            base.path for base in self._ancestors if isinstance(base, Library)
        )
        self._has_unknown_base = any(
            not isinstance(base, (Class, Library)) for base in self._ancestors
        )

    def __repr__(self) -> str:
        return f"Class({self.name})"

    def lineage(self) -> tuple[Value, ...]:
        """The class and all it inherits from, nearest first: project classes, library classes and
        unknown ones. What several bases share comes behind the last of them."""
        return (self, *self._ancestors)

    def library_bases(self) -> tuple[str, ...]:
        """The paths of the library classes it inherits from."""
        return self._library_bases

    def has_unknown_base(self) -> bool:
        """Whether something it inherits from could not be looked into."""
        return self._has_unknown_base

    def find(self, name: str) -> Value | None:
        """What the class or its project bases define under a name."""
        if name in self.fields:
            return self.fields[name]
        for base in self._ancestors:
            if isinstance(base, Class) and name in base.fields:
                return base.fields[name]
        return None


def _ancestors(bases: Iterable[Value]) -> tuple[Value, ...]:
    order: list[Value] = []
    for base in bases:
        for ancestor in base.lineage() if isinstance(base, Class) else (base,):
            if ancestor in order:
                order.remove(ancestor)
            order.append(ancestor)
    return tuple(order)


class Instance(Value):
    """An object of a project class. `made_with` is what it was built with, where a call has built it."""

    __slots__ = ("cls", "fields", "made_with")

    def __init__(
        self,
        cls: Class,
        place: "NodePlace | None" = None,
        made_with: Arguments | None = None,
    ) -> None:
        super().__init__(place)
        self.cls = cls
        self.made_with = made_with
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
