"""Logs other than event files: CSV and JSON as the loggers write them."""

import json
from pathlib import Path

import pytest

from advisor.runs.loading import LoadedRuns, load_runs
from advisor.runs.readers.csv_log import CsvLog
from advisor.runs.readers.json_log import TrainerState
from advisor.runs.run import Curve, Run, Split
from tests.event_bytes import curve, event_file

LIGHTNING = """\
epoch,step,train_loss_epoch,train_loss_step,val_acc,val_loss
0,49,,1.91,,
0,93,,,0.41,1.62
0,93,1.88,,,
1,99,,1.42,,
1,187,,,0.55,1.31
1,187,1.47,,,
"""
KERAS = """\
epoch,accuracy,learning_rate,loss,val_accuracy,val_loss
0,0.31,0.001,1.9,0.4,1.6
1,0.45,0.001,1.5,0.5,1.4
2,0.52,0.0005,1.3,NA,NA
"""
YOLOV5 = """\
               epoch,      train/box_loss,      train/obj_loss,  metrics/mAP_0.5,metrics/mAP_0.5:0.95,        val/box_loss,        val/obj_loss,               x/lr0
                   0,            0.055684,            0.030902,          0.21398,             0.12101,            0.023214,            0.011187,             0.07007
                   1,            0.041849,            0.022663,          0.34591,             0.20287,            0.023084,           0.0097018,            0.039938
"""
ULTRALYTICS = """\
epoch,time,train/box_loss,train/cls_loss,train/dfl_loss,metrics/mAP50(B),metrics/mAP50-95(B),val/box_loss,val/cls_loss,val/dfl_loss,lr/pg0
1,388.6,2.018,2.996,1.856,0.027,0.006,2.322,3.865,2.061,0.0757
2,795.3,1.960,2.479,1.839,0.028,0.010,2.633,7.534,2.577,0.0509
"""
TIMM = "epoch,train_loss,eval_loss,eval_top1,eval_top5,lr\n0,6.9,6.7,0.4,1.9,0.001\n1,6.5,6.2,2.1,7.5,0.002\n"
FASTAI = (
    "epoch,train_loss,valid_loss,accuracy,time\n0,0.81,0.46,0.89,04:39\n1,0.62,0.41,0.88,04:36\n"
)
PANDAS = ",loss,val_loss\n0,1.9,1.6\n1,1.5,1.4\n"
DETECTRON2 = (
    '{"iteration": 19, "total_loss": 2.3, "lr": 0.001}\n'
    '{"iteration": 39, "total_loss": 1.9, "lr": 0.002}\n'
)
TRAINER_STATE = {
    "global_step": 60,
    "max_steps": 60,
    "num_train_epochs": 3,
    "train_batch_size": 16,
    "log_history": [
        {"epoch": 0.5, "grad_norm": 0.7, "learning_rate": 2e-4, "loss": 0.69, "step": 20},
        {"epoch": 1.0, "eval_accuracy": 0.6, "eval_loss": 0.66, "eval_runtime": 3.2, "step": 40},
        {"epoch": 1.5, "grad_norm": 1.1, "learning_rate": 1e-4, "loss": 0.64, "step": 40},
        {"epoch": 3.0, "total_flos": 2e14, "train_loss": 0.6, "train_runtime": 9.0, "step": 60},
    ],
}


def load(path: Path) -> LoadedRuns:
    return load_runs([path])


def only_run(path: Path) -> Run:
    loaded = load(path)
    assert not loaded.failures
    (run,) = loaded.runs
    return run


def primary(run: Run, quantity: str, split: Split) -> Curve:
    found = run.primary(quantity, split)
    assert found is not None, (quantity, split)
    return found


def points(found: Curve) -> list[tuple[int, float]]:
    return list(zip(found.steps.tolist(), found.values.tolist(), strict=True))


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_lightning_rows_hold_what_was_logged_at_a_step(tmp_path: Path) -> None:
    write(tmp_path / "version_0" / "metrics.csv", LIGHTNING)
    run = only_run(tmp_path)
    assert run.name == "version_0"
    assert points(primary(run, "loss", Split.VALIDATION)) == [(93, 1.62), (187, 1.31)]
    step_by_step = run.tagged("train_loss_step")
    assert step_by_step is not None
    assert points(step_by_step) == [(49, 1.91), (99, 1.42)]


def test_lightning_keeps_its_hyper_parameters_beside_the_log(tmp_path: Path) -> None:
    write(tmp_path / "metrics.csv", LIGHTNING)
    text = "lr: 1e-3\nname: 'resnet18'\nfreeze: false\nlayers:\n- 64\noptim: !!python/object:Adam\n"
    write(tmp_path / "hparams.yaml", text)
    run = only_run(tmp_path)
    assert run.hyperparameters == {"lr": 0.001, "name": "resnet18", "freeze": False}


def test_keras_counts_epochs_and_leaves_out_what_is_not_available(tmp_path: Path) -> None:
    run = only_run(write(tmp_path / "training.log", KERAS))
    assert points(primary(run, "loss", Split.TRAIN)) == [(0, 1.9), (1, 1.5), (2, 1.3)]
    assert points(primary(run, "accuracy", Split.VALIDATION)) == [(0, 0.4), (1, 0.5)]
    assert points(primary(run, "learning_rate", Split.TRAIN))[-1] == (2, 0.0005)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_keras_may_separate_by_other_signs(tmp_path: Path, separator: str) -> None:
    write(tmp_path / "log.csv", KERAS.replace(",", separator))
    assert len(primary(only_run(tmp_path), "loss", Split.TRAIN)) == 3


def test_detectors_of_both_generations_get_their_total_loss(tmp_path: Path) -> None:
    write(tmp_path / "exp" / "results.csv", YOLOV5)
    write(tmp_path / "train" / "results.csv", ULTRALYTICS)
    old, new = load(tmp_path).runs
    assert primary(old, "loss", Split.TRAIN).values[0] == pytest.approx(0.086586)
    assert points(primary(old, "map", Split.VALIDATION))[0] == (0, 0.12101)
    assert primary(new, "loss", Split.VALIDATION).values[0] == pytest.approx(8.248)
    assert points(primary(new, "learning_rate", Split.TRAIN))[0] == (1, 0.0757)


@pytest.mark.parametrize("text", [TIMM, FASTAI, PANDAS])
def test_tables_per_epoch_hold_training_and_validation(tmp_path: Path, text: str) -> None:
    run = only_run(write(tmp_path / "summary.csv", text))
    assert [len(primary(run, "loss", split)) for split in (Split.TRAIN, Split.VALIDATION)] == [2, 2]


def test_times_of_day_are_no_numbers(tmp_path: Path) -> None:
    assert only_run(write(tmp_path / "history.csv", FASTAI)).tagged("time") is None


def test_a_json_object_per_line_is_a_row(tmp_path: Path) -> None:
    write(tmp_path / "metrics.json", DETECTRON2)
    assert points(primary(only_run(tmp_path), "loss", Split.TRAIN)) == [(19, 2.3), (39, 1.9)]


class TestTrainerState:
    def test_the_history_has_the_tags_of_the_trainers_event_files(self, tmp_path: Path) -> None:
        write(tmp_path / "trainer_state.json", json.dumps(TRAINER_STATE))
        run = only_run(tmp_path)
        assert points(primary(run, "loss", Split.TRAIN)) == [(20, 0.69), (40, 0.64)]
        assert points(primary(run, "loss", Split.VALIDATION)) == [(40, 0.66)]
        assert points(primary(run, "accuracy", Split.VALIDATION)) == [(40, 0.6)]
        assert run.hyperparameters["train_batch_size"] == 16

    def test_checkpoints_are_one_run_told_by_the_last_of_them(self, tmp_path: Path) -> None:
        shorter = TRAINER_STATE | {"log_history": TRAINER_STATE["log_history"][:1]}  # type: ignore[index]
        write(tmp_path / "out" / "checkpoint-20" / "trainer_state.json", json.dumps(shorter))
        write(tmp_path / "out" / "checkpoint-60" / "trainer_state.json", json.dumps(TRAINER_STATE))
        run = only_run(tmp_path)
        assert run.name == "out"
        assert len(primary(run, "loss", Split.TRAIN)) == 2

    def test_what_the_trainer_also_logged_as_events_is_read_once(self, tmp_path: Path) -> None:
        write(tmp_path / "trainer_state.json", json.dumps(TRAINER_STATE))
        event_file(tmp_path / "runs" / "Nov21_host", curve("train/loss", [20, 40]))
        assert [run.name for run in load(tmp_path).runs] == ["runs/Nov21_host"]

    def test_a_file_that_is_half_written_keeps_what_was_read(self, tmp_path: Path) -> None:
        path = write(tmp_path / "trainer_state.json", json.dumps(TRAINER_STATE))
        state = TrainerState(path)
        assert state.read() == 4
        path.write_text(json.dumps(TRAINER_STATE)[:80])
        assert state.read() == 0
        assert len(state.series["train/loss"]) == 2


class TestSeveralFiles:
    def test_a_table_beside_event_files_of_the_same_training_is_left_out(
        self, tmp_path: Path
    ) -> None:
        write(tmp_path / "metrics.csv", LIGHTNING)
        event_file(tmp_path, curve("train_loss_step", [49, 99]))
        assert [each.tag for each in only_run(tmp_path).curves] == ["train_loss_step"]

    def test_a_table_speaks_where_the_event_file_holds_no_curve(self, tmp_path: Path) -> None:
        write(tmp_path / "metrics.csv", LIGHTNING)
        event_file(tmp_path, curve("hp_metric", [0]))
        assert len(primary(only_run(tmp_path), "loss", Split.VALIDATION)) == 2

    def test_several_tables_in_a_folder_are_a_run_each(self, tmp_path: Path) -> None:
        write(tmp_path / "small.csv", KERAS)
        write(tmp_path / "large.csv", KERAS)
        assert [run.name for run in load(tmp_path).runs] == ["large", "small"]

    def test_a_table_per_split_makes_one_run(self, tmp_path: Path) -> None:
        write(tmp_path / "train.csv", "epoch,loss\n1,0.9\n2,0.7\n")
        write(tmp_path / "val.csv", "epoch,loss\n1,1.0\n2,0.8\n")
        run = only_run(tmp_path)
        assert points(primary(run, "loss", Split.VALIDATION)) == [(1, 1.0), (2, 0.8)]


class TestWhatIsNoLog:
    @pytest.mark.parametrize(
        "text",
        [
            "image,label\na.png,3\nb.png,1\n",
            "run,epoch,val_loss\na,9,0.4\nb,3,0.5\nc,7,0.1\nd,2,0.3\n",
            "epoch,date\n1,2024-01-01\n2,2024-01-02\n",
            "step,error\nwalk,0.1\nturn,0.3\n",
            "12:01 INFO epoch 1 loss 0.9\n12:02 INFO epoch 2 loss 0.7\n",
            "",
        ],
    )
    def test_other_tables_in_a_folder_are_passed_over(self, tmp_path: Path, text: str) -> None:
        write(tmp_path / "table.csv", text)
        write(tmp_path / "training.log", text)
        ((_, reason),) = load(tmp_path).failures
        assert reason.startswith("holds no event file")

    def test_a_table_that_is_named_but_holds_no_row_is_explained(self, tmp_path: Path) -> None:
        ((_, reason),) = load(write(tmp_path / "metrics.csv", "epoch,step,loss\n")).failures
        assert reason.startswith("holds no whole row")


class TestFilesThatGrow:
    def test_only_new_lines_are_read_and_half_a_line_waits(self, tmp_path: Path) -> None:
        path = write(tmp_path / "log.csv", KERAS + "3,0.6,0.00")
        log = CsvLog(path)
        assert log.read() == 3
        before = log.offset
        with path.open("a") as stream:
            stream.write("05,1.2,0.6,1.2\n")
        assert log.read() == 1
        assert log.offset > before
        assert list(log.series["loss"].values)[-1] == 1.2

    def test_a_file_written_anew_with_another_column_is_read_from_its_start(
        self, tmp_path: Path
    ) -> None:
        log = CsvLog(write(tmp_path / "metrics.csv", "epoch,step,loss\n0,1,0.9\n"))
        log.read()
        write(log.path, "epoch,step,loss,val_loss\n0,1,0.9,\n0,2,,0.8\n")
        log.read()
        assert len(log.series["loss"]) == 1
        assert list(log.series["val_loss"].steps) == [2]
