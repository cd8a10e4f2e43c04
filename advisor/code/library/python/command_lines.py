"""Command lines: the options of a program and their defaults."""

from advisor.code import symbols
from advisor.code.library.models import Call, family, function, method
from advisor.code.values import (
    NONE,
    Constant,
    Instance,
    Library,
    Object,
    Scalar,
    Sequence,
    Unknown,
    Value,
    known_text,
)

family("parser", "argparse.ArgumentParser", "configargparse.", "argparse.")


@function("argparse.ArgumentParser", "configargparse.ArgumentParser", "configargparse.ArgParser")
def parser(call: Call) -> Value | None:
    """An argument parser; it collects the options and their defaults."""
    return Object("argparse.ArgumentParser", call.arguments, call.place)


@method("parser", "add_argument_group", "add_mutually_exclusive_group")
def argument_group(call: Call) -> Value | None:
    """A group adds its options to the parser."""
    return call.receiver


@method("parser", "add_argument", "add")
def add_argument(call: Call) -> Value | None:
    """An option: its name, and the default that holds until the user says otherwise."""
    names = [known_text(value) for value in call.arguments.positional]
    flags = [name for name in names if name is not None]
    target = known_text(call.argument(-1, "dest"))
    if target is None and flags:
        long = next((flag for flag in flags if flag.startswith("--")), flags[0])
        target = long.lstrip("-").replace("-", "_")
    if target is None or not isinstance(call.receiver, (Object, Instance)):
        return NONE
    option = max(flags, key=len) if flags else target
    default = call.argument(-1, "default")
    action = known_text(call.argument(-1, "action"))
    if default is None and action in {"store_true", "store_false"}:
        default = Constant(action == "store_false")
    call.machine.store(call.receiver.fields, ("option", target), _default(default, option, call))
    return NONE


def _default(default: Value | None, option: str, call: Call) -> Value:
    origin = f"the default of `{option}`"
    match default:
        case Scalar():
            return Scalar(default.number, default.names | {option}, origin, call.place)
        case Constant() if isinstance(default.value, str):
            converter = call.argument(-1, "type")
            if isinstance(converter, Library) and converter.path in {
                "builtins.int",
                "builtins.float",
            }:
                try:
                    number = symbols.number(float(default.value))
                    return Scalar(number, frozenset({option}), origin, call.place)
                except ValueError:
                    pass
            return Constant(default.value, origin, call.place)
        case Constant() if isinstance(default.value, bool):
            return Constant(default.value, origin, call.place)
        case Sequence() if default.items is not None:
            items = tuple(_default(item, option, call) for item in default.items)
            return Sequence(default.kind, items, place=call.place)
    return Unknown(option.lstrip("-").replace("-", "_"), place=call.place)


@method("parser", "set_defaults")
def set_defaults(call: Call) -> Value | None:
    """Defaults of several options."""
    for name, value in call.arguments.keywords.items():
        if isinstance(call.receiver, (Object, Instance)):
            stored = _default(value, f"--{name}", call)
            call.machine.store(call.receiver.fields, ("option", name), stored)
    return NONE


@method("parser", "parse_args", "parse_known_args")
def parse_args(call: Call) -> Value | None:
    """The namespace of all options at their defaults."""
    receiver = call.receiver
    if not isinstance(receiver, (Object, Instance)):
        return None
    options = {
        key[1]: value
        for key, value in receiver.fields.items()
        if isinstance(key, tuple) and key[0] == "option"
    }
    namespace = Object("argparse.Namespace", place=call.place, fields=options)
    if call.path.endswith("parse_known_args"):
        return Sequence("tuple", (namespace, call.unknown()))
    return namespace
