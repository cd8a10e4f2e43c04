"""The hook, with the real `pre-commit`: it installs itself from a clone and stops a bad commit."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.test_nnlint_command import BUGGY, SOUND

ROOT = Path(__file__).parents[1]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="there is no repository to clone"),
]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """A repository that uses the hook, and a way to run commands in it."""
    folder = tmp_path_factory.mktemp("project")
    clone = tmp_path_factory.mktemp("clone") / "nnlint"
    outside = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment = {
        **outside,
        "PRE_COMMIT_HOME": str(tmp_path_factory.mktemp("cache")),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{
            f"GIT_{who}_{what}": "someone"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
    }

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=folder, env=environment, check=False, capture_output=True, text=True
        )

    assert run("git", "clone", "--quiet", str(ROOT), str(clone)).returncode == 0
    revision = run("git", "-C", str(clone), "rev-parse", "HEAD").stdout.strip()
    (folder / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {clone}\n  rev: {revision}\n  hooks:\n  - id: nnlint\n"
    )
    run("git", "init", "--quiet")
    installed = run(sys.executable, "-m", "pre_commit", "install", "--install-hooks")
    assert installed.returncode == 0, installed.stdout + installed.stderr
    return folder, run


def test_a_commit_with_a_bug_is_stopped(project: tuple[Path, Run]) -> None:
    folder, run = project
    (folder / "train.py").write_text(BUGGY)
    run("git", "add", "-A")
    done = run("git", "commit", "-m", "a bug")
    assert done.returncode == 1
    assert "train.py:8:5  error NN101 missing-zero-grad" in done.stdout + done.stderr
    assert "  why " in done.stdout + done.stderr  # the pages are shipped, too
    assert run("git", "rev-parse", "--verify", "--quiet", "HEAD").returncode != 0


def test_a_sound_commit_passes(project: tuple[Path, Run]) -> None:
    folder, run = project
    (folder / "train.py").write_text(SOUND)
    run("git", "add", "-A")
    done = run("git", "commit", "-m", "no bug")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_commit_without_python_passes(project: tuple[Path, Run]) -> None:
    folder, run = project
    (folder / "notes.txt").write_text("import torch\n")
    run("git", "add", "-A")
    done = run("git", "commit", "-m", "no Python")
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_empty_list_of_files_in_an_empty_folder_is_fine(tmp_path: Path) -> None:
    script = "import sys; from advisor.commands.nnlint import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", script, "--force-exclude"], cwd=tmp_path, check=False
    )
    assert done.returncode == 0
