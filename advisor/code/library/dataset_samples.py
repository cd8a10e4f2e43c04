"""What data sets of the project give when they are asked for a sample, and which samples are asked
for."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.events import Event, NeighboursUsed, NumbersDrawn, SeedFixed
from advisor.code.interpreter import calls
from advisor.code.library import lineages
from advisor.code.library.models import Call, function
from advisor.code.library.python.numbers import PROCESSORS
from advisor.code.library.random_numbers import MADE_IN
from advisor.code.nodes import as_written
from advisor.code.part_names import HELD_OUT, TRAINING, words
from advisor.code.sources import NodePlace
from advisor.code.values import (
    Arguments,
    Bound,
    Dictionary,
    Function,
    Instance,
    Lineage,
    Object,
    RowSet,
    Scalar,
    Sequence,
    Value,
    alternatives,
    is_constant,
    known_number,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_SAMPLER = "torch.utils.data.SubsetRandomSampler"


def imagined_sample(
    machine: "Machine", dataset: Instance, node: cst.CSTNode
) -> tuple[Value, list[Event]] | None:
    """The sample that a data set gives for any number, and what happens meanwhile; None if it gives
    none by their number."""
    if not isinstance(dataset.cls.find("__getitem__"), Function):
        return None
    with machine.imagining() as imagined:
        number = Scalar(symbols.fresh(lineages.SAMPLE_NUMBER))
        sample = calls.call_method(machine, dataset, "__getitem__", Arguments([number]), node)
        if isinstance(sample, Dictionary):
            # What was put into it while it was imagined is taken out again in the end.
            sample = Dictionary(dict(sample.items), sample.other, sample.place)
    return sample, imagined


def lineage_of_samples(
    machine: "Machine", dataset: Value | None, node: cst.CSTNode
) -> Lineage | None:
    """Where the samples come from that a data set gives: of one that keeps rows of both sides, those
    that it is asked for, `self.test[i] if self.mode == "test" else self.train[i]`."""
    found = lineages.known(dataset)
    if found is None or not isinstance(dataset, Instance) or not _keeps_both_sides(dataset):
        return found
    imagined = imagined_sample(machine, dataset, node)
    sample = None if imagined is None else imagined[0]
    if isinstance(sample, Sequence) and sample.items:
        sample = sample.items[0]
    given = lineages.known(sample)
    kept = [] if given is None else [each.rows for each in lineages.all_of(dataset)]
    own = [] if given is None else [each for each in given.rows.ancestors() if each in kept]
    return found if given is None or not own else given.of(own[0])


def _keeps_both_sides(dataset: Instance) -> bool:
    held = [
        words(name)
        for name, each in dataset.fields.items()
        if isinstance(name, str) and lineages.known(each) is not None
    ]
    return any(said & TRAINING for said in held) and any(said & HELD_OUT for said in held)


def notice_windows(machine: "Machine", dataset: Value, node: cst.CSTNode) -> None:
    """See that the samples of a data set are windows of one series, which overlap."""
    imagined = imagined_sample(machine, dataset, node) if isinstance(dataset, Instance) else None
    own = lineages.samples(dataset).rows
    for event in () if imagined is None else imagined[1]:
        if isinstance(event, NeighboursUsed):
            for rows in dict.fromkeys((own, event.rows)):
                place, text = event.place, event.text
                machine.emit(NeighboursUsed(place, machine.context, rows, text, always=True))
            return


def draws_of_workers(
    call: Call, whole: Value | None
) -> tuple[tuple[NumbersDrawn, ...], NodePlace | None]:
    """The random numbers of numpy that the worker processes of a loader draw for its batches; none if
    it has no workers, or tells each what to begin with. And where it tells all of them the same."""
    if not _has_workers(call):
        return (), None
    draws = _draws_for_batches(call, whole)
    given = call.argument(10, "worker_init_fn")
    if given is None or is_constant(given, None) or not draws:
        return draws, None
    place = _seeds_alike(call, given)
    return tuple(each for each in draws if place and each.generator is None), place


def _seeds_alike(call: Call, start: Value) -> NodePlace | None:
    """Where a function that runs as a worker starts seeds numpy, if it is by the same number in each."""
    if not isinstance(start, (Function, Bound)):
        return None
    with call.machine.imagining() as imagined:
        worker = Scalar(symbols.fresh("worker"))
        calls.call(call.machine, start, Arguments([worker]), call.node)
    seeds = [each for each in imagined if isinstance(each, SeedFixed) and _is_of_numpy(each)]
    numbers = [known_number(each.seed) for each in seeds]
    known = all(number is not None and number.integer is not None for number in numbers)
    return seeds[0].place if seeds and known else None


def _is_of_numpy(event: SeedFixed) -> bool:
    node = event.place.node
    called = lineages.written(node.func) if isinstance(node, cst.Call) else ""
    return called in {"np.random.seed", "numpy.random.seed"}


def _draws_for_batches(call: Call, whole: Value | None) -> tuple[NumbersDrawn, ...]:
    found: list[Event] = []
    for dataset in _parts_of_project(whole):
        found.extend(_imagined(call.machine, dataset, "__getitem__", call.node))
        found.extend(_imagined(call.machine, dataset, "__iter__", call.node))
    for change in _changes_of_pictures(whole):
        found.extend(_imagined_call(call, change, "picture"))
    collate = call.argument(6, "collate_fn")
    if isinstance(collate, (Function, Bound, Instance)):
        found.extend(_imagined_call(call, collate, "samples"))
    return unseeded_draws(found)


def unseeded_draws(imagined: Iterable[Event]) -> tuple[NumbersDrawn, ...]:
    """The random numbers that are drawn where nothing seeds, from a generator that was there before."""
    found = list(imagined)
    if any(isinstance(each, SeedFixed) for each in found):
        return ()
    draws = (each for each in found if isinstance(each, NumbersDrawn))
    return tuple(each for each in draws if not _is_made_meanwhile(each))


def _imagined_call(call: Call, function: Value, given: str) -> list[Event]:
    """What happens in a function that is given something unknown."""
    with call.machine.imagining() as imagined:
        passed = Arguments([call.machine.unknown(given, call.node)])
        calls.call(call.machine, function, passed, call.node)
    return imagined


def _changes_of_pictures(whole: Value | None) -> list[Value]:
    """What the samples of torchvision's data sets go through."""
    if not isinstance(whole, Object):
        return []
    if not whole.path.startswith("torchvision.datasets."):
        inner = whole.fields.get("dataset") or whole.argument(0, "dataset")
        return _changes_of_pictures(inner) if isinstance(inner, Object) else []
    changes = (Function, Bound, Instance, Object)
    return [each for each in whole.arguments.values() if isinstance(each, changes)]


def _has_workers(call: Call) -> bool:
    """Whether a loader has several processes."""
    if call.arguments.unknown:
        return False
    options = alternatives(call.argument(5, "num_workers"))
    return bool(options) and all(map(are_several, options))


def are_several(workers: Value) -> bool:
    """Whether a number of processes is more than one, or as many as there are processors."""
    number = known_number(workers)
    counted = isinstance(workers, Scalar) and PROCESSORS in workers.names
    return counted or (number is not None and number.integer is not None and number.integer > 1)


def _parts_of_project(data: Value | None) -> list[Instance]:
    """The data sets of the project that samples come from in the end."""
    if isinstance(data, Instance):
        return [data]
    if not isinstance(data, Object):
        return []
    inner = data.fields.get("dataset") or data.argument(0, "dataset")
    parts = data.argument(0, "datasets")
    return [
        found
        for each in (inner, *(parts.items or () if isinstance(parts, Sequence) else ()))
        if isinstance(each, Value) and each is not data
        for found in _parts_of_project(each)
    ]


def _imagined(machine: "Machine", dataset: Instance, name: str, node: cst.CSTNode) -> list[Event]:
    """What happens when a data set gives a sample, or all of them."""
    if name == "__getitem__":
        sample = imagined_sample(machine, dataset, node)
        return [] if sample is None else sample[1]
    if not isinstance(dataset.cls.find(name), Function):
        return []
    with machine.imagining() as imagined:
        calls.call_method(machine, dataset, name, Arguments(), node)
    return imagined


def _is_made_meanwhile(draw: NumbersDrawn) -> bool:
    """Whether a generator is made by what draws from it: in the process where that happens."""
    made_in = () if draw.generator is None else draw.generator.fields.get(MADE_IN, ())
    around = {each.node for each in draw.context.functions}
    names = ("__getitem__", "__iter__", "__call__")
    return any(each.node in around and each.name in names for each in made_in)


@function(_SAMPLER, "torch.utils.data.sampler.SubsetRandomSampler")
def sampler(call: Call) -> Value | None:
    """Some samples of a data set in random order."""
    lineage = lineages.of_list(call.argument(0, "indices"))
    fields: dict[object, object] = {} if lineage is None else {"lineage": lineage}
    return Object(_SAMPLER, call.arguments, call.place, fields)


def sampled_part(call: Call, whole: Value | None) -> Arguments | None:
    """The data set and the indices of `DataLoader(dataset, sampler=SubsetRandomSampler(indices))`."""
    given = call.argument(3, "sampler")
    if whole is None or not isinstance(given, Object) or given.path != _SAMPLER:
        return None
    indices = given.argument(0, "indices")
    if indices is None or lineages.of_list(indices) is None:
        return None
    return Arguments([whole, indices])


def notice_pairs(call: Call, dataset: Instance) -> None:
    """See that a sample is made of what stands at the same place of several arrays or lists."""
    names, _ = _taken_by_number(dataset)
    found = [each for name in names if isinstance(each := dataset.fields.get(name), Value)]
    for other in found[1:]:
        lineages.pair(call.machine, found[0], other, call.node)


def _taken_by_number(dataset: Instance) -> tuple[list[str], bool]:
    """The names of what a data set takes an item of that stands at the number it is asked for, and
    whether that is all that it does with the number."""
    get = dataset.cls.find("__getitem__")
    if not isinstance(get, Function) or not isinstance(get.node, cst.FunctionDef):
        return [], False
    parameters = get.node.params.params
    if len(parameters) < 2:
        return [], False
    number, code = parameters[1].name.value, as_written(get.node.body)
    names = re.findall(rf"\bself\.(\w+)(?:\.iloc)?\[{number}\]", code)
    return list(dict.fromkeys(names)), len(re.findall(rf"\b{number}\b", code)) == len(names)


def rows_by_number(dataset: Instance) -> RowSet | None:
    """The rows that a data set of the project gives one by one, where it holds them in an array, gives
    the one that is asked for, and is as long as that."""
    names, no_more = _taken_by_number(dataset)
    length = dataset.cls.find("__len__")
    if not no_more or not isinstance(length, Function):
        return None
    code = as_written(length.node)
    for name in names:
        whole = rf"return +(len\(self\.{name}\)|self\.{name}(\.shape\[0\]|\.size\(0\)))\s*$"
        value = dataset.fields.get(name)
        if re.search(whole, code) and isinstance(value, Value):
            lineage = lineages.known(value)
            return None if lineage is None else lineage.rows
    return None
