"""How findings look: on a terminal, as JSON, as annotations; and that hostile text stays tame."""

import io
import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from pydantic import ValidationError

from advisor.code.sources import Source, source_from_bytes
from advisor.code.spans import Span
from advisor.findings import CurveSpan, Evidence, Finding, Location, RelatedLocation, Severity
from advisor.report.code_json import json_report
from advisor.report.code_schema import IDENTIFIER, REPORT, schema
from advisor.report.code_text import CodeReport, frame_rows
from advisor.report.github import github_annotation
from advisor.report.printable import printable
from advisor.report.rule_page import RulePage

PAGE = RulePage(
    """\
# missing-zero-grad (NN101)

An optimizer steps, and nothing clears.

## Why it hurts
`backward` *adds* to `.grad`, e.g. [all of them](https://example.com). The rest is detail.

## Flagged
```python
## no heading
optimizer.step()  # error
```

## Use instead
Clear the gradients first:

```python
optimizer.zero_grad()
```

## What the curve looks like
The loss falls and then
climbs. Later it is NaN.
"""
)


def found(source: Source, text: str, **others: object) -> Finding:
    """A finding at the first occurrence of `text`."""
    place = place_of(source, text)
    values = {"severity": Severity.ERROR, "message": "`opt` steps on old gradients", **others}
    return Finding("NN101", "missing-zero-grad", place=place, **values)  # type: ignore[arg-type]


def place_of(source: Source, text: str) -> Location:
    start = source.text.index(text)
    end = start + len(text)

    def position(offset: int) -> tuple[int, int]:
        before = source.text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1

    return source.location(Span(*position(start), *position(end)))


def report(
    *findings: Finding, source: Source, page: RulePage | None = None, encoding: str = "utf-8"
) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="")
    sources = {source.display_name: source}
    CodeReport(stream, sources.get, lambda code: page).print(findings)
    stream.flush()
    return raw.getvalue().decode(encoding)


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


class TestText:
    SOURCE = Source(
        "import torch\n\nfor x in xs:\n    loss.backward()\n    opt.step()\n\n\n", "a.py"
    )

    def test_a_finding_is_place_words_lines_and_advice(self) -> None:
        finding = found(
            self.SOURCE,
            "opt.step()",
            related=(RelatedLocation(place_of(self.SOURCE, "loss.backward()"), "it adds here"),),
            evidence=(Evidence("steps", "12 steps in all", 12),),
        )
        assert report(finding, source=self.SOURCE, page=PAGE) == (
            "a.py:5:5  error NN101 missing-zero-grad\n"
            "`opt` steps on old gradients\n"
            "\n"
            "   3 │ for x in xs:\n"
            "   4 │     loss.backward()\n"
            " ❯ 5 │     opt.step()\n"
            "     │     ━━━━━━━━━━\n"
            "\n"
            "  a.py:4:5  it adds here\n"
            " ❯ 4 │     loss.backward()\n"
            "     │     ━━━━━━━━━━━━━━━\n"
            "\n"
            "  12 steps in all\n"
            "  why      `backward` adds to `.grad`, e.g. all of them.\n"
            "  curve    The loss falls and then climbs.\n"
            "  instead  Clear the gradients first\n"
            "  more     `nnlint rule NN101`\n"
            "\n"
        )

    def test_a_rule_is_explained_once(self) -> None:
        twice = found(self.SOURCE, "opt.step()"), found(self.SOURCE, "loss.backward()")
        assert report(*twice, source=self.SOURCE, page=PAGE).count("  why ") == 1

    def test_without_a_page_it_still_says_where_to_read_on(self) -> None:
        out = report(found(self.SOURCE, "opt.step()"), source=self.SOURCE)
        assert "  more     `nnlint rule NN101`\n" in out
        assert "  why " not in out

    def test_a_terminal_without_unicode_gets_plain_strokes(self) -> None:
        out = report(found(self.SOURCE, "opt.step()"), source=self.SOURCE, encoding="ascii")
        assert " > 5 |     opt.step()\n     |     ^^^^^^^^^^\n" in out

    def test_colour_changes_no_character(self, monkeypatch: pytest.MonkeyPatch) -> None:
        finding = found(self.SOURCE, "opt.step()")
        plain = report(finding, source=self.SOURCE, page=PAGE)
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm-256color")
        coloured = report(finding, source=self.SOURCE, page=PAGE)
        assert "\x1b[" in coloured
        assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain

    def test_a_long_span_shows_its_ends(self) -> None:
        rows = "".join(f"    {number},\n" for number in range(10))
        source = Source(f"x = 1\nf(\n{rows})\ny = 2\n", "a.py")
        out = report(found(source, source.text[6:-7]), source=source)
        assert "…" in out
        assert " ❯  5 │     2,\n" in out
        assert "6," not in out
        assert " ❯ 13 │ )\n   14 │ y = 2\n" in out

    def test_an_overlong_line_is_cut_round_its_span(self) -> None:
        source = Source(f"x = [{'1, ' * 2000}bad(), {'2, ' * 2000}]\n", "a.py")
        out = report(found(source, "bad()"), source=source)
        line, carets = out.split("\n")[3:5]
        assert len(line) <= 80
        assert line[carets.index("━") : carets.rindex("━") + 1] == "bad()"

    def test_tabs_and_wide_characters_keep_the_strokes_below_the_code(self) -> None:
        from rich.cells import cell_len

        source = Source("if x:\n\ts = '漢字'; bad()\n", "a.py")
        line, carets = report(found(source, "bad()"), source=source).split("\n")[4:6]
        assert cell_len(line[: line.index("bad")]) == cell_len(carets[: carets.index("━")])

    def test_an_empty_file_is_no_obstacle(self) -> None:
        source = Source("", "a.py")
        place = Location("a.py", 1, 1, 1, 1)
        finding = Finding("NN801", "missing-seed", Severity.INFO, "no seed", place)
        assert "no seed" in report(finding, source=source)

    def test_the_frame_stays_in_its_cell(self) -> None:
        cells = [{"cell_type": "code", "source": text} for text in ("a = 1", "bad()", "b = 2")]
        content = json.dumps({"nbformat": 4, "cells": cells}).encode()
        source = source_from_bytes(content, "a.ipynb")
        finding = found(source, "bad()")
        assert frame_rows(source, finding.location, 2, 2) == {1: "bad()"}
        assert report(finding, source=source).startswith("a.ipynb:cell 2:1:1  error")


HOSTILE = "\x1b]0;owned\x07[red]\u202etxt\r\u2028[/red]:smile:"


class TestHostileText:
    @pytest.mark.parametrize(
        "character", ["\x00", "\x1b", "\r", "\n", "\x7f", "\x9b", "\u202e", "\u2066", "\udc80"]
    )
    def test_what_steers_a_terminal_becomes_visible_in_the_same_width(self, character: str) -> None:
        shown = printable(f"a{character}b")
        assert character not in shown
        assert (len(shown), shown[0], shown[2]) == (3, "a", "b")

    def test_ordinary_text_stays(self) -> None:
        assert printable("naïve 漢字\t😀 `x`") == "naïve 漢字\t😀 `x`"

    def test_names_lines_and_messages_are_shown_as_they_are_and_nothing_else(self) -> None:
        source = Source(f"x = '''{HOSTILE}'''; bad()\n", f"{HOSTILE}.py")
        finding = found(
            source,
            "bad()",
            message=f"`{HOSTILE}` hurts",
            related=(RelatedLocation(place_of(source, "x"), HOSTILE),),
            evidence=(Evidence("x", HOSTILE),),
        )
        out = report(finding, source=source)
        for character in ("\x1b", "\x07", "\u202e", "\r", "\u2028"):
            assert character not in out
        assert out.count("[red]") == out.count(":smile:") == 7

    def test_workflow_commands_cannot_be_forged(self) -> None:
        source = Source("bad()\n", "a,line=1::b\n::error::.py")
        out = github_annotation(found(source, "bad()", message="50%0A::warning::x"), Path.cwd())
        assert "\n" not in out
        assert "file=a%2Cline=1%3A%3Ab\N{SYMBOL FOR LINE FEED}%3A%3Aerror%3A%3A.py," in out
        assert "50%250A" in out


class TestGithub:
    SOURCE = Source("x = (\n1)\nbad()\n", "src/a.py")

    def test_an_annotation_is_a_workflow_command(self) -> None:
        finding = found(self.SOURCE, "bad()", severity=Severity.WARNING)
        assert github_annotation(finding, Path.cwd()) == (
            "::warning title=NN101 missing-zero-grad,file=src/a.py,line=3,endLine=3,col=1,"
            "endColumn=6::src/a.py:3:1: NN101 `opt` steps on old gradients"
        )

    def test_a_span_of_several_lines_has_no_columns(self) -> None:
        out = github_annotation(found(self.SOURCE, "(\n1)", severity=Severity.INFO), Path.cwd())
        assert out.startswith(
            "::notice title=NN101 missing-zero-grad,file=src/a.py,line=1,endLine=2::"
        )

    def test_an_absolute_name_becomes_relative_to_the_checkout(self) -> None:
        source = Source("bad()\n", f"{Path.cwd()}/src/a.py")
        assert ",file=src/a.py," in github_annotation(found(source, "bad()"), Path.cwd())

    def test_a_cell_is_named_in_the_text(self) -> None:
        place = Location("a.ipynb", 5, 1, 5, 2, cell=3)
        finding = Finding("NN101", "missing-zero-grad", Severity.ERROR, "message", place)
        out = github_annotation(finding, Path.cwd())
        assert ",file=a.ipynb,line=1::a.ipynb:cell 3:5:1: NN101 message" in out


class TestJson:
    def test_the_keys_and_their_order_are_the_published_ones(self) -> None:
        place = Location("a.ipynb", 5, 1, 6, 2, cell=3)
        finding = Finding(
            "NN101",
            "missing-zero-grad",
            Severity.ERROR,
            "message",
            place,
            symptoms=("divergence",),
            url="https://example.com",
        )
        assert json.loads(json_report([finding])) == [
            {
                "code": "NN101",
                "name": "missing-zero-grad",
                "severity": "error",
                "message": "message",
                "filename": "a.ipynb",
                "location": {"row": 5, "column": 1},
                "end_location": {"row": 6, "column": 2},
                "cell": 3,
                "fix": None,
                "symptoms": ["divergence"],
                "url": "https://example.com",
            }
        ]

    def test_a_report_reads_back(self) -> None:
        finding = found(Source("bad()\n", "a.py"), "bad()")
        assert REPORT.validate_json(json_report([finding]))[0].code == "NN101"

    def test_an_unknown_key_does_not_pass(self) -> None:
        record = json.loads(json_report([found(Source("bad()\n", "a.py"), "bad()")]))[0]
        with pytest.raises(ValidationError):
            REPORT.validate_python([{**record, "extra": 1}])

    def test_the_published_schema_is_current(self) -> None:
        published = files("advisor.report") / "schemas" / IDENTIFIER.rpartition("/")[2]
        assert json.loads(published.read_text()) == schema()

    def test_a_finding_about_curves_has_no_place_in_code(self) -> None:
        finding = Finding("NR101", "x", Severity.ERROR, "message", CurveSpan("run"))
        with pytest.raises(TypeError, match="NR101 is about curves"):
            json_report([finding])


class TestRulePage:
    def test_a_page_is_taken_apart_at_its_headings(self) -> None:
        assert PAGE.title == "missing-zero-grad (NN101)"
        assert PAGE.headings == (
            "Why it hurts",
            "Flagged",
            "Use instead",
            "What the curve looks like",
        )
        assert "## no heading" in PAGE.section("Flagged")

    @pytest.mark.parametrize(
        ("section", "lead"),
        [
            ("One. Two.", "One."),
            ("One, i.e. Two, vs. Three. Four.", "One, i.e. Two, vs. Three."),
            ("It is `x.Y`. So.", "It is `x.Y`."),
            (
                "**Bold** and _leaning_ but not snake_case_word.",
                "Bold and leaning but not snake_case_word.",
            ),
            ("Do this:\n\n```python\nx = 1. Y\n```\n", "Do this"),
            ("```python\nx\n```\nAfter the code.", "After the code."),
            (
                "Call `super().__init__()` *first*, __always__.",
                "Call `super().__init__()` first, always.",
            ),
            ("- a list", ""),
            ("", ""),
        ],
    )
    def test_the_first_sentence_leads(self, section: str, lead: str) -> None:
        assert RulePage(f"# t\n\n## Why it hurts\n{section}\n").lead("Why it hurts") == lead
