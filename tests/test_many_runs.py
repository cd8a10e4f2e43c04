"""Many runs at once: the same is said of them whoever does the work, and how many do it."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import pytest

from advisor.commands.nnadvise import main
from advisor.rulebook import rulebook
from advisor.runs import judging, reading
from advisor.runs.judging import Failure, Judge, judge_all
from advisor.runs.loading import load_runs
from advisor.runs.parallel import Executor, batches_of, in_order
from advisor.runs.readers.tfevents import EventFile
from advisor.runs.reading import LogReader
from advisor.runs.thresholds import Thresholds
from advisor.runs.user_facts import UserFacts
from tests.drawn_runs import healthy_loss, run_of, train

LESSONS = Path(__file__).parent.parent / "fixtures" / "runs"
JUDGE = Judge.by(rulebook("runs").select(), UserFacts(), Thresholds())


class LateExecutor:
    """Does nothing until somebody waits, and then the work that nobody waits for first."""

    def __init__(self, seed: int = 0) -> None:
        self.random, self.waiting = Random(seed), list[Callable[[], None]]()
        self.submitted = 0

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> "Future[Any]":
        future: _LateFuture = _LateFuture(self)
        self.submitted += 1

        def work() -> None:
            if future.set_running_or_notify_cancel():
                future.set_result(function(*arguments))

        self.waiting.append(work)
        return future


class _LateFuture(Future[Any]):
    def __init__(self, executor: LateExecutor) -> None:
        super().__init__()
        self.executor = executor

    def result(self, timeout: float | None = None) -> Any:
        while not self.done():
            index = self.executor.random.randrange(len(self.executor.waiting))
            self.executor.waiting.pop(index)()
        return super().result(timeout)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dozen runs, counted as many."""
    monkeypatch.setattr(reading, "MANY_FILES", 3)
    monkeypatch.setattr(judging, "MANY_RUNS", 3)
    for number in range(4):
        for lesson in ("overfit", "divergence", "seeds"):
            shutil.copytree(LESSONS / lesson, tmp_path / "runs" / f"{lesson}_{number}")
    return tmp_path / "runs"


def said_of(folder: Path, executor: Executor | None) -> list[tuple[str, list[str]]]:
    runs = load_runs([folder], reader=LogReader(executor=executor)).runs
    found = [each for each in judge_all(runs, JUDGE, executor) if not isinstance(each, Failure)]
    assert [each.run for each in found] == runs
    return [(each.run.name, [finding.message for finding in each.findings]) for each in found]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_said_does_not_depend_on_who_is_done_first(folder: Path, seed: int) -> None:
    executor = LateExecutor(seed)
    assert said_of(folder, executor) == said_of(folder, None)
    assert executor.submitted > 1


def test_the_curves_of_the_runs_stay_with_the_diagnoses(folder: Path) -> None:
    runs = load_runs([folder]).runs
    with ThreadPoolExecutor(2) as executor:
        assert all(len(each.run.curves) > 0 for each in judge_all(runs, JUDGE, executor))


def test_a_few_runs_are_not_worth_handing_out(tmp_path: Path) -> None:
    shutil.copytree(LESSONS / "overfit", tmp_path / "run")
    executor = LateExecutor()
    said_of(tmp_path, executor)
    assert executor.submitted == 0


def test_progress_is_told_for_every_run_and_for_the_bytes(folder: Path) -> None:
    bytes_read: list[tuple[int, int]] = []
    reader = LogReader(lambda read, total, path: bytes_read.append((read, total)), LateExecutor())
    runs = load_runs([folder], reader=reader).runs
    counts: list[int] = []
    list(judge_all(runs, JUDGE, LateExecutor(), lambda count, total, run: counts.append(count)))
    assert counts == list(range(1, len(runs) + 1))
    assert [read for read, _ in bytes_read] == sorted(read for read, _ in bytes_read)
    assert bytes_read[-1][0] == bytes_read[-1][1] > 0


def test_a_file_that_cannot_be_read_is_told_by_whoever_tried(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = EventFile.read

    def fail_on_one(file: EventFile, on_bytes: Callable[[int], None] | None = None) -> int:
        if file.path.parent.name == "overfit_0":
            raise OSError("the disk is gone")
        return read(file, on_bytes)

    monkeypatch.setattr(EventFile, "read", fail_on_one)
    alone, helped = load_runs([folder]), load_runs([folder], reader=LogReader(None, LateExecutor()))
    assert alone.failures == helped.failures != []


def test_a_run_that_a_rule_fails_on_does_not_hide_the_others() -> None:
    runs = [run_of(train(healthy_loss())) for _ in range(3)]
    broken = Judge(UserFacts(), Thresholds(blocks=0), ("NR112",))
    found = list(judge_all(runs, broken))
    assert [type(each) for each in found] == [Failure] * 3


def test_batches_keep_the_order_and_the_limit() -> None:
    assert batches_of("abcd", [1, 1, 5, 1], 3) == [["a", "b"], ["c"], ["d"]]
    assert batches_of("", [], 3) == []


def test_work_that_nobody_waits_for_any_more_is_given_up() -> None:
    executor = LateExecutor()
    results: Iterator[Any] = in_order(executor, list, [[number] for number in range(300)])
    next(results)
    results.close()  # type: ignore[attr-defined]
    for work in executor.waiting:
        work()
    assert executor.submitted < 300


@pytest.mark.slow
def test_the_report_is_the_same_for_any_number_of_processes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reports = []
    for jobs in ("1", "2"):
        main([str(folder), "--isolated", "--output-format", "json", "--jobs", jobs])
        reports.append(capsys.readouterr().out)
    assert reports[0] == reports[1]
    assert len(reports[0]) > 1000


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_workers_of_dask_say_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    distributed = pytest.importorskip("distributed")
    command = [str(folder), "--isolated", "--output-format", "json"]
    main([*command, "--jobs", "1"])
    alone = capsys.readouterr().out
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
    ) as cluster:
        main([*command, "--dask", cluster.scheduler_address])
    assert capsys.readouterr().out == alone


@pytest.mark.parametrize("jobs", ["0", "-1", "many"])
def test_a_senseless_number_of_jobs_is_refused(
    jobs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["runs", f"--jobs={jobs}"])
    assert "--jobs" in capsys.readouterr().err
