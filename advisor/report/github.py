"""Findings as workflow commands, which GitHub shows as annotations beside the code."""

import os
from pathlib import Path

from advisor.findings import Finding, Location, Severity
from advisor.report.printable import printable, printable_place

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def github_annotation(finding: Finding, root: Path) -> str:
    """One workflow command. The file is named relative to `root`, the checkout.

    Annotations know no cells: a finding in a notebook is put on the file's first line, and its
    text says the cell.
    """
    place = finding.location
    properties = {
        "title": f"{finding.code} {finding.name}",
        "file": _relative(place.filename, root),
        **_lines(place),
    }
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    text = f"{printable_place(place)}: {finding.code} {finding.message}"
    return f"::{_COMMANDS[finding.severity]} {listed}::{_data(text)}"


def _lines(place: Location) -> dict[str, str]:
    if place.cell is not None:
        return {"line": "1"}
    lines = {"line": str(place.row), "endLine": str(place.end_row)}
    if place.row == place.end_row:  # GitHub refuses columns that span lines
        lines |= {"col": str(place.column), "endColumn": str(place.end_column)}
    return lines


def _relative(filename: str, root: Path) -> str:
    relative = os.path.relpath(filename, root)
    return filename if relative.startswith("..") else relative.replace(os.sep, "/")


def _data(text: str) -> str:
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
