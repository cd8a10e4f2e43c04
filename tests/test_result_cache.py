"""The cache of results: it makes nnlint faster, and nothing else different."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.code import analysis
from advisor.code.contents import digest_of
from advisor.commands.nnlint import main

MODEL = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(8, 4)

    def forward(self, x):
        return self.out(x)
"""
WITH_SOFTMAX = MODEL.replace("return self.out(x)", "return self.out(x).softmax(1)")
TRAIN = """\
import torch
from model import Net

net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for x, y in torch.utils.data.DataLoader(torch.zeros(8, 8), shuffle=True):
    optimizer.zero_grad()
    loss = torch.nn.CrossEntropyLoss()(net(x), y)
    loss.backward()
    optimizer.step()
"""
OTHER = TRAIN.replace("from model import Net\n", "").replace("Net()", "torch.nn.Linear(8, 4)")

Lint = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of a model, a script that imports it, and a script that does not."""
    monkeypatch.chdir(tmp_path)
    for name, text in {"model": MODEL, "train": TRAIN, "other": OTHER}.items():
        (tmp_path / f"{name}.py").write_text(text)
    return tmp_path


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are really analysed, as they are."""
    names: list[str] = []
    analyze = analysis.analyze

    def watched(source, *rest):  # type: ignore[no-untyped-def]
        names.append(source.display_name)
        return analyze(source, *rest)

    monkeypatch.setattr(analysis, "analyze", watched)
    return names


@pytest.fixture
def lint(capsys: pytest.CaptureFixture[str]) -> Lint:
    """Runs nnlint in this process; returns the codes and places of what it finds."""

    def run(*arguments: str) -> list[str]:
        main(["--output-format", "json", *arguments])
        found = json.loads(capsys.readouterr().out)
        return [f"{each['filename']}:{each['location']['row']} {each['code']}" for each in found]

    return run


def cache_file(project: Path) -> Path:
    (found,) = (project / ".nnlint_cache").glob("*.json")
    return found


class TestWhatIsLookedAtAgain:
    def test_nothing_when_nothing_has_changed(self, lint: Lint, analysed: list[str]) -> None:
        first = lint(".")
        assert sorted(analysed) == ["model.py", "other.py", "train.py"]
        analysed.clear()
        assert lint(".") == first
        assert analysed == []

    def test_a_file_that_has_changed_and_those_that_import_it(
        self, lint: Lint, analysed: list[str], project: Path
    ) -> None:
        assert lint(".") == []
        analysed.clear()
        (project / "model.py").write_text(WITH_SOFTMAX)
        assert [each.split()[-1] for each in lint(".")] == ["NN201"]
        assert sorted(analysed) == ["model.py", "train.py"]

    def test_those_that_look_for_a_module_that_is_new(
        self, lint: Lint, analysed: list[str], project: Path
    ) -> None:
        (project / "model.py").unlink()
        assert lint(".") == []
        analysed.clear()
        (project / "model.py").write_text(WITH_SOFTMAX)
        assert [each.split()[-1] for each in lint(".")] == ["NN201"]
        assert sorted(analysed) == ["model.py", "train.py"]

    def test_those_whose_import_leads_elsewhere_now(
        self, lint: Lint, analysed: list[str], project: Path
    ) -> None:
        assert lint(".") == []
        analysed.clear()
        (project / "model.py").unlink()
        (project / "model").mkdir()
        (project / "model" / "__init__.py").write_text(WITH_SOFTMAX)
        assert [each.split()[-1] for each in lint(".")] == ["NN201"]
        assert "other.py" not in analysed

    def test_everything_under_other_settings(self, lint: Lint, project: Path) -> None:
        (project / "model.py").write_text(WITH_SOFTMAX)
        assert len(lint(".")) == 1
        (project / "nnlint.toml").write_text('ignore = ["NN201"]\n')
        assert lint(".") == []
        (project / "nnlint.toml").unlink()
        assert len(lint(".")) == 1

    def test_everything_for_other_rules(self, lint: Lint, project: Path) -> None:
        (project / "model.py").write_text(WITH_SOFTMAX)
        assert len(lint(".")) == 1
        assert lint("--ignore", "NN201", ".") == []
        assert lint("--select", "NN101", ".") == []

    def test_everything_for_another_nnlint(
        self, lint: Lint, analysed: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lint(".")
        analysed.clear()
        monkeypatch.setattr("advisor.commands.fingerprint.__version__", "9.9.9")
        lint(".")
        assert len(analysed) == 3

    def test_a_comment_that_silences(self, lint: Lint, project: Path) -> None:
        (project / "model.py").write_text(WITH_SOFTMAX)
        assert len(lint(".")) == 1
        (project / "train.py").write_text(TRAIN.replace("(net(x), y)", "(net(x), y)  # noqa"))
        assert lint(".") == []


class TestWhereItIsKept:
    def test_in_the_project_where_version_control_and_backups_leave_it_out(
        self, lint: Lint, project: Path
    ) -> None:
        lint(".")
        folder = project / ".nnlint_cache"
        assert (folder / ".gitignore").read_text() == "*\n"
        assert (folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172")

    def test_at_the_root_of_the_project(
        self, lint: Lint, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (project / "setup.py").touch()
        (project / "scripts").mkdir()
        (project / "scripts" / "train.py").write_text(OTHER)
        monkeypatch.chdir(project / "scripts")
        lint("train.py")
        assert (project / ".nnlint_cache").is_dir()

    def test_where_the_user_wants_it(self, lint: Lint, project: Path) -> None:
        lint("--cache-dir", "elsewhere", ".")
        assert list((project / "elsewhere").glob("*.json"))
        assert not (project / ".nnlint_cache").exists()

    def test_nowhere_if_the_user_does_not_want_it(
        self, lint: Lint, analysed: list[str], project: Path
    ) -> None:
        lint(".")
        analysed.clear()
        lint("--no-cache", ".")
        assert len(analysed) == 3

    def test_nowhere_if_there_is_no_place(self, lint: Lint, project: Path) -> None:
        (project / "taken").write_text("a file\n")
        assert lint("--cache-dir", "taken", ".") == []


class TestWhatMayHappenToIt:
    @pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.999])
    def test_it_may_be_cut_off(self, lint: Lint, project: Path, part: float) -> None:
        (project / "model.py").write_text(WITH_SOFTMAX)
        first = lint(".")
        content = cache_file(project).read_bytes()
        cache_file(project).write_bytes(content[: int(len(content) * part)])
        assert lint(".") == first
        assert lint(".") == first

    def test_any_byte_may_be_wrong(self, lint: Lint, project: Path) -> None:
        (project / "model.py").write_text(WITH_SOFTMAX)
        first = lint(".")
        content = cache_file(project).read_bytes()
        for index in range(0, len(content), len(content) // 8):
            damaged = bytearray(content)
            damaged[index] ^= 0x41
            cache_file(project).write_bytes(damaged)
            assert lint(".") == first

    def test_it_may_be_something_else(self, lint: Lint, project: Path) -> None:
        lint(".")
        for content in (b"[]", b"\xff\xfe\0", b"null\n{}", b"[" * 100_000):
            cache_file(project).write_bytes(content)
            assert lint(".") == []

    def test_it_may_be_something_that_has_no_end(self, lint: Lint, project: Path) -> None:
        first = lint(".")
        path = cache_file(project)
        for other in ("/dev/zero", "pipe"):
            path.unlink()
            os.mkfifo(project / "pipe") if other == "pipe" else None
            path.symlink_to(project / other)
            assert lint(".") == first

    def test_what_else_lies_in_its_folder_stays_there(self, lint: Lint, project: Path) -> None:
        kept = project / "results"
        kept.mkdir()
        names = {f"{number}.json" for number in range(40)} | {"new-features.txt"}
        for name in names:
            (kept / name).touch()
            os.utime(kept / name, (0, 0))
        lint("--cache-dir", str(kept), ".")
        assert names < {path.name for path in kept.iterdir()}

    def test_it_may_be_forged(self, lint: Lint, project: Path) -> None:
        first = lint(".")
        path = cache_file(project)
        form, _, body = path.read_bytes().partition(b"\n")
        record = json.loads(body)
        for entry in (None, 7, {"real": None}, {"real": 7, "state": []}):
            forged = json.dumps(record | {"entries": {"other.py": entry}}).encode()
            head = form.rpartition(b" ")[0] + b" " + digest_of(forged).encode()
            path.write_bytes(head + b"\n" + forged)
            assert lint(".") == first

    def test_the_disk_may_be_full(self, lint: Lint, project: Path) -> None:
        code = "from advisor.commands.nnlint import main; main(['-q', '--exit-zero', '.'])"
        limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (99, 99)); {code}"
        full, free = (
            subprocess.run([sys.executable, "-c", each], capture_output=True, check=True)
            for each in (limit, code)
        )
        assert (full.stdout, full.stderr) == (free.stdout, b"")
        folder = project / ".nnlint_cache"
        assert len(list(folder.glob("*.json"))) == 1
        assert (folder / "CACHEDIR.TAG").read_text().endswith("any time.\n")

    def test_a_run_may_be_killed_while_it_writes(self, lint: Lint, project: Path) -> None:
        (project / "model.py").write_text(WITH_SOFTMAX)
        first = lint(".")
        before = cache_file(project).read_bytes()
        (project / "model.py").write_text(WITH_SOFTMAX + "\n")
        for delay in (0.2, 0.5, 0.8, 1.1):
            code = "from advisor.commands.nnlint import main; main(['-q', '.'])"
            command = [sys.executable, "-c", code]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            time.sleep(delay)
            process.kill()
            process.wait()
        assert lint(".") == first
        assert cache_file(project).read_bytes() != before

    def test_several_runs_may_write_at_the_same_time(self, lint: Lint, project: Path) -> None:
        (project / "model.py").write_text(WITH_SOFTMAX)
        code = "from advisor.commands.nnlint import main; main(['-q', '--exit-zero', '.'])"
        command = [sys.executable, "-c", code]
        running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(4)]
        outputs = {process.communicate()[0] for process in running}
        assert len(outputs) == 1
        assert len(lint(".")) == 1
        assert not list((project / ".nnlint_cache").glob("new-*"))


@pytest.mark.parametrize("output_format", ["text", "json"])
def test_a_warm_run_does_not_even_import_the_parser(
    lint: Lint, project: Path, output_format: str
) -> None:
    (project / "model.py").write_text(WITH_SOFTMAX)
    lint(".")
    code = (
        "import sys; from advisor.commands.nnlint import main;"
        f"main(['--output-format', '{output_format}', '.']);"
        "print([each for each in ('libcst', 'numpy', 'torch') if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "NN201" in done.stdout
    assert done.stdout.endswith("[]\n")


def test_a_warm_report_reads_like_a_cold_one(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    (project / "model.py").write_text(WITH_SOFTMAX)
    texts = []
    for _ in range(2):
        main(["."])
        texts.append(capsys.readouterr())
    assert texts[0] == texts[1]
    assert "why " in texts[0].out


def test_a_file_that_changes_while_it_is_looked_at_is_not_remembered(
    lint: Lint, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyze = analysis.analyze

    def changed_meanwhile(source, *rest):  # type: ignore[no-untyped-def]
        (project / "model.py").write_text(WITH_SOFTMAX)
        return analyze(source, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(analysis, "analyze", changed_meanwhile)
        lint(".")
    assert os.listdir(project / ".nnlint_cache")
    assert [each.split()[-1] for each in lint(".")] == ["NN201"]
