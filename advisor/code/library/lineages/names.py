"""What tables and statistics are called where lineages speak of them."""

# A table or a column. Classes of the project that inherit from pandas' are something else.
FRAME = "pandas.table"
# Under these keys an unknown has the table that it turned out to be, a column its name, and a table
# the names of the columns it lacks.
TABLE = ("table",)
CONDITION = ("condition",)
"""The field of an unknown truth value with what was compared: the operator and both sides."""
COLUMN = ("name",)
DROPPED = ("dropped",)
# Under this key a table has what it holds of the table that it was made from.
HELD = ("held",)
# Under this key a table has what is known of its numbers, or of those of its columns, by their names.
NUMBERS = ("numbers",)
# Under this key a list says that its items are copies of all samples, not of one.
WHOLE_COPIES = ("whole copies",)
# What rows are drawn under that are those of a file once more.
READ_AGAIN = "read again"
# The number of the sample that a data set is asked for.
SAMPLE_NUMBER = "index"
NOISE = "noise"
MASK = "mask"
# Statistics that tell of all rows at once; taking one away or dividing by one is a fit by hand.
MOMENTS = frozenset({"mean", "std", "var", "median", "quantile", "range"})
STATISTIC_NAMES = {
    **{name: name for name in ("mean", "std", "var", "median", "max", "min", "sum", "mode")},
    "average": "mean",
    "quantile": "quantile",
    "percentile": "quantile",
    "ptp": "range",
    "amax": "max",
    "amin": "min",
    **{f"nan{name}": name for name in ("mean", "std", "var", "median", "max", "min", "sum")},
    "nanquantile": "quantile",
    "nanpercentile": "quantile",
}
# Under this key a list has what its items were made of one by one: a loop, or what was gone through.
MADE_OF = ("made of",)
