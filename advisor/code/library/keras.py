"""Keras models: how they are built of layers, and how they are compiled and trained.

A model is a `Layer` with `children`, the layers of a `Sequential`, or with `graph_output`, what the
functional API made of the inputs.
"""

from typing import TYPE_CHECKING, Any

import libcst as cst

from advisor.code.events import (
    DataGiven,
    Fitted,
    ForwardRun,
    LossComputed,
    ModelCompiled,
    ModelTrained,
    OptimizerStepped,
    ScheduleBuilt,
    Scored,
    StateUsed,
)
from advisor.code.interpreter import attributes, calls
from advisor.code.interpreter.machine import join_all
from advisor.code.library import lineages
from advisor.code.library.class_weights import notice_weights
from advisor.code.library.keras_data import give_data
from advisor.code.library.keras_epochs import batches_in_epoch, plan_rates
from advisor.code.library.keras_layers import activation_of, argument_place
from advisor.code.library.keras_losses import computed
from advisor.code.library.keras_sequences import notice_batches
from advisor.code.library.keras_targets import targets_of
from advisor.code.library.models import Call, attribute, family, function, hook, method
from advisor.code.library.pixel_values import pixels_of, prepared
from advisor.code.library.pretrained import FAMILIES
from advisor.code.library.python.objects import deep_copied
from advisor.code.library.score_tables import score_table
from advisor.code.library.torch_training import text_of_receiver
from advisor.code.values import (
    Activation,
    Arguments,
    Chosen,
    Constant,
    Dictionary,
    Instance,
    Joined,
    Layer,
    Object,
    Optimizer,
    Pixels,
    Scale,
    Schedule,
    Sequence,
    Tensor,
    Unknown,
    Value,
    give_meaning,
    is_constant,
    known_text,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

family("keras model", "keras.Model", "keras.Sequential", "keras.applications.")
# On the backend of torch a Keras model is a module of torch as well.
family("module", "keras.Model", "keras.Sequential", "keras.layers.")

# Where `compile` takes the loss by position.
_LOSS = 1
# Models that are put together of layers, which other models may be made of.
_MODELS = frozenset({"keras.Model", "keras.Sequential"})
# Methods with which a model class takes the computation of its loss into its own hands.
_OWN_TRAINING = ("train_step", "compute_loss")
OPTIMIZERS = ["SGD", "RMSprop", "Adam", "AdamW", "Adadelta", "Adagrad", "Adamax", "Nadam", "Ftrl"]


# --- building -----------------------------------------------------------------------------


@function("keras.Sequential", "keras.models.Sequential")
def sequential(call: Call) -> Value | None:
    """A stack of layers, empty or from a list."""
    fields = _of_stack(call.arguments)
    return Layer(call.path, call.arguments, call.place, fields)


def _of_stack(passed: Arguments) -> dict[Any, Any]:
    layers = passed.get(0, "layers")
    if layers is None and not passed.unknown:
        children = Sequence("list", ())
    elif isinstance(layers, Sequence):
        children = Sequence("list", layers.items, layers.element)
    elif is_constant(layers, None):
        children = Sequence("list", ())
    else:
        children = Sequence("list", None)
    return {"children": children}


@function("keras.Model", "keras.models.Model")
def functional(call: Call) -> Value | None:
    """`keras.Model(inputs, outputs)`: the layers between two tensors."""
    return Layer(call.path, call.arguments, call.place, _of_graph(call.arguments))


def _of_graph(passed: Arguments) -> dict[Any, Any]:
    output = passed.get(1, "outputs") or passed.keywords.get("output")
    return {} if output is None else {"graph_output": output}


@hook("construct")
def construct_model(
    machine: "Machine", instance: Instance, passed: Arguments, node: cst.CSTNode
) -> None:
    """A project class that derives from `Sequential`, or hands a graph on to `Model`."""
    paths = instance.cls.library_bases()
    if "keras.Sequential" in paths:
        fields = _of_stack(passed)
    elif "keras.Model" in paths and passed.get(1, "outputs") is not None:
        fields = _of_graph(passed)
    else:
        return
    path = "keras.Sequential" if "keras.Sequential" in paths else "keras.Model"
    inner = Layer(path, passed, machine.place(node), fields)
    machine.store(instance.fields, "__layer__", inner)


@function("keras.applications.*")
def ready_model(call: Call) -> Value | None:
    """Ready models: with their top they end in a softmax, unless told otherwise."""
    name = call.path.rsplit(".", 1)[-1]
    return Layer(call.path, call.arguments, call.place) if name[:1].isupper() else None


@function(*(f"keras.applications.{name}.preprocess_input" for name in FAMILIES))
def prepared_for_weights(call: Call) -> Value | None:
    """`preprocess_input(pictures)`: pixels as the weights of a family of models want them."""
    pixels = prepared(pixels_of(call.argument(0, "x")), call.path, call.place)
    if pixels is None:
        return None
    made = Tensor(graph=False, library="keras", place=call.place)
    made.meaning = pixels
    return made


def _stack(receiver: Value | None) -> Layer | None:
    """The `Sequential` that a value is, or that an instance derives from."""
    inner = receiver.fields.get("__layer__") if isinstance(receiver, Instance) else receiver
    return inner if isinstance(inner, Layer) and inner.path == "keras.Sequential" else None


def _children(stack: Layer | None) -> Sequence | None:
    children = None if stack is None else stack.fields.get("children")
    return children if isinstance(children, Sequence) else None


@method("keras.Sequential", "add")
def add_layer(call: Call) -> Value | None:
    """`model.add(layer)`."""
    stack, layer = _stack(call.receiver), call.argument(0, "layer")
    children = _children(stack)
    if stack is not None and children is not None and layer is not None:
        attributes.append(call.machine, children, layer)
        # The last layer stays known when loops add a number of layers that is not.
        call.machine.store(stack.fields, "last", layer)
    return Constant(None)


@method("keras.Sequential", "pop")
def remove_last_layer(call: Call) -> Value | None:
    """`model.pop()`."""
    stack = _stack(call.receiver)
    children = _children(stack)
    if stack is not None and children is not None:
        items = children.items
        call.machine.store(children.fields, "items", items[:-1] if items else None)
        call.machine.store(stack.fields, "last", call.unknown())
    return None


@attribute("keras.Sequential", "layers")
def layers_of_stack(machine: "Machine", receiver: Value, node: cst.CSTNode) -> Value | None:
    """`model.layers` of a `Sequential`: the list itself."""
    return _children(_stack(receiver)) or machine.unknown("layers", node)


@attribute("keras model", "layers")
def layers_of_model(machine: "Machine", receiver: Value, node: cst.CSTNode) -> Value | None:
    """`model.layers`: which ones is not followed."""
    return Sequence("list", None, machine.unknown("layer", node))


# --- running ------------------------------------------------------------------------------


@method("keras.Sequential", "__call__", "predict", "predict_on_batch")
def run_stack(call: Call) -> Value | None:
    """One layer after the other; when not all are known, the last one decides."""
    stack = _stack(call.receiver)
    children = _children(stack)
    if stack is None or children is None:
        return None
    value: Value = call.argument(0, "inputs") or Tensor(library="keras")
    layers = children.items
    if layers is None:
        last = stack.fields.get("last")
        if not isinstance(last, Value):
            return None
        layers, value = (last,), Tensor(library="keras")
    for layer in layers:
        if isinstance(layer, Tensor):
            continue  # `keras.Input` only says what shape the samples have
        value = calls.call(call.machine, layer, Arguments([value]), call.node)
    return value


@method("keras.Sequential", "predict_classes")
def choose_classes(call: Call) -> Value | None:
    """The classes that a stack finds most likely, in older versions."""
    result = call.unknown()
    give_meaning(result, Chosen())
    return result


@method("keras.Model", "__call__", "predict", "predict_on_batch")
def run_graph(call: Call) -> Value | None:
    """What the functional API made of the inputs."""
    receiver = call.receiver
    if isinstance(receiver, Instance):
        return _run_instance(call, receiver, call.argument(0, "inputs"))
    output = _graph_output(receiver)
    predicts = call.path.rpartition(".")[2] != "__call__"
    return _of_rows(output, call) if predicts else output


def _of_rows(output: Value | None, call: Call) -> Value | None:
    """What a graph makes of rows: the output that was drawn up once stands for those of no sample."""
    given = call.argument(0, "inputs") or call.argument(-1, "x")
    match output:
        case Tensor():
            return output.restated(lineage=lineages.known(given), place=call.place)
        case Sequence() if output.items is not None:
            parts = [_of_rows(each, call) or call.unknown() for each in output.items]
            return Sequence(output.kind, tuple(parts), place=call.place)
        case Joined():
            return join_all([_of_rows(each, call) or each for each in output.alternatives])
        case Unknown():
            made = call.unknown()
            made.lineage = lineages.known(given)
            return made
    return output


def _graph_output(model: Value | None) -> Value | None:
    output = model.fields.get("graph_output") if isinstance(model, Layer) else None
    if isinstance(output, Sequence) and output.items is not None and len(output.items) == 1:
        return output.items[0]
    return output if isinstance(output, Value) else None


@method("keras model", "__call__", "predict")
def run_ready_model(call: Call) -> Value | None:
    """The scores of a ready model, or features when it has no top."""
    model = call.receiver
    if not isinstance(model, Layer):
        return None
    return Tensor(scale=_scale_of_ready_model(model), graph=True, library="keras", place=call.place)


def _scale_of_ready_model(model: Layer) -> Scale | None:
    top = model.arguments.keywords.get("include_top")
    if model.arguments.unknown or model.arguments.positional:
        return None
    if top is not None and not is_constant(top, True):
        return None
    given = model.arguments.keywords.get("classifier_activation")
    kind = Activation.SOFTMAX if given is None else activation_of(given)
    if is_constant(given, None):
        kind = Activation.LOGITS
    place = argument_place(model.place, -1, "classifier_activation")
    return None if kind is None else Scale(kind, place)


def _run_instance(call: Call, instance: Instance, value: Value | None) -> Value | None:
    """What a model of a project class makes of its input, when its class says so."""
    runs = instance.cls.find("call") is not None or "__layer__" in instance.fields
    if value is None or not runs:
        return None
    return calls.call(call.machine, instance, Arguments([value]), call.node)


@attribute("keras model", "output")
def output_of_model(machine: "Machine", receiver: Value, node: cst.CSTNode) -> Value | None:
    """`model.output`."""
    call = Call(machine, "keras.Model.output", Arguments(), node, receiver)
    return _prediction(call) or machine.unknown("output", node)


@function("keras.models.clone_model")
def cloned(call: Call) -> Value | None:
    """A new model of the same layers."""
    return deep_copied(call.argument(0, "model"), {})


# --- training -----------------------------------------------------------------------------


@method("keras model", "compile")
def compile_model(call: Call) -> Value | None:
    """`model.compile(optimizer, loss)`: the loss is computed from the model's output."""
    model = call.receiver
    assert model is not None
    optimizer = call.argument(0, "optimizer")
    compiled = ModelCompiled(call.place, call.context, model, optimizer)
    call.machine.emit(compiled)
    loss = _only(call.argument(_LOSS, "loss"))
    if loss is None or _trains_itself(model):
        return Constant(None)
    prediction = _prediction(call)
    compiled.parts = _called_models(call)
    if prediction is None or isinstance(prediction, (Sequence, Dictionary)):
        return Constant(None)
    target = call.machine.unknown("targets", call.node)
    place = argument_place(call.place, _LOSS, "loss")
    for event in computed(call, loss, prediction, target, place):
        event.model = model
    return Constant(None)


def _called_models(call: Call) -> tuple[Value, ...]:
    """The other models that the program has called, or that run inside of the one that is compiled:
    not those that only `compile` has run, to see what they predict."""
    trace = call.machine.trace
    compiled = {(each.place.node, each.model) for each in trace if isinstance(each, ModelCompiled)}
    called = {
        each.module: None
        for each in trace
        if isinstance(each, ForwardRun)
        and isinstance(each.module, (Instance, Layer))
        and getattr(each.module, "path", "keras.Model") in _MODELS
        and (each.place.node, each.module) not in compiled
    }
    return tuple(called)


def _only(value: Value | None) -> Value | None:
    """The loss in a list of one."""
    if isinstance(value, Sequence) and value.items is not None and len(value.items) == 1:
        return value.items[0]
    return value


def _trains_itself(model: Value) -> bool:
    return isinstance(model, Instance) and any(model.cls.find(name) for name in _OWN_TRAINING)


def _prediction(call: Call) -> Value | None:
    """What a model predicts for some input."""
    model, value = call.receiver, call.machine.unknown("inputs", call.node)
    give_meaning(value, Pixels(None, input=model))
    if isinstance(model, Instance):
        return _run_instance(call, model, value)
    if model is None:
        return None
    return calls.call(call.machine, model, Arguments([value]), call.node)


@method("keras model", "fit", "fit_generator", "train_on_batch")
def train_model(call: Call) -> Value | None:
    """The model is trained as it was compiled last."""
    assert call.receiver is not None
    lineages.hold_back(call.machine, call.arguments, call.node)
    notice_weights(call)
    give_data(call)
    trained = ModelTrained(
        call.place, call.context, call.receiver, call.arguments, batches_in_epoch(call)
    )
    call.machine.emit(trained)
    plan_rates(call)
    target = call.argument(1, "y")
    data = call.argument(0, "x") or call.argument(-1, "generator")
    rows = lineages.known(data)
    if rows is None and target is not None and isinstance(data, (Tensor, Unknown)):
        rows = lineages.samples(data)
    if rows is not None and lineages.holds_rows(rows):
        fitted = Fitted(
            call.place, call.context, call.receiver, rows.rows, "model", True, fits=rows.fits
        )
        call.machine.emit(fitted)
    if target is not None and data is not None:
        lineages.learn(call.machine, data, target, text_of_receiver(call.node), call.node)
    known = targets_of(data, target)
    if known is not None:
        _compare_with(call, call.receiver, known)
    return None


@method("keras model", "evaluate", "evaluate_generator")
def judge_model(call: Call) -> Value | None:
    """`model.evaluate(x, y)`."""
    given = call.argument(0, "x")
    if given is not None:
        notice_batches(call, given)
        most = call.argument(-1, "steps")
        event = DataGiven(
            call.place, call.context, given, "testing", most=most, model=call.receiver
        )
        call.machine.emit(event)
        rows = lineages.known(given)
        if rows is not None and lineages.holds_rows(rows) and call.receiver is not None:
            score = Scored(
                call.place, call.context, call.receiver, rows.rows, "evaluate", rows.fits
            )
            call.machine.emit(score)
    return score_table(call, given)


@method("keras model", "save", "save_weights", "get_weights")
def keep_weights(call: Call) -> Value | None:
    """`model.save_weights("best.h5")`."""
    assert call.receiver is not None
    call.machine.emit(StateUsed(call.place, call.context, call.receiver))
    return None


@method("keras model", "load_weights")
def weights_loaded(call: Call) -> Value | None:
    """`model.load_weights(path)`: it has the weights that somebody put aside."""
    path = call.argument(0, "filepath")
    if path is not None and call.receiver is not None:
        call.machine.emit(StateUsed(call.place, call.context, path, call.receiver))
    return None


@method("unknown", "evaluate", "evaluate_generator")
def judge_unknown(call: Call) -> Value | None:
    """`model.evaluate(data)` of a model that was loaded, for instance."""
    receiver, given = call.receiver, call.argument(0, "x")
    assert isinstance(receiver, Unknown)
    if given is not None and (
        isinstance(given, Object) or lineages.holds_rows(lineages.known(given))
    ):
        call.machine.emit(DataGiven(call.place, call.context, given, "testing"))
    own = attributes.unknown_attribute(call.machine, receiver, "evaluate", call.node)
    return calls.call(call.machine, own, call.arguments, call.node)


def _compare_with(call: Call, model: Value, target: Tensor) -> None:
    """Tell the losses that a model was compiled with what they are computed from."""
    for event in reversed(call.machine.trace):
        if isinstance(event, ModelCompiled) and event.model is model:
            return
        if isinstance(event, LossComputed) and event.model is model:
            event.target = target


@function("keras.optimizers.schedules.*")
def schedule(call: Call) -> Value | None:
    """A schedule that an optimizer is given for its rate, and advances by itself."""
    name = call.path.rsplit(".", 1)[-1]
    if not name[:1].isupper() or name == "LearningRateSchedule":
        return None
    made = Schedule(call.path, call.arguments, None, call.context.loops, call.place)
    call.machine.emit(ScheduleBuilt(call.place, call.context, made))
    return made


@function("keras.optimizers.*", *(f"keras.optimizers.{name}" for name in OPTIMIZERS))
def optimizer(call: Call) -> Value | None:
    """Any class of keras.optimizers; which parameters it updates shows when it is used."""
    if not call.path.rsplit(".", 1)[-1][:1].isupper():
        return None
    return Optimizer(call.path, call.arguments, (), False, call.place)


@function("keras.optimizers.get", "keras.optimizers.deserialize")
def optimizer_by_name(call: Call) -> Value | None:
    """`keras.optimizers.get("adam")`, and with settings `{"class_name": "Adam", "config": {…}}`."""
    given = call.argument(0, "identifier") or call.argument(0, "config")
    passed = Arguments()
    if isinstance(given, Dictionary):
        settings = given.items.get("config")
        if not isinstance(settings, Dictionary) or settings.other is not None:
            return None
        named = {key: each for key, each in settings.items.items() if isinstance(key, str)}
        given, passed = given.items.get("class_name"), Arguments([], named)
    name = known_text(given)
    known = next((each for each in OPTIMIZERS if each.lower() == (name or "").lower()), None)
    path = f"keras.optimizers.{known}"
    return None if known is None else Optimizer(path, passed, (), False, call.place)


@method("optimizer", "apply_gradients", "minimize")
def apply_gradients(call: Call) -> Value | None:
    """`optimizer.apply_gradients(...)`: a step on gradients that are handed over."""
    assert call.receiver is not None
    event = OptimizerStepped(
        call.place, call.context, call.receiver, text_of_receiver(call.node), managed=True
    )
    call.machine.emit(event)
    return None
