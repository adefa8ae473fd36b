"""What Spark's errors mean to a person who runs a job, without the pages of its stack."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from graph.errors import ConfigError, RingwatchError, SchemaError

_TOLD_APART = ("it lacks", "the values do not fit")
"""How errors of ours begin that want the fact before them."""
_ASKED_WRONGLY = ("AnalysisException", "ParseException", "ArithmeticException")
_VALUES_WRONG = (
    "CastException",
    "NumberFormatException",
    "DateTimeException",
    "IllegalArgumentException",
    "SparkRuntimeException",
)


@contextmanager
def answering(fact: str) -> Iterator[None]:
    """Turn a query's failure into one of ours that begins with `fact`.

    Raises:
        SchemaError: a column is missing, or a value cannot be of its column's type.
        ConfigError: the values given are not those that the query names.
        RingwatchError: the cluster failed.
    """
    try:
        yield
    except RingwatchError as error:
        if str(error).startswith(_TOLD_APART):
            message = f"{fact}: {error}"
            raise type(error)(message) from error
        raise
    except Exception as error:
        kind = type(error).__name__
        if (
            kind not in (*_ASKED_WRONGLY, *_VALUES_WRONG)
            and "pyspark" not in type(error).__module__
        ):
            raise
        message = f"{fact}: {first_line(error)}"
        if "UNBOUND_SQL_PARAMETER" in str(error):
            raise ConfigError(message) from error
        if kind in (*_ASKED_WRONGLY, *_VALUES_WRONG):
            raise SchemaError(message) from error
        raise RingwatchError(message) from error


def first_line(error: Exception) -> str:
    """What went wrong, without the plan or the stack below it."""
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return lines[0].strip() if lines else type(error).__name__
