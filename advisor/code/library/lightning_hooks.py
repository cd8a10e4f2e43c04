"""Lightning: the methods that its trainer calls by their names while it evaluates."""

import re

from advisor.code.library.lightning import MODULE
from advisor.code.library.models import hook
from advisor.code.values import Class

# What is called in the course of an evaluation, by the trainer, which records nothing in it.
_JUDGING = re.compile(
    r"on_(validation|test|predict)_\w+|(validation|test|predict)_(step|epoch_end|step_end)"
)
_CALLED_BACK = frozenset(
    [MODULE, "lightning.pytorch.Callback", "lightning.pytorch.callbacks.Callback"]
)


@hook("called_back")
def called_back(owner: Class, name: str, recorded: bool | None) -> bool | None:
    """Whether operations are recorded in a method that nobody but a library calls."""
    judging = _JUDGING.fullmatch(name) is not None
    return False if judging and not _CALLED_BACK.isdisjoint(owner.library_bases()) else recorded
