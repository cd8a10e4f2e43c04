"""The command `nnadvise`: training runs in, diagnoses and the one next move out."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from advisor import __version__
from advisor.commands import arguments
from advisor.commands.arguments import CLEAN, FOUND, UNUSABLE, Parser, run_command
from advisor.commands.processors import number_of_processes
from advisor.commands.run_arguments import add_facts, add_settings

if TYPE_CHECKING:
    from advisor.commands.inputs import Inputs
    from advisor.commands.run_policy import RunPolicy
    from advisor.findings import Finding
    from advisor.runs.diagnosis import RunDiagnosis
    from advisor.runs.history import History
    from advisor.runs.loading import LoadedRuns
    from advisor.runs.parallel import Executor
    from advisor.runs.run import Run
    from advisor.runs.sweeps.diagnosis import SweepDiagnosis
    from advisor.runs.watching import Event

PROGRAM = "nnadvise"
FORMATS = ("text", "concise", "json")
MOST_NAMED = 6
"""Up to so many runs named one by one are read as successive attempts."""
_MOST_SKIPPED = 3
_DESCRIPTION = """\
Read training runs (TensorBoard event files, metrics.csv, trainer_state.json, ...), say what is
wrong with them, and name the one next thing to do.
"""
_EPILOG = """\
other commands:
  nnadvise recipe         the whole recipe as a checklist
  nnadvise recipe RUN     the checklist, ticked by what the run shows
  nnadvise recipe STEP    the page of one step, such as overfit
  nnadvise rule NR102     explain a diagnosis, by its code or name

examples:
  nnadvise runs/exp1
  nnadvise runs/exp1 --classes 10 --goal loss=0.1
  nnadvise runs --output-format concise
  nnadvise runs/exp1 runs/exp2 --goal accuracy=0.99 --changed 'more layers'
  nnadvise runs/exp1 --watch

exit status: 0 nothing to mend (findings of severity info are advice and count for nothing),
1 findings, 2 an input or a setting could not be used; the other inputs are reported all the same
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command on `argv` (by default the process's arguments); returns the exit status."""
    return run_command(_dispatch, argv)


def _dispatch(words: list[str]) -> int:
    match words:
        case ["rule", *rest]:
            from advisor.commands.rule import main as explain

            return explain(rest, tool=PROGRAM)
        case ["recipe", *rest]:
            from advisor.commands.recipe import main as show_recipe

            return show_recipe(rest)
    return advise(_parser().parse_args(words))


def advise(options: argparse.Namespace) -> int:
    """Judge the runs that the options name, print the report, and return the exit status."""
    from advisor.commands.executors import executor_for
    from advisor.commands.inputs import inputs_of
    from advisor.commands.run_policy import RunPolicy
    from advisor.settings import SettingsError

    try:
        policy = RunPolicy(options)
        with inputs_of(options.runs) as inputs:
            if options.watch:
                return _watch(inputs, policy, options)
            with executor_for(options) as executor:
                loaded = _load(inputs, policy, executor)
                _tell_unread(loaded, inputs)
                _tell_unknown_tags(loaded, options.role)
                judged = list(_judge_all(loaded.runs, policy, executor))
    except SettingsError as error:
        complain(str(error))
        return UNUSABLE
    together = _together(judged, policy)
    if judged or options.output_format == "json":
        _print(judged, together, _history(judged, policy, options), options)
    if loaded.failures or inputs.failures or len(judged) < len(loaded.runs):
        return UNUSABLE
    findings = [finding for each in judged for finding in each.findings]
    findings += together.findings if together else ()
    return FOUND if any(map(_matters, findings)) and not options.exit_zero else CLEAN


def _watch(inputs: "Inputs", policy: "RunPolicy", options: argparse.Namespace) -> int:
    """Follow the runs until interrupted; returns the exit status."""
    from advisor.commands.watching import watch
    from advisor.runs.diagnosis import diagnose
    from advisor.runs.watching import Watcher

    def judge(run: "Run") -> "RunDiagnosis":
        return diagnose(run, policy.user, policy.thresholds, policy.rules)

    wrong = watch(
        Watcher(inputs.paths, judge, policy.roles),
        _teller(options),
        interval=options.interval,
        complain=complain,
        inputs=inputs,
    )
    return FOUND if wrong and not options.exit_zero else CLEAN


def _teller(options: argparse.Namespace) -> "Callable[[Event], None]":
    if options.output_format == "json":
        from advisor.report.run_json import EventRecords

        return EventRecords(sys.stdout)
    from advisor.report.watch_text import EventLines

    return EventLines(sys.stdout)


def complain(message: str) -> None:
    """Tell in one line on standard error that something could not be used."""
    arguments.complain(PROGRAM, message)


def _load(inputs: "Inputs", policy: "RunPolicy", executor: "Executor | None") -> "LoadedRuns":
    from advisor.commands.run_progress import progress
    from advisor.runs.loading import load_runs
    from advisor.runs.reading import LogReader
    from advisor.runs.roles import UnknownRole
    from advisor.settings import SettingsError

    try:
        with progress(sys.stderr, "copying") as show:
            inputs.update(show)
        with progress(sys.stderr) as show:
            return load_runs(inputs.paths, policy.roles, reader=LogReader(show, executor))
    except UnknownRole as error:
        raise SettingsError(f"role: {error}") from None


def _tell_unread(loaded: "LoadedRuns", inputs: "Inputs") -> None:
    for address, reason in inputs.failures.items():
        complain(f"`{address}` {reason}")
    for path, reason in loaded.failures:
        if not inputs.is_told(path):
            complain(f"`{inputs.shown(path)}` {reason}")
    for path, reason in loaded.skipped[:_MOST_SKIPPED]:
        complain(f"left out `{inputs.shown(path)}`: it {reason}")
    if (more := len(loaded.skipped) - _MOST_SKIPPED) > 0:
        complain(f"left out {more} more files for such reasons")


def _tell_unknown_tags(loaded: "LoadedRuns", roles: "Sequence[str]") -> None:
    """Complain about `--role TAG=MEANING` for a tag that no run has."""
    from advisor.settings import suggestion

    tags = sorted({curve.tag for run in loaded.runs for curve in run.curves})
    for tag in (each.rpartition("=")[0] for each in roles):
        if tags and tag not in tags:
            near = suggestion(tag, tags) or "; --verbose shows all tags"
            complain(f"--role: no run has a tag `{tag}`{near}")


def _judge_all(
    runs: "Sequence[Run]", policy: "RunPolicy", executor: "Executor | None"
) -> "Iterator[RunDiagnosis]":
    """The diagnoses of the runs; a complaint about each that a rule fails on."""
    from advisor.commands.run_progress import progress
    from advisor.runs.judging import Failure, Judge, judge_all

    judge = Judge.by(policy.rules, policy.user, policy.thresholds)
    with progress(sys.stderr, "judging") as show:

        def done(count: int, total: int, run: "Run") -> None:
            if show is not None:
                show(count, total, run.path)

        for found in judge_all(runs, judge, executor, done):
            if isinstance(found, Failure):
                fault = f"which is a fault of nnadvise ({found.reason})"
                complain(f"`{found.run.name}` could not be judged, {fault}")
            else:
                yield found


def _together(judged: "list[RunDiagnosis]", policy: "RunPolicy") -> "SweepDiagnosis | None":
    """What several runs say together; None for one, or for runs that cannot be compared."""
    if len(judged) < 2:
        return None
    from advisor.runs.sweeps.diagnosis import diagnose_sweep

    return diagnose_sweep(judged, policy.user, policy.thresholds, policy.rules)


def _history(
    judged: "list[RunDiagnosis]", policy: "RunPolicy", options: argparse.Namespace
) -> "History | None":
    """The runs as successive attempts: if a few were named one by one, or changes were told."""
    named = 1 < len(options.runs) == len(judged) <= MOST_NAMED
    if not (named or options.changed):
        return None
    from advisor.runs.history import history_of

    found = history_of(judged, options.changed, policy.thresholds)
    if found is None and options.changed:
        complain("--changed: it takes two runs that logged one quantity on two splits, or a goal")
    return found


def _matters(finding: "Finding") -> bool:
    return finding.severity.value != "info"


def _print(
    judged: "list[RunDiagnosis]",
    together: "SweepDiagnosis | None",
    history: "History | None",
    options: argparse.Namespace,
) -> None:
    if options.output_format == "json":
        from advisor.report.run_json import report_of

        print(report_of(judged, together, history).model_dump_json(indent=2))
    elif options.output_format == "concise":
        from advisor.report.run_text import print_concise

        print_concise(judged, sys.stdout, together, history)
    else:
        from advisor.report.run_text import RunReport

        RunReport(sys.stdout, verbose=options.verbose).print(judged, together, history)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog=PROGRAM,
        usage="nnadvise [OPTIONS] RUN [RUN ...]",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "runs",
        nargs="+",
        metavar="RUN",
        help="a log file, the folder of a run, or a folder of runs; also at an address such as "
        "s3://bucket/runs",
    )
    add_facts(parser)
    _add_history(parser)
    add_settings(parser)
    _add_work(parser)
    _add_output(parser)
    parser.add_argument("--version", action="version", version=f"nnadvise {__version__}")
    return parser


def _add_history(parser: argparse.ArgumentParser) -> None:
    parser.add_argument_group("successive runs, in the order given").add_argument(
        "--changed",
        action="append",
        default=[],
        metavar="WORDS",
        help="what was changed for the last run, such as 'more layers'; repeated, the last one is "
        "for the last run, the one before it for the run before, and so on",
    )


def _add_work(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("many runs")
    group.add_argument(
        "--jobs",
        type=number_of_processes,
        default=0,
        metavar="N",
        help="read and judge with N processes (default: one for each processor, where there are "
        "enough runs to make it worth while)",
    )
    group.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="let the workers of a dask.distributed scheduler do it, such as tcp://head:8786; they "
        "need nnlint, and see the runs at the same paths",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("output")
    group.add_argument("--output-format", choices=FORMATS, default="text")
    group.add_argument(
        "--watch",
        action="store_true",
        help="follow running trainings and speak up when something new goes wrong (until Ctrl-C)",
    )
    group.add_argument(
        "--interval",
        type=_seconds,
        default=10.0,
        metavar="SECONDS",
        help="how often to look with --watch (default: 10)",
    )
    group.add_argument("--exit-zero", action="store_true", help="exit with 0 despite findings")
    group.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="show every run in full, with the meaning of each tag and why",
    )


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError("should be a number of seconds above 0")
    return seconds
