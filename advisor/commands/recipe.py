"""The command `nnadvise recipe`: the recipe as a checklist, or the page of one of its steps."""

import argparse
import sys
from collections.abc import Iterator

from advisor.commands.arguments import CLEAN, UNUSABLE, Parser, complain
from advisor.recipe.steps import Step

PROGRAM = "nnadvise recipe"


def main(argv: list[str]) -> int:
    """Print what `argv` asks for; returns the exit status."""
    options = _parser().parse_args(argv)
    if options.step is None:
        print("\n".join(checklist()))
        return CLEAN
    known = {step.value: step for step in Step} | {str(step.number): step for step in Step}
    if options.step not in known:
        names = ", ".join(step.value for step in Step)
        complain(PROGRAM, f"no step is called `{options.step}`: there are {names}")
        return UNUSABLE
    _print_page(known[options.step])
    return CLEAN


def _parser() -> argparse.ArgumentParser:
    names = ", ".join(step.value for step in Step)
    parser = Parser(
        prog=PROGRAM, description="Print the recipe as a checklist, or one of its steps."
    )
    parser.add_argument("step", nargs="?", metavar="STEP", help=f"{names}, or its number")
    return parser


def checklist() -> Iterator[str]:
    """The steps in order; below each its situations, and for each of them the moves to tick off."""
    from advisor.recipe.book import situations, situations_of_sweeps

    for step in Step:
        yield f"{step.number}. {step.heading}"
        for situation in (*situations(), *situations_of_sweeps()):
            if situation.step is step:
                yield f"   if {situation.title}" if situation.when else f"   {situation.title}"
                yield from (f"   [ ] {move.title}" for move in situation.moves)
        yield ""


def _print_page(step: Step) -> None:
    from advisor.recipe.book import page_of

    page = page_of(step)
    if not sys.stdout.isatty():
        print(page.rstrip("\n"))
        return
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    console.print(Markdown(page), width=min(console.width, 100))
