"""What an analyst writes in an hour: who meets whom again and again, and who hangs together."""

from __future__ import annotations

import random
from dataclasses import dataclass

import duckdb
import igraph
import numpy as np


@dataclass(frozen=True)
class Told:
    """What such an hour flags in a world, held against its labels."""

    flagged: int
    precision: float
    recall: float
    fan_clubs: dict[str, float]
    """The share of each that is flagged."""
    rings: dict[str, float]
    """Of each ring, the greatest Jaccard index with one flagged community."""
    shares: dict[str, float]
    """Of each group, the share that is flagged."""


def communities(interactions, minutes, *, meetings=3, least=5):
    """Communities of accounts that came to the same object within `minutes`, `meetings` times.

    A meeting weighs 1 / log(3 + the object's audience); Leiden by modularity, fixed seed.
    """
    database = duckdb.connect()
    database.register("acts", interactions.select(["account", "object", "time"]))
    pairs = database.execute(
        """
        with heard as (
            select object, 1 / ln(3 + count(distinct account)) as weight from acts group by object
        ), met as (
            select distinct one.account as a, two.account as b, one.object
            from acts one join acts two
              on one.object = two.object and one.account < two.account
             and two.time between one.time - $window and one.time + $window
        )
        select a, b, sum(weight) as weight from met join heard using (object)
        group by a, b having count(*) >= $meetings order by a, b
        """,
        {"window": minutes * 60_000, "meetings": meetings},
    ).fetchnumpy()
    names, ends = np.unique(np.concatenate([pairs["a"], pairs["b"]]), return_inverse=True)
    graph = igraph.Graph(n=len(names), edges=ends.reshape(2, -1).T.tolist())
    igraph.set_random_number_generator(random.Random(5))
    found = graph.community_leiden(
        objective_function="modularity", weights=pairs["weight"].tolist(), n_iterations=3
    )
    igraph.set_random_number_generator(random)
    return [{str(names[one]) for one in some} for some in found if len(some) >= least]


def hour_of_work(world, minutes):
    """The communities of a flat world, and how they do."""
    found = communities(world.interactions, minutes)
    flagged = set().union(*found)
    groups, rings = {}, set()
    for row in world.labels.to_pylist():
        groups.setdefault(row["group_id"], set()).add(row["account_id"])
        if row["is_ring"]:
            rings.add(row["group_id"])
    bad = set().union(*(groups[name] for name in rings))
    shares = {name: len(some & flagged) / len(some) for name, some in groups.items()}
    return Told(
        flagged=len(flagged),
        precision=len(bad & flagged) / len(flagged),
        recall=len(bad & flagged) / len(bad),
        fan_clubs={name: share for name, share in shares.items() if name.startswith("fan-club")},
        rings={
            name: max(len(groups[name] & one) / len(groups[name] | one) for one in found)
            for name in rings
        },
        shares=shares,
    )
