"""Queries over few rows: one task, nothing shuffled, nothing compiled.

Of a query over some thousand rows nearly all time goes into what Spark does about it: Java that is
written and compiled for each of its stages, a job for each side that is sent to all tasks, a
shuffle for each grouping. Rows that lie in one partition are grouped and joined where they are, and
expressions can be evaluated as they stand. The rows of the answer are the same; their order within
it is nobody's promise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Lock
from typing import TYPE_CHECKING

from graph.errors import ConfigError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SETTING = "spark.ringwatch.fewRows"
"""How many rows of a table, or of all tables of a query, count as few; 0 plans all as if large."""
FEW = 10_000
FEW_BYTES = 8_000_000
"""Few rows of more bytes are not brought into one partition: each of them may be much work."""

_LIGHTLY: dict[str, str] = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    # To send one side to all tasks is a job of its own; here there is one task.
    "spark.sql.autoBroadcastJoinThreshold": "-1",
}


class FewRows:
    """How one engine's queries over few rows are planned; what the session was told stands.

    Settings are the session's and not a query's. So they are lent to a small query that is asked
    alone, and given back when it is done or a large one is asked beside it.
    """

    def __init__(self, session: SparkSession, told: Mapping[str, str]) -> None:
        """Plan for `session`, which was given the settings `told` by its user.

        Raises:
            ConfigError: what was told about few rows is no whole number.
        """
        self._session = session
        self._most = _whole(told.get(SETTING, str(FEW)))
        self._lock = Lock()
        self._asked = 0
        self._lent: list[str] = []

    def are(self, rows: int | None) -> bool:
        """Whether so many rows are few; of an unknown number it is not said."""
        return rows is not None and self._most > 0 and rows <= self._most

    @contextmanager
    def planned(self, rows: int | None) -> Iterator[None]:
        """Plan and run what is asked within for this many rows."""
        try:
            with self._lock:
                self._asked += 1
                if not self.are(rows):
                    self._give_back()
                elif self._asked == 1:
                    self._lend()
            yield
        finally:
            with self._lock:
                self._asked -= 1
                if self._asked == 0:
                    self._give_back()

    def _lend(self) -> None:
        conf = self._session.conf
        for name, value in _LIGHTLY.items():
            # What stands there is somebody's will, also if it was said a moment ago.
            if conf.get(name, None) is None:
                self._lent.append(name)
                conf.set(name, value)

    def _give_back(self) -> None:
        # A session that has died has its reason on the way to the user.
        with suppress(Exception):
            while self._lent:
                self._session.conf.unset(self._lent[-1])
                self._lent.pop()


def _whole(told: str) -> int:
    if not told.isdecimal():
        message = f"`{SETTING}` is a number of rows, such as {FEW}, and not `{told}`"
        raise ConfigError(message)
    return int(told)
