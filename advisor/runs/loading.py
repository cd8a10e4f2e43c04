"""From paths on disk to runs: discovery, reading, grouping, roles."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from advisor.runs.components import total_losses
from advisor.runs.discovery import RunNotReadable, find_logs, why_nothing_is_read
from advisor.runs.grouping import FolderRole, Member, RunFiles, group_runs
from advisor.runs.hyperparameters import hyperparameters_in_texts
from advisor.runs.kinds import kind_of_run
from advisor.runs.readers.mlflow_database import is_database
from advisor.runs.readers.series import Series
from advisor.runs.readers.settings_beside import settings_beside
from advisor.runs.reading import LogReader, Progress
from advisor.runs.roles import NO_OVERRIDES, assign_roles, role_in_words
from advisor.runs.run import Curve, Kind, Note, Run
from advisor.runs.scalars import Scalars
from advisor.runs.tasks import note_on_tasks
from advisor.runs.timeline import Points, Repairs, in_order, joined, notes_on
from advisor.runs.vocabulary import is_process


@dataclass(slots=True)
class LoadedRuns:
    """What became of the inputs.

    `failures` are inputs that could not be read at all, and files below a readable input that
    could not although they are all that a folder holds: a run may be lost with them. `skipped` are
    other files that were left out. Each comes with the reason, which follows the path in a sentence.
    """

    runs: list[Run] = field(default_factory=list)
    failures: list[tuple[Path, str]] = field(default_factory=list)
    skipped: list[tuple[Path, str]] = field(default_factory=list)


def load_runs(
    paths: Sequence[Path],
    overrides: Mapping[str, str] = NO_OVERRIDES,
    on_progress: Progress | None = None,
    reader: LogReader | None = None,
) -> LoadedRuns:
    """All runs at or below `paths`, in the order of the paths and of the folders' names.

    Runs of several paths that would have the same name are called by the paths as they were typed.

    `overrides` maps tags to roles in words (see `assign_roles`). `on_progress` is told how far
    reading has come. A `reader` that has read these files before reads on where it was. A run
    that several paths lead to is loaded once. Raises `UnknownRole` for a wrong override; what is
    wrong with an input is told in the result.
    """
    for text in overrides.values():
        role_in_words(text)
    reader = reader or LogReader(on_progress)
    loaded = LoadedRuns()
    seen: set[Path] = set()
    typed: list[str] = []
    for path in paths:
        try:
            found = _load(path, overrides, reader, seen, typed)
        except RunNotReadable as error:
            loaded.failures.append((error.path, error.reason))
        else:
            loaded.runs += found.runs
            loaded.failures += found.failures
            loaded.skipped += found.skipped
    times = Counter(run.name for run in loaded.runs)
    loaded.runs = [
        run if times[run.name] == 1 else replace(run, name=name)
        for run, name in zip(loaded.runs, typed, strict=True)
    ]
    return loaded


def _load(
    path: Path,
    overrides: Mapping[str, str],
    reader: LogReader,
    seen: set[Path],
    typed: list[str],
) -> LoadedRuns:
    """The runs of one input; raises `RunNotReadable` if there is none.

    `seen` are the files that belong to a run already; `typed` gets the path of each run.
    """
    found = find_logs(path)
    fresh = [each for each in found.files if each.resolve() not in seen]
    files, unreadable = reader.read(fresh)
    empty = [(file.path, reason) for file in files if (reason := file.why_no_scalars())]
    if fresh and len(empty) == len(files):
        raise RunNotReadable(path, why_nothing_is_read(path, [*unreadable, *empty]))
    root = path if path.is_dir() else path.parent
    groups = [group for group in group_runs(files, root) if _has_scalars(group)]
    homes = {folder for group in groups for folder in _folders(group)}
    unused = [*found.rejected, *unreadable, *empty]
    intact = {file.path for file in files if file.records}
    failures = [each for each in unused if each[0].parent not in homes and each[0] not in intact]
    skipped = [
        each
        for each in unused
        if each not in failures and (each not in empty or each[0].parent not in homes)
    ]
    seen.update(each.file.path.resolve() for group in groups for each in group.members)
    runs = [_run(group, _name(group, path), overrides) for group in groups]
    typed += [_typed(group, path) for group in groups]
    return LoadedRuns(runs, failures, skipped)


def _has_scalars(group: RunFiles) -> bool:
    return any(member.file.series for member in group.members)


def _folders(group: RunFiles) -> set[Path]:
    return {group.path, *(member.file.path.parent for member in group.members)}


def _name(group: RunFiles, path: Path) -> str:
    """The path of a run within its input, or the input's own name if they are the same."""
    if path.is_file() and is_database(path):
        path = path.parent
    whole = group.place if path.is_dir() else path
    name = (path.name or path.resolve().name) if whole == path else str(whole.relative_to(path))
    return Path(name).as_posix() + _number(group)


def _typed(group: RunFiles, path: Path) -> str:
    """The path of a run as it was typed."""
    whole = group.place if path.is_dir() or is_database(path) else path
    return whole.as_posix() + _number(group)


def _number(group: RunFiles) -> str:
    return f"#{group.number}" if group.number else ""


def _run(group: RunFiles, name: str, overrides: Mapping[str, str]) -> Run:
    scalars, repairs = _scalars(group.members)
    scalars += total_losses(scalars)
    roles = assign_roles(scalars, overrides)
    curves = tuple(
        Curve(each.tag, each.steps, each.values, each.wall_times, role)
        for each, role in zip(scalars, roles, strict=True)
    )
    kind = _kind([each for each in scalars if each.tag not in overrides], curves)
    texts = {
        f"{member.folder}/{tag}" if member.folder else tag: text
        for member in group.members
        for tag, text in member.file.texts.items()
    }
    notes = [*group.notes, *_notes_on_steps(repairs, curves), *_notes_on_damage(group.members)]
    if kind is Kind.SUPERVISED and (tasks := note_on_tasks(curves)):
        notes.append(tasks)
    if kind is Kind.NOT_A_RUN:
        notes.append(_note_on_no_run(curves))
    hyperparameters = settings_beside(group.path) | hyperparameters_in_texts(texts)
    hyperparameters |= _recorded(group.members)
    return Run(name, group.path, kind, curves, hyperparameters, texts, tuple(notes))


def _kind(scalars: Sequence[Scalars], curves: Sequence[Curve]) -> Kind:
    kind = kind_of_run([each.name for each in scalars])
    learnt = any(curve.role.primary and not is_process(curve.role.quantity) for curve in curves)
    if kind is Kind.NOT_A_RUN and learnt:
        return Kind.SUPERVISED
    return kind if learnt else Kind.NOT_A_RUN


def _scalars(members: Sequence[Member]) -> tuple[list[Scalars], dict[str, Repairs]]:
    """The scalars of a run in order, and what had to be repaired in each."""
    parts: dict[str, list[Points]] = defaultdict(list)
    sources: dict[str, tuple[Member, Series]] = {}
    for member in members:
        for series in member.file.series.values():
            if len(series):
                parts[member.tag(series)].append(_points(series))
                sources[member.tag(series)] = (member, series)
    scalars, repaired = [], {}
    for tag, (member, series) in sources.items():
        points, repairs = in_order(joined(parts[tag]))
        if repairs:
            repaired[tag] = repairs
        summary = member.role is FolderRole.HYPERPARAMETERS
        label = member.label(series)
        arrays = points.steps, points.values, points.wall_times
        scalars.append(Scalars(tag, *arrays, label, member.split, summary))
    return scalars, repaired


def _points(series: Series) -> Points:
    return Points(
        np.array(series.steps, dtype=np.int64),
        np.array(series.values, dtype=np.float64),
        np.array(series.wall_times, dtype=np.float64),
    )


def _recorded(members: Sequence[Member]) -> dict[str, Any]:
    """The hyper-parameters that the hparams plugin recorded, where the records agree."""
    records = [member.file.hyperparameters for member in members if member.file.hyperparameters]
    merged = {name: value for record in records for name, value in record.items()}
    return {
        name: value
        for name, value in merged.items()
        if all(record.get(name, value) == value for record in records)
    }


def _notes_on_steps(repairs: Mapping[str, Repairs], curves: Sequence[Curve]) -> Iterator[Note]:
    """One note for each way in which the steps of some curves were put in order."""
    tags: dict[Note, list[str]] = defaultdict(list)
    for curve in curves:
        for note in notes_on(repairs.get(curve.tag, Repairs())):
            known = curve.role.quantity != "other"
            if (note.code or known) and not is_process(curve.role.quantity):
                tags[note].append(curve.tag)
    for note, concerned in tags.items():
        more = f" and {len(concerned) - 1} more" if len(concerned) > 1 else ""
        yield Note(f"`{concerned[0]}`{more}: {note.text}", note.code)


def _notes_on_damage(members: Sequence[Member]) -> Iterator[Note]:
    for member in members:
        if gaps := member.file.gaps:
            lost = sum(gap.stop - gap.start for gap in gaps)
            yield Note(
                f"`{member.file.path.name}` is damaged: {lost} bytes from byte {gaps[0].start} on"
                " were stepped over"
            )


def _note_on_no_run(curves: Sequence[Curve]) -> Note:
    tags = [curve.tag for curve in curves]
    if tags == ["hp_metric"]:
        return Note("only `hp_metric` was logged: nothing that training changes", "NR404")
    shown = ", ".join(f"`{tag}`" for tag in tags[:3])
    more = f" and {len(tags) - 3} more" if len(tags) > 3 else ""
    return Note(f"no loss, metric or return among what was logged: {shown}{more}", "NR401")
