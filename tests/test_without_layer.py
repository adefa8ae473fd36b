"""A cluster without one layer is what would be measured if that layer had drawn nothing."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from algorithms.cluster_objects import LAYER_OBJECTS, object_facts
from algorithms.delays import delay_facts, delays_without, nearest_acts
from algorithms.facts import PLATFORMS, edge_facts, inner_edges
from algorithms.quality import conductance
from algorithms.ways import layers_inside
from algorithms.without_layer import edges_without, objects_without
from graph.model import Clustering, InteractionGraph
from graph.schemas import CLUSTERING, EDGES, JOINT_ACTS

LAYERS = ("x", "y", "z")


@pytest.mark.parametrize("seed", range(3))
def test_each_number_is_that_of_the_graph_drawn_without_the_layer(engine, seed):
    rng = np.random.default_rng(seed)
    names = [f"{cluster}{n}" for cluster in "abc" for n in range(5)]
    members = engine.from_arrow(
        pa.table({"account": names, "cluster": [f"{name[0]}0" for name in names]}), CLUSTERING
    )
    clustering = Clustering(members, method="by hand")
    rows = [
        {
            **dict.fromkeys(EDGES.names),
            **counts(),
            "src": src,
            "dst": dst,
            "layer": layer,
            "weight": float(rng.integers(1, 1000)) / 1000,
        }
        for place, src in enumerate(names)
        for dst in names[place + 1 :]
        for layer in LAYERS
        if rng.random() < (0.7 if src[0] == dst[0] else 0.05)
    ]
    whole = edges_of(engine, rows)
    acts = joint_acts(engine, rows, rng)
    objects = shared(engine, rng)
    layers = layers_inside(inner_edges(whole, clustering), clustering)
    platforms = engine.from_arrow(PLATFORMS.arrow.empty_table(), PLATFORMS)

    joined = by_key(edges_without(layers, inner_edges(whole, clustering), whole, clustering))
    delays = by_key(delays_without(layers, nearest_acts(acts)))
    things = by_key(objects_without(layers, objects))

    assert len(joined) == 9
    for left_out in LAYERS:
        kept = edges_of(engine, [row for row in rows if row["layer"] != left_out])
        inner = inner_edges(kept, clustering)
        facts = by_cluster(edge_facts(inner, clustering, platforms))
        cut = by_cluster(conductance(InteractionGraph(kept), clustering))
        slow = by_cluster(delay_facts(nearest_acts(only(acts, left_out))))
        on = by_cluster(object_facts(only(objects, left_out)))
        for cluster in ("a0", "b0", "c0"):
            found = joined[cluster, left_out]
            for name in ("edges", "density", "layers"):
                assert found[name] == facts[cluster][name]
            assert found["left_over"] == len(facts[cluster]["layers"].split(","))
            assert found["tie_strength"] == pytest.approx(min(cut[cluster]["inside"] / 10, 1))
            assert found["conductance"] == pytest.approx(cut[cluster]["conductance"], abs=1e-12)
            assert delays[cluster, left_out]["delay_seconds"] == slow[cluster]["delay_seconds"]
            for name in ("objects", "exclusivity", "popular_share"):
                assert things[cluster, left_out][name] == on[cluster][name]


def test_what_repeats_a_layer_goes_with_it_and_stays_with_another(engine, table):
    members = table(
        engine, CLUSTERING, "account | cluster\n" + "\n".join(f"{a} | a" for a in "abc")
    )
    clustering = Clustering(members, method="by hand")
    edges = table(
        engine,
        EDGES,
        """
        src | dst | layer  | weight
        a   | b   | x      | 0.5
        a   | b   | seeded | 0.25
        a   | c   | x      | 0.5
        a   | c   | y      | 0.5
        a   | c   | seeded | 0.125
        c   | d   | x      | 0.5
        c   | d   | seeded | 0.25
        """,
    )
    inner = inner_edges(edges, clustering)
    layers = layers_inside(inner, clustering, repeating="seeded")

    found = by_key(edges_without(layers, inner, edges, clustering, repeating="seeded"))

    without = {
        key: (row["layers"], row["edges"], row["tie_strength"]) for key, row in found.items()
    }
    assert without == {
        ("a", "x"): ("y,seeded", 1, 0.625 / 3),
        ("a", "y"): ("x,seeded", 2, 1.375 / 3),
        ("a", "seeded"): ("x,y", 2, 1.5 / 3),
    }
    assert found["a", "x"]["conductance"] == 0
    assert found["a", "seeded"]["conductance"] > 0


def test_what_repeats_the_only_layer_leaves_nothing_that_joins(engine, table):
    members = table(engine, CLUSTERING, "account | cluster\na | a\nb | a")
    clustering = Clustering(members, method="by hand")
    edges = table(
        engine,
        EDGES,
        """
        src | dst | layer  | weight
        a   | b   | x      | 0.5
        a   | b   | seeded | 0.25
        """,
    )
    layers = layers_inside(edges, clustering, repeating="seeded")

    found = by_key(edges_without(layers, edges, edges, clustering, repeating="seeded"))

    assert (found["a", "x"]["left_over"], found["a", "x"]["layers"]) == (0, "")
    assert (found["a", "seeded"]["left_over"], found["a", "seeded"]["layers"]) == (1, "x")


def counts():
    return dict.fromkeys(("src_count", "dst_count", "objects", "object_days", "post_pairs"), 1)


def edges_of(engine, rows):
    return engine.from_arrow(pa.Table.from_pylist(rows, schema=EDGES.arrow), EDGES)


def joint_acts(engine, rows, rng):
    acts = [
        {
            **dict.fromkeys(JOINT_ACTS.names),
            **{name: row[name] for name in ("src", "dst", "layer")},
            "cluster": f"{row['src'][0]}0",
            "action": "like",
            "object_kind": "post",
            "object": f"o{rng.integers(4)}",
            "src_at": int(rng.integers(10**6)),
            "dst_at": int(rng.integers(10**6)),
        }
        for row in rows
        if row["src"][0] == row["dst"][0]
    ]
    return engine.from_arrow(pa.Table.from_pylist(acts, schema=JOINT_ACTS.arrow), JOINT_ACTS)


def shared(engine, rng):
    things = [
        {
            "cluster": f"{cluster}0",
            "layer": layer,
            "object_kind": "post",
            "object": f"o{n}",
            "members": 2,
            "interactions": 2,
            "population": int(rng.integers(2, 90)),
            "population_rate": 0.1,
            "place": 3 * LAYERS.index(layer) + n,
        }
        for cluster in "abc"
        for layer in LAYERS
        for n in range(3)
    ]
    schema = LAYER_OBJECTS.arrow
    return engine.from_arrow(pa.Table.from_pylist(things, schema=schema), LAYER_OBJECTS)


def only(table, left_out):
    return table.engine.sql(
        "select * from {table} where layer <> $left_out",
        table.schema,
        {"left_out": left_out},
        table=table,
    )


def by_key(table):
    return {(row["cluster"], row["left_out"]): row for row in table.rows()}


def by_cluster(table):
    return {row["cluster"]: row for row in table.rows()}
