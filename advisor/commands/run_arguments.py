"""Arguments that more than one command about runs takes: what the user knows, and the settings."""

import argparse
from pathlib import Path


def add_facts(parser: argparse.ArgumentParser) -> None:
    """Add what only the user can know about a run."""
    group = parser.add_argument_group("what only you can know")
    add = group.add_argument
    add(
        "--goal",
        action="append",
        default=[],
        metavar="QUANTITY=VALUE",
        help="what would be good enough, such as loss=0.1 or accuracy=0.99; can be repeated",
    )
    add(
        "--human",
        action="append",
        default=[],
        metavar="QUANTITY=VALUE",
        help="what people reach on the task, such as accuracy=0.97; stands in for a goal",
    )
    add(
        "--classes",
        type=int,
        metavar="N",
        help="the number of classes: the loss should start at ln N and a guess is right 1 in N",
    )
    add(
        "--targets",
        metavar="MEAN,DEVIATION",
        help="the targets of a regression: a loss of squared errors should start at their variance; "
        "`60,15,absolute` and `60,15,huber` for other losses",
    )
    add(
        "--role",
        action="append",
        default=[],
        metavar="TAG=MEANING",
        help="what a tag means where it was misread: 'aux=train loss', 'tmp=ignore' (--verbose "
        "shows how all tags were read)",
    )


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add which diagnoses are looked for, and where the settings are."""
    group = parser.add_argument_group("diagnoses (codes, prefixes of codes, names, ALL)")
    for option, words in (
        ("--select", "look for these, and for none that the settings name"),
        ("--ignore", "do not look for these"),
        ("--extend-select", "look for these too"),
    ):
        group.add_argument(option, action="append", default=[], metavar="CODES", help=words)
    group = parser.add_argument_group("settings")
    group.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="a pyproject.toml or nnadvise.toml (default: the closest from here upwards)",
    )
    group.add_argument("--isolated", action="store_true", help="read no settings file")
