"""Triggers that keep what was written, for the tables of later steps."""

from __future__ import annotations

from collections.abc import Iterable

from alembic import op


def keep_as_written(tables: Iterable[str]) -> None:
    """Refuse every update and delete on these tables (and truncate, on PostgreSQL)."""
    if op.get_bind().dialect.name == "postgresql":
        for table in tables:
            # The first step made the function.
            op.execute(
                f"create trigger {table}_append_only before update or delete or truncate"
                f" on {table} for each statement execute function refuse_change()"
            )
        return
    for table in tables:
        for change in ("update", "delete"):
            op.execute(
                f"create trigger {table}_no_{change} before {change} on {table}"
                f" begin select raise(abort, '{table} is append-only'); end"
            )
