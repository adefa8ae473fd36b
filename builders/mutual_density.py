"""What makes a ring of mutual contacts: the two of a pair have their partners in common."""

from __future__ import annotations

from builders.contacts import ContactGraph
from graph.model import InteractionGraph
from graph.schemas import BOUNDS, EDGES

# Arcs run from the account with fewer partners to the one with more, so that each triangle is met
# once and a busy account's partners are not multiplied by themselves.
_KEPT = """
with ends as (
    select src as account from {edges} union all select dst from {edges}
),
degree as (
    select account, count(*) as partners from ends group by account
),
arcs as (
    select case when s.partners < d.partners
                  or (s.partners = d.partners and e.src < e.dst) then e.src else e.dst end as low,
           case when s.partners < d.partners
                  or (s.partners = d.partners and e.src < e.dst) then e.dst else e.src end as high
    from {edges} e
    join degree s on s.account = e.src
    join degree d on d.account = e.dst
),
triangles as (
    select a.low as x, a.high as y, b.high as z
    from arcs a
    join arcs b on b.low = a.high
    join arcs c on c.low = a.low and c.high = b.high
),
sides as (
    select x as one, y as other from triangles
    union all select y, z from triangles
    union all select x, z from triangles
),
support as (
    select least(one, other) as src, greatest(one, other) as dst, count(*) as common
    from sides
    group by least(one, other), greatest(one, other)
)
select e.*
from {edges} e
join support s on s.src = e.src and s.dst = e.dst
where s.common >= $common_partners
"""

_WITH_LEFT_OUT = """
with left_out as (
    select g.layer, g.src, g.dst, g.src_count + g.dst_count as posts
    from {given} g
    left join {kept} k on k.src = g.src and k.dst = g.dst and k.layer = g.layer
    where k.src is null
),
ends as (
    select layer, src as account from left_out union select layer, dst from left_out
)
select layer, bound, subject, accounts, interactions, pairs_not_counted, says
from {bounds}
union all
select p.layer, 'common-partners', p.pairs || ' pairs', e.accounts, p.interactions, p.pairs,
       'left out: fewer than ' || $common_partners || ' partners in common, as friends may have'
from (
    select layer, count(*) as pairs, sum(posts) as interactions from left_out group by layer
) p
join (select layer, count(*) as accounts from ends group by layer) e on e.layer = p.layer
"""


def dense_mutual_graph(mutual: ContactGraph, *, common_partners: int = 2) -> ContactGraph:
    """The mutual edges whose two ends have at least `common_partners` partners in common.

    Friends act on each other too; a ring does so all among itself. A pair of a ring of k accounts
    that all act on each other has k - 2 partners in common. The common partners are counted in the
    graph given, before anything is taken out of it. What is left out makes one more row of bounds.

    Raises:
        ValueError: `common_partners` is below 1.
    """
    if common_partners < 1:
        message = f"common_partners is a count from 1 up, not {common_partners}"
        raise ValueError(message)
    engine = mutual.graph.engine
    given = mutual.graph.edges
    edges = engine.sql(_KEPT, EDGES, {"common_partners": common_partners}, edges=given)
    bounds = engine.sql(
        _WITH_LEFT_OUT,
        BOUNDS,
        {"common_partners": common_partners},
        bounds=mutual.bounds,
        given=given,
        kept=edges,
    )
    return ContactGraph(InteractionGraph(edges), bounds)
