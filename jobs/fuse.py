"""Layers into one coordination graph, and that graph into clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from algorithms.facts import inner_edges
from algorithms.label_propagation import semi_synchronous_label_propagation
from algorithms.large_clusters import large_clusters
from algorithms.leiden import leiden
from algorithms.pieces import united
from algorithms.recruits import recruited
from algorithms.wider import widened
from graph.engine import Engine
from graph.errors import ConfigError
from graph.model import Clustering, InteractionGraph
from graph.schemas import CLUSTERING, EDGES
from graph.table import Table
from jobs.detector import Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSettings:
    """How the coordination graph is divided."""

    method: Literal["leiden", "label-propagation"] = "leiden"
    resolution: float = 0.1
    """CPM: the least weight that an average pair of a cluster has; see docs/decisions/0003."""
    at_least_accounts: int = 3
    """Smaller groups are left out: a pair is a coincidence that one can look at by hand."""
    wider: tuple[float, ...] = (0.5, 0.25, 0.125)
    """Shares of `resolution` at which clusters that leak are looked at again, the largest first."""
    closed_at: float = 0.3
    """The largest share of a cluster's weight that may lead out of one that does not leak."""
    piece_share: float = 0.5
    """The share of its edge weight that must lead into one larger cluster for a group to be a
    piece of it."""
    recruit_edges: int = 2
    """Members that an account's refused edges must lead to for it to join their cluster."""
    recruit_share: float = 0.5
    """The share of the weight of its refused edges that must lead there."""
    rounds: int = 16
    """Rounds of label propagation, where that is the method."""

    def __post_init__(self) -> None:
        """Refuse prices that are no lower ones.

        Raises:
            ConfigError: `wider` does not fall from below 1 to above 0.
        """
        falls = all(a > b for a, b in zip((1.0, *self.wider), (*self.wider, 0.0), strict=True))
        if not falls:
            message = (
                "`wider` holds shares of the resolution, each below the one before it, the first"
                f" below 1 and all above 0, not {list(self.wider)}"
            )
            raise ConfigError(message)


@dataclass(frozen=True, slots=True)
class Coordination:
    """The coordination graph: what joins accounts, and what nearly does.

    `called` are all layers' edges, `weak` those that each layer refused though they surprise.
    """

    called: InteractionGraph
    weak: Table

    @property
    def tissue(self) -> InteractionGraph:
        """Called and weak edges together: where weight leads, and not who is joined."""
        return InteractionGraph(_union([self.called.edges, self.weak]))


def coordination_graph(engine: Engine, layers: Sequence[Layer]) -> Coordination:
    """All layers' edges in one graph; each edge keeps its layer, and layers' weights add up.

    A pair that two layers join is two rows, so each layer's share of the joined weight stays
    readable; algorithms add the rows.
    """
    none = engine.from_arrow(EDGES.arrow.empty_table(), EDGES)
    called = [layer.graph.edges for layer in layers]
    weak = [layer.weak for layer in layers if layer.weak is not None]
    return Coordination(InteractionGraph(_union([none, *called])), _union([none, *weak]))


def divide(graph: Coordination, settings: ClusterSettings, *, seed: int) -> Clustering:
    """The whole coordination graph divided, groups of one and two among them.

    Called edges decide who is there; between those accounts weak edges count too, and an account
    that weak edges alone lead to one cluster joins it in the end (`algorithms.recruits`).
    """
    knit = InteractionGraph(
        graph.weak.engine.sql(
            """
            with ends as (select src as account from {called} union select dst from {called})
            select * from {called}
            union all
            select * from {weak}
            where src in (select account from ends) and dst in (select account from ends)
            """,
            EDGES,
            called=graph.called.edges,
            weak=graph.weak,
        )
    )
    if settings.method == "leiden":
        found = leiden(knit, resolution=settings.resolution, seed=seed)
    else:
        found = semi_synchronous_label_propagation(knit, rounds=settings.rounds, seed=seed)
    put_back = united(
        found,
        knit.edges,
        least_share=settings.piece_share,
        least_partners=settings.recruit_edges,
        least_accounts=settings.at_least_accounts,
    )
    if settings.method == "leiden":
        put_back = widened(
            put_back,
            knit.edges,
            resolutions=[settings.resolution * share for share in settings.wider],
            most_conductance=settings.closed_at,
            least_accounts=settings.at_least_accounts,
            seed=seed,
        )
    return recruited(
        put_back,
        graph.weak,
        least_edges=settings.recruit_edges,
        least_share=settings.recruit_share,
        least_accounts=settings.at_least_accounts,
    )


def joined(graph: Coordination, whole: Clustering) -> InteractionGraph:
    """The called edges, and the weak ones inside clusters: what a run shows."""
    return InteractionGraph(_union([graph.called.edges, inner_edges(graph.weak, whole)]))


def large(whole: Clustering, settings: ClusterSettings) -> Clustering:
    """The clusters of at least `at_least_accounts` accounts.

    Raises:
        ConfigError: `at_least_accounts` is below 2.
    """
    if settings.at_least_accounts < 2:
        message = f"at_least_accounts is at least 2, not {settings.at_least_accounts}"
        raise ConfigError(message)
    return large_clusters(whole, least_accounts=settings.at_least_accounts)


def with_everybody(graph: InteractionGraph, whole: Clustering) -> Clustering:
    """The division with every account of the graph: who is in no cluster is one by itself."""
    members = whole.members.engine.sql(
        """
        select account, cluster from {members}
        union all
        select distinct account, account as cluster
        from (select src as account from {edges} union all select dst from {edges}) ends
        where account not in (select account from {members})
        """,
        CLUSTERING,
        members=whole.members,
        edges=graph.edges,
    )
    return Clustering(members, method=whole.method)


def _union(tables: Sequence[Table]) -> Table:
    query = " union all ".join(f"select * from {{part_{n}}}" for n in range(len(tables)))
    parts = {f"part_{n}": table for n, table in enumerate(tables)}
    return tables[0].engine.sql(query, EDGES, **parts)
