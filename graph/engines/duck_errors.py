"""What DuckDB's errors mean to a person who runs a job, and what mends them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from graph.errors import ConfigError, RingwatchError, SchemaError

# The last two are a file system's limit for a file, and what NumPy says of a disk without room.
_FULL = (
    *("max_temp_directory_size", "No space left", "failed to offload"),
    *("File too large", "requested and"),
)


@contextmanager
def explained(*, memory: str, spill: Path) -> Iterator[None]:
    """Turn a lack of memory or disk into an error that names the mend, Ctrl-C into itself.

    Raises:
        RingwatchError: memory or disk ran out.
        KeyboardInterrupt: the person who runs it interrupted.
    """
    try:
        yield
    # A stream that fails midway comes as an OSError with DuckDB's text.
    except (duckdb.OutOfMemoryException, duckdb.IOException, OSError) as error:
        short = _shortage(str(error), memory=memory, spill=spill)
        if short is None:
            raise
        raise RingwatchError(short) from error
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error
    except RuntimeError as error:
        # DuckDB takes the signal and tells of it in its own way.
        if str(error) != "Query interrupted":
            raise
        raise KeyboardInterrupt from error


@contextmanager
def answering(fact: str) -> Iterator[None]:
    """Turn a query's failure over its own tables and values into one that begins with `fact`.

    Raises:
        SchemaError: a column is missing, or a value cannot be of its column's type.
        ConfigError: the values given are not those that the query names.
    """
    try:
        yield
    except duckdb.InvalidInputException as error:
        message = f"{fact}: {first_line(error)}"
        wrong_values = "parameters: " in message
        raise (ConfigError if wrong_values else SchemaError)(message) from error
    except (duckdb.BinderException, duckdb.DataError) as error:
        message = f"{fact}: {first_line(error)}"
        raise SchemaError(message) from error


def first_line(error: Exception) -> str:
    """What went wrong, without the query's text below it."""
    return str(error).partition("\n")[0]


def _shortage(text: str, *, memory: str, spill: Path) -> str | None:
    if any(sign in text for sign in _FULL):
        return (
            f"the disk is full: what memory cannot hold is put into `{spill}`;"
            f" free space there, or give more memory than {memory} with `--memory`"
        )
    if text.startswith("Out of Memory Error"):
        return (
            f"{memory} of memory are too little for this step; give more with `--memory`,"
            " or fewer `--threads`"
        )
    return None
