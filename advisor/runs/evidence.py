"""What a judged run contributes to the checklist of the recipe."""

from advisor.recipe.ticking import Record
from advisor.runs.diagnosis import RunDiagnosis
from advisor.runs.run import Kind, Run, Split
from advisor.runs.thresholds import Thresholds


def record_of(diagnosis: RunDiagnosis, thresholds: Thresholds | None = None) -> Record:
    """The evidence of one run, and what could not be seen in it."""
    unseen = {each.what: each.why for each in diagnosis.not_judged}
    if not any(curve.role.split is Split.TEST for curve in diagnosis.run.curves):
        unseen["the test set"] = "no test rows were evaluated"
    if not _shows_order(diagnosis.run, thresholds or Thresholds()):
        unseen["the order of the data"] = "it takes several training values in each epoch"
    asked = set(diagnosis.asked)
    if diagnosis.run.kind is not Kind.SUPERVISED:
        asked.discard("missing-curve")  # which knows what supervised training should log, no other
    return Record(diagnosis.findings, diagnosis.explained, asked, unseen)


def _shows_order(run: Run, thresholds: Thresholds) -> bool:
    """Whether the training loss has enough values between evaluations to repeat itself."""
    train = run.primary("loss", Split.TRAIN)
    held_out = run.primary("loss", Split.VALIDATION)
    if train is None or held_out is None or len(held_out) < thresholds.periodicity_epochs:
        return False
    return len(train) >= thresholds.periodicity_points * len(held_out)
