"""A DuckDB of one's own in memory, with the settings on which the house's answers rest."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from graph.errors import ConfigError

_SETTINGS = {
    # Order comes from each schema's key where it matters; holding rows in arrival order
    # everywhere costs memory.
    "preserve_insertion_order": "false",
    # Nulls stand where Spark puts them, so that ties are decided alike.
    "default_null_order": "nulls_first_on_asc_last_on_desc",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    # A name that a query misspells must not find a Python variable instead.
    "python_enable_replacements": "false",
}


def open_duck(
    *, memory: str, threads: int, settings: Mapping[str, str] | None = None
) -> duckdb.DuckDBPyConnection:
    """Open an empty DuckDB.

    Args:
        memory: the most it may take, such as `4GB`.
        threads: processors to use.
        settings: further settings of DuckDB.

    Raises:
        ConfigError: `memory` is no size.
    """
    duck = duckdb.connect(":memory:", config={**_SETTINGS, **(settings or {})})
    try:
        duck.execute("set memory_limit = $memory", {"memory": memory})
    except duckdb.Error as error:
        duck.close()
        message = f"memory `{memory}` is no size; write it as `4GB` or `800MB`"
        raise ConfigError(message) from error
    duck.execute(f"set threads = {int(threads)}")
    # A time that is cast to text reads alike wherever the job runs.
    duck.execute("set global TimeZone = 'UTC'")
    return duck
