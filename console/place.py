"""A folder of runs opened for a command: the run, the store, and an engine for questions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from graph.engine import Engine
from graph.engines import open_engine
from review.run import Run, open_run
from review.store import Store
from review.taking_in import take_in

STORE = "review.sqlite"


@dataclass(frozen=True, slots=True)
class Place:
    """What a command on a published run works with."""

    out: Path
    run: Run
    store: Store
    engine: Engine


@contextmanager
def opened(out: Path, run: str | None = None) -> Iterator[Place]:
    """Open a run and the store beside it; runs that the store does not know are imported.

    They go in in the order of their time, so that clusters keep their ids from one to the next.

    Raises:
        ConfigError: nothing is published in `out`, or no run has this name.
        StoreError: the run is damaged or the store refuses.
    """
    found = open_run(out, run)
    engine = open_engine("local", memory="2GB")
    try:
        with Store.open(out / STORE) as store:
            take_in(out, store)
            # One that could not be taken in is an error where it is the one that was asked for.
            store.import_run(found)
            yield Place(out, found, store, engine)
    finally:
        engine.close()
