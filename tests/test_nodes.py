"""The nodes of syntax trees, as they are made here."""

import libcst as cst

from advisor.commands.engine import load_engine


def test_nodes_are_told_apart_by_what_they_are_not_by_what_they_say() -> None:
    load_engine()
    first, second = cst.parse_expression("x"), cst.parse_expression("x")
    assert first != second
    assert len({first, second, first}) == 2


def test_looking_a_node_up_calls_nothing_that_is_written_in_python() -> None:
    load_engine()
    kinds = (cst.Name, cst.Call, cst.Attribute, cst.Module, cst.If)
    assert {kind.__hash__ for kind in kinds} == {object.__hash__}
    assert {kind.__eq__ for kind in kinds} == {object.__eq__}
