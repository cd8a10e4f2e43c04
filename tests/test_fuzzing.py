"""A slice of the fuzzing: damaged programs and event files are looked at, or refused in words."""

import re
import time
from pathlib import Path
from random import Random

import numpy as np
import pytest

from advisor.runs.readers.tfevents import EventFile
from tests.event_bytes import HEADER, curve, event, event_file, scalar, simple, summary, tensor
from tests.fuzzing import event_files, programs
from tests.fuzzing.__main__ import look_at_event_file, look_at_program

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "rules" / "code").rglob("*.md"))
SCRIPTS = sorted((ROOT / "fixtures" / "scripts").rglob("*.py"))
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
SECONDS = 8


def test_damaged_programs() -> None:
    texts = [path.read_text() for path in SCRIPTS]
    texts += [block for page in PAGES for block in BLOCK.findall(page.read_text())]
    random = Random(7)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        text = programs.damaged(random.choice(texts), random)
        look_at_program(text.encode("utf-8", "surrogatepass"))


KEPT = {
    "rounding what is no number": "import torch\nx = round(1e999)\n",
    "a number of many digits": f"import torch\nx = {'9' * 5_000}\n",
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT.keys())
def test_what_was_found_by_fuzzing(text: str) -> None:
    look_at_program(text.encode("utf-8", "surrogatepass"))


# --- event files --------------------------------------------------------------------------

FLOAT = b"\x08\x01\x22\x04\x00\x00\x80\x3f"  # a tensor of one float, 1.0, as TF 2 writes it
WHOLE = b"".join(
    [
        HEADER,
        curve("loss", range(20)),
        event(summary(tensor("val", FLOAT), simple("lr", 0.1))),
        event(summary(tensor("image", b"\x08\x07" + bytes(300), plugin="images"))),
        curve("loss", range(20, 40)),
        scalar("x" * 300, (1 << 63) - 1, float("nan")),
    ]
)


def test_a_file_cut_at_any_byte_holds_a_beginning_of_what_the_whole_one_holds(
    tmp_path: Path,
) -> None:
    path = event_file(tmp_path)
    path.write_bytes(WHOLE)
    whole = _points(path)
    for end in range(len(WHOLE)):
        path.write_bytes(WHOLE[:end])
        for tag, points in _points(path).items():
            assert points == whole[tag][: len(points)]


def test_a_flipped_bit_costs_one_record_at_the_most(tmp_path: Path) -> None:
    path = event_file(tmp_path)
    content = HEADER + curve("loss", range(30))
    path.write_bytes(content)
    (whole,) = _points(path).values()
    for index in range(len(HEADER), len(content)):
        damaged = bytearray(content)
        damaged[index] ^= 1 << (index % 8)
        path.write_bytes(damaged)
        points = _points(path).get("loss", [])
        known = sum(point in whole for point in points)
        assert known >= len(whole) - 1


def test_damaged_event_files() -> None:
    random = Random(7)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        look_at_event_file(event_files.damaged(WHOLE, random))


@pytest.mark.parametrize("step", [-1, -(1 << 63), 0, (1 << 63) - 1])
def test_steps_may_be_anything_and_repeat(tmp_path: Path, step: int) -> None:
    path = event_file(tmp_path, *(scalar("loss", step, value) for value in (3.0, 2.0, 1.0)))
    assert [point[0] for point in _points(path)["loss"]] == [step] * 3


def _points(path: Path) -> dict[str, list[tuple[int, float, str]]]:
    file = EventFile(path)
    file.read()
    return {
        tag: list(
            zip(
                np.asarray(series.steps).tolist(),
                np.asarray(series.wall_times).tolist(),
                map(str, np.asarray(series.values).tolist()),
                strict=True,
            )
        )
        for tag, series in file.series.items()
        if series
    }
