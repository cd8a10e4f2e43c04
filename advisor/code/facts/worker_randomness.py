"""Random numbers that the samples of a data set are made with, in the processes that load it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import libcst as cst

from advisor.code.events import LoaderBuilt
from advisor.code.facts.passes import told_at
from advisor.code.facts.run import AbstractRun, Fact, code_of
from advisor.code.interpreter.operators import truth
from advisor.code.sources import NodePlace
from advisor.code.values import Function, Instance, Object, Value, is_constant, known_number

_GENERATORS = ("numpy.random.default_rng", "numpy.random.RandomState")
_CONDITION = re.compile(r"\bif\b")
_METHOD = re.compile(r"self\.(\w+)\(")
_GLOBAL = re.compile(r"\bnp\.random\.(?!default_rng|seed|RandomState|Generator)\w+")


@dataclass(frozen=True, eq=False, slots=True)
class WorkerRandomness(Fact):
    """A data set draws random numbers in several processes that nothing seeds. `generator` is the
    attribute that each process has a copy of; None for the generator of numpy itself."""

    place: NodePlace
    name: str
    generator: str | None

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every loader with worker processes over a data set that draws by numpy."""
        for event in run.events(LoaderBuilt):
            dataset = event.loader.fields.get("dataset")
            if not isinstance(dataset, Instance) or not _has_idle_workers(event.loader):
                continue
            code = _code_of_samples(dataset)
            place = told_at(run, event)
            generator = _own_generator(dataset, code)
            if generator is not None or _GLOBAL.search(code):
                yield cls(place, dataset.cls.name, generator)


def _has_idle_workers(loader: Object) -> bool:
    """Whether a loader has several processes, and no function that runs as they start."""
    passed = loader.arguments
    workers = known_number(passed.get(5, "num_workers"))
    given = passed.get(-1, "worker_init_fn")
    unseeded = given is None or is_constant(given, None)
    several = workers is not None and workers.integer is not None and workers.integer > 1
    return several and unseeded and not passed.unknown


def _code_of_samples(dataset: Instance) -> str:
    """The code that makes a sample: `__getitem__` and the methods of the class that it calls."""
    found: dict[str, str] = {}
    waiting = ["__getitem__"]
    while waiting:
        name = waiting.pop()
        function = dataset.cls.find(name)
        if name in found or not isinstance(function, Function):
            continue
        if isinstance(function.node, cst.FunctionDef):
            found[name] = _code_without_what_is_off(function.node.body, dataset)
            waiting.extend(_METHOD.findall(found[name]))
    return "\n".join(found.values())


def _code_without_what_is_off(body: cst.BaseSuite, dataset: Instance) -> str:
    code = code_of(body)
    if _CONDITION.search(code) is None:
        return code
    rest = body.visit(_WithoutWhatIsOff(dataset))
    assert isinstance(rest, cst.BaseSuite)
    return code_of(rest)


class _WithoutWhatIsOff(cst.CSTTransformer):
    """Leaves out what stands under `if self.noise:` where that is known to be nothing."""

    def __init__(self, dataset: Instance) -> None:
        super().__init__()
        self._dataset = dataset

    def leave_If(self, original_node: cst.If, updated_node: cst.If) -> cst.If | cst.RemovalSentinel:
        """Drop a branch that is never taken."""
        match original_node:
            case cst.If(test=cst.Attribute(cst.Name("self"), cst.Name(name)), orelse=None):
                field = self._dataset.fields.get(name)
                if isinstance(field, Value) and truth(field) is False:
                    return cst.RemoveFromParent()
        return updated_node


def _own_generator(dataset: Instance, code: str) -> str | None:
    """The attribute that holds a generator which was made before the processes were."""
    for name, value in dataset.fields.items():
        made = isinstance(value, Object) and value.path in _GENERATORS
        if (
            made
            and isinstance(name, str)
            and f"self.{name}." in code
            and f"self.{name} =" not in code
        ):
            return name
    return None
