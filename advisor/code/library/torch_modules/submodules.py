"""The modules inside of a module, as loops and lists go through them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.interpreter.classes import is_module
from advisor.code.interpreter.loops import Iteration
from advisor.code.library.models import Call, iteration, method
from advisor.code.library.torch_modes import PART, TOUCHED, mode_of
from advisor.code.library.torch_modules.containers import CONTAINERS, OTHER_MODULES
from advisor.code.library.torch_modules.ready_models import is_classifier
from advisor.code.values import (
    TRUE,
    Class,
    Constant,
    Dictionary,
    Instance,
    Joined,
    Layer,
    Object,
    Unknown,
    Value,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# Under this key an unknown says that it is one of the modules of another one.
SUBMODULE = ("submodule",)
_PATH = "torch.modules"
# Under this key a ready model has what stands for each of its parts.
_PARTS = ("parts",)
# Loops go through no more modules than this, one by one.
_MOST = 40
# Layers of torch that hold others which the program never sees being built.
_WITH_OTHERS = ("Transformer", "MultiheadAttention")
# What a class may derive from that brings no modules along but those it is built with.
_WITHOUT_OTHERS = (
    *("torch.nn.", "lightning.pytorch.LightningModule", "abc.", "typing.", "builtins.object"),
    "huggingface_hub.",
)

Named = tuple[str, Value]


@method("module", "modules", "children", "named_modules", "named_children")
def modules(call: Call) -> Value | None:
    """The modules inside, one after the other where all are known."""
    assert call.receiver is not None
    asked = call.path.rsplit(".", 1)[-1]
    found = _found(call.receiver, deep=asked.endswith("modules"))
    is_named = asked.startswith("named")
    if found is None:
        other = _part_of_ready_model(call, asked) or call.unknown()
        other.fields[SUBMODULE] = TRUE
        unnamed = SequenceValue("tuple", (call.machine.unknown("name", call.node), other))
        return SequenceValue("list", None, unnamed if is_named else other, call.place)
    items = tuple(
        SequenceValue("tuple", (Constant(name), each)) if is_named else each for name, each in found
    )
    held = SequenceValue("list", items, place=call.place)
    return Object(_PATH, place=call.place, fields={"held": held})


def _part_of_ready_model(call: Call, asked: str) -> Layer | None:
    """What stands for each of the parts of a ready model of torchvision, of which others are built:
    `nn.Sequential(*list(model.children())[:-1])`. It is in the mode that the model is in."""
    model = call.receiver
    if asked != "children" or not isinstance(model, Layer) or not is_classifier(model):
        return None
    fields = {**mode_of(model), TOUCHED: TRUE, PART: TRUE}
    part = Layer(model.path, model.arguments, model.place, fields)
    call.machine.store(model.fields, _PARTS, part)
    return part


@iteration(_PATH)
def iterate_modules(machine: "Machine", value: Object, node: cst.CSTNode) -> Iteration | None:
    """Each module by itself, so that what is asked of its class is known."""
    held = value.fields.get("held")
    if not isinstance(held, SequenceValue):
        return None
    items = held.items or ()
    return Iteration(items, trips=symbols.number(len(items)), longest=_MOST)


def _found(module: Value, deep: bool) -> list[Named] | None:
    """The modules with their names, None where there may be others or too many."""
    found: list[Named] = []
    if not _collect(module, "", deep, found, set()) or len(found) > _MOST:
        return None
    return [("", module), *found] if deep else found


def _collect(module: Value, prefix: str, deep: bool, found: list[Named], seen: set[int]) -> bool:
    """Put the modules inside of one into a list; False where not all are known."""
    children = _children(module)
    if children is None:
        return False
    for name, child in children:
        if id(child) in seen:
            continue
        seen.add(id(child))
        found.append((prefix + name, child))
        if deep and not _collect(child, f"{prefix}{name}.", deep, found, seen):
            return False
    return True


def _children(module: Value) -> list[Named] | None:
    match module:
        case Layer():
            return _children_of_layer(module)
        case Instance() if _shows_its_modules(module.cls):
            if "__layer__" in module.fields:
                return _children(module.fields["__layer__"])
            return _children_of_instance(module)
    return None


def _shows_its_modules(cls: Class) -> bool:
    """Whether a class builds all of its modules where that is seen: what derives from a ready model has
    those of that, too."""
    return not cls.has_unknown_base() and all(
        path.startswith(_WITHOUT_OTHERS) for path in cls.library_bases()
    )


def _children_of_layer(layer: Layer) -> list[Named] | None:
    name = layer.path.removeprefix("torch.nn.")
    held = layer.fields.get("children")
    if isinstance(held, SequenceValue) and held.items is not None:
        return _all_modules([(str(index), each) for index, each in enumerate(held.items)])
    if isinstance(held, Dictionary) and held.other is None:
        return _all_modules([(str(key), each) for key, each in held.items.items()])
    is_leaf = held is None and name != layer.path and not name.startswith(_WITH_OTHERS)
    is_leaf = is_leaf and layer.path not in CONTAINERS
    return [] if is_leaf else None


def _all_modules(named: list[Named]) -> list[Named] | None:
    return named if all(_is_module(each) for _, each in named) else None


def _children_of_instance(instance: Instance) -> list[Named] | None:
    if OTHER_MODULES in instance.fields:
        return None
    found: list[Named] = []
    for name, value in _attributes(instance):
        if isinstance(value, Joined) and any(map(_is_module, value.alternatives)):
            return None
        if isinstance(value, Unknown) and value.place is not None and _may_be_module(value):
            return None
        if _is_module(value):
            found.append((name, value))
    return found


def _attributes(instance: Instance) -> Iterator[Named]:
    for name, value in instance.fields.items():
        if isinstance(name, str) and isinstance(value, Value):
            yield name, value


def _is_module(value: Value) -> bool:
    return isinstance(value, Layer) or (isinstance(value, Instance) and is_module(value))


def _may_be_module(value: Unknown) -> bool:
    """Whether an unknown attribute may be a module: one that has been called or looked into."""
    return bool(value.fields) or value.name.endswith("()")
