"""Who acts on whom: directed contacts between accounts, and the pairs that act on each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from builders.listed import listed
from graph.model import InteractionGraph
from graph.schema import Column, Schema
from graph.schemas import BOUNDS, EDGES
from graph.table import Table

CONTACT_ACTIONS = ("follow", "mention", "reply", "repost", "comment")
MUTUAL_ACTIONS = ("follow", "mention", "reply", "comment", "like", "repost")
ON_ACCOUNTS = ("follow", "mention")
"""Acts that are done to accounts: where the extract does not say what kind of thing the object is
(kind `object`), one that is byte for byte an account's id is that account."""


@dataclass(frozen=True, slots=True)
class ContactGraph:
    """Accounts joined by acts on one another, and what was left out."""

    graph: InteractionGraph
    bounds: Table


_CONTACTS = Schema(
    "contacts",
    (
        Column("src", "VARCHAR", "who acted"),
        Column("dst", "VARCHAR", "on whom; empty when it is not known"),
        Column("action", "VARCHAR", "what was done"),
        Column("object", "VARCHAR", "on what, as `kind:id`"),
        Column("content", "VARCHAR", "the account's own post", nullable=True),
        Column("acted_at", "BIGINT", "when, ms"),
    ),
    key=("src", "dst", "acted_at", "action", "object", "content"),
)

RECIPROCITY = Schema(
    "reciprocity",
    (
        Column("account", "VARCHAR", "the account's id"),
        Column("given", "DOUBLE", "summed weight of its acts on others"),
        Column("received", "DOUBLE", "summed weight of others' acts on it"),
        Column("returned", "DOUBLE", "of what it gave, how much came back: sum of the lesser way"),
        Column("reciprocity", "DOUBLE", "returned / given; null for who gave nothing", True),
    ),
    key=("account",),
)

_ACTS = """
select i.account as src,
       coalesce(case when i.object_kind = 'account' then i.object else nullif(i.owner, '') end,
                k.account, '') as dst,
       i.action,
       i.object_kind || ':' || i.object as object,
       i.content,
       i.acted_at
from {interactions} i
left join (select distinct account from {interactions}) k
  on k.account = i.object and i.object_kind = 'object'
 and i.action in (select name from {on_accounts})
where i.action in (select name from {actions})
"""

_DIRECTED = """
select src, dst, $layer as layer,
       count(*) as weight,
       count(distinct case when content is null then 'at ' || acted_at
                           else 'post ' || content end) as src_count,
       0 as dst_count,
       count(distinct object) as objects,
       count(distinct object || ' ' || floor(acted_at / 86400000.0)) as object_days,
       0 as post_pairs,
       min(acted_at) as first_at,
       max(acted_at) as last_at,
       null as expected,
       null as log10_p
from {contacts}
where dst <> '' and src <> dst
group by src, dst
"""

_LEFT_OUT = """
select $layer as layer, bound, subject,
       count(distinct src) as accounts,
       count(*) as interactions,
       count(case when bound = 'no-target' then 1 end) as pairs_not_counted,
       min(says) as says
from (
    select src,
           case when dst = '' then 'no-target' else 'self-acts' end as bound,
           action as subject,
           case when dst = '' then 'left out: neither an account nor an owner was acted on'
                else 'left out: an account that acts on itself' end as says
    from {contacts}
    where dst = '' or src = dst
) left_out
group by bound, subject
"""


def contact_graph(
    interactions: Table,
    *,
    actions: Sequence[str] = CONTACT_ACTIONS,
    layer: str = "contacts",
) -> ContactGraph:
    """Who acts on whom (`EDGES`, directed): on an account itself, or on what an account owns.

    An edge's `weight` is the number of src's acts on dst, `src_count` the own posts (or, without
    `content`, times) of these, `objects` and `object_days` distinct objects and (object, UTC day)
    acted on. `dst_count` and `post_pairs` are 0: dst need not have done anything. An act on nobody
    known, or on oneself, is left out and counted.
    """
    contacts = read_contacts(interactions, actions)
    engine = interactions.engine
    edges = engine.sql(_DIRECTED, EDGES, {"layer": layer}, contacts=contacts)
    bounds = engine.sql(_LEFT_OUT, BOUNDS, {"layer": layer}, contacts=contacts)
    return ContactGraph(InteractionGraph(edges, directed=True), bounds)


def has_contacts(interactions: Table, actions: Sequence[str]) -> bool:
    """Whether any of these acts is known to be on somebody."""
    engine = interactions.engine
    found = engine.query(
        f"select count(*) as acts from ({_ACTS}) known where dst <> ''",
        interactions=interactions,
        actions=listed(engine, actions),
        on_accounts=listed(engine, ON_ACCOUNTS),
    )
    return bool(found["acts"][0].as_py())


def read_contacts(interactions: Table, actions: Sequence[str]) -> Table:
    """Every act with whom it was done to: `src`, `dst`, `action`, `object`, `content`, `acted_at`.

    That is the object where its kind is `account`, else its owner, else, of `ON_ACCOUNTS`, the
    account whose id the object is. `dst` is empty where none of these is known.
    """
    engine = interactions.engine
    return engine.sql(
        _ACTS,
        _CONTACTS,
        interactions=interactions,
        actions=listed(engine, actions),
        on_accounts=listed(engine, ON_ACCOUNTS),
    )


_RECIPROCITY = """
with ways as (
    select src, dst, sum(weight) as weight from {edges} where src <> dst group by src, dst
),
answered as (
    select a.src, a.dst, a.weight, least(a.weight, coalesce(b.weight, 0)) as returned
    from ways a
    left join ways b on b.src = a.dst and b.dst = a.src
),
gave as (
    select src as account, sum(weight) as given, sum(returned) as returned
    from answered
    group by src
),
got as (
    select dst as account, sum(weight) as received from answered group by dst
)
select coalesce(gave.account, got.account) as account,
       coalesce(given, 0) as given,
       coalesce(received, 0) as received,
       coalesce(returned, 0) as returned,
       returned / nullif(given, 0) as reciprocity
from gave
full outer join got on got.account = gave.account
"""


def reciprocity(graph: InteractionGraph) -> Table:
    """Of each account of a directed graph, how much of what it gives comes back (`RECIPROCITY`).

    `returned` sums, over the accounts it acts on, the lesser of the two ways' weights.

    Source: Squartini, Picciolo, Ruzzenenti, Garlaschelli, Reciprocity of weighted networks
        (Scientific Reports 2013).
    """
    return graph.engine.sql(_RECIPROCITY, RECIPROCITY, edges=graph.edges)


def overall_reciprocity(graph: InteractionGraph) -> float:
    """The share of a directed graph's weight that is returned, in [0, 1]; 0 without edges."""
    sums = graph.engine.query(
        "select coalesce(sum(returned) / nullif(sum(given), 0), 0) as share from {accounts}",
        accounts=reciprocity(graph),
    )
    share: float = sums["share"][0].as_py()
    return share


_WAYS = """
select src, dst, count(*) as acts from {contacts} where dst <> '' and src <> dst group by src, dst
"""

_ONE_WAY = Schema(
    "contact_ways",
    (
        Column("src", "VARCHAR", "who acted"),
        Column("dst", "VARCHAR", "on whom"),
        Column("acts", "BIGINT", "how often"),
    ),
    key=("src", "dst"),
)

_PARTNERS = """
with given as (
    select src as account, count(*) as partners, sum(acts) as acts from {ways} group by src
),
received as (
    select dst as account, count(*) as partners, sum(acts) as acts from {ways} group by dst
)
select coalesce(g.account, r.account) as account,
       coalesce(g.partners, 0) as acted_on,
       coalesce(r.partners, 0) as acted_by,
       coalesce(g.acts, 0) + coalesce(r.acts, 0) as acts
from given g
full outer join received r on r.account = g.account
where coalesce(g.partners, 0) > $hub_accounts or coalesce(r.partners, 0) > $hub_accounts
"""

_HUBS = Schema(
    "contact_hubs",
    (
        Column("account", "VARCHAR", "the account's id"),
        Column("acted_on", "BIGINT", "accounts that it acts on"),
        Column("acted_by", "BIGINT", "accounts that act on it"),
        Column("acts", "BIGINT", "acts of both ways"),
    ),
    key=("account",),
)

_MUTUAL = """
with kept as (
    select c.src, c.dst, c.action, c.object, c.content, c.acted_at,
           least(c.src, c.dst) as one, greatest(c.src, c.dst) as other
    from {contacts} c
    where exists (select 1 from {ways} w where w.src = c.dst and w.dst = c.src)
      and c.dst <> '' and c.src <> c.dst
      and not exists (select 1 from {hubs} h where h.account = c.src)
      and not exists (select 1 from {hubs} h where h.account = c.dst)
)
select one as src, other as dst, $layer as layer,
       least(count(case when src = one then 1 end),
             count(case when src = other then 1 end)) as weight,
       count(distinct case when src = one and content is null then 'at ' || acted_at
                           when src = one then 'post ' || content end) as src_count,
       count(distinct case when src = other and content is null then 'at ' || acted_at
                           when src = other then 'post ' || content end) as dst_count,
       count(distinct object) as objects,
       count(distinct object || ' ' || floor(acted_at / 86400000.0)) as object_days,
       count(case when src = one then 1 end) * count(case when src = other then 1 end)
           as post_pairs,
       min(acted_at) as first_at,
       max(acted_at) as last_at,
       null as expected,
       null as log10_p
from kept
group by one, other
having count(case when src = one then 1 end) >= $at_least
   and count(case when src = other then 1 end) >= $at_least
"""

_HUB_BOUNDS = """
select $layer as layer, 'hub-accounts' as bound, account as subject,
       greatest(acted_on, acted_by) as accounts,
       acts as interactions,
       least(acted_on, acted_by) as pairs_not_counted,
       'joins nobody: it acts on ' || acted_on || ' accounts and ' || acted_by || ' act on it'
           as says
from {hubs}
union all
select layer, bound, subject, accounts, interactions, pairs_not_counted, says
from {left_out}
"""


def mutual_graph(
    interactions: Table,
    *,
    actions: Sequence[str] = MUTUAL_ACTIONS,
    at_least: int = 1,
    hub_accounts: int = 2_000,
    layer: str = "mutual-ring",
) -> ContactGraph:
    """Join two accounts that act on each other (`EDGES`, undirected).

    An edge's `weight` is the acts of the side that acted less, `post_pairs` the product of both
    sides' acts, `src_count` and `dst_count` each side's own posts (or, without `content`, times),
    `objects` the distinct objects that either acted on.

    Args:
        interactions: `INTERACTIONS`; `read_contacts` says which account was acted on.
        actions: which acts count.
        at_least: acts that each side must have done on the other.
        hub_accounts: an account that acts on more accounts, or that more accounts act on, joins
            nobody (a celebrity, a news page, a mass follower).
        layer: the name of this way of being joined.

    Raises:
        ValueError: a bound is below 1.
    """
    for name, count in (("at_least", at_least), ("hub_accounts", hub_accounts)):
        if count < 1:
            message = f"{name} is a count from 1 up, not {count}"
            raise ValueError(message)
    contacts = read_contacts(interactions, actions)
    engine = interactions.engine
    named = {"layer": layer}
    ways = engine.sql(_WAYS, _ONE_WAY, contacts=contacts)
    hubs = engine.sql(_PARTNERS, _HUBS, {"hub_accounts": hub_accounts}, ways=ways)
    left_out = engine.sql(_LEFT_OUT, BOUNDS, named, contacts=contacts)
    edges = engine.sql(
        _MUTUAL, EDGES, named | {"at_least": at_least}, contacts=contacts, ways=ways, hubs=hubs
    )
    bounds = engine.sql(_HUB_BOUNDS, BOUNDS, named, hubs=hubs, left_out=left_out)
    return ContactGraph(InteractionGraph(edges), bounds)
