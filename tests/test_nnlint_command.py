"""The command `nnlint`, used as its users do: inputs, exit status, selection, formats, errors."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.commands.nnlint import main

BUGGY = """\
import torch
from torch import nn

model = nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for inputs, labels in torch.utils.data.DataLoader(torch.zeros(8, 3), shuffle=True):
    loss = nn.CrossEntropyLoss()(model(inputs), labels)
    loss.backward()
    optimizer.step()
"""
DRAWN_IN_WORKERS = """
import numpy as np
from torch.utils.data import DataLoader, Dataset


class Noisy(Dataset):
    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        return self.items[index] + np.random.normal()


loader = DataLoader(Noisy([1.0, 2.0]), batch_size=2, shuffle=True, num_workers=4)
"""
SOUND = BUGGY.replace("    loss.backward()", "    optimizer.zero_grad()\n    loss.backward()")
SOFTMAX = SOUND.replace("model(inputs)", "model(inputs).softmax(1)")
FINDING = "buggy.py:8:5: NN101 [missing-zero-grad] "


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, with one buggy and one sound script."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    (tmp_path / "buggy.py").write_text(BUGGY)
    (tmp_path / "sound.py").write_text(SOUND)
    return tmp_path


@pytest.fixture
def lint(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs nnlint in this process: exit status, standard output, standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            status = main(arguments)
        except SystemExit as stopped:
            status = int(stopped.code or 0)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


Lint = Callable[..., tuple[int, str, str]]


def concise(lint: Lint, *arguments: str) -> list[str]:
    """The findings, one a line, without messages."""
    _, out, _ = lint("--output-format", "concise", "-q", *arguments)
    return [line.partition("] ")[0] + "]" for line in out.splitlines()]


class TestExitStatus:
    def test_0_when_nothing_is_found(self, lint: Lint) -> None:
        assert lint("sound.py") == (0, "nothing found in 1 file\n", "")

    def test_1_when_something_is_found(self, lint: Lint) -> None:
        status, out, err = lint("buggy.py", "sound.py")
        assert status == 1
        assert out.endswith("1 error in 1 of 2 files\n")
        assert err == ""

    def test_0_despite_findings_when_asked(self, lint: Lint) -> None:
        assert lint("buggy.py", "--exit-zero")[0] == 0

    def test_0_for_a_file_that_trains_nothing(self, lint: Lint, project: Path) -> None:
        (project / "other.py").write_text("print(1)\n")
        status, out, _ = lint("other.py")
        assert (status, out) == (0, "nothing to check: no training library is named in 1 file\n")

    def test_0_for_a_folder_without_python(self, lint: Lint, project: Path) -> None:
        (project / "empty").mkdir()
        assert lint("empty") == (0, "no Python file or notebook to look at\n", "")

    def test_2_when_nothing_could_be_looked_at(self, lint: Lint) -> None:
        assert lint("gone") == (
            2,
            "1 problem (see above)\n",
            "nnlint: gone: no such file or directory\n",
        )

    def test_2_goes_before_1(self, lint: Lint) -> None:
        status, out, err = lint("buggy.py", "gone.py")
        assert status == 2
        assert "NN101" in out
        assert err == "nnlint: gone.py: no such file or directory\n"


class TestInputs:
    def test_without_arguments_the_folder_one_is_in(self, lint: Lint) -> None:
        assert concise(lint) == ["buggy.py:8:5: NN101 [missing-zero-grad]"]

    def test_a_folder(self, lint: Lint, project: Path) -> None:
        assert concise(lint, str(project)) == [f"{project}/{FINDING.strip()}"]

    def test_standard_input(self, lint: Lint, monkeypatch: pytest.MonkeyPatch) -> None:
        for arguments, name in ((["-"], "<stdin>"), (["-", "--stdin-filename", "a.py"], "a.py")):
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BUGGY.encode())))
            assert concise(lint, *arguments) == [f"{name}:8:5: NN101 [missing-zero-grad]"]

    def test_a_notebook(self, lint: Lint, project: Path) -> None:
        setup, loop = BUGGY.split("for ")
        sources = ["%matplotlib inline\n" + setup, "for " + loop]
        cells = [{"cell_type": "code", "source": source} for source in sources]
        (project / "a.ipynb").write_text(json.dumps({"nbformat": 4, "cells": cells}))
        assert concise(lint, "a.ipynb") == ["a.ipynb:cell 2:3:5: NN101 [missing-zero-grad]"]

    def test_a_notebook_on_standard_input(
        self, lint: Lint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cells = [{"cell_type": "code", "source": BUGGY.splitlines(keepends=True)}]
        content = json.dumps({"nbformat": 4, "cells": cells}).encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        found = concise(lint, "-", "--stdin-filename", "a.ipynb")
        assert found == ["a.ipynb:cell 1:8:5: NN101 [missing-zero-grad]"]

    def test_a_file_is_reported_once(self, lint: Lint) -> None:
        assert len(concise(lint, "buggy.py", ".", "./buggy.py")) == 1

    def test_exclude(self, lint: Lint) -> None:
        assert concise(lint, "--exclude", "buggy.py", ".") == []
        assert len(concise(lint, "--exclude", "buggy.py", "buggy.py")) == 1
        assert concise(lint, "--exclude", "buggy.py", "--force-exclude", "buggy.py") == []


class TestBadInput:
    def test_a_cell_that_is_no_python_costs_no_more_than_itself(
        self, lint: Lint, project: Path
    ) -> None:
        setup, loop = BUGGY.split("for ")
        sources = [setup, "plot(\nloss of\nthe run)", "for " + loop, "rate = "]
        cells = [{"cell_type": "code", "source": source} for source in sources]
        (project / "a.ipynb").write_text(json.dumps({"nbformat": 4, "cells": cells}))
        status, out, err = lint("--output-format", "concise", "a.ipynb")
        assert status == 2
        assert out.startswith("a.ipynb:cell 3:3:5: NN101 [missing-zero-grad]")
        assert [line.split(" not ")[0] for line in err.splitlines()] == [
            "nnlint: a.ipynb:cell 2:2:1:",
            "nnlint: a.ipynb:cell 4:1:8:",
        ]

    @pytest.mark.parametrize(
        ("name", "content", "complaint"),
        [
            ("a.py", b"import torch\ndef f(:\n", "a.py:2:7: not valid Python 3: invalid syntax"),
            ("a.py", b"def f(:\n", "a.py:1:7: not valid Python 3: invalid syntax"),
            ("a.py", b"import torch # \xe9\n", "a.py:1:1: not UTF-8 (byte 0xe9)"),
            ("a.py", b"import torch\n\0", "a.py:2:1: contains NUL bytes"),
            ("a.txt", b"import torch\n", "a.txt: not a Python file or notebook"),
            ("a.ipynb", b"import torch\n", "a.ipynb:1:1: not a notebook: invalid JSON"),
        ],
    )
    def test_one_line_tells_and_the_rest_is_reported(
        self, lint: Lint, project: Path, name: str, content: bytes, complaint: str
    ) -> None:
        (project / name).write_bytes(content)
        status, out, err = lint(name, "buggy.py")
        assert status == 2
        assert err.startswith(f"nnlint: {complaint}")
        assert err.count("\n") == 1
        assert out.endswith("; 1 problem (see above)\n")
        assert "NN101" in out

    def test_a_file_in_a_folder_that_trains_nothing_is_not_even_read(
        self, lint: Lint, project: Path
    ) -> None:
        (project / "template.py").write_text("{{ name }} = \n")
        assert lint("--exclude", "buggy.py", ".")[0] == 0

    def test_a_fault_of_ours_does_not_hide_the_other_files(
        self, lint: Lint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from advisor.code import analysis

        analyze = analysis.analyze

        def fail(source: object, *others: object) -> object:
            if "sound" in str(source):
                raise KeyError("x")
            return analyze(source, *others)  # type: ignore[arg-type]

        monkeypatch.setattr(analysis, "analyze", fail)
        status, out, err = lint("sound.py", "buggy.py")
        assert status == 2
        assert "NN101" in out
        assert err == "nnlint: sound.py: internal error, please report it (KeyError: 'x')\n"

    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            (["--select", "NN1O1"], "--select: no rule has the code, prefix or name `NN1O1`"),
            (["--ignore", "missing-zerograd"], "did you mean `missing-zero-grad`?"),
            (["--extend-select", "XY"], "--extend-select: no rule has"),
            (["--per-file-ignores", "a.py:XY"], "--per-file-ignores: no rule has"),
            (["--per-file-ignores", "a.py"], "`a.py` should be PATTERN:RULE"),
            (["--config", "none.toml"], "none.toml: No such file or directory"),
            (["--colour"], "unrecognized arguments: --colour (see `nnlint --help`)"),
            (["--output-format", "xml"], "invalid choice: 'xml'"),
            (["rule", "NN999"], "no rule is called `NN999`"),
            (["rule"], "one of the arguments RULE --all is required"),
        ],
    )
    def test_bad_usage_is_told_in_one_line(
        self, lint: Lint, arguments: list[str], complaint: str
    ) -> None:
        status, out, err = lint(*arguments)
        assert (status, out) == (2, "")
        assert complaint in err
        assert err.count("\n") == 1


FIRST_TRAINING = """\
import torch
from torch import nn


def train(model: nn.Module, batches, epochs):
    optimizer = torch.optim.Adam(model.parameters())
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for epoch in range(epochs):
        for inputs, labels in batches:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs), labels).backward()
            optimizer.step()
        scheduler.step()
"""


class TestSelection:
    def test_select_ignore_and_extend_select(self, lint: Lint, project: Path) -> None:
        (project / "buggy.py").write_text(SOFTMAX.replace("    optimizer.zero_grad()\n", ""))

        def codes(*arguments: str) -> list[str]:
            return [line.split()[1] for line in concise(lint, "buggy.py", *arguments)]

        assert codes() == ["NN201", "NN101"]
        assert codes("--select", "NN1") == ["NN101"]
        assert codes("--select", "NN1,softmax-into-logits-loss") == ["NN201", "NN101"]
        assert codes("--select", "NN1", "--select", "NN201") == ["NN201", "NN101"]
        assert codes("--ignore", "NN2") == ["NN101"]
        assert codes("--select", "NN3", "--extend-select", "NN101") == ["NN101"]
        assert codes("--select", "NN3") == []
        assert codes("--per-file-ignores", "bug*.py:NN1,other.py:NN2") == ["NN201"]

    def test_a_stage_brings_its_own_rules_and_nothing_else_does(
        self, lint: Lint, project: Path
    ) -> None:
        (project / "buggy.py").write_text(FIRST_TRAINING)

        def codes(*arguments: str) -> list[str]:
            return [line.split()[1] for line in concise(lint, "buggy.py", *arguments)]

        assert codes() == []
        assert codes("--select", "NN6") == []
        assert "NN607" not in codes("--select", "ALL")
        assert codes("--stage", "baseline") == ["NN607"]
        assert codes("--stage", "baseline", "--ignore", "NN607") == []
        assert codes("--select", "decay-on-first-run") == ["NN607"]

    def test_what_is_mere_advice_is_told_to_those_who_ask(self, lint: Lint, project: Path) -> None:
        (project / "buggy.py").write_text(DRAWN_IN_WORKERS)
        assert concise(lint, "buggy.py") == []
        for asked in ("NN514", "worker-seed", "NN5", "ALL"):
            told = concise(lint, "buggy.py", "--select", asked, "--ignore", "NN512")
            assert [line.split()[1] for line in told] == ["NN514"]
        (project / "nnlint.toml").write_text('extend-select = ["NN514"]\n')
        assert len(concise(lint, "buggy.py")) == 1

    def test_settings_choose_and_the_command_line_goes_before_them(
        self, lint: Lint, project: Path
    ) -> None:
        (project / "pyproject.toml").write_text('[tool.nnlint]\nignore = ["NN101"]\n')
        assert concise(lint, "buggy.py") == []
        assert len(concise(lint, "buggy.py", "--select", "NN101")) == 1
        assert len(concise(lint, "buggy.py", "--isolated")) == 1
        (project / "other.toml").write_text('select = ["NN101"]\n')
        assert len(concise(lint, "buggy.py", "--config", "other.toml")) == 1

    def test_each_file_has_the_settings_closest_to_it(self, lint: Lint, project: Path) -> None:
        (project / "sub").mkdir()
        (project / "sub/buggy.py").write_text(BUGGY)
        (project / "sub/nnlint.toml").write_text('select = ["NN2"]\n')
        assert concise(lint, ".") == [FINDING.strip()]

    def test_settings_exclude_ignore_per_file_and_set_severity(
        self, lint: Lint, project: Path
    ) -> None:
        settings = project / "nnlint.toml"
        settings.write_text('exclude = ["buggy.py"]\n')
        assert concise(lint, ".") == []
        settings.write_text('per-file-ignores = { "bug*.py" = ["missing-zero-grad"] }\n')
        assert concise(lint, ".") == []
        settings.write_text('severity = { NN1 = "warning", NN101 = "info" }\n')
        _, out, _ = lint("buggy.py")
        assert "buggy.py:8:5  info NN101" in out
        assert out.endswith("1 info in 1 of 1 file\n")

    @pytest.mark.parametrize(
        "text",
        ['select = ["NN999"]', 'severity = { XY = "info" }', 'per-file-ignores = { a = ["XY"] }'],
    )
    def test_wrong_settings_stop_their_files_only(
        self, lint: Lint, project: Path, text: str
    ) -> None:
        (project / "sub").mkdir()
        (project / "sub/a.py").write_text(BUGGY)
        (project / "sub/b.py").write_text(BUGGY)
        (project / "sub/nnlint.toml").write_text(text + "\n")
        status, out, err = lint("--output-format", "concise", "-q", ".")
        assert status == 2
        assert out.startswith(FINDING)
        assert out.count("\n") == err.count("\n") == 1
        assert f"{project}/sub/nnlint.toml: `{text.partition(' ')[0]}`: no rule has" in err

    def test_comments_silence(self, lint: Lint, project: Path) -> None:
        (project / "buggy.py").write_text(BUGGY.replace("backward()", "backward()  # noqa: NN101"))
        assert concise(lint) == []


class TestOutput:
    def test_json_is_a_list_of_findings(self, lint: Lint) -> None:
        status, out, _ = lint("--output-format", "json", ".")
        found = json.loads(out)
        assert status == 1
        assert [(each["code"], each["filename"], each["location"]) for each in found] == [
            ("NN101", "buggy.py", {"row": 8, "column": 5})
        ]

    def test_json_is_a_list_even_when_it_is_empty(self, lint: Lint) -> None:
        assert lint("--output-format", "json", "sound.py") == (0, "[]\n", "")

    def test_github_gets_one_workflow_command_a_finding(self, lint: Lint) -> None:
        _, out, _ = lint("--output-format", "github", ".")
        assert out.startswith("::error title=NN101 missing-zero-grad,file=buggy.py,line=8,")
        assert out.count("\n") == 1

    def test_github_names_files_from_the_root_of_the_checkout(
        self, lint: Lint, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GITHUB_WORKSPACE", str(project.parent))
        _, out, _ = lint("--output-format", "github", ".")
        assert f",file={project.name}/buggy.py," in out

    def test_statistics_count(self, lint: Lint, project: Path) -> None:
        (project / "again.py").write_text(BUGGY)
        _, out, _ = lint("--statistics", "-q", ".")
        assert out == "2  NN101  missing-zero-grad\n"
        _, out, _ = lint("--statistics", "--output-format", "json", ".")
        assert json.loads(out) == [{"code": "NN101", "name": "missing-zero-grad", "count": 2}]

    def test_verbose_tells_what_was_passed_over(self, lint: Lint, project: Path) -> None:
        (project / "other.py").write_text("")
        _, _, err = lint("-v", "other.py")
        assert err == "other.py: names no training library\n"

    def test_quiet_prints_findings_only(self, lint: Lint) -> None:
        assert lint("-q", "sound.py") == (0, "", "")

    def test_version(self, lint: Lint) -> None:
        import advisor

        assert lint("--version") == (0, f"nnlint {advisor.__version__}\n", "")

    def test_help_tells_the_exit_statuses(self, lint: Lint) -> None:
        status, out, _ = lint("--help")
        assert status == 0
        assert "exit status: 0 nothing found, 1 findings, 2" in out


class TestRuleCommand:
    @pytest.mark.parametrize("name", ["NN101", "nn101", "missing-zero-grad"])
    def test_a_rule_is_explained_by_its_page(self, lint: Lint, name: str) -> None:
        status, out, _ = lint("rule", name)
        assert status == 0
        assert out.startswith("# missing-zero-grad (NN101)\n")

    def test_json_holds_what_a_program_wants_to_know(self, lint: Lint) -> None:
        _, out, _ = lint("rule", "NN101", "--output-format", "json")
        described = json.loads(out)
        assert (described["code"], described["severity"]) == ("NN101", "error")
        assert described["page"].startswith("# missing-zero-grad (NN101)\n")

    def test_all_rules_are_listed(self, lint: Lint) -> None:
        _, out, _ = lint("rule", "--all")
        assert "NN101  error" in out
        _, out, _ = lint("rule", "--all", "--output-format", "json")
        assert "NN101" in [rule["code"] for rule in json.loads(out)]


class TestProcess:
    """What only a process of its own shows."""

    @staticmethod
    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
        script = "import sys; from advisor.commands.nnlint import main; sys.exit(main())"
        return subprocess.run(
            [sys.executable, "-c", script, *arguments],
            check=False,
            capture_output=True,
            env={**os.environ, **environment},
        )

    def test_a_reader_that_goes_away_is_no_error(self) -> None:
        script = "import sys; from advisor.commands.nnlint import main; sys.exit(main())"
        process = subprocess.Popen(
            [sys.executable, "-c", script, "."], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        process.stderr.close()
        process.wait()

    def test_a_terminal_that_knows_ascii_only_gets_ascii_only(self, project: Path) -> None:
        (project / "buggy.py").write_text(BUGGY.replace("step()", "step()  # \N{SNOWMAN}"))
        done = self.run("buggy.py", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
        assert done.returncode == 1
        assert done.stdout.isascii()
        assert b"\\u2603" in done.stdout

    def test_a_name_that_is_no_text_is_no_obstacle(self, project: Path) -> None:
        name = b"\xff\x1b[31m.py"
        Path(os.fsdecode(name)).write_text(BUGGY)
        for output_format in ("text", "concise", "json", "github"):
            done = self.run("--output-format", output_format, os.fsdecode(name))
            assert done.returncode == 1, done.stderr
            assert b"\x1b" not in done.stdout
            done.stdout.decode()
