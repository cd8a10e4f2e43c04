"""Losses that models of Keras are compiled with: whether any model learns by them."""

from collections.abc import Iterator

from advisor.code.events import Escaped, Event, LossComputed, ModelCompiled, ModelTrained
from advisor.code.facts.relations import reaches
from advisor.code.facts.run import AbstractRun
from advisor.code.sources import NodePlace
from advisor.code.values import Value


def is_put_to_use(run: AbstractRun, event: LossComputed) -> bool:
    """Whether a model may learn by a loss: each one that no model was compiled with may be."""
    model = event.model
    if model is None:
        return True
    if _is_replaced(run, event):
        return False
    if any(each.model is model for each in run.events(ModelTrained)):
        return True
    return not _is_part_of_another(run, model) and not _is_for_show(run, event, model)


def losses_that_train_nothing(run: AbstractRun) -> Iterator[NodePlace]:
    """Where a script shows that a model of Keras which is compiled learns by another loss than its own."""
    if run.is_script:
        for event in run.events(LossComputed):
            if event.model is not None and not is_put_to_use(run, event):
                yield event.place


def _is_replaced(run: AbstractRun, event: LossComputed) -> bool:
    """Whether the model of a loss is compiled once more, in any case, before it is trained."""
    for later in run.events(ModelCompiled):
        if later.index > event.index and later.model is event.model and _follows(later, event):
            between = run.between(event, later)
            return not any(
                isinstance(each, ModelTrained) and each.model is event.model for each in between
            )
    return False


def _is_part_of_another(run: AbstractRun, model: Value) -> bool:
    """Whether a model runs inside of another one that is compiled, and learns by the loss of that: a
    base below a new head, a generator in front of the judge that it learns by."""
    return any(
        each.model is not model and model in each.parts for each in run.events(ModelCompiled)
    )


def _is_for_show(run: AbstractRun, event: LossComputed, model: Value) -> bool:
    """Whether a model of Keras is compiled and nothing is done with it. A script that trains others
    shows what can be written; an object need not train each of the models that it holds, as a
    generator that learns inside of another: that shows where a method does, or a script."""
    of_object = not run.is_script and any(
        each.owner is not None for each in event.context.functions[:1]
    )
    if not of_object and not any(True for _ in run.events(ModelTrained)):
        return False
    return not any(reaches(value, model) for each in run.events(Escaped) for value in each.values)


def _follows(later: Event, event: Event) -> bool:
    """Whether an event happens whenever an earlier one has happened: under no other condition."""
    known = {(guard.node, guard.taken) for guard in event.context.guards}
    return all((guard.node, guard.taken) in known for guard in later.context.guards)
