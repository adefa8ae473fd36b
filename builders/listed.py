"""Names that came from outside as a table, so that they never enter a query's text."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from graph.engine import Engine
from graph.schema import Column, Schema
from graph.table import Table

NAMES = Schema("names", (Column("name", "VARCHAR", "one of the names"),), key=("name",))


def listed(engine: Engine, names: Sequence[str]) -> Table:
    """The names, each once, for `in (select name from {...})`."""
    distinct = sorted(set(names))
    return engine.from_arrow(pa.table({"name": distinct}, schema=NAMES.arrow), NAMES)
