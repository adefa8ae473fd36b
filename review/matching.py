"""Which clusters of a run are meant, and in which order: the filters and orders of every list."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypedDict

import pyarrow as pa

from graph.engine import Engine
from graph.errors import ConfigError
from graph.schema import Column, Schema
from review.decisions import STATES
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
    "state": "coalesce(s.state, 'open') = $state",
    "text": """c.cluster in (
        select cluster from {members}
        where contains(lower(account), lower($text)) or contains(lower(name), lower($text))
        union all
        select cluster from {cluster_objects} where contains(lower(object), lower($text))
    )""",
}

_STATES = Schema(
    "states",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("state", "VARCHAR", "the outcome that stands"),
    ),
    key=("cluster",),
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

    def __init__(self, engine: Engine, tables: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
        """Use `matching_clusters`."""
        self._engine, self._tables, self._asked = engine, tables, asked

    def query(self, query: str, bounds: Mapping[str, object] | None = None) -> pa.Table:
        """Run `query`, in which `{matching}` stands for these clusters and `{clusters}` for all."""
        matching = """
            select c.*, coalesce(s.state, 'open') as state
            from {clusters} c left join {states} s on s.cluster = c.cluster
        """
        if self._asked:
            matching += " where " + " and ".join(_CONDITIONS[name] for name in self._asked)
        # The engine refuses values that a query does not ask for.
        asked = self._asked if "{matching}" in query else {}
        text = query.replace("{matching}", matching)
        return self._engine.query(text, {**asked, **(bounds or {})}, **self._tables)


@contextmanager
def matching_clusters(
    run: Run, store: Store, filters: Filters, engine: Engine | None
) -> Iterator[Matching]:
    """The clusters that the filters let through, with their `state`.

    Raises:
        ConfigError: an unknown state or filter.
    """
    asked = _checked(filters)
    with reading_tables(run, engine, "clusters", "members", "cluster_objects") as tables:
        reader = tables["clusters"].engine
        states = reader.from_arrow(_decided(store, run), _STATES)
        try:
            yield Matching(reader, {**tables, "states": states}, asked)
        finally:
            reader.drop(states)


def instead(given: str, known: Collection[str]) -> str:
    """What to write in place of a word that is not known: the nearest, or all there are."""
    close = difflib.get_close_matches(given, list(known), n=1)
    return f"did you mean `{close[0]}`?" if close else f"there is {', '.join(known)}"


def _checked(filters: Filters) -> dict[str, Any]:
    asked = {name: value for name, value in filters.items() if value is not None}
    for name in asked:
        if name not in _CONDITIONS:
            message = f"unknown filter {name[:40]!a}; {instead(name, _CONDITIONS)}"
            raise ConfigError(message)
    state = filters.get("state")
    if state is not None and state not in STATES:
        message = f"unknown state {state[:40]!a}; {instead(state, STATES)}"
        raise ConfigError(message)
    return asked


def _decided(store: Store, run: Run) -> pa.Table:
    states = store.states(run.name)
    columns = {"cluster": list(states), "state": list(states.values())}
    return pa.table(columns, schema=_STATES.arrow)
