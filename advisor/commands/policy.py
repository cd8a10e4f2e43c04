"""Which rules apply to which file: the command line and the settings files, put together."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.code.contents import digest_of
from advisor.findings import Finding, Severity
from advisor.settings import (
    LintSettings,
    SettingsError,
    SettingsFile,
    SettingsFinder,
    matches,
    suggestion,
)

if TYPE_CHECKING:
    from advisor.rulebook import Rule


@dataclass(frozen=True, slots=True)
class Choices:
    """What the command line says about rules, files and settings.

    `select` starts afresh: the settings' own selection is left out then. The other lists add to
    those of the settings. Patterns are relative to the working directory.
    """

    select: list[str] = field(default_factory=list)
    ignore: list[str] = field(default_factory=list)
    extend_select: list[str] = field(default_factory=list)
    per_file_ignores: list[tuple[str, str]] = field(default_factory=list)
    exclude: list[str] = field(default_factory=list)
    config: Path | None = None
    isolated: bool = False
    stage: str | None = None


class Policy:
    """Answers, for each file, whether it is looked at and what is reported in it.

    Everything raises `SettingsError` where a selector means no rule or a settings file is wrong.
    """

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self._here = Path.cwd()
        self._finder = SettingsFinder("nnlint", LintSettings)
        self._fixed = self._finder.read(choices.config) if choices.config else None
        self._selections: dict[Path | None, tuple[Rule, ...]] = {}

    def check_choices(self) -> None:
        """Look up every selector of the command line, whether or not a file needs it."""
        for option in ("select", "ignore", "extend_select"):
            for selector in getattr(self.choices, option):
                _matching(selector, f"--{option.replace('_', '-')}")
        for _, selector in self.choices.per_file_ignores:
            _matching(selector, "--per-file-ignores")

    def settings(self, path: Path | None) -> SettingsFile[LintSettings] | None:
        """The settings file that speaks for a source; None without one."""
        if self._fixed is not None or self.choices.isolated:
            return self._fixed
        return self._finder.closest(path.parent if path is not None else self._here)

    def stamp(self, path: Path) -> str | None:
        """Stands for the settings of a source; None when they are wrong."""
        try:
            settings = self.settings(path)
        except SettingsError:
            return None
        return "" if settings is None else digest_of(repr(settings).encode(errors="replace"))

    def excludes(self, path: Path) -> bool:
        """Whether a file or folder is to be left out."""
        if matches(path, self.choices.exclude, self._here):
            return True
        try:
            settings = self.settings(path)
        except SettingsError:
            return False  # told when the rules for the files in it are asked for
        return settings is not None and matches(path, settings.table.exclude, settings.folder)

    def rules(self, settings: SettingsFile[LintSettings] | None) -> "tuple[Rule, ...]":
        """The rules that run on the files that `settings` speaks for."""
        key = settings.path if settings is not None else None
        if key not in self._selections:
            self._selections[key] = self._select(settings)
        return self._selections[key]

    def reports(self, finding: Finding, path: Path | None) -> bool:
        """Whether no `per-file-ignores` speaks against a finding in the file at `path`, and mere
        advice was asked for."""
        if finding.severity is Severity.INFO and not self._asks_for(finding, path):
            return False
        if path is None:
            return True
        ignored = [
            selector
            for pattern, selector in self.choices.per_file_ignores
            if matches(path, [pattern], self._here)
        ]
        settings = self.settings(path)
        if settings is not None:
            for pattern, selectors in settings.table.per_file_ignores.items():
                if matches(path, [pattern], settings.folder):
                    ignored += selectors
        return not any(_means(selector, finding) for selector in ignored)

    def _asks_for(self, finding: Finding, path: Path | None) -> bool:
        """Whether a finding's rule is selected by its code, its name, a prefix of them, or a stage."""
        settings = self.settings(path)
        selectors = [*self.choices.select, *self.choices.extend_select]
        if settings is not None and not self.choices.select:
            selectors += [*settings.table.select, *settings.table.extend_select]
        return self.choices.stage is not None or any(_means(each, finding) for each in selectors)

    def severity(self, finding: Finding, path: Path | None) -> Severity:
        """The finding's severity, unless the settings give its rule another."""
        settings = self.settings(path)
        levels = settings.table.severity if settings is not None else {}
        chosen = finding.severity
        for selector in sorted(levels, key=len):  # the more specific selector comes last
            if _means(selector, finding):
                chosen = levels[selector]
        return chosen

    def _select(self, settings: SettingsFile[LintSettings] | None) -> "tuple[Rule, ...]":
        from advisor.rulebook import rulebook

        chosen = self.choices
        if settings is None:
            return rulebook("code").select(
                chosen.select, chosen.ignore, chosen.extend_select, chosen.stage
            )
        _check_table(settings)
        table = settings.table
        if chosen.select:
            return rulebook("code").select(
                chosen.select, chosen.ignore, chosen.extend_select, chosen.stage
            )
        return rulebook("code").select(
            table.select,
            [*table.ignore, *chosen.ignore],
            [*table.extend_select, *chosen.extend_select],
            chosen.stage,
        )


def _check_table(settings: SettingsFile[LintSettings]) -> None:
    table = settings.table
    selectors = {
        "select": table.select,
        "ignore": table.ignore,
        "extend-select": table.extend_select,
        "per-file-ignores": [each for listed in table.per_file_ignores.values() for each in listed],
        "severity": list(table.severity),
    }
    for key, listed in selectors.items():
        for selector in listed:
            _matching(selector, f"{settings.path}: `{key}`")


def _matching(selector: str, where: str) -> "tuple[Rule, ...]":
    from advisor.rulebook import UnknownRule, rulebook

    rules = rulebook("code")
    try:
        return rules.matching(selector)
    except UnknownRule as error:
        known = [*rules.by_code, *rules.by_name, "ALL"]
        raise SettingsError(f"{where}: {error}{suggestion(selector, known)}") from None


def _means(selector: str, finding: Finding) -> bool:
    from advisor.rulebook import rulebook

    return any(rule.code == finding.code for rule in rulebook("code").matching(selector))
