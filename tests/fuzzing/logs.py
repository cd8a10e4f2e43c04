"""Damaged logs of all kinds: cells, lines and bytes that no logger writes, and the whole advice on them."""

import contextlib
import io
import json
import re
import tempfile
import warnings
from pathlib import Path
from random import Random

from advisor.commands.nnadvise import main
from advisor.runs.readers.opening import is_table, open_log
from advisor.runs.readers.series import LogFile
from tests.fuzzing import event_files

RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What could steer a terminal or deceive its reader: controls but the line end, and bidi marks."""

NAMES = (
    *("metrics.csv", "results.tsv", "training.log", "metrics.jsonl", "scalars.json"),
    *("trainer_state.json", "hparams.yaml", "run.wandb", "mlflow.db", "events.out.tfevents.1"),
)

_CELL = re.compile(rb"[-\w.+]+|[^\w\s]|\s")
_ODD = (
    *(
        b"",
        b"nan",
        b"-inf",
        b"1e400",
        b"-1e308",
        b"1e300",
        b"9" * 30,
        b"9" * 5_000,
        b"-0",
        b"1e-320",
    ),
    *(
        b"\0",
        b"\r",
        b"\x1b[2J",
        b"\xff\xfe",
        b"\xe2\x80\xae",
        b'"',
        b"'",
        b"[" * 5_000,
        b'{"a":' * 999,
    ),
    *(
        b"x" * 140_000,
        b",",
        b",,,,,",
        b"\n\n",
        b"\t",
        b"null",
        b"true",
        b"[]",
        b"{}",
        b"NaN",
        b"Infinity",
    ),
    *(b"step", b"loss", b"val_loss", b"epoch", b"lr", b"accuracy", b"9223372036854775808", b"1.5"),
)


def damaged(content: bytes, random: Random) -> bytes:
    """A log that differs from `content` in a few cells, lines or bytes."""
    for _ in range(random.choice((1, 1, 2, 5))):
        if random.random() < 0.3:
            content = event_files.damaged(content, random)
            continue
        cells = _CELL.findall(content) or [b""]
        for _ in range(random.choice((1, 2, 20))):
            cells[random.randrange(len(cells))] = random.choice((*_ODD, random.choice(cells)))
        content = b"".join(cells)
    return content


def look_at_log(name: str, content: bytes) -> None:
    """Advise on a run whose only log has this name and content."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        look_at_folder(Path(folder))


def look_at_named_log(content: bytes) -> None:
    """Advise on a log whose first byte says which of the known names it has."""
    if content:
        look_at_log(NAMES[content[0] % len(NAMES)], content[1:])


def look_at_reader(name: str, content: bytes) -> None:
    """Read a log of this name, first half of it and then as it has grown, and the whole at once; fails
    if a series is not as long in steps as in values."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content[: len(content) // 2])
        growing = open_log(path)
        _read(growing)
        path.write_bytes(content)
        if is_table(path):
            _read(growing)
        _read(open_log(path))


def look_at_named_reader(content: bytes) -> None:
    """Read a log whose first byte says which of the known names it has."""
    if content:
        look_at_reader(NAMES[content[0] % len(NAMES)], content[1:])


def _read(log: LogFile) -> None:
    with contextlib.suppress(OSError):
        log.read()
    for each in log.series.values():
        assert len(each.steps) == len(each.wall_times) == len(each.values)
    assert isinstance(log.why_no_scalars(), str)


def look_at_folder(folder: Path) -> None:
    """Advise on the runs in a folder; fails if it warns, or if what is printed is raw or no JSON."""
    for form in ("text", "json"):
        said, told = io.StringIO(), io.StringIO()
        with (
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(told),
            warnings.catch_warnings(action="error"),
        ):
            main(["--isolated", "--jobs", "1", "--output-format", form, str(folder)])
        if form == "json":
            json.loads(said.getvalue(), parse_constant=_refuse)
        raw = RAW.search(said.getvalue() + told.getvalue())
        assert raw is None, raw


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")
