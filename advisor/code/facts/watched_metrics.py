"""What schedules that watch a metric are told: by the program, or by a trainer."""

from collections.abc import Iterable
from typing import Self

from advisor.code.events import MetricWatched
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.facts.schedule_use import PLATEAU, ScheduleUse
from advisor.code.values import Object, Schedule, known_text
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

# Where `mode` stands among the arguments of torch's class, and of Keras's.
_MODE_OF_TORCH = 1
_MODE_OF_KERAS = 4


@dataclass(frozen=True, slots=True)
class WatchedMetric(Fact):
    """A schedule, with the metric that the program tells it at each step (`use`), or the name of the
    one that a trainer is to tell it (`watched`)."""

    use: ScheduleUse | None
    watched: MetricWatched | None

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every schedule that is stepped, and every one that a trainer steps by a metric."""
        yield from (cls(use, None) for use in run.facts(ScheduleUse))
        for event in run.events(MetricWatched):
            path = event.schedule.path if isinstance(event.schedule, Object) else ""
            if path.endswith(f".{PLATEAU}"):
                yield cls(None, event)

    @property
    def mode(self) -> str | None:
        """`min` or `max`, where the program says it; for torch's class, also where it does not."""
        schedule = self.watched.schedule if self.watched is not None else None
        if not isinstance(schedule, Object) or schedule.arguments.unknown:
            return None
        of_torch = isinstance(schedule, Schedule)
        given = schedule.argument(_MODE_OF_TORCH if of_torch else _MODE_OF_KERAS, "mode")
        if getattr(given, "configurable", None):
            return None
        if given is None:
            return "min" if of_torch else None
        found = known_text(given)
        return found if found in {"min", "max"} else None

    def finding(self, message: str) -> Draft:
        """A finding at the schedule that a trainer steps."""
        assert self.watched is not None
        return Draft(self.watched.place, message)
