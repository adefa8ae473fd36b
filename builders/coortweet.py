"""Post pairs and edges by the definition of CooRTweet 2.1.3, an R package.

Source: Righetti and Balluff, CooRTweet: a generalized R software for coordinated network detection
(Computational Communication Research, 2025). Where its counts differ from its own words, the words
are followed; `docs/coaction.md` lists the cases.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from builders.windows import ACT, BIN, window_values
from graph.errors import ConfigError
from graph.model import kernel
from graph.schema import Column, Schema
from graph.schemas import EDGES
from graph.table import Table

POST_PAIRS = Schema(
    "post_pairs",
    (
        Column("action", "VARCHAR", "what both did"),
        Column("object_kind", "VARCHAR", "what kind of thing the object is"),
        Column("object", "VARCHAR", "what both acted on"),
        Column("account", "VARCHAR", "who was first; at equal times the lesser id"),
        Column("account_y", "VARCHAR", "who was second"),
        Column("content", "VARCHAR", "the post of the first", nullable=True),
        Column("content_y", "VARCHAR", "the post of the second", nullable=True),
        Column("acted_at", "BIGINT", "when the first acted, ms"),
        Column("acted_at_y", "BIGINT", "when the second acted, ms"),
        Column("delta_ms", "BIGINT", "the time between them"),
        Column("post", "BIGINT", "a number for the first's post"),
        Column("post_y", "BIGINT", "a number for the second's post"),
    ),
    key=("object", "acted_at", "account", "content", "acted_at_y", "account_y", "content_y"),
)
"""Pairs of interactions on one object, the earlier first."""

COORTWEET_EDGES = replace(
    EDGES,
    name="coortweet_edges",
    columns=(
        *EDGES.columns,
        Column("mean_delta_ms", "DOUBLE", "mean time between the posts of a pair"),
        Column("symmetry", "DOUBLE", "min / max of the two sides' distinct own posts"),
        Column("heavy", "BOOLEAN", "whether the weight is above the asked quantile of weights"),
    ),
)
"""`EDGES` whose weight is the number of post pairs, with what CooRTweet adds."""

_CHOSEN = Schema(
    "chosen_posts",
    (
        Column("action", "VARCHAR", "what was done"),
        Column("object_kind", "VARCHAR", "what kind of thing the object is"),
        Column("object", "VARCHAR", "what was acted on"),
        Column("account", "VARCHAR", "who acted"),
        Column("content", "VARCHAR", "the account's own post", nullable=True),
        Column("acted_at", "BIGINT", "when, ms"),
    ),
    key=("acted_at", "account", "content", "object", "action", "object_kind"),
)
_PLACED = Schema(
    "placed_posts",
    (*_CHOSEN.columns, Column("place", "BIGINT", "the row's place in time, ties by account")),
    key=("place",),
)
_POSTS = Schema(
    "posts",
    (
        *_PLACED.columns,
        Column("post", "BIGINT", "equal for equal contents; a row without one has its own"),
    ),
    key=("place",),
)


def coortweet_network(
    interactions: Table,
    *,
    within_seconds: float,
    min_participation: int = 2,
    edge_weight: float = 0.5,
    remove_loops: bool = True,
    layer: str = "coortweet",
) -> tuple[Table, Table]:
    """The post pairs (`POST_PAIRS`) and the edges (`COORTWEET_EDGES`) that CooRTweet would give.

    A pair is any two interactions on one object at most `within_seconds` apart. It is kept when
    one of the two accounts has at least `min_participation` interactions whose post is in a pair.
    An edge's weight is its number of post pairs; `heavy` marks the weights strictly above the
    quantile `edge_weight` of all weights (linear interpolation).

    Args:
        interactions: `INTERACTIONS`; rows with an empty object are in no pair.
        within_seconds: the window, both ends counted.
        min_participation: the least interactions of an account, before and after pairing.
        edge_weight: the quantile, in [0, 1].
        remove_loops: leave out pairs of one account, of one post, or of a post with itself as
            the object.
        layer: the name that the edges carry.

    Raises:
        ConfigError: a setting is out of its range.
    """
    if not 0 <= edge_weight <= 1:
        message = f"`edge_weight` is a quantile in [0, 1], not {edge_weight}"
        raise ConfigError(message)
    posts = _posts(interactions, min_participation)
    near = _near_pairs(posts, within_seconds, remove_loops)
    pairs = _with_a_participant(near, posts, min_participation)
    for done in (posts, near):
        interactions.engine.drop(done)
    return pairs, _edges(pairs, edge_weight, layer)


def _posts(interactions: Table, min_participation: int) -> Table:
    engine = interactions.engine
    chosen = engine.sql(
        """
        select action, object_kind, object, account, content, acted_at
        from {interactions}
        where object <> '' and account in (
            select account from {interactions} where object <> ''
            group by account having count(*) >= $min_participation)
        """,
        _CHOSEN,
        {"min_participation": min_participation},
        interactions=interactions,
    )
    order = ("acted_at", "account", "content", "object", "action", "object_kind")
    placed = kernel(chosen, "places")(chosen, order=order, schema=_PLACED)
    posts = engine.sql(
        """
        select *, case when content is null then -place
                       else min(place) over (
                           partition by content, case when content is null then place end)
                       end as post
        from {placed}
        """,
        _POSTS,
        placed=placed,
    )
    for done in (chosen, placed):
        engine.drop(done)
    return posts


def _near_pairs(posts: Table, within_seconds: float, remove_loops: bool) -> Table:
    return posts.engine.sql(
        f"""
        with binned as (
            select *, {BIN} as bin from {{posts}}
        ), reaching as (
            select *, bin as reached from binned
            union all
            select *, bin - $bin_ms as reached from binned
        )
        select a.action, a.object_kind, a.object, a.account, b.account as account_y,
               a.content, b.content as content_y, a.acted_at, b.acted_at as acted_at_y,
               b.acted_at - a.acted_at as delta_ms, a.post, b.post as post_y
        from binned a
        join reaching b
          on a.object = b.object and a.action = b.action and a.object_kind = b.object_kind
         and a.bin = b.reached
         and a.place < b.place
         and b.acted_at - a.acted_at <= $within_ms
        where not $remove_loops
           or (a.account <> b.account
               and a.post <> b.post
               and coalesce(a.content <> a.object, true)
               and coalesce(b.content <> b.object, true))
        """,
        POST_PAIRS,
        {**window_values(within_seconds), "remove_loops": remove_loops},
        posts=posts,
    )


def _with_a_participant(near: Table, posts: Table, min_participation: int) -> Table:
    return near.engine.sql(
        """
        with taking_part as (
            select post from {near} union select post_y from {near}
        ), participants as (
            select account from {posts}
            where post in (select post from taking_part)
            group by account having count(*) >= $min_participation
        )
        select * from {near}
        where account in (select account from participants)
           or account_y in (select account from participants)
        """,
        POST_PAIRS,
        {"min_participation": min_participation},
        near=near,
        posts=posts,
    )


_SIDES = """
    select least(account, account_y) as src, greatest(account, account_y) as dst, account as who,
           post, action, object_kind, object, acted_at, acted_at_y, delta_ms, 1 as pair
    from {pairs}
    union all
    select least(account, account_y), greatest(account, account_y), account_y,
           post_y, action, object_kind, object, acted_at, acted_at_y, delta_ms, 0
    from {pairs}
"""
# Both sides of a pair stand in `_SIDES`, so that own posts follow the account, not the order in
# time; the pair itself is counted on one of them.
_EDGES = f"""
    select src, dst, $layer as layer, cast(sum(pair) as double) as weight,
           count(distinct case when who = src then post end) as src_count,
           count(distinct case when who = dst then post end) as dst_count,
           count(distinct act) as objects, count(distinct act_day) as object_days,
           sum(pair) as post_pairs, min(acted_at) as first_at, max(acted_at_y) as last_at,
           null as expected, null as log10_p, avg(delta_ms) as mean_delta_ms
    from (
        select *, concat(cast(floor(acted_at / 86400000.0) as varchar), ' ', act) as act_day
        from (select *, {ACT} as act from ({_SIDES}) sides) acted
    ) named
    group by src, dst
"""


def _edges(pairs: Table, edge_weight: float, layer: str) -> Table:
    engine = pairs.engine
    counted = engine.sql(
        "select *, least(src_count, dst_count) / cast(greatest(src_count, dst_count) as double)"
        f" as symmetry, false as heavy from ({_EDGES}) edges",
        COORTWEET_EDGES,
        {"layer": layer},
        pairs=pairs,
    )
    above = _quantile_of_weights(counted, edge_weight)
    columns = ", ".join(name for name in COORTWEET_EDGES.names if name != "heavy")
    marked = engine.sql(
        f"select {columns}, weight > $above as heavy from {{edges}}",
        COORTWEET_EDGES,
        {"above": above},
        edges=counted,
    )
    engine.drop(counted)
    return marked


def _quantile_of_weights(edges: Table, share: float) -> float:
    """The quantile of all weights, from how often each occurs; 0 without edges."""
    known = edges.engine.query(
        "select weight, count(*) as edges from {edges} group by weight order by weight",
        edges=edges,
    )
    weights, up_to = known["weight"].to_numpy(), np.cumsum(known["edges"].to_numpy())
    if not len(weights):
        return 0.0
    place = share * (int(up_to[-1]) - 1)
    below = int(place)
    near = np.searchsorted(up_to, [below, min(below + 1, int(up_to[-1]) - 1)], side="right")
    return float(np.quantile(weights[near], place - below))
