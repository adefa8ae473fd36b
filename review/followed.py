"""A cluster over all runs of a folder; those that nobody opened yet are taken in first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from graph.errors import StoreError
from review.across_runs import AcrossRuns, LeftOut
from review.pointer import read_pointer
from review.run import Run, read_run
from review.store import Store


def followed(out: Path, store: Store, run: Run, cluster: str) -> AcrossRuns | None:
    """What a cluster shows over the runs of a folder; None if its run tests no days of their own.

    A run that cannot be read is left out and named.

    Args:
        out: the folder of runs.
        store: the store beside it, which knows the run.
        run: the run that is looked at.
        cluster: the cluster's name.

    Raises:
        ConfigError: the run has no such cluster.
        StoreError: the list of runs is damaged.
    """
    if store.across_runs(run.name, cluster) is None:
        return None
    unread = _taken_in(out, store)
    found = store.across_runs(run.name, cluster)
    return found and replace(found, left_out=(*found.left_out, *unread))


def _taken_in(out: Path, store: Store) -> list[LeftOut]:
    """Take in every run of the folder; name those that cannot be read."""
    unread = []
    known = {each.run for each in store.runs()}
    for entry in read_pointer(out):
        if entry.run in known:
            continue
        try:
            store.import_run(read_run(out, entry))
        except StoreError as error:
            unread.append(LeftOut(run=entry.run, why=f"it cannot be taken in: {error}"))
    return unread
