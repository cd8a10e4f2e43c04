"""Long files of pictures and histograms are sifted, and hold what they hold read in the ordinary way."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random

import pytest

from advisor.runs.readers import tfevents
from advisor.runs.readers.sifting import Sieve
from advisor.runs.readers.tfevents import EventFile
from tests.event_bytes import HEADER, event, nested, record, simple, summary
from tests.fuzzing.event_files import damaged
from tests.long_logs import histogram, payload, payload_log, plain_scalar
from tests.test_periods import points, read


def _gradients_and_weights() -> Iterator[bytes]:
    random = Random(1)
    for step in range(400):
        for tag in ("weights", "grad/weights", "bias"):
            yield event(histogram(tag, random), step, float(step))
        yield event(plain_scalar("loss", random.random()), step, float(step))


def _late_tags() -> Iterator[bytes]:
    random = Random(2)
    for step in range(700):
        yield event(histogram(f"layer_{step // 100}", random), step << 40, float(step))
        for _ in range(random.randrange(4)):
            yield event(plain_scalar("loss", random.random()), step, float(step))


def _all_sorts_of_records() -> Iterator[bytes]:
    random = Random(3)
    pictures = nested(4, nested(4, bytes(300)))
    for step in range(1_000):
        tag = random.choice(["a", "b" * 127, "c" * 128, "d" * 300])
        loss = nested(1, simple("loss", step))
        picture = nested(
            1, nested(1, tag.encode()) + nested(4, nested(4, bytes(random.choice(SIZES))))
        )
        yield random.choice(
            [
                event(summary(simple("loss", step)), step, float(step)),
                event(nested(5, picture), step, float(step)),
                event(nested(5, picture + loss), step, float(step)),
                event(nested(5, picture) + nested(5, loss), step, float(step)),
                event(nested(5, loss + picture), step, float(step)),
                record(nested(5, picture + loss)),
                event(nested(1, tag.encode() * 9) + pictures, step, float(step)),
                record(
                    b"\x09" + bytes(8) + b"\x10" + b"\xff" * random.randrange(600) + bytes(2_000)
                ),
            ]
        )


SIZES = (90, *range(340, 520, 3), 16_300, 16_384, 60_000)
LAYOUTS: dict[str, Callable[[], Iterator[bytes]]] = {
    "pictures and histograms": lambda: payload_log(2_000_000),
    "a histogram to each scalar": lambda: payload(500),
    "gradients that are read, weights that are not": _gradients_and_weights,
    "tags that come late": _late_tags,
    "all sorts of records": _all_sorts_of_records,
}


@cache
def content(layout: str) -> bytes:
    return HEADER + b"".join(LAYOUTS[layout]())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.out.tfevents.1.host"


def unsifted(path: Path) -> EventFile:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tfevents, "_WORTH_SIFTING", 1 << 60)
        return read(path)


def holdings(file: EventFile) -> tuple[object, ...]:
    return points(file), file.records, file.other_summaries, file.gaps, file.offset


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_found_is_what_is_there(path: Path, layout: str) -> None:
    path.write_bytes(content(layout))
    assert holdings(read(path)) == holdings(unsifted(path))


def test_what_is_known_to_hold_nothing_is_not_looked_at(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(content("pictures and histograms"))
    looked_at: list[tuple[int, int]] = []
    look = EventFile._read_record

    def counted(
        file: EventFile, data: bytes, start: int, stop: int, step: int, position: int
    ) -> None:
        looked_at.append((start, stop))
        look(file, data, start, stop, step, position)

    monkeypatch.setattr(EventFile, "_read_record", counted)
    file = read(path)
    assert file.other_summaries == 171
    assert len(looked_at) < 150


@pytest.mark.parametrize("layout", LAYOUTS)
def test_damage_costs_no_more_than_otherwise(path: Path, layout: str) -> None:
    random, whole = Random(4), content(layout)
    for _ in range(8):
        path.write_bytes(damaged(whole, random))
        sifted, other = read(path), unsifted(path)
        assert (points(sifted), sifted.offset) == (points(other), other.offset)
        assert {*sifted.gaps} <= {*other.gaps}


def test_a_scalar_that_was_damaged_between_pictures_is_told_where_it_lies(path: Path) -> None:
    whole = bytearray(content("pictures and histograms"))
    place = whole.rindex(b"loss/3")
    whole[place] ^= 1
    path.write_bytes(whole)
    (gap,) = read(path).gaps
    assert gap.start < place < gap.stop < gap.start + 60


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_growing_file_is_read_as_far_as_it_goes(path: Path, layout: str) -> None:
    whole = content(layout)
    growing = EventFile(path)
    for end in (10, 40_000, 1_300_000, 1_300_001, 1_900_000, len(whole)):
        path.write_bytes(whole[:end])
        growing.read()
    assert holdings(growing) == holdings(unsifted(path))


def test_a_file_that_shrinks_while_it_is_read_ends_where_it_ends(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = content("pictures and histograms")
    path.write_bytes(whole)
    sift = Sieve.sift

    def shrinking(*given: object) -> object:
        path.write_bytes(whole[:1_000_000])
        return sift(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(Sieve, "sift", shrinking)
    file = read(path)
    assert 0 < file.offset <= 1_000_000
