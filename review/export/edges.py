"""A network of accounts as a file: its edges, or nodes and edges where the format has both."""

from __future__ import annotations

from pathlib import Path

from graph.errors import SchemaError
from graph.model import InteractionGraph
from graph.schema import Column, Schema
from graph.schemas import EDGES
from graph.table import Table
from review.export.formats import Format, format_of, write_network, write_table
from review.export.manifest import (
    Contents,
    ExportManifest,
    Purpose,
    describe,
    manifest_path,
    write_manifest,
)
from review.export.sheet import Network, Sheet, Written, sheet
from review.origin import Origin
from review.whole import whole

_FIRST = ("src", "dst", "weight")

EDGE_LIST = Schema(
    "edge_list",
    (
        *(column for name in _FIRST for column in EDGES.columns if column.name == name),
        *(column for column in EDGES.columns if column.name not in _FIRST),
    ),
    key=EDGES.key,
)
"""`EDGES` with the weight third, where programs that read edge lists look for it."""

NODES = Schema("nodes", (Column("account", "VARCHAR", "the account's id"),), key=("account",))


def write_edges(
    graph: InteractionGraph,
    path: Path,
    *,
    origin: Origin | None = None,
    purpose: Purpose | None = None,
    bom: bool = False,
) -> ExportManifest:
    """Write a network in the format that `path`'s suffix names, with a manifest beside it.

    Edges leave ordered by (src, dst, layer); with `src < dst` in byte order where the graph is
    undirected. GraphML and GEXF name every account of the graph, those without an edge too; a
    pair that is joined in several layers has an edge for each.

    Raises:
        ConfigError: no format has this suffix.
        SchemaError: the graph is undirected and holds a pair the wrong way round.
        StoreError: the disk refused; nothing was written.
    """
    format = format_of(path)
    _refuse_turned_pairs(graph)
    nodes = _nodes(graph)
    with whole(path, manifest_path(path)) as (part, manifest_part):
        written = _write(graph, nodes, part, format, bom=bom)
        contents = Contents(
            format=format,
            rows=written.rows,
            columns=EDGE_LIST.names,
            accounts=nodes.count(),
            changed=written.changed,
        )
        manifest = describe(part, path.name, contents, origin or Origin(), purpose or Purpose())
        write_manifest(manifest_part, manifest)
    graph.engine.drop(nodes)
    return manifest


def edge_sheet(edges: Table) -> Sheet:
    """Edges with `src`, `dst`, `weight` first, in key order."""
    names = list(EDGE_LIST.names)
    return Sheet(EDGE_LIST, (batch.select(names) for batch in edges.batches()))


def _write(
    graph: InteractionGraph, nodes: Table, part: Path, format: Format, *, bom: bool
) -> Written:
    if format == "graphml" or format == "gexf":
        network = Network(sheet(nodes), edge_sheet(graph.edges), directed=graph.directed)
        return write_network(format, network, part)
    return write_table(format, edge_sheet(graph.edges), part, bom=bom)


def _nodes(graph: InteractionGraph) -> Table:
    query = "select src as account from {edges} union select dst as account from {edges}"
    tables = {"edges": graph.edges}
    if graph.accounts is not None:
        query += " union select account from {accounts}"
        tables["accounts"] = graph.accounts
    return graph.engine.sql(query, NODES, **tables)


def _refuse_turned_pairs(graph: InteractionGraph) -> None:
    if graph.directed:
        return
    query = "select * from {edges} where src > dst"
    held = graph.engine.sql(query, graph.edges.schema, edges=graph.edges)
    turned = held.count()
    graph.engine.drop(held)
    if turned:
        message = (
            f"an undirected network names each pair with the lesser account first, and {turned}"
            " edges have it second; turn them round, or call the network directed"
        )
        raise SchemaError(message)
