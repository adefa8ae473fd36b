"""One co-action network from interactions, by the house's definition or another tool's."""

from __future__ import annotations

from typing import Literal

from builders.cnt import cnt_from_interactions
from builders.coaction import CoactionBounds, Count, coaction_graph
from builders.coortweet import coortweet_network
from graph.errors import ConfigError
from graph.model import InteractionGraph
from graph.schemas import EDGES
from graph.table import Table

Compat = Literal["coortweet", "cnt"]


def network(
    interactions: Table,
    *,
    within_seconds: float | None,
    min_participation: int | None = None,
    count: Count | None = None,
    min_weight: int = 1,
    compat: Compat | None = None,
) -> InteractionGraph:
    """The accounts that acted together, nothing bounded.

    Without `compat` the graph is undirected and its weight is the chosen count, `posts` by default.
    As `coortweet` the weight is the number of post pairs that CooRTweet would keep. As `cnt` the
    graph is directed and the weight is the number of own posts of `src` with a match, as in the
    Coordination Network Toolkit's co-retweet network.

    Args:
        interactions: `INTERACTIONS`; `account`, `object`, `acted_at` and `content` matter, and
            `action` and `object_kind` keep objects apart.
        within_seconds: the window, both ends counted; None for any time where `compat` is None.
        min_participation: accounts with fewer interactions are left out; by default 2 as
            `coortweet`, else 1. `cnt` knows no such filter.
        count: what is counted; `coortweet` counts `posts`, `cnt` counts `own-posts`.
        min_weight: the least weight of an edge.
        compat: whose definition.

    Raises:
        ConfigError: a setting is out of its range or does not go with `compat`.
    """
    if compat is None:
        return coaction_graph(
            interactions,
            within_seconds=within_seconds,
            at_least=min_weight,
            count=count or "posts",
            layer="co-action",
            min_participation=1 if min_participation is None else min_participation,
            bounds=CoactionBounds(raw_pairs=None),
        ).graph
    window = _window_of(compat, within_seconds)
    _refuse_what_the_tool_lacks(compat, count, min_participation)
    if compat == "cnt":
        edges = cnt_from_interactions(
            interactions, within_seconds=window, min_edge_weight=min_weight
        )
        return InteractionGraph(edges, directed=True)
    _, edges = coortweet_network(
        interactions,
        within_seconds=window,
        min_participation=2 if min_participation is None else min_participation,
    )
    columns = ", ".join(EDGES.names)
    return InteractionGraph(
        edges.engine.sql(
            f"select {columns} from {{edges}} where weight >= $min_weight",
            EDGES,
            {"min_weight": min_weight},
            edges=edges,
        )
    )


def _window_of(compat: Compat, within_seconds: float | None) -> float:
    if within_seconds is None:
        message = f"`{compat}` has no network without a window; give `within_seconds`"
        raise ConfigError(message)
    return within_seconds


def _refuse_what_the_tool_lacks(
    compat: Compat, count: Count | None, min_participation: int | None
) -> None:
    counted = {"coortweet": "posts", "cnt": "own-posts"}
    if compat not in counted:
        message = f"unknown tool `{compat}`; there is `coortweet`, `cnt`"
        raise ConfigError(message)
    if count not in (None, counted[compat]):
        message = f"`{compat}` counts `{counted[compat]}`, not `{count}`; leave the count out"
        raise ConfigError(message)
    if compat == "cnt" and min_participation not in (None, 1):
        message = f"`cnt` has no least participation, but it is {min_participation}; leave it out"
        raise ConfigError(message)
