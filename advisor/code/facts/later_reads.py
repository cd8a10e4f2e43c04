"""Whether a name is read elsewhere than in the block of statements that binds it."""

from collections.abc import Iterable, Sequence

import libcst as cst

from advisor.code.interpreter.overwriting import blocks_in, uses_in
from advisor.code.sources import NodePlace, Source

Block = cst.Module | cst.IndentedBlock


def is_read_later(
    bound: NodePlace, name: str, function: cst.CSTNode | None, sources: Iterable[Source]
) -> bool:
    """Whether what a statement binds is read outside of the block of that statement before another one binds
    it anew. A variable is looked for in its function, an attribute in all files."""
    if isinstance(bound.node, cst.Attribute):
        return any(_reads_attribute(source, name, bound.node) for source in sources)
    body = function.body if isinstance(function, cst.FunctionDef) else bound.source.tree
    if not isinstance(body, Block):
        return False
    around = _blocks_around(body, bound.node)
    return len(around) > 1 and _is_read_outside(around, name)


def _reads_attribute(source: Source, name: str, bound: cst.Attribute) -> bool:
    if f".{name}" not in source.text:
        return False
    reads = _AttributeReads(name)
    source.tree.visit(reads)
    return any(each is not bound for each in reads.found)


class _AttributeReads(cst.CSTVisitor):
    """Finds the attributes of a name that are read."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.found: list[cst.Attribute] = []
        self._name = name
        self._assigned: set[int] = set()

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        """Note what is only assigned."""
        self._assigned.add(id(node.target))

    def visit_Attribute(self, node: cst.Attribute) -> None:
        """Note what is read."""
        if node.attr.value == self._name and id(node) not in self._assigned:
            self.found.append(node)


def _is_read_outside(around: Sequence[Block], name: str) -> bool:
    """Whether a name is read behind the innermost of several blocks, or in front of it in a later round."""
    inside = {id(use.node) for use in uses_in(around[-1])}
    uses = uses_in(around[0])
    places = [index for index, use in enumerate(uses) if id(use.node) in inside]
    always = {
        id(small)
        for block in around[:-1]
        for line in block.body
        if isinstance(line, cst.SimpleStatementLine)
        for small in line.body
    }
    for use in uses[places[-1] + 1 :]:
        if use.name == name:
            if use.kind == "read":
                return True
            if id(use.node) in always:
                return False
    return any(use.name == name and use.kind == "read" for use in uses[: places[0]])


def _blocks_around(block: Block, target: cst.CSTNode) -> list[Block]:
    """The blocks that a target of an assignment stands in, from the outermost on; none if it is in none."""
    for statement in block.body:
        if isinstance(statement, cst.SimpleStatementLine):
            if any(_binds(small, target) for small in statement.body):
                return [block]
            continue
        for inner in blocks_in(statement):
            found = _blocks_around(inner, target)
            if found:
                return [block, *found]
    return []


def _binds(statement: cst.CSTNode, target: cst.CSTNode) -> bool:
    if not isinstance(statement, cst.Assign):
        return isinstance(statement, cst.AnnAssign) and statement.target is target
    return any(each.target is target or _holds(each.target, target) for each in statement.targets)


def _holds(targets: cst.BaseExpression, target: cst.CSTNode) -> bool:
    return isinstance(targets, (cst.Tuple, cst.List)) and any(
        each.value is target or _holds(each.value, target) for each in targets.elements
    )
