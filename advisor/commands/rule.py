"""The commands `nnlint rule` and `nnadvise rule`: the page of a rule, or the list of all."""

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from advisor.commands.arguments import CLEAN, UNUSABLE, Parser, complain

if TYPE_CHECKING:
    from advisor.rulebook import Rule

_COLUMNS = ("code", "severity", "name")


def main(argv: list[str], tool: str = "nnlint") -> int:
    """Explain the rules that `argv` names, as a part of `tool`; returns the exit status."""
    options = _parser(tool).parse_args(argv)
    from advisor.rulebook import UnknownRule, rulebook
    from advisor.settings import suggestion

    rules = rulebook()
    if options.all:
        _print_list(rules.rules, options.output_format)
        return CLEAN
    try:
        rule = rules.find(options.rule)
    except UnknownRule as error:
        known = [*rules.by_code, *rules.by_name]
        hint = suggestion(options.rule, known) or f"; `{tool} rule --all` lists them"
        complain(tool, f"{error}{hint}")
        return UNUSABLE
    _print_page(rule, options.output_format)
    return CLEAN


def _parser(tool: str) -> argparse.ArgumentParser:
    parser = Parser(prog=f"{tool} rule", description="Explain a rule.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("rule", nargs="?", metavar="RULE", help="a code or name")
    what.add_argument("--all", action="store_true", help="list all rules")
    parser.add_argument("--output-format", choices=("text", "json"), default="text")
    return parser


def _described(rule: "Rule") -> dict[str, Any]:
    from advisor.report.rule_page import read_page

    page = read_page(rule.page)
    return {
        "code": rule.code,
        "name": rule.name,
        "summary": rule.summary,
        "severity": rule.severity.value,
        "preview": rule.preview,
        "step": rule.step.value,
        "symptoms": list(rule.symptoms),
        "url": rule.url,
        "page": page.text if page is not None else None,
    }


def _print_page(rule: "Rule", output_format: str) -> None:
    described = _described(rule)
    if output_format == "json":
        print(json.dumps(described, indent=2))
        return
    text = described["page"] or f"# {rule.name} ({rule.code})\n\n{rule.summary}\n"
    if not sys.stdout.isatty():
        print(text.rstrip("\n"))
        return
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    console.print(Markdown(text, code_theme="ansi_dark"), width=min(console.width, 100))


def _print_list(rules: "tuple[Rule, ...]", output_format: str) -> None:
    if output_format == "json":
        print(json.dumps([_described(rule) for rule in rules], indent=2))
        return
    widths = [max((len(getattr(rule, key)) for rule in rules), default=0) for key in _COLUMNS]
    for rule in rules:
        cells = [
            f"{getattr(rule, key):<{width}}" for key, width in zip(_COLUMNS, widths, strict=True)
        ]
        note = " (preview)" if rule.preview else ""
        print("  ".join([*cells, rule.summary + note]))
