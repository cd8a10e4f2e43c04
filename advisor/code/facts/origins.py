"""What a value was computed from: the modules and parameters that a gradient flows back to."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import field

from advisor.code.events import Escaped, ForwardRun, OptimizerBuilt, OptimizerStepped
from advisor.code.facts.learning_layers import learning
from advisor.code.facts.relations import overlap
from advisor.code.facts.run import AbstractRun
from advisor.code.gradients import BEHIND, SOURCES, TERMS, cut_of, gradient_of
from advisor.code.values import (
    SAMPLE_OF,
    Bound,
    Class,
    Constant,
    Cut,
    Dictionary,
    Function,
    Instance,
    Joined,
    Layer,
    Library,
    Object,
    Optimizer,
    Parameters,
    Scalar,
    Sequence,
    Tensor,
    Unknown,
    Value,
    alternatives,
)
from advisor.lazy_dataclasses import dataclass

_LOSS = re.compile(r"loss|crit|bce|mse|adv|ce$|l1|nll", re.IGNORECASE)
# A value is followed back over no more others than this.
_MOST_VALUES = 400

Pass = ForwardRun | Escaped


@dataclass(slots=True)
class Origins:
    """Where a gradient flows from a value: the `passes` that it was computed by, and other values
    that may take gradients. `cuts` are what has cut parts of it off, with these parts. `complete`
    is False when there may be more."""

    passes: list[Pass] = field(default_factory=list)
    leaves: list[Value] = field(default_factory=list)
    cuts: list[tuple[Cut, Value]] = field(default_factory=list)
    complete: bool = True


def module_of(event: Pass) -> Value:
    """What runs in a pass."""
    return event.module if isinstance(event, ForwardRun) else event.callee


def origins_of(run: AbstractRun, value: Value | None) -> Origins:
    """What gradients flow to from a value."""
    found, made = Origins(), run.once(_made_by)
    waiting = [] if value is None else [value]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if len(seen) > _MOST_VALUES:
            found.complete = False
            break
        waiting.extend(_before(current, made, found))
    return found


def _before(value: Value, made: dict[int, Pass], found: Origins) -> Iterable[Value]:
    """What a value was directly made of; what is found out on the way is added to `found`."""
    match value:
        case Constant() | Scalar() | Function() | Bound() | Class() | Library():
            return ()
        case Joined() | Sequence() | Dictionary():
            return _parts(value)
        case Instance() | Layer() | Optimizer() | Parameters():
            found.leaves.append(value)
            return ()
    if gradient_of(value) is False:
        cut = cut_of(value)
        if cut is not None:
            found.cuts.append((cut, value))
        return ()
    event = made.get(id(value))
    if event is not None:
        found.passes.append(event)
        found.complete = found.complete and not event.arguments.unknown
        return _given(event)
    if isinstance(value, Tensor):
        return _sources_of_tensor(value, found)
    if isinstance(value, Unknown):
        return _sources_of_unknown(value, found)
    if isinstance(value, Object):
        return (*value.arguments.values(), *_values_in(value.fields.values()))
    found.complete = False
    return ()


def _sources_of_tensor(tensor: Tensor, found: Origins) -> tuple[Value, ...]:
    if tensor.text == "parameter" or tensor.sources == ():
        found.leaves.append(tensor)
        return ()
    whole = () if tensor.whole is None else (tensor.whole,)
    parts = (*(tensor.sources or ()), *tensor.terms, *whole)
    if not parts or all(gradient_of(each) is False for each in parts):
        # It is learned, but nobody has seen where from.
        found.leaves.append(tensor)
        found.complete = False
    return parts


def _sources_of_unknown(value: Unknown, found: Origins) -> Iterator[Value]:
    found.leaves.append(value)
    for key in (SOURCES, TERMS):
        yield from _values_in(value.fields.get(key, ()))
    if isinstance(whole := value.fields.get(SAMPLE_OF), Value):
        yield whole
    if value.parent is not None:
        yield value.parent


def _given(event: Pass) -> Iterator[Value]:
    yield from event.arguments.values()
    if isinstance(event, Escaped):
        yield from event.values
        if isinstance(event.callee, Unknown):
            yield event.callee  # which some library may have made of a model


def _parts(value: Joined | Sequence | Dictionary) -> Iterator[Value]:
    if isinstance(value, Joined):
        yield from value.alternatives
    elif isinstance(value, Sequence):
        yield from value.items or ()
        if value.element is not None:
            yield value.element
    else:
        yield from value.items.values()
        if value.other is not None:
            yield value.other


def _values_in(values: Iterable[object]) -> Iterator[Value]:
    return (each for each in values if isinstance(each, Value))


def _made_by(run: AbstractRun) -> dict[int, Pass]:
    """The passes by what came out of them, the outermost ones first."""
    found: dict[int, Pass] = {}
    for event in run.events_among(ForwardRun, Escaped):
        if isinstance(event, (ForwardRun, Escaped)):
            output = event.output if isinstance(event, ForwardRun) else event.result
            for each in outputs_of(output):
                found.setdefault(id(each), event)
    return found


def outputs_of(output: Value | None, depth: int = 2) -> Iterator[Value]:
    """What comes out of a pass, with the parts of a tuple or dict."""
    for each in alternatives(output):
        yield each
        if depth and isinstance(each, (Sequence, Dictionary)):
            for part in _parts(each):
                yield from outputs_of(part, depth - 1)


def trains_several(run: AbstractRun) -> bool:
    """Whether a run has several optimizers, so that a loss may be for one and not for the other."""
    return run.once(_trains_several)


def _trains_several(run: AbstractRun) -> bool:
    built = {id(each.optimizer) for each in run.events(OptimizerBuilt)}
    stepped = {id(each.optimizer) for each in run.events(OptimizerStepped)}
    return len(built | stepped) > 1


def surely_misses(run: AbstractRun, loss: Value | None, optimizer: Value) -> bool:
    """Whether no gradient flows from a loss to anything that an optimizer updates, for sure."""
    if not isinstance(optimizer, Optimizer) or not optimizer.complete or not optimizer.owners:
        return False
    if loss is None or gradient_of(loss) is False:
        return False
    origins = origins_of(run, loss)
    if not origins.complete or not origins.passes:
        return False
    modules = [module_of(each) for each in origins.passes]
    if not any(_certainly_learns(each) for each in modules) or run.once(_runs_unfinished):
        return False  # it has not been seen whose gradients these are
    return all(map(_certainly_learns, optimizer.owners)) and not any(
        _may_share(owner, each)
        for owner in optimizer.owners
        for each in (
            *(module for module in modules if not _is_loss(module)),
            *(leaf for leaf in origins.leaves if not _is_data(leaf, owner)),
        )
    )


def surely_hides(run: AbstractRun, cut: Value, optimizer: Value) -> bool:
    """Whether a value that was cut off was computed by a module that an optimizer updates."""
    return hidden_pass(run, cut, optimizer) is not None


def hidden_pass(run: AbstractRun, cut: Value, optimizer: Value) -> Pass | None:
    """The pass of a module that an optimizer updates by which a value that was cut off was computed."""
    owners = optimizer.owners if isinstance(optimizer, Optimizer) else ()
    for event in _passes_behind(run, cut):
        module = module_of(event)
        if any(type(each) is type(module) and overlap(each, module) for each in owners):
            return event
    return None


def _passes_behind(run: AbstractRun, cut: Value) -> list[Pass]:
    """The passes that a value was computed by before it was cut off, or while nothing was recorded."""
    made = run.once(_made_by).get(id(cut))
    if made is not None:
        return [made]
    behind: Value | None = cut.whole if isinstance(cut, Tensor) else None
    if isinstance(cut, Unknown) and isinstance(before := cut.fields.get(BEHIND), Value):
        behind = before
    if behind is None:
        return []
    made = run.once(_made_by).get(id(behind))
    return origins_of(run, behind).passes if made is None else [made]


def _is_loss(callee: Value) -> bool:
    return isinstance(callee, Unknown) and _LOSS.search(callee.name) is not None


def _certainly_learns(module: Value) -> bool:
    return isinstance(module, (Instance, Layer)) and any(True for _ in learning(module))


def _runs_unfinished(run: AbstractRun) -> bool:
    """Whether a module that learns is still to be filled in: all that comes out of it was there before
    it ran. Nobody knows what will flow through it."""
    made = run.once(_made_by)
    return any(
        _was_there(event, made) and _certainly_learns(event.module)
        for event in run.events(ForwardRun)
        if isinstance(event.module, Instance)
    )


def _was_there(event: ForwardRun, made: dict[int, Pass]) -> bool:
    given = {id(part) for each in event.arguments.values() for part in outputs_of(each)}
    results = [each for each in outputs_of(event.output) if not isinstance(each, Sequence)]
    makers = [(each, made.get(id(each))) for each in results]
    return bool(makers) and all(
        id(each) in given
        or (maker is not None and maker.index < event.index and _ends(maker) <= event.index)
        for each, maker in makers
    )


def _ends(event: Pass) -> int:
    return event.end if isinstance(event, ForwardRun) else event.index


def _is_data(leaf: Value, owner: Value) -> bool:
    """Whether a value is handed in, or an item of a batch: no module that this file has built."""
    return isinstance(leaf, Unknown) and isinstance(owner, (Instance, Layer))


def _may_share(owner: Value, reached: Value) -> bool:
    """Whether parameters of an optimizer may be among those of what is reached."""
    if overlap(owner, reached):
        return True
    parts = {id(each) for each in learning(owner)}
    return any(id(each) in parts for each in learning(reached))
