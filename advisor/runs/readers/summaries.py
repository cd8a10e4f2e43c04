"""`Event` messages of TensorBoard: which scalars, texts and hyper-parameters a record holds."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import nan, sqrt
from typing import Any

from advisor.runs.readers.hparams import hyperparameters_of_session
from advisor.runs.readers.tensors import (
    TensorNumber,
    floats_in_tensor,
    number_in_tensor,
    strings_in_tensor,
)
from advisor.runs.readers.wire import (
    Field,
    WireType,
    double,
    fields,
    float32,
    signed,
    text,
)

# field numbers of Summary, Summary.Value and SummaryMetadata
_VALUE = 1
_TAG, _SIMPLE_VALUE, _HISTOGRAM, _TENSOR, _METADATA = 1, 2, 5, 8, 9
_SUM_OF_SQUARES = 5
_PLUGIN_DATA = 1
_PLUGIN_NAME, _PLUGIN_CONTENT = 1, 2

_TEXT_SUFFIX = "/text_summary"
_GRADIENT = "grad"


@dataclass(frozen=True, slots=True)
class Scalar:
    """One scalar of a summary, and where in the record its number lies (see `TensorNumber`).

    It `tells_by_itself` that it is one if the records before it in its file do not matter.
    """

    tag: str
    number: TensorNumber
    tells_by_itself: bool


@dataclass(slots=True)
class Event:
    """What a record says, as far as curves are concerned.

    `other` counts the summaries of any other sort (images, histograms, ...), `values` all of them;
    `norms` are the Euclidean norms of what histograms of gradients show, by tag.
    """

    wall_time: float = 0.0
    step: int = 0
    scalars: list[Scalar] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    hyperparameters: dict[str, Any] = field(default_factory=dict)
    norms: dict[str, float] = field(default_factory=dict)
    graph: bool = False
    other: int = 0
    values: int = 0

    @property
    def says_something(self) -> bool:
        """Whether the record holds anything that is kept."""
        return bool(self.scalars or self.texts or self.hyperparameters)


class SummaryDecoder:
    """Decodes the records of one file, in their order.

    It has a memory, because a writer may name the plugin of a tag with its first value only.
    """

    def __init__(self) -> None:
        self._plugins: dict[str, str] = {}

    def decode(self, data: bytes, start: int, stop: int) -> Event:
        """The event in `data[start:stop]`; raises `MalformedMessage`."""
        event = Event()
        for part in fields(data, start, stop):
            match part.number:
                case 1:
                    event.wall_time = double(data, part)
                case 2:
                    event.step = signed(part.value)
                case 4 | 9:
                    event.graph = True
                case 5:
                    for value in fields(data, part.start, part.stop):
                        if value.number == _VALUE:
                            self._add_value(data, value, event)
        return event

    def _add_value(self, data: bytes, value: Field, event: Event) -> None:
        parts = {part.number: part for part in fields(data, value.start, value.stop)}
        tag = text(data, parts[_TAG]) if _TAG in parts else ""
        event.values += 1
        if _SIMPLE_VALUE in parts:
            simple = parts[_SIMPLE_VALUE]
            number = TensorNumber(float32(data, simple), "<f", simple.start)
            event.scalars.append(Scalar(tag, number, tells_by_itself=True))
            return
        plugin = self._plugin(data, tag, parts)
        tensor = parts.get(_TENSOR)
        if plugin == "hparams" and _METADATA in parts:
            event.hyperparameters.update(_hyperparameters(data, parts[_METADATA]))
        elif plugin == "text" and tensor is not None:
            strings = strings_in_tensor(data, tensor.start, tensor.stop)
            event.texts[tag.removesuffix(_TEXT_SUFFIX)] = "\n".join(strings)
        elif tensor is not None and plugin in {"", "scalars"}:
            tells_by_itself = plugin == "scalars" and _METADATA in parts
            self._add_tensor(data, tag, tensor, event, tells_by_itself)
        else:
            event.other += 1
            if _GRADIENT not in tag.lower():
                return
            if _HISTOGRAM in parts:
                event.norms[f"{tag}/norm"] = _norm(data, parts[_HISTOGRAM])
            elif plugin == "histograms" and tensor is not None:
                event.norms[f"{tag}/norm"] = _norm_of_buckets(data, tensor)

    def _add_tensor(
        self, data: bytes, tag: str, tensor: Field, event: Event, tells_by_itself: bool
    ) -> None:
        found = number_in_tensor(data, tensor.start, tensor.stop)
        if found is None:
            event.other += 1
        else:
            event.scalars.append(Scalar(tag, found, tells_by_itself))

    def _plugin(self, data: bytes, tag: str, parts: dict[int, Field]) -> str:
        if _METADATA in parts:
            for part in _plugin_data(data, parts[_METADATA]):
                if part.number == _PLUGIN_NAME:
                    self._plugins[tag] = text(data, part)
        return self._plugins.get(tag, "")


def _norm(data: bytes, histogram: Field) -> float:
    """The root of the sum of squares that a histogram states of all that went into it."""
    for part in fields(data, histogram.start, histogram.stop):
        if part.number == _SUM_OF_SQUARES:
            squares = double(data, part)
            return sqrt(squares) if squares >= 0 else nan
    return 0.0


def _norm_of_buckets(data: bytes, tensor: Field) -> float:
    """The norm that a histogram of TensorFlow 2 tells: rows of left edge, right edge and count.

    What lies in a bucket is taken as spread evenly over it; numbers that are all alike were put
    by some versions into one bucket of width 1 around them.
    """
    numbers = floats_in_tensor(data, tensor.start, tensor.stop)
    rows = [*zip(numbers[::3], numbers[1::3], numbers[2::3], strict=False)]
    if len(rows) == 1 and rows[0][1] - rows[0][0] == 1.0:
        low, high, count = rows[0]
        return abs(low + high) / 2 * sqrt(count)
    return sqrt(sum(n * (low * low + low * high + high * high) / 3 for low, high, n in rows))


def _plugin_data(data: bytes, metadata: Field) -> Iterator[Field]:
    for part in fields(data, metadata.start, metadata.stop):
        if part.number == _PLUGIN_DATA and part.wire_type == WireType.BYTES:
            yield from fields(data, part.start, part.stop)


def _hyperparameters(data: bytes, metadata: Field) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in _plugin_data(data, metadata):
        if part.number == _PLUGIN_CONTENT:
            found.update(hyperparameters_of_session(data, part.start, part.stop))
    return found
