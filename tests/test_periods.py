"""Event files that repeat themselves are read as a whole, and hold what they hold one by one."""

import struct
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random

import pytest

from advisor.runs.readers import periods, tfevents
from advisor.runs.readers.likenesses import Likenesses
from advisor.runs.readers.tfevents import EventFile
from tests.event_bytes import HEADER, event, nested, summary, tensor
from tests.fuzzing.event_files import damaged
from tests.long_logs import histogram, irregular, plain_scalar, regular, tensor_scalar


def _twice_in_a_step() -> Iterator[bytes]:
    for step in range(2_000):
        for tag in ("loss", "rate", "loss"):
            yield event(plain_scalar(tag, step / 7), step, step + 0.5)


def _tags_of_different_lengths() -> Iterator[bytes]:
    for step in range(700):
        for index in range(9):
            yield event(plain_scalar(f"{index}" * (index // 3 + 1), step / 7), step, step + 0.5)


def _with_pictures() -> Iterator[bytes]:
    for step, each in enumerate(regular(4_000, 2)):
        yield each
        if step % 900 == 0:
            yield event(histogram("weights", Random(step)), step, 1.0)


def _with_long_texts() -> Iterator[bytes]:
    for step, each in enumerate(irregular(5_000)):
        yield each
        if step % 1_500 == 0:
            text = nested(8, b"a text " * 3_000)
            yield event(
                summary(tensor("note/text_summary", b"\x08\x07" + text, plugin="text")), step
            )


def _whole_numbers() -> Iterator[bytes]:
    random = Random(8)
    for step in range(5_000):
        for tag in random.sample(["samples", "tokens", "errors"], random.randrange(1, 3)):
            number = b"\x08\x09\x22\x08" + struct.pack("<q", step * random.randrange(1 << 40))
            yield event(summary(tensor(tag, number)), step, step + random.random())


def _large_and_repeated_steps() -> Iterator[bytes]:
    for step in (0, 127, 128, 16_383, 2_097_151, 1 << 40, (1 << 63) - 1, 5):
        for number in range(300):
            yield event(tensor_scalar("loss", number), step, number)


def _tensors_in_no_order() -> Iterator[bytes]:
    random = Random(5)
    for step in range(4_000):
        for tag in random.sample(["loss", "val_loss", "accuracy"], random.randrange(3)):
            made = tensor_scalar if tag != "accuracy" or step > 2_000 else plain_scalar
            yield event(made(tag, random.random()), step, step + random.random())


def _without_steps() -> Iterator[bytes]:
    random = Random(6)
    for step in range(6_000):
        tag = random.choice(["loss", "a", "learning_rate", "metric/of_a_longer_name"])
        yield event(plain_scalar(tag, random.random()), step * random.randrange(2), float(step))


def _signalling_numbers_that_are_none() -> Iterator[bytes]:
    for step in range(6_000):
        number = struct.pack("<I", 0x7F800001 + step)
        for tag in ("a", "b", "c")[: 1 + step // 3_000 * (step % 3)]:
            value = nested(1, tag.encode()) + b"\x15" + number
            yield event(summary(value), step, float(step))


LAYOUTS: dict[str, Callable[[], Iterator[bytes]]] = {
    "one tag": lambda: regular(6_000, 1),
    "twenty tags": lambda: regular(6_000, 20),
    "more tags than a period may have": lambda: regular(6_000, 700),
    "tags of different lengths": _tags_of_different_lengths,
    "tensors": lambda: regular(6_000, 3, tensors=True),
    "a tag twice in a step": _twice_in_a_step,
    "pictures in between": _with_pictures,
    "large and repeated steps": _large_and_repeated_steps,
    "signalling numbers that are none": _signalling_numbers_that_are_none,
    "no order": lambda: irregular(5_000),
    "long texts in between": _with_long_texts,
    "whole numbers": _whole_numbers,
    "tensors in no order": _tensors_in_no_order,
    "steps that are missing": _without_steps,
}


@cache
def content(layout: str) -> bytes:
    return HEADER + b"".join(LAYOUTS[layout]())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.out.tfevents.1.host"


def read(path: Path) -> EventFile:
    file = EventFile(path)
    file.read()
    return file


def one_by_one(path: Path) -> EventFile:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tfevents, "_WORTH_IT", 1 << 60)
        patched.setattr(tfevents, "_WORTH_IT_ONCE_IMPORTED", 1 << 60)
        return read(path)


def points(file: EventFile) -> dict[str, tuple[bytes, ...]]:
    return {
        tag: (each.steps.tobytes(), each.wall_times.tobytes(), each.values.tobytes())
        for tag, each in file.series.items()
        if each
    }


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_points_are_those_that_are_read_one_by_one(path: Path, layout: str) -> None:
    path.write_bytes(content(layout))
    whole, single = read(path), one_by_one(path)
    assert points(whole) == points(single)
    assert (whole.records, whole.gaps, whole.offset) == (single.records, [], path.stat().st_size)


@pytest.mark.parametrize("size", [9_000, 30_000, 100_001])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_points_do_not_depend_on_how_many_bytes_are_read_at_once(
    path: Path, layout: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(content(layout))
    single = one_by_one(path)
    monkeypatch.setattr(tfevents, "_USUAL_CHUNK", size)
    monkeypatch.setattr(tfevents, "_WORTH_IT", 7_000)
    monkeypatch.setattr(periods, "_MOST_WAITING", 1_500)
    whole = read(path)
    assert points(whole) == points(single)
    assert (whole.records, whole.gaps, whole.offset) == (single.records, [], path.stat().st_size)


@pytest.mark.parametrize(
    "layout", ["one tag", "twenty tags", "tensors", "no order", "steps that are missing"]
)
def test_it_is_not_read_one_by_one(
    path: Path, layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(content(layout))
    singly: list[int] = []
    scan = EventFile._scan

    def counted(self: EventFile, data: bytes, start: int, stop: int) -> int:
        singly.append(scan(self, data, start, stop) - start)
        return start + singly[-1]

    monkeypatch.setattr(EventFile, "_scan", counted)
    read(path)
    assert sum(singly) < 0.3 * path.stat().st_size


@pytest.mark.parametrize("layout", ["one tag", "twenty tags", "tensors", "no order"])
def test_a_growing_file_is_read_as_far_as_it_goes(path: Path, layout: str) -> None:
    whole = content(layout)
    growing = EventFile(path)
    for end in (10, 40_000, 40_001, 150_000, len(whole)):
        path.write_bytes(whole[:end])
        growing.read()
    assert points(growing) == points(read(path))


def check_that_damage_is_noticed(path: Path, whole: bytes, places: range) -> None:
    """Read a file with one bit turned at each of some places: it costs a record or two, and a gap is
    told."""
    path.write_bytes(whole)
    intact = read(path)
    for place in places:
        broken = bytearray(whole)
        broken[place] ^= 0x10
        path.write_bytes(broken)
        file = read(path)
        assert file.gaps
        lost = sum(map(len, intact.series.values())) - sum(map(len, file.series.values()))
        assert 0 < lost <= 2


@pytest.mark.parametrize(
    "layout",
    [
        *("one tag", "twenty tags", "tensors", "whole numbers"),
        *("no order", "tensors in no order", "steps that are missing"),
    ],
)
def test_every_damage_is_noticed(path: Path, layout: str) -> None:
    whole = content(layout)
    check_that_damage_is_noticed(path, whole, range(60_000, 60_000 + 75))


def test_damaged_files_hold_nothing_that_was_not_logged(path: Path) -> None:
    random = Random(3)
    for layout in ("one tag", "twenty tags", "tensors"):
        whole = content(layout)
        for _ in range(12):
            path.write_bytes(damaged(whole, random))
            read(path).why_no_scalars()


def test_damaged_files_in_no_order_hold_what_is_read_one_by_one(path: Path) -> None:
    random = Random(4)
    for layout in ("no order", "tensors in no order", "steps that are missing"):
        whole = content(layout)
        for _ in range(12):
            path.write_bytes(damaged(whole, random))
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(EventFile, "_scan_batch", lambda *_: 0)
                single = read(path)
            many = read(path)
            assert points(many) == points(single)
            assert (many.records, many.gaps, many.offset) == (
                single.records,
                single.gaps,
                single.offset,
            )


def test_short_files_are_read_many_records_at_a_time_once_that_is_imported(path: Path) -> None:
    path.write_bytes(content("no order")[:60_000])
    whole, single = read(path), one_by_one(path)
    assert points(whole) == points(single)
    assert (whole.records, whole.offset) == (single.records, single.offset)


def test_a_record_that_is_like_others_is_checked_in_short_files_too(path: Path) -> None:
    whole = HEADER + b"".join(irregular(60))
    check_that_damage_is_noticed(path, whole, range(len(whole) // 2, len(whole) // 2 + 60))


def test_what_other_files_taught_changes_nothing(path: Path) -> None:
    path.write_bytes(content("tensors in no order")[:40_000])
    others = path.with_name("events.out.tfevents.2.host")
    first = points(read(path))
    for layout in ("no order", "whole numbers", "tensors"):
        others.write_bytes(content(layout)[:60_000])
        read(others)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tfevents, "_COMMON", Likenesses())
        alone = points(read(path))
    again = points(read(path))
    assert list(first.items()) == list(again.items()) == list(alone.items())
