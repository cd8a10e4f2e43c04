"""normalisation-mismatch: a ready model sees other pixels than its weights were trained on."""

from collections.abc import Iterator

from advisor.code.facts.normalisations import PreparedPictures
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN509",
    severity=Severity.WARNING,
    step=Step.DATA,
    symptoms=("high-bias", "init-loss-off"),
    sources=("002",),
)
def normalisation_mismatch(pictures: PreparedPictures) -> Iterator[Draft]:
    if not pictures.scaled or pictures.transform.place is None:
        return
    name = pictures.model.path.rsplit(".", 1)[-1]
    related = ((pictures.model.place, "the model is built here"),) if pictures.model.place else ()
    message = f"pixels go from 0 to 1 into `{name}`, whose weights want {pictures.wants.text}"
    yield Draft(pictures.transform.place, message, related)
