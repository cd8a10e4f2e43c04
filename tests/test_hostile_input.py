"""Whatever is analysed: it is never run, never crashes or hangs nnlint, never reaches a terminal raw."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.commands.nnlint import main

HEAD = "import torch\n"
BUGGY = """\
import torch

net = torch.nn.Linear(3, 2)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for x, y in torch.utils.data.DataLoader(torch.zeros(8, 3), shuffle=True):
    loss = torch.nn.CrossEntropyLoss()(net(x), y)
    loss.backward()
    optimizer.step()
"""
# What could steer a terminal or deceive its reader: controls but the line end, and bidi marks.
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
FORMATS = ("text", "concise", "json", "github")

Lint = Callable[..., tuple[int, str, str]]


@pytest.fixture
def lint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Lint:
    """Runs nnlint in an empty folder; returns exit status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = main(["--no-cache", "--isolated", *arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


# --- nothing is run -----------------------------------------------------------------------

HOSTILE = """\
import pathlib
pathlib.Path({marker!r}).touch()
import torch


class Meta(type):
    def __new__(cls, *rest):
        pathlib.Path({marker!r}).touch()
        return super().__new__(cls, *rest)


class Net(torch.nn.Module, metaclass=Meta):
    exec("open({marker!r}, 'w')")

    def __reduce__(self):
        return eval, ("open({marker!r}, 'w')",)


@lambda made: open({marker!r}, "w")
def train(x: open({marker!r}, "w") = open({marker!r}, "w")) -> open({marker!r}, "w"):
    pass


__import__("os").system("touch {marker}")
f"{{open({marker!r}, 'w')}}"
"""
NAMES = (
    *("train", "helper", "setup", "conftest", "sitecustomize", "usercustomize", "__init__"),
    *("torch", "libcst", "rich", "json", "numpy", "advisor", "tokenize", "pydantic"),
)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_nothing_of_what_is_analysed_is_imported_or_run(tmp_path: Path, jobs: str) -> None:
    marker = tmp_path / "ran"
    project = tmp_path / "project"
    project.mkdir()
    text = HOSTILE.format(marker=str(marker))
    for name in NAMES:
        imports = "".join(f"import {other}\n" for other in NAMES if other != name)
        (project / f"{name}.py").write_text(text + imports + "# long\n" * 2_000)
    (project / "evil.pth").write_text(f"import os; os.system('touch {marker}')\n")
    (project / "nnlint.toml").write_text("select = ['NN1']\n")
    command = Path(sys.executable).parent / "nnlint"
    done = subprocess.run(
        [command, "--jobs", jobs, "--no-cache", "."],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    assert done.stderr == ""
    assert not marker.exists()


# --- nothing reaches the terminal raw -----------------------------------------------------


@pytest.mark.parametrize("output_format", FORMATS)
def test_names_and_code_cannot_steer_a_terminal(lint: Lint, output_format: str) -> None:
    odd = "\x1b]0;owned\x07\u202e\x9b31m\u2066"
    Path(f"{odd}.py").write_text(BUGGY.replace("net(x)", f"net(x)  # {odd}\n"))
    Path(f"{odd}2.py").write_text(f"import torch\nx = '{odd}\n")
    Path(odd).mkdir()
    (Path(odd) / "bad.py").write_bytes(b"import torch\n\xff")
    status, out, err = lint("--output-format", output_format, "-v", ".", f"no{odd}.py")
    assert status == 2
    assert "NN101" in out
    assert not RAW.search(err)
    if output_format == "json":
        (found,) = json.loads(out)
        assert found["filename"] == f"{odd}.py"
        assert not RAW.search(out)
    else:
        assert not RAW.search(out)


# --- no crash, no hang --------------------------------------------------------------------

TEXTS = {
    "an integer of many digits": "x = " + "9" * 5_000 + "\ny = torch.nn.Linear(x, x)\n",
    "numbers beyond all bounds": "x = 1e999\ny = [int(x), round(x), x // 1, x % 2, 10**10**10]\n",
    "repetition": "x = [0] * 10**9 + list(range(10**9))\nfor y in x * 10**9:\n    pass\n",
    "a wide shift": "x = 1 << 10**9\ny = 10**400 * 10**400\n",
    "a long sum": "x = 1" + "+1" * 20_000 + "\n",
    "many brackets": "x = " + "(" * 5_000 + "1" + ")" * 5_000 + "\n",
    "as many brackets as Python reads": "x = " + "(" * 180 + "1" + ")" * 180 + "\n",
    "a long chain": "x = a" + ".b" * 5_000 + "\n",
    "many blocks": "".join(" " * i + "if x:\n" for i in range(95)) + " " * 95 + "pass\n",
    "many branches": "if x:\n    pass\n" + "elif x:\n    pass\n" * 3_000,
    "a long text": "x = '" + "a" * 3_000_000 + "'\n",
    "a long list": "x = [" + "1," * 300_000 + "]\n",
    "recursion": "def f(n):\n    return f(n) + g(n)\ndef g(n):\n    return f(n)\nf(1)\n",
    "a class of itself": "class A(A):\n    def __call__(self):\n        return self()\nA()()\n",
    "endless attributes": "class A:\n    def __getattr__(self, n):\n        return self.n\nA().x\n",
    "a module of itself": "from train import *\nimport train\nfrom . import train\ntrain.x()\n",
    "long names": f"import {'a' * 5_000}\nfrom {'b.' * 500}c import {'d' * 5_000}\n",
    "imports from far above": f"from {'.' * 200} import x\nfrom {'.' * 200}a import x\n",
    "form feeds": "\x0cx = 1\n\x0cdef f():\n\x0c    return x\n\x0c",
    "returns": "def f(x):\r\n\tif x:\r\n\t\treturn 1\r\n",
    "old returns": "x = 1\ry = 2\r",
    "tabs and blanks": "def f(x):\n        if x:\n\treturn 1\n",
    "no end of line": "x = 1",
    "nothing else": "",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_odd_programs_are_looked_at_or_refused_in_words(lint: Lint, text: str) -> None:
    Path("train.py").write_text(HEAD + text, newline="")
    started = time.process_time()
    status, _, err = lint("-v", ".")
    assert status in {0, 2}, err
    assert "internal error" not in err
    assert time.process_time() - started < 15


CONTENTS = {
    "utf-16": ("x = 1\n" + HEAD).encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + HEAD.encode(),
    "latin-1, declared": b"# coding: latin-1\nimport torch\nx = '\xe9'\n",
    "latin-1, undeclared": b"import torch\nx = '\xe9'\n",
    "an encoding that is none of text": b"# coding: rot13\nimport torch\n",
    "an encoding that refuses": b"# coding: undefined\nimport torch\n",
    "an encoding nobody knows": b"# coding: klingon\nimport torch\n",
    "a NUL byte": b"import torch\0\n",
    "bytes": b"import torch" + bytes(range(256)),
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
@pytest.mark.parametrize("name", ["train.py", "train.ipynb"])
def test_odd_bytes_are_read_or_refused_in_words(lint: Lint, content: bytes, name: str) -> None:
    Path(name).write_bytes(content)
    status, _, err = lint(name)
    assert status in {0, 2}
    assert "internal error" not in err
    assert err.count("\n") <= 1


def test_escapes_that_were_none_in_python_2_stop_nothing(lint: Lint) -> None:
    Path("paths.py").write_text('import torch\nfolder = "C:\\\\Users"\nother = "C:\\Users"\n')
    assert lint("paths.py")[::2] == (0, "")


def test_twenty_thousand_lines_take_seconds(lint: Lint) -> None:
    function = "def f{}(x):\n    y = torch.relu(x)\n    return y.view(-1)\n"
    Path("train.py").write_text(HEAD + "".join(map(function.format, range(6_667))))
    started = time.process_time()
    assert lint("train.py")[0] == 0
    assert time.process_time() - started < 60


@pytest.mark.skipif(os.name != "posix", reason="links and pipes as POSIX has them")
def test_links_pipes_and_what_may_not_be_read_are_passed_over(lint: Lint, tmp_path: Path) -> None:
    os.mkfifo("pipe.py")
    os.symlink("self.py", "self.py")
    os.symlink("..", "up")
    os.symlink("/dev/zero", "zero.py")
    Path("train.py").write_text("import pipe, self, up, zero\n" + BUGGY)
    status, out, err = lint("--output-format", "concise", "-q", ".")
    assert (status, err) == (1, "")
    assert out.startswith("train.py:8:5: NN101")
    status, _, err = lint("self.py")
    assert (status, err) == (2, "nnlint: self.py: Too many levels of symbolic links\n")


@pytest.mark.skipif(os.name != "posix", reason="pipes as POSIX has them")
def test_what_never_ends_is_refused_without_being_opened(lint: Lint) -> None:
    os.mkfifo("endless.py")
    for name in ("endless.py", "/dev/zero"):
        refused = f"nnlint: {name}: not a regular file; - reads standard input\n"
        assert lint(name)[::2] == (2, refused)
