"""How a job's memory is shared out: libraries, tables in DuckDB, arrays of compiled kernels."""

from __future__ import annotations

from typing import NamedTuple

import duckdb

_UNITS = {"bytes": 0, "KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40}
_LIBRARIES = 600 << 20
"""What the process takes before it has read anything: modules and compiled code."""


class Shares(NamedTuple):
    """Bytes for tables before they spill, and for arrays beside them."""

    tables: int
    arrays: int


def share_out(duck: duckdb.DuckDBPyConnection) -> Shares:
    """Share out the memory that a DuckDB was given as its limit, and lower the limit to its share.

    Half of what the libraries leave goes to each; where they would leave less than half, they are
    not counted, since a job must have something to work with.
    """
    ((told,),) = duck.execute("select current_setting('memory_limit')").fetchall()
    number, unit = told.split(" ")
    memory = int(float(number) * (1 << _UNITS[unit]))
    half = max(memory - _LIBRARIES, memory // 2) // 2
    duck.execute("set memory_limit = $memory", {"memory": f"{half}B"})
    return Shares(half, half)
