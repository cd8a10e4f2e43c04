"""Cells of notebooks that are no Python: what they may have done to the names of the others.

Half-written cells and those of Python 2 are read by nobody here, but they say what they touch. Their names
are handed to unknown code, and those that they bind are taken from it.
"""

import builtins
import keyword
import re

_SKIPPED = re.compile(
    r"""\#[^\n]*|'{3}.*?(?:'{3}|\Z)|"{3}.*?(?:"{3}|\Z)|'(?:\\.|[^\\'\n])*'?|"(?:\\.|[^\\"\n])*"?""",
    re.DOTALL,
)
_NAME = re.compile(r"(?<![\w.])[^\W\d]\w*")
_BINDING = re.compile(
    r"""^[ \t]*(?P<targets>(?:[^=\n(]|(?<![\w\])])\()+?)[ \t]*(?:[-+*/%&|^@]|//|\*\*|<<|>>)?=(?!=)"""
    r"""|\b(?:def|class|as|import|for|global|del)[ \t]+(?P<named>\w+(?:[ \t]*,[ \t]*\w+)*)""",
    re.MULTILINE,
)
_BUILT_IN = frozenset(dir(builtins))
# Lines are read so far: nobody writes longer ones by hand.
_LONGEST = 1_000


def stand_in(lines: list[str]) -> list[str]:
    """As many lines of Python as a cell has, that make unknown what it may have changed."""
    code = _SKIPPED.sub(" ", "\n".join(line[:_LONGEST] for line in lines))
    bound = {
        name
        for binding in _BINDING.finditer(code)
        for name in _names(binding["targets"] or binding["named"])
    }
    touched = {name for name in _names(code) if name not in _BUILT_IN}
    arguments = ", ".join(sorted(touched))
    # One call for each: what is made together might be taken for parts of one thing.
    effects = [f"{name} = get_ipython({arguments})" for name in sorted(bound)]
    if touched and not bound:
        effects = [f"get_ipython({arguments})"]
    python = [f"# {line}" for line in lines]
    if effects:
        python[0] = f"{'; '.join(effects)}  {python[0]}"
    return python


def _names(text: str) -> set[str]:
    return {each for each in _NAME.findall(text) if not keyword.iskeyword(each)}
