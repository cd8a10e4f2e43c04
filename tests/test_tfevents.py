"""The reader of event files: equal to TensorBoard's where that reads, and steady where it does not."""

import math
import os
import struct
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.runs.readers import tfevents
from advisor.runs.readers.crc32c import crc32c, masked_crc32c
from advisor.runs.readers.tfevents import EventFile
from tests import long_logs
from tests.event_bytes import (
    HEADER,
    START,
    curve,
    event,
    event_file,
    histogram,
    nested,
    record,
    scalar,
    simple,
    summary,
    tensor,
    varint,
)

FLOAT, DOUBLE, INT32, HALF, INT64, BFLOAT16 = 1, 2, 3, 19, 9, 14


def read(path: Path) -> EventFile:
    file = EventFile(path)
    file.read()
    return file


def read_bytes(folder: Path, *contents: bytes) -> EventFile:
    return read(event_file(folder, *contents))


def points(file: EventFile, tag: str) -> list[tuple[int, float]]:
    series = file.series[tag]
    return list(zip(series.steps, series.values, strict=True))


def dtype(number: int) -> bytes:
    return b"\x08" + varint(number)


def test_the_checksum_is_crc32c() -> None:
    assert crc32c(b"123456789") == 0xE3069283


# --- against TensorBoard's own reader -----------------------------------------------------------


def as_tensorboard_reads(path: Path) -> dict[str, list[tuple[int, float, float]]]:
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    ).EventAccumulator(
        str(path), size_guidance={"scalars": 0, "tensors": 0}, purge_orphaned_data=False
    )
    from tensorboard.util import tensor_util

    accumulator.Reload()
    found = {
        tag: [(each.step, each.wall_time, each.value) for each in accumulator.Scalars(tag)]
        for tag in accumulator.Tags()["scalars"]
    }
    for tag in accumulator.Tags()["tensors"]:
        if accumulator.SummaryMetadata(tag).plugin_data.plugin_name == "scalars":
            found[tag] = [
                (each.step, each.wall_time, float(tensor_util.make_ndarray(each.tensor_proto)))
                for each in accumulator.Tensors(tag)
            ]
    return found


def as_read(path: Path) -> dict[str, list[tuple[int, float, float]]]:
    return {
        tag: list(zip(series.steps, series.wall_times, series.values, strict=True))
        for tag, series in read(path).series.items()
    }


def only_file(folder: Path) -> Path:
    (path,) = (each for each in folder.iterdir() if each.is_file())
    return path


@pytest.mark.parametrize("new_style", [False, True])
@pytest.mark.parametrize("double_precision", [False, True])
def test_scalars_of_summary_writer_are_read_as_tensorboard_reads_them(
    tmp_path: Path, new_style: bool, double_precision: bool
) -> None:
    writer = pytest.importorskip("torch.utils.tensorboard").SummaryWriter(tmp_path)
    rng = np.random.default_rng(0)
    for step in range(300):
        for tag in ("train/loss", "lr", "some thing/ünïcode"):
            value = float(rng.normal())
            writer.add_scalar(
                tag, value, step, new_style=new_style, double_precision=double_precision
            )
        if step % 50 == 0:
            writer.add_histogram("weights", rng.normal(size=100), step)
            writer.add_text("note", f"step {step}", step)
            writer.add_image("picture", np.zeros((3, 8, 8)), step)
    writer.close()
    path = only_file(tmp_path)
    assert as_read(path) == as_tensorboard_reads(path)
    assert len(read(path).series["lr"]) == 300


def test_nan_infinity_and_extreme_steps_come_through(tmp_path: Path) -> None:
    writer = pytest.importorskip("torch.utils.tensorboard").SummaryWriter(tmp_path)
    for step in (-5, 0, 127, 128, 16_383, 16_384, 2**31, 2**62):
        writer.add_scalar("loss", math.inf if step == 128 else float(step % 7), step)
    writer.add_scalar("loss", math.nan, 3)
    writer.close()
    path = only_file(tmp_path)
    ours, theirs = as_read(path)["loss"], as_tensorboard_reads(path)["loss"]
    assert [point[:2] for point in ours] == [point[:2] for point in theirs]
    np.testing.assert_array_equal([point[2] for point in ours], [point[2] for point in theirs])


def test_hyper_parameters_and_texts_are_picked_up(tmp_path: Path) -> None:
    writer = pytest.importorskip("torch.utils.tensorboard").SummaryWriter(tmp_path)
    given_parameters = {"lr": 0.1, "epochs": 20, "optimizer": "sgd", "nesterov": True}
    writer.add_hparams(given_parameters, {"hparam/accuracy": 0.9}, run_name=".")
    writer.add_text("args", '{"seed": 3}')
    writer.close()
    files = [read(path) for path in sorted(tmp_path.iterdir())]
    found = {name: value for file in files for name, value in file.hyperparameters.items()}
    texts = {name: value for file in files for name, value in file.texts.items()}
    assert found == given_parameters
    assert texts == {"args": '{"seed": 3}'}
    assert {tag for file in files for tag in file.series} == {"hparam/accuracy"}


# --- what a summary can look like ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (dtype(FLOAT) + nested(5, struct.pack("<f", 0.5)), 0.5),
        (dtype(FLOAT) + b"\x2d" + struct.pack("<f", 0.5), 0.5),
        (dtype(FLOAT) + nested(4, struct.pack("<f", 0.5)), 0.5),
        (dtype(DOUBLE) + nested(6, struct.pack("<d", 0.1)), 0.1),
        (dtype(DOUBLE) + nested(4, struct.pack("<d", 0.1)), 0.1),
        (dtype(HALF) + nested(13, varint(0x3800)), 0.5),
        (dtype(HALF) + nested(4, struct.pack("<e", 0.5)), 0.5),
        (dtype(BFLOAT16) + nested(13, varint(0x3F00)), 0.5),
        (dtype(BFLOAT16) + nested(4, b"\x00\x3f"), 0.5),
        (dtype(INT32) + nested(7, varint(-3)), -3.0),
        (dtype(INT64) + nested(10, varint(7)), 7.0),
        (dtype(INT64) + nested(4, struct.pack("<q", -7)), -7.0),
        (dtype(FLOAT), 0.0),
    ],
)
def test_a_tensor_with_one_number_is_a_scalar(tmp_path: Path, content: bytes, value: float) -> None:
    file = read_bytes(
        tmp_path,
        event(summary(tensor("loss", content)), 1),
        event(summary(tensor("loss", content)), 2),
        event(summary(tensor("loss", content)), 300),
    )
    assert points(file, "loss") == [(1, value), (2, value), (300, value)]


ONE_ELEMENT = nested(2, b"\x08\x01")
THREE_ELEMENTS = nested(2, b"\x08\x03")


def test_the_shape_of_a_scalar_may_be_one_but_not_more(tmp_path: Path) -> None:
    number = dtype(FLOAT) + nested(5, struct.pack("<f", 1.0))
    numbers = dtype(FLOAT) + nested(5, struct.pack("<3f", 1.0, 2.0, 3.0))
    file = read_bytes(
        tmp_path,
        event(summary(tensor("one", number, shape=ONE_ELEMENT))),
        event(summary(tensor("three", numbers, shape=THREE_ELEMENTS))),
        event(summary(tensor("compressed", number, shape=THREE_ELEMENTS))),
    )
    assert set(file.series) == {"one"}
    assert file.other_summaries == 2


def test_tensors_of_other_plugins_are_no_scalars_even_if_only_the_first_names_it(
    tmp_path: Path,
) -> None:
    number = dtype(FLOAT) + nested(5, struct.pack("<f", 1.0))
    file = read_bytes(
        tmp_path,
        event(summary(tensor("_hparams_/x", number, "hparams"))),
        event(summary(tensor("_hparams_/x", number, ""))),
        event(summary(tensor("plain", number, ""))),
    )
    assert set(file.series) == {"plain"}


def test_several_values_in_one_event_are_all_read(tmp_path: Path) -> None:
    both = summary(simple("a", 1.0), simple("b", 2.0))
    file = read_bytes(tmp_path, event(both, 1), event(both, 2), scalar("a", 3, 4.0))
    assert points(file, "a") == [(1, 1.0), (2, 1.0), (3, 4.0)]
    assert points(file, "b") == [(1, 2.0), (2, 2.0)]


def test_tags_of_the_same_length_and_layout_are_kept_apart(tmp_path: Path) -> None:
    file = read_bytes(
        tmp_path, *(scalar(tag, step, ord(tag)) for step in range(5) for tag in "abc")
    )
    assert {tag: set(series.values) for tag, series in file.series.items()} == {
        "a": {97.0},
        "b": {98.0},
        "c": {99.0},
    }


def test_a_step_in_an_unusual_place_is_not_lost(tmp_path: Path) -> None:
    payloads = [
        b"\x09" + struct.pack("<d", START) + summary(simple("a", 1.0)) + b"\x10" + varint(step)
        for step in (3, 4)
    ]
    file = read_bytes(tmp_path, *map(record, payloads))
    assert points(file, "a") == [(3, 1.0), (4, 1.0)]


# --- files that are still being written, or were damaged ----------------------------------------


def test_a_file_cut_at_any_byte_is_read_to_the_last_whole_record(tmp_path: Path) -> None:
    records = [scalar("loss", step, 1.0) for step in (1, 2, 300)]
    whole = HEADER + b"".join(records)
    ends = [len(HEADER) + sum(map(len, records[:n])) for n in range(4)]
    path = tmp_path / "events.tfevents"
    for cut in range(len(HEADER), len(whole) + 1):
        path.write_bytes(whole[:cut])
        file = read(path)
        complete = sum(end <= cut for end in ends) - 1
        assert (
            [step for step, _ in points(file, "loss")] == [1, 2, 300][:complete]
            if complete
            else not file.series
        )
        assert file.unfinished == cut - ends[complete]
        assert not file.gaps


def test_reading_goes_on_where_it_stopped(tmp_path: Path) -> None:
    whole = HEADER + curve("loss", range(1, 40))
    path = tmp_path / "events.tfevents"
    path.write_bytes(b"")
    file = EventFile(path)
    for cut in range(0, len(whole) + 1, 7):
        path.write_bytes(whole[:cut])
        file.read()
    path.write_bytes(whole)
    assert file.read() <= 1
    assert file.read() == 0
    assert [step for step, _ in points(file, "loss")] == list(range(1, 40))


def test_a_file_that_was_replaced_by_a_shorter_one_is_read_anew(tmp_path: Path) -> None:
    path = event_file(tmp_path, curve("loss", range(50)))
    file = read(path)
    path.write_bytes(HEADER + scalar("accuracy", 1, 0.5))
    assert file.read() == 2
    assert set(file.series) == {"accuracy"}


def damaged(data: bytes, start: int, stop: int, by: bytes) -> bytes:
    return data[:start] + by + data[stop:]


LENGTH = len(scalar("loss", 1, 1.0))
FIFTH = len(HEADER) + 4 * LENGTH


@pytest.mark.parametrize(
    ("start", "stop", "by"),
    [
        (0, 1, b"\xff"),  # the length
        (9, 10, b"\x00"),  # the checksum of the length
        (0, 8, b"\xff" * 8),  # a length beyond all bounds
        (0, LENGTH, b"\0" * LENGTH),  # a zeroed record
        (20, 40, b""),  # missing bytes
        (LENGTH - 7, LENGTH - 1, b""),  # missing bytes where all that precedes looks right
        (LENGTH - 12, LENGTH - 9, b"xyz"),  # the tag
        (0, 0, b"garbage between two records"),
    ],
)
def test_damage_costs_the_damaged_record_only(
    tmp_path: Path, start: int, stop: int, by: bytes
) -> None:
    records = curve("loss", range(1, 11))
    path = tmp_path / "events.tfevents"
    path.write_bytes(damaged(HEADER + records, FIFTH + start, FIFTH + stop, by))
    file = read(path)
    lost = {5} if stop > start else set()
    assert [step for step, _ in points(file, "loss")] == sorted(set(range(1, 11)) - lost)
    (gap,) = file.gaps
    assert gap.start == FIFTH
    assert file.unfinished == 0


def test_zeros_at_the_end_are_no_damage_because_the_file_may_still_grow(tmp_path: Path) -> None:
    path = event_file(tmp_path, curve("loss", range(1, 4)), b"\0" * 4096)
    file = read(path)
    assert len(file.series["loss"]) == 3
    assert file.unfinished == 4096
    assert not file.gaps


def test_a_length_beyond_the_end_of_the_file_reserves_no_memory(tmp_path: Path) -> None:
    header = struct.pack("<Q", 1 << 60)
    huge = header + struct.pack("<I", masked_crc32c(header))
    file = read_bytes(tmp_path, scalar("loss", 1, 1.0), huge, b"some bytes of it")
    assert len(file.series["loss"]) == 1
    assert file.unfinished == len(huge) + 16


def test_a_record_larger_than_what_is_read_at_once_is_stepped_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tfevents, "_USUAL_CHUNK", 1 << 10)
    monkeypatch.setattr(tfevents, "LARGEST_READ", 4096)
    image = event(summary(nested(1, b"picture") + nested(4, bytes(10_000))), 1)
    before, after = curve("loss", range(1, 200)), curve("loss", range(200, 400))
    file = read_bytes(tmp_path, before, image, after)
    assert list(file.series["loss"].steps) == list(range(1, 400))
    assert file.records == 401
    assert not file.gaps


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_bytes_make_the_reader_fail_or_hang(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    pieces = st.one_of(
        st.binary(max_size=60),
        st.binary(max_size=60).map(record),
        st.binary(max_size=40).map(event),
        st.binary(max_size=40).map(lambda each: event(summary(each))),
        st.builds(
            lambda body, plugin: event(summary(tensor("t", body, plugin))),
            st.binary(max_size=30),
            st.sampled_from(["", "text", "hparams", "scalars"]),
        ),
        st.integers(-(2**63), 2**64 - 1).map(lambda step: scalar("loss", step, 1.0)),
    )
    contents = b"".join(data.draw(st.lists(pieces, max_size=8)))
    path = tmp_path_factory.getbasetemp() / "any.tfevents"
    path.write_bytes(contents)
    file = read(path)
    assert 0 <= file.offset <= len(contents)
    assert all(
        len(each.steps) == len(each.values) == len(each.wall_times) for each in file.series.values()
    )
    assert file.read() == 0


@settings(max_examples=200, deadline=None)
@given(
    position=st.integers(0, 10 * LENGTH - 1),
    length=st.integers(0, 60),
    by=st.binary(max_size=60),
)
def test_whatever_happens_to_a_stretch_the_records_beyond_it_are_read(
    tmp_path_factory: pytest.TempPathFactory, position: int, length: int, by: bytes
) -> None:
    records = curve("loss", range(1, 21))
    start = len(HEADER) + position
    path = tmp_path_factory.getbasetemp() / "stretch.tfevents"
    path.write_bytes(damaged(HEADER + records, start, start + length, by))
    file = read(path)
    untouched = range((position + length - 1) // LENGTH + 2, 21)
    assert set(untouched) <= set(file.series["loss"].steps)


# --- files that hold no curve -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        (b"", "is empty (0 bytes)"),
        (HEADER, "holds only its header"),
        (HEADER + event(nested(4, b"graph")), "holds only a graph"),
        (
            HEADER + event(summary(nested(1, b"h") + nested(5, b""))),
            "holds no scalars, only images",
        ),
        (b"<!DOCTYPE html><html></html>", "is no TensorBoard event file"),
    ],
)
def test_the_reason_for_holding_no_curve_is_named(
    tmp_path: Path, contents: bytes, reason: str
) -> None:
    path = tmp_path / "events.tfevents"
    path.write_bytes(contents)
    assert read(path).why_no_scalars().startswith(reason)


def test_a_file_with_scalars_has_no_such_reason(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, scalar("loss", 1, 1.0)).why_no_scalars() == ""


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_raises_an_os_error(tmp_path: Path) -> None:
    path = event_file(tmp_path, scalar("loss", 1, 1.0))
    path.chmod(0)
    with pytest.raises(PermissionError):
        read(path)


class TestHistograms:
    def test_those_of_gradients_give_their_norm(self, tmp_path: Path) -> None:
        steps = [
            event(summary(histogram("grad/fc.weight", 9.0 * step)), step) for step in (1, 4, 9)
        ]
        file = EventFile(event_file(tmp_path, *steps))
        file.read()
        series = file.series["grad/fc.weight/norm"]
        assert (list(series.steps), list(series.values)) == ([1, 4, 9], [3.0, 6.0, 9.0])

    def test_those_of_anything_else_are_passed_over(self, tmp_path: Path) -> None:
        file = EventFile(event_file(tmp_path, event(summary(histogram("weights", 1.0)), 1)))
        file.read()
        assert file.series == {}
        assert "histograms" in file.why_no_scalars()

    def test_real_ones_give_the_norm_of_what_was_logged(self, tmp_path: Path) -> None:
        writer = pytest.importorskip("torch.utils.tensorboard").SummaryWriter(tmp_path)
        gradient = np.random.default_rng(0).normal(size=(8, 8))
        writer.add_histogram("gradients/fc", gradient, 3)
        writer.close()
        (path,) = tmp_path.iterdir()
        file = EventFile(path)
        file.read()
        assert file.series["gradients/fc/norm"].values[0] == pytest.approx(np.linalg.norm(gradient))

    def test_those_of_tensorflow_2_give_it_nearly(self, tmp_path: Path) -> None:
        made = pytest.importorskip("tensorboard.plugins.histogram.summary_v2").histogram_pb
        gradient = np.random.default_rng(0).normal(size=(30, 30))
        steps = [
            event(nested(5, made("dense/gradient", gradient * size).SerializeToString()), step)
            for step, size in enumerate((1, 0, 1e-4))
        ]
        file = EventFile(event_file(tmp_path, *steps))
        file.read()
        norms = np.linalg.norm(gradient) * np.array([1, 0, 1e-4])
        values = np.array(file.series["dense/gradient/norm"].values)
        assert values == pytest.approx(norms, rel=0.03)


def test_pictures_and_histograms_are_passed_over_alike_each_time(tmp_path: Path) -> None:
    random = Random(2)
    records = [HEADER]
    for step in range(40):
        for tag in ("weights", "grad/weights"):
            records.append(event(long_logs.histogram(tag, random), step, START + step))
        one = long_logs.plain_scalar("loss", 1.0)
        both = long_logs.histogram("weights", random) + one
        records.append(event(both if step % 3 == 0 else one, step, START))
    path = tmp_path / "events.out.tfevents.1.host"
    path.write_bytes(b"".join(records))
    file = EventFile(path)
    file.read()
    assert {tag: len(series) for tag, series in file.series.items()} == {
        "loss": 40,
        "grad/weights/norm": 40,
    }
    assert (file.records, file.other_summaries, file.gaps) == (121, 80 + 14, [])
