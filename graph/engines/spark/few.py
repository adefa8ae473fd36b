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
from typing import TYPE_CHECKING

from graph.errors import ConfigError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SETTING = "spark.ringwatch.fewRows"
"""How many rows of a table, or of all tables of a query, count as few; 0 plans all as if large."""
FEW = 10_000

_LIGHTLY: dict[str, str] = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    # To send one side to all tasks is a job of its own; here there is one task.
    "spark.sql.autoBroadcastJoinThreshold": "-1",
}


class FewRows:
    """How a session's queries over few rows are planned; what it was told otherwise stands."""

    def __init__(self, session: SparkSession, told: Mapping[str, str]) -> None:
        """Plan for `session`, which was given the settings `told` by its user.

        Raises:
            ConfigError: what was told about few rows is no whole number.
        """
        self._session = session
        self.most = _whole(told.get(SETTING, str(FEW)))
        self._settings = {name: value for name, value in _LIGHTLY.items() if name not in told}

    @contextmanager
    def planned(self, rows: int) -> Iterator[None]:
        """Plan and run what is asked within for this many rows."""
        if rows > self.most:
            yield
            return
        for name, value in self._settings.items():
            self._session.conf.set(name, value)
        try:
            yield
        finally:
            # A session that has died has its reason on the way to the user.
            with suppress(Exception):
                for name in self._settings:
                    self._session.conf.unset(name)


def _whole(told: str) -> int:
    if not told.isdecimal():
        message = f"`{SETTING}` is a number of rows, such as {FEW}, and not `{told}`"
        raise ConfigError(message)
    return int(told)
