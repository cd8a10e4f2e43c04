"""label-in-features: the column that is to be predicted is left among the features."""

from collections.abc import Iterator

from advisor.code.facts.targets import SupervisedFit
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule("NN518", severity=Severity.ERROR, step=Step.DATA, symptoms=("too-good",), sources=("001",))
def label_in_features(fit: SupervisedFit) -> Iterator[Draft]:
    target = fit.target_among_features()
    if target is not None:
        column = f"the column `{target}`"
        if fit.text:
            message = f"`{fit.text}` predicts {column} from features that hold it as well"
        else:
            message = f"{column} is to be predicted, and the features hold it as well"
        fitted = () if fit.place is fit.event.place else ((fit.event.place, "it is fitted here"),)
        yield Draft(fit.place, message, fitted)
