"""Where the nodes of a tree lie in their text.

LibCST's own position provider generates the code of a whole module and updates a row and a column
with every token, which costs twice the parse. Here Python's own parser, which takes a tenth of the
time, says where the statements begin. Code is only generated of those that are asked for, and its
tokens are only counted; their lengths are added up once at the end.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import accumulate, repeat
from typing import Any, NamedTuple, cast

import libcst as cst
from libcst._nodes.internal import CodegenState  # the hook of the code generator is not exported

from advisor.code.nodes import all_in
from advisor.code.outlines import FOLLOWED, Stretch, outline, stretches
from advisor.code.spans import Span
from advisor.lazy_dataclasses import dataclass

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

    `text` must be what the module was parsed from, with `\\n` for line ends. Code is generated only of
    the statements that are asked for, where it can be told where they begin.
    """

    def __init__(self, module: cst.Module, text: str) -> None:
        self._module = module
        self._text = text
        self._lines = text.split("\n")
        self._line_starts = [0, *accumulate(len(line) + 1 for line in self._lines)]
        # The smallest statements that nodes are in, as far as they were looked for; the headers of
        # compound statements by their nodes.
        self._statements: dict[int, _Statement] = {}
        self._headers: dict[int, _Statement] = {}
        self._codes: dict[_Statement, _Code | None] = {}

    def holds(self, node: cst.CSTNode) -> bool:
        """Whether a node is one of this module."""
        return node is self._module or self._statement_of(node) is not None

    def span(self, node: cst.CSTNode) -> Span:
        """The stretch that a node covers, without the whitespace and comments around it. Raises
        `KeyError` where it is none of this module."""
        code = self._code_with(node)
        return self._between(code, *code.spans[id(node)])

    def header_span(self, node: cst.CSTNode) -> Span:
        """The span of a node; of a compound statement only up to its colon. Raises `KeyError` where
        it is none of this module."""
        statement = None if "_all" in self.__dict__ else self._statement_of(node)
        header = None if statement is None else self._headers.get(id(node))
        code = None if header is None else self._code_of(header)
        if header is None or code is None:
            code = self._code_with(node)
        else:
            node = header.node
        first, last = code.spans[id(node)]
        return self._between(code, first, code.after_colon(node) if type(node) in _HEADED else last)

    def comments(self) -> Iterator[Comment]:
        """All comments, in the order of the text."""
        for node in self._all.state.comments:
            row, column = self._position(self._all.offset(self._all.spans[id(node)][0]))
            yield Comment(row, node.value, not self._lines[row - 1][: column - 1].strip())

    def logical_lines(self) -> list[tuple[int, int]]:
        """First and last row of each simple statement and of each compound one's header."""
        code = self._all
        found = set()
        for node in code.state.statements:
            first, last = code.spans[id(node)]
            last = code.after_colon(node) if type(node) in _HEADED else last
            span = self._between(code, first, last)
            found.add((span.row, span.end_row))
        return sorted(found)

    @cached_property
    def _all(self) -> "_Code":
        """The code of the whole module, generated as `Module._codegen` does."""
        module = self._module
        code = _Code(module, [*module.header, *module.body, *module.footer], 0)
        if not module.has_trailing_newline:
            code.state.pop_trailing_newline()
        code.spans[id(module)] = 0, len(code.state.tokens)
        return code

    def _code_with(self, node: cst.CSTNode) -> "_Code":
        """The code of the smallest statement that a node is in; of the module where that cannot be
        placed, as blanks cannot."""
        statement = None if "_all" in self.__dict__ else self._statement_of(node)
        code = None if statement is None else self._code_of(statement)
        return self._all if code is None or id(node) not in code.spans else code

    def _statement_of(self, node: cst.CSTNode) -> "_Statement | None":
        """The smallest statement that has all of a node; None for blanks."""
        while id(node) not in self._statements:
            statement = next(self._unseen, None)
            if statement is None:
                return None
            self._look_into(statement)
        return self._statements[id(node)]

    @cached_property
    def _unseen(self) -> "Iterator[_Statement]":
        """The statements of the top level that nothing was looked for in yet."""
        outlined = outline(self._text)
        rows = [] if outlined is None else outlined.stretches
        if len(rows) != len(self._module.body):
            rows = [Stretch(0, 0, None)] * len(self._module.body)
        return map(_Statement, self._module.body, rows, repeat(()))

    def _look_into(self, statement: "_Statement") -> None:
        waiting = [statement]
        while waiting:
            current = waiting.pop()
            inner = current.inner(self._module.default_indent)
            if not inner:
                self._note(current.node, current)
                continue
            waiting += inner
            header = self._headers[id(current.node)] = current.header()
            self._note(header.node, header)
            # The whole, and what is behind the body, is found with all that is around it.
            self._statements[id(current.node)] = self._statements[id(current.node.body)] = statement
            if getattr(current.node, "orelse", None) is not None:
                self._note(current.node.orelse, statement)

    def _note(self, node: cst.CSTNode, statement: "_Statement") -> None:
        self._statements.update(dict.fromkeys(map(id, all_in(node, cst.CSTNode)), statement))

    def _code_of(self, statement: "_Statement") -> "_Code | None":
        """The code of a statement; None where its place in the text is not known."""
        if statement not in self._codes:
            self._codes[statement] = self._generated(statement)
        return self._codes[statement]

    def _generated(self, statement: "_Statement") -> "_Code | None":
        row = statement.stretch.first - len(statement.node.leading_lines)
        if row < 1:
            return None
        start = self._line_starts[row - 1]
        code = _Code(self._module, [statement.node], start, statement.indents)
        last = code.after_colon(statement.node) if statement.is_header else None
        written = "".join(code.state.tokens[:last]).rstrip("\n")
        return code if self._text.startswith(written, start) else None

    def _between(self, code: "_Code", first: int, last: int) -> Span:
        return Span(*self._position(code.offset(first)), *self._position(code.offset(last)))

    def _position(self, offset: int) -> tuple[int, int]:
        row = bisect_right(self._line_starts, offset)
        return row, offset - self._line_starts[row - 1] + 1


@dataclass(eq=False, slots=True)
class _Statement:
    """A statement, or the header of one, with its rows and the indentations of the blocks around it."""

    node: Any
    stretch: Stretch
    indents: tuple[str, ...]
    is_header: bool = False

    def inner(self, default_indent: str) -> "list[_Statement]":
        """The statements of the body, as far as they are known."""
        block, statement = getattr(self.node, "body", None), self.stretch.statement
        if type(block) is not cst.IndentedBlock or not isinstance(statement, FOLLOWED):
            return []
        rows = stretches(statement.body)
        if len(rows) != len(block.body):
            return []
        indents = *self.indents, default_indent if block.indent is None else block.indent
        return [_Statement(*each, indents) for each in zip(block.body, rows, strict=True)]

    def header(self) -> "_Statement":
        """The statement without its body and what is behind that."""
        changes: dict[str, Any] = {"body": self.node.body.with_changes(body=())}
        if hasattr(self.node, "orelse"):
            changes["orelse"] = None
        header = self.node.with_changes(**changes)
        return _Statement(header, self.stretch, self.indents, is_header=True)


class _Code:
    """Code that was generated of some nodes, the first token of which is at an offset of the text."""

    def __init__(
        self,
        module: cst.Module,
        nodes: Iterable[cst.CSTNode],
        start: int,
        indents: Iterable[str] = (),
    ) -> None:
        self.state = _CountingState(module)
        self.spans = self.state.spans
        for indent in indents:
            self.state.increase_indent(indent)
        for node in nodes:
            node._codegen(self.state)
        self._start = start

    @cached_property
    def _offsets(self) -> list[int]:
        return list(accumulate(map(len, self.state.tokens), initial=self._start))

    def offset(self, token: int) -> int:
        """Where a token begins, in characters from the beginning of the text."""
        return self._offsets[min(token, len(self._offsets) - 1)]

    def after_colon(self, statement: Any) -> int:
        """The first token behind the header of a compound statement."""
        suite: cst.IndentedBlock | cst.SimpleStatementSuite = statement.body
        if isinstance(suite, cst.IndentedBlock):
            return self.spans[id(suite.header)][0]
        # the blanks, which are always one token, may be shared with others
        return self.spans[id(suite)][0] - 1


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
