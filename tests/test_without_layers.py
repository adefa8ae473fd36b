"""A score without a layer is the score of a run to which that layer was never given."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from graph.model import Clustering, InteractionGraph
from graph.schemas import CLUSTERING, EDGES, INTERACTIONS, JOINT_ACTS
from jobs.measure import measure

HOUR = 3_600_000
LAYERS = ("mutual-ring", "rare-objects", "shared-objects")
FAMILIES = {"mutual-ring": "social"}


# Its tables are compared on both engines elsewhere; here, their sum.
@pytest.mark.local_only
@pytest.mark.parametrize("seed", range(2))
def test_a_score_without_a_layer_is_that_of_a_run_without_it(engine, seed):
    rng = np.random.default_rng(seed)
    names = [f"{cluster}{n}" for cluster in "abc" for n in range(5)]
    clustering = Clustering(
        engine.from_arrow(
            pa.table({"account": names, "cluster": [f"{name[0]}0" for name in names]}), CLUSTERING
        ),
        method="by hand",
    )
    edges = [*drawn(names, rng)]
    edges += [seeded(edge) for edge in pairs_of(edges) if rng.random() < 0.5]
    acts = joint_acts(edges, rng)
    interactions = acted(engine, acts, names, rng)

    evidence = measured(engine, clustering, interactions, edges, acts).evidence.rows()
    told = {(row["cluster"], row["name"]): row for row in evidence if row["kind"] == "layer"}

    assert len(told) == 3 * 4
    for left_out in (*LAYERS, "seeded"):
        kept = [edge for edge in edges if edge["layer"] != left_out]
        joined = {(edge["src"], edge["dst"]) for edge in kept if edge["layer"] != "seeded"}
        kept = [edge for edge in kept if (edge["src"], edge["dst"]) in joined]
        others = [act for act in acts if act["layer"] != left_out]
        tables = measured(engine, clustering, interactions, kept, others)
        for row in tables.clusters.rows():
            without = told[row["cluster"], f"layer:{left_out}"]
            assert without["value"] == row["score"]
            assert without["without"] == pytest.approx(row["expected_precision"], abs=1e-6)


def measured(engine, clustering, interactions, edges, acts):
    return measure(
        InteractionGraph(engine.from_arrow(pa.Table.from_pylist(edges, schema=EDGES.arrow), EDGES)),
        clustering,
        clustering,
        interactions,
        engine.from_arrow(pa.Table.from_pylist(acts, schema=JOINT_ACTS.arrow), JOINT_ACTS),
        accounts=None,
        families=FAMILIES,
        within_seconds=3600,
        repeating="seeded",
    )


def drawn(names, rng):
    """Edges of three layers, dense inside the clusters and thin between them."""
    counts = dict.fromkeys(("src_count", "dst_count", "objects", "object_days", "post_pairs"), 3)
    for place, src in enumerate(names):
        for dst in names[place + 1 :]:
            for layer in LAYERS:
                if rng.random() < (0.5 if src[0] == dst[0] else 0.05):
                    yield {
                        **dict.fromkeys(EDGES.names),
                        **counts,
                        "src": src,
                        "dst": dst,
                        "layer": layer,
                        "weight": float(rng.integers(1, 1000)) / 1000,
                    }


def pairs_of(edges):
    """One edge of each pair."""
    return list({(edge["src"], edge["dst"]): edge for edge in edges}.values())


def seeded(edge):
    return {**edge, "layer": "seeded", "weight": 0.25}


def joint_acts(edges, rng):
    """Acts behind edges inside clusters; of `mutual-ring` more than a cluster lists objects."""
    rows = []
    for edge in edges:
        if edge["src"][0] != edge["dst"][0] or edge["layer"] == "seeded":
            continue
        for _ in range(40 if edge["layer"] == "mutual-ring" else 4):
            at = int(rng.integers(10 * 24)) * HOUR
            rows.append(
                {
                    **dict.fromkeys(JOINT_ACTS.names),
                    **{name: edge[name] for name in ("src", "dst", "layer")},
                    "cluster": f"{edge['src'][0]}0",
                    "action": "like",
                    "object_kind": "post",
                    "object": f"{edge['layer'][0]}{rng.integers(400)}",
                    "src_at": at,
                    "dst_at": at + int(rng.integers(HOUR)),
                }
            )
    return rows


def acted(engine, acts, names, rng):
    """The members' acts, and a public's on some of the same objects."""
    rows = {(act[end], act["object"], act[f"{end}_at"]) for act in acts for end in ("src", "dst")}
    objects = sorted({thing for _, thing, _ in rows})
    for n in range(400):
        thing = objects[int(rng.integers(len(objects)))]
        rows.add((f"public{n % 60}", thing, int(rng.integers(10 * 24 * HOUR))))
    table = pa.Table.from_pylist(
        [
            {
                **dict.fromkeys(INTERACTIONS.names),
                "account": account,
                "action": "like",
                "object_kind": "post",
                "object": thing,
                "acted_at": at,
            }
            for account, thing, at in sorted(rows)
        ],
        schema=INTERACTIONS.arrow,
    )
    return engine.from_arrow(table, INTERACTIONS)
