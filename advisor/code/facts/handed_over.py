"""Calls that hand what somebody else made over to a function of the project."""

import re
from collections.abc import Collection, Iterator

import libcst as cst

from advisor.code.events import Context
from advisor.code.facts.run import AbstractRun, code_of
from advisor.code.library.keras_layers import argument_place
from advisor.code.part_names import TEST, VALIDATION, say_validation, words
from advisor.code.sources import NodePlace
from advisor.code.values import Function


def calls_in_common(first: Context, second: Context) -> int:
    """How many calls two places have in common."""
    depth = 0
    for one, two in zip(first.calls, second.calls, strict=False):
        if one is not two:
            break
        depth += 1
    return depth


def where_handed_over(
    run: AbstractRun, place: NodePlace, context: Context, other: Context
) -> NodePlace:
    """The outermost call behind something that is done in functions, as long as each of them does it
    with what it is given: what is wrong may be right with other things, and only the call says with
    which. A call that leads to another place as well does more than that."""
    told = place
    shared = calls_in_common(context, other)
    for depth in reversed(range(shared, len(context.calls))):
        if not _given_to(context.functions[depth]) & _names_in(told.node):
            break
        told = context.calls[depth]
    return told if run.may_tell_of(told.source) else place


def given_to_validate(run: AbstractRun, context: Context) -> NodePlace | None:
    """What the outermost of the functions around is given by the name of a parameter for validation
    data: the function is right, it is the call that hands it other data."""
    for place, function in zip(context.calls, context.functions, strict=False):
        parameters = [each.name.value for each in function.node.params.params]
        own = parameters[1:] if function.owner is not None else parameters
        for index, name in enumerate(own):
            if not words(name) & VALIDATION:
                continue
            told = argument_place(place, index, name)
            if told is not None and told is not place and run.may_tell_of(told.source):
                return told
    return None


def is_handed_to_validate(context: Context) -> bool:
    """Whether one of the functions around calls test rows what it is handed as rows to validate by."""
    for place, function in zip(context.calls, context.functions, strict=False):
        parameters = [each.name.value for each in function.node.params.params]
        own = parameters[1:] if function.owner is not None else parameters
        for index, name in enumerate(own):
            told = argument_place(place, index, name) if words(name) & TEST else None
            if told is not None and told is not place and say_validation(words(code_of(told.node))):
                return True
    return False


def is_handed_validation(context: Context) -> bool:
    """Whether something is handed over on the way that goes by the name of validation, and not of a test:
    each task that is to validate by may have test samples of its own."""
    return any(map(say_validation, _said_on_the_way(context)))


def is_by_test_data(context: Context, outside: Collection[cst.CSTNode]) -> bool:
    """Whether what is first said of the data that is handed over on the way, then of what loops go
    through but for those outside, is that a model is tested by it, and not that it is validated."""
    for said in (*_said_on_the_way(context), *_said_of_loops(context, outside)):
        if said & (TEST | VALIDATION):
            return not said & VALIDATION
    return False


def _said_on_the_way(context: Context) -> Iterator[set[str]]:
    """The words of what each of the calls on the way is given, outermost first."""
    for place in context.calls:
        arguments = place.node.args if isinstance(place.node, cst.Call) else ()
        yield set[str]().union(*(words(code_of(each.value)) for each in arguments))


def _said_of_loops(context: Context, outside: Collection[cst.CSTNode]) -> Iterator[set[str]]:
    for loop in context.loops:
        if loop.node not in outside and isinstance(loop.node, cst.For):
            yield words(code_of(loop.node.iter))


def _given_to(function: Function) -> set[str]:
    """What a function calls the things that it is given, but for the object that it belongs to."""
    parameters = function.node.params
    everything = (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params)
    return {each.name.value for each in everything} - {"self"}


def _names_in(node: cst.CSTNode) -> set[str]:
    return set(re.findall(r"[A-Za-z_]\w*", code_of(node)))
