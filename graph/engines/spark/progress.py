"""How far Spark's tasks are, told while a step runs: the driver itself only waits."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from logging import LogRecord, getLogger
from threading import Event, Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

from graph.engines.signals import signals_come_out
from graph.engines.spark.uneven import LONG_SECONDS, Uneven, altogether, uneven

if TYPE_CHECKING:
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    from graph.listener import Listener

_EVERY_SECONDS = 0.5
UNIT = "tasks"
_GROUP = ("spark.jobGroup.id", "spark.job.description", "spark.job.interruptOnCancel")


@contextmanager
def watched(
    session: SparkSession, listener: Listener, *, long_seconds: float = LONG_SECONDS
) -> Iterator[Listener]:
    """A listener that also tells `listener` of Spark's tasks, until the block ends.

    It hears first which Spark and which Java do the work. Counts begin anew with each step. Jobs
    carry their step's name, in Spark's own pages and in its event log. A step that waited for one
    task much longer than its like is told when it is over, and all such steps at the end. Ctrl-C
    ends the block as Ctrl-C, also where Spark tells first that its jobs were cancelled.

    Args:
        session: does the work.
        listener: who is told.
        long_seconds: how long a task must have taken to be told of.
    """
    listener.note(session_in_words(session))
    context = session.sparkContext
    before = {name: context.getLocalProperty(name) for name in _GROUP}
    ended = Event()

    def look(tasks: _Tasks) -> None:
        while not ended.wait(_EVERY_SECONDS):
            tasks.tell()

    def cancel() -> None:
        # By a thread of its own, which has a connection of its own: a signal comes while this one
        # waits for an answer.
        Thread(target=_cancelled, args=(context,), name="spark-cancel", daemon=True).start()

    with signals_come_out(cancel, unlike=_of_spark) as raised, _without_log_of(raised):
        tasks = _Tasks(context, listener, long_seconds, raised)
        looking = Thread(target=look, args=(tasks,), name="spark-progress", daemon=True)
        looking.start()
        try:
            yield tasks
            tasks.end()
        finally:
            ended.set()
            looking.join()
            with suppress(Exception):  # a dead session has its reason on the way to the user
                for name, value in before.items():
                    context.setLocalProperty(name, value)


def _of_spark(handler: Callable[..., Any]) -> bool:
    """Whether a handler of signals is Spark's.

    It cancels all jobs by the connection whose answer it interrupts, which fails, and is then no
    Ctrl-C any more.
    """
    return (getattr(handler, "__module__", None) or "").startswith("pyspark")


def _cancelled(context: SparkContext) -> None:
    with suppress(Exception):  # a session that is gone has nothing to cancel
        context.cancelAllJobs()


@contextmanager
def _without_log_of(raised: Sequence[BaseException]) -> Iterator[None]:
    """Once there was a signal, py4j's pages about it are kept out of the log."""

    def told(record: LogRecord) -> bool:
        return not (raised and f"{os.sep}py4j{os.sep}" in record.pathname)

    root = getLogger()
    root.addFilter(told)
    try:
        yield
    finally:
        root.removeFilter(told)


def session_in_words(session: SparkSession) -> str:
    """Which Spark, on which cluster, on which Java."""
    context: Any = session.sparkContext
    java = context._jvm.java.lang.System
    return (
        f"Spark {session.version} on {context.master}, Java {java.getProperty('java.version')}"
        f" ({java.getProperty('java.home')})"
    )


class _Tasks:
    """The listener of a step, and the tasks of all stages that were seen in it."""

    def __init__(
        self,
        context: SparkContext,
        listener: Listener,
        long_seconds: float,
        raised: Sequence[BaseException],
    ) -> None:
        self._context = context
        self._tracker = context.statusTracker()
        self._grouped = context.getLocalProperty(_GROUP[0]) is not None
        self._listener = listener
        self._seen: dict[int, tuple[int, int]] = {}
        self._earlier: frozenset[int] = frozenset()
        self._long_seconds = long_seconds
        self._raised = raised
        self._name = ""
        self._at_work: dict[int, tuple[int, float]] = {}
        """Stages that have not ended: their attempt, and when they were first seen at work."""
        self._uneven: dict[str, Uneven] = {}
        self._lock = Lock()

    def step(self, name: str, says: str) -> None:
        """A step begins: tasks of the last one count no more."""
        if self._raised:
            raise self._raised[0]  # it was dropped on its way
        with self._lock:
            self._step_ended()
            self._name = name
            self._earlier = self._earlier | self._seen.keys()
            self._seen.clear()
            if self._grouped:
                # Who began them under a group of his own may stop them by it.
                self._context.setJobDescription(f"{name}: {says}")
            else:
                self._context.setJobGroup(name, says)
            self._listener.step(name, says)

    def rows(self, done: int, total: int | None, unit: str) -> None:
        """Pass on what the step itself counts."""
        with self._lock:
            self._listener.rows(done, total, unit)

    def note(self, says: str) -> None:
        """Pass it on."""
        with self._lock:
            self._listener.note(says)

    def tell(self) -> None:
        """Look at the stages once, and tell of their tasks if there are any."""
        with self._lock:
            active = set(self._tracker.getActiveStageIds()) - self._earlier
            for stage in active | self._seen.keys():
                info = self._tracker.getStageInfo(stage)
                if info is not None:
                    self._seen[stage] = (info.numCompletedTasks, info.numTasks)
                if info is not None and stage in active:
                    _, since = self._at_work.get(stage, (0, monotonic()))
                    self._at_work[stage] = (info.currentAttemptId, since)
            self._look_at_ended(active)
            if active:
                done = sum(done for done, _ in self._seen.values())
                total = sum(total for _, total in self._seen.values())
                self._listener.rows(done, total, UNIT)

    def end(self) -> None:
        """The last step is over: tell of it, and of all that were uneven."""
        with self._lock:
            self._step_ended()
            says = altogether(self._uneven.values())
            if says is not None:
                self._listener.note(says)

    def _step_ended(self) -> None:
        self._look_at_ended(set())
        if self._name in self._uneven:
            self._listener.note(self._uneven[self._name].says())

    def _look_at_ended(self, active: set[int]) -> None:
        """Keep the step's most uneven stage, among those that are active no more."""
        for stage in self._at_work.keys() - active:
            attempt, since = self._at_work.pop(stage)
            # Of the many short stages nothing is asked. They are seen a little after they begin.
            if monotonic() - since + _EVERY_SECONDS < self._long_seconds:
                continue
            found = uneven(
                self._context, self._name, stage, attempt, long_seconds=self._long_seconds
            )
            before = self._uneven.get(self._name)
            if found is not None and (before is None or found.lost > before.lost):
                self._uneven[self._name] = found
