"""A cluster over all runs of a folder; those that nobody opened yet are taken in first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from graph.errors import StoreError
from review.across_runs import AcrossRuns, LeftOut
from review.pointer import RunEntry, read_pointer
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
    found = store.across_runs(run.name, cluster)
    if found is None:
        return None
    known = {each.run for each in store.runs()}
    unknown = [entry for entry in read_pointer(out) if entry.run not in known]
    if not unknown:
        return found
    unread = _taken_in(out, store, unknown)
    found = store.across_runs(run.name, cluster)
    return found and replace(found, left_out=(*found.left_out, *unread))


def _taken_in(out: Path, store: Store, unknown: Iterable[RunEntry]) -> list[LeftOut]:
    """Take in these runs of the folder; name those that cannot be read."""
    unread = []
    for entry in unknown:
        try:
            store.import_run(read_run(out, entry))
        except StoreError as error:
            unread.append(LeftOut(run=entry.run, why=f"it cannot be taken in: {error}"))
    return unread
