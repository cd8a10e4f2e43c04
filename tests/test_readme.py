"""What the README shows is what the commands print, and the files it names exist.

`python -m tests.test_readme` writes what the commands print now into the README.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from advisor.settings import LintSettings, SettingsFinder

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
_SESSION = re.compile(
    r"^```console\n\$ (?P<command>nn(?:lint|advise) [^\n]+)\n(?P<output>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
SESSIONS = [session.groups() for session in _SESSION.finditer(README)]


def run(command: Sequence[str], folder: Path) -> str:
    script = f"import sys; from advisor.commands.{command[0]} import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", script, *command[1:]],
        cwd=folder,
        env={**os.environ, "COLUMNS": "90", "PYTHONIOENCODING": "utf-8"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout


def furnish(folder: Path) -> Path:
    """Put the README's script and the fixtures into a folder."""
    script = re.search(r"^`train.py`:\n\n```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert script is not None
    (folder / "train.py").write_text(script[1])
    shutil.copytree(ROOT / "fixtures", folder / "fixtures")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return furnish(tmp_path_factory.mktemp("readme"))


@pytest.mark.parametrize(("command", "shown"), SESSIONS)
def test_every_session_is_what_the_command_prints(command: str, shown: str, folder: Path) -> None:
    printed = run(command.split(), folder)
    assert shown.rstrip("\n") == printed.rstrip("\n")


def test_there_are_sessions_of_both_commands() -> None:
    assert {command.partition(" ")[0] for command, _ in SESSIONS} == {"nnlint", "nnadvise"}


def test_every_link_into_the_repository_leads_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_settings_shown_are_valid(tmp_path: Path) -> None:
    shown = re.search(r"^```toml\n(\[tool.nnlint\].*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert shown is not None
    path = tmp_path / "pyproject.toml"
    path.write_text(shown[1])
    SettingsFinder("nnlint", LintSettings).read(path)


def main() -> None:
    with TemporaryDirectory() as name:
        folder = furnish(Path(name))

        def printed(session: re.Match[str]) -> str:
            output = run(session["command"].split(), folder).rstrip("\n")
            return f"```console\n$ {session['command']}\n{output}\n```"

        (ROOT / "README.md").write_text(_SESSION.sub(printed, README))


if __name__ == "__main__":
    main()
