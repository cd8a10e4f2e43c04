"""view-instead-of-permute: the axes change their names, the numbers stay where they are."""

from collections.abc import Iterator

from advisor.code.facts.shapes import Reshape
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN301",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("high-bias", "plateau", "too-slow"),
    sources=("004",),
)
def view_instead_of_permute(reshape: Reshape) -> Iterator[Draft]:
    axis = reshape.moved_axis()
    if axis is not None:
        yield reshape.finding(
            f"`{reshape.operation}` moves the axis `{axis.text()}` without moving its numbers: "
            "axes trade places with `permute`"
        )
    elif reshape.is_permutation_of_sizes():
        yield reshape.finding(
            f"`{reshape.operation}` lists the same sizes in another order, which mixes the axes: "
            "they trade places with `permute`"
        )
