"""Modules that are built only to show what is in them, or to have something to make a schedule of."""

from advisor.code.events import (
    BaseConstructed,
    Escaped,
    Event,
    ForwardRun,
    ModuleBuilt,
    OptimizerBuilt,
    ScheduleBuilt,
)
from advisor.code.facts.modules import holds
from advisor.code.facts.run import AbstractRun
from advisor.code.values import Class, Instance, Library, Optimizer, Value

_SCHEDULES = "torch.optim.lr_scheduler."


def is_only_shown(run: AbstractRun, module: Value) -> bool:
    """Whether a program builds modules of a class, and none of them ever runs, nor is handed to what
    could run it: a function that takes nothing else may sum it up. Nobody imports a notebook; a script
    has to build a schedule of their optimizer, which is what it tries out then."""
    if not isinstance(module, Instance):
        return False
    kind = module.cls
    trace = (*run.before, *run.trace) if run.is_script else run.before
    if run.source.notebook is None:
        optimized = any(_is_optimized(each, kind) for each in trace)
        if not optimized or not any(map(_builds_schedule, trace)):
            return False
    built = [
        each.module for each in trace if isinstance(each, ModuleBuilt) and each.module.cls is kind
    ]
    return bool(built) and not any(_may_run(each, built) for each in trace)


def _is_optimized(event: Event, kind: Class) -> bool:
    """Whether an optimizer is built over a module of a class."""
    optimizer = event.optimizer if isinstance(event, OptimizerBuilt) else None
    owners = optimizer.owners if isinstance(optimizer, Optimizer) else ()
    return any(isinstance(each, Instance) and each.cls is kind for each in owners)


def _builds_schedule(event: Event) -> bool:
    """Whether a schedule of the library is made, or one of the program that goes back to it."""
    if isinstance(event, ScheduleBuilt):
        return True
    made = event.instance if isinstance(event, BaseConstructed) else None
    bases = made.cls.library_bases() if isinstance(made, Instance) else ()
    return any(path.startswith(_SCHEDULES) for path in bases)


def _may_run(event: object, built: list[Instance]) -> bool:
    if isinstance(event, ForwardRun):
        return any(event.module is each for each in built)
    if isinstance(event, Escaped):
        alone = isinstance(event.callee, Library) and len(event.values) == 1
        return not alone and any(holds(value, each) for value in event.values for each in built)
    return False
