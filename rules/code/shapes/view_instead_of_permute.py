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
    if reshape.leaves_colours_behind or reshape.folds_samples:
        return  # told as what becomes of the channels, or of the samples
    moved = reshape.moved_axis()
    if moved is not None:
        before, after = moved
        yield reshape.finding(
            f"`{reshape.operation}` asks for axis {before} in place {after} but leaves the numbers "
            "where they are, which mixes the axes; `permute` moves them"
        )
    elif reshape.has_heads_in_front:
        yield reshape.finding(
            f"`{reshape.operation}` asks for the heads in front of the steps but leaves the numbers where "
            "they are, which mixes the axes; split the last axis, then `transpose`"
        )
    elif reshape.is_unfolded_otherwise:
        yield reshape.finding(
            f"`{reshape.operation}` takes two axes apart in another order than they were put together "
            "in, which mixes them; keep their order, then `transpose`"
        )
    elif reshape.is_cut_into_patches():
        yield reshape.finding(
            f"`{reshape.operation}` leaves the numbers where they are: instead of patches this cuts rows "
            "out of one channel; split both sides, and `permute` the patches in front"
        )
    elif reshape.is_permutation_of_sizes() or reshape.is_picture_with_channels_in_front():
        yield reshape.finding(
            f"`{reshape.operation}` asks for the same sizes in another order but leaves the numbers "
            "where they are, which mixes the axes; `permute` moves them"
        )
