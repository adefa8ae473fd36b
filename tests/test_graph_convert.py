"""Graphs in and out of pandas, Arrow, networkx and igraph: every column, every account."""

from __future__ import annotations

import sys

import igraph
import networkx as nx
import pandas as pd
import pyarrow as pa
import pytest

from algorithms.components import components
from algorithms.pagerank import pagerank
from graph.convert import (
    graph_from_arrow,
    graph_from_igraph,
    graph_from_networkx,
    graph_from_pandas,
    to_arrow,
    to_igraph,
    to_networkx,
    to_pandas,
)
from graph.errors import NotOnThisEngine, SchemaError
from graph.model import InteractionGraph
from graph.schemas import ACCOUNTS, EDGES

pytestmark = pytest.mark.local_only

EDGE_ROWS = """
    src|dst|layer|weight|src_count|dst_count|objects|object_days|post_pairs|first_at|last_at|expected|log10_p
    007|7|likes|1.5|1|2|3|4|5|9007199254740993|-|-|-400.5
    007|7|links|2|6|7|8|9|10|-|12|0.25|-
    7|null|likes|0.1|1|1|1|1|1|1|2|-|-
    =1+1|ä\u200b|nan|3|0|0|0|0|0|-|-|-|-
"""
ACCOUNT_ROWS = """
    account | name   | created_at       | followers | platform
    7       | Seven  | 9007199254740993 | 3         | x
    007     | -      | -                | -         | -
    alone   | Al One | 5                | -         | y
"""
WAYS = {
    "arrow": lambda graph: graph_from_arrow(
        graph.engine, *to_arrow(graph), directed=graph.directed
    ),
    "pandas": lambda graph: graph_from_pandas(
        graph.engine, *to_pandas(graph), directed=graph.directed
    ),
    "networkx": lambda graph: graph_from_networkx(graph.engine, to_networkx(graph)),
    "igraph": lambda graph: graph_from_igraph(graph.engine, to_igraph(graph)),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("directed", [False, True])
def test_a_graph_comes_back_as_it_went(engine, table, way, directed):
    graph = InteractionGraph(
        table(engine, EDGES, EDGE_ROWS), directed, table(engine, ACCOUNTS, ACCOUNT_ROWS)
    )

    back = WAYS[way](graph)

    assert back.directed is directed
    assert back.edges.schema == EDGES
    assert back.edges.rows() == graph.edges.rows()
    expected = {row["account"]: row for row in to_arrow(graph)[1].to_pylist()}
    assert {row["account"]: row for row in back.accounts.rows()} == expected
    assert expected["alone"]["name"] == "Al One"
    assert expected["=1+1"]["name"] is None
    assert len(expected) == 6


@pytest.mark.parametrize("way", WAYS)
def test_carried_attributes_and_accounts_without_a_table_come_back(engine, table, way):
    schema = EDGES.with_attributes(["device"])
    edges = table(
        engine,
        schema,
        """
        src | dst | layer | device
        a   | b   | x     | d1
        b   | c   | x     | -
        """,
    )

    back = WAYS[way](InteractionGraph(edges))

    assert back.edges.schema == schema
    assert back.edges.rows() == edges.rows()
    assert [row["account"] for row in back.accounts.rows()] == ["a", "b", "c"]


@pytest.mark.parametrize("way", WAYS)
def test_an_empty_graph_comes_back_empty(engine, table, way):
    back = WAYS[way](InteractionGraph(table(engine, EDGES, "src | dst")))

    assert back.edges.count() == back.accounts.count() == 0


def test_whole_numbers_stay_whole_beside_nulls_in_pandas(engine, table):
    edges, accounts = to_pandas(InteractionGraph(table(engine, EDGES, EDGE_ROWS)))

    assert edges["first_at"].dtype == "Int64"
    assert int(edges["first_at"].iloc[0]) == 9007199254740993
    assert sorted(accounts["account"]) == ["007", "7", "=1+1", "null", "ä\u200b"]


def test_clusterings_and_rankings_are_frames(engine):
    graph = graph_from_networkx(engine, nx.Graph([("a", "b"), ("c", "d")]))

    assert to_pandas(components(graph)).to_dict("list") == {
        "account": ["a", "b", "c", "d"],
        "cluster": ["a", "a", "c", "c"],
    }
    assert to_pandas(pagerank(graph))["score"].tolist() == [0.25] * 4
    assert to_arrow(pagerank(graph)).column_names == ["account", "score"]


def test_undirected_edges_are_turned_with_their_counts(engine):
    edges = pd.DataFrame({"src": ["b"], "dst": ["a"], "src_count": [2], "dst_count": [1]})

    row = graph_from_pandas(engine, edges).edges.rows()[0]
    kept = graph_from_pandas(engine, edges, directed=True).edges.rows()[0]

    assert (row["src"], row["dst"], row["src_count"], row["dst_count"]) == ("a", "b", 1, 2)
    assert (kept["src"], kept["dst"], kept["src_count"], kept["dst_count"]) == ("b", "a", 2, 1)
    assert (row["layer"], row["weight"], row["objects"], row["expected"]) == ("given", 1, 0, None)


@pytest.mark.parametrize(
    ("edges", "says"),
    [
        ({"src": ["a"]}, r"the edges lack \['dst'\]; they have \['src'\]"),
        ({"src": [7], "dst": [8]}, "column `src` is int64; write it as text"),
        ({"src": ["a"], "dst": [None]}, "1 nulls in `dst`"),
        ({"src": ["a"], "dst": ["b"], "weight": ["x"]}, "column `weight` is no double"),
        ({"src": ["a"], "dst": ["b"], "speed": [3.5]}, "column `speed` is double; write it as"),
        ({"src": ["a", "b"], "dst": ["b", "a"]}, "2 edges join 'a' to 'b' in layer 'given'"),
    ],
)
def test_edges_that_do_not_fit_are_refused(engine, edges, says):
    with pytest.raises(SchemaError, match=says):
        graph_from_arrow(engine, pa.table(edges))


def test_accounts_that_do_not_fit_are_refused(engine):
    edges = pa.table({"src": ["a"], "dst": ["b"]})

    with pytest.raises(SchemaError, match=r"the accounts lack \['account'\]"):
        graph_from_arrow(engine, edges, pa.table({"id": ["a"]}))
    with pytest.raises(SchemaError, match="mixes types"):
        graph_from_pandas(engine, pd.DataFrame({"src": ["a", 1], "dst": ["b", "c"]}, dtype=object))


def test_nodes_that_are_no_text_are_refused(engine):
    with pytest.raises(SchemaError, match="account 1 is no text but int"):
        graph_from_networkx(engine, nx.Graph([(1, 2)]))
    with pytest.raises(SchemaError, match="vertices have no `name`"):
        graph_from_igraph(engine, igraph.Graph(n=2, edges=[(0, 1)]))
    with pytest.raises(SchemaError, match="attribute `weight` does not fit `edges`"):
        graph_from_networkx(engine, nx.Graph([("a", "b", {"weight": "much"})]))


@pytest.mark.parametrize(("library", "convert"), [("networkx", to_networkx), ("igraph", to_igraph)])
def test_an_absent_library_is_named_with_the_mend(engine, table, monkeypatch, library, convert):
    monkeypatch.setitem(sys.modules, library, None)

    with pytest.raises(NotOnThisEngine, match=rf"{library} is not installed; pip install"):
        convert(InteractionGraph(table(engine, EDGES, "src | dst\na | b")))
