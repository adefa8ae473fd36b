"""Rows to networkx and igraph graphs and back. A row is a dict; a null is an absent attribute."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, TypeAlias

from graph.errors import NotOnThisEngine, SchemaError

Row: TypeAlias = dict[str, Any]


def networkx_of(edges: list[Row], accounts: list[Row], *, directed: bool) -> Any:  # noqa: ANN401
    """A `MultiGraph` or `MultiDiGraph`; an edge's key is its layer.

    Raises:
        NotOnThisEngine: networkx is not installed.
    """
    networkx = _library("networkx")
    drawn = networkx.MultiDiGraph() if directed else networkx.MultiGraph()
    for row in accounts:
        drawn.add_node(row["account"])
        drawn.nodes[row["account"]].update(_present(row, without=("account",)))
    for row in edges:
        key = drawn.add_edge(row["src"], row["dst"], key=row["layer"])
        attributes = _present(row, without=("src", "dst", "layer"))
        drawn.edges[row["src"], row["dst"], key].update(attributes)
    return drawn


def rows_of_networkx(drawn: Any) -> tuple[list[Row], list[Row]]:  # noqa: ANN401
    """Edges and accounts of a networkx graph of any kind; a text key is the layer.

    Raises:
        SchemaError: a node is not text.
    """
    accounts = [{**data, "account": _text(node)} for node, data in drawn.nodes(data=True)]
    if drawn.is_multigraph():
        edges = [
            {**({"layer": key} if isinstance(key, str) else {}), **data, "src": src, "dst": dst}
            for src, dst, key, data in drawn.edges(keys=True, data=True)
        ]
    else:
        edges = [{**data, "src": src, "dst": dst} for src, dst, data in drawn.edges(data=True)]
    return edges, accounts


def igraph_of(edges: list[Row], accounts: list[Row], *, directed: bool) -> Any:  # noqa: ANN401
    """An igraph `Graph`; a vertex's `name` is the account's id, and its `label` the name it shows.

    Raises:
        NotOnThisEngine: igraph is not installed.
    """
    igraph = _library("igraph")
    number = {row["account"]: place for place, row in enumerate(accounts)}
    ends = [(number[row["src"]], number[row["dst"]]) for row in edges]
    drawn = igraph.Graph(n=len(accounts), edges=ends, directed=directed)
    drawn.vs["name"] = list(number)
    for column in accounts[0] if accounts else ():
        if column != "account":
            attribute = "label" if column == "name" else column
            drawn.vs[attribute] = [row[column] for row in accounts]
    for column in edges[0] if edges else ():
        if column not in ("src", "dst"):
            drawn.es[column] = [row[column] for row in edges]
    return drawn


def rows_of_igraph(drawn: Any) -> tuple[list[Row], list[Row]]:  # noqa: ANN401
    """Edges and accounts of an igraph graph.

    Raises:
        SchemaError: the vertices lack a `name`, or one is not text.
    """
    if "name" not in drawn.vs.attributes():
        message = (
            f"the igraph graph's vertices have no `name`, only {drawn.vs.attributes()};"
            " put each account's id there"
        )
        raise SchemaError(message)
    names = [_text(name) for name in drawn.vs["name"]]
    accounts = []
    for vertex, name in zip(drawn.vs, names, strict=True):
        row = vertex.attributes()
        row["name"] = row.pop("label", None)
        accounts.append({**row, "account": name})
    edges = [
        {**edge.attributes(), "src": names[edge.source], "dst": names[edge.target]}
        for edge in drawn.es
    ]
    return edges, accounts


def _library(name: str) -> Any:  # noqa: ANN401 - a module without types
    try:
        return import_module(name)
    except ImportError as error:
        message = f"{name} is not installed; pip install 'ringwatch[igraph]' brings it"
        raise NotOnThisEngine(message) from error


def _present(row: Mapping[str, Any], *, without: tuple[str, ...]) -> Row:
    return {
        column: value
        for column, value in row.items()
        if value is not None and column not in without
    }


def _text(name: object) -> str:
    if not isinstance(name, str):
        message = f"account {name!r} is no text but {type(name).__name__}; write ids as text"
        raise SchemaError(message)
    return name
