"""`copied-text`: accounts that post nearly the same words, on whatever objects."""

from __future__ import annotations

from dataclasses import dataclass

from algorithms.calls import call_edges, eligible_pairs
from algorithms.chance import ACTIVITY, pairs_against_chance
from algorithms.unmasked import unmasked_pairs
from builders.text import copied_text_graph
from builders.text_acts import joint_text_acts
from graph.model import Clustering, InteractionGraph
from graph.schemas import EDGES
from graph.table import Table
from graph.texts import LIKE_TEXTS, TEXTS
from jobs.detector import Detector, Layer, World
from jobs.detectors.strength import counted_inside, weakly, weighted_by_surprise

NAME = "copied-text"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedText:
    """Settings of the `copied-text` detector."""

    likeness: float = 0.8
    """Jaccard of the two posts' word sets, after mentions, links and disguises are ignored."""
    retold: float | None = 0.5
    """Of what is rare in two posts the least share that they have in common if one retells the
    other with words changed, and beyond the chance of any two; `none` for no such posts."""
    at_least_words: int = 6
    """Shorter posts are alike by chance: greetings, emoji, one-word answers."""
    within_seconds: float | None = 86_400.0
    """The most that two posts may be apart; `none` for any time."""
    at_least_texts: int = 2
    """Distinct own texts of each side that must match."""
    hub_accounts: int = 200
    """A text by more accounts is a saying, a song or a meme; it joins nobody and is counted."""
    ignored_actions: tuple[str, ...] = ("repost", "share", "retweet", "like")
    """Actions whose text is somebody else's by design."""
    false_discovery_rate: float = 0.05
    """Share of false edges to accept, among all eligible pairs of accounts."""
    dispersion: float = 0.25
    """Variance beyond Poisson, relative to the squared mean."""
    full_weight_log10: float = 20.0
    """An edge with p = 10^-this or less has weight 1."""
    acts_per_edge: int = 50
    """Posts kept behind each edge; more are counted."""


def draw(world: World, settings: CopiedText) -> Layer | None:
    """Pairs with more texts alike than two people who write as much would have by chance."""
    posts = _posts_by_account(world.interactions, settings)
    if posts.count() == 0:
        return None
    built = copied_text_graph(
        world.interactions,
        likeness=settings.likeness,
        at_least_words=settings.at_least_words,
        within_seconds=settings.within_seconds,
        at_least=1,
        hub_accounts=settings.hub_accounts,
        ignored_actions=settings.ignored_actions,
        retold=settings.retold,
        layer=NAME,
    )
    tested = unmasked_pairs(
        pairs_against_chance(built.graph, posts, dispersion=settings.dispersion),
        posts,
        dispersion=settings.dispersion,
        at_least=settings.at_least_texts,
        seed=world.seed,
    )
    called = call_edges(
        _often(tested.graph, settings),
        tested_pairs=eligible_pairs(world.interactions, at_least=2),
        false_discovery_rate=settings.false_discovery_rate,
        seed=world.seed,
    )
    return Layer(
        name=NAME,
        graph=weighted_by_surprise(called.graph, full_at=settings.full_weight_log10),
        bounds=built.bounds,
        facts={
            **called.facts,
            "observed": tested.observed,
            "expected": tested.expected,
            "matching posts": tested.matches,
        },
        tables={"texts": built.texts, "retold": built.retold},
        weak=weakly(called.weak, full_at=settings.full_weight_log10),
    )


def acts(
    world: World, settings: CopiedText, layer: Layer, clustering: Clustering
) -> tuple[Table, int]:
    """The pairs of posts behind the layer's edges, the most alike first."""
    shown = joint_text_acts(
        world.interactions,
        layer.graph.edges,
        clustering,
        texts=layer.tables["texts"],
        retold=layer.tables["retold"],
        likeness=settings.likeness,
        at_least_words=settings.at_least_words,
        within_seconds=settings.within_seconds,
        ignored_actions=settings.ignored_actions,
        at_most=settings.acts_per_edge,
        layer=NAME,
    )
    pairs = counted_inside(layer.graph.edges, clustering).post_pairs
    return shown, max(pairs - shown.count(), 0)


def _often(graph: InteractionGraph, settings: CopiedText) -> InteractionGraph:
    edges = graph.engine.sql(
        "select * from {edges} where least(src_count, dst_count) >= $texts",
        EDGES,
        {"texts": settings.at_least_texts},
        edges=graph.edges,
    )
    return InteractionGraph(edges)


def _posts_by_account(interactions: Table, settings: CopiedText) -> Table:
    """Posts with words, by account (`ACTIVITY`): what could match."""
    names = {f"ignored_{n}": name for n, name in enumerate(settings.ignored_actions)}
    others = f"and action not in ({', '.join(f'${name}' for name in names)})" if names else ""
    return interactions.engine.sql(
        f"""
        select account, count(*) as posts from {{interactions}}
        where text <> '' {others} group by account
        """,
        ACTIVITY,
        names,
        interactions=interactions,
    )


COPIED_TEXT = Detector(
    name=NAME,
    says="accounts that post nearly the same words, oftener than people who write as much do",
    settings=CopiedText(),
    draw=draw,
    acts=acts,
    family="text",
    keeps={"texts": TEXTS, "retold": LIKE_TEXTS},
    needs="interactions with `text`",
)
