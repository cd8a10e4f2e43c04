"""Text from outside (names of files, lines of code, tags) made safe to show to a person."""

import re

from advisor.findings import Location

_CONTROL_PICTURES = 0x2400
_DELETE_PICTURE = "\N{SYMBOL FOR DELETE}"
# C0 but the tab, DEL, C1, what reorders or hides text, line separators, halves of surrogate pairs
_UNSAFE = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f\x80-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff\ufff9-\ufffb]"
)


def printable(text: str) -> str:
    """`text` with every character that could steer a terminal or deceive a reader replaced by a
    visible one. The length stays the same, so columns do too; tabs stay tabs."""
    return _UNSAFE.sub(_visible, text)


def printable_place(place: Location) -> str:
    """`file:row:column`, with the cell before the row in a notebook."""
    cell = "" if place.cell is None else f"cell {place.cell}:"
    return f"{printable(place.filename)}:{cell}{place.row}:{place.column}"


def _visible(unsafe: re.Match[str]) -> str:
    code = ord(unsafe[0])
    if code < 0x20:
        return chr(_CONTROL_PICTURES + code)
    return _DELETE_PICTURE if code == 0x7F else "\N{REPLACEMENT CHARACTER}"
