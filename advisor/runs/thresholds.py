"""Every number that a diagnosis depends on: named, documented, and open to be set."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The settings of the run diagnoses, with their defaults.

    Each field says what it decides. Shares are shares of the run, or of the quantity named; errors
    are standard errors of a level. Where no source is given, the default was chosen so that
    healthy runs stay silent on a bench of really trained small networks.
    """

    # Reading a curve
    blocks: int = 20
    """Into how many blocks of equal count a curve is cut; trends are tested on their medians. Mann-
    Kendall on block medians keeps its level where tests on smoothed curves reject flat noise in 39
    to 83 % of the cases."""
    progress_errors: float = 4.0
    """A curve has learned only if its best level lies this many errors below its start."""
    progress_share: float = 0.03
    """... and below it by this share of the level."""
    final_share: float = 0.1
    """The last part of a run that its final level is read from."""
    fewest_final_points: int = 2
    """... and how many points are taken at least where a curve is that sparse."""
    trend_z: float = 1.96
    """Size of the Mann-Kendall statistic from which a trend is believed (5 %, two-sided)."""

    # Is there enough to judge?
    minimum_points: int = 8
    """Fewer points than this on every curve of a run and nothing is said about its shape. Source:
    criterion "too short to tell" of labelled public runs."""
    minimum_evaluations: int = 6
    """Fewer evaluations than this and the shape of a validation curve is not judged."""
    comparable_scales: float = 5.0
    """Train and validation that differ by more than this factor at their first common point are not
    the same quantity (a sum against a mean, say) and are not compared."""
    comparable_axes: float = 10.0
    """Curves whose step ranges differ by more than this factor count different things (iterations
    and epochs); they are aligned by wall time."""

    # Loss at initialisation, hockey stick
    init_excess_warning: float = 1.2
    """First loss over ln C from which it is off. Source: lecture 004, "verify loss @init"; label
    smoothing, dropout and default initialisation stay below."""
    init_excess_error: float = 2.0
    """... from which it is certainly off."""
    init_deficit: float = 0.5
    """First loss over ln C below which the model knew the answer before it was trained."""
    init_noise: float = 3.0
    """How many times the noise of one point the first loss must differ by as well."""
    init_latest_share: float = 0.01
    """A first value logged later than this share of the run says nothing about a low start."""
    init_latest_step: int = 1
    """... nor does one that was logged after more updates than these, which may have lowered it."""
    hockey_stick_fall: float = 0.75
    """Share of the whole fall that happens before the knee."""
    hockey_stick_share: float = 0.15
    """... which lies within this first part of the run."""
    hockey_stick_drop: float = 3.0
    """... and brings the loss down by this factor. Source of the three: criterion "hockey stick"
    of labelled public runs."""
    hockey_stick_excess: float = 1.3
    """First loss over ln C from which the fall to ln C is the learning of a bias."""
    prior_evaluations: int = 3
    """Evaluations whose accuracy must be exactly the same to be that of a constant guess,"""
    prior_start: float = 2.0
    """... the first of them with a loss this many times that of the class frequencies,"""
    prior_reached: float = 1.25
    """... and a later one within this factor of it."""
    largest_uninformed_loss: float = 12.46
    """ln 256,000: no classifier that guesses starts above it, whatever its vocabulary. A steep
    start from below can be honest learning and is left alone when C is unknown."""

    # Never learns, plateau
    at_reference_share: float = 0.02
    """How close to a reference level, as a share of it, a loss "sits at" it."""
    near_reference_share: float = 0.1
    """How far above a reference level, as a share of it, a loss that never beat it may end."""
    at_chance_share: float = 0.2
    """How close to 1 / C, as a share of it, an accuracy sits at chance."""
    flat_share: float = 0.05
    """A loss that moved by less than this share of its level never left it. Source: criterion
    "plateau high" of labelled public runs."""
    resolution: float = 0.2
    """A curve can be called flat only if progress of this share of its level would have shown."""
    plateau_share: float = 0.3
    """The last part of a run that must be flat to be called a plateau."""
    plateau_change: float = 0.02
    """... where flat is: changed by less than this share of all progress,"""
    plateau_ratio: float = 0.1
    """... and by less than this share of the level, for a loss that falls by factors,"""
    plateau_blocks: int = 100
    """... beginning where the best falling fit to the medians of so many blocks has come down,"""
    plateau_height: float = 0.1
    """... at a level that is not further than this share of all progress above the best one."""
    creeping_z: float = 3.0
    """Size of the Mann-Kendall statistic from which a loss that hardly moves does move, slowly."""
    knowing_accuracy: float = 0.6
    """An accuracy above which a flat loss is that of a model that came trained."""
    softmax_accuracy: float = 0.5
    """An accuracy from which a cross-entropy above the double-softmax floor contradicts it, if it
    is also above the largest that a classifier of this accuracy could honestly have"""
    unsure_factor: float = 1.1
    """... times this."""

    # Divergence, rising, spikes, oscillation
    divergence_share: float = 0.5
    """Share of all progress that a loss must lose again, and not regain, to have diverged."""
    divergence_errors: float = 6.0
    """... and by how many errors. Block medians of healthy noisy curves never do both."""
    collapse_levels: int = 3
    """A loss that loses as much at once and comes back part of the way must stay up for this many
    block medians."""
    collapse_share: float = 0.3
    """An accuracy that ends further than this share below its first value, a loss that stays further
    than this share above it, have lost what they began with."""
    absurd_loss: float = 1e15
    """A loss that never falls below this exploded before its first value. Even the squared error of
    targets in the tens of millions stays below."""
    negated_fall: float = 3.0
    """How many times its first size a loss must fall below zero, without a gain in accuracy, for
    its sign to be flipped."""
    explosion: float = 3.0
    """Growth of the loss over its level just before the first non-finite value that is named."""
    rise_share: float = 0.05
    """A loss rises from the start if it ends this share of its level above the start."""
    spike_noise: float = 8.0
    """A spike stands out of the running median by this many times the noise,"""
    spike_factor: float = 3.0
    """... and by this factor. Source: criterion "spikes" of labelled public runs."""
    spike_tail: float = 3.0
    """So many times more values that stand out half as far: no spikes, but the tail of the noise."""
    spike_window: int = 15
    """Points of the running median that spikes are measured against."""
    few_spikes: int = 3
    """Up to this many spikes that recover are mere information."""
    swing_share: float = 0.25
    """Swings of this share of the whole range, to the end, are an oscillation. Source: criterion
    "oscillation" of labelled public runs."""
    swing_share_of_few: float = 0.35
    """... or this share, where few values make it up: below 40, noise alone reaches the other."""
    swing_level: float = 0.3
    """... or swings of this share of the level, if evaluations swing as much."""
    swing_errors: float = 6.0
    """... and of this many errors of a block median."""
    swing_turns: float = 0.4
    """... with this share of changes of direction among the levels of the last half."""
    swing_together: float = 0.6
    """Correlation of training and validation changes from which both show the same swings."""
    jitter_progress: float = 1.0
    """Noise of one point over all progress from which the curve cannot be read any more,"""
    jitter_level: float = 0.2
    """... if it is also this share of the level."""
    periodicity: float = 0.5
    """Correlation of the training loss with itself one epoch later that shows a fixed order,"""
    periodicity_epochs: int = 4
    """... over this many epochs at least,"""
    periodicity_points: int = 8
    """... of this many points at least."""

    # Still improving
    improving_share: float = 0.2
    """The last part of a run over which improvement is measured."""
    improving_progress: float = 0.02
    """Improvement over that part, as a share of all progress, that is worth going on for."""
    improving_points: int = 5
    """How many points the last part takes at least; where it holds fewer, it begins earlier."""
    finished_rate: float = 0.05
    """A learning rate below this share of its peak means that the schedule has run out: going on
    would need another one."""
    improving_gain: float = 0.05
    """A projected gain, even at the lower end of its interval, of this share of the level that
    makes stopping a waste rather than a choice."""
    projected_share: float = 0.5
    """How much further, as a share of the run, the gain is projected."""

    # Generalisation
    gap_factor: float = 1.5
    """Validation over training loss from which the gap is large. Source: gap rule of criterion
    "overfit" of labelled public runs."""
    wide_gap_factor: float = 3.0
    """... and from which it is large even while validation still improves a little."""
    gap_rate: float = 0.05
    """The same for rates (accuracy, error): a difference of this size."""
    small_gap: float = 0.1
    """A gap below this share of what training gained is no gap to speak of."""
    gap_errors: float = 3.0
    """How many errors a gap must measure."""
    gap_flat_share: float = 0.3
    """The last part of a run over which validation has stopped to improve."""
    overtrained_rise: float = 0.05
    """How far above its best, as a share of it, a validation loss ends when over-trained. Source:
    criterion "overfit" of labelled public runs."""
    overtrained_latest: float = 0.75
    """... if that best lies before this share of the run."""
    overtrained_outlier: float = 3.0
    """Evaluations further above their median than this many spreads count as that far: one bad
    draw of few rows is no rise."""
    better_share: float = 0.7
    """Share of the evaluations that beat training for "validation better than training"."""
    better_excess: float = 0.02
    """... by this share of the training level."""
    memorised_share: float = 0.02
    """Training loss over its start below which the training rows are known by heart,"""
    memorised_factor: float = 1.5
    """... and validation over training loss up to which validation rows seem to be known as well."""
    noisy_validation: float = 0.15
    """Noise of one evaluation, over all that validation gained, that hides real differences."""
    noisy_level: float = 0.5
    """... or over its level."""
    steady_level: float = 0.03
    """Noise of one evaluation over its level below which it is steady, however little was gained:
    most may have been learned before the first one."""
    term_errors: float = 2.0
    """A term of the decomposition matters from this many errors,"""
    term_share_of_goal: float = 0.1
    """... this share of the goal, and"""
    term_share_of_largest: float = 0.1
    """... this share of the largest term. Under-fitting, which is to be worked on first, waits when"""
    term_yields_below_goals: float = 1.0
    """... it is smaller than so many times the goal, and"""
    term_yields_to: float = 2.0
    """... over-fitting so many times as large. Source of both: the order in which lecture 002 works
    on its example."""

    # Several runs
    fewest_runs: int = 6
    """Fewer runs than this do not show what a setting has to do with the outcome."""
    influence_share: float = 0.2
    """Share of the variance of the ranks that a setting must account for to matter,"""
    influence_chance: float = 0.05
    """... with at most this probability, over the number of settings, that chance does as well."""
    seed_errors: float = 2.0
    """Errors, or spreads between seeds, by which two runs must differ to be told apart."""

    # Gradients
    gradient_zero_share: float = 0.5
    """Share of logged gradient norms that are exactly 0 from which nothing is trained."""
    gradient_vanishing: float = 1e-4
    """Norm of one layer over that of another below which the gradient vanishes on its way."""
    gradient_growth: float = 8.0
    """Growth of the gradient norm over the run that is too much where the loss does not fall,"""
    gradient_growth_z: float = 3.5
    """... with a Mann-Kendall statistic of at least this."""
    gradient_burst: float = 100.0
    """A norm this many times the median is a burst."""
    gradient_burst_share: float = 0.05
    """... if at most this share of the norms is."""
    gradient_clipped_share: float = 0.5
    """Share of the norms at their largest value from which clipping rules the training,"""
    update_ratio_lowest: float = 1e-5
    """Size of a step over that of the weights below which it is too short,"""
    update_ratio_highest: float = 0.03
    """... and above which it is too long. About 1e-3 is usual (lecture notes of CS231n)."""
    gradient_limit_width: float = 0.005
    """... where this close to it, as a share, counts."""

    # Successive runs
    prediction_change: float = 0.05
    """Share of a level by which it must change, beyond noise, for a prediction to be judged."""

    # Schedule
    negligible_rate: float = 0.01
    """A learning rate below this share of its peak trains nothing any more."""
    negligible_before: float = 0.5
    """... which is early when it happens before this share of the run,"""
    negligible_points: int = 4
    """... with this many points on the curve before and after it,"""
    negligible_at_once: float = 0.2
    """... and before this share explains a run that learned nothing at all."""
    full_rate: float = 0.9
    """A schedule that begins at this share of its peak or above has no warm-up,"""
    warmup_share: float = 0.1
    """... which was needed if over this first part of the run"""
    warmup_rise: float = 1.3
    """... the loss lies above its first value by this factor."""
    stalled_share: float = 0.1
    """A loss has stalled when it falls at less than this share of its earlier pace."""
    settling_jitter: float = 0.1
    """Noise of one evaluation over its level from which a constant rate may be too high to settle."""
