"""Hyper-parameters found in what a run logged as text: JSON, or a table in Markdown."""

import json
import re
from collections.abc import Mapping
from typing import Any

from advisor.runs.vocabulary import word_set, words_of

_ARGUMENTS = word_set("args arguments hparams hparam hyperparameters hyperparameter params config")
_TABLE_ROW = re.compile(r"^\|([^|]+)\|([^|]*)\|\s*$", re.MULTILINE)


def hyperparameters_in_texts(texts: Mapping[str, str]) -> dict[str, Any]:
    """The hyper-parameters in logged texts.

    What is called `args`, `config`, `hyperparameters` or the like is merged; a JSON object of
    another name that ends in `config` (`model_config` of the HF Trainer) stays a mapping of its own.
    """
    found: dict[str, Any] = {}
    for tag, text in texts.items():
        name = tag.rsplit("/", 1)[-1]
        words = words_of(name)
        if not words or words[-1] not in _ARGUMENTS:
            continue
        values = _json_object(text) or _table(text)
        if len(words) == 1 or not words[-1].startswith("config"):
            found.update(values)
        elif values:
            found[name] = values
    return found


def _json_object(text: str) -> dict[str, Any]:
    start = text.strip().removeprefix("```json").removeprefix("```").removesuffix("```").strip()
    if not start.startswith("{"):
        return {}
    try:
        value = json.loads(start)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _table(text: str) -> dict[str, Any]:
    rows = [(key.strip(), value.strip()) for key, value in _TABLE_ROW.findall(text)]
    header = next((i for i, (key, _) in enumerate(rows) if set(key) <= {"-", ":"}), None)
    return {key: _value(value) for key, value in rows[header + 1 :]} if header is not None else {}


def _value(text: str) -> Any:
    """A number, truth value or null if the text is one, else the text itself."""
    try:
        return json.loads({"True": "true", "False": "false", "None": "null"}.get(text, text))
    except ValueError:
        return text
