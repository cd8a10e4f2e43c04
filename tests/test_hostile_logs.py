"""Whatever lies where logs are looked for: nnadvise neither crashes nor waits for it, and prints nothing raw."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from sqlite3 import connect
from typing import Any

import pytest

from advisor.runs.readers.opening import open_log
from tests.event_bytes import HEADER, curve, event_file
from tests.fuzzing import logs
from tests.fuzzing.logs import RAW, look_at_log, look_at_reader
from tests.mlflow_tables import MLFLOW_TABLES
from tests.test_tracking_folders import log_of, mlflow_run, opened, row

SECONDS = 6


def _database() -> bytes:
    with closing(connect(":memory:")) as database:
        database.executescript(MLFLOW_TABLES)
        database.execute("INSERT INTO runs VALUES ('a', 'first', 1, 1700000000000, 'active')")
        database.execute("INSERT INTO params VALUES ('lr', '0.1', 'a')")
        points = [("loss", 1 / (1 + step), step, "a", step, False) for step in range(40)]
        database.executemany("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", points)
        database.commit()
        return database.serialize()


POINTS = [(step, 1 / (1 + step), 1 / (1 + step) + step / 50) for step in range(40)]
TABLE = b"step,train_loss,val_loss\n" + b"".join(b"%d,%f,%f\n" % row for row in POINTS)
LINES = b"".join(
    json.dumps({"step": step, "loss": loss, "val_loss": held_out}).encode() + b"\n"
    for step, loss, held_out in POINTS
)
STATE = {
    "max_steps": 40,
    "log_history": [
        {"step": step, "loss": loss, "eval_loss": other} for step, loss, other in POINTS
    ],
}
SEEDS = {
    "metrics.csv": TABLE,
    "results.tsv": TABLE.replace(b",", b"\t"),
    "metrics.jsonl": LINES,
    "trainer_state.json": json.dumps(STATE).encode(),
    "events.out.tfevents.1": HEADER + curve("train/loss", range(60)) + curve("val/loss", range(60)),
    "run.wandb": log_of(
        opened("first", lr=0.01),
        *(row(step, train__loss=loss, val__loss=other) for step, loss, other in POINTS),
    ),
    "mlflow.db": _database(),
}


def test_damaged_logs() -> None:
    random = Random(7)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        name = random.choice([*SEEDS])
        look_at_log(name, logs.damaged(SEEDS[name], random))


def test_damaged_logs_of_all_readers() -> None:
    random = Random(11)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        name = random.choice([*SEEDS])
        look_at_reader(name, logs.damaged(SEEDS[name], random))


@pytest.mark.parametrize("name", ["metrics/val_loss", "params/lr", "meta.yaml", "../meta.yaml"])
def test_damaged_files_of_an_mlflow_run(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "digits" / "first"
    values = "".join(f"{1700000000000 + step} {loss} {step}\n" for step, loss, _ in POINTS)
    mlflow_run(folder, {"val_loss": values}, {"lr": "0.1"})
    whole, random = (folder / name).read_bytes(), Random(13)
    end = time.monotonic() + SECONDS / 6
    while time.monotonic() < end:
        (folder / name).write_bytes(logs.damaged(whole, random))
        run = open_log(folder / "meta.yaml")
        with contextlib.suppress(OSError):
            run.read()
        for each in run.series.values():
            assert len(each.steps) == len(each.values)


HUGE = b"9" * 400
KEPT = {
    "a step beyond all": ("metrics.csv", TABLE + b"1e300,1,1\n"),
    "a step of 20 digits": (
        "metrics.jsonl",
        LINES + b'{"step": 99999999999999999999, "loss": 1}\n',
    ),
    "a number that is no float": ("metrics.jsonl", LINES + b'{"step": 41, "loss": %s}\n' % HUGE),
    "a step that is no float": ("metrics.csv", TABLE + HUGE + b",1,1\n"),
    "a cell too long for a table": ("metrics.csv", TABLE + b"41,1," + b"x" * 140_000 + b"\n"),
    "a title too long for a table": ("metrics.csv", b"step,loss," + b"x" * 140_000 + b"\n1,2,3\n"),
    "a line end in the title": ("metrics.csv", b'step,"a\rb"c\rd,loss\n1,2,3\n2,3,4\n'),
    "an error beyond all numbers": (
        "metrics.csv",
        TABLE + b"".join(b"%d,-1e308,1e308\n" % step for step in range(40, 80)),
    ),
    "an error that is all but beyond them": (
        "metrics.csv",
        TABLE + b"".join(b"%d,1,1e308\n" % step for step in range(40, 80)),
    ),
    "a line nested deeply": ("metrics.jsonl", LINES + b'{"a":' * 100_000 + b"\n"),
    "settings nested deeply": ("hparams.yaml", b"lr: '" + b"[" * 100_000 + b"\n"),
    "a metric of MLflow at no time": ("metrics/loss", b"%s 1.0 3\n" % HUGE),
    "a metric of MLflow at no step": ("metrics/loss", b"1700000000000 1.0 %s\n" % HUGE),
    "a parameter of MLflow nested deeply": ("params/lr", b"[" * 100_000),
    "a start of MLflow's that never was": ("meta.yaml", b"run_name: a\nstart_time: %s\n" % HUGE),
}


@pytest.mark.parametrize(("name", "content"), KEPT.values(), ids=KEPT.keys())
def test_what_was_found_by_fuzzing(tmp_path: Path, name: str, content: bytes) -> None:
    if name.startswith(("metrics/", "params/", "meta")):
        mlflow_run(tmp_path / "digits" / "first", {"val_loss": "1700000000000 1.0 1\n"})
        path = tmp_path / "digits" / "first" / name
    else:
        path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    logs.look_at_folder(tmp_path)


def test_a_database_may_hold_anything_in_any_column(tmp_path: Path) -> None:
    odd: tuple[Any, ...] = (
        None,
        "x",
        "-1e999",
        1 << 62,
        -0.5,
        b"\xff",
        "../..",
        "a/b",
        "",
        "\x1b[2J",
    )
    with closing(connect(tmp_path / "mlflow.db")) as database:
        database.executescript(MLFLOW_TABLES)
        for index, each in enumerate(odd):
            run = f"run{index}"
            database.execute(
                "INSERT INTO runs VALUES (?, ?, ?, ?, ?)", (each, each, 1, 0, "active")
            )
            row = (run, each, 1, each, "active")
            database.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?)", row)
            database.execute("INSERT INTO params VALUES (?, ?, ?)", (each, each, run))
            for other in odd:
                point = ("loss", each, other, run, other, other)
                database.execute("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", point)
                point = (each, other, each, run, each, 0)
                database.execute("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", point)
        database.commit()
    logs.look_at_folder(tmp_path)


NAMES = (
    *("events.out.tfevents.2", "metrics.csv", "training.log", "results.jsonl", "scalars.json"),
    *("trainer_state.json", "hparams.yaml", "args.yaml", "meta.yaml", "mlflow.db", "a.wandb"),
    *("metrics/loss", "params/lr", "pyproject.toml", "sub/metrics.csv", "sub/meta.yaml"),
)


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_pipes_and_devices_are_not_waited_for(tmp_path: Path, make: Callable[[Path], None]) -> None:
    event_file(tmp_path, curve("loss", range(60)))
    for name in NAMES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        make(tmp_path / name)
    command = str(Path(sys.executable).parent / "nnadvise")
    done = subprocess.run(
        [command, "--output-format", "concise", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode in {0, 1, 2}


def test_names_of_runs_cannot_steer_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from advisor.commands.nnadvise import main

    for name in ("a\x1b[31m", "b\r\x07", "c\u202e", "d\x9b2J", "e\n::error::f"):
        event_file(tmp_path / name, curve("train/loss", range(60)), curve("val/loss", range(60)))
    for arguments in (
        ["recipe"],
        ["-v"],
        *(["--output-format", each] for each in ("concise", "json")),
    ):
        main([*arguments, "--isolated", str(tmp_path)])
        captured = capsys.readouterr()
        assert RAW.search(captured.out + captured.err) is None
        assert "31m" in captured.out
        assert "\n::error" not in captured.out
