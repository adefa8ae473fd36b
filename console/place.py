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
    """Open a run and the store beside it; a run that the store does not know is imported.

    Raises:
        ConfigError: nothing is published in `out`, or no run has this name.
        StoreError: the run is damaged or the store refuses.
    """
    found = open_run(out, run)
    engine = open_engine("local", memory="2GB")
    try:
        with Store.open(out / STORE) as store:
            store.import_run(found)
            yield Place(out, found, store, engine)
    finally:
        engine.close()
