"""What the pages of one console work with: a folder of runs, its store, an engine, the sessions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from console.place import STORE
from console.web.session import Sessions
from graph.engine import Engine
from graph.engines import open_engine
from review.held import HeldRun, held
from review.pointer import RunEntry
from review.run import entry_of, open_run, read_run
from review.run import runs as published_runs
from review.store import Store
from review.taking_in import take_in


@dataclass(frozen=True, slots=True)
class Site:
    """An open console. The engine and the store may be asked by several threads at once."""

    out: Path
    store: Store
    engine: Engine
    sessions: Sessions
    anchors: Path | None = None
    """the file of anchors that the page of the history is held against"""
    _held: dict[str, HeldRun] = field(default_factory=dict)
    _opening: threading.Lock = field(default_factory=threading.Lock)

    def run(self, name: str | None = None) -> HeldRun:
        """A run of the folder, by name or the newest; the store takes it in if it is new there.

        It is checked, taken in and opened once, and stays open until the console is closed.

        Raises:
            ConfigError: nothing is published, or no run has this name.
            StoreError: the run is damaged, or the store refuses.
        """
        entry = entry_of(self.out, name)
        open_already = self._held.get(entry.manifest_sha256)
        if open_already is not None:
            return open_already
        # Taking in a large run takes minutes, in which the pages of others do not wait.
        with self._opening:
            if entry.manifest_sha256 not in self._held:
                found = read_run(self.out, entry)
                take_in(self.out, self.store)
                self.store.import_run(found)
                self._held[entry.manifest_sha256] = held(found, self.engine, self.store)
            return self._held[entry.manifest_sha256]

    def runs(self) -> list[RunEntry]:
        """The published runs, the newest first.

        Raises:
            StoreError: the list of runs is damaged.
        """
        return published_runs(self.out)


def has_people(out: Path, store: str | None = None) -> bool:
    """Whether people sign in to the console of a folder of runs.

    Raises:
        ConfigError: nothing is published in `out`, or the store's URL cannot be understood.
        StoreError: the store refuses.
    """
    open_run(out)
    with Store.open(store or out / STORE) as opened:
        return opened.people.known()


@contextmanager
def opened_site(
    out: Path, *, store: str | None = None, person: str | None = None, anchors: Path | None = None
) -> Iterator[Site]:
    """Open the console of a folder of runs, with its newest run taken in and all of it at hand.

    Args:
        out: the folder of runs.
        store: the store's SQLAlchemy URL or path; the file beside the runs by default.
        person: who will decide; whoever enters is asked for a name by default.
        anchors: the file of anchors (`ringwatch audit anchor`), if the history is held against one.

    Raises:
        ConfigError: nothing is published in `out`, or the store's URL cannot be understood.
        StoreError: the run is damaged, or the store refuses.
    """
    open_run(out)
    engine = open_engine("local", memory="4GB", again=True)
    try:
        with Store.open(store or out / STORE) as opened:
            site = Site(out, opened, engine, Sessions(person=person), anchors)
            site.run().warm()
            yield site
    finally:
        engine.close()
