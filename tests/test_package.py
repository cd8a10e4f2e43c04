"""Promises about the whole: what is shipped, what start-up costs, how rules and pages agree."""

import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import advisor
from advisor.report.rule_page import HEADINGS, RulePage
from advisor.rulebook import Rule, rulebook

ROOT = Path(__file__).parents[1]
CODE_RULES = rulebook("code").rules
HEAVY = {"libcst", "numpy", "pydantic", "pydantic_core", "rich", "torch", "tensorboard"}

every_code_rule = pytest.mark.parametrize("rule", CODE_RULES, ids=lambda rule: rule.code)


@pytest.fixture(scope="module")
def project_file() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def modules() -> list[Path]:
    return [path for top in ("advisor", "rules") for path in (ROOT / top).rglob("*.py")]


def modules_after(*command: str, cwd: Path, stdin: str = "") -> set[str]:
    """The top-level modules that a fresh interpreter has imported after running nnlint."""
    script = (
        "import sys\n"
        "from advisor.commands.nnlint import main\n"
        f"try: main({list(command)!r})\n"
        "except SystemExit: pass\n"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        check=False,
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split())


class TestPackaging:
    def test_every_folder_of_modules_is_shipped(self, project_file: dict[str, Any]) -> None:
        folders = {path.parent.relative_to(ROOT).parts for path in modules()}
        names = {".".join(parts) for parts in folders}
        installed = {f"advisor.{name}" if name.startswith("rules") else name for name in names}
        assert sorted(installed) == sorted(project_file["tool"]["setuptools"]["packages"])

    def test_every_folder_of_modules_is_a_package(self) -> None:
        for path in modules():
            assert (path.parent / "__init__.py").exists(), path

    def test_the_installed_name_of_the_rules_stays_free(self) -> None:
        assert not (ROOT / "advisor/rules").exists()

    def test_the_version_is_the_newest_in_the_changelog(self) -> None:
        released = re.findall(
            r"^## \[?(\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
        )
        assert released[0] == advisor.__version__

    def test_a_pack_of_rules_holds_no_test_machinery(self) -> None:
        assert not list((ROOT / "rules").rglob("conftest.py"))


class TestStartUp:
    def test_importing_the_package_imports_nothing_heavy(self, tmp_path: Path) -> None:
        assert not HEAVY & modules_after("--version", cwd=tmp_path)

    def test_a_file_without_a_training_library_costs_nothing_heavy(self, tmp_path: Path) -> None:
        (tmp_path / "a.py").write_text("import os\n")
        for command in (["a.py"], ["."], ["a.py", "--output-format", "json"], ["-"]):
            assert not HEAVY & modules_after(*command, cwd=tmp_path, stdin="x = 1\n")

    def test_settings_cost_pydantic_only_where_there_are_some(self, tmp_path: Path) -> None:
        (tmp_path / "a.py").write_text("import os\n")
        (tmp_path / "pyproject.toml").write_text('[project]\nname = "nnlint-user"\n')
        assert not HEAVY & modules_after(".", cwd=tmp_path)
        (tmp_path / "pyproject.toml").write_text("[tool.nnlint]\n")
        assert {"pydantic", "pydantic_core"} == HEAVY & modules_after(".", cwd=tmp_path)

    def test_analysing_training_code_imports_no_numpy_torch_or_tensorboard(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "a.py").write_text("import torch\nx = torch.zeros(3)\n")
        imported = modules_after(".", cwd=tmp_path)
        assert {"libcst"} == HEAVY & imported

    def test_the_costly_parts_of_libcst_stay_unimported(self, tmp_path: Path) -> None:
        script = (
            "import sys; from advisor.commands.nnlint import main; main(['a.py'])\n"
            "assert 'libcst' in sys.modules\n"
            "assert not {'libcst.matchers', 'libcst.codemod'} & set(sys.modules)\n"
        )
        (tmp_path / "a.py").write_text("import torch\n")
        subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)


class TestRulesAndPages:
    def test_codes_and_names_are_unique(self) -> None:
        for key in ("code", "name"):
            counts = Counter(getattr(rule, key) for rule in rulebook().rules)
            assert not [each for each, count in counts.items() if count > 1]

    @every_code_rule
    def test_a_code_is_nn_and_three_digits(self, rule: Rule) -> None:
        assert re.fullmatch(r"NN\d{3}", rule.code)

    @every_code_rule
    def test_a_rule_and_its_module_have_one_name(self, rule: Rule) -> None:
        assert rule.check.__name__ == rule.module.__name__.rpartition(".")[2]
        assert (rule.module.__doc__ or "").startswith(f"{rule.name}: ")

    @every_code_rule
    def test_a_rule_has_a_page_with_the_fixed_headings_in_order(self, rule: Rule) -> None:
        page = RulePage(rule.page.read_text())
        assert page.title == f"{rule.name} ({rule.code})"
        assert page.headings == HEADINGS

    @every_code_rule
    def test_a_page_gives_the_report_something_to_quote(self, rule: Rule) -> None:
        page = RulePage(rule.page.read_text())
        for heading in ("Why it hurts", "Use instead", "What the curve looks like"):
            assert 20 <= len(page.lead(heading)) <= 300, heading

    def test_every_page_belongs_to_a_rule(self) -> None:
        pages = {
            path for kind in ("code", "runs") for path in (ROOT / "rules" / kind).rglob("*.md")
        }
        assert pages == {rule.page.resolve() for rule in rulebook().rules}

    def test_the_page_of_every_rule_is_shipped(self) -> None:
        for rule in rulebook().rules:
            assert rule.page.is_file(), rule.code


def test_nnlint_finds_nothing_in_its_own_code() -> None:
    script = "import sys; from advisor.commands.nnlint import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, "--isolated", "advisor", "rules"],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
