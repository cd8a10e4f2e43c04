"""`[tool.nnlint]`: which file counts, what may stand in it, and what is said when it is wrong."""

from pathlib import Path

import pytest

from advisor.findings import Severity
from advisor.settings import LintSettings, SettingsError, SettingsFinder, matches


@pytest.fixture
def finder() -> SettingsFinder[LintSettings]:
    return SettingsFinder("nnlint", LintSettings)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


class TestWhichFileCounts:
    def test_without_a_table_there_are_no_settings(
        self, finder: SettingsFinder[LintSettings], tmp_path: Path
    ) -> None:
        write(tmp_path / "pyproject.toml", '[project]\ndependencies = ["nnlint"]\n')
        assert finder.closest(tmp_path) is None

    def test_the_closest_table_wins_as_a_whole(
        self, finder: SettingsFinder[LintSettings], tmp_path: Path
    ) -> None:
        write(tmp_path / "pyproject.toml", '[tool.nnlint]\nselect = ["NN1"]\nexclude = ["a"]\n')
        inner = write(tmp_path / "sub/nnlint.toml", 'select = ["NN2"]\n')
        write(tmp_path / "sub/deep/pyproject.toml", "[tool.other]\n")
        found = finder.closest(tmp_path / "sub/deep")
        assert found is not None
        assert found.path == inner
        assert found.table == LintSettings(select=["NN2"])

    def test_nnlint_toml_goes_before_pyproject_toml(
        self, finder: SettingsFinder[LintSettings], tmp_path: Path
    ) -> None:
        write(tmp_path / "pyproject.toml", '[tool.nnlint]\nselect = ["NN1"]\n')
        own = write(tmp_path / "nnlint.toml", "")
        found = finder.closest(tmp_path)
        assert found is not None
        assert found.path == own

    def test_every_key_is_understood(
        self, finder: SettingsFinder[LintSettings], tmp_path: Path
    ) -> None:
        path = write(
            tmp_path / "pyproject.toml",
            "[tool.nnlint]\n"
            'select = ["NN1"]\nignore = ["NN102"]\nextend-select = ["output-bias"]\n'
            'exclude = ["old"]\n'
            'per-file-ignores = { "tests/*" = ["NN1"] }\n'
            'severity = { NN101 = "info" }\n',
        )
        assert finder.read(path).table == LintSettings(
            select=["NN1"],
            ignore=["NN102"],
            extend_select=["output-bias"],
            exclude=["old"],
            per_file_ignores={"tests/*": ["NN1"]},
            severity={"NN101": Severity.INFO},
        )


class TestWrongSettings:
    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ('selct = ["NN1"]', "unknown key `selct`; did you mean `select`?"),
            (
                'extend_select = ["NN1"]',
                "unknown key `extend_select`; did you mean `extend-select`?",
            ),
            ("colour = true", "unknown key `colour`"),
            ('select = "NN1"', "`select` should be a list, not 'NN1'"),
            ("select = [1]", "`select.0` should be a string, not 1"),
            (
                'severity = { NN101 = "fatal" }',
                "`severity.NN101` should be 'error', 'warning' or 'info', not 'fatal'",
            ),
            ("select = [", "not valid TOML: Invalid value"),
        ],
    )
    def test_one_line_names_the_file_and_the_key(
        self, finder: SettingsFinder[LintSettings], tmp_path: Path, text: str, reason: str
    ) -> None:
        path = write(tmp_path / "nnlint.toml", text)
        with pytest.raises(SettingsError) as caught:
            finder.closest(tmp_path)
        assert str(caught.value).startswith(f"{path}: {reason}")
        assert "\n" not in str(caught.value)

    def test_a_named_file_must_exist_and_hold_a_table(
        self, finder: SettingsFinder[LintSettings], tmp_path: Path
    ) -> None:
        with pytest.raises(SettingsError, match="No such file"):
            finder.read(tmp_path / "none.toml")
        path = write(tmp_path / "pyproject.toml", "tool = 3 # nnlint\n")
        with pytest.raises(SettingsError, match=r"there is no table \[tool.nnlint\]"):
            finder.read(path)


class TestPatterns:
    FOLDER = Path("/project")

    @pytest.mark.parametrize(
        ("path", "pattern"),
        [
            ("/project/old.py", "old.py"),
            ("/project/a/b/old.py", "old.py"),
            ("/project/a/b/old.py", "*.py"),
            ("/project/a/b/old.py", "a"),
            ("/project/a/b/old.py", "a/"),
            ("/project/a/b/old.py", "a/b"),
            ("/project/a/b/old.py", "./a/b/old.py"),
            ("/project/a/b/old.py", "a/*.py"),
            ("/project/a/b/old.py", "a/**"),
        ],
    )
    def test_a_pattern_means_names_and_paths(self, path: str, pattern: str) -> None:
        assert matches(Path(path), [pattern], self.FOLDER)

    @pytest.mark.parametrize(
        ("path", "pattern"),
        [
            ("/project/older.py", "old.py"),
            ("/project/a/b/c.py", "b/c.py"),
            ("/project/a/b/c.py", "/a"),
            ("/project/a.py", "A.py"),
        ],
    )
    def test_and_nothing_that_only_looks_alike(self, path: str, pattern: str) -> None:
        assert not matches(Path(path), [pattern], self.FOLDER)
