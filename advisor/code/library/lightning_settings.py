"""Lightning's hyperparameters: `save_hyperparameters` keeps what `__init__` was given as `self.hparams`."""

from collections.abc import Sequence as SequenceOf
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.interpreter import attributes
from advisor.code.library.lightning import DATA_MODULE, MODULE
from advisor.code.library.models import Call, Index, item, method
from advisor.code.values import (
    Constant,
    Dictionary,
    Instance,
    Object,
    Sequence,
    Value,
    known_text,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_KEPT_AS = "hparams"
_SETTINGS = "lightning.pytorch.utilities.parsing.AttributeDict"


@item(_SETTINGS)
def setting(
    machine: "Machine", receiver: Object, indices: SequenceOf[Index], node: cst.CSTNode
) -> Value | None:
    """`self.hparams["rate"]`: they go by their names in brackets as well."""
    name = known_text(indices[0]) if len(indices) == 1 and isinstance(indices[0], Value) else None
    return None if name is None else attributes.get(machine, receiver, name, node)


@method(MODULE, "save_hyperparameters")
@method(DATA_MODULE, "save_hyperparameters")
def keep_settings(call: Call) -> Value | None:
    """`self.save_hyperparameters()`: all parameters, those that are named, or a namespace of them."""
    module, frame = call.receiver, call.machine.frame
    if not isinstance(module, Instance) or frame.receiver is not module:
        return None
    if call.arguments.unknown or frame.function is None or frame.function.name != "__init__":
        return None
    given = call.arguments.positional
    names = [known_text(each) for each in given]
    kept: Value | None = None
    if not all(names):
        # A namespace or a dictionary stands for the parameters themselves.
        kept = given[0] if len(given) == 1 and not isinstance(given[0], Constant) else None
        if isinstance(kept, Dictionary):
            kept = Object(_SETTINGS, place=call.place, fields=dict(kept.items))
    else:
        left_out = _names_in(call.arguments.keywords.get("ignore"))
        if left_out is None:
            return None
        node = frame.function.node
        own = {each.name.value for each in (*node.params.params[1:], *node.params.kwonly_params)}
        wanted = own.intersection(names) if names else own - left_out
        fields = {name: frame.scope.fields[name] for name in wanted if name in frame.scope.fields}
        kept = Object(_SETTINGS, place=call.place, fields=dict(sorted(fields.items())))
    if kept is not None:
        call.machine.store(module.fields, _KEPT_AS, kept)
    return None


def _names_in(value: Value | None) -> set[str] | None:
    """The names in a text or a list of texts; None when they are not known."""
    if value is None:
        return set()
    items = value.items if isinstance(value, Sequence) else (value,)
    names = [known_text(each) for each in items or ()]
    known = {name for name in names if name is not None}
    return known if items is not None and len(known) == len(names) else None
