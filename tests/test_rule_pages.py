"""Every code block on every rule's page, run through all rules.

Lines that end in `# error` must be flagged, by the page's rule; nothing else may be, by any rule,
not even by those that are off by default. A block tagged `python demo` is really run besides.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from sybil import Document
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer

from advisor.code.analysis import Project, analyze
from advisor.code.sources import Source
from advisor.findings import Finding
from advisor.rulebook import Rule, rulebook

CODE_RULES = rulebook("code").rules
CLEAN_SECTIONS = {"Use instead", "Known false alarms"}
MARK = "# error"
_BLOCKS = FencedCodeBlockLexer(language=r"python[^\n]*")
_MESSAGE = re.compile(r"[`a-z0-9][^\n]*[^.\s]")


@dataclass(frozen=True)
class Block:
    """A fenced block of Python on a rule's page; `line` is where its code begins."""

    rule: Rule
    section: str
    tags: tuple[str, ...]
    code: str
    line: int

    def __str__(self) -> str:
        return f"{self.rule.name}:{self.line} {self.section}"

    @property
    def marked(self) -> list[int]:
        rows = enumerate(self.code.splitlines(), start=1)
        return [row for row, line in rows if line.endswith(MARK)]

    def findings(self, rules: Sequence[Rule] = CODE_RULES) -> list[Finding]:
        """What the rules find; what is missing is asked for on a rule's own page only, as blocks are
        excerpts of programs."""
        source = Source(self.code, f"{self.rule.page.name}:{self.line}")
        asked = [rule for rule in rules if rule is self.rule or not rule.whole_program]
        return analyze(source, Project([source]), asked).findings


def blocks_of(rule: Rule) -> list[Block]:
    if not rule.page.exists():  # that every rule has a page is checked elsewhere
        return []
    text = rule.page.read_text()
    found = []
    for region in _BLOCKS(Document(text, str(rule.page))):
        headings = re.findall(r"^## +(.+?) *$", text[: region.start], re.MULTILINE)
        tags = tuple(region.lexemes["language"].split()[1:])
        line = text.count("\n", 0, region.start) + 2
        code = str(region.lexemes["source"])
        found.append(Block(rule, headings[-1] if headings else "", tags, code, line))
    return found


BLOCKS = [block for rule in CODE_RULES for block in blocks_of(rule)]
every_block = pytest.mark.parametrize("block", BLOCKS, ids=str)
every_rule = pytest.mark.parametrize("rule", CODE_RULES, ids=lambda rule: rule.name)


@every_block
def test_exactly_the_marked_lines_are_flagged_and_by_this_rule_alone(block: Block) -> None:
    found = [(each.location.row, each.code) for each in block.findings()]
    assert found == [(row, block.rule.code) for row in block.marked]


@every_block
def test_messages_are_one_line_in_lower_case_without_a_final_stop(block: Block) -> None:
    for finding in block.findings():
        for message in (finding.message, *(each.message for each in finding.related)):
            assert _MESSAGE.fullmatch(message), message
            assert message.count("`") % 2 == 0, message


@every_rule
def test_a_page_shows_what_is_flagged_and_what_is_right(rule: Rule) -> None:
    marked = {block.section: bool(block.marked) for block in BLOCKS if block.rule is rule}
    assert marked.get("Flagged"), "no line under Flagged is marked"
    assert marked.keys() >= CLEAN_SECTIONS, "a section has no code"
    assert not any(marked[section] for section in CLEAN_SECTIONS)


@pytest.mark.slow
@pytest.mark.parametrize("block", [each for each in BLOCKS if "demo" in each.tags], ids=str)
def test_a_demonstration_keeps_its_promise(block: Block) -> None:
    compiled = compile("\n" * (block.line - 1) + block.code, str(block.rule.page), "exec")
    exec(compiled, {"__name__": "__main__"})  # noqa: S102
