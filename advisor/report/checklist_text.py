"""The recipe as text: a checklist without evidence, or ticked by what a run shows."""

from collections.abc import Iterable, Iterator
from textwrap import fill

from advisor.recipe.steps import Step
from advisor.recipe.ticking import Mark, Ticked
from advisor.report.printable import printable

_WIDTH = 96


def ticked_lines(items: Iterable[Ticked]) -> Iterator[str]:
    """The steps in order; below each what is so, what is not, and what is not known, with reasons."""
    by_step: dict[Step, list[Ticked]] = {}
    for each in items:
        by_step.setdefault(each.item.step, []).append(each)
    for step in Step:
        yield f"{step.number}. {step.heading}"
        for each in by_step.get(step, ()):
            yield f"   [{each.mark.value}] {each.item.title}"
            if each.why and each.mark is not Mark.DONE:
                indent = " " * 7
                yield fill(
                    printable(each.why), _WIDTH, initial_indent=indent, subsequent_indent=indent
                )
        yield ""
    yield "[x] the curves show it   [!] the curves speak against it   [ ] not known, or only to you"
