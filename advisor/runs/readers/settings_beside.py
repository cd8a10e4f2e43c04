"""Settings that a logger keeps in a YAML file beside its log: `hparams.yaml`, `args.yaml`."""

import json
import re
from pathlib import Path
from typing import Any

from advisor.runs.readers.files import opened

_NAMES = ("hparams.yaml", "args.yaml")
_ENTRY = re.compile(r"^([A-Za-z_][\w.\-/]*):\s+([^\s#!&*|>{\[].*?)\s*$")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "none": None}
_LARGEST = 1 << 20


def settings_beside(folder: Path) -> dict[str, Any]:
    """The plain entries (`lr: 0.001`) of the settings files in a folder; empty without any.

    What is nested, tagged or longer than a line is left out.
    """
    found: dict[str, Any] = {}
    for name in _NAMES:
        try:
            with opened(folder / name) as stream:
                text = stream.read(_LARGEST).decode("utf-8", errors="replace")
        except OSError:
            continue
        found.update(plain_entries(text))
    return found


def plain_entries(text: str) -> dict[str, Any]:
    """The entries of a YAML text that are a name and a value on one line."""
    entries = filter(None, map(_ENTRY.match, text.splitlines()))
    return {entry[1]: plain_value(entry[2]) for entry in entries}


def plain_value(text: str) -> Any:
    """The truth value, number or null that a text stands for, or the text itself."""
    if not text or text.lower() in _WORDS:
        return _WORDS.get(text.lower(), text)
    if text[0] in "'\"" and text[-1] == text[0] and len(text) > 1:
        return text[1:-1]
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _number(text)
    return value if isinstance(value, int | float) else text


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text
