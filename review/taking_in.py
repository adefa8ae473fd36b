"""The runs of a folder, taken into the store in the order of their time.

The order matters: a cluster's lasting id is that of the one it goes on from, so what came first is
taken in first, whichever run was asked for.
"""

from __future__ import annotations

from pathlib import Path

from graph.errors import StoreError
from review.across_runs import LeftOut
from review.pointer import read_pointer
from review.run import Run, read_run
from review.store import Store


def take_in(out: Path, store: Store) -> list[LeftOut]:
    """Take in every run of the folder that the store does not know; name those that cannot be read.

    Raises:
        StoreError: the list of runs is damaged.
    """
    known = {each.run for each in store.runs()}
    fresh: list[Run] = []
    unread = []
    for entry in read_pointer(out):
        if entry.run in known:
            continue
        try:
            fresh.append(read_run(out, entry))
        except StoreError as error:
            unread.append(LeftOut(run=entry.run, why=f"it cannot be taken in: {error}"))
    for run in sorted(fresh, key=_order):
        try:
            store.import_run(run)
        except StoreError as error:
            unread.append(LeftOut(run=run.name, why=f"it cannot be taken in: {error}"))
    return sorted(unread, key=lambda each: each.run)


def _order(run: Run) -> tuple[int, int, str]:
    """As `review.identity.assign.run_order`, of a run that is not in the store yet."""
    made = run.manifest.created_at
    ended = run.manifest.summary.get("other_days", {}).get("last_at")
    return made if ended is None else int(ended), made, run.name
