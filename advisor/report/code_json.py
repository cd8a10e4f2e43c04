"""Findings in code for programs: a JSON list in the form that `code_schema` publishes."""

import json
from collections.abc import Sequence

from advisor.findings import Finding


def json_report(findings: Sequence[Finding]) -> str:
    """The findings as a JSON list, each on the form of `code_schema.FindingRecord`."""
    if not findings:
        return "[]"
    from advisor.report.code_schema import REPORT, FindingRecord

    records = [FindingRecord.of(finding) for finding in findings]
    return json.dumps(REPORT.dump_python(records, mode="json"), indent=2)
