"""What is said about runs, for a reader at a terminal: chart, diagnoses, table, next move."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from rich.console import Console
from rich.text import Text

from advisor.findings import CurveSpan, Evidence, Finding, Severity
from advisor.recipe.next_step import NextStep
from advisor.recipe.steps import Step
from advisor.report import history_text
from advisor.report.printable import printable
from advisor.report.run_chart import chart
from advisor.report.sweep_text import heading, summary, table
from advisor.runs.decomposition import Decomposition, ErrorSource, Level, Term
from advisor.runs.diagnosis import RunDiagnosis
from advisor.runs.history import History
from advisor.runs.run import Curve, Kind, Run, Split
from advisor.runs.sweeps.diagnosis import SweepDiagnosis
from advisor.runs.sweeps.facts import Sweep
from advisor.runs.wording import number

WIDEST = 100
FULL_REPORTS = 3
"""Up to so many runs each get a chart; more get a few lines each."""
MOST_BRIEF = 12
"""Beyond so many runs, those that are compared in the table get no lines of their own."""

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold blue"}
_QUOTED = re.compile(r"`[^`]+`")
_MOST_MOVES = 4
_LONGEST_BAR = 16
_ENDS_AT = {
    ErrorSource.UNDER_FITTING: "train",
    ErrorSource.DISTRIBUTION_SHIFT: "validation",
    ErrorSource.VALIDATION_OVER_FITTING: "test",
}
_WORKED_ON_IN = {
    ErrorSource.UNDER_FITTING: {Step.OVERFIT},
    ErrorSource.OVER_FITTING: {Step.REGULARIZE},
    ErrorSource.DISTRIBUTION_SHIFT: {Step.DATA, Step.REGULARIZE},
    ErrorSource.VALIDATION_OVER_FITTING: {Step.DATA, Step.REGULARIZE},
}


class RunReport:
    """Prints diagnoses of runs. `verbose` adds what every tag was taken for, and why."""

    def __init__(self, file: TextIO, *, verbose: bool = False) -> None:
        self._console = Console(file=file, highlight=False, markup=False, emoji=False)
        self._verbose = verbose
        self._unicode = self._console.encoding.lower().startswith("utf")
        self._width = min(self._console.width, WIDEST)

    def print(
        self,
        diagnoses: Sequence[RunDiagnosis],
        together: SweepDiagnosis | None = None,
        history: History | None = None,
    ) -> None:
        """Print all, in the given order; a few lines each if there are many.

        What they say together comes first; runs of a single point, and more than `MOST_BRIEF` runs,
        get no lines beside the table.
        """
        full = self._verbose or len(diagnoses) <= FULL_REPORTS
        if history is not None:
            self._print_block(self._history(history))
        if together is not None and (history is None or together.sweep.settings):
            self._print_block(self._together(together))
            if not self._verbose:
                diagnoses = _worth_telling(diagnoses, together.sweep)
        for position, diagnosis in enumerate(diagnoses):
            if position:
                self._console.print()
            for line in self._full(diagnosis) if full else self._brief(diagnosis):
                line.rstrip()
                self._console.print(line, soft_wrap=True)

    def _print_block(self, lines: Iterable[Text]) -> None:
        for line in lines:
            line.rstrip()
            self._console.print(line, soft_wrap=True)
        self._console.print()

    def _history(self, history: History) -> Iterator[Text]:
        what = "error" if history.unit else printable(history.quantity)
        yield Text.assemble(("one after the other", "bold"), (f"  how the {what} moved", "dim"))
        yield from history_text.table(history)
        for position, words in enumerate(history_text.remarks(history)):
            if position == 0:
                yield Text()
            yield from self._wrapped(_quoting(printable(words)), 4, Text("  "))

    def _together(self, found: SweepDiagnosis) -> Iterator[Text]:
        yield from self._wrapped(heading(found.sweep), 2, Text())
        yield from table(found.sweep, unicode=self._unicode)
        if found.findings:
            yield Text()
        for finding in found.findings:
            yield from self._wrapped(_statement(finding, leads=finding is found.findings[0]), 2)
        yield Text()
        yield from self._move(found.next_step, found.findings)

    def _brief(self, diagnosis: RunDiagnosis) -> Iterator[Text]:
        yield from self._heading(diagnosis)
        if diagnosis.findings:
            yield from self._wrapped(_statement(diagnosis.findings[0], leads=True), 2)
        else:
            yield _nothing_found(diagnosis)
        if diagnosis.next_step:
            title = Text(printable(diagnosis.next_step.move.title))
            yield from self._wrapped(title, 8, Text.assemble(("  next  ", "green")))

    def _full(self, diagnosis: RunDiagnosis) -> Iterator[Text]:
        blocks = (
            self._heading(diagnosis),
            chart(diagnosis, width=self._width, unicode=self._unicode),
            self._findings(diagnosis),
            self._decomposition(_meaningful(diagnosis), diagnosis.next_step),
            self._next_step(diagnosis),
            self._remarks(diagnosis),
            self._roles(diagnosis.run) if self._verbose else (),
        )
        for position, lines in enumerate(filter(None, map(list, blocks))):
            if position:
                yield Text()
            yield from lines

    def _heading(self, diagnosis: RunDiagnosis) -> Iterator[Text]:
        run, step = diagnosis.run, diagnosis.next_step
        heading = Text.assemble((printable(run.name), "bold"), (f"  {_facts(run)}", "dim"))
        stage = _stage(step.step) if step else ""
        room = self._width - heading.cell_len - len(stage)
        if room >= 2:
            yield heading.append(" " * room).append(stage, "dim")
        else:
            yield from self._wrapped(heading, 2, Text())
            yield from self._wrapped(Text(stage, "dim"), 2)

    def _findings(self, diagnosis: RunDiagnosis) -> Iterator[Text]:
        yield from self._said(diagnosis, diagnosis.findings)
        for explained in diagnosis.explained:
            finding = explained.finding
            words = f"{finding.code} {finding.name} follows from {explained.by}: {explained.why}"
            yield from self._wrapped(Text(printable(words), "dim"), 2)

    def _said(self, diagnosis: RunDiagnosis, findings: Sequence[Finding]) -> Iterator[Text]:
        if not findings:
            yield _nothing_found(diagnosis)
        for position, finding in enumerate(findings):
            yield from self._wrapped(_statement(finding, leads=position == 0), 2)
            if finding.evidence:
                yield from self._wrapped(_figures(finding.evidence), 4)
            if finding.causes and position == 0:
                causes = _quoting("; ".join(map(printable, finding.causes)))
                yield from self._wrapped(causes, 12, Text.assemble(("    causes  ", "dim")))

    def _decomposition(self, found: Decomposition | None, step: NextStep | None) -> Iterator[Text]:
        if found is None:
            return
        what = "error" if found.unit else printable(found.quantity)
        yield Text(f"  where the {what} comes from", "bold")
        values = [f"{number(level.value)}{found.unit}" for level in found.levels]
        widths = max(len(level.name) for level in found.levels), max(map(len, values))
        for level, value in zip(found.levels, values, strict=True):
            row = Text(f"    {level.name:<{widths[0]}}  {value:>{widths[1]}}  ")
            yield row.append(self._term(found, _term_of(found, level), step))

    def _term(self, found: Decomposition, term: Term | None, step: NextStep | None) -> Text:
        if term is None:
            return Text()
        # the table must not send the reader another way than the next move does
        leads = found.leading is term and step and step.step in _WORKED_ON_IN[term.source]
        style = "bold yellow" if leads else "" if term.matters else "dim"
        longest = max(len(each.source.value) for each in found.terms)
        largest = max(abs(each.value) for each in found.terms)
        length = round(_LONGEST_BAR * (max(term.value, 0.0) / largest)) if largest else 0
        text = Text(
            f"{term.source.value:<{longest}}  {number(term.value) + found.unit:>9}  ", style
        )
        text.append(("█" if self._unicode else "#") * length, style)
        return text.append("  first" if leads else "", "bold")

    def _next_step(self, diagnosis: RunDiagnosis) -> Iterator[Text]:
        if diagnosis.next_step is not None:
            yield from self._move(diagnosis.next_step, diagnosis.findings)

    def _move(self, step: NextStep, findings: Sequence[Finding]) -> Iterator[Text]:
        title = Text(printable(step.move.title), "bold")
        yield from self._wrapped(title, 8, Text.assemble(("  next  ", "bold green")))
        for label, words in _reasons(step, findings):
            head = Text.assemble((f"    {label:<8}", "dim"))
            yield from self._wrapped(_quoting(words), 12, head)

    def _remarks(self, diagnosis: RunDiagnosis) -> Iterator[Text]:
        if diagnosis.not_judged:
            parts = [f"{each.what} ({each.why})" for each in diagnosis.not_judged]
            words = "not judged: " + "; ".join(map(printable, parts))
            yield from self._wrapped(Text(words, "dim"), 2)
        for note in diagnosis.run.notes:
            yield from self._wrapped(Text(f"note: {printable(note.text)}", "dim"), 2)

    def _roles(self, run: Run) -> Iterator[Text]:
        yield Text("  what the tags were taken for", "bold")
        rows = [(printable(each.tag), _meaning(each), _points(len(each))) for each in run.curves]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        widths = [min(width, self._width // 4) for width in widths]
        for curve, row in zip(run.curves, rows, strict=True):
            tag, *others = (f"{cell:<{width}}  " for cell, width in zip(row, widths, strict=True))
            first = Text("    ").append(tag, "bold" if curve.role.primary else "")
            first.append("".join(others))
            yield from self._wrapped(
                Text(printable(curve.role.reason), "dim"), first.cell_len, first
            )

    def _wrapped(self, text: Text, indent: int, first: Text | None = None) -> Iterator[Text]:
        """The text in lines that fit, each indented; `first` is the first one's indentation."""
        head = Text(" " * indent) if first is None else first
        for position, line in enumerate(text.wrap(self._console, max(self._width - indent, 20))):
            yield (head if position == 0 else Text(" " * indent)).copy().append(line)


def _worth_telling(diagnoses: Sequence[RunDiagnosis], sweep: Sweep) -> Sequence[RunDiagnosis]:
    """The runs that the table does not tell enough about: those with a shape, if they are few."""
    compared = {id(each.run) for each in sweep.outcomes}
    few = len(diagnoses) <= MOST_BRIEF
    return [
        each
        for each in diagnoses
        if id(each.run) not in compared or (few and max(map(len, each.run.curves)) > 1)
    ]


def print_concise(
    diagnoses: Iterable[RunDiagnosis],
    file: TextIO,
    together: SweepDiagnosis | None = None,
    history: History | None = None,
) -> None:
    """One line per diagnosis and one for the next move, each with the run's name in front."""
    for words in history_text.remarks(history) if history else ():
        print(f"history: {printable(words)}", file=file)
    if together is not None:
        print(f"together: {summary(together)}", file=file)
        for finding in together.findings:
            print(f"together: {finding.code} {printable(finding.message)}", file=file)
        print(f"together: next: {printable(together.next_step.move.title)}", file=file)
    for diagnosis in diagnoses:
        name = printable(diagnosis.run.name)
        for finding in diagnosis.findings:
            steps = _step_range(finding)
            print(f"{name}:{steps} {finding.code} {printable(finding.message)}", file=file)
        if diagnosis.next_step:
            print(f"{name}: next: {printable(diagnosis.next_step.move.title)}", file=file)


def _step_range(finding: Finding) -> str:
    span = finding.place
    if not isinstance(span, CurveSpan) or span.first_step is None:
        return ""
    return f"{span.first_step}-{span.last_step}:"


def _facts(run: Run) -> str:
    parts = [] if run.kind is Kind.SUPERVISED else [run.kind.value.replace("-", " ")]
    longest = max(map(len, run.curves), default=0)
    parts.append("1 curve" if len(run.curves) == 1 else f"{len(run.curves)} curves")
    parts.append(_points(longest) if longest == 1 else f"up to {_points(longest)}")
    return ", ".join(parts)


def _points(number_of_them: int) -> str:
    return "1 point" if number_of_them == 1 else f"{number_of_them:,} points"


def _meaning(curve: Curve) -> str:
    split = "" if curve.role.split is Split.UNKNOWN else f"{curve.role.split.value} "
    return printable(f"{split}{curve.role.quantity.replace('_', ' ')}")


def _stage(step: Step) -> str:
    return f"step {step.number} of {len(Step)}: {step.heading}"


def _nothing_found(diagnosis: RunDiagnosis) -> Text:
    if diagnosis.run.kind is Kind.NOT_A_RUN:
        return Text("  this is no training run")
    return Text("  no problem found in what could be judged", "green")


def _meaningful(diagnosis: RunDiagnosis) -> Decomposition | None:
    """The decomposition, unless the run broke: then its levels describe the accident."""
    leading = diagnosis.findings[:1]
    broke = leading and leading[0].severity is Severity.ERROR
    return None if broke else diagnosis.decomposition


def _statement(finding: Finding, *, leads: bool) -> Text:
    style = _STYLES[finding.severity]
    head = (f"{finding.code} {finding.name}  ", style if leads else style.split()[-1])
    return Text.assemble(head, _quoting(printable(finding.message)))


def _quoting(text: str) -> Text:
    quoted = Text(text)
    quoted.highlight_regex(_QUOTED, "bold")
    return quoted


def _figures(evidence: Sequence[Evidence]) -> Text:
    text = Text()
    for position, each in enumerate(evidence):
        text.append(" · " if position else "", "dim")
        text.append(f"{printable(each.name)} ", "dim").append(printable(each.text))
    return text


def _term_of(found: Decomposition, level: Level) -> Term | None:
    """The term that ends at this level."""
    inner = "train-validation" if found.level("train-validation") else "validation"
    for term in found.terms:
        if _ENDS_AT.get(term.source, inner) == level.name:
            return term
    return None


def _reasons(step: NextStep, findings: Sequence[Finding]) -> Iterator[tuple[str, str]]:
    """Why this move, how to make it, what to expect of it, and what comes after."""
    if not any(step.why == finding.message for finding in findings):
        yield "why", printable(step.why)
    yield "how", printable(step.move.how)
    yield "expect", printable(step.move.prediction)
    if step.then:
        titles = [printable(each.title) for each in step.then[:_MOST_MOVES]]
        rest = len(step.then) - len(titles)
        yield "then", "; ".join(titles) + (f"; and {rest} more" if rest else "")
