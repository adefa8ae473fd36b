"""The local engine's kernels by name. A kernel takes a graph or tables and gives a table."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph.engine import Kernel

_KERNELS: dict[str, str] = {
    "copied-texts": "graph.engines.copied_tables:copied_texts",
    "components": "graph.engines.clustering:components",
    "dense-blocks": "graph.engines.blocks:blocks_of",
    "hits": "graph.engines.ranking:hits",
    "k-core": "graph.engines.ranking:k_core",
    "label-propagation": "graph.engines.clustering:label_propagation",
    "leiden": "graph.engines.clustering:leiden",
    "like-texts": "graph.engines.copied_tables:like_texts",
    "louvain": "graph.engines.clustering:louvain",
    "places": "graph.engines.places:places",
    "pagerank": "graph.engines.ranking:pagerank",
    "seed-propagation": "graph.engines.ranking:seed_propagation",
    "semi-synchronous-label-propagation": (
        "graph.engines.clustering:semi_synchronous_label_propagation"
    ),
    "coaction": "graph.engines.coaction:co_act",
    "coaction-pairs": "graph.engines.coaction:count_raw_pairs",
    "expect-co-actions": "graph.engines.chance:expect_co_actions",
    "cluster-meetings": "graph.engines.chance:cluster_meetings",
}
"""Kernel name to `module:function`; modules load on first use, so start-up stays quick."""


def find(name: str) -> Kernel | None:
    """The kernel called `name`, or None."""
    place = _KERNELS.get(name)
    if place is None:
        return None
    module, function = place.split(":")
    found: Kernel = getattr(import_module(module), function)
    return found
