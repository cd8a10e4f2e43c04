"""What a rule is; how rule packs are found, and rules selected, configured and explained.

A rule is a function from one fact to drafts of findings. Its parameter's annotation names the
fact, so the engine knows what to call it with; its Markdown page lies beside its module.
"""

import sys
import typing
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import Any

from advisor.findings import (
    Change,
    CurveSpan,
    Evidence,
    Finding,
    FixTarget,
    RelatedLocation,
    Severity,
)
from advisor.lazy_dataclasses import dataclass
from advisor.packs import rule_packs
from advisor.recipe.steps import Step

DEFAULT_SEVERITIES = frozenset({Severity.ERROR, Severity.WARNING})
URL_OF_PAGES = "https://github.com/nnlint/nnlint/blob/main/rules"


class UnknownRule(ValueError):
    """A selection names a code, prefix or name that no rule has."""


class Place(typing.Protocol):
    """Where a draft points: something that can be turned into a location once it is needed."""

    def locate(self) -> Any:
        """Return the `Location` or `CurveSpan`; may be costly, so it is asked for findings only."""


@dataclass(frozen=True, slots=True)
class FixDraft:
    """What will be a `FixTarget`, once its places are located."""

    change: Change
    spots: tuple[tuple[str, Place], ...]
    names: tuple[tuple[str, str], ...]
    safe: bool

    def locate(self) -> FixTarget:
        """The same with exact positions."""
        spots = tuple((part, place.locate()) for part, place in self.spots)
        return FixTarget(self.change, spots, self.names, self.safe)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a rule yields: a finding that does not yet know its rule nor its exact position.

    `related` holds further places with a message each. A rule may override its usual severity,
    when what it saw is less certain than what the rule is about. `fix` is what an edit that mends
    it would have to know.
    """

    place: Place | CurveSpan
    message: str
    related: tuple[tuple[Place, str], ...] = ()
    evidence: tuple[Evidence, ...] = ()
    severity: Severity | None = None
    causes: tuple[str, ...] = ()
    fix: FixDraft | None = None

    def fixable(
        self,
        change: Change,
        names: dict[str, str] | None = None,
        safe: bool = True,
        **spots: Place | None,
    ) -> "Draft":
        """The same, with what an edit would have to know; without it when a place is not known."""
        known = tuple((part, place) for part, place in spots.items() if place is not None)
        if len(known) < len(spots):
            return self
        return replace(self, fix=FixDraft(change, known, tuple((names or {}).items()), safe))


Check = Callable[[Any], Iterable[Draft]]
# Where a run shows that what a rule is about is as it should be.
InOrder = Callable[[Any], Iterable[Place]]
_KINDS = ("code", "runs")
_declarations: dict[Check, dict[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class Rule:
    """A check with its contract: code, name, severity, and what it has to do with the recipe."""

    code: str
    name: str
    severity: Severity
    step: Step
    check: Check = field(compare=False, repr=False)
    fact: type = field(compare=False)
    symptoms: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    preview: bool = False
    whole_program: bool = False
    stage: str | None = None
    in_order: InOrder | None = field(default=None, compare=False, repr=False)

    @property
    def module(self) -> ModuleType:
        """The module that the check is written in."""
        return sys.modules[self.check.__module__]

    @property
    def summary(self) -> str:
        """The first line of the module's docstring, without the rule's name."""
        first_line = (self.module.__doc__ or "").strip().splitlines()[0]
        return first_line.removeprefix(f"{self.name}: ")

    @property
    def page(self) -> Path:
        """The rule's Markdown page, beside its module."""
        return Path(str(self.module.__file__)).with_suffix(".md")

    @property
    def url(self) -> str:
        """Where the page can be read online."""
        kind, family = self.module.__name__.split(".")[-3:-1]
        return f"{URL_OF_PAGES}/{kind}/{family}/{self.page.name}"

    def findings(self, fact: object) -> Iterator[Finding]:
        """Run the check on `fact` and complete what it drafts."""
        return map(self.completed, self.check(fact))

    def completed(self, draft: Draft) -> Finding:
        """The finding that a draft of this rule becomes."""
        place = draft.place if isinstance(draft.place, CurveSpan) else draft.place.locate()
        return Finding(
            code=self.code,
            name=self.name,
            severity=draft.severity or self.severity,
            message=draft.message,
            place=place,
            related=tuple(RelatedLocation(where.locate(), text) for where, text in draft.related),
            evidence=draft.evidence,
            symptoms=self.symptoms,
            causes=draft.causes,
            url=self.url,
            fix=None if draft.fix is None else draft.fix.locate(),
        )


def rule(
    code: str,
    *,
    severity: Severity,
    step: Step,
    symptoms: tuple[str, ...] = (),
    sources: tuple[str, ...] = (),
    preview: bool = False,
    whole_program: bool = False,
    stage: str | None = None,
    in_order: InOrder | None = None,
) -> Callable[[Check], Check]:
    """Declare the decorated function to be a rule; its name is the rule's name.

    `symptoms` are the names of the run diagnoses the bug can cause, `sources` the numbers of the
    lectures that teach it. A `preview` rule stays off until it is selected by name. A rule about
    something that is missing from a `whole_program` has nothing to say of an excerpt of one. A rule
    of a `stage` of the work, such as `baseline`, is on when the user names that stage, or the rule. What
    it assumes of a function that its own file calls nowhere gives way to the places that, in the run of
    another file, are `in_order`.
    """

    def declare(check: Check) -> Check:
        _declarations[check] = {
            "code": code,
            "severity": severity,
            "step": step,
            "symptoms": symptoms,
            "sources": sources,
            "preview": preview,
            "whole_program": whole_program,
            "stage": stage,
            "in_order": in_order,
        }
        return check

    return declare


def _declared(module: ModuleType) -> Iterator[Rule]:
    for check in vars(module).values():
        if not callable(check) or check not in _declarations:
            continue
        if check.__module__ != module.__name__:
            continue
        hints = typing.get_type_hints(check)
        fact = next(kind for name, kind in hints.items() if name != "return")
        name = check.__name__.replace("_", "-")
        yield Rule(name=name, check=check, fact=fact, **_declarations[check])


def rules_of_pack(pack: ModuleType, kind: str | None = None) -> Iterator[Rule]:
    """All rules declared in the modules of a package, in the order of their modules' names.

    With a `kind`, `code` or `runs`, the folder of the other kind is not even imported.
    """
    prefix = f"{pack.__name__}."
    others = {prefix + other for other in _KINDS if kind not in {None, other}}
    for found in walk_packages(pack.__path__, prefix):
        folder = prefix + found.name.removeprefix(prefix).partition(".")[0]
        if not found.ispkg and folder not in others:
            yield from _declared(import_module(found.name))


def _names(selector: str, rule: Rule) -> bool:
    """Whether a selector means a rule and no other."""
    return selector.upper() == rule.code or selector.lower() == rule.name


class Rulebook:
    """All rules of the installed packs, in the order of their codes."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(sorted(rules, key=lambda each: each.code))
        self.by_code = {each.code: each for each in self.rules}
        self.by_name = {each.name: each for each in self.rules}

    def find(self, code_or_name: str) -> Rule:
        """The rule with exactly this code or name; raises `UnknownRule`."""
        found = self.by_code.get(code_or_name.upper()) or self.by_name.get(code_or_name.lower())
        if found is None:
            raise UnknownRule(f"no rule is called `{code_or_name}`")
        return found

    def matching(self, selector: str) -> tuple[Rule, ...]:
        """The rules that a selector means: `ALL`, a code, a prefix of codes, or a name."""
        if selector.upper() == "ALL":
            return self.rules
        if selector.lower() in self.by_name:
            return (self.by_name[selector.lower()],)
        matches = tuple(each for each in self.rules if each.code.startswith(selector.upper()))
        if not matches or not selector:
            raise UnknownRule(f"no rule has the code, prefix or name `{selector}`")
        return matches

    def select(
        self,
        select: Iterable[str] = (),
        ignore: Iterable[str] = (),
        extend_select: Iterable[str] = (),
        stage: str | None = None,
    ) -> tuple[Rule, ...]:
        """The rules to run. Without `select`: every rule of error or warning severity that is not
        a preview. The more specific selector wins; at equal length `ignore` wins. The rules of a
        `stage` come in addition to those.
        """
        strength: dict[str, tuple[int, bool]] = {}
        if not select:
            for each in self.rules:
                if each.severity in DEFAULT_SEVERITIES and not each.preview and not each.stage:
                    strength[each.code] = (0, True)
        for each in self.rules:
            if each.stage is not None and each.stage == stage:
                strength[each.code] = (0, True)
        for selectors, chosen in (((*select, *extend_select), True), (ignore, False)):
            for selector in selectors:
                weight = self._specificity(selector)
                for each in self.matching(selector):
                    if chosen and each.preview and not self._names_preview(selector, each):
                        continue
                    if chosen and each.stage not in {None, stage} and not _names(selector, each):
                        continue
                    if weight >= strength.get(each.code, (-1, False))[0]:
                        strength[each.code] = (weight, chosen)
        return tuple(each for each in self.rules if strength.get(each.code, (0, False))[1])

    @staticmethod
    def _names_preview(selector: str, preview: Rule) -> bool:
        return selector.upper() in {"ALL", preview.code} or selector.lower() == preview.name

    def _specificity(self, selector: str) -> int:
        if selector.upper() == "ALL":
            return 0
        return 100 if selector.lower() in self.by_name else len(selector)


@cache
def rulebook(kind: str | None = None) -> Rulebook:
    """The installed rulebook: the built-in pack and every other one that registered itself.

    With a `kind`, `code` or `runs`, only the rules of that kind.
    """
    packs = map(import_module, rule_packs())
    return Rulebook(each for pack in packs for each in rules_of_pack(pack, kind))
