"""What tags mean: the layouts that loggers write, and the traps in them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.runs.kinds import kind_of_run
from advisor.runs.roles import UnknownRole, assign_roles
from advisor.runs.run import Direction, Kind, Role, Split
from advisor.runs.scalars import Scalars
from advisor.runs.vocabulary import quantity_of, split_of, words_of

TAGS = [
    "loss",
    "val_loss",
    "v_loss",
    "v",
    "lr",
    "epoch",
    "acc",
    "train/acc",
    "errD",
    "errG",
    "rmse",
]
TRAIN, VALIDATION, TEST = Split.TRAIN, Split.VALIDATION, Split.TEST


def logged(
    tag: str,
    values: Sequence[float] = (3, 2, 1),
    steps: Sequence[int] | None = None,
    **more: object,
) -> Scalars:
    numbers = np.array(values, dtype=np.float64)
    positions = np.arange(len(numbers)) * 10 if steps is None else np.array(steps)
    return Scalars(tag, positions.astype(np.int64), numbers, np.zeros(len(numbers)), **more)  # type: ignore[arg-type]


def roles(*scalars: Scalars | str, overrides: Mapping[str, str] | None = None) -> dict[str, Role]:
    given = [logged(each) if isinstance(each, str) else each for each in scalars]
    assigned = assign_roles(given, overrides or {})
    return {each.tag: role for each, role in zip(given, assigned, strict=True)}


def primaries(*scalars: Scalars | str) -> dict[tuple[str, Split], str]:
    found = roles(*scalars)
    assert len({role.reason for role in found.values()} - {""}) > 0
    spoken_for = [(role.quantity, role.split) for role in found.values() if role.primary]
    assert len(spoken_for) == len(set(spoken_for)), "one primary per quantity and split"
    return {(role.quantity, role.split): tag for tag, role in found.items() if role.primary}


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("train/loss_step", ("train", "loss", "step")),
        ("trainLoss", ("train", "loss")),
        ("valloss", ("val", "loss")),
        ("Training loss", ("training", "loss")),
        ("Eval_AverageReturn", ("eval", "average", "return")),
        ("metrics/mAP50-95(B)", ("metrics", "map50", "95", "b")),
        ("metrics/mAP_0.5:0.95", ("metrics", "map", "0.5", "0.95")),
        ("Prec@1", ("prec@1",)),
        ("train.loss", ("train", "loss")),
        ("grad_2.0_norm_total", ("grad", "2.0", "norm", "total")),
    ],
)
def test_tags_are_taken_apart_into_words(tag: str, words: tuple[str, ...]) -> None:
    assert words_of(tag) == words


@pytest.mark.parametrize(
    ("tag", "split"),
    [
        ("Loss/train", TRAIN),
        ("tr/loss", TRAIN),
        ("va/loss", VALIDATION),
        ("valid_loss", VALIDATION),
        ("ptl/val_loss", VALIDATION),
        ("EvalStats/avg_loss", VALIDATION),
        ("eval/loss", VALIDATION),
        ("test_acc_epoch", TEST),
        ("train/val_loss", VALIDATION),
        ("train_val_loss", Split.TRAIN_VALIDATION),
        ("train_eval/loss", Split.TRAIN_VALIDATION),
        ("latest_loss", Split.UNKNOWN),
        ("loss", Split.UNKNOWN),
    ],
)
def test_the_split_is_read_from_anywhere_in_a_tag(tag: str, split: Split) -> None:
    assert split_of(tag) is split


@pytest.mark.parametrize(
    ("tag", "quantity"),
    [
        ("train/loss", "loss"),
        ("total_loss", "loss"),
        ("Logloss", "loss"),
        ("cross_entropy", "loss"),
        ("loss_scale", "other"),
        ("kl_weight", "other"),
        ("val_acc", "accuracy"),
        ("accuracy_top1", "accuracy"),
        ("eval_top5", "top5_accuracy"),
        ("mean_token_accuracy", "accuracy"),
        ("bbox/AP", "map"),
        ("macro_f1", "f1"),
        ("mean_absolute_error", "mae"),
        ("word_error_rate", "error"),
        ("val/wer", "wer"),
        ("lr-Adam/pg1", "learning_rate"),
        ("x/lr0", "learning_rate"),
        ("LearningRate/group0", "learning_rate"),
        ("epoch_learning_rate", "learning_rate"),
        ("lr-SGD-momentum", "other"),
        ("grad_2.0_norm_total", "gradient_norm"),
        ("train/gnorm", "gradient_norm"),
        ("update_ratio/fc.weight", "update_ratio"),
        ("ud/layer1", "update_ratio"),
        ("updates_to_weights", "update_ratio"),
        ("losses/ratio_update", "loss"),
        ("rollout/ep_rew_mean", "return"),
        ("charts/episodic_return", "return"),
        ("rewards/chosen", "other"),
        ("rewards/accuracies", "accuracy"),
        ("train/epoch", "epoch"),
        ("time/fps", "time"),
        ("eval/samples_per_second", "time"),
        ("eta_seconds", "time"),
        ("global_step/sec", "time"),
        ("Train_EnvstepsSoFar", "other"),
        ("train/total_flos", "other"),
        ("hp_metric", "other"),
        ("num_tokens", "other"),
        ("rollout/ep_len_mean", "other"),
        ("dup_steps/foo", "other"),
    ],
)
def test_the_quantity_is_read_from_the_words(tag: str, quantity: str) -> None:
    assert quantity_of(tag).name == quantity


@pytest.mark.parametrize(
    ("train", "validation"),
    [
        ("Loss/train", "Loss/val"),
        ("train_loss_step", "val_loss"),
        ("train/loss", "eval/loss"),
        ("trainLoss", "valLoss"),
        ("Training loss", "Validation loss"),
        ("tr/loss", "va/loss"),
        ("total_loss", "validation_loss"),
        ("loss", "val_loss"),
        ("loss", "v_loss"),
        ("t_loss", "v_loss"),
        ("train_inner/loss", "valid/loss"),
        ("loss/train/total", "loss/eval/total"),
        ("TrainIterStats/loss", "EvalStats/avg_loss"),
    ],
)
def test_train_and_validation_loss_are_found_in_any_layout(train: str, validation: str) -> None:
    found = primaries(train, validation)
    assert found["loss", TRAIN] == train
    assert found["loss", VALIDATION] == validation


def test_folders_tell_the_split_where_tags_do_not() -> None:
    found = primaries(
        logged("train/epoch_loss", label="epoch_loss", folder_split=TRAIN),
        logged("validation/epoch_loss", label="epoch_loss", folder_split=VALIDATION),
    )
    assert found == {
        ("loss", TRAIN): "train/epoch_loss",
        ("loss", VALIDATION): "validation/epoch_loss",
    }


def test_the_series_of_add_scalars_are_told_apart_by_their_keys() -> None:
    found = primaries(
        logged("Loss_train/Loss", label="Loss/train"), logged("Loss_val/Loss", label="Loss/val")
    )
    assert found["loss", VALIDATION] == "Loss_val/Loss"


def test_training_loss_speaks_step_by_step_and_its_epoch_series_is_known() -> None:
    steps = logged("train_loss_step", np.linspace(3, 1, 50).tolist())
    found = roles(steps, logged("train_loss_epoch"), "val_loss")
    assert found["train_loss_step"].primary
    assert found["train_loss_step"].per_epoch is False
    assert found["train_loss_epoch"].per_epoch is True
    assert not found["train_loss_epoch"].primary


@pytest.mark.parametrize(("batches", "primary"), [(2, "epoch"), (10, "step")])
def test_a_few_batches_of_each_epoch_tell_less_than_the_mean_of_all(
    batches: int, primary: str
) -> None:
    epochs = logged("train_loss_epoch", np.linspace(3, 1, 20).tolist())
    steps = logged("train_loss_step", np.linspace(3, 1, 20 * batches).tolist())
    assert roles(steps, epochs, "val_loss")[f"train_loss_{primary}"].primary


def test_validation_loss_speaks_epoch_by_epoch() -> None:
    steps = logged("val_loss_step", np.linspace(3, 1, 50).tolist())
    assert primaries(steps, "val_loss_epoch")["loss", VALIDATION] == "val_loss_epoch"


def test_the_closing_summary_of_the_hf_trainer_is_not_the_training_loss() -> None:
    found = primaries("train/loss", logged("train/train_loss", [1.5]), "eval/loss")
    assert found["loss", TRAIN] == "train/loss"


def test_keras_repeats_and_running_means_are_never_primary() -> None:
    found = primaries(
        logged("train/batch_loss", range(90, 0, -1), label="batch_loss", folder_split=TRAIN),
        logged("train/epoch_loss", label="epoch_loss", folder_split=TRAIN),
        logged(
            "validation/evaluation_loss_vs_iterations",
            label="evaluation_loss_vs_iterations",
            folder_split=VALIDATION,
        ),
        logged("validation/epoch_loss", label="epoch_loss", folder_split=VALIDATION),
    )
    assert found["loss", TRAIN] == "train/epoch_loss"
    assert found["loss", VALIDATION] == "validation/epoch_loss"


def test_a_total_speaks_before_a_plain_loss_and_that_before_components() -> None:
    assert primaries("loss_cls", "total_loss", "loss")["loss", TRAIN] == "total_loss"
    assert primaries("loss_cls", "aux_loss", "loss")["loss", TRAIN] == "loss"
    assert primaries("train/kl_loss", "train/ce_loss")["loss", TRAIN] == "train/ce_loss"


def test_what_can_be_compared_across_splits_speaks_first() -> None:
    found = primaries("train/loss", "train/ce_loss", "val/ce_loss")
    assert found["loss", TRAIN] == "train/ce_loss"
    assert found["loss", VALIDATION] == "val/ce_loss"


def test_a_series_that_is_always_zero_speaks_for_nothing() -> None:
    found = primaries(logged("val/cls_loss", [0, 0, 0]), "val/box_loss")
    assert found["loss", VALIDATION] == "val/box_loss"
    assert not primaries(logged("accuracy", [0, 0, 0]), "loss").keys() - {("loss", TRAIN)}


def test_what_is_called_accuracy_but_is_not_within_its_range_is_none() -> None:
    found = roles("loss", logged("val_accuracy", [-3.0, 0.5]), logged("accuracy", [250.0, 12.0]))
    assert found["val_accuracy"].quantity == found["accuracy"].quantity == "other"


def test_an_accuracy_in_percent_is_one_and_says_so() -> None:
    role = roles(logged("val_acc", [10.0, 71.5]))["val_acc"]
    assert role.quantity == "accuracy"
    assert "percent" in role.reason


def test_the_largest_learning_rate_of_several_groups_speaks() -> None:
    found = primaries("loss", logged("x/lr0", [0.1, 0.01]), logged("x/lr1", [0.2, 0.02]))
    assert found["learning_rate", TRAIN] == "x/lr1"


def test_the_total_gradient_norm_speaks_and_single_layers_never_do() -> None:
    layers = [f"grad_2.0_norm/layer{i}.weight" for i in range(3)]
    assert (
        primaries(*layers, "grad_2.0_norm_total")["gradient_norm", TRAIN] == "grad_2.0_norm_total"
    )
    assert ("gradient_norm", TRAIN) not in primaries(*layers)


def test_detector_metrics_are_measured_on_the_validation_set() -> None:
    found = primaries("train/box_loss", "val/box_loss", "metrics/mAP_0.5", "metrics/mAP_0.5:0.95")
    assert found["map", VALIDATION] == "metrics/mAP_0.5:0.95"


def test_a_metric_without_a_split_belongs_to_training_only_beside_a_held_out_one() -> None:
    assert roles("loss", "accuracy")["accuracy"].split is Split.UNKNOWN
    assert roles("loss", "accuracy", "val_accuracy")["accuracy"].split is TRAIN


def test_without_any_loss_the_error_that_training_lowers_stands_in() -> None:
    found = primaries("train/rmse", "val/rmse", "val/r2")
    assert found["loss", TRAIN] == "train/rmse"
    assert ("rmse", TRAIN) not in found
    assert primaries("train/loss", "train/rmse")["rmse", TRAIN] == "train/rmse"


def test_one_value_per_epoch_is_told_by_the_logged_epochs() -> None:
    found = roles(
        logged("epoch", [0] * 10 + [1] * 10 + [2] * 10, range(30)),
        logged("train_loss", np.linspace(3, 1, 30).tolist(), range(30)),
        logged("val_loss", [3, 2, 1], [9, 19, 29]),
    )
    assert found["train_loss"].per_epoch is False
    assert found["val_loss"].per_epoch is True


def test_train_and_validation_at_the_same_consecutive_steps_are_epochs() -> None:
    found = roles(logged("Loss/train", steps=[0, 1, 2]), logged("Loss/val", steps=[0, 1, 2]))
    assert found["Loss/train"].per_epoch is found["Loss/val"].per_epoch is True
    assert roles(logged("Loss/train", steps=[0, 1, 2]))["Loss/train"].per_epoch is None


def test_final_values_beside_hyper_parameters_never_speak() -> None:
    summary = logged("1700/hparam/accuracy", [0.9], label="hparam/accuracy", summary=True)
    found = roles("val_accuracy", "accuracy", summary)
    assert found["accuracy"].primary
    assert not found[summary.tag].primary


@given(st.lists(st.text(max_size=12) | st.sampled_from(TAGS), unique=True, max_size=12), st.data())
def test_any_tags_and_values_get_roles_with_one_primary_each(
    tags: list[str], data: st.DataObject
) -> None:
    numbers = st.lists(st.floats(width=32), min_size=1, max_size=5)
    found = roles(*(logged(tag, data.draw(numbers)) for tag in tags))
    primary = [(role.quantity, role.split) for role in found.values() if role.primary]
    assert len(found) == len(tags)
    assert len(primary) == len(set(primary))
    assert all(role.reason for role in found.values())
    assert not any(quantity == "other" for quantity, _ in primary)


# --- kinds --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        (["train_loss", "val_loss", "epoch"], Kind.SUPERVISED),
        (["train/policy_loss_weight", "val/accuracy"], Kind.SUPERVISED),
        (["train/loss", "train/rewards/chosen", "train/rewards/accuracies"], Kind.SUPERVISED),
        (["rollout/ep_rew_mean", "train/value_loss"], Kind.REINFORCEMENT),
        (["charts/episodic_return", "losses/value_loss"], Kind.REINFORCEMENT),
        (["Environment/Cumulative Reward", "Losses/Policy Loss"], Kind.REINFORCEMENT),
        (["Train_AverageReturn", "Train_EnvstepsSoFar"], Kind.REINFORCEMENT),
        (["train/actor_loss", "train/critic_loss"], Kind.REINFORCEMENT),
        (["loss_D", "loss_G"], Kind.ADVERSARIAL),
        (["errD", "errG", "D_x"], Kind.ADVERSARIAL),
        (["critic_loss", "generator_loss"], Kind.ADVERSARIAL),
        (["disc/loss", "gen/loss", "lr"], Kind.ADVERSARIAL),
        (["train/loss_g"], Kind.SUPERVISED),
        (["G_A", "D_A", "cycle_A", "G_B", "D_B"], Kind.ADVERSARIAL),
        (["train/aeloss", "train/discloss", "val/rec_loss"], Kind.ADVERSARIAL),
        (["rewards/iter", "losses/a_loss", "losses/c_loss"], Kind.REINFORCEMENT),
        (["EpRet", "LossPi", "LossV"], Kind.REINFORCEMENT),
        (["objective/rlhf_reward", "policy/approxkl_avg", "loss/policy_avg"], Kind.REINFORCEMENT),
        (["loss", "score", "epsilon"], Kind.REINFORCEMENT),
        (["val/score", "train/loss"], Kind.SUPERVISED),
        (["hp_metric"], Kind.NOT_A_RUN),
        (["epoch", "lr", "time/fps"], Kind.NOT_A_RUN),
        (["dup_steps/foo", "dup_steps/bar"], Kind.NOT_A_RUN),
        ([], Kind.NOT_A_RUN),
    ],
)
def test_the_kind_of_a_run_is_told_by_its_tags(tags: list[str], kind: Kind) -> None:
    assert kind_of_run(tags) is kind


def test_losses_of_games_and_policies_have_no_better_direction() -> None:
    assert roles("errD", "errG")["errG"].quantity == "loss"
    assert roles("errD", "errG")["errD"].direction is Direction.NONE
    found = roles(
        "rollout/ep_rew_mean", "train/policy_loss", "train/std_reward", "eval/mean_reward"
    )
    assert found["train/policy_loss"].direction is Direction.NONE
    assert found["rollout/ep_rew_mean"].direction is Direction.HIGHER
    assert found["eval/mean_reward"].split is VALIDATION


def test_the_mean_return_speaks_not_its_best_or_spread() -> None:
    found = primaries(
        "Train_BestReturn", "Train_MaxReturn", "Train_AverageReturn", "Train_StdReturn"
    )
    assert found["return", TRAIN] == "Train_AverageReturn"


def test_v_is_the_value_function_in_reinforcement_learning() -> None:
    found = roles("rollout/ep_rew_mean", "v_loss", "loss")
    assert found["v_loss"].split is not VALIDATION


# --- what the user says -------------------------------------------------------------------------


def test_the_user_overrides_every_inference() -> None:
    found = roles(
        "foo", "train/loss", "bar", overrides={"foo": "train loss", "bar": "val accuracy"}
    )
    assert (found["foo"].quantity, found["foo"].split, found["foo"].primary) == (
        "loss",
        TRAIN,
        True,
    )
    assert found["bar"].direction is Direction.HIGHER
    assert found["bar"].split is VALIDATION
    assert not found["train/loss"].primary


def test_the_user_can_have_a_curve_ignored() -> None:
    found = roles("train/loss", "train/other_loss", overrides={"train/loss": "ignore"})
    assert found["train/loss"].quantity == "other"
    assert found["train/other_loss"].primary


def test_a_split_that_is_mistyped_is_refused() -> None:
    for text in ("trian loss", "validaton accuracy"):
        with pytest.raises(UnknownRole, match="is no role"):
            roles("foo", overrides={"foo": text})
    assert roles("foo", overrides={"foo": "validation dice"})["foo"].quantity == "dice"


def test_what_the_user_says_of_a_curve_decides_the_kind_of_the_run() -> None:
    meant = {"errD": "ignore", "errG": "train loss"}
    assert roles("errD", "errG", overrides=meant)["errG"].direction is Direction.LOWER


def test_the_learning_rate_needs_no_split() -> None:
    assert roles("eta_zero", overrides={"eta_zero": "learning rate"})["eta_zero"].split is TRAIN


def test_a_role_that_is_none_is_refused_in_one_line() -> None:
    with pytest.raises(UnknownRole, match="`train bananas` is no role: write a split"):
        roles("foo", overrides={"foo": "train bananas"})
