"""Damaged programs: lines and tokens deleted, doubled, swapped, replaced, nested deeper."""

import re
from collections.abc import Callable, Sequence
from random import Random

_TOKEN = re.compile(r"\w+|[^\w\s]|\n[ \t]*|[ \t]+")
_ODD = (
    *("0", "-1", "1e400", "9" * 500, "10**400", "None", "True", "''", "b'\\0'", "f'{x!r:>{y}}'"),
    *("()", "[]", "{}", "{**a}", "[*a]", "...", "lambda: 0", "(yield)", "await x", "x := 1", "*a"),
    *("nan", "float('inf')", "'\\ud800'", "0xffffffffffffffff", "1_000", "1j", "not", "in", "is"),
    *("del x", "global x", "return", "break", "continue", "raise", "pass", "class A(A): pass"),
    *(
        "from . import *",
        "import torch as x",
        "@property",
        "async",
        "match x:",
        "case _:",
        "%",
        "//",
    ),
    *("**", "<<", "@", ":", ",", ".", "self", "super()", "x.x", "x[x]", "x[::-1]", "x[..., None]"),
    *(
        "torch.zeros(0)",
        "model",
        "optimizer.step()",
        "\t",
        "\x0c",
        "\r",
        "\u202e",
        "é",
        "\\\n",
        "#",
    ),
)


def _lines(change: Callable[[list[str], Random], None]) -> Callable[[str, Random], str]:
    def mutate(text: str, random: Random) -> str:
        lines = text.split("\n")
        change(lines, random)
        return "\n".join(lines)

    return mutate


def _tokens(change: Callable[[list[str], Random], None]) -> Callable[[str, Random], str]:
    def mutate(text: str, random: Random) -> str:
        tokens = _TOKEN.findall(text) or [""]
        change(tokens, random)
        return "".join(tokens)

    return mutate


def _delete(parts: list[str], random: Random) -> None:
    start = random.randrange(len(parts))
    del parts[start : start + random.choice((1, 1, 1, 2, 5))]


def _double(parts: list[str], random: Random) -> None:
    start = random.randrange(len(parts))
    some = parts[start : start + random.choice((1, 1, 2, 5))]
    parts[start:start] = some * random.choice((1, 1, 2, 30))


def _swap(parts: list[str], random: Random) -> None:
    first, second = random.randrange(len(parts)), random.randrange(len(parts))
    parts[first], parts[second] = parts[second], parts[first]


def _move(parts: list[str], random: Random) -> None:
    parts.insert(random.randrange(len(parts)), parts.pop(random.randrange(len(parts))))


def _replace(parts: list[str], random: Random) -> None:
    parts[random.randrange(len(parts))] = random.choice(_ODD)


def _exchange_words(parts: list[str], random: Random) -> None:
    """Put a name or number of the program in the place of another one."""
    words = [index for index, part in enumerate(parts) if part[:1].isalnum()]
    if words:
        parts[random.choice(words)] = parts[random.choice(words)]


def _nest(lines: list[str], random: Random) -> None:
    """Put a stretch of lines into a block, or into several."""
    start = random.randrange(len(lines))
    end = min(len(lines), start + random.randrange(1, 12))
    heads = ("if x:", "for x in x:", "while True:", "with x as y:", "try:", "def f(x, *a, **k):")
    for _ in range(random.choice((1, 1, 2, 9))):
        indent = re.match(r"\s*", lines[start])
        head = (indent[0] if indent else "") + random.choice(heads)
        lines[start:end] = [head, *(f"    {line}" for line in lines[start:end])]
        end += 1


MUTATIONS: Sequence[Callable[[str, Random], str]] = (
    *(_lines(each) for each in (_delete, _double, _swap, _move, _nest)),
    *(_tokens(each) for each in (_delete, _double, _swap, _move, _replace)),
    *(_tokens(each) for each in (_replace, _exchange_words, _exchange_words)),
)


def damaged(text: str, random: Random) -> str:
    """A text that differs from `text` in a few places."""
    for _ in range(random.choice((1, 1, 2, 3, 6))):
        text = random.choice(MUTATIONS)(text or "x", random)
    return text
