"""Where samples come from: the rows a value holds, and what becomes of them.

A value that holds samples has a `Lineage`: a set of rows and what the values went through. Data of
unknown origin gets a set of rows of its own when somebody first asks. Statistics over rows
(`X.mean()`) and random numbers have a lineage too, so that arithmetic can tell what they do to data:
their set of rows is called `mean`, `std`, … after what was taken over its parent, or `noise`.
"""

from advisor.code.library.lineages.arithmetic import computed
from advisor.code.library.lineages.choices import (
    CHOSEN,
    RANKING,
    chosen_by,
    cut,
    is_cut,
    of_classes,
    ranked_by,
    ranking,
)
from advisor.code.library.lineages.features import are_of_one, of_features, versions_of_one
from advisor.code.library.lineages.fits import applied, filled, learn, notice_by_hand
from advisor.code.library.lineages.groups import (
    COUNTS_OF,
    DRAWN_OFTEN,
    groups_rows,
    names_owner,
    notice_groups,
    repeats,
)
from advisor.code.library.lineages.joins import of_listed, repeated_whole, together
from advisor.code.library.lineages.making import (
    alike,
    array,
    axis_of_rows,
    columns_of,
    copies,
    frame,
    noise,
    statistic,
    written,
)
from advisor.code.library.lineages.masks import (
    is_chosen_by_condition,
    mask_key,
    of_same_way,
    opposite,
)
from advisor.code.library.lineages.names import (
    COLUMN,
    CONDITION,
    DROPPED,
    FRAME,
    HELD,
    MADE_OF,
    MASK,
    MOMENTS,
    NOISE,
    NUMBERS,
    READ_AGAIN,
    SAMPLE_NUMBER,
    STATISTIC_NAMES,
    TABLE,
    WHOLE_COPIES,
)
from advisor.code.library.lineages.neighbours import End, lies_behind
from advisor.code.library.lineages.pairs import pair
from advisor.code.library.lineages.parts import is_share, learn_length, part
from advisor.code.library.lineages.positions import columns_at
from advisor.code.library.lineages.reading import (
    all_of,
    collected,
    holds_rows,
    is_noise,
    known,
    of_frame,
    of_list,
    of_listed_item,
    samples,
)
from advisor.code.library.lineages.shifted import notice_shifted
from advisor.code.library.lineages.splits import divide, divide_by_hand, halves, hold_back

__all__ = [
    "CHOSEN",
    "COLUMN",
    "CONDITION",
    "COUNTS_OF",
    "DRAWN_OFTEN",
    "DROPPED",
    "FRAME",
    "HELD",
    "MADE_OF",
    "MASK",
    "MOMENTS",
    "NOISE",
    "NUMBERS",
    "RANKING",
    "READ_AGAIN",
    "SAMPLE_NUMBER",
    "STATISTIC_NAMES",
    "TABLE",
    "WHOLE_COPIES",
    "End",
    "alike",
    "all_of",
    "applied",
    "are_of_one",
    "array",
    "axis_of_rows",
    "chosen_by",
    "collected",
    "columns_at",
    "columns_of",
    "computed",
    "copies",
    "cut",
    "divide",
    "divide_by_hand",
    "filled",
    "frame",
    "groups_rows",
    "halves",
    "hold_back",
    "holds_rows",
    "is_chosen_by_condition",
    "is_cut",
    "is_noise",
    "is_share",
    "known",
    "learn",
    "learn_length",
    "lies_behind",
    "mask_key",
    "names_owner",
    "noise",
    "notice_by_hand",
    "notice_groups",
    "notice_shifted",
    "of_classes",
    "of_features",
    "of_frame",
    "of_list",
    "of_listed",
    "of_listed_item",
    "of_same_way",
    "opposite",
    "pair",
    "part",
    "ranked_by",
    "ranking",
    "repeated_whole",
    "repeats",
    "samples",
    "statistic",
    "together",
    "versions_of_one",
    "written",
]
