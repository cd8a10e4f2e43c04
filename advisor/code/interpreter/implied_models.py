"""The model that a parameter stands for where nobody is seen to call its function: the only model of
the file, or the one that the parameter is named after."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.interpreter import classes
from advisor.code.interpreter.forward import FORWARD
from advisor.code.interpreter.machine import OutOfBudget
from advisor.code.nodes import as_written
from advisor.code.values import (
    IMPLIED,
    Arguments,
    Class,
    Function,
    Instance,
    Scope,
    Sequence,
    Tensor,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_MODEL = re.compile(r"_?(?:the_)?(?:my_)?(?:model|net|network|nn_model|neural_net|classifier)")
# Classes that make up or judge a model, but are none.
_PART = re.compile(
    r"(?:loss|criterion|metric|layer|block|norm|pool\w*|encoding|embeddings?|attention|head|unit|cell"
    r"|activation|conv\w*|dropout|module|base\w*|wrapper|ema|transform\w*|augment\w*|sampler)$",
    re.IGNORECASE,
)
# What makes models that no class of the file describes.
_MADE_ELSEWHERE = re.compile(
    r"\b(?:models\.\w+|\w*Sequential|create_model|from_pretrained|hub\.load|from_config|getattr)\("
)
_MOST_STEPS = 8_000


def imply(function: Function, parameter: cst.Param, value: Value) -> None:
    """Note at the unknown value of a parameter which class of the file it is an instance of, if only
    one comes into question."""
    if not isinstance(value, Unknown):
        return
    name = parameter.name.value
    found = _annotated(function, parameter)
    if found is None and (_MODEL.fullmatch(name) or len(name) > 3):
        found = _named(function, name)
    if found is not None:
        value.fields[IMPLIED] = found


def output(
    machine: "Machine", callee: Unknown, passed: Arguments, node: cst.CSTNode
) -> Value | None:
    """What the model that an unknown value is implied to be makes of its inputs, or one of its
    methods; None when it is implied to be none, or makes no tensor. Nothing of it happens."""
    model = callee if IMPLIED in callee.fields else callee.parent
    cls = None if model is None else model.fields.get(IMPLIED)
    if not isinstance(cls, Class) or machine.imagines or model is None:
        return None
    method = _forward(cls) if callee is model else cls.find(callee.name)
    if not isinstance(method, Function) or not _accepts(method, passed):
        return None
    result: Value | None = None
    with machine.imagining(), machine.extra(_MOST_STEPS):
        try:
            result = _run(machine, cls, method, passed, node)
        except OutOfBudget:
            del model.fields[IMPLIED]
    return _copied(machine, result, node)


def _run(
    machine: "Machine", cls: Class, method: Function, passed: Arguments, node: cst.CSTNode
) -> Value:
    from advisor.code.interpreter.toplevel import unknown_arguments

    constructor = cls.find("__init__")
    arguments = Arguments(unknown=True)
    if isinstance(constructor, Function):
        arguments = unknown_arguments(machine, constructor, skip=1)
    instance = classes.instantiate(machine, cls, arguments, node)
    assert isinstance(instance, Instance)
    return classes.call_instance_method(machine, instance, method.name, passed, node)


def _copied(machine: "Machine", result: Value | None, node: cst.CSTNode) -> Value | None:
    """What came of a pass that did not happen, without what it was made of; None when there is no
    tensor in it."""
    if isinstance(result, Tensor):
        graph = False if result.graph is False else None
        return result.restated(place=machine.place(node), graph=graph, terms=())
    if not isinstance(result, Sequence) or result.items is None:
        return None
    parts = [_copied(machine, each, node) for each in result.items]
    if not any(parts):
        return None
    items = tuple(each or machine.unknown("output", node) for each in parts)
    return Sequence(result.kind, items)


def _accepts(method: Function, passed: Arguments) -> bool:
    """Whether a method takes what is passed."""
    if passed.unknown or classes.is_static(method):
        return False
    parameters = method.node.params
    positional = [*parameters.posonly_params, *parameters.params][1:]
    names = [each.name.value for each in positional]
    required = {each.name.value for each in positional if each.default is None}
    required |= {each.name.value for each in parameters.kwonly_params if each.default is None}
    given = {*names[: len(passed.positional)], *map(str, passed.keywords)}
    known = {*names, *(each.name.value for each in parameters.kwonly_params)}
    too_many = len(passed.positional) > len(names) and not isinstance(
        parameters.star_arg, cst.Param
    )
    strange = not given <= known and parameters.star_kwarg is None
    return not too_many and not strange and required <= given


def _forward(cls: Class) -> Function | None:
    found = next((each for name in sorted(FORWARD) if (each := cls.find(name)) is not None), None)
    return found if isinstance(found, Function) else None


def _annotated(function: Function, parameter: cst.Param) -> Class | None:
    annotation = None if parameter.annotation is None else parameter.annotation.annotation
    name = annotation.value if isinstance(annotation, (cst.Name, cst.SimpleString)) else ""
    found = function.scope.module.fields.get(name.strip("'\""))
    return found if isinstance(found, Class) and _is_model(found) else None


def _named(function: Function, name: str) -> Class | None:
    for each in _models_of(function.scope.module):
        if _plain(each.name) == _plain(name):
            return each
    if not _MODEL.fullmatch(name):
        return None
    parameters = function.node.params
    others = {
        _plain(each.name.value)
        for each in (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params)
    }
    found = [
        each for each in _whole_models(function.scope.module) if _plain(each.name) not in others
    ]
    return found[0] if len(found) == 1 else None


@lru_cache(maxsize=4)
def _models_of(scope: Scope) -> tuple[Class, ...]:
    """The classes of models that a file defines or imports."""
    found: dict[cst.CSTNode, Class] = {}
    for value in scope.fields.values():
        if isinstance(value, Class) and _is_model(value):
            found.setdefault(value.node, value)
    return tuple(found.values())


@lru_cache(maxsize=4)
def _whole_models(scope: Scope) -> tuple[Class, ...]:
    """The classes of a file that are no part of others; none where it may train models that no class
    of it describes."""
    models = _models_of(scope)
    if not models:
        return ()
    rest = _outside(scope, models)
    if _MADE_ELSEWHERE.search(rest) is not None:
        return ()
    return tuple(
        each
        for each in models
        if _PART.search(each.name) is None
        and not any(_mentions(other, each) for other in models if other is not each)
        and not _is_put_into_others(each, rest)
    )


def _is_model(cls: Class) -> bool:
    return classes.are_of_modules(cls.library_bases()) and _forward(cls) is not None


def _mentions(cls: Class, other: Class) -> bool:
    return re.search(rf"\b{re.escape(other.name)}\b", as_written(cls.node)) is not None


def _outside(scope: Scope, models: tuple[Class, ...]) -> str:
    """The text of a file without the classes of models in it."""
    text = scope.source.text
    for each in models:
        if each.scope is scope:
            text = text.replace(as_written(each.node).strip(), "")
    return text


def _is_put_into_others(cls: Class, text: str) -> bool:
    """Whether an instance is made within another call, as parts of models are."""
    calls = re.finditer(rf"^(.*)\b{re.escape(cls.name)}\(", text, re.MULTILINE)
    return any(each[1].count("(") > each[1].count(")") for each in calls)


def _plain(name: str) -> str:
    return name.lower().replace("_", "")
