"""Imports: of the project's own files, which are run, and of libraries, which are modelled."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.interpreter import attributes
from advisor.code.values import ProjectModule, Value

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


def dotted_name(node: cst.Attribute | cst.Name) -> str:
    """A dotted name as it is written."""
    if isinstance(node, cst.Name):
        return node.value
    assert isinstance(node.value, (cst.Attribute, cst.Name))
    return f"{dotted_name(node.value)}.{node.attr.value}"


def run_import(machine: "Machine", node: cst.Import) -> None:
    """`import a.b` binds `a`, `import a.b as c` binds the submodule."""
    for alias in node.names:
        name = dotted_name(alias.name)
        if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
            bound = _module(machine, name)
            machine.store(machine.scope.fields, alias.asname.name.value, bound)
        else:
            root = name.split(".")[0]
            _module(machine, name)
            machine.store(machine.scope.fields, root, _module(machine, root))


def run_import_from(machine: "Machine", node: cst.ImportFrom) -> None:
    """`from a import b, c as d` and `from a import *`, relative ones too."""
    name = "" if node.module is None else dotted_name(node.module)
    level = len(node.relative)
    module = machine.project.import_module(machine, name, level)
    if isinstance(node.names, cst.ImportStar):
        if isinstance(module, ProjectModule):
            for key, value in list(module.scope.fields.items()):
                if isinstance(key, str) and not key.startswith("_"):
                    machine.store(machine.scope.fields, key, value)
        else:
            machine.models.import_star(machine, module)
        return
    for alias in node.names:
        assert isinstance(alias.name, cst.Name)
        target = alias.name.value
        if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
            target = alias.asname.name.value
        value = attributes.get(machine, module, alias.name.value, node)
        machine.store(machine.scope.fields, target, value)


def _module(machine: "Machine", name: str) -> Value:
    return machine.project.import_module(machine, name, 0)
