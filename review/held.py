"""A published run held open: what one question opened, the next one finds open.

A run never changes, so a console that is asked page after page need not check its files, read
their footers and let go of them again for each. Lists of clusters are ranked and filtered as a
whole, so the clusters and the texts by which they are found lie in the engine's memory. All else
stays in files whose rows stand in the order of clusters, where one is found at once. Decisions are
followed: only what came since the last question is read.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from review.by_cluster import ACTS_INSIDE, EDGES_INSIDE, by_cluster
from review.decisions import OPEN
from review.run import Run
from review.texts import TEXT_TABLES, TEXTS, all_texts, holding

if TYPE_CHECKING:
    from graph.engine import Engine
    from graph.table import Table
    from review.store import Store

IN_MEMORY = frozenset({"clusters"})
"""The tables of which lists ask all rows at once."""

BY_CLUSTER = {"edges_inside": EDGES_INSIDE, "joint_acts": ACTS_INSIDE}
"""The tables that are read from copies in another order, the second in place of the run's own."""


@dataclass(slots=True)
class _Decided:
    """The states of clusters after the decision of this number; by lasting id in `carried`."""

    seq: int = 0
    states: dict[str, str] = field(default_factory=dict)
    carried_seq: int = -1
    carried: dict[str, str] = field(default_factory=dict)
    both: dict[str, str] = field(default_factory=dict)
    following: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True)
class HeldRun(Run):
    """A published run held open on one engine beside its store, for any number of threads."""

    engine: Engine
    store: Store
    _decided: _Decided = field(default_factory=_Decided)
    _open: dict[str, Table] = field(default_factory=dict)
    _opening: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def opened(self, engine: Engine, *names: str) -> Iterator[dict[str, Table]]:
        """Some of the run's tables; they stay open when the block is left.

        Raises:
            ConfigError: as `table`.
        """
        # Not `super()`: a dataclass with slots is another class than the one written here.
        if engine is not self.engine:
            with Run.opened(self, engine, *names) as tables:
                yield tables
            return
        yield {name: self._held(name) for name in names}

    def states(self, store: Store) -> Mapping[str, str]:
        """The state of each cluster on which a decision stands, as `Store.states`."""
        if store is not self.store:
            return Run.states(self, store)
        decided = self._decided
        with decided.following:
            decided.seq, changed = store.states_after(self.name, decided.seq)
            if changed:
                # A new one: others may be reading the old.
                after = {**decided.states, **changed}
                decided.states = {name: each for name, each in after.items() if each != OPEN}
            decided.carried_seq, carried = store.carried_after(self.name, decided.carried_seq)
            if carried is not None:
                decided.carried = carried
            if changed or carried is not None:
                decided.both = {**decided.carried, **decided.states}
            return decided.both

    def holding(self, engine: Engine, text: str) -> Table:
        """The clusters that hold a text, as `Run.holding`."""
        if engine is not self.engine:
            return Run.holding(self, engine, text)
        return holding({"texts": self._held(TEXTS.name)}, text)

    def warm(self) -> None:
        """Open what pages ask for, which takes a while where a run has millions of members."""
        for name in (*BY_CLUSTER, *IN_MEMORY, TEXTS.name):
            self._held(name)

    def _held(self, name: str) -> Table:
        with self._opening:
            if name not in self._open:
                self._open[name] = self._taken(name)
            return self._open[name]

    def _taken(self, name: str) -> Table:
        plain = Run(self.path, self.manifest, self.manifest_sha256)
        if name in BY_CLUSTER:
            path = by_cluster(plain, self.engine)[BY_CLUSTER[name].name]
            return self.engine.read_parquet([path], BY_CLUSTER[name])
        if name == TEXTS.name:
            with plain.opened(self.engine, *TEXT_TABLES) as tables:
                return all_texts(tables)
        if name in IN_MEMORY:
            with plain.opened(self.engine, name) as tables:
                schema = tables[name].schema
                return self.engine.sql("select * from {rows}", schema, rows=tables[name])
        return self.table(self.engine, name)


def held(run: Run, engine: Engine, store: Store) -> HeldRun:
    """The run, to be held open on an engine until that is closed, beside a store that knows it."""
    return HeldRun(run.path, run.manifest, run.manifest_sha256, engine, store)
