"""Modules that a notebook builds only to show what is in them."""

from advisor.code.events import Escaped, ForwardRun, ModuleBuilt
from advisor.code.facts.modules import holds
from advisor.code.facts.run import AbstractRun
from advisor.code.values import Instance, Library, Value


def is_only_shown(run: AbstractRun, module: Value) -> bool:
    """Whether a notebook builds modules of a class, and none of them ever runs, nor is handed to what
    could run it: a function that takes nothing else may sum it up. Nobody imports a notebook."""
    if not isinstance(module, Instance) or run.source.notebook is None:
        return False
    kind = module.cls
    trace = (*run.before, *run.trace) if run.is_script else run.before
    built = [
        each.module for each in trace if isinstance(each, ModuleBuilt) and each.module.cls is kind
    ]
    return bool(built) and not any(_may_run(each, built) for each in trace)


def _may_run(event: object, built: list[Instance]) -> bool:
    if isinstance(event, ForwardRun):
        return any(event.module is each for each in built)
    if isinstance(event, Escaped):
        alone = isinstance(event.callee, Library) and len(event.values) == 1
        return not alone and any(holds(value, each) for value in event.values for each in built)
    return False
