"""How deeply a Python text is nested at most, told from its signs alone.

LibCST's parser overflows its stack at some thousand nested brackets, and takes seconds over chains
of some thousand calls. Python's own parser refuses such texts, but reading a text twice costs a
seventeenth of reading it once: nearly all texts are plainly far from there.
"""

import re

MOST_ROUNDS = 20
"""Of taking away the innermost pairs of brackets, where each takes one to three levels; people nest
up to 10 levels."""
MOST_LINKS = 3_000
"""Signs that may make a chain (`a.b[c](d) + -e`), all together; LibCST reads as many in a row within
seconds."""
MOST_SUBSCRIPTS = 1_000
MOST_LAMBDAS = 300

_STRING = r"""
    QQQ (?<![fF]QQQ) (?<![fF][rR]QQQ) [^Q\\]* (?:(?:\\.|Q(?!QQ)) [^Q\\]*)* QQQ
  | Q (?!QQ) (?<![fF]Q) (?<![fF][rR]Q) [^Q\\\n]* (?:\\.[^Q\\\n]*)* Q
  | Q (?!QQ) (?:(?<=[fF]Q)|(?<=[fF][rR]Q))
      [^{}Q\\\n]* (?:(?:\\. | \{\{ | \}\} | \{[^{}QP\\\n\#]*(?:P[^{}QP\\\n\#]*P[^{}QP\\\n\#]*)*\}) [^{}Q\\\n]*)* Q
"""
"""Strings in Q, with P the other quote. The end of a formatted one is sure if its fields hold no
quote of its own kind and no braces; any other leaves its quotes standing."""
_STRING_OR_COMMENT = re.compile(
    rf"""{_STRING.replace("Q", '"').replace("P", "'")}
    | {_STRING.replace("Q", "'").replace("P", '"')}
    | \#[^\n]*""",
    re.DOTALL | re.VERBOSE,
)
_BRACKETS = b"()[]{}"
_LINKS = b"([.+-*/%@&|^~<>!"
_NO_BRACKET = bytes(set(range(256)) - set(_BRACKETS))
_NO_LINK = bytes(set(range(256)) - set(_LINKS))
_LINKING_WORDS = (b"lambda", b"not", b"else", b"await", b"elif")


def is_surely_shallow(text: str) -> bool:
    """Whether no part of the text is nested or chained so deeply that a recursive parser fails.

    False says nothing: strings that cannot be told without a tokenizer, bytes that are no text and
    long texts are left to a real parser.
    """
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:  # lone surrogates
        return False
    bare = _STRING_OR_COMMENT.sub("", text)
    if '"' in bare or "'" in bare:
        return False
    code = bare.encode()
    links = len(code.translate(None, _NO_LINK)) + sum(map(code.count, _LINKING_WORDS))
    if (
        links > MOST_LINKS
        or code.count(b"[") > MOST_SUBSCRIPTS
        or code.count(b"lambda") > MOST_LAMBDAS
    ):
        return False
    brackets = code.translate(None, _NO_BRACKET)
    for _ in range(MOST_ROUNDS):
        if not brackets:
            return True
        brackets = brackets.replace(b"()", b"").replace(b"[]", b"").replace(b"{}", b"")
    return not brackets
