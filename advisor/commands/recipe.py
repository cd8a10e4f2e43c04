"""The command `nnadvise recipe`: the recipe as a checklist, ticked by runs or not, and its pages."""

import argparse
import sys
from collections.abc import Iterator, Sequence

from advisor.commands.arguments import CLEAN, UNUSABLE, Parser, complain
from advisor.commands.run_arguments import add_facts, add_settings
from advisor.recipe.steps import Step

PROGRAM = "nnadvise recipe"


def main(argv: list[str]) -> int:
    """Print what `argv` asks for; returns the exit status."""
    options = _parser().parse_args(argv)
    if not options.what:
        print("\n".join(checklist()))
        return CLEAN
    known = {step.value: step for step in Step} | {str(step.number): step for step in Step}
    if len(options.what) == 1 and options.what[0] in known:
        _print_page(known[options.what[0]])
        return CLEAN
    return _tick(options)


def _parser() -> argparse.ArgumentParser:
    names = ", ".join(step.value for step in Step)
    parser = Parser(
        prog=PROGRAM,
        description="Print the recipe as a checklist; the page of one of its steps; or, for runs, the "
        "checklist with what their curves tick and speak against.",
    )
    parser.add_argument(
        "what", nargs="*", metavar="STEP|RUN", help=f"{names}, or its number; or runs to read"
    )
    add_facts(parser)
    add_settings(parser)
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


def _tick(options: argparse.Namespace) -> int:
    """Print the checklist of each run that the options name; returns the exit status."""
    from advisor.commands.inputs import inputs_of
    from advisor.commands.run_policy import RunPolicy
    from advisor.recipe.ticking import tick
    from advisor.report.checklist_text import ticked_lines
    from advisor.report.printable import printable
    from advisor.runs.diagnosis import diagnose
    from advisor.runs.evidence import record_of
    from advisor.runs.loading import load_runs
    from advisor.settings import SettingsError

    try:
        policy = RunPolicy(options)
    except SettingsError as error:
        complain(PROGRAM, str(error))
        return UNUSABLE
    with inputs_of(options.what) as inputs:
        inputs.update()
        loaded = load_runs(inputs.paths, policy.roles)
        failures = dict(inputs.failures)
        for path, reason in loaded.failures:
            failures.setdefault(inputs.shown(path), reason)
    for name, reason in failures.items():
        complain(PROGRAM, f"`{name}` {reason}{_hint(options.what)}")
    for run in loaded.runs:
        if len(loaded.runs) > 1:
            print(f"{printable(run.name)}\n")
        found = diagnose(run, policy.user, policy.thresholds, policy.rules)
        print("\n".join(ticked_lines(tick(record_of(found, policy.thresholds)))))
    return UNUSABLE if failures else CLEAN


def _hint(words: Sequence[str]) -> str:
    """That a single word may have been meant for a step."""
    if len(words) > 1 or "/" in words[0] or "." in words[0]:
        return ""
    return f" (and no step is called so: there are {', '.join(step.value for step in Step)})"


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
