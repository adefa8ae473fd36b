"""A graph as arrays: numbers in byte order of the ids, one edge of each pair."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa

from graph.engines.dense import dense
from graph.model import InteractionGraph
from graph.schemas import ACCOUNTS, EDGES


def test_accounts_are_numbered_by_the_bytes_of_their_ids(engine, table):
    graph = InteractionGraph(
        table(
            engine,
            EDGES,
            """
            src  | dst | layer | weight
            B    | a   | x     | 1
            \U0001f600 | \ufb00 | x | 1
            10   | 9   | x     | 1
            """,
        )
    )

    given = dense(graph)

    assert given.ids.to_pylist() == ["10", "9", "B", "a", "\ufb00", "\U0001f600"]
    assert list(zip(given.src.tolist(), given.dst.tolist(), strict=True)) == [
        (0, 1),
        (2, 3),
        (5, 4),
    ]


def test_layers_of_a_pair_are_summed_and_directions_are_not(engine, table):
    edges = table(
        engine,
        EDGES,
        """
        src | dst | layer | weight
        a   | b   | likes | 1.5
        a   | b   | links | 2
        b   | a   | likes | 4
        """,
    )

    given = dense(InteractionGraph(edges, directed=True))

    assert given.directed
    assert given.src.tolist() == [0, 1]
    assert given.dst.tolist() == [1, 0]
    assert given.weight.tolist() == [3.5, 4.0]


def test_accounts_without_edges_are_kept(engine, table):
    edges = table(engine, EDGES, "src | dst | layer | weight\nb | c | x | 1")
    accounts = table(engine, ACCOUNTS, "account\na\nb")

    given = dense(InteractionGraph(edges, accounts=accounts))

    assert given.ids.to_pylist() == ["a", "b", "c"]
    assert given.accounts == 3
    assert (given.src.tolist(), given.dst.tolist()) == ([1], [2])


def test_an_empty_graph_is_empty_arrays(engine, table):
    given = dense(InteractionGraph(table(engine, EDGES, "src | dst")))

    assert given.accounts == 0
    assert len(given.src) == len(given.dst) == len(given.weight) == 0
    assert given.src.dtype == np.int64
    assert given.weight.dtype == np.float64


def test_rows_in_another_order_give_the_same_arrays(engine):
    rows = pa.table(
        {
            name: {"src": ["b", "a", "a"], "dst": ["c", "b", "c"], "layer": ["x"] * 3}.get(
                name, [None if column.nullable else 1] * 3
            )
            for name, column in zip(EDGES.names, EDGES.columns, strict=True)
        },
        schema=EDGES.arrow,
    )

    one, other = (
        dense(InteractionGraph(engine.from_arrow(rows.take(order), EDGES)))
        for order in ([0, 1, 2], [2, 0, 1])
    )

    assert one.src.tolist() == other.src.tolist() == [0, 0, 1]
    assert one.dst.tolist() == other.dst.tolist() == [1, 2, 2]


def test_three_layers_have_one_sum_in_any_order(engine, table):
    layers = [("x", 0.1), ("y", 0.2), ("z", 0.3)]
    sums = set()
    for order in itertools.permutations(layers):
        rows = "\n".join(f"a | b | {layer} | {weight}" for layer, weight in order)
        edges = table(engine, EDGES, f"src | dst | layer | weight\n{rows}")
        sums.add(dense(InteractionGraph(edges)).weight[0])

    assert sums == {0.6}
