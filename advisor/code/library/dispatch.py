"""What the interpreter asks the models of libraries, and how the one that answers is found."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import libcst as cst

from advisor.code.events import LayerBuilt, ModeSwitched
from advisor.code.gradients import computed, is_learned, made_of, stay_cut_off
from advisor.code.interpreter import attributes, calls
from advisor.code.interpreter.forward import FORWARD, run_forward
from advisor.code.interpreter.loops import Iteration
from advisor.code.library import lineages
from advisor.code.library.exports import EXPORTS
from advisor.code.library.families import families_of, families_of_path
from advisor.code.library.models import (
    ATTRIBUTES,
    ATTRIBUTES_OF,
    FUNCTIONS,
    HOOKS,
    ITEMS,
    ITERATIONS,
    METHODS,
    OBSERVERS,
    READERS,
    Call,
    Index,
    Model,
    put_in_order,
)
from advisor.code.library.names import BUILTINS, LIBRARIES, canonical
from advisor.code.values import (
    DTYPE,
    LIBRARY,
    SAMPLE_OF,
    Arguments,
    Class,
    Constant,
    Cut,
    Dictionary,
    Function,
    Instance,
    Layer,
    Library,
    Object,
    Parameters,
    Positive,
    Scalar,
    Tensor,
    Unknown,
    Value,
    give_meaning,
    is_array,
    known_integer,
    lineage_of,
    meaning_of,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# From this number on a slice is of samples, not of characters or coordinates.
_MANY = 100
LIBRARY_MODULES = (
    "python",
    "torch_tensors",
    "torch_modules",
    "torch_losses",
    "torch_training",
    "torch_hooks",
    "torch_modes",
    "torch_precision",
    "torch_states",
    "transformers_models",
    "einops",
    "exponents",
    "cut_recordings",
    "degenerate_samples",
    "frequencies",
    "deviations",
    "vanishing",
    "finiteness",
    "meanings",
    "batch_parts",
    "seeds",
    "torch_data",
    "paths",
    "numpy",
    "random_numbers",
    "augmentation",
    "listed_copies",
    "pixel_values",
    "pictures",
    "transforms",
    "random_windows",
    "pandas",
    "boosting",
    "sklearn",
    "sklearn_splits",
    "sklearn_data",
    "class_labels",
    "class_weights",
    "evened_classes",
    "running_metrics",
    "smoothed_amounts",
    "sklearn_metrics",
    "thresholds",
    "searches",
    "streams",
    "stream_orders",
    "owners",
    "series",
    "filled_arrays",
    "overwritten_columns",
    "tensorflow",
    "keras_layers",
    "keras_losses",
    "keras",
    "keras_data",
    "keras_tuning",
    "keras_text",
    "orders",
    "divided_windows",
    "window_features",
    "listings",
    "rankings",
    "optimizers",
    "trainers",
    "lightning",
    "lightning_hooks",
    "lightning_settings",
    "score_tables",
)


def _keeps_meaning(receiver: Value, indices: Sequence[Index]) -> bool:
    """Whether what is taken of numbers is what they are: of some that may be 0, not those above."""
    if meaning_of(receiver) is None:
        return False
    masks = (meaning_of(each) for each in indices if not isinstance(each, slice))
    return not any(isinstance(mask, Positive) and mask.of is receiver for mask in masks)


def _remembered_item(
    machine: "Machine", receiver: Value, indices: Sequence[Index], node: cst.CSTNode
) -> Value:
    """An item of something unknown: the same one each time it is asked for by the same number."""
    index = indices[0] if len(indices) == 1 else None
    if not isinstance(receiver, Unknown):
        return machine.unknown("item", node)
    if not isinstance(index, Scalar):
        return _of_same_type(machine.unknown("item", node), receiver)
    position = index.number.integer
    key = ("item", index.number if position is None else position)
    if key not in receiver.fields:
        made = _of_same_type(machine.unknown("item", node), receiver)
        if position is None:
            made.fields[SAMPLE_OF] = receiver
        machine.store(receiver.fields, key, made)
    item: Value = receiver.fields[key]
    return item


def _of_same_type(item: Unknown, array: Unknown) -> Unknown:
    """An item of an array, or some: the numbers are of the same type, the axes no more."""
    if DTYPE in array.fields:
        item.fields[DTYPE] = array.fields[DTYPE]
        item.shape.most = array.shape.most
    return item


_GENERATORS = ("numpy.random.", "random.Random")


def _tell_drawn(machine: "Machine", generator: Object | None, name: str, node: cst.CSTNode) -> None:
    for each in HOOKS.get("drawn", ()):
        each(machine, generator, name, node)


class Models:
    """All library models, as the interpreter uses them."""

    def __init__(self) -> None:
        for name in LIBRARY_MODULES:
            import_module(f"advisor.code.library.{name}")
        put_in_order(LIBRARY_MODULES)

    # --- names ----------------------------------------------------------------------------

    def builtin(self, name: str) -> Value | None:
        """The builtin of a name."""
        return Library(f"builtins.{name}") if name in BUILTINS else None

    def library(self, name: str) -> Value | None:
        """A library that is known by name, so that no file of the project is looked for."""
        root = name.split(".")[0]
        return Library(canonical(name)) if root in LIBRARIES else None

    def foreign(self, name: str) -> Value:
        """A library nothing is known about."""
        return Library(canonical(name))

    def member(self, library: Library, name: str) -> Value:
        """What a library, or a class in it, has under a name."""
        path = canonical(f"{library.path}.{name}")
        constant = ATTRIBUTES.get(("constant", path))
        if constant is not None:
            value = constant(None, library, cst.Name(name))  # type: ignore[arg-type]
            if value is not None:
                return value
        return Library(path)

    def import_star(self, machine: "Machine", module: Value) -> None:
        """`from library import *`."""
        if not isinstance(module, Library):
            return
        prefix = f"{module.path}."
        for name in EXPORTS.get(module.path, ()):
            machine.store(machine.scope.fields, name, Library(canonical(prefix + name)))
        for path in FUNCTIONS:
            rest = path.removeprefix(prefix)
            if rest != path and "." not in rest:
                machine.store(machine.scope.fields, rest, Library(canonical(path)))

    # --- calls ----------------------------------------------------------------------------

    def call(
        self, machine: "Machine", callee: Library, passed: Arguments, node: cst.CSTNode
    ) -> Value:
        """Call a function or class of a library."""
        if callee.path.startswith("numpy.random."):
            _tell_drawn(machine, None, callee.path.rsplit(".", 1)[-1], node)
        model = FUNCTIONS.get(callee.path)
        if model is None and "." in callee.path:
            prefix, _, name = callee.path.rpartition(".")
            model = FUNCTIONS.get(f"{prefix}.*")
            if model is None and families_of_path(prefix) and passed.positional:
                # `torch.Tensor.view(x, …)`: the method as a function.
                found = self._method(families_of_path(prefix), name)
                if found is not None:
                    rest = Arguments(passed.positional[1:], passed.keywords, passed.unknown)
                    call = Call(machine, callee.path, rest, node, passed.positional[0])
                    return found(call) or call.unknown()
        if model is not None:
            call = Call(machine, callee.path, passed, node)
            result = model(call)
            if isinstance(result, Layer) and result.place and result.place.node is node:
                machine.emit(LayerBuilt(result.place, machine.context, result))
            result = result if result is not None else call.unknown()
            made_of(result, passed.values())
            if "requires_grad" not in passed.keywords:
                _leave_unrecorded(machine, result, node)
            name = callee.path.rsplit(".", 1)[-1]
            self.observe(machine, name, tuple(passed.positional), result, node)
            return result
        root = callee.path.split(".")[0]
        if root in LIBRARIES and root not in _OPEN_LIBRARIES:
            name = callee.path.rsplit(".", 1)[-1]
            result = machine.unknown(f"{name}()", node)
            made_of(result, passed.values())
            self.observe(machine, name, tuple(passed.positional), result, node)
            return result
        return calls.escape(machine, callee, passed, node)

    def call_method(
        self,
        machine: "Machine",
        receiver: Value,
        name: str,
        passed: Arguments,
        node: cst.CSTNode,
    ) -> Value:
        """Call a method of anything that is no class of the project."""
        families = families_of(receiver)
        if isinstance(receiver, Object) and receiver.path.startswith(_GENERATORS):
            _tell_drawn(machine, receiver, name, node)
        model = self._method(families, name)
        if model is not None:
            call = Call(machine, f"{families[0]}.{name}", passed, node, receiver)
            if isinstance(receiver, Layer) and name in FORWARD:
                run = partial(_result, model, call)
                result = run_forward(machine, receiver, passed, node, run)
            else:
                result = _result(model, call)
                made_of(result, (receiver, *passed.values()))
                _leave_unrecorded(machine, result, node)
            self.observe(machine, name, (receiver, *passed.positional), result, node)
            return self.follow(machine, name, (receiver,), (passed,), result, node)
        if isinstance(receiver, Unknown):
            if is_array(receiver) and self._method(("tensor",), name) is not None:
                library = receiver.fields.get(LIBRARY, "torch")
                tensor = Tensor(
                    receiver.shape, lineage=receiver.lineage, library=library, text=receiver.name
                )
                return self.call_method(machine, tensor, name, passed, node)
            own = attributes.unknown_attribute(machine, receiver, name, node)
            result = calls.call(machine, own, passed, node)
            self.observe(machine, name, (receiver, *passed.positional), result, node)
            return result
        if isinstance(receiver, Instance) and receiver.cls.has_unknown_base():
            return calls.escape(machine, receiver, passed, node)
        if isinstance(receiver, Constant) and isinstance(receiver.value, bool):
            # Arguments were given in another order than the function takes them in.
            return calls.escape(machine, receiver, passed, node)
        if isinstance(receiver, (Tensor, Constant, SequenceValue, Dictionary, Parameters)):
            result = machine.unknown(f"{name}()", node)
            made_of(result, (receiver, *passed.values()))
            if isinstance(receiver, Tensor):
                stay_cut_off(result, (receiver, *passed.values()))
            self.observe(machine, name, (receiver, *passed.positional), result, node)
            return result
        if families and families[0].split(".")[0] in LIBRARIES:
            return machine.unknown(f"{name}()", node)
        unknown_method = Unknown(name, place=machine.place(node))
        return calls.escape(
            machine,
            unknown_method,
            Arguments([*passed.positional, receiver], passed.keywords),
            node,
        )

    def attribute(
        self, machine: "Machine", receiver: Value, name: str, node: cst.CSTNode
    ) -> Value | None:
        """An attribute of a library's object or a tensor, when it is modelled."""
        for each in families_of(receiver):
            model = ATTRIBUTES.get((each, name)) or ATTRIBUTES.get((each, "*"))
            if model is not None:
                return model(machine, receiver, node)
        return None

    def read_attribute(
        self, machine: "Machine", receiver: Value, name: str, node: cst.CSTNode
    ) -> None:
        """Let libraries see that an attribute is read."""
        for each in READERS.get(name, ()):
            each(machine, receiver, node)

    def instance_attribute(
        self, machine: "Machine", instance: Instance, name: str, node: cst.CSTNode
    ) -> Value:
        """What an instance of a project class has from the libraries it inherits from."""
        from advisor.code.values import Method

        if name == "__dict__":
            return Object(ATTRIBUTES_OF, Arguments([instance]), machine.place(node))
        known = self.attribute(machine, instance, name, node)
        if known is not None:
            return known
        if self._method(families_of(instance), name) is not None:
            return Method(instance, name, machine.place(node))
        made = Unknown(name, place=machine.place(node))
        made.names.add(name)
        instance.fields[name] = made
        return made

    def construct_base(
        self, machine: "Machine", instance: Instance, passed: Arguments, node: cst.CSTNode
    ) -> None:
        """Run the constructor of the library class that an instance inherits from."""
        for each in HOOKS.get("construct", ()):
            each(machine, instance, passed, node)

    def gradient_mode(
        self, value: Value, current: bool | None, node: cst.CSTNode | None = None
    ) -> bool | None:
        """Whether operations are recorded under a context manager or a decorator; None when nobody
        knows."""
        for each in HOOKS.get("gradient_mode", ()):
            current = each(value, current, node)
        return current

    def called_back(self, owner: Class, name: str, recorded: bool | None) -> bool | None:
        """Whether operations are recorded in a method of a class that only a library calls."""
        for each in HOOKS.get("called_back", ()):
            recorded = each(owner, name, recorded)
        return recorded

    def annotated(self, value: Unknown, kind: Library) -> Value:
        """What a parameter is given, by its annotation."""
        for each in HOOKS.get("annotated", ()):
            found = each(value, kind)
            if found is not None:
                assert isinstance(found, Value)
                return found
        return value

    def decorated(self, machine: "Machine", decorator: Value, function: Function) -> None:
        """Let libraries see that a function is entered that one of their decorators stands over."""
        for each in HOOKS.get("decorated", ()):
            each(machine, decorator, function)

    def handled(self, machine: "Machine", handler: cst.CSTNode, first: int) -> None:
        """Let libraries see that a handler says nothing of what has failed; `first` is the index of
        the first event that it may follow."""
        for each in HOOKS.get("handled", ()):
            each(machine, handler, first)

    def modes_of(self, module: Value) -> "tuple[ModeSwitched, ...]":
        """The switches that may have been the last to set the mode of a module."""
        return tuple(switch for each in HOOKS.get("modes", ()) for switch in each(module))

    def is_settings_class(self, cls: Class) -> bool:
        """Whether a class takes its fields from its body, as pydantic models and named tuples do."""
        return any(
            path in {"pydantic.BaseModel", "typing.NamedTuple", "pydantic_settings.BaseSettings"}
            for path in cls.library_bases()
        )

    # --- everything else ------------------------------------------------------------------

    def iterate(self, machine: "Machine", value: Value, node: cst.CSTNode) -> Iteration:
        """What going through a value of a library yields."""
        for each in families_of(value):
            model = ITERATIONS.get(each)
            if model is not None:
                found = model(machine, value, node)
                if found is not None:
                    return found
        return Iteration()

    def get_item(
        self, machine: "Machine", receiver: Value, indices: Sequence[Index], node: cst.CSTNode
    ) -> Value:
        """A subscript of a value of a library."""
        for each in families_of(receiver):
            model = ITEMS.get(each)
            if model is not None:
                found = model(machine, receiver, indices, node)
                if found is not None:
                    made_of(found, (receiver,))
                    if _keeps_meaning(receiver, indices):
                        self.observe(machine, "[]", (receiver,), found, node)
                    return self.follow(machine, "[]", (receiver,), indices, found, node)
        result = _remembered_item(machine, receiver, indices, node)
        made_of(result, (receiver,))
        if _keeps_meaning(receiver, indices):
            self.observe(machine, "[]", (receiver,), result, node)
        return self.follow(machine, "[]", (receiver,), indices, result, node)

    def unpack(
        self, machine: "Machine", value: Value, count: int, starred: bool, node: cst.CSTNode
    ) -> list[Value]:
        """The parts of a library's value that is assigned to several targets."""
        for each in HOOKS.get("unpack", ()):
            parts = each(machine, value, count, node)
            if parts is not None:
                return list(parts)
        found = self.iterate(machine, value, node)
        if found.items is not None and len(found.items) == count:
            return list(found.items)
        return [found.element(machine, node) for _ in range(count)]

    def arithmetic(
        self,
        machine: "Machine",
        operator: str,
        left: Value,
        right: Value | None,
        node: cst.CSTNode,
    ) -> Value:
        """An arithmetic operator on at least one value that is no plain number."""
        for each in HOOKS.get("arithmetic", ()):
            found = each(machine, operator, left, right, node)
            if found is not None:
                assert isinstance(found, Value)
                found = computed(found, left, right)
                if isinstance(node, cst.BinaryOperation):  # nothing that is changed in place
                    _leave_unrecorded(machine, found, node)
                return self.follow(machine, operator, (left, right), (), found, node)
        result = computed(machine.unknown("?", node), left, right)
        return self.follow(machine, operator, (left, right), (), result, node)

    def comparison(
        self, machine: "Machine", operator: str, left: Value, right: Value, node: cst.CSTNode
    ) -> Value:
        """A comparison with an outcome that is not known."""
        for each in HOOKS.get("comparison", ()):
            found = each(machine, operator, left, right, node)
            if found is not None:
                assert isinstance(found, Value)
                return self.follow(machine, operator, (left, right), (), found, node)
        result = machine.unknown("?", node)
        return self.follow(machine, operator, (left, right), (), result, node)

    def enter(self, machine: "Machine", manager: Value, node: cst.CSTNode) -> Value:
        """Enter a context manager; returns what `as` binds."""
        for each in HOOKS.get("enter", ()):
            found = each(machine, manager, node)
            if found is not None:
                assert isinstance(found, Value)
                return found
        return manager

    def observe(
        self,
        machine: "Machine",
        operation: str,
        operands: Sequence[Value],
        result: Value,
        node: cst.CSTNode,
    ) -> None:
        """Let libraries see what came of an operation, and say what the result means."""
        for each in OBSERVERS.get(operation, ()):
            each(machine, operation, operands, result, node)

    def bound(self, machine: "Machine", name: str, value: Value, node: cst.CSTNode) -> None:
        """Let libraries see that a value is given a name, or is made an attribute of that name."""
        for each in HOOKS.get("bound", ()):
            each(machine, name, value, node)

    def assign_attribute(
        self, machine: "Machine", receiver: Value, name: str, value: Value, node: cst.CSTNode
    ) -> bool:
        """Let libraries see an assignment to an attribute; True when that was all it means."""
        seen = [each(machine, receiver, name, value, node) for each in _hooked("attribute")]
        return any(seen)

    def assign_item(
        self,
        machine: "Machine",
        receiver: Value,
        indices: Sequence[Index],
        value: Value,
        node: cst.CSTNode,
    ) -> bool:
        """Let libraries see an assignment to a subscript; True when that was all it means."""
        if isinstance(receiver, Tensor):
            receiver.sources = (*(receiver.sources or ()), value)
        seen = [each(machine, receiver, indices, value, node) for each in _hooked("item")]
        return any(seen)

    def read_item(
        self, machine: "Machine", receiver: Value, indices: Sequence[Index], node: cst.CSTNode
    ) -> None:
        """Let libraries see that an item is read."""
        for each in HOOKS.get("item_read", ()):
            each(machine, receiver, indices, node)

    def deleted_item(self, machine: "Machine", receiver: Value, index: Index) -> None:
        """Let libraries see that an item is deleted."""
        for each in HOOKS.get("deleted_item", ()):
            each(machine, receiver, index)

    def augmented(
        self, machine: "Machine", operator: str, current: Value, value: Value, node: cst.CSTNode
    ) -> None:
        """Let libraries see `target += value`."""
        for each in _hooked("augmented"):
            each(machine, operator, current, value, node)

    def accumulated(
        self,
        machine: "Machine",
        operator: str,
        values: tuple[Value, Value, Value],
        target: cst.BaseExpression,
        node: cst.CSTNode,
    ) -> None:
        """Let libraries see `target += value`: what it was, what is added and what it is then."""
        for each in HOOKS.get("accumulated", ()):
            each(machine, operator, values, target, node)

    def comprehended(
        self,
        machine: "Machine",
        result: Value,
        loops: int,
        tests: Sequence[Value],
        node: cst.CSTNode,
    ) -> None:
        """Let libraries see what a comprehension of so many loops makes; `tests` are what it goes
        over and asks for."""
        for each in HOOKS.get("comprehended", ()):
            each(machine, result, loops, tests, node)

    def returned(self, machine: "Machine", name: str, receiver: Value, result: Value) -> None:
        """Let libraries see what comes of a method of the project that they would call."""
        for each in HOOKS.get(f"returned by {name}", ()):
            each(machine, receiver, result)

    def made_alone(self, machine: "Machine", value: Value, node: cst.CSTNode) -> None:
        """Let libraries do with an object of a project class what they would, where the program makes
        none."""
        for each in HOOKS.get("made_alone", ()):
            each(machine, value, node)

    def named_only(
        self, machine: "Machine", receiver: Value, name: str, value: Value, node: cst.CSTNode
    ) -> None:
        """Let libraries see a statement that only names an attribute: `optimizer.step`."""
        for each in HOOKS.get("named_only", ()):
            each(machine, receiver, name, value, node)

    def branched(
        self, machine: "Machine", test: Value, taken: bool, node: cst.BaseExpression
    ) -> None:
        """Let libraries see a condition, and which of its sides does nothing but leave the round."""
        for each in HOOKS.get("branched", ()):
            each(machine, test, taken, node)

    def measured(self, machine: "Machine", value: Value, count: int) -> None:
        """See that data is said to have so many rows."""
        lineages.learn_length(machine, value, count)

    def tested(self, machine: "Machine", value: Value, node: cst.CSTNode) -> None:
        """Let libraries see that one of their functions is tested for truth, not called."""
        if isinstance(value, Library):
            for each in HOOKS.get("tested", ()):
                each(machine, value, node)

    def follow(
        self,
        machine: "Machine",
        operation: str,
        operands: Sequence[Value | None],
        details: Sequence[Any],
        result: Value,
        node: cst.CSTNode,
    ) -> Value:
        """Let libraries say where the samples in a result come from: of a method, a subscript
        (`[]`) or an operator on values that hold samples. What is asked for slices along several
        axes, or for a list of columns, holds samples."""
        asked = operation == "[]" and _takes_rows_or_columns(details)
        meaning = meaning_of(result)
        for operand in operands:
            of_samples = isinstance(operand, Unknown) or (
                isinstance(operand, Tensor) and len(details) == 1
            )
            if lineage_of(operand) is not None or (asked and of_samples):
                for each in HOOKS.get("followed", ()):
                    result = each(machine, operation, operands, details, result, node)
                break
        if meaning is not None and meaning_of(result) is None:
            give_meaning(result, meaning)
        return result

    @staticmethod
    def _method(families: Iterable[str], name: str) -> Model | None:
        for each in families:
            model = METHODS.get((each, name)) or METHODS.get((each, "*"))
            if model is not None:
                return model
        return None


def _leave_unrecorded(machine: "Machine", result: Value, node: cst.CSTNode) -> None:
    """Let what is computed here know that nothing of it is recorded, where gradients are off."""
    if machine.context.gradients is not False or not isinstance(result, Tensor):
        return
    made_here = result.place is not None and result.place.node is node
    if made_here and result.graph is True and not is_learned(result):
        result.graph, result.cut = False, Cut(machine.place(node), "torch.no_grad()")


def _result(model: Model, call: Call) -> Value:
    """What a call results in, known or not."""
    return model(call) or call.unknown()


def _takes_rows_or_columns(indices: Sequence[Index]) -> bool:
    first = indices[0]
    if isinstance(first, slice):
        return len(indices) > 1 or _moves_on(first) or _is_share(first)
    if isinstance(first, Unknown):
        return lineages.CONDITION in first.fields
    return isinstance(first, SequenceValue)


def _moves_on(window: slice) -> bool:
    """Whether a slice begins somewhere else in each round of a loop: `x[i : i + 9]`."""
    start = window.start
    counts = isinstance(start, Scalar) and start.number.constant is None
    return counts and isinstance(window.stop, Scalar)


def _is_share(part: slice) -> bool:
    """Whether a slice takes many of the first, or all behind them: `x[:900]`, `x[800:]`, or
    `x[: int(0.8 * len(x))]`."""
    ends = [end for end in (part.start, part.stop) if end is not None]
    if len(ends) == 1 and lineages.is_share(ends[0]):
        return True
    numbers = [known_integer(end) for end in ends]
    return any(each is not None and abs(each) >= _MANY for each in numbers)


def _hooked(what: str) -> Sequence[Callable[..., Any]]:
    return HOOKS.get(f"assign_{what}" if what != "augmented" else what, ())


# Libraries that run what they are given: a call into them may do anything to it.
_OPEN_LIBRARIES = frozenset({"accelerate", "apex", "deepspeed", "fabric", "ignite", "ray"})
