"""Where the nodes of a tree lie in their text, found in one code generation.

LibCST's own position provider updates a row and a column with every token, which costs twice the
parse. Here the tokens are only counted; their lengths are added up once at the end.
"""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, islice
from typing import Any, NamedTuple, cast

import libcst as cst
from libcst._nodes.internal import CodegenState  # the hook of the code generator is not exported

from advisor.code.spans import Span

_HEADED = frozenset(
    (
        cst.ClassDef,
        cst.Else,
        cst.ExceptHandler,
        cst.ExceptStarHandler,
        cst.Finally,
        cst.For,
        cst.FunctionDef,
        cst.If,
        cst.MatchCase,
        cst.Try,
        cst.TryStar,
        cst.While,
        cst.With,
    )
)
_STATEMENTS = _HEADED | {cst.SimpleStatementLine}


class Comment(NamedTuple):
    """A comment, `#` included. `alone` when nothing else is on its row."""

    row: int
    text: str
    alone: bool


class Positions:
    """The spans of the nodes of a module, its comments and its logical lines.

    `text` must be what the module was parsed from, with `\\n` for line ends. Code is generated only as
    far as it is asked for.
    """

    def __init__(self, module: cst.Module, text: str) -> None:
        self._module = module
        self._state = _CountingState(module)
        self._spans = self._state.spans
        self._parts = [*module.header, *module.body, *module.footer][::-1]
        if not self._parts:
            self._finish()
        self._offsets = [0]
        self._lines = text.split("\n")
        self._line_starts = [0, *accumulate(len(line) + 1 for line in self._lines)]

    def holds(self, node: cst.CSTNode) -> bool:
        """Whether a node is one of this module."""
        return self._reaches(node)

    def span(self, node: cst.CSTNode) -> Span:
        """The stretch that a node covers, without the whitespace and comments around it. Raises
        `KeyError` where it is none of this module."""
        first, last = self._tokens(node)
        return Span(*self._position(first), *self._position(last))

    def header_span(self, node: cst.CSTNode) -> Span:
        """The span of a node; of a compound statement only up to its colon. Raises `KeyError` where
        it is none of this module."""
        first, last = self._tokens(node)
        if type(node) in _HEADED:
            last = self._after_colon(node)
        return Span(*self._position(first), *self._position(last))

    def comments(self) -> Iterator[Comment]:
        """All comments, in the order of the text."""
        self._reaches(self._module)
        for node in self._state.comments:
            row, column = self._position(self._spans[id(node)][0])
            yield Comment(row, node.value, not self._lines[row - 1][: column - 1].strip())

    def logical_lines(self) -> list[tuple[int, int]]:
        """First and last row of each simple statement and of each compound one's header."""
        self._reaches(self._module)
        spans = map(self.header_span, self._state.statements)
        return sorted({(span.row, span.end_row) for span in spans})

    def _tokens(self, node: cst.CSTNode) -> tuple[int, int]:
        """The first token of a node and the one after its last."""
        self._reaches(node)
        return self._spans[id(node)]

    def _reaches(self, node: cst.CSTNode) -> bool:
        """Generate code until a node is among it, or all of it is there, as `Module._codegen` does."""
        while self._parts and id(node) not in self._spans:
            self._parts.pop()._codegen(self._state)
            if not self._parts:
                self._finish()
        return id(node) in self._spans

    def _finish(self) -> None:
        if not self._module.has_trailing_newline:
            self._state.pop_trailing_newline()
        self._spans[id(self._module)] = 0, len(self._state.tokens)

    def _after_colon(self, statement: Any) -> int:
        """The first token behind the header of a compound statement."""
        suite: cst.IndentedBlock | cst.SimpleStatementSuite = statement.body
        if isinstance(suite, cst.IndentedBlock):
            return self._spans[id(suite.header)][0]
        # the blanks, which are always one token, may be shared with others
        return self._spans[id(suite)][0] - 1

    def _position(self, token: int) -> tuple[int, int]:
        known, tokens = len(self._offsets), self._state.tokens
        if token >= known:
            lengths = map(len, islice(tokens, known - 1, token))
            self._offsets += islice(accumulate(lengths, initial=self._offsets[-1]), 1, None)
        offset = self._offsets[min(token, len(self._offsets) - 1)]
        row = bisect_right(self._line_starts, offset)
        return row, offset - self._line_starts[row - 1] + 1


class _CountingState(CodegenState):
    """Generates code and notes, for each node, its first token and the one after its last."""

    def __init__(self, module: cst.Module) -> None:
        super().__init__(module.default_indent, module.default_newline)
        self.spans: dict[int, tuple[int, int]] = {}
        self.comments: list[cst.Comment] = []
        self.statements: list[cst.CSTNode] = []
        self._starts: list[int] = []

    def before_codegen(self, node: cst.CSTNode) -> None:
        self._starts.append(len(self.tokens))
        kind = type(node)
        if kind is cst.Comment:
            self.comments.append(cast(cst.Comment, node))
        elif kind in _STATEMENTS:
            self.statements.append(node)

    def after_codegen(self, node: cst.CSTNode) -> None:
        # a node that recorded itself has the better span: without the whitespace around it
        self.spans.setdefault(id(node), (self._starts.pop(), len(self.tokens)))

    def record_syntactic_position(  # type: ignore[override]
        self,
        node: cst.CSTNode,
        *,
        start_node: cst.CSTNode | None = None,
        end_node: cst.CSTNode | None = None,
    ) -> "_Recording":
        return _Recording(self, node, start_node, end_node)


class _Recording:
    """Notes the span of a node without the whitespace around it. There are many: a context manager
    that is made of a generator takes three times as long."""

    __slots__ = ("_end_node", "_first", "_node", "_start_node", "_state")

    def __init__(
        self,
        state: _CountingState,
        node: cst.CSTNode,
        start_node: cst.CSTNode | None,
        end_node: cst.CSTNode | None,
    ) -> None:
        self._state = state
        self._node = node
        self._start_node = start_node
        self._end_node = end_node

    def __enter__(self) -> None:
        self._first = len(self._state.tokens)

    def __exit__(self, *fault: object) -> None:
        spans = self._state.spans
        first, last = self._first, len(self._state.tokens)
        if self._start_node is not None:
            first = spans[id(self._start_node)][0]
        if self._end_node is not None:
            last = spans[id(self._end_node)][1]
        spans[id(self._node)] = (first, last)
