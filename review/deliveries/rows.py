"""The tables of one delivery: clusters, accounts, evidence, reasons, edges, as Arrow rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from graph.engine import Engine
from graph.schema import Column, Schema
from graph.table import Table
from review.deliveries.items import Chosen, Item
from review.identity.identities import Biography, Sighting
from review.run_tables import RunTables

CLUSTERS_SENT = Schema(
    "clusters",
    (
        Column("cluster_id", "VARCHAR", "the lasting id"),
        Column("version", "BIGINT", "rises when the cluster's accounts change"),
        Column("op", "VARCHAR", "`upsert`, or `recall`"),
        Column("run", "VARCHAR", "the run"),
        Column("cluster", "VARCHAR", "the cluster's name in the run"),
        Column("decision", "VARCHAR", "the newest outcome that stands"),
        Column("decision_version", "BIGINT", "the number of that decision"),
        Column("decided_at", "VARCHAR", "when, RFC 3339 in UTC"),
        Column("reason", "VARCHAR", "the reason that was given"),
        Column("score", "DOUBLE", "in [0, 1]"),
        Column("expected_precision", "DOUBLE", "chance that it is a ring"),
        Column("precision_low", "DOUBLE", "lower end of its interval, 95 %"),
        Column("precision_high", "DOUBLE", "upper end of its interval, 95 %"),
        Column("size", "BIGINT", "accounts of the cluster that are not weak"),
        Column("size_confirmed", "BIGINT", "of them those that a decision confirms"),
        Column("size_sent", "BIGINT", "of those the ones in this delivery"),
        Column("size_excluded", "BIGINT", "accounts that a decision leaves out"),
        Column("size_new", "BIGINT", "accounts new since the decision; they stay"),
        Column("first_at", "VARCHAR", "the earliest joint act", nullable=True),
        Column("last_at", "VARCHAR", "the latest joint act", nullable=True),
        Column("runs_seen", "BIGINT", "runs that showed it"),
        Column("change", "VARCHAR", "against where it was seen before"),
        Column("split_from", "VARCHAR", "ids it came out of, comma separated"),
        Column("merged", "VARCHAR", "ids that went into it, comma separated"),
        Column("returning_of", "VARCHAR", "ids it may be the return of, comma separated"),
        Column("says", "VARCHAR", "the strongest reason, in words"),
    ),
    key=("cluster_id", "cluster"),
)

ACCOUNTS_SENT = Schema(
    "accounts",
    (
        Column("account", "VARCHAR", "the account's id"),
        Column("item_id", "VARCHAR", "SHA-256: the same however often it is sent"),
        Column("op", "VARCHAR", "`upsert`, or `recall`"),
        Column("cluster_id", "VARCHAR", "the cluster's lasting id"),
        Column("cluster", "VARCHAR", "the cluster's name in the run"),
        Column("recommended_action", "VARCHAR", "what is recommended to be done"),
        Column("decision_version", "BIGINT", "the number of the decision that confirms it"),
        Column("platform", "VARCHAR", "where the account lives", nullable=True),
        Column("name", "VARCHAR", "the name it shows", nullable=True),
        Column("membership", "VARCHAR", "`core`, `peripheral`, `bridge`"),
        Column("member_score", "DOUBLE", "how far it belongs"),
        Column("created_at", "VARCHAR", "when the account was made", nullable=True),
    ),
    key=("cluster_id", "account"),
)

EVIDENCE_SENT = Schema(
    "evidence",
    (
        Column("evidence_id", "VARCHAR", "the same for the same thing of the same cluster"),
        Column("cluster_id", "VARCHAR", "the cluster's lasting id"),
        Column("type", "VARCHAR", "what kind of thing it is"),
        Column("object", "VARCHAR", "the thing that they share"),
        Column("layer", "VARCHAR", "the layer in which it joins them"),
        Column("accounts", "BIGINT", "members that acted on it"),
        Column("occurrences", "BIGINT", "their interactions on it"),
        Column("population", "BIGINT", "accounts of the extract that acted on it"),
        Column("population_rate", "DOUBLE", "population / accounts of the extract"),
    ),
    key=("cluster_id", "layer", "type", "object"),
)

REASONS_SENT = Schema(
    "reasons",
    (
        Column("cluster_id", "VARCHAR", "the cluster's lasting id"),
        Column("kind", "VARCHAR", "`for`, `against`, or `checked`: an innocent explanation"),
        Column("name", "VARCHAR", "what was measured"),
        Column("value", "DOUBLE", "the measured value", nullable=True),
        Column("usual", "DOUBLE", "the value usual in this extract", nullable=True),
        Column("degree", "DOUBLE", "how fully an explanation applies", nullable=True),
        Column("says", "VARCHAR", "in words"),
    ),
    key=("cluster_id", "kind", "name"),
)

EDGES_SENT = Schema(
    "edges",
    (
        Column("src", "VARCHAR", "the lesser account id"),
        Column("dst", "VARCHAR", "the greater account id"),
        Column("cluster_id", "VARCHAR", "the cluster's lasting id"),
        Column("layer", "VARCHAR", "which way of being joined this is"),
        Column("weight", "DOUBLE", "how strongly"),
        Column("objects", "BIGINT", "distinct things shared"),
        Column("expected", "DOUBLE", "the shared count that chance would give", nullable=True),
        Column("log10_p", "DOUBLE", "log10 of the chance of so large a count", nullable=True),
        Column("first_at", "VARCHAR", "the earliest post that takes part", nullable=True),
        Column("last_at", "VARCHAR", "the latest post that takes part", nullable=True),
    ),
    key=("cluster_id", "src", "dst", "layer"),
)

_ITEMS = Schema(
    "items",
    (
        Column("item_id", "VARCHAR", ""),
        Column("op", "VARCHAR", ""),
        Column("cluster_id", "VARCHAR", ""),
        Column("cluster", "VARCHAR", ""),
        Column("account", "VARCHAR", ""),
        Column("recommended_action", "VARCHAR", ""),
        Column("decision_version", "BIGINT", ""),
    ),
    key=("item_id",),
)

_TIME = "strftime(make_timestamp({0} * 1000), '%Y-%m-%dT%H:%M:%S') || '.' ||" + (
    " lpad(({0} % 1000)::varchar, 3, '0') || 'Z'"
)

_ACCOUNTS = f"""
select i.account, i.item_id, i.op, i.cluster_id, i.cluster, i.recommended_action,
       i.decision_version, m.platform, m.name, m.role as membership, m.score as member_score,
       {_TIME.format("m.created_at")} as created_at
from {{items}} i join {{members}} m on m.cluster = i.cluster and m.account = i.account
order by i.cluster_id, i.account
"""

_EVIDENCE = """
select sha256(concat_ws(chr(31), i.cluster_id, o.layer, o.object_kind, o.object)) as evidence_id,
       i.cluster_id, o.object_kind as type, o.object, o.layer, o.members as accounts,
       o.interactions as occurrences, o.population, o.population_rate
from {cluster_objects} o
join (select distinct cluster_id, cluster from {items}) i on i.cluster = o.cluster
order by i.cluster_id, o.layer, o.object_kind, o.object
"""

_REASONS = """
select i.cluster_id, e.kind, e.name, e.value, e.usual, e.degree, e.says
from {evidence} e
join (select distinct cluster_id, cluster from {items}) i on i.cluster = e.cluster
where e.kind in ('for', 'against', 'checked')
order by i.cluster_id, e.kind, e.name
"""

_EDGES = f"""
select e.src, e.dst, a.cluster_id, e.layer, e.weight, e.objects, e.expected, e.log10_p,
       {_TIME.format("e.first_at")} as first_at, {_TIME.format("e.last_at")} as last_at
from {{edges}} e
join {{items}} a on a.account = e.src
join {{items}} b on b.account = e.dst and b.cluster = a.cluster
order by a.cluster_id, e.src, e.dst, e.layer
"""


def delivery_tables(
    engine: Engine,
    run: RunTables,
    chosen: Chosen,
    *,
    op: str,
    seen: Mapping[str, Sighting],
    lives: Mapping[str, Biography],
) -> dict[str, tuple[Schema, pa.Table]]:
    """The rows of each table of a delivery.

    Args:
        engine: where the run's tables lie.
        run: the run's tables.
        chosen: the accounts that go.
        op: `upsert` or `recall`.
        seen: the sightings of the clusters they are in, by the clusters' names.
        lives: the biographies of these clusters' ids.
    """
    items = engine.from_arrow(_items(chosen.items, op), _ITEMS)
    try:
        given = {
            "accounts": (ACCOUNTS_SENT, _ACCOUNTS, {"items": items, "members": run.members}),
            "evidence": (
                EVIDENCE_SENT,
                _EVIDENCE,
                {"items": items, "cluster_objects": run.cluster_objects},
            ),
            "reasons": (REASONS_SENT, _REASONS, {"items": items, "evidence": run.evidence}),
            "edges": (EDGES_SENT, _EDGES, {"items": items, "edges": run.edges}),
        }
        made = {
            name: (schema, engine.query(text, **tables).cast(schema.arrow))
            for name, (schema, text, tables) in given.items()
        }
        rows = _cluster_rows(engine, run.clusters, chosen, op, seen, lives)
    finally:
        engine.drop(items)
    clusters = pa.Table.from_pylist(rows, schema=CLUSTERS_SENT.arrow)
    return {"clusters": (CLUSTERS_SENT, clusters), **made}


def rfc3339(milliseconds: int | None) -> str | None:
    """A time in UTC, to the millisecond; None for None."""
    if milliseconds is None:
        return None
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{milliseconds % 1000:03d}Z"


def _items(items: Sequence[Item], op: str) -> pa.Table:
    rows = [
        {
            "item_id": each.item_id,
            "op": op,
            "cluster_id": each.identity,
            "cluster": each.cluster,
            "account": each.account,
            "recommended_action": each.action,
            "decision_version": each.decision,
        }
        for each in items
    ]
    return pa.Table.from_pylist(rows, schema=_ITEMS.arrow)


def _cluster_rows(
    engine: Engine,
    clusters: Table,
    chosen: Chosen,
    op: str,
    seen: Mapping[str, Sighting],
    lives: Mapping[str, Biography],
) -> list[dict[str, Any]]:
    sent: dict[str, int] = {}
    for item in chosen.items:
        sent[item.cluster] = sent.get(item.cluster, 0) + 1
    found = engine.query("select * from {clusters} order by cluster", clusters=clusters)
    rows = []
    for row in found.to_pylist():
        if row["cluster"] not in sent:
            continue
        sighting, stands = seen[row["cluster"]], chosen.behind[row["cluster"]]
        life, verdicts = lives[sighting.identity], [each for each, _ in stands.verdicts.values()]
        rows.append(
            {
                **{name: row[name] for name in ("cluster", "score", "says", "expected_precision")},
                "precision_low": row["precision_low"],
                "precision_high": row["precision_high"],
                "cluster_id": sighting.identity,
                "version": sighting.version,
                "op": op,
                "run": sighting.run,
                "decision": stands.decision.outcome,
                "decision_version": stands.decision.seq,
                "decided_at": rfc3339(stands.decision.at),
                "reason": stands.decision.reason,
                "size": sighting.accounts,
                "size_confirmed": verdicts.count("confirmed"),
                "size_sent": sent[row["cluster"]],
                "size_excluded": verdicts.count("excluded"),
                "size_new": len(stands.fresh),
                "first_at": rfc3339(row["first_at"]),
                "last_at": rfc3339(row["last_at"]),
                "runs_seen": len({each.run for each in life.sightings}),
                "change": sighting.change,
                "split_from": _others(life, "split", came_out=True),
                "merged": _others(life, "merge", came_out=False),
                "returning_of": ",".join(each.identity for each in sighting.returns),
            }
        )
    return sorted(rows, key=lambda row: (row["cluster_id"], row["cluster"]))


def _others(life: Biography, kind: str, *, came_out: bool) -> str:
    """The other ids of splits or merges that stand, comma separated."""
    found = {
        (each.other if came_out else each.identity)
        for each in life.events
        if each.kind == kind and each.stands
    }
    return ",".join(sorted(found - {life.identity}))
