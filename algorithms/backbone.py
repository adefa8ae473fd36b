"""The backbone of a graph: edges too heavy for an even split of an account's strength."""

from __future__ import annotations

from graph.model import InteractionGraph
from graph.schemas import EDGES

_UNDIRECTED = "select src as account, weight from pairs union all select dst, weight from pairs"
_LEAVING = "select src as account, weight from pairs"
_ARRIVING = "select dst as account, weight from pairs"


def disparity_backbone(graph: InteractionGraph, *, alpha: float) -> InteractionGraph:
    """The edges that an even random split would seldom make this heavy, seen from either end.

    An account with k partners and strength s gives an edge of weight w the significance
    `(1 - w / s) ** (k - 1)`: the chance that a random split of s in k parts makes one part as
    heavy. An edge stays if that is below `alpha` for one of its ends. In a directed graph the one
    end counts its outgoing edges, the other its incoming ones.

    Layers of a pair are summed for the test and stay or go together. An end with one partner
    proves nothing, and self-loops are no edges to partners: both never keep an edge. The graph's
    `accounts` stay as they were. Weights are summed as decimals with 15 places.

    Args:
        graph: any graph with weights of at least 0.
        alpha: the significance level, in (0, 1).

    Raises:
        ValueError: `alpha` is out of range.

    Source: Serrano, Boguna and Vespignani 2009, Extracting the multiscale backbone of complex
        weighted networks.
    """
    if not 0 < alpha < 1:
        message = f"`alpha` is a significance level in (0, 1), not {alpha}"
        raise ValueError(message)
    leaving, arriving = (_LEAVING, _ARRIVING) if graph.directed else (_UNDIRECTED, _UNDIRECTED)
    columns = ", ".join(f"e.{name}" for name in EDGES.names)
    kept = graph.engine.sql(
        f"""
        with pairs as (
            select src, dst, sum(cast(weight as decimal(38, 15))) as weight
            from {{edges}} where src <> dst and weight > 0 group by src, dst
        ),
        leaving as (
            select account, count(*) as partners, cast(sum(weight) as double) as strength
            from ({leaving}) ends group by account
        ),
        arriving as (
            select account, count(*) as partners, cast(sum(weight) as double) as strength
            from ({arriving}) ends group by account
        ),
        kept as (
            select p.src, p.dst
            from pairs p
            join leaving s on s.account = p.src
            join arriving d on d.account = p.dst
            where power(1 - cast(p.weight as double) / s.strength, s.partners - 1) < $alpha
               or power(1 - cast(p.weight as double) / d.strength, d.partners - 1) < $alpha
        )
        select {columns} from {{edges}} e join kept k on k.src = e.src and k.dst = e.dst
        """,
        EDGES,
        {"alpha": alpha},
        edges=graph.edges,
    )
    return InteractionGraph(kept, directed=graph.directed, accounts=graph.accounts)
