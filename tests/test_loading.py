"""From folders as training leaves them behind to runs: which files belong together, and as what."""

import struct
from pathlib import Path

import numpy as np
import pytest

from advisor.runs.loading import LoadedRuns, load_runs
from advisor.runs.reading import LogReader
from advisor.runs.roles import UnknownRole
from advisor.runs.run import Kind, Run, Split
from tests.event_bytes import (
    START,
    curve,
    event,
    event_file,
    nested,
    scalar,
    simple,
    summary,
    tensor,
)

DAY = 86_400.0


def load(*paths: Path) -> LoadedRuns:
    return load_runs(paths)


def only_run(path: Path) -> Run:
    loaded = load(path)
    assert not loaded.failures
    (run,) = loaded.runs
    return run


def names(path: Path) -> list[str]:
    return [run.name for run in load(path).runs]


def codes(run: Run) -> list[str]:
    return [note.code for note in run.notes if note.code]


def steps(run: Run, tag: str) -> list[int]:
    found = run.tagged(tag)
    assert found is not None
    return [int(step) for step in found.steps]


def keras(tag: str, step: int, value: float, start: float = START) -> bytes:
    """A scalar as Keras writes it: a tensor, with the plugin's name."""
    content = b"\x08\x01" + nested(4, struct.pack("<f", value))
    return event(summary(tensor(tag, content)), step, start + step)


# --- one run ------------------------------------------------------------------------------------


def test_a_file_its_folder_and_the_folder_above_lead_to_the_same_run(tmp_path: Path) -> None:
    path = event_file(tmp_path / "runs" / "first", curve("loss", range(5)))
    from_file, from_run, from_above = (
        only_run(path),
        only_run(path.parent),
        only_run(path.parent.parent),
    )
    assert [from_run.name, from_above.name] == ["first", "first"]
    assert from_file.name == path.name
    assert from_file.path == from_run.path == from_above.path == path.parent
    assert steps(from_file, "loss") == steps(from_above, "loss") == [0, 1, 2, 3, 4]


def test_curves_have_the_types_they_promise(tmp_path: Path) -> None:
    event_file(tmp_path, curve("loss", range(3), start=START))
    (found,) = only_run(tmp_path).curves
    assert found.steps.dtype == np.int64
    assert found.values.dtype == found.wall_times.dtype == np.float64
    assert found.wall_times.tolist() == [START, START + 1, START + 2]
    assert found.values.tolist() == pytest.approx([1, 1 / 2, 1 / 3])


def test_a_run_still_being_written_is_read_to_its_last_whole_record(tmp_path: Path) -> None:
    path = event_file(tmp_path, curve("loss", range(5)))
    path.write_bytes(path.read_bytes()[:-3])
    run = only_run(tmp_path)
    assert steps(run, "loss") == [0, 1, 2, 3]
    assert not run.notes


def test_damage_inside_a_file_is_noted(tmp_path: Path) -> None:
    event_file(tmp_path, curve("loss", range(3)), b"rubbish", curve("loss", range(3, 6)))
    run = only_run(tmp_path)
    assert steps(run, "loss") == [0, 1, 2, 3, 4, 5]
    assert any("is damaged: 7 bytes" in note.text for note in run.notes)


# --- folders that belong to a run ---------------------------------------------------------------


@pytest.mark.parametrize("pair", [("train", "validation"), ("train", "val"), ("learn", "test")])
def test_split_folders_are_one_run(tmp_path: Path, pair: tuple[str, str]) -> None:
    for folder in pair:
        event_file(tmp_path / "fit" / folder, *(keras("epoch_loss", n, 3.0 - n) for n in range(3)))
    run = only_run(tmp_path)
    assert run.name == "fit"
    assert {curve.tag: curve.role.split for curve in run.curves} == {
        f"{pair[0]}/epoch_loss": Split.TRAIN,
        f"{pair[1]}/epoch_loss": Split.VALIDATION,
    }


def test_a_split_folder_on_its_own_belongs_to_the_folder_above(tmp_path: Path) -> None:
    event_file(tmp_path / "fit" / "validation", *(keras("epoch_loss", n, 1.0) for n in range(3)))
    run = only_run(tmp_path / "fit")
    assert (run.name, run.path) == ("fit", tmp_path / "fit")
    assert run.primary("loss", Split.VALIDATION) is not None


def test_a_split_folder_pointed_at_still_knows_its_split(tmp_path: Path) -> None:
    event_file(tmp_path / "validation", curve("loss", range(3)))
    assert only_run(tmp_path / "validation").curves[0].role.split is Split.VALIDATION


def test_an_evaluation_folder_below_a_run_belongs_to_it(tmp_path: Path) -> None:
    event_file(tmp_path / "model", curve("loss", range(5)))
    event_file(tmp_path / "model" / "eval_holdout", curve("loss", [4]))
    run = only_run(tmp_path)
    assert {curve.role.split for curve in run.curves} == {Split.TRAIN, Split.VALIDATION}


def test_runs_that_are_merely_called_train_and_test_are_kept_apart(tmp_path: Path) -> None:
    for name in ("train", "train2", "test"):
        event_file(tmp_path / name, curve("train/loss", range(3)), curve("val/loss", range(3)))
    assert names(tmp_path) == ["test", "train", "train2"]


def test_a_run_called_test_beside_others_is_a_run(tmp_path: Path) -> None:
    for name in ("test", "first", "second"):
        event_file(tmp_path / name, curve("loss", range(3)))
    assert names(tmp_path) == ["first", "second", "test"]


def test_splits_above_the_names_of_runs_are_joined_name_by_name(tmp_path: Path) -> None:
    for split in ("train", "test"):
        for name in ("a", "b"):
            event_file(tmp_path / split / name, curve("loss", range(3)))
    runs = load(tmp_path).runs
    assert [run.name for run in runs] == ["a", "b"]
    assert {curve.role.split for curve in runs[0].curves} == {Split.TRAIN, Split.TEST}
    assert all(run.path.exists() for run in runs)


def test_a_folder_of_experiments_called_train_is_no_split(tmp_path: Path) -> None:
    for name in ("exp", "exp2"):
        event_file(tmp_path / "train" / name, curve("train/box_loss", range(3)))
    assert names(tmp_path) == ["train/exp", "train/exp2"]


def test_what_summary_writer_puts_into_sub_folders_is_one_run(tmp_path: Path) -> None:
    writer = pytest.importorskip("torch.utils.tensorboard").SummaryWriter(tmp_path / "run")
    for step in range(4):
        writer.add_scalar("lr", 0.1, step)
        writer.add_scalars("Loss/all", {"train": 1.0 / (step + 1), "val": 2.0 / (step + 1)}, step)
    writer.add_hparams({"lr": 0.1, "layers": 3}, {"hparam/accuracy": 0.9})
    writer.close()
    run = only_run(tmp_path)
    assert run.hyperparameters == {"lr": 0.1, "layers": 3}
    train, validation = run.primary("loss", Split.TRAIN), run.primary("loss", Split.VALIDATION)
    assert train is not None
    assert validation is not None
    assert (train.tag, validation.tag) == ("Loss_all_train/Loss/all", "Loss_all_val/Loss/all")
    assert validation.values.tolist() == pytest.approx([2, 1, 2 / 3, 1 / 2])
    assert not run.notes


def test_runs_that_only_record_hyper_parameters_are_kept_apart(tmp_path: Path) -> None:
    writer = pytest.importorskip("torch.utils.tensorboard").SummaryWriter(tmp_path)
    for size in (1, 2):
        metrics = {"accuracy": size / 2}
        writer.add_hparams({"size": size}, metrics, run_name=f"trial{size}")
    writer.close()
    loaded = load(tmp_path)
    assert [run.hyperparameters for run in loaded.runs] == [{"size": 1}, {"size": 2}]


# --- several files in a folder ------------------------------------------------------------------


def test_fit_and_test_of_lightning_are_one_run(tmp_path: Path) -> None:
    bookkeeping = scalar("hp_metric", 0, -1.0)
    event_file(tmp_path, bookkeeping, curve("train_loss", range(20)), curve("epoch", range(20)))
    event_file(
        tmp_path,
        bookkeeping,
        curve("test_loss", [20], START + 100),
        curve("epoch", [20], START + 100),
    )
    run = only_run(tmp_path)
    assert run.primary("loss", Split.TEST) is not None
    assert not run.notes


def test_a_second_test_at_a_checkpoint_is_no_second_run(tmp_path: Path) -> None:
    event_file(tmp_path, curve("train_loss", range(20)))
    event_file(tmp_path, curve("test_loss", [20], START + 100))
    event_file(tmp_path, curve("test_loss", [12], START + 200))
    assert steps(only_run(tmp_path), "test_loss") == [12, 20]


def test_a_file_that_goes_on_from_a_checkpoint_replaces_what_it_repeats(tmp_path: Path) -> None:
    event_file(tmp_path, curve("loss", range(100)))
    event_file(tmp_path, curve("loss", range(80, 120), START + DAY, value=0.01))
    run = only_run(tmp_path)
    assert steps(run, "loss") == list(range(120))
    assert run.curves[0].values[80] == pytest.approx(0.01)
    assert codes(run) == ["NR403", "NR403"]
    assert "goes on at step 80 after step 99 had been reached" in run.notes[0].text


def test_a_file_that_goes_on_without_overlap_is_the_same_run(tmp_path: Path) -> None:
    event_file(tmp_path, curve("loss", range(50)))
    event_file(tmp_path, curve("loss", range(70, 90), START + DAY))
    run = only_run(tmp_path)
    assert steps(run, "loss") == [*range(50), *range(70, 90)]


def test_files_that_start_over_are_several_runs(tmp_path: Path) -> None:
    for day in range(3):
        event_file(tmp_path / "logs", curve("loss", range(20), START + day * DAY))
    runs = load(tmp_path).runs
    assert [run.name for run in runs] == ["logs#1", "logs#2", "logs#3"]
    assert [run.curves[0].wall_times[0] for run in runs] == [START, START + DAY, START + 2 * DAY]
    assert all(codes(run) == ["NR403"] for run in runs)
    assert "holds 3 runs whose steps overlap; this is number 2" in runs[1].notes[0].text


def test_processes_that_write_at_the_same_time_are_several_runs(tmp_path: Path) -> None:
    event_file(tmp_path, curve("loss", range(100)))
    event_file(tmp_path, curve("loss", range(50, 150), START + 10))
    assert len(load(tmp_path).runs) == 2


def test_repeated_fits_into_one_pair_of_split_folders_are_told_apart(tmp_path: Path) -> None:
    for day in range(3):
        start = START + day * DAY
        for folder, delay in (("train", 0.0), ("validation", 5.0)):
            points = (keras("epoch_loss", n, 3.0 - n, start + delay) for n in range(3))
            event_file(tmp_path / "fit" / folder, *points)
    runs = load(tmp_path).runs
    assert [run.name for run in runs] == ["fit#1", "fit#2", "fit#3"]
    assert all(len(run.curves) == 2 for run in runs)


def test_steps_that_go_back_within_a_file_are_noted(tmp_path: Path) -> None:
    event_file(tmp_path, curve("loss", range(10)), curve("loss", range(5, 12), START + 60))
    run = only_run(tmp_path)
    assert steps(run, "loss") == list(range(12))
    assert codes(run) == ["NR403"]
    assert "`loss`: steps go back from 9 to 5" in run.notes[0].text


# --- what a run is ------------------------------------------------------------------------------


def test_a_folder_with_hp_metric_only_is_no_run(tmp_path: Path) -> None:
    event_file(tmp_path, scalar("hp_metric", 0, -1.0))
    run = only_run(tmp_path)
    assert run.kind is Kind.NOT_A_RUN
    assert "only `hp_metric` was logged" in run.notes[-1].text


def test_tags_that_say_nothing_are_no_run_until_the_user_says_what_they_are(tmp_path: Path) -> None:
    event_file(tmp_path, curve("foo", range(5)))
    assert only_run(tmp_path).kind is Kind.NOT_A_RUN
    (run,) = load_runs([tmp_path], {"foo": "train loss"}).runs
    assert run.kind is Kind.SUPERVISED
    assert run.primary("loss", Split.TRAIN) is not None


def test_a_wrong_override_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(UnknownRole):
        load_runs([tmp_path / "nowhere"], {"foo": "bananas"})


def test_detectors_that_log_components_get_their_total(tmp_path: Path) -> None:
    tags = ("train/box_loss", "train/cls_loss", "val/box_loss", "val/cls_loss")
    event_file(tmp_path, *(curve(tag, range(4)) for tag in tags))
    total = only_run(tmp_path).primary("loss", Split.TRAIN)
    assert total is not None
    assert total.tag == "train/box_loss + train/cls_loss"
    assert total.values.tolist() == pytest.approx([2, 1, 2 / 3, 1 / 2])


def test_the_total_is_summed_split_by_split_where_folders_are_splits(tmp_path: Path) -> None:
    for folder, value in (("train", 1.0), ("val", 3.0)):
        tags = ("box_loss", "cls_loss")
        event_file(tmp_path / folder, *(curve(tag, range(2), value=value) for tag in tags))
    train, validation = (
        only_run(tmp_path).primary("loss", split) for split in (Split.TRAIN, Split.VALIDATION)
    )
    assert train is not None
    assert validation is not None
    assert train.values.tolist() == [2, 1]
    assert validation.values.tolist() == [6, 3]


@pytest.mark.parametrize("tags", [("train/box_loss", "train/ce_loss"), ("loss", "train/box_loss")])
def test_other_losses_are_never_added_up(tmp_path: Path, tags: tuple[str, ...]) -> None:
    event_file(tmp_path, *(curve(tag, range(4)) for tag in tags))
    assert {curve.tag for curve in only_run(tmp_path).curves} == set(tags)


def text(tag: str, content: str) -> bytes:
    return event(
        summary(tensor(f"{tag}/text_summary", b"\x08\x07" + nested(8, content.encode()), "text"))
    )


def test_arguments_logged_as_text_become_hyper_parameters(tmp_path: Path) -> None:
    event_file(
        tmp_path,
        text("args", '{"learning_rate": 0.001, "seed": 1}'),
        text("model_config", '{"vocab_size": 50257}'),
        text("hyperparameters", "|param|value|\n|-|-|\n|epochs|3|\n|optimizer|adam|"),
        text("sample", '{"not": "an argument"}'),
        curve("loss", range(3)),
    )
    run = only_run(tmp_path)
    assert run.hyperparameters == {
        "learning_rate": 0.001,
        "seed": 1,
        "model_config": {"vocab_size": 50257},
        "epochs": 3,
        "optimizer": "adam",
    }
    assert set(run.texts) == {"args", "model_config", "hyperparameters", "sample"}


# --- several inputs -----------------------------------------------------------------------------


def test_an_input_that_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    event_file(tmp_path / "good", curve("loss", range(3)))
    (tmp_path / "empty").mkdir()
    event_file(tmp_path / "started")
    loaded = load(tmp_path / "nowhere", tmp_path / "empty", tmp_path / "good", tmp_path / "started")
    assert [run.name for run in loaded.runs] == ["good"]
    assert [path.name for path, _ in loaded.failures] == ["nowhere", "empty", "started"]
    assert "holds only its header" in loaded.failures[2][1]


def test_files_that_hold_nothing_are_told_if_nothing_else_lies_there(tmp_path: Path) -> None:
    event_file(tmp_path / "good", curve("loss", range(3)))
    event_file(tmp_path / "good")
    crashed = event_file(tmp_path / "crashed")
    loaded = load(tmp_path)
    assert len(loaded.runs) == 1
    assert [path for path, _ in loaded.skipped] == [crashed]


def test_a_run_that_two_paths_lead_to_is_loaded_once(tmp_path: Path) -> None:
    event_file(tmp_path / "a", curve("loss", range(3)))
    event_file(tmp_path / "b", curve("loss", range(3)))
    loaded = load(tmp_path / "b", tmp_path, tmp_path / "a")
    assert [run.name for run in loaded.runs] == ["b", "a"]
    assert not loaded.failures


def test_runs_of_the_same_name_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    for parent in ("x", "y"):
        event_file(tmp_path / parent / "run", curve("loss", range(3)))
    inputs = [tmp_path / "x" / "run", tmp_path / "y" / "run"]
    paths = [each.as_posix() for each in inputs]
    assert [run.name for run in load(*inputs, tmp_path / "y").runs] == paths
    assert [run.name for run in load(*reversed(inputs)).runs] == paths[::-1]


def test_runs_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number in (10, 9, 1):
        event_file(tmp_path / f"version_{number}", curve("loss", range(3)))
    assert names(tmp_path) == ["version_1", "version_9", "version_10"]


def test_progress_is_told_in_bytes_of_all_files(tmp_path: Path) -> None:
    paths = [event_file(tmp_path / name, curve("loss", range(3))) for name in "ab"]
    size = paths[0].stat().st_size
    calls: list[tuple[int, int, Path]] = []
    load_runs([tmp_path], on_progress=lambda *call: calls.append(call))
    assert list(dict.fromkeys(calls)) == [
        (size, 2 * size, paths[0]),
        (2 * size, 2 * size, paths[1]),
    ]


def test_a_reader_that_knows_the_files_reads_only_what_was_appended(tmp_path: Path) -> None:
    path = event_file(tmp_path, curve("loss", range(3)))
    reader = LogReader()
    load_runs([tmp_path], reader=reader)
    before = reader.records
    with path.open("ab") as stream:
        stream.write(curve("loss", [3]))
    (run,) = load_runs([tmp_path], reader=reader).runs
    assert steps(run, "loss") == [0, 1, 2, 3]
    assert reader.records == before + 1


def test_names_and_tags_may_hold_anything(tmp_path: Path) -> None:
    folder = tmp_path / "lauf 1, größe=(2×3)"
    event_file(
        folder,
        event(summary(nested(1, b"\xff\xfe loss") + b"\x15\0\0\0\0")),
        scalar("损失", 1, 1.0),
    )
    assert only_run(folder).name == folder.name


def test_negative_and_enormous_steps_survive(tmp_path: Path) -> None:
    event_file(tmp_path, *(event(summary(simple("loss", 1.0)), step) for step in (-3, 0, 2**40)))
    assert steps(only_run(tmp_path), "loss") == [-3, 0, 2**40]
