"""Tables from files and from data."""

from advisor.code.library import lineages
from advisor.code.library.models import Call, function
from advisor.code.library.names import words
from advisor.code.library.pandas.tables import names_in, table_of_index
from advisor.code.library.readings import rows_of_file
from advisor.code.values import Columns, Dictionary, Lineage, RowSet, Value
from advisor.code.values import Sequence as SequenceValue

# Options by which only some of the rows are read, or those of another sheet.
_SOME = frozenset(words("nrows skiprows skipfooter chunksize iterator sheet_name filters key"))
# Options by which columns are left out, or stand elsewhere.
_MOVED = frozenset(words("usecols index_col"))
_READERS = "csv excel json parquet pickle table feather hdf html sql sql_query fwf stata sas orc"


@function(*(f"pandas.read_{name}" for name in words(_READERS)))
def read(call: Call) -> Value | None:
    """A table from a file: rows of their own, unless the file has been read before."""
    path = call.argument(0, "filepath_or_buffer")
    some = _SOME & call.arguments.keywords.keys()
    rows = RowSet("all", place=call.place) if some else rows_of_file(call, path)
    table = lineages.frame(Lineage(rows), call.place)
    names = names_in(call.argument(-1, "names"))
    if names and not call.arguments.unknown and not _MOVED & call.arguments.keywords.keys():
        table.fields[lineages.HELD] = Columns(RowSet(), order=tuple(names))
    return table


def _of_other_keys(data: Value) -> list[Lineage]:
    """The lineage of columns whose names nobody knows: `{f"lag_{k}": x.shift(k) for k in steps}`."""
    other = data.other if isinstance(data, Dictionary) else None
    lineage = lineages.known(other)
    return [] if lineage is None else [lineage]


@function("pandas.DataFrame", "pandas.Series", "pandas.DataFrame.from_dict")
def made(call: Call) -> Value | None:
    """A table of given data."""
    data = call.argument(0, "data")
    lineage = lineages.known(data)
    if isinstance(data, (Dictionary, SequenceValue)) and lineage is None:
        parts = [*lineages.all_of(data), *_of_other_keys(data)]
        found = [each for each in parts if lineages.holds_rows(each)]
        if isinstance(data, Dictionary):
            lineages.notice_shifted(call.machine, found, call.node)
        lineage = found[0].after(*(fit for each in found for fit in each.fits)) if found else None
    index = table_of_index(call.argument(1, "index"))
    if data is None and index is not None:
        lineage = lineages.samples(index)
    if lineage is None and data is not None and not isinstance(data, (Dictionary, SequenceValue)):
        lineage = lineages.samples(data)
    if lineage is None or not lineages.holds_rows(lineage):
        lineage = Lineage(RowSet("all", place=call.place))
    if isinstance(data, Dictionary):
        owners = [each for key, each in data.items.items() if lineages.names_owner(str(key))]
        if any(map(lineages.repeats, owners)):
            lineages.notice_groups(call.machine, lineage.rows, call.node)
    return lineages.frame(lineage, call.place)
