"""What happens to rows of samples: how they are fitted on, split, ordered and handed out."""

from dataclasses import field

from advisor.code.events.context import Context, Event, Guard, Loop
from advisor.code.sources import NodePlace
from advisor.code.values import Columns, Fit, Lineage, Object, RowSet, Value
from advisor.lazy_dataclasses import dataclass


@dataclass(eq=False, slots=True)
class Fitted(Event):
    """An estimator learns from rows; `labelled` says whether it is given labels to predict, `labels`
    which column these are, where that is known. `fits` are what the rows went through before."""

    estimator: Value
    rows: RowSet
    kind: str
    labelled: bool = False
    labels: Columns | None = None
    fits: tuple[Fit, ...] = ()


@dataclass(eq=False, slots=True)
class Scored(Event):
    """An estimator predicts something for rows, or is scored by them: `method` says how, `fits` what
    the rows went through before."""

    estimator: Value
    rows: RowSet
    method: str
    fits: tuple[Fit, ...] = ()


@dataclass(eq=False, slots=True)
class LabelsLearned(Event):
    """A model learns to predict labels from features, as far as it is known which columns both hold.
    `text` is the model as written; `numeric` says that the labels are numbers for sure."""

    features: Columns
    labels: Columns
    text: str
    numeric: bool = False


@dataclass(eq=False, slots=True)
class ClassesWeighted(Event):
    """Something shows that classes are not equally large: rare ones are weighted, repeated or made
    up, or looked for. `text` is what does it, as written."""

    text: str


@dataclass(eq=False, slots=True)
class MetricTaken(Event):
    """A library computes a score from labels and predictions of rows, as far as it is known which:
    those of the labels, and those of the predictions. `name` is the function, `given` are the labels and
    the predictions themselves."""

    name: str
    rows: tuple[RowSet, ...]
    given: tuple[Value | None, ...] = ()


@dataclass(eq=False, slots=True)
class ThresholdTried(Event):
    """Scores of rows are compared with each of the thresholds that a `loop` goes through, one after the
    other: `threshold` is any of them, `result` says which class each of the rows is taken for, and
    `made` are the rows of these classes, as far as they are known."""

    loop: Loop
    threshold: Value
    scores: Value
    result: Value
    made: RowSet | None = None


@dataclass(eq=False, slots=True)
class ThresholdApplied(Event):
    """Scores of rows are compared with a threshold that was picked from a `curve` over the same rows or
    over others: that says which class each is taken for. `made` are the rows of these classes, as
    far as either are known. Instead of a curve it may be a score for each threshold that was `tried`."""

    scores: Value
    result: Value
    curve: MetricTaken
    rows: RowSet | None = None
    made: RowSet | None = None
    tried: ThresholdTried | None = None


@dataclass(eq=False, slots=True)
class SettingsTried(Event):
    """A search calls a function with one setting after the other, and goes by what it returns. What
    happens in one of the calls has indices below `end`."""

    end: int = -1


@dataclass(eq=False, slots=True)
class BestTaken(Event):
    """The best of several scores by the same rows is looked for. `made` is where such a score was
    computed."""

    rows: tuple[RowSet, ...]
    made: Context | None = None


@dataclass(eq=False, slots=True)
class BestScoreRead(Event):
    """A callback is asked for the score by which it has chosen."""

    callback: Value


@dataclass(eq=False, slots=True)
class ComparedWithBest(Event):
    """Something is compared with the best so far, in a loop: a score by `rows`, where that is known.
    `made` is where the score was computed, `result` what comes of the comparison."""

    rows: tuple[RowSet, ...] = ()
    made: Context | None = None
    result: Value | None = None


@dataclass(eq=False, slots=True)
class Predicted(Event):
    """A model of whichever library predicts something for rows."""

    rows: RowSet


@dataclass(eq=False, slots=True)
class FitApplied(Event):
    """Rows are transformed by something that has been fitted."""

    fit: Fit
    rows: RowSet


@dataclass(eq=False, slots=True)
class DeviationMeasured(Event):
    """What a statistic was taken away from is squared at once: that measures the rows, and makes no
    samples of them."""

    fit: Fit


@dataclass(eq=False, slots=True)
class GapsFilled(Event):
    """A statistic of rows stands where values were missing."""

    fit: Fit


@dataclass(eq=False, slots=True)
class RowsSplit(Event):
    """Rows are divided into sets that must not know of one another. `data` are all the values that
    are divided alike and `lineages` what they had been through by then, `labels` those that only
    labels have, `targets` the names of columns that are labels; `operation` names the call.

    `is_random` says that neighbours come on different sides, `seed` is what makes a random split come out the same again, `size` how much it holds out.
    `by_hand` marks slices and masks, which are a split only if their results are called so; `leaves_out`
    says that some rows may be in none of the parts.
    `grouped` a split that keeps rows of a group together. Whatever was fitted on both sides and is
    applied to one of them later is added to `applied`.
    """

    data: tuple[Value, ...]
    operation: str
    parts: tuple[RowSet, ...] = ()
    lineages: tuple[Lineage, ...] = ()
    labels: tuple[Lineage, ...] = ()
    targets: tuple[Value, ...] = ()
    by_hand: bool = False
    leaves_out: bool = False
    grouped: bool = False
    is_random: bool = False
    seed: Value | None = None
    size: Value | None = None
    applied: list[Fit] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class PartsOverlap(Event):
    """Rows are taken some of which have been taken already, for another part of the same."""

    earlier: RowSet
    later: RowSet


@dataclass(eq=False, slots=True)
class DrawnAnew(Event):
    """Rows are divided after they are shuffled, each time they are gone through: what is on one side
    in one epoch is on the other side in the next one."""

    parts: tuple[RowSet, ...]


@dataclass(eq=False, slots=True)
class FolderRead(Event):
    """The samples in a folder are read, or a part of them."""

    data: Object


@dataclass(eq=False, slots=True)
class FileRead(Event):
    """All rows of a table in a file are read."""

    path: Value
    rows: RowSet


@dataclass(eq=False, slots=True)
class NeighboursUsed(Event):
    """Rows get something of the rows before or behind them, or are only sorted by time: their order
    means something. Or several of them are of one person or thing: they are `grouped`. `text` is the
    operation as written; `always` says that it happens whenever a sample is asked for; `column` is what
    they are grouped by, where that is known."""

    rows: RowSet
    text: str
    only_sorted: bool = False
    grouped: bool = False
    always: bool = False
    column: str = ""


@dataclass(eq=False, slots=True)
class SinglesSought(Event):
    """It is asked which persons or things rows have one row each."""

    rows: RowSet


@dataclass(eq=False, slots=True)
class RowsShuffled(Event):
    """Samples, or labels, are brought into another order. `text` names them as written, `order` is
    the random order that they are taken by, if it has a name of its own."""

    value: Value
    text: str
    order: RowSet | None = None


@dataclass(eq=False, slots=True)
class ListingRead(Event):
    """A file, or what was made of it, is taken by its number from a listing that nobody has sorted.
    `rows` stand for the files as they were listed, `text` is the code."""

    listing: Value
    rows: RowSet
    position: Value
    text: str


@dataclass(eq=False, slots=True)
class ListingsPaired(Event):
    """What was read in the order of two listings that nobody has sorted is put together."""

    first: RowSet
    second: RowSet


@dataclass(eq=False, slots=True)
class SamplesPaired(Event):
    """Samples and labels are handed over together: they are taken for those of the same rows."""

    samples: RowSet
    labels: RowSet


@dataclass(eq=False, slots=True)
class TransformBuilt(Event):
    """A transform of pictures comes into being, or a chain of them."""

    transform: Object


@dataclass(eq=False, slots=True)
class TransformApplied(Event):
    """A picture goes through a transform, or through the function of a library that is one; a
    transform that several things go through together may be given them by name."""

    picture: Value
    transform: Value


@dataclass(eq=False, slots=True)
class NoiseAdded(Event):
    """Samples are changed by random numbers."""


@dataclass(eq=False, slots=True)
class SampleChanged(Event):
    """The code of a data set changes a sample that it is asked for: by a transform, or by noise where
    that is None. `owner` is what the code belongs to, the data set or a part of what its samples go
    through; `guards` are the conditions under which it does; `picture` is what goes into the transform."""

    dataset: Value
    owner: Value
    transform: Value | None
    guards: tuple[Guard, ...]
    picture: Value | None = None


@dataclass(eq=False, slots=True)
class PixelsRescaled(Event):
    """Numbers are divided by 255, or means are taken away from them and they are divided by
    deviations: `standardised`. `text` is what they are called."""

    text: str
    standardised: bool


@dataclass(eq=False, slots=True)
class PixelsScaledAgain(Event):
    """Pixels that were brought to small numbers at `first` are divided by 255, or the like, once more."""

    first: NodePlace | None


@dataclass(eq=False, slots=True)
class NumbersDrawn(Event):
    """Random numbers are drawn: from a `generator` of the program, or from the one of numpy. `text` is
    the generator as written."""

    generator: Object | None
    text: str


@dataclass(eq=False, slots=True)
class LoaderBuilt(Event):
    """A data loader, or an iterator over pictures in a folder, comes into being. `draws` are the random
    numbers of numpy that its worker processes draw, where it has any; `seeded_alike` is where each of
    them is told to begin at the same number."""

    loader: Object
    draws: tuple[NumbersDrawn, ...] = ()
    seeded_alike: "NodePlace | None" = None


@dataclass(eq=False, slots=True)
class BatchDrawn(Event):
    """The next batch is asked of a data loader, outside of the head of a loop."""

    loader: Object


@dataclass(eq=False, slots=True)
class DataGiven(Event):
    """A framework's trainer is given data, `use` says for what: `training`, `validation` or
    `testing`. `callbacks` are what acts on the scores, as far as is known; `chooses` says what the
    trainer itself chooses by them. `ordered` says that it is told not to shuffle, `once` that it goes
    through the data once; `drops` is where it is told to leave out a last batch that is not full.
    `draws` are the random numbers of numpy that its worker processes draw, where it has any; `most` is
    how many batches the trainer is told to go through, `targets` what it is told apart from the data
    that is right, `model` the one that is given the data, where it is known."""

    data: Value
    use: str
    callbacks: Value | None = None
    chooses: str | None = None
    ordered: bool = False
    once: bool = False
    drops: NodePlace | None = None
    draws: tuple[NumbersDrawn, ...] = ()
    most: Value | None = None
    targets: Value | None = None
    model: Value | None = None
