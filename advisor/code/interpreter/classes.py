"""Classes of the project: their definition, their instances, and what they inherit."""

from functools import lru_cache, partial
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import Escaped, ModuleBuilt
from advisor.code.interpreter.forward import FORWARD, run_forward
from advisor.code.values import (
    Arguments,
    Bound,
    Class,
    Function,
    Instance,
    Library,
    Scope,
    Value,
    by_default,
    call_it,
    lineage_of,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


class Super(Value):
    """`super()` inside a method: looks up methods behind the class that the method stands in."""

    __slots__ = ("owner", "receiver")

    def __init__(self, receiver: Value, owner: Class) -> None:
        super().__init__(receiver.place)
        self.receiver = receiver
        self.owner = owner


def define(machine: "Machine", node: cst.ClassDef) -> Value:
    """Run a class body and make the class."""
    bases = tuple(machine.evaluate(argument.value) for argument in node.bases)
    decorators = [machine.evaluate(each.decorator) for each in node.decorators]
    scope = Scope("class", machine.source, machine.scope)
    place = machine.place(node)
    made = Class(node.name.value, bases, scope.fields, node, machine.scope, place)
    frame = machine.frame
    outer, frame.scope = frame.scope, scope
    try:
        from advisor.code.interpreter.statements import execute_suite

        execute_suite(machine, node.body)
    finally:
        frame.scope = outer
    for value in scope.fields.values():
        if isinstance(value, Function) and value.owner is None:
            value.owner = made
    for each, decorator in zip(node.decorators, decorators, strict=True):
        # `@dataclass(frozen=True)` is what a call gives.
        written = each.decorator
        maker = machine.evaluate(written.func) if isinstance(written, cst.Call) else decorator
        if _is_dataclass(maker):
            made.fields["__dataclass__"] = decorator
    from advisor.code.interpreter.calls import decorate

    decorated = decorate(machine, made, decorators, node)
    return decorated if isinstance(decorated, Class) else made


_MAKE_DATACLASSES = frozenset(
    [
        *("dataclasses.dataclass", "pydantic.dataclasses.dataclass", "flax.struct.dataclass"),
        *("attr.s", "attr.define", "attr.frozen", "attrs.define", "attrs.frozen"),
    ]
)


def _is_dataclass(decorator: Value) -> bool:
    path = getattr(decorator, "path", "")
    return path in _MAKE_DATACLASSES


def instantiate(machine: "Machine", cls: Class, passed: Arguments, node: cst.CSTNode) -> Value:
    """Make an instance and run its `__init__`."""
    instance = Instance(cls, machine.place(node), passed)
    if "__dataclass__" in cls.fields or machine.models.is_settings_class(cls):
        _fill_dataclass(machine, instance, passed)
        call_special(machine, instance, "__post_init__", [], node)
        return instance
    constructor = cls.find("__init__")
    if isinstance(constructor, Function):
        from advisor.code.interpreter.calls import (
            call_function,
            does_not_fit,
            escape,
            is_followed,
        )

        if does_not_fit(constructor, passed, instance):
            return escape(machine, cls, passed, node)
        followed = is_followed(machine, constructor)
        call_function(machine, constructor, passed, node, instance)
        if not followed:
            # Nobody knows what it consists of, but that it has been built as its class says.
            machine.models.construct_base(machine, instance, passed, node)
            return instance
    else:
        machine.models.construct_base(machine, instance, passed, node)
    if is_module(instance):
        machine.emit(ModuleBuilt(machine.place(node), machine.context, instance))
    return instance


def _fill_dataclass(machine: "Machine", instance: Instance, passed: Arguments) -> None:
    names: list[str] = []
    for base in reversed(list(instance.cls.lineage())):
        if isinstance(base, Class):
            names.extend(
                name
                for name, value in base.fields.items()
                if isinstance(name, str) and not isinstance(value, Function) and name not in names
            )
    for index, name in enumerate(name for name in names if not name.startswith("__")):
        value = passed.get(index, name)
        default = instance.cls.find(name)
        if value is None and passed.unknown:
            value = by_default(name, default, instance.cls.place)
        if value is None:
            value = default
        if value is not None:
            if lineage_of(value) is not None:
                call_it(value, name)
            machine.store(instance.fields, name, value)


def attribute(machine: "Machine", instance: Instance, name: str, node: cst.CSTNode) -> Value:
    """An attribute of an instance: its own, its class's, or what it inherits."""
    own = instance.fields.get(name)
    if isinstance(own, Value):
        return own
    found = instance.cls.find(name)
    if found is not None:
        return bind(machine, found, instance, node)
    return machine.models.instance_attribute(machine, instance, name, node)


def bind(machine: "Machine", found: Value, receiver: Value, node: cst.CSTNode) -> Value:
    """What a class attribute is when it is reached through an instance."""
    if not isinstance(found, Function):
        return found
    paths = _decorator_paths(found)
    if is_static(found):
        return found
    if paths & {"builtins.property", "functools.cached_property"}:
        from advisor.code.interpreter.calls import call_function

        return call_function(machine, found, Arguments(), node, receiver)
    if "builtins.classmethod" in paths and isinstance(receiver, Instance):
        return Bound(found, receiver.cls)
    return Bound(found, receiver)


def is_static(function: Function) -> bool:
    """Whether a method takes no receiver."""
    return "builtins.staticmethod" in _decorator_paths(function)


def bind_to_class(found: Value, cls: Class) -> Value:
    """What a class attribute is when it is reached through the class itself."""
    if isinstance(found, Function) and "builtins.classmethod" in _decorator_paths(found):
        return Bound(found, cls)
    return found


def _decorator_paths(function: Function) -> set[str]:
    return {getattr(decorator, "path", "") for decorator in function.decorators}


def call_instance(
    machine: "Machine", instance: Instance, passed: Arguments, node: cst.CSTNode
) -> Value:
    """Call an instance: its `__call__`, or `forward` of a module."""
    from advisor.code.interpreter.calls import call, call_function, escape

    for name in ("__call__", "forward", "call"):
        found = instance.cls.find(name)
        if isinstance(found, Function) and is_module(instance):
            run = partial(call_function, machine, found, passed, node, instance)
            return run_forward(machine, instance, passed, node, run)
        if isinstance(found, Function) and name == "__call__":
            return call_function(machine, found, passed, node, instance)
    inner = instance.fields.get("__layer__")
    if isinstance(inner, Value):
        return call(machine, inner, passed, node)
    return escape(machine, instance, passed, node)


def call_instance_method(
    machine: "Machine", instance: Instance, name: str, passed: Arguments, node: cst.CSTNode
) -> Value:
    """Call a method of an instance."""
    from advisor.code.interpreter.calls import call

    own = instance.fields.get(name)
    if isinstance(own, Value):
        return call(machine, own, passed, node)
    found = instance.cls.find(name)
    if found is not None:
        bound = bind(machine, found, instance, node)
        if name in FORWARD and isinstance(bound, Bound) and is_module(instance):
            run = partial(call, machine, bound, passed, node)
            return run_forward(machine, instance, passed, node, run)
        return call(machine, bound, passed, node)
    return machine.models.call_method(machine, instance, name, passed, node)


def call_special(
    machine: "Machine", value: Value, name: str, passed: list[Value], node: cst.CSTNode
) -> Value | None:
    """Call a special method such as `__enter__` of an instance whose class defines it; None when
    none of the project's classes does."""
    from advisor.code.interpreter.calls import call_function

    found = value.cls.find(name) if isinstance(value, Instance) else None
    if not isinstance(found, Function):
        return None
    return call_function(machine, found, Arguments(passed), node, value)


def as_text(machine: "Machine", value: Value, node: cst.CSTNode, form: str = "__str__") -> Value:
    """What stands for a value in a text: what its class makes of it, else the value itself."""
    if type(value) is not Instance:
        return value
    for name in (form, "__repr__"):
        made = call_special(machine, value, name, [], node)
        if made is not None:
            return made
    return value


def call_super(
    machine: "Machine", receiver: Super, name: str, passed: Arguments, node: cst.CSTNode
) -> Value:
    """Call a method behind the class that the calling method stands in."""
    from advisor.code.interpreter.calls import call, escape

    found = super_attribute(receiver, name)
    if isinstance(found, Function):
        return call(machine, bind(machine, found, receiver.receiver, node), passed, node)
    instance = receiver.receiver
    if isinstance(instance, Instance):
        if name == "__init__":
            machine.models.construct_base(machine, instance, passed, node)
            if instance.cls.has_unknown_base():
                values = (*passed.values(), instance)
                machine.emit(
                    Escaped(machine.place(node), machine.context, receiver, passed, values)
                )
            return machine.unknown("None", node)
        return machine.models.call_method(machine, instance, name, passed, node)
    return escape(machine, receiver, passed, node)


def super_attribute(receiver: Super, name: str) -> Value | None:
    """What the bases of the owning class define under a name; None where it is a library that does
    so first."""
    instance = receiver.receiver
    cls = instance.cls if isinstance(instance, Instance) else receiver.owner
    order = cls.lineage()
    if receiver.owner in order:
        order = order[order.index(receiver.owner) + 1 :]
    for base in order:
        if isinstance(base, Class) and name in base.fields:
            return base.fields[name]
        if name == "__init__" and isinstance(base, Library) and are_of_modules((base.path,)):
            return None
    return None


# Models of another kind: of data, not of networks.
_OTHER_MODELS = ("pydantic", "django.", "sqlmodel.", "peewee.", "odoo.")
_MODULE_BASES = (
    "torch.nn.Module",
    "torch.nn.",
    "lightning.pytorch.LightningModule",
    "keras.Model",
    "keras.layers.",
    "transformers.",
    "torch_geometric.nn.",
    "fairseq.models.",
)


def is_module(instance: Instance) -> bool:
    """Whether an instance is a neural-network module, or may be one through an unknown base."""
    cls = instance.cls
    return cls.has_unknown_base() or are_of_modules(cls.library_bases())


@lru_cache(maxsize=1024)
def are_of_modules(paths: tuple[str, ...]) -> bool:
    """Whether one of the classes that something derives from is a network module of a library."""
    return any(
        path.startswith(_MODULE_BASES)
        or (path.endswith(("Module", "Model")) and not path.startswith(_OTHER_MODELS))
        for path in paths
    )
