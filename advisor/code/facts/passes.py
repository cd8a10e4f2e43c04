"""Forward passes of whole models: what runs, on what, called what, and where it is said so."""

import re
from collections.abc import Iterator
from functools import lru_cache

import libcst as cst

from advisor.code.events import (
    BackwardRun,
    Escaped,
    Event,
    ForwardRun,
    GradientModeMade,
    Loop,
    LossComputed,
    ModeSwitched,
    ObjectLoaded,
    ParametersAsked,
    PredictionsCompared,
    StateUsed,
)
from advisor.code.facts.going_back import goes_back, going_back
from advisor.code.facts.loop_lengths import data_of, is_left_with
from advisor.code.facts.modules import has_weights, is_pretrained
from advisor.code.facts.run import AbstractRun, code_of
from advisor.code.facts.unit_tests import holds_unit_tests
from advisor.code.interpreter.classes import are_of_modules
from advisor.code.nodes import as_written, holds
from advisor.code.part_names import HELD_OUT, JUDGING, words
from advisor.code.sources import NodePlace, Source
from advisor.code.values import (
    Arguments,
    Class,
    Function,
    Instance,
    Layer,
    Object,
    Tensor,
    Unknown,
    Value,
    alternatives,
    is_constant,
    known_text,
)
from advisor.lazy_dataclasses import dataclass

_JUDGES = JUDGING | {"evaluator", "accuracy"}
# Words that functions go by which measure how fast a model is.
_MEASURES = frozenset(["benchmark", "latency", "throughput", "fps", "profile", "measure", "timing"])
# Words that code goes by that may as well work for a training.
_PREDICTS = frozenset(
    [
        *("infer", "inference", "predict", "prediction", "predictions"),
        *("classify", "recommend", "translate"),
    ]
)
_TRAINS = frozenset(
    ["train", "training", "fit", "learn", "trainer", "trainval", "finetune", "attack"]
)
# What the last statement of a function returns: `return ... .item()`.
_NUMBER = re.compile(r"return [^\n]*\.item\(\)\)?$")
# Where samples are put says nothing of them: `x.to(dev)`.
# What a program writes between quotes.
_TEXT = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")
_PUT_SOMEWHERE = re.compile(r"\.(to|cuda|type)\([^()]*\)|\bdevice *= *[\w.]+")
_CUTS = re.compile(r"\.(detach|numpy|item|tolist|argmax)\(")
_MODEL_NAME = re.compile(
    r"(^|_)(model|net|network|classifier|resnet|cnn|rnn|lstm|gpt|bert|unet)\d*$", re.IGNORECASE
)
# Names of functions that do something with a model other than running it.
_HANDLES_MODEL = re.compile(
    r"^_?(save|load|store|export|build|make|create|get|set|init|reset|train|fit|update|define|compile"
    r"|wrap|prepare|plot|show|print|log|write|copy|clone|download|upload)_",
    re.IGNORECASE,
)
# Methods of modules that return the module, as what they make is called.
_OF_MODULES = frozenset(["to()", "cuda()", "cpu()", "float()", "double()", "half()", "eval()"])
# What makes a text, or a picture as it lies on a disk.
_NO_TENSORS = frozenset(["str()", "open()", "imread()"])
# A file names torch, or what is built on it, as a word of its own.
_TORCH = re.compile(r"(?<!\w)(torch\w*|pytorch_lightning|lightning|transformers|timm)(?!\w)")
_OTHER_LIBRARY = re.compile(
    r"^\s*(?:import|from) +(tensorflow|keras|paddle|jax|flax|mindspore|mxnet)\b", re.MULTILINE
)


@lru_cache(maxsize=4)
def _lines_of(source: Source) -> tuple[str, ...]:
    """The lines of a file without what is around them, and without comments."""
    return tuple(line.partition("#")[0].strip() for line in source.text.splitlines())


@lru_cache(maxsize=4)
def _first_words(source: Source) -> frozenset[str]:
    """What the lines of a file begin with, up to a bracket."""
    return frozenset(line.partition("(")[0] for line in _lines_of(source))


def _called(node: cst.CSTNode) -> str:
    """What a call begins with, up to its bracket."""
    return code_of(node.func if isinstance(node, cst.Call) else node).partition("(")[0]


@dataclass(frozen=True, eq=False, slots=True)
class Pass:
    """A forward pass that is not part of another one."""

    run: AbstractRun
    event: ForwardRun | Escaped

    @property
    def module(self) -> Value:
        """The model that runs."""
        return self.event.module if isinstance(self.event, ForwardRun) else self.event.callee

    @property
    def arguments(self) -> Arguments:
        """What the model is given."""
        return self.event.arguments

    @property
    def modes(self) -> tuple[ModeSwitched, ...]:
        """The switches that may have been the last ones to set the model's mode."""
        return self.event.modes

    @property
    def end(self) -> int:
        """The index of the first event behind the pass."""
        return self.event.end if isinstance(self.event, ForwardRun) else self.event.index + 1

    @property
    def text(self) -> str:
        """The model as it is written in the code."""
        node = self.event.place.node
        text = code_of(node.func) if isinstance(node, cst.Call) else "the model"
        return text.removesuffix(".forward") if len(text) < 40 else "the model"

    @property
    def place(self) -> NodePlace:
        """Where the pass is, or the call that leads to it when findings may not lie there."""
        return told_at(self.run, self.event)

    @property
    def loop(self) -> Loop | None:
        """The innermost loop around."""
        loops = self.event.context.loops
        return loops[-1] if loops else None

    def judging_loop(self) -> Loop | None:
        """The innermost loop around that goes over data that a model is judged by."""
        loops = reversed(self.event.context.loops)
        return next((loop for loop in loops if is_about_held_out_data(loop)), None)

    def scoring_loop(self) -> Loop | None:
        """The innermost loop around, when the model runs without gradients in it, is compared with
        what is right and learns nothing, while it is trained in another one."""
        loop = self.loop
        if loop is None or self.event.context.gradients is not False:
            return None
        if words(code_of(_head(loop.node))) & _TRAINS or self.trains_nearby(loop):
            return None
        scores = any(
            isinstance(each, (LossComputed, PredictionsCompared)) and self._is_near(each, loop)
            for each in self.run.trace[self.event.index :]
        )
        return loop if scores and any(True for _ in self.run.events(BackwardRun)) else None

    def judging_function(self) -> str | None:
        """The name of the innermost function around that is there to judge a model."""
        for function in reversed(self.event.context.functions):
            said = words(function.name)
            if said & _TRAINS or function.name == "<lambda>":
                return None
            if said & _JUDGES and not _is_unit_test(function.name):
                return function.name
            if said & _PREDICTS:
                works_for_training = self.loop is not None and self.trains_nearby(self.loop)
                works_for_training = works_for_training or self._goes_back_in_a_round_around()
                for_others = works_for_training or self._is_given_back_to_somebody(function)
                return None if for_others else function.name
        return None

    def _goes_back_in_a_round_around(self) -> bool:
        """Whether a loss goes back in the same round of a loop around the innermost one, and in no loop of
        its own there: what is predicted bit by bit is a part of that loss."""
        rounds = self.event.context.rounds
        return any(
            0 < len(each.context.rounds) < len(rounds)
            and each.context.rounds == rounds[: len(each.context.rounds)]
            and each.index > self.event.index
            for each in self.run.events(BackwardRun)
        )

    def _is_given_back_to_somebody(self, predicting: Function) -> bool:
        """Whether a function that predicts works for another one that nobody is seen to call, and that gives
        something back: losses to learn from, for all that is known."""
        outermost = self.event.context.functions[0]
        if self.run.is_script or outermost is predicting or words(outermost.name) & _JUDGES:
            return False
        gives = re.search(r"(?m)^\s*return +(?!None\b)\S", as_written(outermost.node))
        return gives is not None and not words(outermost.name) & _PREDICTS

    def is_one_prediction(self) -> bool:
        """Whether a function that predicts or judges runs the model once, without gradients; one that
        tests it may only try it out."""
        name = self.judging_function()
        off = self.event.context.gradients is False
        return off and name is not None and "test" not in words(name) and not self._is_try_out()

    def takes_held_out_rows(self) -> bool:
        """Whether the model is given what goes by the name of data to judge by."""
        node = self.event.place.node
        if not isinstance(node, cst.Call) or not node.args:
            return False
        said = words(_PUT_SOMEWHERE.sub("", code_of(node.args[0].value)))
        if not said & HELD_OUT or said & _TRAINS or self._is_try_out():
            return False
        return not self._is_named_after_device(said)

    def _is_named_after_device(self, said: set[str]) -> bool:
        """Whether samples go by another name, too, and were put on a device under this one: `x_dev`."""
        given = self.arguments.get(0, "input")
        names = {
            name for each in alternatives(given) if isinstance(each, Unknown) for name in each.names
        }
        return said & HELD_OUT == {"dev"} and any(words(name) == said - {"dev"} for name in names)

    def is_handed_held_out_rows(self) -> bool:
        """Whether a function that runs the model without gradients is handed what goes by the name of
        data to judge by, first or behind the model."""
        calls = self.event.context.calls
        node = calls[-1].node if calls and self.event.context.gradients is False else None
        if not isinstance(node, cst.Call):
            return False
        given = [words(_PUT_SOMEWHERE.sub("", code_of(each.value))) for each in node.args[:2]]
        return any(said & HELD_OUT for said in given) and not any(said & _TRAINS for said in given)

    def goes_over_other_data(self) -> bool:
        """Whether a script runs the model over a loader that it trains nothing with, having trained
        the same model with another one."""
        loop = self.loop
        over = None if loop is None or not self.run.is_script else _loader_of(loop)
        if over is None:
            return False
        trained = self.run.once(_trained)
        return (
            any(over is not each for _, each in trained)
            and not any(over is each for _, each in trained)
            and any(module is self.module for module, _ in trained)
        )

    def is_called_held_out(self) -> bool:
        """Whether what comes out of the model, without gradients or cut off from them, goes by the name
        of what a model is judged by: `val_loss`."""
        if not isinstance(self.event, ForwardRun):
            return False
        recorded = self.event.context.gradients is not False
        said = {name: words(name) for name in self.event.called}
        judging = [name for name, each in said.items() if each & HELD_OUT and not each & _TRAINS]
        return (
            any(not recorded or self._is_cut(name) for name in judging) and not self._is_try_out()
        )

    def _is_cut(self, name: str) -> bool:
        """Whether a loss of that name is only read off, in the loop that it is computed in."""
        written = "" if self.loop is None else as_written(self.loop.node)
        uses = len(re.findall(rf"\b{re.escape(name)}\b", written))
        reads = len(re.findall(rf"\b{re.escape(name)}(?:\.detach\(\))?\.item\(", written))
        return reads > 0 and uses == reads + 1

    def is_switched_off_for_good(self) -> bool:
        """Whether the function around switches the model to evaluation and runs it in a loop, for what
        nothing can go back through: what comes out is cut off, or the program trains nothing. A
        function that is there for both is called to judge."""
        mine = self.event.context
        if (
            self.loop is None
            or self._is_try_out()
            or not self.modes
            or any(each.training is not False for each in self.modes)
        ):
            return False
        text = self.run.source.text
        # What goes back may stand in a file that is imported.
        trains = "backward" in text or ".step(" in text or "grad" in text
        trains = trains or bool(self.run.once(going_back))
        functions = mine.functions
        around = functions[-1].node if functions else self.loop.node
        written = as_written(around if self.is_written_in(self.loop) else self.loop.node)
        if not trains and (self.run.is_script or _CUTS.search(written) is not None):
            return True
        if any(each.context.functions != mine.functions for each in self.modes):
            return False
        if self._is_called_to_judge():
            return not any(
                [call.node for call in each.context.calls[: len(mine.calls)]]
                == [call.node for call in mine.calls]
                for each in self.run.once(going_back)
            )
        if self._makes_numbers():
            return True
        if self.trains_nearby(self.loop):
            return False
        # What steps there is an environment: a policy acts in it.
        return _CUTS.search(written) is not None and ".step(" not in written

    def _makes_numbers(self) -> bool:
        """Whether the function around returns nothing but a number that is cut off from the graph:
        `return loss.exp().item()`."""
        functions = self.event.context.functions
        written = as_written(functions[-1].node) if functions else ""
        if self.event.context.loops and self.is_written_in(self.event.context.loops[-1]):
            return False
        return written.count("return ") == 1 and _NUMBER.search(written.rstrip()) is not None

    def _is_called_to_judge(self) -> bool:
        """Whether the function around is told not to train: `run_epoch(loader, train=False)`."""
        calls = self.event.context.calls
        node = calls[-1].node if calls else None
        return isinstance(node, cst.Call) and any(
            each.keyword is not None
            and words(each.keyword.value) & _TRAINS
            and code_of(each.value) == "False"
            for each in node.args
        )

    def _is_try_out(self) -> bool:
        """Whether the model is given numbers of a size that the program has written down, to see
        whether it runs."""
        given = self.arguments.get(0, "input")
        if isinstance(given, Tensor) and given.whole is not None:
            return False  # some of the samples
        dims = given.shape.dims if isinstance(given, Tensor) else None
        return dims is not None and all(dim.integer is not None for dim in dims)

    def is_inference(self) -> bool:
        """Whether the model only infers here: without gradients, with weights that it has learned or
        to see how fast it is, in a file that trains nothing."""
        text = self.run.source.text
        if self.event.context.gradients is not False or "backward(" in text or ".step(" in text:
            return False
        measures = self.is_measured()
        has_learned = "load_state_dict(" in text or is_pretrained(self.module)
        return (measures or has_learned) and not any(map(goes_back, self.run.trace))

    def is_measured(self) -> bool:
        """Whether the function around is there to see how fast the model is."""
        functions = self.event.context.functions
        return bool(functions) and bool(words(functions[-1].name) & _MEASURES)

    def is_thrown_away(self) -> bool:
        """Whether nothing is done with what comes out: the model is only to see the numbers, as batch
        norm has to that counts them anew. To measure how fast it is nothing else is needed."""
        place = self.event.place
        if not isinstance(place.node, cst.BaseExpression):
            return False  # a method that is called by nobody
        # To write the call out, or to find its row, takes longer than to look for such lines.
        if _called(place.node) not in _first_words(place.source):
            return False
        lines, code = _lines_of(place.source), code_of(place.node)
        return code in lines and lines[place.row - 1] == code and not self.is_measured()

    def is_only_sized(self) -> bool:
        """Whether a loop ends with its first round, and asks of what comes out for its size alone: a look at
        whether all parts fit."""
        loop = self.loop
        if loop is None or not is_left_with(self.run, self.event):
            return False
        result = self.event.result if isinstance(self.event, Escaped) else None
        names = self.event.called if isinstance(self.event, ForwardRun) else set[str]()
        names = names | result.names if isinstance(result, Unknown) else names
        written = _TEXT.sub("", as_written(loop.node))
        return any(
            len(re.findall(rf"\b{name}\b", written))
            == len(re.findall(rf"\b{name}\.(?:size\(|shape\b)", written)) + 1
            for name in map(re.escape, names)
        )

    def goes_back(self) -> bool:
        """Whether something goes back between this pass and the next one."""
        return any(map(goes_back, self._until_next()))

    def trains_nearby(self, loop: Loop | None) -> bool:
        """Whether something goes back in the same loop or function, or may do so where nobody can
        look."""
        return any(self._is_near(each, loop) for each in self.run.once(going_back))

    def shares_with_training(self, loop: Loop) -> bool:
        """Whether something goes back in a loop at any of the times that it is run."""
        return any(each.node is loop.node for each in self.run.once(_loops_going_back))

    def learns_within(self, loop: Loop) -> bool:
        """Whether something goes back in a loop this time that it is run."""
        return any(each is loop for each in self.run.once(_loops_going_back))

    def is_written_in(self, loop: Loop) -> bool:
        """Whether the call of the model stands in a loop, not in a function that is called there."""
        return stands_in(self.event.place, loop)

    def _until_next(self) -> Iterator[Event]:
        for event in self.run.trace[self.end :]:
            if self._stands_in_for(event):
                continue
            if isinstance(event, ForwardRun) and not event.context.running:
                if not isinstance(event.module, (Instance, Layer)) or has_weights(event.module):
                    return
                continue
            if isinstance(event, Escaped) and self._runs_again(event):
                return
            yield event

    def _runs_again(self, event: Escaped) -> bool:
        """Whether what is called is the model, or one that a later round has made in its place."""
        own, callee = self.module, event.callee
        if callee is own or not isinstance(callee, Unknown) or not isinstance(own, Unknown):
            return callee is own
        made, place = callee.place, own.place
        if made is None or place is None or made.node is not place.node:
            return False
        return any(
            mine.loop is other.loop and mine.index < other.index
            for mine, other in zip(self.event.context.rounds, event.context.rounds, strict=False)
        )

    def _stands_in_for(self, event: Event) -> bool:
        """Whether an event comes from another function that the same call may have meant."""
        mine, other = self.event.context, event.context
        if not mine.calls or len(other.calls) < len(mine.calls) or mine.rounds != other.rounds:
            return False
        level = len(mine.calls) - 1
        same = other.calls[level].node is mine.calls[level].node
        return same and other.functions[level].node is not mine.functions[level].node

    def _is_near(self, event: Event, loop: Loop | None) -> bool:
        if loop is not None:  # the same time that the loop is run, not another
            return any(each.loop is loop for each in event.context.rounds)
        mine = self.event.context.functions
        return not mine or any(each is mine[-1] for each in event.context.functions)


def _trained(run: AbstractRun) -> list[tuple[Value, Object]]:
    """The models that run in loops over loaders in which something goes back, each with its loader."""
    loops: dict[Loop, Object] = {}
    for event in run.events(BackwardRun):
        for loop in event.context.loops[-1:]:
            loader = _loader_of(loop)
            if loader is not None:
                loops[loop] = loader
    found = []
    for each in run.events(ForwardRun) if loops else ():
        around = each.context.loops
        if around and around[-1] in loops and not each.context.running:
            found.append((each.module, loops[around[-1]]))
    return found


def _loader_of(loop: Loop) -> Object | None:
    """The loader that a loop goes over."""
    over = data_of(loop)
    return over if isinstance(over, Object) and over.path.endswith(".DataLoader") else None


def _loops_going_back(run: AbstractRun) -> list[Loop]:
    """The loops in which something goes back, each time that they are run."""
    rounds = (round_ for each in run.once(going_back) for round_ in each.context.rounds)
    return list(dict.fromkeys(round_.loop for round_ in rounds))


def stands_in(place: NodePlace, loop: Loop) -> bool:
    """Whether a call stands in a loop as it is written."""
    source = loop.place.source
    if place.source is not source:
        return False
    if not isinstance(loop.node, cst.CompFor):
        return holds(loop.node, place.node)
    # A comprehension begins with what it makes, which is no part of its loop.
    inner, outer = source.positions.span(place.node), source.positions.span(loop.node)
    return inner.end_row >= outer.row and inner.row <= outer.end_row


def is_about_held_out_data(loop: Loop) -> bool:
    """Whether a loop goes over data that a model is judged by."""
    said = words(code_of(_head(loop.node)))
    return bool(said & HELD_OUT) and not said & _TRAINS


def _head(node: cst.CSTNode) -> cst.CSTNode:
    """What a loop goes over, or the condition it stands under."""
    for name in ("iter", "test"):
        found = getattr(node, name, None)
        if isinstance(found, cst.CSTNode):
            return found
    return cst.Name("loop")


def place_of_head(loop: Loop) -> NodePlace:
    """Where the head of a loop is."""
    return NodePlace(loop.place.source, _head(loop.node))


def head_of(run: AbstractRun, loop: Loop) -> NodePlace | None:
    """The head of a loop, if it lies in the file that is analysed."""
    return place_of_head(loop) if loop.place.source is run.source else None


def _is_unit_test(name: str) -> bool:
    """Whether a function is a test of code: those begin with `test_`, as do a few that are not."""
    rest = name.removeprefix("test_")
    return rest != name and not words(rest) & {"model", "epoch", "loop", "net", "network", "batch"}


def seen_from(run: AbstractRun, event: Event) -> NodePlace:
    """Where an event lies in the file that is analysed: itself, or the call that led to it."""
    for place in (event.place, *reversed(event.context.calls)):
        if place.source is run.source:
            return place
    return event.place


def told_at(run: AbstractRun, event: Event) -> NodePlace:
    """Where an event is told of: where it happens if findings may lie there, else as seen from the
    file that is analysed."""
    return event.place if run.may_tell_of(event.place.source) else seen_from(run, event)


def passes(run: AbstractRun) -> tuple[Pass, ...]:
    """The forward passes of whole models, in order. An unknown is a model when it is used or named
    as one, in code that is about torch."""
    return run.once(_passes)


def _passes(run: AbstractRun) -> tuple[Pass, ...]:
    return () if holds_unit_tests(run) else tuple(_found_passes(run))


def _found_passes(run: AbstractRun) -> Iterator[Pass]:
    switched = [event.module for event in run.events(ModeSwitched)]
    for event in run.events_among(ForwardRun, Escaped):
        if event.context.running:
            continue
        if any(map(_is_of_module, event.context.functions)):
            continue
        if not run.is_script and any(map(_is_only_declared, event.context.functions[:1])):
            continue
        if isinstance(event, ForwardRun):
            if _is_of_torch(event.module) and has_weights(event.module):
                yield Pass(run, event)
        elif isinstance(event, Escaped) and isinstance(event.callee, Unknown):
            if _is_given_no_tensor(event) or not is_about_torch(run):
                continue
            unknown = event.callee
            used_so = any(each is unknown for each in switched)
            if used_so or (_is_called_model(unknown) and _may_be_module(run, unknown)):
                yield Pass(run, event)


def _is_given_no_tensor(event: Escaped) -> bool:
    """Whether what is called is given a text, a path or an array of NumPy: what takes those makes its
    own tensors of them, or none at all, and records as it likes."""
    given = event.arguments.get(0, "input")
    if isinstance(given, Tensor):
        return given.library == "numpy"
    if isinstance(given, Unknown):
        return given.name in _NO_TENSORS
    return known_text(given) is not None or getattr(given, "path", "") == "pathlib.Path"


def _may_be_module(run: AbstractRun, unknown: Unknown) -> bool:
    """Whether an unknown that is called a model may be a module of torch: it was handed in, or the
    program does with it what modules are there for. What a function of a library has made may as
    well be a whole pipeline."""
    made = unknown.place
    if made is None or not isinstance(made.node, cst.Call) or unknown.name in _OF_MODULES:
        return True
    known, current = run.once(_modules_by_use), unknown
    while current not in known and current.parent is not None:
        current = current.parent
    return current in known


def _modules_by_use(run: AbstractRun) -> frozenset[Value]:
    """What parameters are asked for or loaded into, what is switched, and what was loaded as a whole."""
    asked = (each.module for each in run.events(ParametersAsked))
    switched = (each.module for each in run.events(ModeSwitched))
    filled = (each.module for each in run.events(StateUsed) if each.module is not None)
    loaded = (each.value for each in run.events(ObjectLoaded))
    return frozenset((*asked, *switched, *filled, *loaded))


def recording_nothing(run: AbstractRun) -> Iterator[NodePlace]:
    """Where models of other files run while gradients are switched off by this one."""
    for each in run.events_among(ForwardRun, Escaped):
        if each.place.source is run.source or each.context.running:
            continue
        if each.context.gradients is False or is_switched_off_by_statement(run, each):
            yield each.place


def is_switched_off_by_statement(run: AbstractRun, forward: Event) -> bool:
    """Whether a statement has switched the gradients off before: `torch.set_grad_enabled(False)`."""
    last = None
    for event in run.events(GradientModeMade):
        manager = event.manager
        earlier = event.index < forward.index and not is_entered(manager)
        if earlier and is_statement(manager):
            last = manager
    mode = None if last is None else last.argument(0, "mode")
    return mode is not None and not is_constant(mode, True)


def is_statement(manager: Object) -> bool:
    """Whether a gradient mode takes effect by itself, without being entered."""
    return manager.path.endswith("set_grad_enabled")


def is_entered(manager: Object) -> bool:
    """Whether the code that a gradient mode is to be in force for is run under it."""
    return "entered" in manager.fields


def sources_of(run: AbstractRun) -> set[Source]:
    """The files that take part in a run."""
    return run.once(_sources)


def _sources(run: AbstractRun) -> set[Source]:
    found = {run.source}
    found.update({event.place.source for event in run.trace})
    # Many events share what leads to them.
    leading = {id(event.context.functions): event.context.functions for event in run.trace}
    found.update(function.scope.source for each in leading.values() for function in each)
    return found


def is_about_torch(run: AbstractRun) -> bool:
    """Whether a file imports torch and no library that works otherwise."""
    return _names_torch_alone(run.source)


# A long text is searched once, not for each of its functions.
@lru_cache(maxsize=2)
def _names_torch_alone(source: Source) -> bool:
    return _TORCH.search(source.text) is not None and _OTHER_LIBRARY.search(source.text) is None


def _is_of_module(function: Function) -> bool:
    """Whether a function is a method of a module: part of a forward pass, whoever calls it."""
    owner = function.owner
    if owner is None:
        return False
    return owner.has_unknown_base() or are_of_modules(owner.library_bases())


def _is_only_declared(function: Function) -> bool:
    """Whether a class that the method overrides it of leaves it open: who calls it, and how, is
    settled elsewhere."""
    bases = () if function.owner is None else function.owner.lineage()[1:]
    declared = (base.fields.get(function.name) for base in bases if isinstance(base, Class))
    return any(
        getattr(decorator, "path", "") == "abc.abstractmethod"
        for each in declared
        if isinstance(each, Function)
        for decorator in each.decorators
    )


def _is_of_torch(module: Value) -> bool:
    if isinstance(module, Instance):
        paths = module.cls.library_bases()
        return not any(path.startswith(("keras", "tensorflow", "flax")) for path in paths)
    return not getattr(module, "path", "").startswith(("keras", "tensorflow"))


def _is_called_model(value: Unknown) -> bool:
    names = (*value.names, value.name)
    return any(
        _MODEL_NAME.search(name) and not _HANDLES_MODEL.search(name) and not _names_class(name)
        for name in names
    )


def _names_class(name: str) -> bool:
    """Whether a name is written as classes are: `Net`, whose call builds a model."""
    return name[:1].isupper() and not name.isupper()
