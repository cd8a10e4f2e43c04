"""Data that models are judged by, and what it goes through on its way."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise, takewhile
from typing import Self, TypeGuard

import libcst as cst

from advisor.code.events import (
    AttributeAssigned,
    BackwardRun,
    BatchDrawn,
    DataGiven,
    Escaped,
    Event,
    ForwardRun,
    HitsCounted,
    LayerRun,
    LoaderBuilt,
    Loop,
    ModelTrained,
    ObjectLoaded,
    OptimizerStepped,
    Predicted,
    Round,
    StateUsed,
)
from advisor.code.facts.changed_samples import RandomChange, change_in_code
from advisor.code.facts.judging_loaders import judging_loaders
from advisor.code.facts.loaders import TrainingLoader, is_loader, looks_at_number
from advisor.code.facts.loop_lengths import data_of
from advisor.code.facts.made_alike import asked_for_at
from advisor.code.facts.passes import seen_from, sources_of, stands_in
from advisor.code.facts.relations import reaches
from advisor.code.facts.run import AbstractRun, Fact, code_of, contexts_of
from advisor.code.facts.scored_loaders import is_scored
from advisor.code.facts.several_views import gives_several_views
from advisor.code.facts.sides import Side, name_of, shortest, side_of, side_of_names
from advisor.code.facts.unit_tests import holds_unit_tests
from advisor.code.library.keras_data import ITERATOR
from advisor.code.library.picture_sizes import is_of_torchvision
from advisor.code.library.picture_sizes import transform_of as transform_of_pictures
from advisor.code.library.streams import CHANGED_AT, HUGGING_FACE, TENSORFLOW
from advisor.code.library.torch_data import SUBSET, loaded_from, whole_behind
from advisor.code.library.transforms import random_part
from advisor.code.nodes import as_written
from advisor.code.part_names import PUBLISHED, words
from advisor.code.sources import NodePlace
from advisor.code.symbols import Number
from advisor.code.values import (
    Constant,
    Function,
    Instance,
    Layer,
    Object,
    Optimizer,
    Scalar,
    Unknown,
    Value,
    alternatives,
    is_always,
    known_number,
    known_text,
    lineage_of,
    names_of,
    same,
)
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

# Learning that compares augmented views of a sample judges by them, too.
_COMPARES_VIEWS = re.compile(r"contrastive|simclr|byol|\bmoco\b|barlow|vicreg|swav", re.IGNORECASE)
_LEAVES = re.compile(r"\b(break|return|raise|exit)\b")
# What happens where a model is asked about something, or may be.
_ASKS = (ForwardRun, LayerRun, Predicted, HitsCounted, Escaped)
_TRANSFORM = re.compile(r"transform|augment|^aug$|^tf(ms?)?$|^trans$", re.IGNORECASE)
# Held-out data that is loaded this many times is looked at in several versions, to average over them.
MOST_PASSES = 3
_VERSIONS = frozenset(["aug", "augs", "augmentation", "augmentations", "tta"])

# What samples are changed for that a model is judged by.
_HARDER = re.compile(r"equivarian|invarian|robust|generali[sz]|unseen|corrupt", re.IGNORECASE)


@dataclass(frozen=True, eq=False, slots=True)
class HeldOutData(Fact):
    """Data that a model is judged by, ready to be loaded. `dataset` is what is loaded, `transform`
    what its samples go through, None where nobody knows."""

    run: AbstractRun
    event: Event
    dataset: Value
    transform: Value | None

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every data set that is called or given as held-out data, and is not trained on."""
        if holds_unit_tests(run):
            return
        seen: set[Value] = set()
        for event, dataset in _held_out(run):
            if dataset not in seen:
                seen.add(dataset)
                yield cls(run, event, dataset, transform_of(dataset))

    @property
    def name(self) -> str:
        """What the program calls it."""
        for value in (self.dataset, getattr(self.event, "loader", None)):
            lineage = lineage_of(value)
            name = shortest(names_of(value), Side.HELD_OUT)
            name = name or (None if lineage is None else name_of(lineage.rows))
            if name is not None:
                return name
        return "the held-out data"

    @property
    def loader(self) -> Object | None:
        """What loads it in batches."""
        return self.event.loader if isinstance(self.event, LoaderBuilt) else None

    def drops_last_batch(self) -> bool:
        """Whether the samples of the last batch are left out, whatever the options, where some are judged
        by."""
        if self.loader is None or not is_loader(self.loader) or self.loader.arguments.unknown:
            return False
        if not is_always(self.loader.argument(8, "drop_last"), True):
            return False
        size = known_number(self.loader.argument(1, "batch_size"))
        if size is None or size.integer in {None, 1} or self._may_hold_whole_batches(size):
            return False
        if self._is_drawn_anew() or self._is_only_tasted() or self._compares_samples():
            return False
        return is_scored(self.run, self.loader)

    def _compares_samples(self) -> bool:
        """Whether the samples of a batch are compared with each other: batches of different size do not
        compare."""
        return _COMPARES_VIEWS.search(self.run.source.text) is not None

    def _is_drawn_anew(self) -> bool:
        """Whether the project makes a sample up, whatever number is asked for: none is left out."""
        cls = self.dataset.cls if isinstance(self.dataset, Instance) else None
        get = None if cls is None else cls.find("__getitem__")
        node = get.node if isinstance(get, Function) else None
        return isinstance(node, cst.FunctionDef) and not looks_at_number(node)

    def _may_hold_whole_batches(self, size: Number) -> bool:
        """Whether there are as many samples as whole batches hold, or the length of a data set of the
        project is such a number that it keeps: it was made to fit."""
        whole = getattr(self.dataset, "fields", {}).get("length")
        if isinstance(whole, Scalar) and size.integer:
            samples = whole.number.integer
            return samples is not None and samples % size.integer == 0
        if not isinstance(self.dataset, Instance) or not size.integer:
            return False
        length = self.dataset.cls.find("__len__")
        if not isinstance(length, Function):
            return False
        said = code_of(length.node)
        kept = (
            each.number.integer
            for name, each in self.dataset.fields.items()
            if isinstance(each, Scalar) and re.search(rf"\bself\.{name}\b", said)
        )
        return any(
            number is not None and number > 0 and number % size.integer == 0 for number in kept
        )

    def _is_only_tasted(self) -> bool:
        """Whether every loop over it stops after the first batch: nothing is judged by it."""
        if self._is_given_away():
            return False
        through = self._rounds_over_it()
        if not through:
            return self._is_looked_into()
        return {each.index for each in through} == {0} and _are_left_early(through)

    def _is_only_looked_at(self) -> bool:
        """Whether the loops over it compute no score and are left early, and nothing else gets it: some
        pictures are drawn to see what becomes of them."""
        through = self._rounds_over_it()
        return bool(through) and _are_left_early(through) and self._is_shown_to_no_model()

    def _is_training_part_to_try(self) -> bool:
        """Whether a script asks for the part to learn from, whatever it calls it, and no model: what makes
        the samples is tried out."""
        if self.event.context.functions or not isinstance(self.dataset, Instance):
            return False
        asked = map(_side_of_text, self.dataset.fields.values())
        return Side.TRAINING in asked and self._is_shown_to_no_model()

    def _is_shown_to_no_model(self) -> bool:
        """Whether a loader is at hand whose batches no model is given, here or elsewhere."""
        if self.loader is None or self._is_given_away() or is_scored(self.run, self.loader):
            return False
        return not any(map(self._is_asked_in, self.run.events_among(*_ASKS)))

    def _rounds_over_it(self) -> list[Round]:
        return [each for each in self.run.once(_rounds) if self._is_of(each.loop)]

    def _is_changed_otherwise_meanwhile(self) -> bool:
        """Whether somebody replaces its transform by one that leaves nothing to chance, has a model say
        something of it then, and puts another one back."""
        whole = whole_behind(self.dataset) if _is_subset(self.dataset) else self.dataset
        replaced = [
            each
            for each in self.run.events(AttributeAssigned)
            if each.owner is whole and _TRANSFORM.search(each.name)
        ]
        return any(
            random_part(each.value) is None
            and any(
                map(self._is_asked_in, self.run.events_within(each.index, then.index, ForwardRun))
            )
            for each, then in pairwise(replaced)
        )

    def _is_asked_in(self, event: Event) -> bool:
        """Whether a model, or something unknown that may be one, is asked in a loop over it."""
        return any(map(self._is_of, event.context.loops))

    def _is_given_away(self) -> bool:
        """Whether something else goes through it, nobody knows how."""
        return any(map(self._is_handed_over, self.run.events_among(Escaped, DataGiven)))

    def _is_of(self, loop: Loop) -> bool:
        return self.loader in alternatives(data_of(loop))

    def _is_looked_into(self) -> bool:
        """Whether nothing but a batch is taken here and there: `next(iter(loader))`."""
        taken = re.compile(rf"next\(iter\(({'|'.join(map(re.escape, self._names()))})\)\)")
        return bool(self._names()) and any(taken.search(each.text) for each in sources_of(self.run))

    def _names(self) -> list[str]:
        return sorted(names_of(self.loader))

    def _is_handed_over(self, event: Event) -> bool:
        if isinstance(event, Escaped):
            return self.loader in event.values
        return isinstance(event, DataGiven) and self.loader in alternatives(event.data)

    def random_change(self) -> RandomChange | None:
        """What changes each sample at random, where that is not on purpose."""
        change = self._change()
        if change is None or self._compares_samples() or "tta" in self._said():
            return None
        if "tta" in words(change.made_by):
            return None
        if gives_several_views(self.run, self.dataset) or self._is_made_harder():
            return None
        if self._times_loaded() >= MOST_PASSES or self._is_in_loop_over_versions():
            return None
        if self.loader is not None and (self._is_only_tasted() or self._is_only_looked_at()):
            return None
        if self._is_training_part_to_try() or self._is_changed_otherwise_meanwhile():
            return None
        return None if self._is_loaded_unchanged_too() else change

    def _change(self) -> RandomChange | None:
        part = random_part(self.transform)
        if part is not None:
            return RandomChange(part.path.rsplit(".", 1)[-1], part.place)
        data = self.dataset
        if _is_subset(data):
            data = whole_behind(data) or data
        return change_in_code(self.run, data)

    def _is_made_harder(self) -> bool:
        """Whether the samples to learn from surely stay as they are, and the program speaks of what the
        others are changed for: to see how well a model generalises to what it has never seen."""
        if random_part(self.transform) is None or not _HARDER.search(self.run.source.text):
            return False
        trained = (dataset_of(each.loader) for each in self.run.facts(TrainingLoader))
        transforms = [transform_of(each) for each in trained]
        known = bool(transforms) and all(isinstance(each, Object) for each in transforms)
        return known and all(random_part(each) is None for each in transforms)

    def _times_loaded(self) -> int:
        loaders = {event.loader for event in self.run.events(LoaderBuilt)}
        return sum(dataset_of(loader) is self.dataset for loader in loaders)

    def _is_loaded_unchanged_too(self) -> bool:
        """Whether the same samples are loaded without random changes besides."""
        data = self.dataset
        if is_of_torchvision(data):
            return random_part(self.transform) is None and self._has_unchanged_twin(data)
        if not isinstance(data, Instance):
            return False
        held = [each for each in data.fields.values() if lineage_of(each) is not None]
        others = {dataset_of(event.loader) for event in self.run.events(LoaderBuilt)} - {data}
        return any(
            isinstance(other, Instance)
            and other.cls is data.cls
            and any(one is two for one in held for two in other.fields.values())
            and change_in_code(self.run, other) is None
            for other in others
        )

    def _has_unchanged_twin(self, data: Object) -> bool:
        """Whether a well-known data set is loaded from the same place with another transform that only
        prepares it."""
        others = {dataset_of(event.loader) for event in self.run.events(LoaderBuilt)} - {data}
        return any(
            is_of_torchvision(other)
            and other.path == data.path
            and _is_same_part(data, other)
            and random_part(transform_of(other)) is None
            and change_in_code(self.run, other) is None
            for other in others
        )

    def _is_in_loop_over_versions(self) -> bool:
        """Whether it is loaded, or gone through, once for each of several augmentations:
        `for aug in range(5)`, or in a loop in which no model learns and none is read."""
        around = set(self.event.context.loops)
        repeating: set[Loop] = set()
        if self.loader is not None:
            for loops in self.run.once(_nests):
                if any(map(self._is_of, loops)):
                    around |= set(loops)
                    repeating |= set(takewhile(lambda each: not self._is_of(each), loops))
            around |= {
                loop
                for event in self.run.events(Escaped)
                if self.loader in event.values
                for loop in event.context.loops
            }
        return any(map(self._repeats, repeating)) or any(
            words(code_of(part)) & _VERSIONS
            for loop in around
            for part in (getattr(loop.node, "target", None), getattr(loop.node, "iter", None))
            if isinstance(part, cst.CSTNode)
        )

    def _repeats(self, loop: Loop) -> bool:
        """Whether a loop goes through the same samples with the same model again and again."""
        made = self.dataset.place
        if is_loader(data_of(loop)) or made is None or stands_in(made, loop):
            return False
        several = loop.trips is not None and (loop.trips.integer or 0) > 1
        changes = (OptimizerStepped, BackwardRun, ModelTrained, StateUsed, ObjectLoaded, Escaped)
        return several and not any(
            each.node is loop.node and _may_change_model(event)
            for event in self.run.events_among(*changes)
            for each in event.context.loops
        )

    def _said(self) -> set[str]:
        names = names_of(self.dataset) | {
            function.name for function in self.event.context.functions
        }
        names.add(self.run.source.display_name.rpartition("/")[2])
        return {word for name in names for word in words(name)}

    def finding(self, message: str, *related: tuple[NodePlace | None, str]) -> Draft:
        """A finding where the data set is made, or loaded if that is elsewhere."""
        told = self.dataset.fields.get(CHANGED_AT) if isinstance(self.dataset, Object) else None
        place = told if isinstance(told, NodePlace) else self.dataset.place
        if isinstance(self.event, DataGiven):
            place = asked_for_at(self.run, self.dataset, training=False) or place
        if place is None or not self.run.may_tell_of(place.source):
            place = seen_from(self.run, self.event)
        known = tuple((where, text) for where, text in related if where is not None)
        return Draft(place, message, known)


def _is_subset(data: Value) -> TypeGuard[Object]:
    return isinstance(data, Object) and data.path == SUBSET


def _is_same_part(one: Object, other: Object) -> bool:
    """Whether two data sets of torchvision hold the pictures of the same files."""
    for index, name in ((0, "root"), (-1, "train"), (-1, "split")):
        here, there = one.argument(index, name), other.argument(index, name)
        if here is not there and (here is None or there is None or not same(here, there)):
            return False
    return True


def _nests(run: AbstractRun) -> set[tuple[Loop, ...]]:
    """The loops around whatever happens, outermost first."""
    return {context.loops for context in contexts_of(run)}


def _are_left_early(rounds: Iterable[Round]) -> bool:
    """Whether all loops that rounds belong to may stop before the last one."""
    return all(_LEAVES.search(code_of(node)) for node in {each.loop.node for each in rounds})


def _may_change_model(event: Event) -> bool:
    """Whether something that happens may let a model learn, or be another one: code that nobody sees
    may, where it is given a model or an optimizer."""
    return not isinstance(event, Escaped) or any(
        isinstance(each, (Instance, Layer, Optimizer)) for each in event.values
    )


def _rounds(run: AbstractRun) -> set[Round]:
    """The rounds of loops that something happens in."""
    return {each for context in contexts_of(run) for each in context.rounds}


def _held_out(run: AbstractRun) -> Iterator[tuple[Event, Value]]:
    trained = {each.loader for each in run.facts(TrainingLoader)} | _drawn_to_learn(run)
    learned_from = {each.data for each in run.events(DataGiven) if each.use == "training"}
    for event in run.events_among(LoaderBuilt, DataGiven):
        if isinstance(event, LoaderBuilt) and event.loader not in trained:
            dataset = event.loader if event.loader.path == ITERATOR else dataset_of(event.loader)
            if dataset is None and _loads_unknown(event.loader):
                dataset = event.loader
            if dataset is None:
                continue
            if event.place.source is not run.source and not is_used(run, event.loader):
                continue  # a part that another file gives along, and nobody asked for here
            called = is_held_out(dataset) or is_held_out(event.loader)
            if _is_training_part(run, dataset):
                continue
            if called or event.loader in judging_loaders(run):
                yield event, dataset
        elif isinstance(event, DataGiven) and event.use != "training":
            for each in alternatives(event.data):
                given = dataset_of(each) if isinstance(each, Object) and is_loader(each) else each
                if isinstance(given, (Object, Instance)) and each not in learned_from:
                    yield event, given


def _is_training_part(run: AbstractRun, dataset: Value) -> bool:
    """Whether a data set was asked for the part to learn from, and another one of its class for the part
    to judge by: a model may be shown both, to see how far apart its scores are."""
    if not isinstance(dataset, Instance):
        return False
    others = {dataset_of(event.loader) for event in run.events(LoaderBuilt)} - {dataset}
    of_class = [each for each in others if isinstance(each, Instance) and each.cls is dataset.cls]
    return any(
        _side_of_text(value) is Side.TRAINING
        and any(_side_of_text(each.fields.get(name)) is Side.HELD_OUT for each in of_class)
        for name, value in dataset.fields.items()
    )


def _side_of_text(value: object) -> Side | None:
    """The side that a text asks for: `mode="train"`, not the name of a folder."""
    text = known_text(value) if isinstance(value, Value) else None
    return None if text is None or not text.isalpha() else side_of_names({text})


def is_used(run: AbstractRun, loader: Object) -> bool:
    """Whether a loader is gone through, or given away."""
    return (
        any(loader in alternatives(data_of(loop)) for nest in run.once(_nests) for loop in nest)
        or any(each.loader is loader for each in run.events(BatchDrawn))
        or any(loader in alternatives(each.data) for each in run.events(DataGiven))
        or any(reaches(value, loader) for each in run.events(Escaped) for value in each.values)
    )


def _drawn_to_learn(run: AbstractRun) -> set[Object]:
    """The loaders that a training asks for the next batch in each of the rounds in which it steps, by
    whatever name: `images = next(iter_test)`, where a model is adapted to what it is tested on."""
    steps = [each.context for each in run.events(OptimizerStepped)]
    return {
        each.loader
        for each in run.events(BatchDrawn)
        if each.context.rounds and each.context.gradients is not False
        for step in steps
        if step.rounds == each.context.rounds and set(each.context.guards) <= set(step.guards)
    }


def _loads_unknown(loader: Object) -> bool:
    """Whether it is by its loader alone that a data set is known: one that was read from a file."""
    return is_loader(loader) and isinstance(loader.fields.get("dataset"), Unknown)


def dataset_of(loader: Object) -> Value | None:
    """What a loader loads from."""
    found = loaded_from(loader)
    return found if isinstance(found, (Object, Instance)) else None


def is_held_out(dataset: Value) -> bool:
    """Whether a data set is there to judge by: called so, divided so, or asked for so."""
    if isinstance(dataset, Object) and _asks_for_held_out_part(dataset):
        return True
    if isinstance(dataset, Instance):
        return side_of_names(names_of(dataset)) is Side.HELD_OUT
    lineage = lineage_of(dataset)
    return lineage is not None and side_of(lineage.rows) is Side.HELD_OUT


def _asks_for_held_out_part(dataset: Object) -> bool:
    if dataset.path == ITERATOR:
        return known_text(dataset.argument(-1, "subset")) == "validation"
    if not is_of_torchvision(dataset):
        return False
    train = dataset.argument(1, "train")
    off = isinstance(train, Constant) and train.value is False
    return off or known_text(dataset.argument(1, "split")) in PUBLISHED


def transform_of(dataset: Value | None) -> Value | None:
    """What the samples of a data set go through when they are loaded, as far as is known."""
    if isinstance(dataset, Instance):
        return _transform_of_instance(dataset)
    if not isinstance(dataset, Object) or dataset.arguments.unknown:
        return None
    if dataset.path == SUBSET:
        return transform_of(whole_behind(dataset))
    if dataset.path in {TENSORFLOW, HUGGING_FACE}:
        change = dataset.fields.get("transform")
        return change if isinstance(change, Object) else None
    if dataset.path == ITERATOR:
        generator = dataset.fields.get("generator")
        return generator if isinstance(generator, Object) else None
    return transform_of_pictures(dataset) if is_of_torchvision(dataset) else None


def _transform_of_instance(dataset: Instance) -> Value | None:
    """The transform that a class keeps, and applies to whatever sample it is asked for."""
    get = dataset.cls.find("__getitem__")
    if not isinstance(get, Function) or not isinstance(get.node, cst.FunctionDef):
        return None
    code = as_written(get.node.body)
    for name, value in dataset.fields.items():
        if isinstance(name, str) and _TRANSFORM.search(name) and f"self.{name}(" in code:
            chooses = re.search(rf"\bif\b(?! self\.{name}( is not None)?:)", code)
            return value if isinstance(value, Value) and not chooses else None
    return None
