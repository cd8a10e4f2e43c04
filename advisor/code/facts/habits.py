"""What programs that train do besides: what they check first, what they report, what they note down."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Self

import libcst as cst

from advisor.code.events import (
    BackwardRun,
    Event,
    Loop,
    LossComputed,
    NumbersTold,
    OptimizerStepped,
    TrainerBuilt,
    WriterBuilt,
)
from advisor.code.facts.evaluations import Evaluation
from advisor.code.facts.passes import Pass, passes
from advisor.code.facts.programs import TrainingProgram
from advisor.code.facts.run import AbstractRun, Fact, code_of
from advisor.code.part_names import words
from advisor.code.sources import NodePlace, Source
from advisor.code.values import RowSet, lineage_of
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

# Whatever may tell somebody what a training was like: numbers are read, printed, logged or returned.
_REPORTING = (
    r"\.item\(|\.tolist\(|\.numpy\(|\.detach\(|\.data\b|(?<!\.)\bfloat\(|\bprint|\blog(ger|ging)?\b"
    r"|\.append\(|\+=|\.write\(|\.update\(|add_scalar|set_(postfix|description)"
    r"|metric|(?<!para)meter|record|track|report|histor|display|hook|callback|tqdm\.write"
)
_REPORTS = re.compile(rf"{_REPORTING}|\breturn\b|\byield\b", re.IGNORECASE)
# What computes a loss returns it to the loop, which tells nobody.
_REPORTS_BUT_RETURNS = re.compile(_REPORTING, re.IGNORECASE)
_LEARNS = re.compile(r"backward\(|\.step\(|train_on_batch")
_RETURNS = re.compile(
    r"\breturn\b[^\n]*\b(?!model|net\b|self\b)\w*(loss|acc|err|total|hist|metric)", re.IGNORECASE
)
# Whatever may write down what a run was started with.
_NOTES = re.compile(
    r"hparam|hyper|wandb|mlflow|comet|neptune|clearml|\baim\b|sacred|hydra|omegaconf|dvclive|add_text"
    r"|dump|log_param|save_config|\byaml\b|argv|to_json|to_dict|asdict|\bgit\b|commit|copy2?\("
    r"|(info|print|print_|log|debug|write|save)\([^\n]*\b(args|opts?|cfg|config|flags|params|vars)\b"
    r"|['\"](args|opts?|cfg|config|flags|params)['\"]",
    re.IGNORECASE,
)
_PRINTED_LOSS = re.compile(r"(print|log|info|write|format)\w*\([^\n]*\b\w*loss\b", re.IGNORECASE)
_HELD_OUT_LOSS = re.compile(
    r"(?<![a-z])(val|valid|validation|test|dev|eval|held[ _-]?out)[ _/:.-]*loss(es)?\b",
    re.IGNORECASE,
)
_REST = re.compile(r"(?P<rows>\w+)\[(?P<first>\w+):\]$")
_TRAINING_ROWS = frozenset(["train", "training", "trn", "tr"])
_TEXT = re.compile(r"(?<!f)([\"'])[^\"'\n]*\1")
# What functions are called that judge, and what they are handed to judge by it.
_JUDGES = re.compile(
    r"eval|test|valid|score|loss|acc|error|metric|report|predict|mse|mae|r2|f1|auc|check|measure|perform",
    re.IGNORECASE,
)
_MODEL = re.compile(r"model|net(?![a-z])|classifier|regressor|encoder|network", re.IGNORECASE)
_CALL = re.compile(r"\b(?P<called>\w+)\((?P<passed>[^()\n]*)\)")
# What is called with data that are learned from without judging by them.
_PREPARES = frozenset(
    ["DataLoader", "TensorDataset", "Subset", "enumerate", "tqdm", "trange", "len", "zip", "iter"]
    + ["range", "next", "list", "train", "fit", "print", "random_split", "prepare", "from_numpy"]
    + [
        "tensor",
        "Tensor",
        "join",
        "isinstance",
        "set_epoch",
        "read_csv",
        "load_dataset",
        "iterator",
    ]
)
_SANITY = re.compile(
    r"over_?fit|sanity|fast_dev_run|one_batch|single_batch|probe|next\(iter\(|smoke|tiny|debug",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class TrainingHabits(Fact):
    """A program that trains in loops of its own, and what it does besides.

    `writer` is where it opens a log of TensorBoard that is named after nothing; `batches` the loop
    in which it takes its steps; `sources` are the files that take part.
    """

    run: AbstractRun
    program: TrainingProgram
    batches: Loop
    writer: NodePlace | None
    sources: frozenset[Source]

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """The program, if it is one that trains with a loss of its own."""
        steps = [each for each in run.events(OptimizerStepped) if each.context.loops]
        direct = any(each.engine is None for each in run.events(BackwardRun))
        if not steps or not direct or any(True for _ in run.events(TrainerBuilt)):
            return
        writer = next((event.place for event in run.events(WriterBuilt)), None)
        named = any(event.named for event in run.events(WriterBuilt))
        sources = frozenset(event.place.source for event in run.trace)
        for program in run.facts(TrainingProgram):
            batches = steps[0].context.loops[-1]
            yield cls(run, program, batches, None if named else writer, sources)

    @property
    def may_note_hyperparameters(self) -> bool:
        """Whether anything may write down what the run was started with."""
        return any(_NOTES.search(source.text) for source in self.sources)

    @property
    def judges_held_out_rows(self) -> bool:
        """Whether the model is evaluated on data that it does not learn from."""
        if any(True for _ in self._judged(self.run.facts(Evaluation))):
            return True
        return any(_takes_the_rest(self.run, each) for each in passes(self.run))

    @property
    def may_report_training(self) -> bool:
        """Whether anything may tell the error on the rows that are learned from."""
        judged = {each.event for each in self._judged(self.run.facts(Evaluation))}
        off = [
            each
            for each in passes(self.run)
            if each.event.context.gradients is False and not _takes_the_rest(self.run, each)
        ]
        if any(each.event not in judged or _is_handed_training_rows(each) for each in off):
            return True
        if any(_judges_training_rows(self._text_around(source)) for source in self.sources):
            return True
        text = code_of(self.batches.node)
        inside = [code_of(each.node) for each in self._functions_inside()]
        told = (_REPORTS if _LEARNS.search(each) else _REPORTS_BUT_RETURNS for each in inside)
        return (
            _REPORTS.search(text) is not None
            or any(each.search(code) for each, code in zip(told, inside, strict=True))
            or any(_RETURNS.search(each) for each in self._behind())
        )

    def _judged(self, evaluations: Iterable[Evaluation]) -> Iterator[Pass]:
        """The passes of evaluations that go over other rows than those that the model learns from."""
        learned = self.run.once(_learned_rows)
        for evaluation in evaluations:
            for each in evaluation.passes:
                if not _goes_over_training_rows(each.loop) and not _rows_of(each) & learned:
                    yield each

    def _behind(self) -> list[str]:
        """What the functions do behind the loop over batches that it stands in."""
        loop, found = code_of(self.batches.node), list[str]()
        for function in self._first_step().context.functions:
            before, _, behind = code_of(function.node).partition(loop)
            if before != code_of(function.node):
                found.append(behind)
        return found

    def _text_around(self, source: Source) -> str:
        """The text of a file without the loop that trains: what it is trained on is not judged."""
        if source is not self.batches.place.source:
            return source.text
        code = source.tree.code_for_node(self.batches.node)
        inside = Counter(line.strip() for line in code.splitlines())
        kept: list[str] = []
        for line in source.text.splitlines():
            inside[line.strip()] -= 1
            if inside[line.strip()] < 0:
                kept.append(line)
        return "\n".join(kept)

    def _functions_inside(self) -> list[NodePlace]:
        """The functions that are called in the loop over batches, but for those of modules."""
        loop, found = code_of(self.batches.node), dict[object, NodePlace]()
        for event in self.run.trace:
            if self.batches in event.context.loops and not event.context.running:
                functions = event.context.functions
                holding = [i for i, each in enumerate(functions) if loop in code_of(each.node)]
                for function in functions[holding[-1] + 1 if holding else 0 :]:
                    place = NodePlace(function.scope.source, function.node)
                    found.setdefault(function.node, place)
        return list(found.values())

    @property
    def checks_first_loss(self) -> bool:
        """Whether a loss is computed before the first step, outside the loop of the steps."""
        first = self._first_step()
        return any(
            event.index < first.index and self.batches not in event.context.loops
            for event in self.run.events(LossComputed)
        )

    @property
    def may_overfit_first(self) -> bool:
        """Whether anything is said of a batch that is learned by heart, or of another check."""
        return any(_SANITY.search(source.text) for source in self.sources)

    def _first_step(self) -> Event:
        return next(each for each in self.run.events(OptimizerStepped) if each.context.loops)

    def finding(self, message: str) -> Draft:
        """A finding where the program begins to train."""
        return self.program.finding(message)

    def finding_at_report(self, message: str) -> Draft:
        """A finding where the program tells how it does on rows that it does not learn from, if it
        does so by itself."""
        judged = [each.event.index for each in self._judged(Evaluation.collect(self.run))]
        judged += [each.event.index for each in passes(self.run) if _takes_the_rest(self.run, each)]
        for event in self.run.events(NumbersTold):
            mine = self.run.may_tell_of(event.place.source)
            if mine and any(index < event.index for index in judged):
                return Draft(event.place, message)
        return self.finding(message)

    def finding_at_writer(self, message: str) -> Draft:
        """A finding where the log is opened."""
        assert self.writer is not None
        return Draft(self.writer, message)


def _judges_training_rows(text: str) -> bool:
    """Whether a function may be handed the rows that are learned from to judge by them, or a loss is
    printed."""
    if _PRINTED_LOSS.search(_HELD_OUT_LOSS.sub("", text)):
        return True
    return any(_judges(call["called"], call["passed"]) for call in _CALL.finditer(text))


def _judges(called: str, passed: str) -> bool:
    """Whether a call may judge by rows that are learned from, as the names in it tell."""
    if called in _PREPARES or "train" not in words(_TEXT.sub("", passed)):
        return False
    return bool(_JUDGES.search(called) or _MODEL.search(passed))


def _is_handed_training_rows(judged: Pass) -> bool:
    """Whether a function that runs a model is handed the rows that are learned from."""
    return any(
        _TRAINING_ROWS & words(_TEXT.sub("", code_of(each.value)))
        for call in judged.event.context.calls
        if isinstance(call.node, cst.Call)
        for each in call.node.args
    )


def _takes_the_rest(run: AbstractRun, judged: Pass) -> bool:
    """Whether a model runs without gradients on the rows behind those that a program takes first:
    `x[480:]`, where there is `x[:480]`."""
    node = judged.event.place.node
    if judged.event.context.gradients is not False or not isinstance(node, cst.Call):
        return False
    rest = _REST.match(code_of(node.args[0].value)) if node.args else None
    return rest is not None and f"{rest['rows']}[:{rest['first']}]" in run.source.text


def _rows_of(judged: Pass) -> set[RowSet]:
    """The rows that a model is given."""
    lineages = (lineage_of(each) for each in judged.arguments.values())
    return {each.rows for each in lineages if each is not None}


def _learned_rows(run: AbstractRun) -> set[RowSet]:
    """The rows that models learn from, and all that these were drawn from."""
    recorded = (each for each in passes(run) if each.event.context.gradients is not False)
    learned = [each for each in recorded if each.goes_back()]
    return {whole for each in learned for rows in _rows_of(each) for whole in rows.ancestors()}


def _goes_over_training_rows(loop: Loop | None) -> bool:
    head = getattr(loop.node, "iter", None) if loop is not None else None
    return head is not None and "train" in words(code_of(head))
