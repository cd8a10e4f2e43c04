"""The command `nnlint`: training code in, findings out."""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from advisor import __version__
from advisor.commands.arguments import CLEAN, FOUND, UNUSABLE, Parser, complain, run_command
from advisor.commands.linting import Lint, Means
from advisor.commands.policy import Choices, Policy
from advisor.commands.processors import number_of_processes
from advisor.report.printable import printable, printable_place
from advisor.settings import SettingsError

if TYPE_CHECKING:
    from advisor.findings import Finding
    from advisor.report.rule_page import RulePage

PROGRAM = "nnlint"
FORMATS = ("text", "concise", "json", "github")
STAGES = ("baseline",)
_DESCRIPTION = "Find the silent bugs of neural-network training in Python files and notebooks."
_EPILOG = """\
other commands:
  nnlint rule RULE   explain a rule, by its code or name
  nnlint rule --all  list all rules

exit status: 0 nothing found, 1 findings, 2 an input or a setting could not be used
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command on `argv` (by default the process's arguments); returns the exit status."""
    return run_command(_dispatch, argv)


def _dispatch(arguments: list[str]) -> int:
    if arguments[:1] == ["rule"]:
        from advisor.commands.rule import main as explain

        return explain(arguments[1:])
    return lint(_parser().parse_args(arguments))


def lint(options: argparse.Namespace) -> int:
    """Look at what the options name, print the report, and return the exit status."""
    try:
        policy = Policy(_choices(options))
        means = Means(options.jobs, _cache_folder(options))
        run = Lint(policy, _complain, _remark if options.verbose else _ignore, means)
        findings = run.findings(
            options.paths or ["."],
            stdin_filename=options.stdin_filename,
            force_exclude=options.force_exclude,
        )
    except SettingsError as error:
        _complain(str(error))
        return UNUSABLE
    if options.statistics:
        _print_statistics(findings, options.output_format)
    else:
        _print_findings(findings, options.output_format, run)
    if options.output_format in {"text", "concise"} and not options.quiet:
        print(_summary(findings, run))
    if run.problems:
        return UNUSABLE
    return FOUND if findings and not options.exit_zero else CLEAN


def _cache_folder(options: argparse.Namespace) -> str | None:
    if options.no_cache:
        return None
    if options.cache_dir is not None:
        return os.path.abspath(str(options.cache_dir))
    from advisor.code.locating import project_root
    from advisor.commands.result_cache import FOLDER

    return os.path.join(project_root(os.getcwd()), FOLDER)


def _complain(message: str) -> None:
    complain(PROGRAM, message)


def _remark(message: str) -> None:
    print(printable(message), file=sys.stderr)


def _ignore(message: str) -> None:
    pass


def _choices(options: argparse.Namespace) -> Choices:
    return Choices(
        select=_listed(options.select),
        ignore=_listed(options.ignore),
        extend_select=_listed(options.extend_select),
        per_file_ignores=[_pattern_and_rule(each) for each in _listed(options.per_file_ignores)],
        exclude=_listed(options.exclude),
        config=options.config,
        isolated=options.isolated,
        stage=options.stage,
    )


def _listed(values: list[str]) -> list[str]:
    return [word.strip() for value in values for word in value.split(",") if word.strip()]


def _pattern_and_rule(value: str) -> tuple[str, str]:
    pattern, colon, selector = value.rpartition(":")
    if not colon or not pattern.strip() or not selector.strip():
        raise SettingsError(f"--per-file-ignores: `{value}` should be PATTERN:RULE")
    return pattern.strip(), selector.strip()


def _print_findings(findings: "list[Finding]", output_format: str, run: Lint) -> None:
    if output_format == "json":
        from advisor.report.code_json import json_report

        print(json_report(findings))
    elif output_format == "github":
        from advisor.report.github import github_annotation

        checkout = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd())
        for finding in findings:
            print(github_annotation(finding, checkout))
    elif output_format == "concise":
        for finding in findings:
            print(_concise(finding))
    elif findings:
        from advisor.report.code_text import CodeReport

        CodeReport(sys.stdout, run.source_of, partial(_page, run)).print(findings)


def _concise(finding: "Finding") -> str:
    words = f"{finding.code} [{finding.name}] {finding.message}"
    return f"{printable_place(finding.location)}: {printable(words)}"


def _page(run: Lint, code: str) -> "RulePage | None":
    from advisor.report.rule_page import read_page

    page = run.pages.get(code)
    return None if page is None else read_page(Path(page))


def _print_statistics(findings: "list[Finding]", output_format: str) -> None:
    counts = Counter((finding.code, finding.name) for finding in findings).most_common()
    if output_format == "json":
        import json

        rows = [{"code": code, "name": name, "count": count} for (code, name), count in counts]
        print(json.dumps(rows, indent=2))
        return
    width = len(str(counts[0][1])) if counts else 0
    for (code, name), count in counts:
        print(f"{count:>{width}}  {code}  {name}")


def _summary(findings: "list[Finding]", run: Lint) -> str:
    problems = _count(run.problems, "problem")
    if not run.files:
        return (
            f"{problems} (see above)" if run.problems else "no Python file or notebook to look at"
        )
    looked_at = _count(run.files, "file")
    if findings:
        by_severity = Counter(finding.severity for finding in findings)
        gravest_first = sorted(by_severity, key=lambda severity: severity.rank)
        counted = ", ".join(_count(by_severity[each], each.value) for each in gravest_first)
        files = len({finding.location.filename for finding in findings})
        said = f"{counted} in {files} of {looked_at}"
    elif run.analysed:
        said = f"nothing found in {looked_at}"
    else:
        said = f"nothing to check: no training library is named in {looked_at}"
    return f"{said}; {problems} (see above)" if run.problems else said


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 or noun == 'info' else 's'}"


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog=PROGRAM,
        usage="nnlint [OPTIONS] [PATH ...]",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files, folders, - for standard input (default: .)"
    )
    _add_rule_options(parser)
    _add_file_options(parser)
    _add_output_options(parser)
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    return parser


def _add_rule_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("rules (codes, prefixes of codes, names, ALL; with commas)")
    _add_list(group, "--select", "RULES", "run these rules, and none that the settings name")
    _add_list(group, "--ignore", "RULES", "do not run these rules")
    _add_list(group, "--extend-select", "RULES", "run these rules too")
    _add_list(group, "--per-file-ignores", "PATTERN:RULE", "report nothing of a rule in some files")
    group.add_argument(
        "--stage", choices=STAGES, help="run the rules for this stage of the work too"
    )


def _add_file_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("files and settings")
    _add_list(group, "--exclude", "PATTERNS", "leave these out when folders are searched")
    group.add_argument(
        "--force-exclude", action="store_true", help="leave them out even when named as PATH"
    )
    group.add_argument(
        "--stdin-filename", metavar="FILE", help="what standard input is called, for its settings"
    )
    group.add_argument(
        "--config", type=Path, metavar="FILE", help="settings: a pyproject.toml or nnlint.toml"
    )
    group.add_argument("--cache-dir", metavar="DIR", help="where results are kept for the next run")
    group.add_argument("--no-cache", action="store_true", help="keep no results, and use none")
    group.add_argument(
        "--jobs",
        type=number_of_processes,
        metavar="N",
        help="work in up to N processes (default: one for each core, if there is much to do)",
    )
    group.add_argument("--isolated", action="store_true", help="read no settings file")


def _add_output_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("output")
    group.add_argument("--output-format", choices=FORMATS, default="text")
    group.add_argument("--statistics", action="store_true", help="count the findings of each rule")
    group.add_argument("--exit-zero", action="store_true", help="exit with 0 despite findings")
    group.add_argument("-q", "--quiet", action="store_true", help="print no summary")
    group.add_argument(
        "-v", "--verbose", action="store_true", help="tell on standard error what was passed over"
    )


def _add_list(
    group: argparse._ArgumentGroup, option: str, placeholder: str, explanation: str
) -> None:
    group.add_argument(option, action="append", default=[], metavar=placeholder, help=explanation)
