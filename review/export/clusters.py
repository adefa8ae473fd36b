"""The list that operations receive: the members of decided clusters, each with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from graph.errors import ConfigError
from graph.schema import Column, Schema
from graph.schemas import EDGES
from graph.table import Table
from review.export.edges import edge_sheet
from review.export.formats import (
    Format,
    TableFormat,
    checked_format,
    format_of,
    write_network,
    write_table,
)
from review.export.manifest import (
    Contents,
    ExportManifest,
    Purpose,
    describe,
    manifest_path,
    write_manifest,
)
from review.export.selection import CHOSEN, EXCLUDED, Selection, select_clusters
from review.export.sheet import Network, Sheet, Written, sheet
from review.origin import Origin
from review.run_tables import RunTables
from review.whole import whole

CLUSTER_LIST = Schema(
    "cluster_list",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("place", "BIGINT", "the cluster's place in the run, 1 for the most suspect"),
        Column("score", "DOUBLE", "the cluster's score in [0, 1]"),
        Column("account", "VARCHAR", "the member"),
        Column("role", "VARCHAR", "`core`, `peripheral`, `bridge`; `weak` where asked for"),
        Column("decision", "VARCHAR", "`confirmed`; `open` and others where asked for"),
        Column("reason", "VARCHAR", "the reason that was given", nullable=True),
        Column("decided_by", "VARCHAR", "who decided", nullable=True),
        Column("decided_at", "VARCHAR", "when, RFC 3339 in UTC", nullable=True),
        Column("platform", "VARCHAR", "where the account lives", nullable=True),
        Column("name", "VARCHAR", "the name it shows", nullable=True),
        Column("evidence", "VARCHAR", "the strongest reason of its cluster, in words"),
        Column("also_in", "VARCHAR", "other clusters of the list it belongs to", nullable=True),
        Column("seed", "VARCHAR", "`bad` or `good` where it was judged before", nullable=True),
        Column("nearness", "DOUBLE", "to seeds: suspicion less trust, in [-1, 1]", nullable=True),
        Column("seed_rank", "DOUBLE", "walkers from bad seeds, times the mean", nullable=True),
    ),
    key=("place", "cluster", "account"),
)
"""One row a member; an account is in one cluster only."""

_NODES = Schema(
    "cluster_nodes",
    tuple(
        sorted(CLUSTER_LIST.columns, key=lambda column: column.name != "account")
    ),  # the node's name comes first, the other columns keep their order
    key=CLUSTER_LIST.key,
)

_MEMBERS_THAT_GO = """
with others as (
    -- A comma in a name, which is an account's id, stands behind a backslash.
    select o.account, replace(replace(o.cluster, $slash, $slashes), ',', $comma) as name
    from {also_in} o join {chosen} d on d.cluster = o.cluster
),
listed as (
    select account, string_agg(name, ',' order by name) as names from others group by account
)
select c.cluster, c.place, c.score, m.account, m.role,
       d.decision, d.reason, d.decided_by, d.decided_at,
       m.platform, m.name, c.says as evidence,
       o.names as also_in, m.seed, m.nearness, m.seed_rank
from {chosen} d
join {clusters} c on c.cluster = d.cluster
join {members} m on m.cluster = d.cluster
left join {excluded} x on x.cluster = m.cluster and x.account = m.account
left join listed o on o.account = m.account
where x.account is null and (m.role <> 'weak' or $weak)
"""

_OF_ELSEWHERE = """
select count(distinct o.account) as accounts
from {also_in} o
join {chosen} d on d.cluster = o.cluster
where o.account not in (
    select m.account from {members} m join {chosen} d on d.cluster = m.cluster
)
"""

_WEAK = """
select count(*) as members
from {members} m
join {chosen} d on d.cluster = m.cluster
left join {excluded} x on x.cluster = m.cluster and x.account = m.account
where x.account is null and m.role = 'weak' and not $weak
"""

_MEMBERS_THAT_DO_NOT = """
select x.cluster, x.account
from {excluded} x
join {members} m on m.cluster = x.cluster and m.account = x.account
"""

_EDGES_THAT_GO = """
select e.*
from {edges} e
join {members} a on a.account = e.src
join {members} b on b.account = e.dst and b.cluster = a.cluster
"""


OF_ELSEWHERE = "accounts that belong to these clusters too and are no members"
"""What the manifest calls those that `also_in` tells of and no listed cluster has as members."""


@dataclass(frozen=True, slots=True)
class _Goes:
    """What leaves: members (`CLUSTER_LIST`) and, for a network, the edges among them."""

    members: Table
    edges: Table
    excluded: Table
    weak: int
    elsewhere: int
    selection: Selection

    def contents(self, format: Format, written: Written, filter: str) -> Contents:
        """The account of the file, for its manifest."""
        deciders = self.selection.chosen["decided_by"].drop_null().unique().to_pylist()
        excluded = self.excluded.count()
        network = format in {"graphml", "gexf"}
        return Contents(
            format=format,
            rows=written.rows,
            columns=EDGES.names if network else CLUSTER_LIST.names,
            clusters=self.selection.chosen.num_rows,
            accounts=self.members.count(),
            filter=filter,
            decided_by=tuple(sorted(deciders)),
            left_out={
                **self.selection.left_out,
                **({"accounts excluded by a decision": excluded} if excluded else {}),
                **({"weak members": self.weak} if self.weak else {}),
                **({OF_ELSEWHERE: self.elsewhere} if self.elsewhere else {}),
            },
            changed=written.changed,
        )


def export_clusters(
    run: RunTables,
    decisions: pa.Table,
    out: Path,
    *,
    format: str | None = None,
    only: tuple[str, ...] | None = None,
    filter: str = "",
    undecided: bool = False,
    weak: bool = False,
    lossless: TableFormat | None = None,
    origin: Origin | None = None,
    purpose: Purpose | None = None,
    bom: bool = False,
) -> ExportManifest:
    """Write the members of confirmed clusters, one row each, with a manifest beside the file.

    GraphML and GEXF hold the members as nodes, with the same columns, and the edges among members
    of one cluster.

    Args:
        run: the run's tables.
        decisions: the decisions that hold (`review.standing.STANDING`).
        out: the file.
        format: one of `FORMATS`; None takes it from the file's suffix.
        only: these clusters alone; one that may not go refuses the export.
        filter: how `only` came about, in words, for the manifest.
        undecided: clusters that are neither confirmed nor dismissed go too; the rows say so.
        weak: members whose role is `weak` go too; by default they are left out and counted.
        lossless: a twin beside a CSV, `jsonl` or `parquet`, that holds every cell as it is.
        origin: where the run comes from, for the manifest.
        purpose: why and by whom, for the manifest.
        bom: begin a CSV with a byte order mark.

    Raises:
        ConfigError: no cluster may go, a cluster in `only` may not, or the format is unknown.
        StoreError: the disk refused; nothing was written.
    """
    files = _files(out, format_of(out) if format is None else checked_format(format), lossless)
    says = filter or ("all clusters" if only is None else f"{len(set(only))} clusters by name")
    with (
        _members_that_go(run, decisions, only=only, undecided=undecided, weak=weak) as goes,
        whole(*files, *map(manifest_path, files)) as parts,
    ):
        manifests = []
        for (path, each), part in zip(files.items(), parts, strict=False):
            contents = goes.contents(each, _write(goes, each, part, bom=bom), says)
            manifests.append(
                describe(part, path.name, contents, origin or Origin(), purpose or Purpose())
            )
        for manifest, part in zip(manifests, parts[len(files) :], strict=True):
            write_manifest(part, manifest)
    return manifests[0]


def _files(out: Path, format: Format, lossless: TableFormat | None) -> dict[Path, Format]:
    if lossless is None:
        return {out: format}
    twin = out.with_name(f"{out.stem}.{lossless}")
    if format != "csv" or lossless == "csv" or twin == out:
        message = (
            f"a lossless twin goes beside a CSV, as `jsonl` or `parquet`, not `{twin.name}`"
            f" beside `{out.name}` in the format `{format}`"
        )
        raise ConfigError(message)
    return {out: format, twin: lossless}


@contextmanager
def _members_that_go(
    run: RunTables,
    decisions: pa.Table,
    *,
    only: tuple[str, ...] | None,
    undecided: bool,
    weak: bool,
) -> Iterator[_Goes]:
    engine = run.clusters.engine
    known = engine.arrow(run.clusters)["cluster"].to_pylist()
    selection = select_clusters(known, decisions, only=only, undecided=undecided)
    chosen = engine.from_arrow(selection.chosen, CHOSEN)
    asked_out = engine.from_arrow(selection.excluded, EXCLUDED)
    excluded = engine.sql(_MEMBERS_THAT_DO_NOT, EXCLUDED, excluded=asked_out, members=run.members)
    members = engine.sql(
        _MEMBERS_THAT_GO,
        CLUSTER_LIST,
        {"weak": weak, "slash": "\\", "slashes": "\\\\", "comma": "\\,"},
        chosen=chosen,
        excluded=excluded,
        clusters=run.clusters,
        members=run.members,
        also_in=run.also_in,
    )
    left = engine.query(
        _WEAK, {"weak": weak}, members=run.members, chosen=chosen, excluded=excluded
    )
    beside = engine.query(_OF_ELSEWHERE, also_in=run.also_in, chosen=chosen, members=run.members)
    edges = engine.sql(_EDGES_THAT_GO, EDGES, edges=run.edges, members=members)
    try:
        yield _Goes(
            members,
            edges,
            excluded,
            int(left["members"][0].as_py()),
            int(beside["accounts"][0].as_py()),
            selection,
        )
    finally:
        for table in (chosen, asked_out, excluded, members, edges):
            engine.drop(table)


def _write(goes: _Goes, format: Format, part: Path, *, bom: bool) -> Written:
    if format == "graphml" or format == "gexf":
        nodes = Sheet(_NODES, goes.members.batches())
        return write_network(format, Network(nodes, edge_sheet(goes.edges)), part)
    return write_table(format, sheet(goes.members), part, bom=bom)
