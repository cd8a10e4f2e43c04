"""One training that over-fits, as each logger writes it: every layout gives the same reading.

Tags, folders and axes are those that the named loggers write by default.
"""

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from advisor.runs.diagnosis import RunDiagnosis, diagnose
from advisor.runs.loading import load_runs
from advisor.runs.run import Run, Split
from tests.drawn_runs import scatter
from tests.event_bytes import START, event, event_file, scalar, summary, tensor

EPOCHS, BATCHES = 24, 50
_T = np.arange(EPOCHS)
TRAIN = 0.05 + 2.2 * np.exp(-_T / 4)
HELD_OUT = 0.8 + 1.5 * np.exp(-_T / 3) + 0.03 * np.clip(_T - 8, 0, None)
ACCURACY = 0.75 - 0.6 * np.exp(-_T / 3)
STEPS = (_T + 1) * BATCHES
PER_STEP = np.repeat(TRAIN, BATCHES) * (1 + scatter(EPOCHS * BATCHES, 0.1))
SECONDS = STEPS.astype(float)

Write = Callable[[Path], None]
Numbers = NDArray[Any]


def points(tag: str, values: Numbers, steps: Numbers, times: Numbers) -> bytes:
    return b"".join(
        scalar(tag, int(step), float(value), START + float(time))
        for step, value, time in zip(steps, values, times, strict=True)
    )


def batches(tag: str, every: int = 1) -> bytes:
    at = np.arange(every - 1, EPOCHS * BATCHES, every)
    return points(tag, PER_STEP[at], at + 1, at.astype(float))


def by_epoch(*pairs: tuple[str, Numbers]) -> bytes:
    return b"".join(points(tag, values, _T, SECONDS) for tag, values in pairs)


def by_step(*pairs: tuple[str, Numbers]) -> bytes:
    return b"".join(points(tag, values, STEPS, SECONDS) for tag, values in pairs)


def tensors(folder: Path, curves: Mapping[str, Numbers]) -> None:
    """Scalars as tensors of rank 0, as Keras writes them."""
    records = [
        event(summary(tensor(tag, b"\x08\x01\x22\x04" + np.float32(value).tobytes())), int(epoch))
        for tag, values in curves.items()
        for epoch, value in zip(_T, values, strict=True)
    ]
    event_file(folder, *records, name="events.out.tfevents.1700000000.host.1.0.v2")


def table(path: Path, columns: Mapping[str, Numbers]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def summary_writer(folder: Path) -> None:
    event_file(folder, by_epoch(("Loss/train", TRAIN), ("Loss/val", HELD_OUT)))


def underscores(folder: Path) -> None:
    event_file(folder, by_epoch(("Loss_train", TRAIN), ("Loss_valid", HELD_OUT)))


def camel_case(folder: Path) -> None:
    event_file(folder, by_epoch(("trainLoss", TRAIN), ("valLoss", HELD_OUT)))


def in_words(folder: Path) -> None:
    event_file(folder, by_epoch(("Training loss", TRAIN), ("Validation loss", HELD_OUT)))


def short_names(folder: Path) -> None:
    event_file(folder, by_epoch(("tr/loss", TRAIN), ("va/loss", HELD_OUT)))


def add_scalars(folder: Path) -> None:
    event_file(folder / "Loss_train", by_epoch(("Loss", TRAIN)))
    event_file(folder / "Loss_val", by_epoch(("Loss", HELD_OUT)))


def lightning(folder: Path) -> None:
    event_file(
        folder / "lightning_logs" / "version_0",
        points("hp_metric", np.array([-1.0]), np.array([0]), np.array([0.0])),
        batches("train_loss_step", every=5),
        by_step(("train_loss_epoch", TRAIN), ("val_loss", HELD_OUT), ("epoch", _T.astype(float))),
    )


def lightning_with_two_loaders(folder: Path) -> None:
    event_file(
        folder / "version_0",
        by_step(
            ("train_loss", TRAIN),
            ("val_loss/dataloader_idx_0", HELD_OUT),
            ("val_loss/dataloader_idx_1", 2 * HELD_OUT),
        ),
    )


def lightning_csv(folder: Path) -> None:
    path = folder / "lightning_logs" / "version_0" / "metrics.csv"
    rows = {"epoch": _T, "step": STEPS, "train_loss": TRAIN, "val_loss": HELD_OUT}
    table(path, rows)


def hugging_face(folder: Path) -> None:
    event_file(
        folder / "runs" / "Nov21_10-00-00_host",
        batches("train/loss", every=10),
        by_step(("eval/loss", HELD_OUT), ("eval/runtime", np.full(EPOCHS, 0.5))),
        points("train/train_loss", np.array([TRAIN.mean()]), STEPS[-1:], SECONDS[-1:]),
        points("train/total_flos", np.array([1e15]), STEPS[-1:], SECONDS[-1:]),
    )


def trainer_state(folder: Path) -> None:
    history: list[dict[str, float]] = []
    for epoch, step in zip(_T, STEPS, strict=True):
        history.append({"epoch": float(epoch + 1), "step": int(step), "loss": float(TRAIN[epoch])})
        history.append(
            {"epoch": float(epoch + 1), "step": int(step), "eval_loss": float(HELD_OUT[epoch])}
        )
    path = folder / "checkpoint-1200" / "trainer_state.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"global_step": 1200, "log_history": history}))


def keras_of_old(folder: Path) -> None:
    event_file(folder / "train", by_epoch(("epoch_loss", TRAIN)))
    event_file(folder / "validation", by_epoch(("epoch_loss", HELD_OUT)))


def keras(folder: Path) -> None:
    tensors(folder / "train", {"epoch_loss": TRAIN, "epoch_learning_rate": np.full(EPOCHS, 1e-3)})
    tensors(
        folder / "validation",
        {"epoch_loss": HELD_OUT, "evaluation_loss_vs_iterations": HELD_OUT},
    )


def keras_csv(folder: Path) -> None:
    table(folder / "training.log", {"epoch": _T, "loss": TRAIN, "val_loss": HELD_OUT})


def timm(folder: Path) -> None:
    columns = {"epoch": _T, "train_loss": TRAIN, "eval_loss": HELD_OUT, "eval_top1": 100 * ACCURACY}
    table(folder / "summary.csv", columns)


def yolov5(folder: Path) -> None:
    event_file(
        folder / "runs" / "train" / "exp",
        by_epoch(
            ("train/box_loss", TRAIN / 2),
            ("train/obj_loss", TRAIN / 2),
            ("val/box_loss", HELD_OUT / 2),
            ("val/obj_loss", HELD_OUT / 2),
            ("metrics/mAP_0.5", ACCURACY),
            ("x/lr0", np.full(EPOCHS, 1e-3)),
        ),
    )


def ultralytics(folder: Path) -> None:
    columns = {"epoch": _T + 1, "time": SECONDS}
    columns |= {f"train/{part}_loss": TRAIN / 3 for part in ("box", "cls", "dfl")}
    columns |= {f"val/{part}_loss": HELD_OUT / 3 for part in ("box", "cls", "dfl")}
    table(folder / "results.csv", {**columns, "metrics/mAP50(B)": ACCURACY})


def mm_engine(folder: Path) -> None:
    """Training by iteration, validation by epoch, in one file."""
    event_file(
        folder / "vis_data",
        batches("loss", every=10),
        by_epoch(("val_loss", HELD_OUT), ("coco/bbox_mAP", ACCURACY)),
    )


def fairseq(folder: Path) -> None:
    """Losses in bits, in a folder for each split."""
    bits = 1 / np.log(2)
    event_file(
        folder / "train_inner",
        points("loss", PER_STEP[::10] * bits, np.arange(0, 1200, 10), np.arange(0, 1200, 10)),
    )
    event_file(folder / "train", by_step(("loss", TRAIN * bits), ("wps", np.full(EPOCHS, 1e4))))
    event_file(folder / "valid", by_step(("loss", HELD_OUT * bits)))


def detectron2(folder: Path) -> None:
    lines = batches("total_loss", every=20), by_step(("validation_loss", HELD_OUT))
    event_file(folder, *lines, by_step(("bbox/AP-rare", np.full(EPOCHS, np.nan))))


def nano_gpt(folder: Path) -> None:
    event_file(folder, by_step(("train/loss", TRAIN), ("val/loss", HELD_OUT), ("mfu", ACCURACY)))


def fastai(folder: Path) -> None:
    event_file(folder, batches("train_loss"), by_step(("valid_loss", HELD_OUT), ("lr_0", TRAIN)))


def composer(folder: Path) -> None:
    event_file(folder, batches("loss/train/total"), by_step(("loss/eval/total", HELD_OUT)))


def coqui(folder: Path) -> None:
    event_file(
        folder,
        batches("TrainIterStats/loss"),
        by_step(("TrainEpochStats/avg_loss", TRAIN), ("EvalStats/avg_loss", HELD_OUT)),
    )


def skorch(folder: Path) -> None:
    event_file(folder, by_epoch(("Loss/train_loss", TRAIN), ("Loss/valid_loss", HELD_OUT)))


def cat_boost(folder: Path) -> None:
    event_file(folder / "learn", by_epoch(("Logloss", TRAIN)), name="events.out.tfevents")
    event_file(folder / "test", by_epoch(("Logloss", HELD_OUT)), name="events.out.tfevents")


def allen_nlp(folder: Path) -> None:
    event_file(folder / "log" / "train", by_epoch(("loss", TRAIN)))
    event_file(folder / "log" / "validation", by_epoch(("loss", HELD_OUT)))


def two_spaces_and_signs(folder: Path) -> None:
    place = folder / "lr=0,001 (größer) é" / "mein Lauf"
    event_file(place, by_epoch(("Loss/train", TRAIN), ("Loss/val", HELD_OUT)))


LAYOUTS = (
    summary_writer, underscores, camel_case, in_words, short_names, add_scalars,
    lightning, lightning_with_two_loaders, lightning_csv, hugging_face, trainer_state,
    keras_of_old, keras, keras_csv, timm, yolov5, ultralytics, mm_engine, fairseq,
    detectron2, nano_gpt, fastai, composer, coqui, skorch, allen_nlp, two_spaces_and_signs,
)  # fmt: skip
HELD_OUT_AS_TEST = (cat_boost,)


def the_run(folder: Path) -> Run:
    loaded = load_runs([folder])
    assert not loaded.failures
    (run,) = loaded.runs
    return run


def over_fits(diagnosis: RunDiagnosis) -> bool:
    return bool({"high-variance", "overtrained"} & {each.name for each in diagnosis.findings})


def false_words(diagnosis: RunDiagnosis) -> set[str]:
    loud = {each.name for each in diagnosis.findings if each.severity.value in ("error", "warning")}
    return loud - {"high-variance", "overtrained"}


@pytest.mark.parametrize("write", LAYOUTS, ids=lambda write: write.__name__)
def test_over_fitting_is_seen_whoever_logged_it(write: Write, tmp_path: Path) -> None:
    write(tmp_path / "exp")
    run = the_run(tmp_path)
    train, held_out = run.primary("loss", Split.TRAIN), run.primary("loss", Split.VALIDATION)
    assert train is not None
    assert held_out is not None
    assert held_out.values[-1] == pytest.approx(HELD_OUT[-1], rel=0.5)
    diagnosis = diagnose(run)
    assert over_fits(diagnosis), [each.message for each in diagnosis.findings]
    assert not false_words(diagnosis)


@pytest.mark.parametrize("write", HELD_OUT_AS_TEST, ids=lambda write: write.__name__)
def test_a_test_set_that_is_watched_stands_in_for_validation(write: Write, tmp_path: Path) -> None:
    write(tmp_path / "catboost_info")
    run = the_run(tmp_path)
    assert over_fits(diagnose(run))
