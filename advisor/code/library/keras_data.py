"""Data as Keras takes it: arrays, and iterators over pictures that are changed on the way."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import DataGiven, LoaderBuilt
from advisor.code.library import lineages
from advisor.code.library.models import Call, attribute, method
from advisor.code.library.transforms import GENERATOR
from advisor.code.values import NONE, Lineage, Object, RowSet, Value
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

ITERATOR = "keras.preprocessing.image.Iterator"


def give_data(call: Call) -> None:
    """What `fit` is given to learn from, and to judge by after each epoch."""
    for use, given in (
        ("training", call.argument(0, "x") or call.argument(-1, "generator")),
        ("validation", call.argument(-1, "validation_data")),
    ):
        if isinstance(given, SequenceValue) and given.items:
            given = given.items[0]
        if given is not None:
            call.machine.emit(DataGiven(call.place, call.context, given, use))


@method(GENERATOR, "flow", "flow_from_directory", "flow_from_dataframe")
def flow(call: Call) -> Value | None:
    """`generator.flow(x, y)`: batches of changed pictures, of the rows that it is given."""
    given = call.argument(0, "x") or call.argument(-1, "dataframe")
    known = None if call.path.endswith("directory") else lineages.known(given)
    lineage = known or Lineage(RowSet("all", place=call.place))
    rows = lineage.rows.part(("flow", call.node), place=call.place)
    fields = {"lineage": lineage.of(rows), "generator": call.receiver}
    made = Object(ITERATOR, call.arguments, call.place, dict(fields))
    call.machine.emit(LoaderBuilt(call.place, call.context, made))
    return made


@method(GENERATOR, "fit")
def fit_generator(call: Call) -> Value | None:
    """`generator.fit(x)`: the statistics that it standardises by."""
    return NONE


@attribute(ITERATOR, "*")
def attribute_of_iterator(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """`iterator.samples`, `iterator.class_indices`: the same each time they are read."""
    if not isinstance(node, cst.Attribute):
        return None
    made = machine.unknown(node.attr.value, node)
    receiver.fields[node.attr.value] = made
    return made
