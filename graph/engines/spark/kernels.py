"""The Spark engine's kernels by name. A kernel takes a graph or tables and gives a table."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph.engine import Kernel

_KERNELS: dict[str, str] = {
    "coaction": "graph.engines.spark.coaction:co_act",
    "coaction-pairs": "graph.engines.spark.coaction:count_raw_pairs",
    "cluster-meetings": "graph.engines.spark.meetings:cluster_meetings",
    "components": "graph.engines.spark.components:components",
    "copied-texts": "graph.engines.spark.copied_text:copied_texts",
    "dense-blocks": "graph.engines.blocks:blocks_of",
    "expect-co-actions": "graph.engines.spark.chance:expect_co_actions",
    "files": "graph.engines.spark.files:files_of",
    "hits": "graph.engines.spark.hubs:hits",
    "hive-register": "graph.engines.spark.warehouse:register_folders",
    "hive-table": "graph.engines.spark.catalogue:hive_table",
    "k-core": "graph.engines.spark.cores:k_core",
    "label-propagation": "graph.engines.spark.labels:label_propagation",
    "leiden": "graph.engines.spark.leiden:leiden",
    "like-texts": "graph.engines.spark.copied_text:like_texts",
    "louvain": "graph.engines.spark.leiden:louvain",
    "pagerank": "graph.engines.spark.ranking:pagerank",
    "places": "graph.engines.spark.places:places",
    "seed-propagation": "graph.engines.spark.seeds:seed_propagation",
    "semi-synchronous-label-propagation": (
        "graph.engines.spark.labels:semi_synchronous_label_propagation"
    ),
    "spread-files": "graph.engines.spark.bringing:spread_files",
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
