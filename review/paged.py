"""A list of clusters page by page, however long: each page begins where another ended.

A page is named by the cluster beside it and not by a number of rows, so that a decision taken
meanwhile, which moves a cluster out of the list, neither repeats nor skips another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Unpack

import pyarrow as pa

from graph.engine import Engine
from graph.errors import ConfigError
from review.matching import Filters, Matching, keys_of, matching_clusters
from review.run import Run
from review.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterPage:
    """Some clusters of a list: rows of `CLUSTERS` with their `state`.

    `matching` is the length of the whole list, `passed` how much of it comes before these rows.
    """

    rows: pa.Table
    matching: int
    passed: int

    @property
    def more(self) -> bool:
        """Whether clusters come after these."""
        return bool(self.passed + self.rows.num_rows < self.matching)


def page_of_clusters(
    run: Run,
    store: Store,
    *,
    sort: str = "place",
    limit: int = 50,
    after: str | None = None,
    before: str | None = None,
    engine: Engine | None = None,
    **filters: Unpack[Filters],
) -> ClusterPage:
    """The first clusters of a list, or those that come next to one of them.

    Args:
        run: the published run.
        store: the store that the run was imported into.
        sort: the order, one of `SORTS`.
        limit: how many at most.
        after: the cluster of the run behind which the page begins; it need not be in the list.
        before: the cluster before which the page ends.
        engine: where to ask; a small one is opened by default.
        filters: which clusters.

    Raises:
        ConfigError: an unknown order, state or filter, a limit below 1, both ends told, or an end
            that is no cluster of the run.
    """
    if limit < 1:
        message = f"a page has at least one cluster, not {limit}"
        raise ConfigError(message)
    if after is not None and before is not None:
        message = "a page begins after a cluster or ends before one; give one of the two"
        raise ConfigError(message)
    keys = keys_of(sort)
    with matching_clusters(run, store, filters, engine) as matching:
        edge = after if before is None else before
        if edge is not None:
            _refuse_unknown(matching, run, edge)
        rows = _rows(matching, keys, edge, limit, backwards=before is not None)
        first = rows["cluster"][0].as_py() if rows.num_rows else None
        total, passed = _counts(matching, keys, first)
        if first is None and edge is not None:
            passed = total
    return ClusterPage(rows=rows, matching=total, passed=passed)


def _rows(
    matching: Matching, keys: tuple[str, ...], edge: str | None, limit: int, *, backwards: bool
) -> pa.Table:
    beside = "" if edge is None else f"where {_beside(keys, '<' if backwards else '>')}"
    turned = ", ".join(f"{key} desc" if backwards else key for key in keys)
    bounds: Mapping[str, object] = {"limit": limit, **({} if edge is None else {"edge": edge})}
    rows = matching.rows(
        f"select * from ({{matching}}) f {beside} order by {turned} limit $limit", bounds
    )
    return rows.take(pa.array(range(rows.num_rows - 1, -1, -1), pa.int64())) if backwards else rows


def _counts(matching: Matching, keys: tuple[str, ...], first: str | None) -> tuple[int, int]:
    """How many clusters there are, and how many of them come before the first of the page."""
    if first is None:
        return int(matching.query("select count(*) as n from ({matching}) f")["n"][0].as_py()), 0
    found = matching.query(
        f"select count(*) as n, count(*) filter (where {_beside(keys, '<')}) as passed"
        " from ({matching}) f",
        {"edge": first},
    )
    return int(found["n"][0].as_py()), int(found["passed"][0].as_py())


def _beside(keys: tuple[str, ...], sign: str) -> str:
    # What a run found never changes: the edge has a place even where no filter lets it through.
    own = ", ".join(keys)
    return f"({own}) {sign} (select ({own}) from {{clusters}} where cluster = $edge)"


def _refuse_unknown(matching: Matching, run: Run, edge: str) -> None:
    known: dict[str, Any] = {"edge": edge}
    if not matching.query("select 1 as n from {clusters} where cluster = $edge", known).num_rows:
        message = f"run `{run.name}` has no cluster `{edge[:80]}` to page from"
        raise ConfigError(message)
