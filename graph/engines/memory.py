"""How a job's memory is shared out: libraries, tables in DuckDB, arrays of compiled kernels."""

from __future__ import annotations

import duckdb

_UNITS = {"bytes": 0, "KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40}
_LIBRARIES = 600 << 20
"""What the process takes before it has read anything: modules and compiled code."""
_LEAST = 320 << 20
"""So much is shared out, if it was given, whatever the libraries take: less does no work."""


def left_for_arrays(duck: duckdb.DuckDBPyConnection) -> int:
    """Lower the limit that a DuckDB was given to the share of tables; the bytes left for arrays.

    Half of what the libraries leave goes to each. A limit below 1 GB cannot be kept, since the
    libraries alone take 600 MB: tables and arrays stay within it, the process does not.
    """
    ((told,),) = duck.execute("select current_setting('memory_limit')").fetchall()
    number, unit = told.split(" ")
    memory = int(float(number) * (1 << _UNITS[unit]))
    left = max(memory - _LIBRARIES, min(memory, _LEAST))
    tables = max(left, min(2 * left, _LEAST)) // 2
    duck.execute("set memory_limit = $memory", {"memory": f"{tables}B"})
    return left // 2
