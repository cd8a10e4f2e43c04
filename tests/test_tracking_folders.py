"""The folders of experiment trackers: MLflow's file store and the runs of Weights & Biases."""

import json
import sqlite3
import struct
from collections.abc import Iterator, Mapping
from contextlib import closing
from math import isnan
from pathlib import Path
from typing import Any

import pytest

from advisor.runs.loading import load_runs
from advisor.runs.readers.mlflow_database import DatabaseRun, runs_in
from advisor.runs.readers.mlflow_run import MlflowRun
from advisor.runs.readers.wandb_run import WandbRun
from advisor.runs.run import Run, Split
from tests.event_bytes import nested
from tests.mlflow_tables import MLFLOW_TABLES


def mlflow_run(
    folder: Path,
    metrics: Mapping[str, str],
    params: Mapping[str, str] | None = None,
    name: str = "first",
) -> Path:
    for kind, entries in (("metrics", metrics), ("params", params or {})):
        for tag, text in entries.items():
            path = folder / kind / tag
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    meta = f"end_time: null\nlifecycle_stage: active\nrun_name: {name}\nstart_time: 1700000000000\n"
    (folder / "meta.yaml").write_text(meta)
    (folder.parent / "meta.yaml").write_text("experiment_id: '7'\nname: digits\n")
    return folder


def lines(values: list[float], steps: list[int] | None = None) -> str:
    numbers = range(len(values)) if steps is None else steps
    pairs = zip(values, numbers, strict=True)
    return "".join(f"{1_700_000_000_000 + step} {value} {step}\n" for value, step in pairs)


def only(path: Path) -> Run:
    (run,) = load_runs([path]).runs
    return run


class TestMlflow:
    def test_metrics_become_curves_and_parameters_hyperparameters(self, tmp_path: Path) -> None:
        mlflow_run(
            tmp_path / "mlruns" / "7" / "3f2a",
            {"train/loss": lines([2.3, 1.1]), "val_accuracy": lines([0.2, 0.6])},
            {"lr": "0.01", "optimizer/name": "adam", "amp": "True"},
        )
        run = only(tmp_path / "mlruns")
        assert run.name == "digits/first"
        assert run.hyperparameters == {"lr": 0.01, "optimizer/name": "adam", "amp": True}
        loss = run.primary("loss", Split.TRAIN)
        assert loss is not None
        assert loss.values.tolist() == [2.3, 1.1]
        assert loss.wall_times[0] == 1.7e9
        assert run.primary("accuracy", Split.VALIDATION) is not None

    def test_runs_that_bear_one_name_keep_their_folders_names(self, tmp_path: Path) -> None:
        for folder in ("3f2a", "77aa"):
            mlflow_run(tmp_path / "7" / folder, {"loss": lines([2.0, 1.0])})
        assert [run.name for run in load_runs([tmp_path]).runs] == ["7/3f2a", "7/77aa"]

    def test_metrics_without_steps_are_numbered_as_they_came(self, tmp_path: Path) -> None:
        mlflow_run(tmp_path / "7" / "3f2a", {"loss": lines([2.0, 1.5, 1.0], [0, 0, 0])})
        assert only(tmp_path).curves[0].steps.tolist() == [0, 1, 2]

    def test_a_run_is_no_part_of_a_deleted_one(self, tmp_path: Path) -> None:
        mlflow_run(tmp_path / ".trash" / "3f2a", {"loss": lines([2.0, 1.0])})
        mlflow_run(tmp_path / "7" / "77aa", {"loss": lines([2.0, 1.0])}, name="kept")
        assert only(tmp_path).name == "digits/kept"

    def test_nan_and_damaged_lines(self, tmp_path: Path) -> None:
        text = lines([2.0]) + "not a point\n" + f"1700000000009 {float('nan')} 1\n"
        run = only(mlflow_run(tmp_path / "7" / "3f2a", {"loss": text}))
        assert isnan(run.curves[0].values[1])
        assert any("damaged" in note.text for note in run.notes)

    def test_lines_of_later_versions_have_more_columns(self, tmp_path: Path) -> None:
        text = "1700000000000 0.5 0 validation 1f2e\n1700000000001 0.4 1 validation 1f2e\n"
        run = only(mlflow_run(tmp_path / "7" / "3f2a", {"loss": text}))
        assert run.curves[0].values.tolist() == [0.5, 0.4]

    def test_only_what_was_appended_is_read_again(self, tmp_path: Path) -> None:
        folder = mlflow_run(tmp_path / "7" / "3f2a", {"loss": lines([2.0]) + "170000000"})
        file = MlflowRun(folder / "meta.yaml")
        assert file.read() == 1
        with (folder / "metrics" / "loss").open("a") as stream:
            stream.write("0001 1.0 1\n")
        assert file.read() == 1
        assert list(file.series["loss"].values) == [2.0, 1.0]
        assert file.read() == 0


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with two runs of one name, one of another, and a deleted one."""
    path = tmp_path / "mlflow.db"
    with closing(sqlite3.connect(path)) as tables, tables:
        tables.executescript(
            MLFLOW_TABLES
            + """
            INSERT INTO params VALUES ('lr', '0.1', 'a1'), ('amp', 'True', 'a1');
            """
        )
        for number, (run, name, stage) in enumerate(
            [
                ("a1", "first", "active"),
                ("b2", "twin", "active"),
                ("c3", "twin", "active"),
                ("d4", "gone", "deleted"),
            ]
        ):
            start = 1_700_000_000_000 + number
            tables.execute("INSERT INTO runs VALUES (?, ?, 1, ?, ?)", (run, name, start, stage))
            for step in range(3):
                point = ("val/loss", 2.0 / (step + 1), start + step, run, step, step == 2)
                tables.execute("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", point)
    return path


class TestMlflowDatabase:
    @pytest.mark.parametrize("named", [True, False])
    def test_each_active_run_is_one(self, database: Path, named: bool) -> None:
        loaded = load_runs([database if named else database.parent])
        names = [run.name for run in loaded.runs]
        assert names == ["digits/first", "mlflow.db/b2", "mlflow.db/c3"]
        assert loaded.failures == loaded.skipped == []
        first = loaded.runs[0]
        assert first.hyperparameters == {"lr": 0.1, "amp": True}
        assert first.curves[0].values[:2].tolist() == [2.0, 1.0]
        assert isnan(first.curves[0].values[2])
        assert first.curves[0].wall_times[0] == 1.7e9

    def test_only_new_points_are_news(self, database: Path) -> None:
        (path, *_) = runs_in(database)
        file = DatabaseRun(path)
        assert [file.read(), file.read()] == [3, 0]
        with closing(sqlite3.connect(database)) as tables, tables:
            tables.execute("INSERT INTO metrics VALUES ('val/loss', 0.1, 9, 'a1', 3, 0)")
        assert file.read() == 1
        assert len(file.series["val/loss"]) == 4

    def test_other_databases_are_passed_over(self, database: Path, tmp_path: Path) -> None:
        with closing(sqlite3.connect(tmp_path / "other.db")) as tables, tables:
            tables.execute("CREATE TABLE animals (name TEXT)")
        (tmp_path / "Thumbs.db").write_bytes(b"no database")
        assert len(load_runs([tmp_path]).runs) == 3


# ---- the format of `.wandb` files, written as its readers expect it


def message(*fields: tuple[int, bytes | str]) -> bytes:
    encoded = [
        (number, body.encode() if isinstance(body, str) else body) for number, body in fields
    ]
    return b"".join(nested(number, body) for number, body in encoded)


def items(values: Mapping[str, Any]) -> list[tuple[int, bytes]]:
    return [
        (1, message(*((2, part) for part in key.split("/")), (16, json.dumps(value))))
        for key, value in values.items()
    ]


def row(step: int, **values: Any) -> bytes:
    logged = {key.replace("__", "/"): value for key, value in values.items()}
    logged |= {"_step": step, "_timestamp": 1.7e9 + step}
    return message((2, message(*items(logged))))


def opened(name: str = "", **config: Any) -> bytes:
    return message((17, message((4, message(*items(config))), (8, name))))


def log_of(*payloads: bytes) -> bytes:
    """Payloads in records, split where a block of 32 KiB ends."""
    written = bytearray(b":W&B\xe1\xbe\x00")
    for payload in payloads:
        written += b"".join(_records(payload, len(written)))
    return bytes(written)


def _records(payload: bytes, offset: int) -> Iterator[bytes]:
    first = True
    while True:
        left = 32768 - offset % 32768
        padding = left if left < 7 else 0
        room = (32768 if padding else left) - 7
        part, payload = payload[:room], payload[room:]
        kind = 1 if first and not payload else 2 if first else 3 if payload else 4
        record = bytes(padding) + struct.pack("<IHB", 0, len(part), kind) + part
        offset += len(record)
        yield record
        if not payload:
            return
        first = False


@pytest.fixture
def offline(tmp_path: Path) -> Path:
    """The file of an offline run."""
    path = tmp_path / "wandb" / "offline-run-20240101_000000-abcd" / "run-abcd.wandb"
    path.parent.mkdir(parents=True)
    return path


class TestWandb:
    def test_history_and_configuration(self, offline: Path) -> None:
        rows = [row(i, train__loss=2.0 / (i + 1), epoch=i) for i in range(5)]
        rows.insert(3, row(2, val__loss=1.5, note="words", image={"_type": "image-file"}))
        offline.write_bytes(log_of(opened("first", lr=0.01, _wandb={}), *rows))
        run = only(offline.parent.parent)
        assert run.name == "first"
        assert run.hyperparameters == {"lr": 0.01}
        loss = run.primary("loss", Split.TRAIN)
        assert loss is not None
        assert loss.steps.tolist() == [0, 1, 2, 3, 4]
        assert loss.wall_times[2] == 1.7e9 + 2
        assert {curve.tag for curve in run.curves} == {"train/loss", "val/loss", "epoch"}

    def test_records_that_go_over_the_end_of_a_block(self, offline: Path) -> None:
        filler = message((4, "x" * 9000))
        payloads = [each for i in range(40) for each in (row(i, loss=1.0 / (i + 1)), filler)]
        offline.write_bytes(log_of(opened(), *payloads))
        assert len(only(offline).curves[0]) == 40

    @pytest.mark.parametrize("size", range(32690, 32775, 5))
    def test_blocks_whose_last_bytes_hold_no_header(self, offline: Path, size: int) -> None:
        filler = message((4, "x" * (size - 40)))
        offline.write_bytes(log_of(filler, row(0, loss=2.0), row(1, loss=1.0)))
        assert only(offline).curves[0].values.tolist() == [2.0, 1.0]

    def test_a_run_that_goes_on_is_read_from_where_it_was(self, offline: Path) -> None:
        whole = log_of(opened("first"), *(row(i, loss=9.0 - i) for i in range(6)))
        offline.write_bytes(whole[:-20])
        file = WandbRun(offline)
        assert file.read() == 5
        offline.write_bytes(whole)
        assert file.read() == 1
        assert list(file.series["loss"].values) == [9.0, 8.0, 7.0, 6.0, 5.0, 4.0]

    def test_nothing_logged_yet(self, offline: Path) -> None:
        offline.write_bytes(log_of(opened("first")))
        ((_, reason),) = load_runs([offline]).failures
        assert "nothing was logged" in reason

    def test_damage_is_told(self, offline: Path) -> None:
        offline.write_bytes(log_of(row(0, loss=2.0), row(1, loss=1.0)) + b"\xff" * 400)
        run = only(offline)
        assert len(run.curves[0]) == 2
        assert any("damaged" in note.text for note in run.notes)

    def test_the_history_as_json_lines(self, tmp_path: Path) -> None:
        rows = [{"loss": 2.0 / (i + 1), "_step": 10 * i, "_runtime": i} for i in range(3)]
        (tmp_path / "wandb-history.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
        assert only(tmp_path).curves[0].steps.tolist() == [0, 10, 20]


class TestSummariesOfWandb:
    """`files/wandb-summary.json` holds one value for each key, and is often all that is kept."""

    @staticmethod
    def summary(folder: Path) -> Path:
        path = folder / "offline-run-20260102_030405-ab12" / "files" / "wandb-summary.json"
        path.parent.mkdir(parents=True)
        path.write_text('{"train/loss": 0.31, "_step": 199}')
        return path

    def test_a_summary_alone_is_told_from_a_run(self, tmp_path: Path) -> None:
        path = self.summary(tmp_path)
        for given in (tmp_path, path.parent.parent, path):
            ((_, reason),) = load_runs([given]).failures
            assert "no history" in reason
            assert "run-*.wandb" in reason

    def test_it_is_named_beside_runs_that_can_be_read(self, tmp_path: Path) -> None:
        mlflow_run(tmp_path / "7" / "3f2a", {"loss": lines([2.0, 1.0])})
        self.summary(tmp_path)
        loaded = load_runs([tmp_path])
        assert len(loaded.runs) == 1
        assert [path.name for path, _ in loaded.failures] == ["wandb-summary.json"]

    def test_beside_its_history_it_is_nothing(self, tmp_path: Path) -> None:
        path = self.summary(tmp_path)
        (path.parent.parent / "run-ab12.wandb").write_bytes(b":W&B")
        loaded = load_runs([tmp_path])
        assert all("history: nothing was logged" in reason for _, reason in loaded.failures)
