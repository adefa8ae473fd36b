"""The accounts of a block, joined where they came to the same objects of it together."""

from __future__ import annotations

from builders.coaction import coaction_graph
from graph.schemas import EDGES, INTERACTIONS
from graph.table import Table


def acts_of_blocks(acts: Table) -> Table:
    """The acts of blocks (`BLOCK_ACTS`) as interactions, each once."""
    others = ("content", "owner", "text", "platform")
    none = ", ".join(f"cast(null as varchar) as {name}" for name in others)
    return acts.engine.sql(
        f"""
        select distinct account, action, object, object_kind, acted_at, {none} from {{acts}}
        """,
        INTERACTIONS,
        acts=acts,
    )


def block_edges(
    acts: Table, members: Table, chance: Table, *, within_seconds: float, at_least: int, layer: str
) -> Table:
    """Pairs of a block that share objects within the window (`EDGES`); `weight` is the objects.

    An edge's `log10_p` is that of its block, of the most surprising one where it is in several.

    Args:
        acts: `BLOCK_ACTS`.
        members: `BLOCK_MEMBERS`.
        chance: the `log10_p` of each `block` whose accounts are to be joined.
        within_seconds: the most that two acts may be apart.
        at_least: objects that two accounts must share.
        layer: the name that the edges carry.

    Raises:
        ConfigError: a number is out of range.
        NotOnThisEngine: the engine cannot count co-action.
    """
    engine = acts.engine
    pairs = coaction_graph(
        acts_of_blocks(acts), within_seconds=within_seconds, at_least=at_least, layer=layer
    ).graph.edges
    return engine.sql(
        f"""
        with best as (
            select e.src, e.dst, min(c.log10_p) as least
            from {{pairs}} e
            join {{members}} s on s.account = e.src
            join {{members}} d on d.account = e.dst and d.block = s.block
            join {{chance}} c on c.block = s.block
            group by e.src, e.dst
        )
        select {EDGES.selecting(src="p.src", dst="p.dst", log10_p="b.least")}
        from {{pairs}} p join best b on b.src = p.src and b.dst = p.dst
        """,
        EDGES,
        pairs=pairs,
        members=members,
        chance=chance,
    )
