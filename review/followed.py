"""A cluster over all runs of a folder; those that nobody opened yet are taken in first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from review.across_runs import AcrossRuns
from review.pointer import read_pointer
from review.run import Run
from review.store import Store
from review.taking_in import take_in


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
    if all(entry.run in known for entry in read_pointer(out)):
        return found
    unread = take_in(out, store)
    found = store.across_runs(run.name, cluster)
    return found and replace(found, left_out=(*found.left_out, *unread))
