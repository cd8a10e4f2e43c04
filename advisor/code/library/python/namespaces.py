"""Settings whose values are attributes and items alike: EasyDict, OmegaConf and what is like them."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.interpreter import attributes
from advisor.code.library.models import ATTRIBUTES_OF, Call, function, hook, method
from advisor.code.values import (
    NAMESPACE,
    TRUE,
    Arguments,
    Dictionary,
    Instance,
    Object,
    Sequence,
    Value,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


@function("easydict.EasyDict", "addict.Dict", "box.Box", "munch.Munch", "munch.munchify")
@function("omegaconf.OmegaConf.create", "ml_collections.ConfigDict")
@function("ml_collections.config_dict.ConfigDict", "ml_collections.config_dict.create")
def settings(call: Call) -> Value | None:
    """`EasyDict({"optimizer": {"lr": 0.1}})`: each dict inside is a namespace as well."""
    first = call.argument(0, "initial_dictionary")
    if call.arguments.unknown or not (first is None or isinstance(first, Dictionary)):
        return None
    items = {} if first is None else dict(first.items)
    items.update(call.arguments.keywords.items())
    other = None if first is None else first.other
    return _namespace(Dictionary(items, other, call.place))


def _namespace(value: Value) -> Value:
    """A value in which all dicts are namespaces."""
    match value:
        case Dictionary():
            items = {key: _namespace(each) for key, each in value.items.items()}
            made = Dictionary(items, value.other, value.place)
            made.fields[NAMESPACE] = TRUE
            return made
        case Sequence() if value.items is not None:
            return Sequence(value.kind, tuple(map(_namespace, value.items)), place=value.place)
    return value


@method("dict", "merge_update", "merge_with", "merge_with_dotlist", "update_from_flattened_dict")
def merged(call: Call) -> Value | None:
    """`settings.merge_with(others)`: what these hold is not followed."""
    if call.receiver is not None:
        attributes.forget_settings(call.machine, call.receiver, call.node)
    return None


@hook("construct")
def construct_dictionary(
    machine: "Machine", instance: Instance, passed: Arguments, node: cst.CSTNode
) -> None:
    """A project class that derives from `dict`, mostly to have its values as attributes."""
    if "builtins.dict" not in instance.cls.library_bases():
        return
    first = passed.get(0, "mapping")
    given = dict(first.items) if isinstance(first, Dictionary) else {}
    given.update(passed.keywords.items())
    for name, value in given.items():
        if isinstance(name, str):
            machine.store(instance.fields, name, _namespace(value))


@method(ATTRIBUTES_OF, "update")
def attributes_updated(call: Call) -> Value | None:
    """`self.__dict__.update(settings)`."""
    owner = call.receiver.argument(0, "of") if isinstance(call.receiver, Object) else None
    first = call.argument(0, "other")
    given = dict(first.items) if isinstance(first, Dictionary) else {}
    given.update(call.arguments.keywords.items())
    for name, value in given.items():
        if isinstance(owner, Instance) and isinstance(name, str):
            call.machine.store(owner.fields, name, value)
    return None
