"""Which clusters of a run are meant, and in which order: the filters and orders of every list."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypedDict

import pyarrow as pa

from graph.engine import Engine
from graph.errors import ConfigError
from graph.table import Table
from review.decisions import OPEN, STATES
from review.naming import reading_tables
from review.run import Run
from review.store import Store

SORTS: Mapping[str, tuple[str, ...]] = {
    "place": (),
    "score": ("-score",),
    "accounts": ("-accounts",),
    "objects": ("-objects",),
    "first": ("first_at is null", "coalesce(first_at, 0)"),
    "last": ("last_at is null", "-coalesce(last_at, 0)"),
    "name": ("cluster",),
}
"""The orders in which clusters are listed, as what rises along the list and is never null.

Ties go by place, then name.
"""

_CONDITIONS = {
    "layer": "contains(',' || replace(c.layers, ' ', '') || ',', ',' || $layer || ',')",
    "min_accounts": "c.accounts >= $min_accounts",
    "min_score": "c.score >= $min_score",
    "min_precision": "c.expected_precision >= $min_precision",
    "flagged": "c.flagged = $flagged",
    "open": "c.cluster not in (select unnest($open))",
    "decided": "c.cluster in (select unnest($decided))",
    "text": "c.cluster in (select cluster from {holding})",
    "without": "c.cluster not in (select unnest($without))",
}
_ASKED = (
    "layer",
    "min_accounts",
    "min_score",
    "min_precision",
    "flagged",
    "state",
    "text",
    "without",
)


class Filters(TypedDict, total=False):
    """Which clusters: all conditions hold at once; one that is None or absent asks nothing."""

    layer: str | None
    """joined (also) by this layer"""
    min_accounts: int | None
    min_score: float | None
    min_precision: float | None
    """the least expected precision"""
    flagged: bool | None
    """named suspect, or only listed"""
    state: str | None
    """one of `review.decisions.STATES`"""
    text: str | None
    """part of a member's id or shown name, or of a shared object; case does not matter"""
    without: list[str] | None
    """not these clusters"""


def keys_of(sort: str) -> tuple[str, ...]:
    """What rises along a list in this order, so that no two clusters have the same.

    Raises:
        ConfigError: there is no such order, with the nearest.
    """
    found = SORTS.get(sort)
    if found is None:
        message = f"unknown order {sort[:40]!a}; {instead(sort, SORTS)}"
        raise ConfigError(message)
    return (*found, "place", "cluster")


class Matching:
    """The clusters of a run that filters let through, ready to be asked of."""

    def __init__(
        self,
        tables: Mapping[str, Table],
        asked: Mapping[str, object],
        states: Mapping[str, str],
    ) -> None:
        """Use `matching_clusters`."""
        self._tables, self._asked, self._states = tables, asked, states

    def query(self, query: str, bounds: Mapping[str, object] | None = None) -> pa.Table:
        """Run `query`, in which `{matching}` stands for these clusters and `{clusters}` for all."""
        matching = "select c.* from {clusters} c"
        if self._asked:
            matching += " where " + " and ".join(_CONDITIONS[name] for name in self._asked)
        # The engine refuses values that a query does not ask for.
        asked = {name: value for name, value in self._asked.items() if f"${name}" in matching}
        text = query.replace("{matching}", matching)
        values = {**(asked if text != query else {}), **(bounds or {})}
        return self._tables["clusters"].engine.query(text, values, **self._tables)

    def rows(self, query: str, bounds: Mapping[str, object] | None = None) -> pa.Table:
        """The rows of a query that gives clusters, with their `state`."""
        found = self.query(query, bounds)
        states = [self._states.get(name, OPEN) for name in found["cluster"].to_pylist()]
        return found.append_column("state", pa.array(states, pa.string()))


@contextmanager
def matching_clusters(
    run: Run, store: Store, filters: Filters, engine: Engine | None
) -> Iterator[Matching]:
    """The clusters that the filters let through, with their `state`.

    Raises:
        ConfigError: an unknown state or filter.
    """
    asked = _checked(filters)
    text = asked.get("text")
    states = run.states(store)
    with reading_tables(run, engine, "clusters") as tables:
        conditions = _of_states(asked, states)
        if text is None:
            yield Matching(tables, conditions, states)
            return
        # Reading every name is most of what a page costs: it is done once for its questions.
        holding = run.holding(tables["clusters"].engine, text)
        try:
            yield Matching({**tables, "holding": holding}, conditions, states)
        finally:
            holding.engine.drop(holding)


def instead(given: str, known: Collection[str]) -> str:
    """What to write in place of a word that is not known: the nearest, or all there are."""
    close = difflib.get_close_matches(given, list(known), n=1)
    return f"did you mean `{close[0]}`?" if close else f"there is {', '.join(known)}"


def _checked(filters: Filters) -> dict[str, Any]:
    asked = {name: value for name, value in filters.items() if value is not None}
    if not asked.get("without"):
        # An empty list asks nothing, and has no type that an engine could tell.
        asked.pop("without", None)
    for name in asked:
        if name not in _ASKED:
            message = f"unknown filter {name[:40]!a}; {instead(name, _ASKED)}"
            raise ConfigError(message)
    state = filters.get("state")
    if state is not None and state not in STATES:
        message = f"unknown state {state[:40]!a}; {instead(state, STATES)}"
        raise ConfigError(message)
    return asked


def _of_states(asked: Mapping[str, Any], states: Mapping[str, str]) -> dict[str, Any]:
    """What is asked, a state told by the clusters that have it or, if that is `open`, have not."""
    told = {name: value for name, value in asked.items() if name != "state"}
    state = asked.get("state")
    if state == OPEN and states:
        told["open"] = list(states)
    elif state is not None and state != OPEN:
        # A list needs a first value for its type; no cluster has an empty name.
        told["decided"] = ["", *(name for name, each in states.items() if each == state)]
    return told
