"""The command `nnadvise`, as it is used: runs in, a report and an exit status out."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from advisor import __version__
from advisor.commands.nnadvise import main

LESSONS = Path(__file__).parent.parent / "fixtures" / "runs"
OVERFIT = LESSONS / "overfit"
REACHED = (LESSONS / "healthy_classification", "--goal", "loss=0.25", "--classes", "10")


@dataclass(frozen=True)
class Outcome:
    """What a call of the command returned and printed."""

    status: int
    out: str
    err: str


Call = Callable[..., Outcome]


@pytest.fixture
def nnadvise(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Call:
    """Calls the command in an empty folder, with lines of 80 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")

    def call(*arguments: str | Path) -> Outcome:
        capsys.readouterr()
        try:
            status = main([str(each) for each in arguments])
        except SystemExit as ended:
            status = int(ended.code or 0)
        captured = capsys.readouterr()
        return Outcome(status, captured.out, captured.err)

    return call


def said(outcome: Outcome) -> list[str]:
    """The codes in a report in JSON, over all runs."""
    report = json.loads(outcome.out)
    return [each["code"] for run in report["runs"] for each in run["diagnoses"]]


def recorded(folder: Path, curves: dict[str, list[float]]) -> Path:
    """A folder with an event file that the official library wrote."""
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder)) as writer:
        for tag, values in curves.items():
            for step, value in enumerate(values):
                writer.add_scalar(tag, value, step, walltime=1_700_000_000 + step)
    return folder


# ---- the report ---------------------------------------------------------------------------------


def test_the_leading_diagnosis_comes_before_everything_else_that_is_said(nnadvise: Call) -> None:
    lines = nnadvise(OVERFIT, "--goal", "loss=0.25").out.splitlines()
    statements = [line.strip() for line in lines if re.match(r" +NR\d{3} ", line)]
    assert statements[0].startswith("NR202 high-variance  `val/loss` ends at ")
    assert any("overtrained follows from high-variance" in each for each in statements)


def test_the_report_names_the_step_of_the_recipe_and_one_next_move(nnadvise: Call) -> None:
    out = nnadvise(OVERFIT, "--goal", "loss=0.25").out
    assert "step 4 of 6: regularize" in out.splitlines()[0]
    assert out.count("  next  ") == 1
    for label in ("how", "expect", "then"):
        assert re.search(rf"^    {label} ", out, re.MULTILINE)


def test_the_decomposition_is_a_table_with_the_term_to_work_on_first(nnadvise: Call) -> None:
    out = nnadvise(OVERFIT, "--goal", "loss=0.25").out
    table = out[out.index("where the loss comes from") :].splitlines()
    assert re.match(r" +goal +0\.25$", table[1])
    assert re.match(r" +train +0\.0\d+ +under-fitting +-0\.\d+$", table[2])
    assert re.match(r" +validation +1\.0\d* +over-fitting +0\.9\d+ +█+  first$", table[3])


def test_what_could_not_be_judged_is_listed_with_the_reason(nnadvise: Call) -> None:
    out = " ".join(nnadvise(OVERFIT).out.split())
    assert "not judged:" in out
    assert "the learning-rate schedule (no learning rate was logged)" in out


def test_both_curves_are_drawn_and_named(nnadvise: Call) -> None:
    out = nnadvise(OVERFIT).out
    assert "⠒⠒ train/loss   ▀▀ val/loss" in out
    assert "step 360" in out


def test_a_piped_report_is_plain_fits_and_has_no_trailing_space(nnadvise: Call) -> None:
    out = nnadvise(OVERFIT).out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 80
    assert not [line for line in out.splitlines() if line != line.rstrip()]


def test_only_the_code_of_a_finding_is_coloured_not_what_is_said(nnadvise: Call) -> None:
    from advisor.report.run_text import RunReport
    from advisor.runs.diagnosis import diagnose
    from advisor.runs.loading import load_runs

    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    RunReport(terminal).print([diagnose(load_runs([OVERFIT]).runs[0])])
    line = next(each for each in terminal.getvalue().splitlines() if "NR202 high-var" in each)
    assert re.search(r"\x1b\[1;33mNR202 high-variance  \x1b\[0m", line)
    assert line.count("\x1b[1;33m") == 1


def test_a_healthy_run_that_reached_its_goal_has_nothing_to_mend(nnadvise: Call) -> None:
    outcome = nnadvise(*REACHED)
    assert outcome.status == 0
    assert "ensemble" in outcome.out


def test_many_runs_get_a_few_lines_each(nnadvise: Call) -> None:
    out = nnadvise(LESSONS / "learning_rates").out
    assert len(re.findall(r"^lr_\S+  3 curves", out, re.MULTILINE)) == 5
    assert len(out.splitlines()) < 50
    assert "⠒⠒" not in out


def test_verbose_shows_every_run_in_full_and_what_each_tag_was_taken_for(nnadvise: Call) -> None:
    out = nnadvise(LESSONS / "learning_rates", "-v").out
    assert out.count("⠒⠒ train_loss   ▀▀ val_loss") == 5
    assert "what the tags were taken for" in out
    assert re.search(r"val_acc +validation accuracy  12 points  the name says `accuracy`", out)


def test_concise_is_one_line_per_diagnosis_and_one_for_the_next_move(nnadvise: Call) -> None:
    lines = nnadvise(OVERFIT, "--output-format", "concise", "--ignore", "NR401").out.splitlines()
    assert lines[0].startswith("overfit:192-360: NR202 `val/loss` ends at ")
    assert lines[-1] == "overfit: next: get more training data"


def test_concise_and_json_name_the_same_diagnoses(nnadvise: Call) -> None:
    concise = nnadvise(LESSONS / "divergence", "--output-format", "concise").out
    report = nnadvise(LESSONS / "divergence", "--output-format", "json")
    assert re.findall(r"NR\d+", concise)[0] == said(report)[0] == "NR105"


def test_a_run_that_reads_as_several_is_a_list_of_several(nnadvise: Call) -> None:
    runs = json.loads(nnadvise(LESSONS / "seeds", "--output-format", "json").out)["runs"]
    assert [run["run"] for run in runs] == [f"seed_{seed}" for seed in range(4)]


def test_not_a_number_is_marked_below_the_curve(nnadvise: Call) -> None:
    out = nnadvise(LESSONS / "non_finite").out
    assert re.search(r"└─+×+$", out, re.MULTILINE)
    assert "× not finite" in out


def test_the_learning_rate_is_a_strip_below_the_curve(nnadvise: Call) -> None:
    out = nnadvise(LESSONS / "healthy_warmup_cosine").out
    assert re.search(r"^ +lr  [▁▂▃▄▅▆▇█]+$", out, re.MULTILINE)
    assert "lr 1.7e-04 to 0.01 to 7.6e-07" in out


def test_a_tag_cannot_steer_the_terminal_or_pass_for_markup(nnadvise: Call, tmp_path: Path) -> None:
    tag = "[bold red]loss[/]\x1b[2J\u202eevil/train"
    folder = recorded(tmp_path / "run", {tag: [2.0 / (1 + step) for step in range(30)]})
    for output_format in ("text", "concise", "json"):
        out = nnadvise(folder, "-v", "--output-format", output_format).out
        assert "\x1b" not in out
        assert "\u202e" not in out
    assert "[bold red]loss[/]" in nnadvise(folder, "-v").out


# ---- what the user knows ------------------------------------------------------------------------


def test_the_number_of_classes_tells_where_the_loss_should_start(nnadvise: Call) -> None:
    arguments = (LESSONS / "init_loss", "--output-format", "json")
    assert "NR101" not in said(nnadvise(*arguments))
    assert said(nnadvise(*arguments, "--classes", "10"))[0] == "NR101"


def test_a_goal_tells_whether_a_plateau_is_too_high(nnadvise: Call) -> None:
    arguments = (LESSONS / "plateau", "--output-format", "json")
    assert "NR201" not in said(nnadvise(*arguments))
    assert "NR201" in said(nnadvise(*arguments, "--goal", "loss=0.25"))


def test_a_goal_may_be_given_in_percent_and_in_the_logger_s_words(nnadvise: Call) -> None:
    arguments = (OVERFIT, "--output-format", "json")
    for goal in ("accuracy=0.9", "acc=90%", "val_acc=90"):
        run = json.loads(nnadvise(*arguments, "--goal", goal).out)["runs"][0]
        assert run["decomposition"]["quantity"] == "accuracy"
        assert run["decomposition"]["levels"][0]["value"] == pytest.approx(10)


def test_a_misread_tag_can_be_put_right(nnadvise: Call, tmp_path: Path) -> None:
    falling = [2.0 / (1 + step) for step in range(30)]
    folder = recorded(tmp_path / "run", {"badness": falling, "loss": falling})
    arguments = (folder, "--output-format", "json", "--role", "badness=val loss")
    curves = json.loads(nnadvise(*arguments).out)["runs"][0]["curves"]
    read = {curve["tag"]: (curve["quantity"], curve["split"]) for curve in curves}
    assert read["badness"] == ("loss", "validation")


def test_a_tag_that_no_run_has_is_told(nnadvise: Call, tmp_path: Path) -> None:
    falling = [2.0 / (1 + step) for step in range(30)]
    folder = recorded(tmp_path / "run", {"badness": falling, "loss": falling})
    roles = ("--role", "badnes=val loss", "--role", "x=ignore", "--role", "badness=ignore")
    assert nnadvise(folder, *roles).err == (
        "nnadvise: --role: no run has a tag `badnes`; did you mean `badness`?\n"
        "nnadvise: --role: no run has a tag `x`; --verbose shows all tags\n"
    )


# ---- which diagnoses ----------------------------------------------------------------------------


def test_select_looks_for_these_alone_and_ignore_leaves_some_out(nnadvise: Call) -> None:
    arguments = (OVERFIT, "--output-format", "json")
    assert set(said(nnadvise(*arguments, "--select", "NR206"))) == {"NR206"}
    assert set(said(nnadvise(*arguments, "--select", "overtrained"))) == {"NR206"}
    assert "NR206" not in said(nnadvise(*arguments, "--ignore", "NR206,NR4"))


def test_settings_are_read_from_the_closest_pyproject(nnadvise: Call, tmp_path: Path) -> None:
    table = '[tool.nnadvise]\nignore = ["NR202"]\nclasses = 10\ngoals = { loss = 0.25 }\n'
    (tmp_path / "pyproject.toml").write_text(table)
    outcome = nnadvise(OVERFIT, "--output-format", "json")
    assert "NR202" not in said(outcome)
    assert json.loads(outcome.out)["runs"][0]["decomposition"]["levels"][0]["name"] == "goal"
    assert "NR202" in said(nnadvise(OVERFIT, "--output-format", "json", "--isolated"))


def test_a_goal_on_the_command_line_comes_before_the_settings(
    nnadvise: Call, tmp_path: Path
) -> None:
    (tmp_path / "nnadvise.toml").write_text("goals = { loss = 0.25 }\n")
    outcome = nnadvise(OVERFIT, "--output-format", "json", "--goal", "loss=0.5")
    assert json.loads(outcome.out)["runs"][0]["decomposition"]["levels"][0]["value"] == 0.5


def test_a_threshold_can_be_set(nnadvise: Call, tmp_path: Path) -> None:
    (tmp_path / "strict.toml").write_text("thresholds = { overtrained-rise = 5.0 }\n")
    arguments = (OVERFIT, "--select", "NR206", "--output-format", "json")
    config = ("--config", tmp_path / "strict.toml")
    assert said(nnadvise(*arguments)) == ["NR206"]
    (tmp_path / "pyproject.toml").write_text("[tool.nnadvise.thresholds]\novertrained-rise = 5.0\n")
    assert said(nnadvise(*arguments)) == []
    assert nnadvise(*arguments, *config).status in {0, 2}


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ("goal = 3\n", "unknown key `goal`; did you mean `goals`?"),
        ("classes = 'ten'\n", "`classes` should be a"),
        ("select = ['NR999']\n", "no rule has the code, prefix or name `NR999`"),
        ("thresholds = { blox = 3 }\n", "no diagnosis depends on a threshold `blox`"),
        ("goals = { beauty = 3 }\n", "`beauty` is no quantity"),
        ("classes = 1\n", "too few"),
        ("roles = { loss = 'nonsense' }\n", "`nonsense` is no role"),
        ("goals = [\n", "not valid TOML"),
    ],
)
def test_wrong_settings_are_one_line_and_end_in_2(
    nnadvise: Call, tmp_path: Path, table: str, complaint: str
) -> None:
    (tmp_path / "nnadvise.toml").write_text(table)
    outcome = nnadvise(OVERFIT)
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.count("\n") == 1
    assert outcome.err.startswith("nnadvise: ")
    assert complaint in outcome.err


# ---- exit status --------------------------------------------------------------------------------


def test_something_to_mend_ends_in_1_unless_told_otherwise(nnadvise: Call) -> None:
    assert nnadvise(OVERFIT).status == 1
    assert nnadvise(OVERFIT, "--exit-zero").status == 0


def test_advice_alone_ends_in_0(nnadvise: Call) -> None:
    outcome = nnadvise(LESSONS / "healthy_step_decay", "--output-format", "json")
    severities = {each["severity"] for each in json.loads(outcome.out)["runs"][0]["diagnoses"]}
    assert severities == {"info"}
    assert outcome.status == 0


# ---- inputs that cannot be used -----------------------------------------------------------------


def test_no_argument_is_a_one_line_complaint(nnadvise: Call) -> None:
    outcome = nnadvise()
    assert outcome.status == 2
    assert outcome.err.count("\n") == 1
    assert "RUN" in outcome.err


def empty_file(folder: Path) -> Path:
    path = folder / "events.out.tfevents.1.empty.0"
    path.touch()
    return path


def not_an_event_file(folder: Path) -> Path:
    path = folder / "notes.txt"
    path.write_text("loss went down, I think\n" * 20)
    return path


def corrupt_file(folder: Path) -> Path:
    path = folder / "events.out.tfevents.1.corrupt.0"
    path.write_bytes(bytes(byte ^ 0x5A for byte in next(OVERFIT.glob("*tfevents*")).read_bytes()))
    return path


def folder_without_runs(folder: Path) -> Path:
    path = folder / "plots"
    path.mkdir()
    (path / "loss.png").write_bytes(b"\x89PNG")
    return path


def no_such_path(folder: Path) -> Path:
    return folder / "runs" / "exp42"


@pytest.mark.parametrize(
    "bad", [no_such_path, not_an_event_file, empty_file, corrupt_file, folder_without_runs]
)
def test_a_bad_input_is_one_line_that_names_it_and_the_others_are_still_reported(
    nnadvise: Call, tmp_path: Path, bad: Callable[[Path], Path]
) -> None:
    path = bad(tmp_path)
    outcome = nnadvise(path, OVERFIT, "--output-format", "json")
    assert outcome.status == 2
    assert outcome.err.count("\n") == 1
    assert outcome.err.startswith(f"nnadvise: `{path}` ")
    assert "Traceback" not in outcome.err
    assert [run["run"] for run in json.loads(outcome.out)["runs"]] == ["overfit"]


def test_exit_zero_does_not_hide_a_bad_input(nnadvise: Call, tmp_path: Path) -> None:
    assert nnadvise(no_such_path(tmp_path), OVERFIT, "--exit-zero").status == 2


def test_json_is_printed_even_when_no_input_could_be_read(nnadvise: Call, tmp_path: Path) -> None:
    outcome = nnadvise(no_such_path(tmp_path), "--output-format", "json")
    assert json.loads(outcome.out)["runs"] == []
    assert outcome.status == 2


def test_a_truncated_file_is_read_as_far_as_it_goes(nnadvise: Call, tmp_path: Path) -> None:
    whole = next(OVERFIT.glob("*tfevents*")).read_bytes()
    (tmp_path / "events.out.tfevents.1.cut.0").write_bytes(whole[: len(whole) * 2 // 3])
    outcome = nnadvise(tmp_path, "--output-format", "json")
    assert outcome.status == 1
    assert "NR202" in said(outcome)


def test_a_damaged_file_is_read_around_the_damage_and_that_is_told(
    nnadvise: Call, tmp_path: Path
) -> None:
    content = bytearray(next(OVERFIT.glob("*tfevents*")).read_bytes())
    content[9_000:9_100] = bytes(100)
    (tmp_path / "events.out.tfevents.1.damaged.0").write_bytes(content)
    run = json.loads(nnadvise(tmp_path, "--output-format", "json").out)["runs"][0]
    assert max(curve["points"] for curve in run["curves"]) > 350
    assert run["notes"]


def test_a_file_that_is_left_out_beside_a_run_is_told(nnadvise: Call, tmp_path: Path) -> None:
    shutil.copytree(OVERFIT, tmp_path / "run")
    pointer = tmp_path / "run" / "events.out.tfevents.2.pointer.0"
    pointer.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    outcome = nnadvise(tmp_path / "run")
    assert outcome.status == 1
    assert "git lfs pull" in outcome.err


@pytest.mark.parametrize("bad", [not_an_event_file, empty_file, corrupt_file])
def test_a_run_that_is_lost_among_others_is_told_and_the_others_are_still_reported(
    nnadvise: Call, tmp_path: Path, bad: Callable[[Path], Path]
) -> None:
    shutil.copytree(OVERFIT, tmp_path / "overfit")
    (tmp_path / "lost").mkdir()
    path = bad(tmp_path / "lost")
    path = path.rename(path.with_name(f"events.out.tfevents.1.{path.name}"))
    outcome = nnadvise(tmp_path, "--output-format", "json")
    assert outcome.status == 2
    assert outcome.err.count("\n") == 1
    assert outcome.err.startswith(f"nnadvise: `{path}` ")
    assert [run["run"] for run in json.loads(outcome.out)["runs"]] == ["overfit"]


def test_a_run_that_logged_nothing_among_others_is_told_and_is_no_failure(
    nnadvise: Call, tmp_path: Path
) -> None:
    shutil.copytree(OVERFIT, tmp_path / "overfit")
    header = next(OVERFIT.glob("*tfevents*")).read_bytes()
    length = int.from_bytes(header[:8], "little") + 16
    (tmp_path / "started").mkdir()
    (tmp_path / "started" / "events.out.tfevents.1.started").write_bytes(header[:length])
    outcome = nnadvise(tmp_path)
    assert outcome.status == 1
    assert "holds only its header" in outcome.err


def test_a_rule_that_fails_on_one_run_does_not_hide_the_others(
    nnadvise: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    from advisor.runs.diagnosis import diagnose

    def fail_on_divergence(run: Any, *others: Any) -> Any:
        if run.name == "divergence":
            raise ZeroDivisionError("0 / 0")
        return diagnose(run, *others)

    monkeypatch.setattr("advisor.runs.judging.diagnose", fail_on_divergence)
    outcome = nnadvise(LESSONS / "divergence", OVERFIT, "--output-format", "json")
    assert outcome.status == 2
    assert outcome.err.count("\n") == 1
    assert "`divergence` could not be judged" in outcome.err
    assert [run["run"] for run in json.loads(outcome.out)["runs"]] == ["overfit"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--goal", "loss"), "`loss` should be QUANTITY=NUMBER"),
        (("--goal", "loss=low"), "`loss=low` should be QUANTITY=NUMBER"),
        (("--goal", "loss=nan"), "finite"),
        (("--human", "beauty=1"), "`beauty` is no quantity"),
        (("--classes", "1"), "too few"),
        (("--classes", "many"), "invalid int value"),
        (("--targets", "60"), "should be MEAN,DEVIATION"),
        (("--targets", "60,0"), "a deviation above 0"),
        (("--targets", "60,15,hinge"), "`60,15,huber`"),
        (("--targets", "60,15,huber,1"), "should be MEAN,DEVIATION"),
        (("--role", "loss"), "should be TAG=MEANING"),
        (("--select", "hocky-stick"), "did you mean `hockey-stick`?"),
        (("--output-format", "yaml"), "invalid choice"),
        (("--config", "missing.toml"), "missing.toml"),
        (("--bogus",), "unrecognized arguments: --bogus"),
    ],
)
def test_a_wrong_option_is_one_line_and_ends_in_2(
    nnadvise: Call, arguments: tuple[str, ...], complaint: str
) -> None:
    outcome = nnadvise(OVERFIT, *arguments)
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.count("\n") == 1
    assert outcome.err.startswith("nnadvise: ")
    assert complaint in outcome.err


# ---- the other commands -------------------------------------------------------------------------


def test_the_version_is_printed(nnadvise: Call) -> None:
    assert nnadvise("--version").out == f"nnadvise {__version__}\n"


def test_a_diagnosis_is_explained_by_code_or_by_name(nnadvise: Call) -> None:
    page = nnadvise("rule", "NR102")
    assert page.status == 0
    assert page.out.startswith("# hockey-stick (NR102)")
    assert nnadvise("rule", "hockey-stick").out == page.out


def test_an_unknown_diagnosis_is_one_line_and_ends_in_2(nnadvise: Call) -> None:
    outcome = nnadvise("rule", "NR1O2")
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith("nnadvise: no rule is called `NR1O2`")


def test_the_recipe_is_a_checklist_of_six_steps(nnadvise: Call) -> None:
    out = nnadvise("recipe").out
    assert re.findall(r"^(\d)\. ", out, re.MULTILINE) == list("123456")
    assert "[ ] overfit one batch" in out


@pytest.mark.parametrize("step", ["overfit", "3"])
def test_a_step_of_the_recipe_has_a_page(nnadvise: Call, step: str) -> None:
    assert nnadvise("recipe", step).out.startswith("# Step 3: overfit")


def test_an_unknown_step_is_one_line_that_names_the_others(nnadvise: Call) -> None:
    outcome = nnadvise("recipe", "deploy")
    assert outcome.status == 2
    assert "data, skeleton, overfit, regularize, tune, squeeze" in outcome.err


# ---- as a program -------------------------------------------------------------------------------


def run_program(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    program = "from advisor.commands.nnadvise import main; exit(main())"
    return run_python(program, *map(str, arguments), **environment)


def run_python(
    program: str, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_neither_tensorboard_nor_torch_is_imported() -> None:
    program = (
        "import sys; from advisor.commands.nnadvise import main; "
        f"main([{str(OVERFIT)!r}]); "
        "assert not {'torch', 'tensorboard', 'tensorflow'} & set(sys.modules)"
    )
    assert run_python(program).returncode == 0


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from advisor.commands.nnadvise import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'numpy', 'pydantic', 'rich', 'libcst'} & set(sys.modules)"
    )
    assert run_python(program).returncode == 0


def test_an_output_that_knows_ascii_only_gets_an_ascii_report() -> None:
    found = run_program(OVERFIT, PYTHONIOENCODING="ascii", COLUMNS="80")
    assert found.returncode == 1
    assert found.stdout.isascii()
    assert b"oo train/loss" in found.stdout


def test_a_reader_that_has_seen_enough_is_no_traceback() -> None:
    command = "from advisor.commands.nnadvise import main; exit(main())"
    with subprocess.Popen(
        [sys.executable, "-c", command, str(LESSONS), "-v"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(100)
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
