"""What investigators ask of a published run and of the decisions made on it.

Every question takes an `engine` where the caller has one open (a page, a notebook); without it a
small one is opened for the question. Whatever was typed reaches the engine as a bound value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Unpack

import pyarrow as pa

from graph.engine import Engine
from graph.errors import ConfigError
from graph.table import Table
from review.decisions import OPEN, Decision, Note
from review.matching import Filters, instead, keys_of, matching_clusters
from review.naming import named_account, named_cluster, reading_tables
from review.run import Run
from review.store import Membership, Store

MEMBER_SORTS = {
    "pagerank": "pagerank desc",
    "belongs": "score desc",
    "nearness": "nearness desc nulls last",
    "rank": "seed_rank desc nulls last",
    "account": "account",
}
"""The orders in which members are listed, weak ones last in each; ties go by account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterView:
    """All that is known of one cluster of a run."""

    run: str
    cluster: Mapping[str, Any]
    """its row of `CLUSTERS`, and its `state`"""
    members: pa.Table
    """`MEMBERS`, the highest PageRank first, weak ones last"""
    also: pa.Table
    """`ALSO_IN`: accounts that belong here too and are no members, the highest score first"""
    elsewhere: pa.Table
    """`ALSO_IN`: its members that belong to other flagged clusters too, by account"""
    evidence: pa.Table
    """`EVIDENCE`, the greatest part of the score first"""
    objects: pa.Table
    """`CLUSTER_OBJECTS`, what most members share first"""
    edges: pa.Table
    """`EDGES` between its members, the heaviest first"""
    decisions: tuple[Decision, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """All that a run and the store know of one account."""

    run: str
    account: str
    clusters: pa.Table
    """rows of `CLUSTERS` with the account's `role` and the cluster's `state`; the role is `also`
    where it belongs to a flagged cluster without being its member"""
    edges: pa.Table
    """its `EDGES`, the heaviest first"""
    interactions: pa.Table
    """its `MEMBER_INTERACTIONS`, in the order of time"""
    memberships: tuple[Membership, ...]
    """its clusters in every run that the store knows"""


def list_clusters(
    run: Run,
    store: Store,
    *,
    sort: str = "place",
    limit: int | None = 50,
    offset: int = 0,
    engine: Engine | None = None,
    **filters: Unpack[Filters],
) -> pa.Table:
    """Clusters of a run as rows of `CLUSTERS` with their `state`.

    `limit` rows at most from the `offset`-th on; `count_clusters` tells how many there are.

    Raises:
        ConfigError: an unknown order, state or filter, or a limit below 0.
    """
    order = ", ".join(keys_of(sort))
    if offset < 0 or (limit is not None and limit < 0):
        message = f"limit and offset are 0 or more, not {limit} and {offset}"
        raise ConfigError(message)
    page = "" if limit is None else "limit $limit"
    bounds = {"offset": offset} if limit is None else {"offset": offset, "limit": limit}
    with matching_clusters(run, store, filters, engine) as matching:
        return matching.rows(
            f"select * from ({{matching}}) found order by {order} {page} offset $offset", bounds
        )


def count_clusters(
    run: Run, store: Store, *, engine: Engine | None = None, **filters: Unpack[Filters]
) -> int:
    """How many clusters of a run the filters let through.

    Raises:
        ConfigError: an unknown state or filter.
    """
    with matching_clusters(run, store, filters, engine) as matching:
        found = matching.query("select count(*) as clusters from ({matching}) found")
    return int(found["clusters"][0].as_py())


def show_cluster(
    run: Run,
    store: Store,
    cluster: str,
    *,
    sort: str = "pagerank",
    engine: Engine | None = None,
) -> ClusterView:
    """One cluster with its members, evidence, objects, edges, decisions and notes.

    Args:
        run: the published run.
        store: the store that the run was imported into.
        cluster: the cluster's name, its place as `#7`, or the id of a member.
        sort: the order of its members, one of `MEMBER_SORTS`.
        engine: where to ask; a small one is opened by default.

    Raises:
        ConfigError: no cluster is named so (with the nearest names), several are, or no order is.
    """
    order = MEMBER_SORTS.get(sort)
    if order is None:
        message = f"unknown order of members {sort[:40]!a}; {instead(sort, MEMBER_SORTS)}"
        raise ConfigError(message)
    wanted = ("clusters", "members", "also_in", "evidence", "cluster_objects", "edges")
    with reading_tables(run, engine, *wanted) as tables:
        name = named_cluster(run, store, cluster, tables["clusters"], tables["members"])
        row = _of_cluster(tables["clusters"], name, "cluster").to_pylist()[0]
        decisions = store.decisions(run.name, name)
        return ClusterView(
            run=run.name,
            cluster={**row, "state": store.state(run.name, name)},
            members=_of_cluster(
                tables["members"],
                name,
                f"case when role = 'weak' then 1 else 0 end, {order}, account",
            ),
            also=_of_cluster(tables["also_in"], name, "score desc, account"),
            elsewhere=_of_cluster(tables["also_in"], name, "account, cluster", column="home"),
            evidence=_of_cluster(tables["evidence"], name, "part desc nulls last, name"),
            objects=_of_cluster(
                tables["cluster_objects"],
                name,
                "members desc, population, layer, object_kind, object",
            ),
            edges=_inner_edges(tables["edges"], tables["members"], name),
            decisions=tuple(decisions),
            notes=tuple(store.notes(run.name, name)),
        )


def account_view(
    run: Run, store: Store, account: str, *, engine: Engine | None = None
) -> AccountView:
    """One account: its clusters, its edges, what it did, and its clusters in other runs.

    Raises:
        ConfigError: the run does not know the account, with the nearest names.
    """
    wanted = ("clusters", "members", "also_in", "edges", "member_interactions")
    with reading_tables(run, engine, *wanted) as tables:
        named_account(account, tables["members"], tables["edges"])
        clusters = tables["clusters"].engine.query(
            """
            with roles as (
                select cluster, role from {members} where account = $account
                union all
                select cluster, 'also' as role from {also_in} where account = $account
            )
            select c.*, r.role from {clusters} c join roles r on r.cluster = c.cluster
            order by c.place, c.cluster
            """,
            {"account": account},
            clusters=tables["clusters"],
            members=tables["members"],
            also_in=tables["also_in"],
        )
        names = clusters["cluster"].to_pylist()
        known = run.states(store)
        states = [known.get(name, OPEN) for name in names]
        return AccountView(
            run=run.name,
            account=account,
            clusters=clusters.append_column("state", pa.array(states, pa.string())),
            edges=_edges_of(tables["edges"], account),
            interactions=_acts_of(tables["member_interactions"], account, names),
            memberships=tuple(store.memberships(account)),
        )


def _of_cluster(table: Table, cluster: str, order: str, *, column: str = "cluster") -> pa.Table:
    return table.engine.query(
        f"select * from {{rows}} where {column} = $cluster order by {order}",
        {"cluster": cluster},
        rows=table,
    )


def _inner_edges(edges: Table, members: Table, cluster: str) -> pa.Table:
    return edges.engine.query(
        """
        with inside as (select account from {members} where cluster = $cluster)
        select * from {edges}
        where src in (select account from inside) and dst in (select account from inside)
        order by weight desc, src, dst, layer
        """,
        {"cluster": cluster},
        edges=edges,
        members=members,
    )


def _edges_of(edges: Table, account: str) -> pa.Table:
    return edges.engine.query(
        "select * from {edges} where src = $account or dst = $account"
        " order by weight desc, src, dst, layer",
        {"account": account},
        edges=edges,
    )


def _acts_of(interactions: Table, account: str, clusters: list[str]) -> pa.Table:
    # The file stands in the order of clusters: naming them lets the engine pass over the others.
    named = {f"cluster_{n}": name for n, name in enumerate(clusters)}
    among = " or ".join(f"cluster = ${name}" for name in named) or "false"
    return interactions.engine.query(
        f"select * from {{interactions}} where account = $account and ({among})"
        " order by acted_at, action, object_kind, object, content, cluster",
        {"account": account, **named},
        interactions=interactions,
    )
