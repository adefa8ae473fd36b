"""Stages in which one task of Spark keeps a whole step waiting: found, and put into words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark import SparkContext

LONG_SECONDS = 10.0
"""A stage whose longest task is shorter costs too little to be told."""

TIMES = 5.0
"""So many times the median task the longest must take; Spark splits skewed joins from there on."""

_SKEW = "skew, a task of Spark far longer than its like,"
_LEAST_TASKS = 3
_SHORTEST_SECONDS = 1e-3  # Spark counts milliseconds: a median of none is shorter than one


@dataclass(frozen=True, slots=True)
class Uneven:
    """A stage that waited for its longest task; times in seconds."""

    step: str
    tasks: int
    longest: float
    median: float

    @property
    def times(self) -> float:
        """How many times the median task the longest took."""
        return self.longest / max(self.median, _SHORTEST_SECONDS)

    @property
    def lost(self) -> float:
        """The seconds that the stage would not have lasted had all tasks been as the median."""
        return self.longest - self.median

    def says(self) -> str:
        """One sentence for who waits."""
        return (
            f"`{self.step}` waited for one task of Spark: it took {self.longest:,.1f} s,"
            f" {self.times:,.0f} times the median of its stage's {self.tasks:,} tasks"
        )


def uneven(
    context: SparkContext, step: str, stage: int, attempt: int, *, long_seconds: float
) -> Uneven | None:
    """What there is to tell of a stage that has ended; None for an even, a short or a small one.

    Args:
        context: ran the stage.
        step: in whose course it ran.
        stage: its number.
        attempt: the number of its last attempt, whose tasks that succeeded are looked at.
        long_seconds: how long the longest task must have taken.
    """
    from py4j.protocol import Py4JError

    within: Any = context
    quantiles = within._gateway.new_array(within._jvm.double, 2)
    quantiles[0], quantiles[1] = 0.5, 1.0
    try:
        store = within._jsc.sc().statusStore()
        found = store.taskSummary(stage, attempt, quantiles)
        if found.isEmpty():
            return None
        took = found.get().executorRunTime()
        median, longest = took.apply(0) / 1000, took.apply(1) / 1000
        tasks = store.stageAttempt(stage, attempt, False, None, False, None)._1().numTasks()
    except Py4JError:
        # A Spark that keeps no such store, or has forgotten the stage: nothing is known of it.
        return None
    seen = Uneven(step, tasks, longest, median)
    many = tasks >= _LEAST_TASKS and seen.times >= TIMES
    return seen if many and longest >= long_seconds else None


def altogether(found: Iterable[Uneven]) -> str | None:
    """What a run on Spark says at its end of its uneven steps; None if there was none."""
    worst = sorted(found, key=lambda one: -one.lost)
    if not worst:
        return None
    steps = ", ".join(
        f"`{one.step}` ({one.times:,.0f} times the median, {one.longest:,.1f} s)" for one in worst
    )
    return f"{_SKEW} in: {steps}; see docs/scale.md, The largest skew"
