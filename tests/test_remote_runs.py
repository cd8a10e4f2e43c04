"""Runs in a store that is no folder here, tried on the file system that fsspec keeps in memory."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from advisor.commands.inputs import inputs_of
from advisor.commands.nnadvise import main
from advisor.runs.loading import load_runs
from advisor.runs.remote import RemoteLogs, StoreNotReadable
from tests.mlflow_tables import MLFLOW_TABLES

fsspec = pytest.importorskip("fsspec")
LESSONS = Path(__file__).parent.parent / "fixtures" / "runs"


@pytest.fixture
def store() -> Iterator[Any]:
    """The store behind `memory://`, empty before and after."""
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    yield memory
    memory.store.clear()


def put(store: Any, source: Path, target: str) -> None:
    for path in sorted(source.rglob("*")):
        if path.is_file():
            store.pipe_file(f"{target}/{path.relative_to(source).as_posix()}", path.read_bytes())


def report_of(*arguments: str, capsys: pytest.CaptureFixture[str]) -> Any:
    main([*arguments, "--isolated", "--output-format", "json"])
    return json.loads(capsys.readouterr().out)


def test_what_is_said_does_not_depend_on_where_the_runs_lie(
    store: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    for lesson in ("overfit", "keras_overfit", "healthy_lightning"):
        put(store, LESSONS / lesson, f"/bucket/runs/{lesson}")
        here = report_of(str(LESSONS / lesson), capsys=capsys)
        assert report_of(f"memory://bucket/runs/{lesson}", capsys=capsys) == here
    together = report_of("memory://bucket/runs", capsys=capsys)
    names = {run["run"] for run in together["runs"]}
    assert {name.split("/")[0] for name in names} == {
        "overfit", "keras_overfit", "healthy_lightning",
    }  # fmt: skip


def test_a_single_file_has_an_address_too(store: Any, capsys: pytest.CaptureFixture[str]) -> None:
    (file,) = (LESSONS / "overfit").glob("*tfevents*")
    store.pipe_file(f"/bucket/{file.name}", file.read_bytes())
    report = report_of(f"memory://bucket/{file.name}", capsys=capsys)
    assert [run["run"] for run in report["runs"]] == [file.name]


def test_only_logs_are_copied(store: Any, tmp_path: Path) -> None:
    put(store, LESSONS / "overfit", "/bucket/run")
    store.pipe_file("/bucket/run/model.pt", b"0" * 1000)
    store.pipe_file("/bucket/run/rows.csv", b"name,age\n" + b"Ada,36\n" * 100_000)
    store.pipe_file("/bucket/run/metrics.csv", b"step,loss\n0,2.0\n1,1.0\n")
    store.pipe_file("/bucket/run/hparams.yaml", b"lr: 0.01\n")
    logs = RemoteLogs("memory://bucket/run", tmp_path)
    logs.update()
    copied = {path.name for path in logs.path.rglob("*") if path.is_file()}
    assert {name for name in copied if "tfevents" not in name} == {"metrics.csv", "hparams.yaml"}
    assert load_runs([logs.path]).runs[0].hyperparameters == {"lr": 0.01}


def test_a_growing_file_is_copied_from_where_it_was(store: Any, tmp_path: Path) -> None:
    (file,) = (LESSONS / "overfit").glob("*tfevents*")
    whole, address = file.read_bytes(), f"/bucket/run/{file.name}"
    store.pipe_file(address, whole[:3000])
    logs = RemoteLogs("memory://bucket/run", tmp_path)
    logs.update()
    store.pipe_file(address, whole)
    copied: list[tuple[int, int]] = []
    logs.update(lambda done, total, path: copied.append((done, total)))
    assert copied == [(len(whole) - 3000, len(whole) - 3000)]
    assert (logs.path / file.name).read_bytes() == whole
    copied.clear()
    logs.update(lambda done, total, path: copied.append((done, total)))
    assert copied == []


def test_a_file_that_was_written_anew_is_copied_anew(store: Any, tmp_path: Path) -> None:
    store.pipe_file("/bucket/run/metrics.csv", b"step,loss\n0,2.0\n1,1.0\n")
    logs = RemoteLogs("memory://bucket/run", tmp_path)
    logs.update()
    store.pipe_file("/bucket/run/metrics.csv", b"step,loss\n0,9.0\n")
    logs.update()
    assert (logs.path / "metrics.csv").read_text() == "step,loss\n0,9.0\n"


def test_runs_of_mlflow_come_with_their_metrics(store: Any, tmp_path: Path) -> None:
    for name, text in (
        ("meta.yaml", "run_name: first\n"),
        ("metrics/loss", "1700000000000 2.0 0\n1700000000001 1.0 1\n"),
        ("params/lr", "0.1"),
        ("artifacts/model.bin", "0" * 1000),
    ):
        store.pipe_file(f"/bucket/mlruns/7/3f2a/{name}", text.encode())
    logs = RemoteLogs("memory://bucket/mlruns", tmp_path)
    logs.update()
    assert load_runs([logs.path]).runs[0].hyperparameters == {"lr": 0.1}
    assert not list(logs.path.rglob("*.bin"))


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("memory://nowhere/runs", "does not exist"),
        ("nosuch://bucket/runs", "cannot be reached: Protocol not known"),
    ],
)
def test_an_address_that_gives_nothing_is_told_as_it_was_typed(
    store: Any, address: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([address, str(LESSONS / "overfit"), "--isolated"]) == 2
    told = capsys.readouterr()
    assert told.err.count("\n") == 1
    assert f"`{address}` {reason}" in told.err
    assert "overfit" in told.out


def test_a_log_that_cannot_be_read_is_told_by_its_address(
    store: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    store.pipe_file("/bucket/run/events.out.tfevents.1", b"version https://git-lfs.github.com")
    assert main(["memory://bucket/run", "--isolated"]) == 2
    assert "`memory://bucket/run` holds no readable log" in capsys.readouterr().err


def test_a_store_whose_library_fails_is_one_line(
    store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise RuntimeError("no credentials\nat all")

    logs = RemoteLogs("memory://bucket/run", tmp_path)
    monkeypatch.setattr(type(store), "find", refuse)
    with pytest.raises(StoreNotReadable, match="cannot be read: no credentials$"):
        logs.update()


def test_copies_are_gone_afterwards(store: Any) -> None:
    put(store, LESSONS / "overfit", "/bucket/run")
    with inputs_of(["memory://bucket/run"]) as inputs:
        inputs.update()
        (path,) = inputs.paths
        assert list(path.iterdir())
    assert not path.exists()


def test_paths_here_are_left_where_they_are(tmp_path: Path) -> None:
    shutil.copytree(LESSONS / "overfit", tmp_path / "run")
    with inputs_of([str(tmp_path / "run")]) as inputs:
        inputs.update()
        assert inputs.paths == [tmp_path / "run"]


def with_metrics(path: Path, values: list[float]) -> bytes:
    """The bytes of MLflow's database with one run that logged these losses."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as tables, tables:
        tables.executescript(
            MLFLOW_TABLES
            + """
            INSERT INTO runs VALUES ('a1', 'first', 1, 0, 'active');
            """
        )
        rows = [("loss", value, step, "a1", step, False) for step, value in enumerate(values)]
        tables.executemany("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", rows)
    return path.read_bytes()


class TestDatabases:
    def test_one_of_mlflow_is_copied_anew_when_it_has_changed(
        self, store: Any, tmp_path: Path
    ) -> None:
        for values in ([2.0, 1.0], [2.0, 1.0, 0.5]):
            store.pipe_file("/bucket/mlflow.db", with_metrics(tmp_path / "made.db", values))
            logs = RemoteLogs("memory://bucket", tmp_path / "copy")
            logs.update()
            (run,) = load_runs([logs.path]).runs
            assert run.curves[0].values.tolist() == values

    def test_an_update_takes_what_it_holds_now(self, store: Any, tmp_path: Path) -> None:
        store.pipe_file("/bucket/mlflow.db", with_metrics(tmp_path / "made.db", [2.0]))
        logs = RemoteLogs("memory://bucket/mlflow.db", tmp_path / "copy")
        logs.update()
        store.pipe_file("/bucket/mlflow.db", with_metrics(tmp_path / "made.db", [2.0, 1.5]))
        logs.update()
        assert load_runs([logs.path]).runs[0].curves[0].values.tolist() == [2.0, 1.5]

    def test_one_of_another_program_is_not_copied(self, store: Any, tmp_path: Path) -> None:
        put(store, LESSONS / "overfit", "/bucket/run")
        store.pipe_file("/bucket/run/Thumbs.db", b"thumbnails" * 100)
        logs = RemoteLogs("memory://bucket/run", tmp_path)
        logs.update()
        assert not list(logs.path.glob("*.db"))
