"""The published form of findings in code: what `nnlint --output-format json` prints.

`python -m advisor.report.code_schema` prints the JSON schema that `schemas/` holds.
"""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from advisor.findings import Finding, Severity

VERSION = 1
IDENTIFIER = (
    f"https://github.com/nnlint/nnlint/blob/main/advisor/report/schemas/nnlint-{VERSION}.json"
)


class Record(BaseModel):
    """A part of the published form; unknown keys are an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PositionRecord(Record):
    """A place in a text."""

    row: int = Field(ge=1, description="line, from 1; in a notebook, inside the cell")
    column: int = Field(ge=1, description="character in the line, from 1")


class FindingRecord(Record):
    """One finding."""

    code: str = Field(pattern=r"^[A-Z]+\d+$", description="the rule's code, such as NN101")
    name: str = Field(description="the rule's name, such as missing-zero-grad")
    severity: Severity
    message: str = Field(description="one line that stands alone")
    filename: str = Field(description="the file as it was named on the command line")
    location: PositionRecord
    end_location: PositionRecord = Field(description="just behind the last character")
    cell: int | None = Field(ge=1, description="in a notebook, the cell among all cells, from 1")
    fix: None = Field(description="a proposed edit; no rule offers one in this version")
    symptoms: list[str] = Field(description="names of the run diagnoses the bug can cause")
    url: str | None = Field(description="the rule's page")

    @classmethod
    def of(cls, finding: Finding) -> "FindingRecord":
        """The published form of a finding in code."""
        place = finding.location
        return cls(
            code=finding.code,
            name=finding.name,
            severity=finding.severity,
            message=finding.message,
            filename=place.filename.encode(errors="backslashreplace").decode(),
            location=PositionRecord(row=place.row, column=place.column),
            end_location=PositionRecord(row=place.end_row, column=place.end_column),
            cell=place.cell,
            fix=None,
            symptoms=list(finding.symptoms),
            url=finding.url,
        )


REPORT = TypeAdapter(list[FindingRecord])


def schema() -> dict[str, Any]:
    """The JSON schema of the whole report, a list of findings."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": IDENTIFIER,
        "title": "nnlint report",
        **REPORT.json_schema(mode="serialization"),
    }


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))
