"""`seeded`: accounts that stand near known-bad ones in what the other detectors drew."""

from __future__ import annotations

from dataclasses import dataclass

from algorithms.nearness import seeds_in
from algorithms.seeds import seed_propagation
from graph.model import Clustering, InteractionGraph
from graph.rounding import rounded
from graph.schemas import BOUNDS, EDGES, JOINT_ACTS, RANKING
from graph.table import Table
from jobs.detector import Detector, Layer, World
from jobs.fuse import coordination_graph

NAME = "seeded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeded:
    """Settings of the `seeded` detector."""

    at_least_nearness: float = 0.05
    """The least propagated suspicion, in (0, 1], of both ends of an edge; the most extreme account
    of the graph has 1."""
    weight: float = 0.5
    """What an edge between two suspects adds to its other layers, times the lesser nearness."""


def draw(world: World, settings: Seeded) -> Layer | None:
    """Edges of the earlier layers whose two ends are both near known-bad accounts.

    Suspicion spreads over all layers drawn before, two-sided where known-good accounts are given.
    The layer adds weight to edges that are there already; it joins nobody by itself, so a seed
    list can raise a group's rank but cannot invent a group.
    """
    if world.seeds is None or not world.layers:
        return None
    graph = coordination_graph(world.interactions.engine, world.layers).called
    bad, good = seeds_in(graph, world.seeds.bad), seeds_in(graph, world.seeds.good)
    absent = world.seeds.bad.count() - len(bad)
    if not bad:
        return _nobody(graph, absent)
    nearness = _to_nine_places(seed_propagation(graph, bad=bad, good=good).scores)
    edges = graph.engine.sql(
        """
        select e.src, e.dst, $layer as layer,
               $weight * least(max(a.score), max(b.score), 1.0) as weight,
               max(e.src_count) as src_count, max(e.dst_count) as dst_count,
               max(e.objects) as objects, max(e.object_days) as object_days,
               max(e.post_pairs) as post_pairs, min(e.first_at) as first_at,
               max(e.last_at) as last_at, null as expected, null as log10_p
        from {edges} e
        join {nearness} a on a.account = e.src
        join {nearness} b on b.account = e.dst
        where a.score >= $nearness and b.score >= $nearness
        group by e.src, e.dst
        """,
        EDGES,
        {"layer": NAME, "weight": settings.weight, "nearness": settings.at_least_nearness},
        edges=graph.edges,
        nearness=nearness,
    )
    return Layer(
        name=NAME,
        graph=InteractionGraph(edges),
        bounds=_no_bounds(graph),
        facts={"seeds_found": len(bad), "seeds_absent": absent, "edges_kept": edges.count()},
    )


def acts(world: World, settings: Seeded, layer: Layer, clustering: Clustering) -> tuple[Table, int]:
    """None of its own: its edges stand in other layers, which show what is behind them."""
    return clustering.members.engine.from_arrow(JOINT_ACTS.arrow.empty_table(), JOINT_ACTS), 0


def _to_nine_places(scores: Table) -> Table:
    """Scores that do not hang on the order in which many tasks' numbers were added up."""
    return scores.engine.sql(
        f"select account, {rounded('score', 9)} as score from {{scores}}", RANKING, scores=scores
    )


def _nobody(graph: InteractionGraph, absent: int) -> Layer:
    none = graph.engine.from_arrow(EDGES.arrow.empty_table(), EDGES)
    return Layer(
        name=NAME,
        graph=InteractionGraph(none),
        bounds=_no_bounds(graph),
        facts={"seeds_found": 0, "seeds_absent": absent, "edges_kept": 0},
    )


def _no_bounds(graph: InteractionGraph) -> Table:
    return graph.engine.from_arrow(BOUNDS.arrow.empty_table(), BOUNDS)


SEEDED = Detector(
    name=NAME,
    says="accounts that the other detectors join, directly or through others, to accounts judged"
    " bad before",
    settings=Seeded(),
    draw=draw,
    acts=acts,
    stands_alone=False,
    needs="known-bad accounts in [seeds] and another detector's layer",
)
