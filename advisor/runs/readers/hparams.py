"""What TensorBoard's hparams plugin stores: the hyper-parameters a session was started with."""

from typing import Any

from advisor.runs.readers.wire import Field, MalformedMessage, double, fields, text

# HParamsPluginData.session_start_info, SessionStartInfo.hparams and Struct.fields
_SESSION_START_INFO = 3
_ENTRIES = 1
_DEEPEST = 20


def _value(data: bytes, message: Field, depth: int) -> Any:
    """A `google.protobuf.Value`."""
    if depth > _DEEPEST:
        raise MalformedMessage("a value is nested too deeply")
    for field in fields(data, message.start, message.stop):
        match field.number:
            case 2:
                number = double(data, field)
                # whole numbers are stored as doubles, too
                return int(number) if number.is_integer() else number
            case 3:
                return text(data, field)
            case 4:
                return bool(field.value)
            case 5:
                return _mapping(data, field, depth + 1)
            case 6:
                items = fields(data, field.start, field.stop)
                return [_value(data, item, depth + 1) for item in items]
    return None


def _mapping(data: bytes, message: Field, depth: int) -> dict[str, Any]:
    found = {}
    for entry in fields(data, message.start, message.stop):
        if entry.number == _ENTRIES:
            parts = {part.number: part for part in fields(data, entry.start, entry.stop)}
            name = text(data, parts[1]) if 1 in parts else ""
            found[name] = _value(data, parts[2], depth) if 2 in parts else None
    return found


def hyperparameters_of_session(data: bytes, start: int, stop: int) -> dict[str, Any]:
    """The hyper-parameters in the plugin data `data[start:stop]`, empty if it holds none.

    Raises `MalformedMessage`.
    """
    found: dict[str, Any] = {}
    for field in fields(data, start, stop):
        if field.number == _SESSION_START_INFO:
            found.update(_mapping(data, field, 0))
    return found
