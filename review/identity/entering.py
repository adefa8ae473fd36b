"""Ids enter the store with their entry in the history: what was assigned, counted and digested."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from review.history import add_entry
from review.identity.assign import plan_identities, unidentified, write_plan


def enter_run(
    connection: Connection,
    run: str,
    folder: Path,
    action: str,
    details: Mapping[str, Any],
    *,
    by: str,
    at: int,
) -> None:
    """Give the clusters of a run their ids, and enter that in the history, in the caller's turn.

    Args:
        connection: a turn of the store.
        run: a run that was taken in and has no ids yet.
        folder: the folder of its Parquet files.
        action: what the history calls it.
        details: what the history keeps beside what was assigned.
        by: who takes it in.
        at: ms since 1970 UTC.
    """
    plan = plan_identities(connection, run, folder)
    told = {**details, "identities": plan.told}
    seq = add_entry(connection, action, by=by, at=at, run=run, details=told)
    write_plan(connection, plan, seq)


def enter_earlier(connection: Connection, runs: Path, *, by: str, at: int) -> None:
    """The same for runs that an earlier version took in, the first first."""
    for run in unidentified(connection):
        enter_run(connection, run, runs / run, "identify", {}, by=by, at=at)
