"""Models, data sets and functions whose names are bound to something else, though they are used again."""

import re
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import NameOverwritten, ObjectLost
from advisor.code.interpreter.classes import is_module
from advisor.code.interpreter.overwriting import names_in, uses_in, visible
from advisor.code.nodes import all_in, as_written
from advisor.code.values import Function, Instance, Layer, Object, Optimizer, Value

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_OF_DATA_SETS = re.compile(r"^len$|loader|split|subset|sampler|dataset", re.IGNORECASE)
_DATA = ("torch.utils.data.", "torchvision.datasets.")


def tell_lost_object(machine: "Machine", node: cst.For) -> None:
    """Tell of a model, optimizer or data set that has been used, or of a model that was made to be
    trained, whose name a loop takes for its items, and that the code behind the loop uses."""
    for name in names_in(node.target):
        lost = machine.scope.fields.get(name.value)
        if _is_kept(lost):
            read = _used_on_both_sides(machine, node, name.value)
            if read is not None and (_is_model(lost) or _is_meant_whole(machine, read)):
                place = machine.place(read)
                event = ObjectLost(machine.place(name), machine.context, name.value, place)
                machine.emit(event)
                return


def _is_model(value: Value | None) -> bool:
    """Whether it is a model or an optimizer: a data set has samples, and batches of them go by its name."""
    return isinstance(value, (Layer, Optimizer)) or (
        isinstance(value, Instance) and is_module(value)
    )


def _is_meant_whole(machine: "Machine", read: cst.CSTNode) -> bool:
    """Whether a name is read as of a data set: its length, or what goes over it or divides it."""
    return any(
        _OF_DATA_SETS.search(as_written(call.func)) is not None
        and any(argument.value is read for argument in call.args)
        for call in all_in(machine.source.tree, cst.Call)
    )


def _is_kept(value: Value | None) -> bool:
    if isinstance(value, (Layer, Instance, Optimizer)):
        return True
    return isinstance(value, Object) and value.path.startswith(_DATA)


def _used_on_both_sides(machine: "Machine", node: cst.For, name: str) -> cst.CSTNode | None:
    """Where a name is read next behind a loop, if it was bound and then read before; or only bound, if
    its parameters are asked for behind the loop."""
    functions = machine.context.functions
    if machine.scope.kind == "module":
        around: cst.CSTNode = machine.source.tree
    elif functions and machine.scope.kind == "function":
        around = functions[-1].node.body
    else:
        return None
    if any(use.name == name for use in uses_in(node.iter)):
        return None
    uses = [use for use in uses_in(*around.children, inner=node) if use.name in {name, ""}]
    position = next((index for index, use in enumerate(uses) if use.kind == "inner"), None)
    if position is None or position + 1 >= len(uses):
        return None
    before, first = uses[:position], uses[position + 1]
    bound = [use.node for use in before if use.kind == "bound"]
    if not before or (before[-1].kind != "read" and not _is_learned(around, first.node)):
        return None
    # The last item of an earlier loop is not what anybody means behind the next one.
    is_kept = bool(bound) and not isinstance(bound[-1], cst.For)
    return first.node if is_kept and first.kind == "read" else None


def _is_learned(around: cst.CSTNode, read: cst.CSTNode) -> bool:
    """Whether a name is read for the parameters of what it stands for."""
    return any(
        each.value is read and each.attr.value == "parameters"
        for each in all_in(around, cst.Attribute)
    )


def tell_called_itself(machine: "Machine", node: cst.Assign) -> None:
    """Tell of a function that is lost to its own result in a loop: `accuracy = accuracy(x, y)`."""
    call = node.value
    if type(call) is not cst.Call or type(call.func) is not cst.Name or not machine.loops:
        return
    name = call.func.value
    targets = [each.target for each in node.targets]
    if not any(isinstance(each, cst.Name) and each.value == name for each in targets):
        return
    loop = machine.context.loops[-1]
    known = visible(machine, name)
    if not isinstance(known, (Function, Layer, Instance)):
        return
    bound = [
        use
        for each in machine.context.loops[-len(machine.loops) :]
        for use in uses_in(each.node)
        if use.name == name and use.kind == "bound" and use.node is not node
    ]
    if not bound:
        place = machine.place(node)
        called = machine.place(call.func)
        machine.emit(NameOverwritten(place, machine.context, name, loop, called))
