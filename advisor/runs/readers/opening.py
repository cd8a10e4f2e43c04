"""Which reader reads which file."""

from pathlib import Path

from advisor.runs.readers import csv_log, json_log, mlflow_database, mlflow_run, wandb_run
from advisor.runs.readers.csv_log import CsvLog
from advisor.runs.readers.json_log import TRAINER_STATE, JsonLines, TrainerState
from advisor.runs.readers.mlflow_database import DatabaseRun
from advisor.runs.readers.mlflow_run import MlflowRun
from advisor.runs.readers.series import LogFile
from advisor.runs.readers.tfevents import EventFile
from advisor.runs.readers.wandb_run import WandbRun

_TABLES = frozenset({".csv", ".tsv"})
_LINES = frozenset({".jsonl", ".ndjson"})
_NAMES_OF_LINES = frozenset({"metrics.json", "scalars.json"})
_NAMES_OF_TABLES = frozenset({"training.log", "train.log"})


def is_table(path: Path) -> bool:
    """Whether a file of this name and content is a log other than an event file."""
    if path.name == TRAINER_STATE or mlflow_run.is_run(path) or wandb_run.is_run(path):
        return True
    if path.suffix.lower() in _LINES or path.name in _NAMES_OF_LINES:
        return json_log.is_training_log(path)
    named = path.suffix.lower() in _TABLES or path.name in _NAMES_OF_TABLES
    return named and csv_log.is_training_log(path)


def open_log(path: Path) -> LogFile:
    """The reader of a file, which has not read anything yet."""
    suffix = path.suffix.lower()
    if path.name == TRAINER_STATE:
        return TrainerState(path)
    if mlflow_database.lies_in_database(path):
        return DatabaseRun(path)
    if path.name == mlflow_run.META:
        return MlflowRun(path)
    if suffix == wandb_run.SUFFIX:
        return WandbRun(path)
    if suffix in _LINES or path.name in _NAMES_OF_LINES:
        return JsonLines(path)
    if suffix == ".json":
        return TrainerState(path)
    if suffix in _TABLES or path.name in _NAMES_OF_TABLES or suffix == ".log":
        return CsvLog(path)
    return EventFile(path)
