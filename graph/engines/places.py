"""The local way to number a table's rows in order."""

from __future__ import annotations

from collections.abc import Sequence

from graph.schema import Schema
from graph.table import Table


def places(
    table: Table, *, order: Sequence[str], schema: Schema, descending: bool = False
) -> Table:
    """The table's rows with `place`: 1, 2, 3 ... by `order`, equal rows by all other columns.

    Args:
        table: any table without a column `place`.
        order: the columns to go by, first things first.
        schema: the columns of the answer, `place` (BIGINT) among them.
        descending: the first of `order` goes from the greatest down.
    """
    rest = [name for name in table.schema.names if name not in order]
    first = f'"{order[0]}" {"desc" if descending else "asc"}'
    by = ", ".join((first, *(f'"{name}"' for name in (*order[1:], *rest))))
    return table.engine.sql(
        f"select *, row_number() over (order by {by}) as place from {{table}}", schema, table=table
    )
