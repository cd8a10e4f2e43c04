"""Every number that a diagnosis depends on: named, documented, and open to be set."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The settings of the run diagnoses, with their defaults.

    Each field says what it decides and where its default comes from.
    """

    minimum_points: int = 8
    """Fewer points than this on every curve of a run and nothing is said about its shape. Source:
    criterion "too short to tell" of the labelled public runs."""
