"""A rule's Markdown page, taken apart: its sections, and the sentences a report quotes."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

HEADINGS = (
    "Why it hurts",
    "Flagged",
    "Use instead",
    "What the curve looks like",
    "Known false alarms",
    "References",
)
_HEADING = re.compile(r"^## +(?P<heading>.+?) *$", re.MULTILINE)
_FENCED = re.compile(r"^(?P<fence>`{3,}|~{3,}).*?^(?P=fence)`* *$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[(?P<text>[^\]]+)\]\([^)]*\)")
# Code is matched first, so that the underscores of `__init__` are left alone.
_EMPHASIS = re.compile(
    r"(?P<code>`[^`]*`)|(?<![\w*])(?P<mark>\*{1,2}|_{1,2})(?=\S)(?P<text>.+?)(?<=\S)(?P=mark)(?![\w*])"
)
_SENTENCE = re.compile(r"(?P<sentence>.+?(?<!e\.g)(?<!i\.e)(?<!cf)(?<!vs)[.!?])(?=\s+[A-Z`\"'(]|$)")


@dataclass(frozen=True)
class RulePage:
    """The page of one rule. `text` is the whole of it, as it was written."""

    text: str

    @cached_property
    def title(self) -> str:
        """The first line, without its `#`."""
        return self.text.lstrip().partition("\n")[0].lstrip("# ").strip()

    @cached_property
    def headings(self) -> tuple[str, ...]:
        """The headings of the sections, in the order of the page."""
        return tuple(self._sections)

    def section(self, heading: str) -> str:
        """What stands below a heading; empty when the page has no such section."""
        return self._sections.get(heading, "")

    def lead(self, heading: str) -> str:
        """The first sentence below a heading as plain text; empty when there is none."""
        prose = _FENCED.sub("", self.section(heading)).strip()
        paragraph = " ".join(prose.split("\n\n")[0].split())
        if paragraph.startswith(("- ", "* ", "|")):
            return ""
        linked = _LINK.sub(r"\g<text>", paragraph)
        plain = _EMPHASIS.sub(lambda found: found["code"] or found["text"], linked)
        sentence = _SENTENCE.match(plain)
        return (sentence["sentence"] if sentence else plain).rstrip(":")

    @cached_property
    def _sections(self) -> dict[str, str]:
        blanked = _FENCED.sub(lambda block: re.sub(r"[^\n]", " ", block[0]), self.text)
        found = list(_HEADING.finditer(blanked))
        ends = [each.start() for each in found[1:]] + [len(self.text)]
        return {
            each["heading"]: self.text[each.end() : end].strip("\n")
            for each, end in zip(found, ends, strict=True)
        }


def read_page(path: Path) -> RulePage | None:
    """The page at `path`, or None when a rule pack ships none."""
    try:
        return RulePage(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
