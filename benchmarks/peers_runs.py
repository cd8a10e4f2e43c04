"""What diagnosers of training runs say about runs whose faults are known.

    python benchmarks/peers_runs.py fixtures/runs --peer runmedic=PATH --peer losslint=PATH ...

Each folder holds runs and what is true of them: `index.toml` as in `fixtures/runs`, or `truth.jsonl`
with an object per run: `run` (its path below the folder), `expected` (a list of lists of names: one
name of each must be said), `tolerated` (names that may be said), `healthy`. `--peer` names an installed
command. nnadvise gets no facts that the others cannot be told (no `--classes`, no `--goal`).

A word of a peer counts as saying any of the symptoms that it could mean (`MEANINGS`). It is false
if it is a warning or worse and means nothing that is true of the run or tolerated; words about
the speed of the training are left out.
"""

import argparse
import json
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from advisor.rulebook import rulebook

NOTHING_LEARNED = frozenset({"never-learns", "too-slow", "plateau", "gradients"})
GOES_UP = frozenset({"divergence", "loss-rises-from-start", "init-loss-off", "non-finite"})
OVER_FITS = frozenset({"high-variance", "overtrained"})
STEPS = frozenset({"gradients", "spikes", "divergence", "oscillation", "non-finite"})
MEANINGS: dict[str, dict[str, frozenset[str]]] = {
    "runmedic": {
        "non_finite": frozenset({"non-finite"}),
        "divergence": GOES_UP,
        "loss_spikes": frozenset({"spikes", "oscillation", "sawtooth"}),
        "no_learning": NOTHING_LEARNED,
        "overfitting": OVER_FITS,
        "val_below_train": frozenset({"val-better-than-train", "too-good"}),
        "grad_spikes": STEPS,
        "constant_lr_plateau": frozenset({"lr-never-decayed", "plateau"}),
    },
    "trainspotter": {
        "spikes": frozenset({"spikes", "oscillation", "sawtooth"}),
        "divergence": GOES_UP,
        "plateau": NOTHING_LEARNED | {"lr-decayed-too-early", "lr-never-decayed"},
        "overfitting": OVER_FITS,
        "lr_schedule": frozenset({"no-warmup"}),
        "grad_norm": STEPS,
        "eval_noise": frozenset({"noisy-validation", "oscillation"}),
        "loss_floor": frozenset({"too-good"}),
    },
    "trainproof": {
        "TP-NAN": frozenset({"non-finite"}),
        "TP-NAN-GRAD": frozenset({"non-finite", "gradients"}),
        "TP-DIVERGE": GOES_UP,
        "TP-DEAD-RUN": NOTHING_LEARNED | GOES_UP,
        "TP-FLAT": NOTHING_LEARNED,
        "TP-ZERO-LR": frozenset({"never-learns", "lr-decayed-too-early"}),
        "TP-ZERO-LR-PARTIAL": frozenset({"lr-decayed-too-early"}),
        "TP-ZERO-GRAD": frozenset({"gradients", "never-learns"}),
        "TP-GRAD-SPIKE": STEPS,
        "TP-OVERFIT": OVER_FITS,
        "TP-STEP-CLIFF": frozenset({"spikes", "divergence"}),
    },
    "losslint": {
        "nan_inf": frozenset({"non-finite"}),
        "loss_spike": frozenset({"spikes", "oscillation", "sawtooth"}),
        "divergence": GOES_UP,
        "overfit_onset": OVER_FITS,
        "stagnation": NOTHING_LEARNED | {"lr-decayed-too-early", "lr-never-decayed"},
        "step_backtrack": frozenset({"overlapping-writers"}),
    },
}
ABOUT_SPEED = frozenset({
    "slow_steps", "slowdown", "input_bound", "memory_growth", "throughput", "TP-THROUGHPUT",
    "TP-LOADER-BOUND", "TP-GPU-UTIL", "TP-STALL",
})  # fmt: skip
LOUD = frozenset({"critical", "error", "warning", "FAIL", "WARN"})
HARDLY_FAULTS = frozenset({"missing-curve", "untracked"})


@dataclass(frozen=True)
class Word:
    """Something that a tool says: the symptoms it can mean, and whether it is an accusation."""

    meanings: frozenset[str]
    is_loud: bool


@dataclass(frozen=True)
class Truth:
    """A run and what a careful reader of its curves must and may say."""

    path: Path
    expected: tuple[frozenset[str], ...]
    tolerated: frozenset[str]
    healthy: bool

    def names(self, words: Sequence[Word]) -> int:
        return sum(any(word.meanings & one for word in words) for one in self.expected)

    def is_wronged_by(self, words: Sequence[Word]) -> bool:
        fair = self.tolerated.union(HARDLY_FAULTS, *self.expected)
        return any(word.is_loud and not word.meanings & fair for word in words)


@dataclass
class Score:
    """What a tool made of a set of runs."""

    healthy: int = 0
    healthy_wronged: int = 0
    faulty: int = 0
    faulty_wronged: int = 0
    expected: int = 0
    named: int = 0
    unread: list[str] = field(default_factory=list)

    def take(self, truth: Truth, words: Sequence[Word] | None) -> None:
        if words is None:
            self.unread.append(truth.path.name)
        wronged = truth.is_wronged_by(words or ())
        self.expected += len(truth.expected)
        self.named += truth.names(words or ())
        if truth.healthy:
            self.healthy, self.healthy_wronged = self.healthy + 1, self.healthy_wronged + wronged
        else:
            self.faulty, self.faulty_wronged = self.faulty + 1, self.faulty_wronged + wronged


def truths_in(folder: Path) -> Iterator[Truth]:
    if (folder / "index.toml").exists():
        yield from _lessons(folder)
        return
    for line in (folder / "truth.jsonl").read_text().splitlines():
        run = json.loads(line)
        expected = tuple(frozenset(one) for one in run["expected"])
        yield Truth(folder / run["run"], expected, frozenset(run["tolerated"]), run["healthy"])


def _lessons(folder: Path) -> Iterator[Truth]:
    """The lessons that are single runs; those of sweeps are nothing that peers read."""
    name_of = {rule.code: rule.name for rule in rulebook("runs").rules}
    index = tomllib.loads((folder / "index.toml").read_text())
    always = index["tolerated_everywhere"]
    for lesson, entry in index["lessons"].items():
        if entry.get("runs", 1) == 1:
            expected = tuple(frozenset({name_of[code]}) for code in entry["expected"])
            tolerated = frozenset(name_of[code] for code in [*entry["tolerated"], *always])
            yield Truth(folder / lesson, expected, tolerated, entry["wrong"].startswith("nothing"))


def ask(tool: str, command: str, run: Path) -> list[Word] | None:
    """What a tool says about a run; None if it reads nothing there.

    A tool that does not read the folder is asked about the folders and files with logs below it,
    until one is read.
    """
    for place in _places(run):
        if (words := _asked_about(tool, command, place)) is not None:
            return words
    return None


def _places(run: Path) -> Iterator[Path]:
    yield run
    if run.is_dir():
        yield from sorted({path.parent for path in run.rglob("*tfevents*")} - {run})
        for pattern in ("*.csv", "trainer_state.json", "*.jsonl"):
            yield from sorted(run.rglob(pattern))


def _asked_about(tool: str, command: str, place: Path) -> list[Word] | None:
    arguments, words_in = TOOLS[tool]
    called = [command, *arguments(str(place))]
    done = subprocess.run(called, capture_output=True, text=True, timeout=120, check=False)
    try:
        return list(words_in(json.loads(done.stdout)))
    except (ValueError, LookupError):
        return None


def _meant(tool: str, findings: Sequence[Any], check: str, severity: str) -> Iterator[Word]:
    for finding in findings:
        name = finding[check]
        if name not in ABOUT_SPEED:
            yield Word(MEANINGS[tool].get(name, frozenset({name})), finding[severity] in LOUD)


def _runmedic(report: Any) -> Iterator[Word]:
    for run in report:
        yield from _meant("runmedic", run["findings"], "check", "severity")


def _trainspotter(report: Any) -> Iterator[Word]:
    yield from _meant("trainspotter", report["findings"], "detector", "severity")


def _trainproof(report: Any) -> Iterator[Word]:
    if all(one["verdict"] not in {"PASS", "WARN", "FAIL"} for one in report["reports"]):
        raise LookupError("nothing was judged")
    for one in report["reports"]:
        yield from _meant("trainproof", one["findings"], "id", "level")


def _losslint(report: Any) -> Iterator[Word]:
    yield from _meant("losslint", report["findings"], "check", "severity")


def _nnadvise(report: Any) -> Iterator[Word]:
    """A diagnosis that another one accounts for is said, but accuses nobody."""
    for run in report["runs"]:
        names = {each["name"] for each in run["diagnoses"]}
        for each in run["diagnoses"]:
            explained = any(cause.partition(":")[0] in names for cause in each["causes"][:1])
            loud = each["severity"] in LOUD and not explained
            yield Word(frozenset({each["name"]}), loud)


TOOLS: dict[str, tuple[Callable[[str], list[str]], Callable[[Any], Iterator[Word]]]] = {
    "nnadvise": (lambda run: [run, "--isolated", "--output-format", "json"], _nnadvise),
    "runmedic": (lambda run: ["diagnose", run, "--json"], _runmedic),
    "trainspotter": (lambda run: ["analyze", run, "--output", "json"], _trainspotter),
    "trainproof": (lambda run: ["doctor", run, "--json"], _trainproof),
    "losslint": (lambda run: ["check", run, "--format", "json"], _losslint),
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--show", action="store_true", help="tell of each run what was said")
    options = parser.parse_args()
    commands = {"nnadvise": "nnadvise"} | dict(each.split("=", 1) for each in options.peer)
    for folder in options.folders:
        truths = list(truths_in(folder))
        print(f"{folder}: {len(truths)} runs")
        print(
            f"{'':14}{'healthy, false word':>21}{'faulty, false word':>20}{'named':>12}{'unread':>8}"
        )
        for tool, command in commands.items():
            score = Score()
            for truth in truths:
                words = ask(tool, command, truth.path)
                score.take(truth, words)
                if options.show:
                    _show(tool, truth, words)
            print(
                f"{tool:14}{f'{score.healthy_wronged} of {score.healthy}':>21}"
                f"{f'{score.faulty_wronged} of {score.faulty}':>20}"
                f"{f'{score.named} of {score.expected}':>12}{len(score.unread):>8}",
                flush=True,
            )
    return 0


def _show(tool: str, truth: Truth, words: Sequence[Word] | None) -> None:
    said = (
        "unread"
        if words is None
        else "; ".join(
            ("!" if word.is_loud else "") + "/".join(sorted(word.meanings)) for word in words
        )
    )
    wronged = " WRONG" if truth.is_wronged_by(words or ()) else ""
    print(
        f"  {tool} {truth.path.name} {truth.names(words or ())} of {len(truth.expected)}{wronged}: {said}"
    )


if __name__ == "__main__":
    sys.exit(main())
