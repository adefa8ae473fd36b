"""Leiden: groups of accounts held together more tightly than a stated price."""

from __future__ import annotations

import math
from typing import Any, Literal, get_args

import pyarrow as pa

from graph.model import Clustering, InteractionGraph, kernel
from graph.schemas import BOUNDS, EDGES
from graph.table import Table

Objective = Literal["cpm", "modularity"]

_OBJECTIVES = get_args(Objective)


def leiden(
    graph: InteractionGraph,
    *,
    resolution: float,
    objective: Objective = "cpm",
    per_component: bool = True,
    seed: int = 0,
    iterations: int = 4,
    giant_edges: int = 2_000_000,
) -> Clustering:
    """Communities that the Leiden method finds, each connected and named by its least account.

    With `cpm` (constant Potts model) `resolution` is in the weights' unit: the inner weight a
    pair of members that a community must pay on average, so that rings of any size in a graph of
    any size are judged alike. With `modularity` it is a plain number, usually 1; modularity takes
    its scale from the whole graph's (or component's) weight and merges small rings in large ones.

    Layers of an edge are summed, directions and self-loops do not matter (a self-loop counts
    towards an account's strength under `modularity`). The answer does not depend on the order of
    rows, the number of threads or the day; `docs/algorithms.md` has the rules.

    With `cpm` a component of more than `giant_edges` edges is cut by label propagation, again and
    again until each piece has at most as many, before it is divided; its communities are united
    where that pays. Each makes a row of the answer's `bounds`: such a component is a hub or a
    threshold fault first.

    Args:
        graph: any graph with weights of at least 0.
        resolution: above 0.
        objective: what makes a division good.
        per_component: divide each connected component apart, which CPM allows without loss; False
            takes modularity's scale from the whole graph.
        seed: of the random search; each component has its own from it.
        iterations: rounds of the search, at least 1.
        giant_edges: the most edges (joined pairs) that one search of `cpm` is given, at least 1.

    Raises:
        NotOnThisEngine: igraph is not installed, or `per_component` is False on an engine that
            holds no graph as a whole.
        ValueError: a setting or a weight is out of range.

    Source: Traag, Waltman and van Eck 2019, From Louvain to Leiden; Traag, Van Dooren and
        Nesterov 2011 for CPM.
    """
    if not 0 < resolution < math.inf:
        message = f"`resolution` is above 0, not {resolution}"
        raise ValueError(message)
    if objective not in _OBJECTIVES:
        message = f"`objective` is one of {', '.join(_OBJECTIVES)}, not {objective!r}"
        raise ValueError(message)
    for name, value in (("iterations", iterations), ("giant_edges", giant_edges)):
        if value < 1:
            message = f"`{name}` is at least 1, not {value}"
            raise ValueError(message)
    members, giants = kernel(graph, "leiden")(
        graph,
        resolution=resolution,
        objective=objective,
        iterations=iterations,
        per_component=per_component,
        giant_edges=giant_edges,
        seed=seed,
    )
    cut = pa.Table.from_pylist([_cut(giant) for giant in giants], schema=BOUNDS.arrow)
    bounds = graph.engine.from_arrow(cut, BOUNDS)
    return Clustering(members, method=f"leiden-{objective}", bounds=bounds)


def leiden_of_pairs(edges: Table, *, resolution: float, seed: int) -> Clustering:
    """Communities by which pairs are joined, whatever the weights: each edge weighs 1.

    Args:
        edges: `EDGES`, each pair once.
        resolution: the share of an average community's pairs that must be joined, in (0, 1].
        seed: as in `leiden`.

    Raises:
        NotOnThisEngine: igraph is not installed.
    """
    even = edges.engine.sql(
        f"select {EDGES.selecting(weight='1.0')} from {{edges}}", EDGES, edges=edges
    )
    return leiden(InteractionGraph(even), resolution=resolution, seed=seed)


def _cut(giant: Any) -> dict[str, object]:  # noqa: ANN401 - the engine's own value
    """The `BOUNDS` row of a giant component; it belongs to no layer, but to all of them."""
    return {
        "layer": "clustering",
        "bound": "giant-component",
        "subject": giant.account,
        "accounts": giant.accounts,
        "interactions": 0,
        "pairs_not_counted": 0,
        "says": (
            f"a component of {giant.accounts:,} accounts and {giant.edges:,} edges was cut"
            f"{_how(giant)}: a hub or a threshold fault; see docs/algorithms.md"
        ),
    }


def _how(giant: Any) -> str:  # noqa: ANN401 - the engine's own value
    """When it was cut, and more where one cut and one search of its communities was not enough."""
    cuts = "" if giant.cuts == 1 else f" in {giant.cuts} steps"
    unions = "" if giant.unions == 1 else f" and united in {giant.unions}"
    left = (
        f", which was not enough, {giant.left:,} pairs of its communities are still joined"
        if giant.left
        else ""
    )
    return f"{cuts} before it was divided{unions}{left}"
