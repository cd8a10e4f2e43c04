"""What came of looking at one file: complete, and plain enough to be stored or sent."""

from dataclasses import asdict, field
from typing import Any, NamedTuple

from advisor.findings import (
    Change,
    Evidence,
    Finding,
    FixTarget,
    Location,
    RelatedLocation,
    Severity,
)
from advisor.lazy_dataclasses import dataclass


class Seen(NamedTuple):
    """What was read of a file: the digest of its content (None where it could not be read), the
    modules that it has looked for (the folder, the name, and the file or folder that was found), and
    whether it has looked for them in all the folders of absolute imports."""

    digest: str | None
    sought: list[tuple[str, str, str | None]]
    roots: bool


@dataclass(slots=True)
class Outcome:
    """What is to be reported of a file: its findings, and the `problems` that kept it, or cells of a
    notebook, from being looked at. `analysed` is False for a file that was only read, or not even that;
    `remarks` are for the curious.

    `assumed` are the findings, by code and place, in functions of which nobody is seen to call them, and
    `in_order` the places in other files where the same rules have seen that nothing is wrong.

    `seen` is what it rests on, by real path; it is not `final` when looking again at the same may
    come to something else. `pages` are the paths of the pages of the rules that found something.
    """

    findings: list[Finding] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    analysed: bool = False
    assumed: list[tuple[str, Location]] = field(default_factory=list)
    in_order: list[tuple[str, Location]] = field(default_factory=list)
    final: bool = True
    seen: dict[str, Seen] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)


def in_the_text(finding: Finding) -> tuple[int, int, int, str]:
    """By this, findings in one file are told in the order of its text."""
    place = finding.location
    return place.cell or 0, place.row, place.column, finding.code


def plain(finding: Finding) -> dict[str, Any]:
    """A finding in code as lists, dicts, texts and numbers."""
    return asdict(finding)


def finding_from(record: dict[str, Any]) -> Finding:
    """The finding that `plain` gave a record of; raises `KeyError`, `TypeError` or `ValueError` for
    what is no such record."""
    return Finding(
        code=_text(record["code"]),
        name=_text(record["name"]),
        severity=Severity(record["severity"]),
        message=_text(record["message"]),
        place=Location(**record["place"]),
        related=tuple(
            RelatedLocation(Location(**each["location"]), _text(each["message"]))
            for each in record["related"]
        ),
        evidence=tuple(Evidence(**each) for each in record["evidence"]),
        symptoms=tuple(map(_text, record["symptoms"])),
        causes=tuple(map(_text, record["causes"])),
        url=None if record["url"] is None else _text(record["url"]),
        fix=None if record["fix"] is None else _fix_from(record["fix"]),
    )


def _fix_from(record: dict[str, Any]) -> FixTarget:
    return FixTarget(
        Change(record["change"]),
        tuple((_text(part), Location(**place)) for part, place in record["spots"]),
        tuple((_text(part), _text(name)) for part, name in record["names"]),
        bool(record["safe"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text was expected, not {value!r}")
    return value
