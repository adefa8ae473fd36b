"""Leiden on Spark: whole components in the workers' hands, each divided as the local engine does.

What suits one worker is divided by one; else components are dealt into buckets
(`graph.engines.spark.buckets`), the giant ones cut before and their communities united after
(`graph.engines.spark.giants`). The labels are the local engine's, every one.
"""

from __future__ import annotations

from functools import partial
from typing import NoReturn

import pyarrow as pa

from graph.engines.clustering import named
from graph.engines.dense import FixedGraph
from graph.engines.kernels.cutting import Cutting
from graph.engines.kernels.giants import Giant
from graph.engines.kernels.leiden import Objective, Search, leiden_labels
from graph.engines.spark.alone import fits_one_task, in_one_task
from graph.engines.spark.buckets import divided
from graph.engines.spark.components import labelled
from graph.engines.spark.dense import DenseFrames, dense_frames
from graph.engines.spark.giants import cut_and_united, giants_of
from graph.engines.spark.pairs import fixed_pairs
from graph.engines.weights import refuse_odd_weights
from graph.errors import NotOnThisEngine
from graph.model import InteractionGraph
from graph.schemas import CLUSTERING
from graph.table import Table


def leiden(
    graph: InteractionGraph,
    *,
    resolution: float,
    objective: Objective,
    iterations: int,
    per_component: bool,
    giant_edges: int,
    seed: int,
) -> tuple[Table, list[Giant]]:
    """Leiden communities (`CLUSTERING`), and what was cut; directions do not matter.

    Raises:
        NotOnThisEngine: the graph is to be divided as a whole, or workers lack igraph.
    """
    if not per_component:
        message = (
            "`leiden` with `per_component=False` takes its scale from the whole graph, which no"
            ' worker of Spark holds; leave it out, or use engine = "local"'
        )
        raise NotOnThisEngine(message)
    refuse_odd_weights(graph)
    search = Search(resolution=resolution, objective=objective, iterations=iterations)
    most = giant_edges if objective == "cpm" else None
    with fixed_pairs(graph) as pairs:
        uncut = most is None or graph.engine.count(pairs) <= most
        if uncut and fits_one_task(graph, pairs):
            work = partial(_divided_at_once, search=search, seed=seed)
            return in_one_task(graph, pairs, work, CLUSTERING), []
        with dense_frames(graph, pairs) as given:
            return _divided(given, search, most, seed)


def louvain(_: InteractionGraph, *, resolution: float, seed: int) -> NoReturn:
    """Refuse it.

    Raises:
        NotOnThisEngine: always.
    """
    message = (
        "`louvain` takes its scale from the whole graph, which no worker of Spark holds; use"
        ' `leiden`, which divides each component apart, or engine = "local"'
    )
    raise NotOnThisEngine(message)


def _divided_at_once(given: FixedGraph, *, search: Search, seed: int) -> pa.Table:
    labels = leiden_labels(
        given.ids, given.src, given.dst, given.fixed, search=search, per_component=True, seed=seed
    )
    return named(given.ids, labels)


def _divided(
    given: DenseFrames, search: Search, giant_edges: int | None, seed: int
) -> tuple[Table, list[Giant]]:
    with labelled(given, given.edges) as parts:
        giants = {} if giant_edges is None else giants_of(given, parts, giant_edges)
        if giant_edges is None or not giants:
            with divided(given, given.edges, parts, search=search, seed=seed) as labels:
                return given.clustering(labels), []
        cutting = Cutting(giant_edges, seed)
        with cut_and_united(given, parts, giants, search=search, cutting=cutting) as (whole, told):
            return given.clustering(whole), told
