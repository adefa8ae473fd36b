"""Clusters measured, scored and ranked: the tables that a run publishes about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from algorithms.also_in import also_in
from algorithms.attendance import attendance
from algorithms.background import Background, background
from algorithms.chance import Unnamed, clusters_against_chance
from algorithms.cluster_objects import cluster_objects, layer_objects, object_facts
from algorithms.delays import delay_facts, nearest_acts
from algorithms.explain import explained
from algorithms.explain.early import early_arrivals
from algorithms.explain.schema import Family, Known
from algorithms.explain.verdict import accounted_for
from algorithms.facts import (
    act_facts,
    age_facts,
    edge_facts,
    inner_edges,
    member_interactions,
    platforms_of,
)
from algorithms.flags import DEFAULT_FLAGS, FlagSettings, knit_accounts
from algorithms.nearness import nearest_outside
from algorithms.quality import conductance
from algorithms.roles import member_roles
from algorithms.scorecard import Scorecard
from algorithms.ways import joined_by, layers_inside, ways
from builders.clocks import clock_of, mostly_at_one_time
from graph.model import Clustering, InteractionGraph
from graph.schema import Column, Schema
from graph.schemas import ACCOUNTS, BOUNDS, MEMBER_INTERACTIONS, NEAR_SEEDS
from graph.table import Table
from jobs.fuse import with_everybody
from jobs.measured import measured_clusters, step_seconds
from jobs.ranked import ranked, with_explanations
from jobs.without_layers import facts_without, with_layers


@dataclass(frozen=True, slots=True)
class ClusterTables:
    """What a run publishes about its clusters."""

    clusters: Table
    members: Table
    also_in: Table
    near_seeds: Table
    evidence: Table
    cluster_objects: Table
    member_interactions: Table
    bounds: Table
    background: Background


def measure(
    graph: InteractionGraph,
    whole: Clustering,
    clustering: Clustering,
    interactions: Table,
    joint_acts: Table,
    *,
    accounts: Table | None,
    carried: Table | None = None,
    families: Mapping[str, Family] = MappingProxyType({}),
    within_seconds: float,
    tissue: InteractionGraph | None = None,
    flags: FlagSettings = DEFAULT_FLAGS,
    card: Scorecard | None = None,
    near: Table | None = None,
    leaning: Sequence[str] = (),
    repeating: str = "",
    most_acts_per_member: int = 1000,
    most_near_seeds: int = 100,
) -> ClusterTables:
    """Measure, score and rank the clusters of a coordination graph.

    Args:
        graph: the coordination graph, weights in [0, 1] a layer.
        whole: its division, every account of the graph in a cluster.
        clustering: the clusters to publish, small ones left out.
        interactions: the whole extract.
        joint_acts: the interactions behind the clusters' edges (`JOINT_ACTS`).
        accounts: what is known about accounts (`ACCOUNTS`), if anything.
        carried: the extract with its carried attributes, if it has any.
        families: the family of each layer, for the explanations that account for one.
        within_seconds: the window in which members' acts count as joint.
        tissue: the graph with its refused edges, on which it is measured how closed a cluster is;
            a group by chance is torn out of a wider tissue, and a ring is not.
        flags: what a cluster must show to be flagged.
        card: what judges a cluster's expected precision; the shipped one by default.
        near: how near the accounts are to seeds (`algorithms.nearness.NEARNESS`), if there are any.
        leaning: layers whose edges by themselves tell nothing of a second ring.
        repeating: the layer, if any, that joins only whom others join.
        most_acts_per_member: how many of a member's acts are published; the rest is counted.
        most_near_seeds: how many accounts outside of flagged clusters are listed by nearness.
    """
    engine = interactions.engine
    known = accounts or engine.from_arrow(ACCOUNTS.arrow.empty_table(), ACCOUNTS)
    platforms = platforms_of(interactions)
    inner = inner_edges(graph.edges, clustering)
    of_layers = layer_objects(joint_acts, interactions)
    objects = cluster_objects(of_layers)
    # Where all have one time, time does not say which acts are one.
    unnamed: Unnamed = "rows" if mostly_at_one_time(interactions) else "moments"
    acts = member_interactions(
        interactions, clustering, joint_acts, within_seconds=within_seconds, unnamed=unnamed
    )
    known_of = Known(
        clustering=clustering,
        interactions=interactions,
        carried=carried,
        objects=objects,
        accounts=accounts,
    )
    early = early_arrivals(known_of)
    explanations = explained(replace(known_of, early=early))
    layers = layers_inside(inner, clustering, repeating=repeating)
    joined = joined_by(layers)
    accounted = accounted_for(
        explanations,
        joined,
        families=families,
        at_least=flags.explained_from,
    )
    joined_in = ways(layers, joint_acts, families=families, unnamed=unnamed)
    clock = clock_of(interactions)
    nearest = nearest_acts(joint_acts)
    usual = background(interactions, accounts, within_seconds=within_seconds)
    measured = measured_clusters(
        edges=edge_facts(inner, clustering, platforms),
        joined=joined,
        joined_in=joined_in,
        inner=inner,
        acts=act_facts(acts),
        delays=delay_facts(nearest),
        objects=object_facts(objects),
        ages=age_facts(known, clustering),
        cut=conductance(tissue or graph, with_everybody(tissue or graph, whole)),
        knit=knit_accounts(inner, clustering),
        chance=clusters_against_chance(clustering, interactions, unnamed=unnamed),
        regular=attendance(acts, clustering),
        explanations=explanations,
        early=early,
        members=clustering.members,
        clock=clock,
        usual=usual,
    )
    shown, left_out = bounded_acts(acts, most_per_member=most_acts_per_member)
    clusters, evidence = ranked(measured, usual, flags, accounted, card)
    less = facts_without(
        measured,
        layers,
        joined_in,
        inner=inner,
        tissue=(tissue or graph).edges,
        nearest=nearest,
        of_layers=of_layers,
        clustering=clustering,
        step_seconds=step_seconds(clock),
        repeating=repeating,
    )
    engine.drop(nearest.delays)
    evidence = with_layers(evidence, less, usual, card)
    evidence = with_explanations(evidence, explanations)
    members = member_roles(
        graph,
        clustering,
        inner,
        acts,
        known,
        platforms,
        least_belonging=flags.least_belonging,
        near=near,
    )
    others = also_in(
        graph,
        clusters,
        members,
        least_belonging=flags.least_belonging,
        least_partners=flags.also_in_partners,
        leaning=leaning,
    )
    return ClusterTables(
        clusters=clusters,
        members=members,
        also_in=others,
        near_seeds=_near_seeds(near, graph, clusters, members, most=most_near_seeds),
        evidence=evidence,
        cluster_objects=objects,
        member_interactions=shown,
        bounds=left_out,
        background=usual,
    )


def _near_seeds(
    near: Table | None, graph: InteractionGraph, clusters: Table, members: Table, *, most: int
) -> Table:
    if near is None:
        return graph.engine.from_arrow(NEAR_SEEDS.arrow.empty_table(), NEAR_SEEDS)
    return nearest_outside(near, graph, clusters, members, most=most)


_CROWDED = Schema(
    "crowded_members",
    (
        *(
            column
            for column in MEMBER_INTERACTIONS.columns
            if column.name in ("cluster", "account")
        ),
        Column("acts", "BIGINT", "what it did, more than is published"),
    ),
    key=("cluster", "account"),
)


def bounded_acts(acts: Table, *, most_per_member: int) -> tuple[Table, Table]:
    """The acts to publish, and what was left out of them (`BOUNDS`).

    Joint acts go first, then the latest: a member's list shows what joins it to the others. Only
    the acts of members who did too much are put in that order.
    """
    engine = acts.engine
    most = {"most": most_per_member}
    crowded = engine.sql(
        "select cluster, account, count(*) as acts from {acts}"
        " group by cluster, account having count(*) > $most",
        _CROWDED,
        most,
        acts=acts,
    )
    left_out = engine.sql(
        """
        select 'members' as layer, 'member-interactions' as bound, cluster as subject,
               count(*) as accounts, sum(acts) as interactions, 0 as pairs_not_counted,
               'the lists of these members show joint acts first and leave out '
                   || cast(sum(acts - $most) as varchar) || ' others' as says
        from {crowded} group by cluster
        """,
        BOUNDS,
        most,
        crowded=crowded,
    )
    if not crowded.count():
        return acts, left_out
    ranked = engine.sql(
        f"""
        select {MEMBER_INTERACTIONS.selecting()} from (
            select a.*, c.acts from {{acts}} a
            left join {{crowded}} c on c.cluster = a.cluster and c.account = a.account
        ) others where acts is null
        union all
        select {MEMBER_INTERACTIONS.selecting()} from (
            select a.*, row_number() over (
                partition by a.cluster, a.account
                order by a.joint desc, a.acted_at desc, a.action, a.object_kind, a.object,
                         a.content, a.text
            ) as place
            from {{acts}} a
            join {{crowded}} c on c.cluster = a.cluster and c.account = a.account
        ) placed where place <= $most
        """,
        MEMBER_INTERACTIONS,
        most,
        acts=acts,
        crowded=crowded,
    )
    return ranked, left_out
