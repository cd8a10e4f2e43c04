"""What real logs do to a naive reader, from the bytes on disk to what is said of the run."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from advisor.runs.diagnosis import RunDiagnosis, diagnose
from advisor.runs.loading import LoadedRuns, load_runs
from advisor.runs.run import Kind, Run, Split
from advisor.runs.user_facts import UserFacts
from tests.drawn_runs import Floats, scatter
from tests.event_bytes import START, event, event_file, scalar, summary, tensor

EPOCHS = 30
LOSS = 0.3 + 2.0 * np.exp(-np.arange(EPOCHS) / 5)


def logged(folder: Path, name: str = "", **curves: Floats) -> Path:
    """An event file; in the names of curves `__` stands for a slash."""
    return written(folder, {tag.replace("__", "/"): each for tag, each in curves.items()}, name)


def written(folder: Path, curves: Mapping[str, Floats], name: str = "") -> Path:
    """An event file of these curves, a value per step."""
    records = [
        scalar(tag, step, float(value), START + step)
        for tag, values in curves.items()
        for step, value in enumerate(values)
    ]
    return event_file(folder, *records, name=name)


def read(folder: Path) -> Run:
    (run,) = load_runs([folder]).runs
    return run


def said(folder: Path) -> set[str]:
    return {each.name for each in diagnose(read(folder)).findings}


def everything(diagnosis: RunDiagnosis) -> str:
    return " ".join(each.message for each in diagnosis.findings)


class TestNumbersThatAreLost:
    def test_a_run_in_tensors_keeps_all_its_epochs(self, tmp_path: Path) -> None:
        records = [
            event(summary(tensor("loss", b"\x08\x01\x22\x04" + np.float32(value).tobytes())), step)
            for step, value in enumerate(np.linspace(3, 1, 68))
        ]
        event_file(tmp_path, *records)
        assert len(read(tmp_path).curves[0]) == 68

    def test_a_long_series_is_not_sampled(self, tmp_path: Path) -> None:
        logged(tmp_path, loss=np.linspace(3, 1, 25_864))
        assert len(read(tmp_path).curves[0]) == 25_864


class TestSeveralTrainingsInOneFolder:
    @pytest.mark.parametrize("starts", [2, 31])
    def test_starts_over_the_same_steps_are_a_run_each_and_it_is_said(
        self, starts: int, tmp_path: Path
    ) -> None:
        for start in range(starts):
            moment = START + 1000 * start
            records = [
                scalar("loss", step, float(value), moment + step)
                for step, value in enumerate(LOSS * (1 + start / 100))
            ]
            event_file(tmp_path, *records, name=f"events.out.tfevents.{int(moment)}.host.{start}.0")
        runs = load_runs([tmp_path]).runs
        assert len(runs) == starts
        assert all(any(note.code == "NR403" for note in run.notes) for run in runs)

    def test_a_hole_before_a_run_goes_on_is_no_new_run(self, tmp_path: Path) -> None:
        logged(tmp_path, loss=LOSS)
        late = [scalar("loss", 70_000 + step, 0.3, START + 500 + step) for step in range(10)]
        event_file(tmp_path, *late)
        assert len(read(tmp_path).curves[0]) == EPOCHS + 10


class TestFilesThatHoldNoCurve:
    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git-lfs"),
            (b"", "empty"),
        ],
    )
    def test_the_cause_is_named(self, content: bytes, reason: str, tmp_path: Path) -> None:
        (tmp_path / "events.out.tfevents.1700000000.host.1.0").write_bytes(content)
        ((_, why),) = load_runs([tmp_path]).failures
        assert reason in why

    def test_a_header_alone_names_it_too(self, tmp_path: Path) -> None:
        event_file(tmp_path)
        loaded: LoadedRuns = load_runs([tmp_path])
        assert not loaded.runs
        assert len(loaded.failures) == 1


class TestTagsThatAreNoCurve:
    MACHINERY = (
        "epoch", "hp_metric", "time/fps", "eval/runtime", "eval/samples_per_second",
        "train/total_flos", "train/num_tokens", "data_time", "eta_seconds", "Train_EnvstepsSoFar",
        "train/train_runtime", "time/total_timesteps", "global_step",
    )  # fmt: skip

    def test_they_make_no_run(self, tmp_path: Path) -> None:
        rising = np.linspace(1, 1e6, EPOCHS)
        written(tmp_path, dict.fromkeys(self.MACHINERY, rising))
        assert read(tmp_path).kind is Kind.NOT_A_RUN

    def test_beside_a_loss_nothing_is_said_of_them(self, tmp_path: Path) -> None:
        logged(tmp_path, train__loss=LOSS, val__loss=LOSS + 0.01)
        before = said(tmp_path)
        written(tmp_path, dict.fromkeys(self.MACHINERY, np.linspace(1e6, 1, EPOCHS)))
        assert said(tmp_path) == before


class TestTheSameQuantityTwice:
    def test_one_of_two_names_for_it_speaks(self, tmp_path: Path) -> None:
        logged(tmp_path, train_loss=LOSS, valid_loss=LOSS, ptl__val_loss=LOSS)
        run = read(tmp_path)
        primary = [each for each in run.curves if each.role.primary]
        assert len([each for each in primary if each.role.split is Split.VALIDATION]) == 1


class TestSeriesThatAreAlwaysZero:
    def test_they_are_no_plateau_and_no_better_validation(self, tmp_path: Path) -> None:
        zero = np.zeros(EPOCHS)
        logged(tmp_path, train__box_loss=LOSS, train__cls_loss=zero, val__box_loss=zero, acc=zero)
        assert not said(tmp_path) & {"val-better-than-train", "too-good", "never-learns"}


class TestScalesThatDiffer:
    def test_accuracies_in_percent_are_compared_with_shares(self, tmp_path: Path) -> None:
        rising = 0.9 - 0.7 * np.exp(-np.arange(EPOCHS) / 5)
        logged(tmp_path, train__acc=rising, val__acc=100 * (rising - 0.01))
        assert not said(tmp_path) & {"high-variance", "val-better-than-train", "test-gap"}

    def test_a_loss_that_is_divided_by_the_batch_size_is_not_compared(self, tmp_path: Path) -> None:
        logged(tmp_path, train__loss=LOSS, val__loss=LOSS / 32)
        diagnosis = diagnose(read(tmp_path))
        assert not {each.name for each in diagnosis.findings} & {"val-better-than-train"}
        assert any("different scales" in each.why for each in diagnosis.not_judged)


class TestValuesThatAreNoNumber:
    def test_the_precision_of_sizes_that_do_not_occur_is_no_failure(self, tmp_path: Path) -> None:
        logged(tmp_path, total_loss=LOSS, bbox__APl=np.full(EPOCHS, np.nan))
        found = {each.name: each.severity for each in diagnose(read(tmp_path)).findings}
        assert found.get("non-finite") in (None, "info")

    def test_the_mean_of_no_episodes_is_none_either(self, tmp_path: Path) -> None:
        returns = np.linspace(-200, 100, EPOCHS) + scatter(EPOCHS, 5)
        returns[:3] = np.nan
        logged(tmp_path, rollout__ep_rew_mean=returns, train__value_loss=LOSS)
        assert "non-finite" not in said(tmp_path)

    def test_a_loss_that_becomes_none_is(self, tmp_path: Path) -> None:
        broken = LOSS.copy()
        broken[20:] = np.nan
        logged(tmp_path, total_loss=broken)
        assert "non-finite" in said(tmp_path)


class TestNegativeLosses:
    @pytest.mark.parametrize("end", [-3.0, -0.1])
    def test_a_likelihood_that_falls_below_zero_is_healthy(
        self, end: float, tmp_path: Path
    ) -> None:
        falls = end + (2.0 - end) * np.exp(-np.arange(300) / 60) + scatter(300, 0.02)
        logged(tmp_path, train__nll=falls, val__nll=falls[::-1][::-1] + 0.02)
        assert not said(tmp_path) & {
            "loss-rises-from-start", "divergence", "high-variance", "too-good", "spikes",
        }  # fmt: skip


class TestFoldersThatAreCalledLikeSplits:
    def test_a_run_called_train_is_a_run(self, tmp_path: Path) -> None:
        place = tmp_path / "runs" / "detect" / "train"
        logged(place, train__box_loss=LOSS, val__box_loss=LOSS)
        run = read(tmp_path)
        assert run.primary("loss", Split.TRAIN) is not None
        assert run.primary("loss", Split.VALIDATION) is not None


class TestMeansThatBeginAnew:
    def test_batch_means_of_keras_are_no_sawtooth(self, tmp_path: Path) -> None:
        """Running means over the epoch: a staircase with a jump at each boundary."""
        levels = np.repeat(LOSS, 20)
        batches = levels + np.tile(0.4 / np.arange(1, 21), EPOCHS)
        records = [scalar("batch_loss", i, float(v), START + i) for i, v in enumerate(batches)]
        records += [scalar("epoch_loss", i, float(v), START + i) for i, v in enumerate(LOSS)]
        event_file(tmp_path / "train", *records)
        logged(tmp_path / "validation", epoch_loss=LOSS + 0.02)
        assert not said(tmp_path) & {"sawtooth", "spikes", "oscillation"}

    def test_steps_down_at_epochs_are_no_decay_of_the_rate(self, tmp_path: Path) -> None:
        levels = np.repeat([2.0, 1.2, 0.6], 100) + scatter(300, 0.05)
        logged(
            tmp_path,
            train__loss=levels,
            train__learning_rate=np.linspace(5e-5, 0, 300),
        )
        assert "lr-decayed-too-early" not in said(tmp_path)


class TestNamesOfFiles:
    @pytest.mark.parametrize(
        "name",
        [
            "events.out.tfevents.1700000000.host.123.0",
            "events.out.tfevents.1700000000.host.123.0.v2",
            "events.out.tfevents.1700000000.my-laptop.local",
            "events.out.tfevents",
            "run, (1).tfevents é",
        ],
    )
    def test_whatever_they_end_in_they_are_read(self, name: str, tmp_path: Path) -> None:
        logged(tmp_path / "Lauf 1, größer (neu)", name=name, loss=LOSS)
        assert len(read(tmp_path).curves[0]) == EPOCHS


class TestPartnersThatAreMissing:
    def test_validation_alone_is_judged_and_the_lack_told(self, tmp_path: Path) -> None:
        logged(tmp_path, val_loss=LOSS)
        diagnosis = diagnose(read(tmp_path))
        assert "no training curve" in everything(diagnosis)

    def test_training_alone_is_judged_and_the_lack_told(self, tmp_path: Path) -> None:
        logged(tmp_path, train_loss=LOSS)
        assert "no validation curve" in everything(diagnose(read(tmp_path)))


class TestLossesInBits:
    """Where perplexity is 2 to the power of the loss, guessing costs the logarithm to base 2."""

    NATS = np.log(1000) * (0.4 + 0.6 * np.exp(-np.arange(EPOCHS) / 5))

    def said(self, folder: Path, base: float) -> set[str]:
        loss = self.NATS / np.log(base)
        logged(folder, train__loss=loss, train__ppl=np.exp(self.NATS))
        diagnosis = diagnose(read(folder), UserFacts(classes=1000))
        return {each.name for each in diagnosis.findings}

    @pytest.mark.parametrize("base", [2.0, np.e])
    def test_a_right_start_is_one_in_either_unit(self, base: float, tmp_path: Path) -> None:
        assert "init-loss-off" not in self.said(tmp_path, base)

    def test_a_start_that_is_off_is_off_in_bits_too(self, tmp_path: Path) -> None:
        bits = 1.5 * self.NATS / np.log(2)
        logged(tmp_path, train__loss=bits, train__ppl=2**bits)
        diagnosis = diagnose(read(tmp_path), UserFacts(classes=1000))
        assert "log2 1000" in " ".join(
            each.name for finding in diagnosis.findings for each in finding.evidence
        )
