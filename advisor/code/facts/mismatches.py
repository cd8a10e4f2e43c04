"""Shapes that do not go together: of a layer and its input, or of two tensors."""

import re
from collections.abc import Iterable
from typing import Self

from advisor.code.events import AttributeAssigned, Event, FailureCaught, LayerRun, ShapesClashed
from advisor.code.facts.announced_failures import is_announced
from advisor.code.facts.batches import BatchAxis
from advisor.code.facts.layer_sizes import LayerInput, changeable_sizes, depends
from advisor.code.facts.run import AbstractRun, Fact, draft
from advisor.code.facts.unit_tests import holds_unit_tests
from advisor.code.library.torch_tensors.broadcasting import differ
from advisor.code.sources import NodePlace
from advisor.code.values import Instance, Shape, alternatives
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft


@dataclass(frozen=True, slots=True)
class Mismatch(Fact):
    """A layer that is given another size than it was built for, or two tensors that are put together
    and whose shapes do not go together."""

    met: LayerInput | ShapesClashed

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Those that are sure; of several in one call of a function the first: what follows it is
        given what cannot be."""
        for layer in run.facts(LayerInput):
            wrong = layer.differs and not layer.has_channels_last
            if wrong and not _is_expected(run, layer.event) and not _gets_weights(run, layer.event):
                yield cls(layer)
        clashes = list(run.events(ShapesClashed))
        if not clashes or holds_unit_tests(run):
            return
        cuts = [each.event.index for each in run.facts(BatchAxis) if each.is_cut_into_rows()]
        # Behind rows that are no samples nothing fits.
        end = min(cuts, default=len(run.trace))
        seen: set[tuple[NodePlace, ...]] = set()
        for event in clashes:
            if (
                event.index < end
                and event.decided
                and not event.context.guards
                and event.context.calls not in seen
                and not _is_expected(run, event)
                and not _is_by_default(run, event)
            ):
                seen.add(event.context.calls)
                yield cls(event)

    @property
    def layer(self) -> LayerInput | None:
        """The layer with its input, if it is one."""
        return self.met if isinstance(self.met, LayerInput) else None

    @property
    def operation(self) -> str:
        """What was to be done to two tensors: `broadcast`, `multiplied`, `joined`, `compared`."""
        return self.met.operation if isinstance(self.met, ShapesClashed) else ""

    @property
    def shapes(self) -> tuple[str, str]:
        """Both shapes in numbers, as far as they are known."""
        if isinstance(self.met, LayerInput):
            return "", ""
        return _in_numbers(self.met.left), _in_numbers(self.met.right)

    def finding(self, message: str) -> Draft:
        """A finding where they meet."""
        if isinstance(self.met, LayerInput):
            return self.met.finding(message)
        return draft(self.met, message)


def _gets_weights(run: AbstractRun, event: LayerRun) -> bool:
    """Whether a layer is given another weight, here or by what nobody is seen to call: its size is that
    of the weight then, not the one that it was built for."""
    if any(
        each.name == "weight" and any(way is event.layer for way in alternatives(each.owner))
        for each in run.events(AttributeAssigned)
    ):
        return True
    owners = [each for each in event.context.running if isinstance(each, Instance)]
    fields = [field for owner in owners for field in owner.fields.items()]
    called = [re.escape(name) for name, each in fields if each is event.layer]
    # Which layer `getattr` gives is told by a text.
    ways = "|".join([r"getattr\([^\n]*\)", *(rf"\b{name}" for name in called)])
    assigned = re.compile(rf"(?:{ways})\.weight(?:\.data)?[ \t]*=(?!=)")
    texts = {run.source.text, event.layer.place.source.text if event.layer.place else ""}
    return any(assigned.search(text) for text in texts)


def _is_by_default(run: AbstractRun, event: ShapesClashed) -> bool:
    """Whether lengths that differ are those of options or defaults: others may fit."""
    left, right = event.left.dims or (), event.right.dims or ()
    apart = set(left) ^ set(right)
    # A length that both have may be in its place in one of them alone.
    if event.operation == "broadcast":
        pairs = zip(reversed(left), reversed(right), strict=False)
        apart.update(each for pair in pairs if differ(*pair) for each in pair if not each.is_one)
    elif event.operation == "multiplied":
        apart.update((left[-1], right[-2:][0]))
    changeable = changeable_sizes(run, event)
    return any(depends(length, changeable) for length in apart)


def _is_expected(run: AbstractRun, event: Event) -> bool:
    """Whether the program is ready for it to fail: it says so beside the line, or tries it out, not with
    a whole training."""
    return is_announced(event.place, event.context) or any(
        caught.first <= event.index < caught.index
        and len(caught.context.loops) == len(event.context.loops)
        for caught in run.events(FailureCaught)
    )


def _in_numbers(shape: Shape) -> str:
    dims = shape.dims or ()
    texts = [dim.text() if dim.integer is None else str(dim.integer) for dim in dims]
    return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"
