"""What programs that train do besides: what they check first, what they report, what they note down."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

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
from advisor.code.facts.passes import passes, words
from advisor.code.facts.programs import TrainingProgram
from advisor.code.facts.run import AbstractRun, Fact, code_of
from advisor.code.sources import NodePlace, Source
from advisor.rulebook import Draft

# Whatever may tell somebody what a training was like: numbers are read, printed, logged or returned.
_REPORTS = re.compile(
    r"\.item\(|\.tolist\(|\.numpy\(|\.detach\(|\.data\b|(?<!\.)\bfloat\(|\bprint|\blog(ger|ging)?\b"
    r"|\.append\(|\+=|\.write\(|\.update\(|add_scalar|set_(postfix|description)|\breturn\b|\byield\b"
    r"|metric|meter|record|track|report|histor|display|hook|callback|tqdm\.write",
    re.IGNORECASE,
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
        loops = (each.loop for each in self.run.facts(Evaluation))
        return any(not _goes_over_training_rows(loop) for loop in loops)

    @property
    def may_report_training(self) -> bool:
        """Whether anything may tell the error on the rows that are learned from."""
        judged = {
            each.event
            for evaluation in self.run.facts(Evaluation)
            for each in evaluation.passes
            if not _goes_over_training_rows(each.loop)
        }
        off = (each for each in passes(self.run) if each.event.context.gradients is False)
        if any(each.event not in judged for each in off):
            return True
        if any(_judges_training_rows(self._text_around(source)) for source in self.sources):
            return True
        text = code_of(self.batches.node)
        around = [code_of(each.node) for each in self._functions_inside()]
        return any(_REPORTS.search(each) for each in (text, *around))

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
                for function in event.context.functions:
                    place = NodePlace(function.scope.source, function.node)
                    if function.node not in found and loop not in code_of(function.node):
                        found[function.node] = place
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
        judged = [
            each.passes[0].event.index
            for each in Evaluation.collect(self.run)
            if not _goes_over_training_rows(each.loop)
        ]
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
    if _PRINTED_LOSS.search(text):
        return True
    return any(
        "train" in words(call["passed"]) and call["called"] not in _PREPARES
        for call in _CALL.finditer(text)
    )


def _goes_over_training_rows(loop: Loop | None) -> bool:
    head = getattr(loop.node, "iter", None) if loop is not None else None
    return head is not None and "train" in words(code_of(head))
