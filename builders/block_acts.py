"""The acts of dense blocks: as interactions, and which blocks are too large to look at."""

from __future__ import annotations

from typing import NamedTuple

from graph.block_schemas import BLOCK_ACTS
from graph.schemas import BOUNDS, INTERACTIONS
from graph.table import Table

_SIZES = "select block from {acts} group by block having count(distinct account)"


class Sized(NamedTuple):
    """The acts (`BLOCK_ACTS`) of blocks that are small enough, and the others (`BOUNDS`)."""

    acts: Table
    bounds: Table


def up_to(acts: Table, *, most_accounts: int, layer: str) -> Sized:
    """The acts of blocks of at most so many accounts; larger ones are counted.

    Args:
        acts: `BLOCK_ACTS`.
        most_accounts: accounts of a block.
        layer: the name that the bounds carry.
    """
    kept = acts.engine.sql(
        f"select * from {{acts}} where block in ({_SIZES} <= $most)",
        BLOCK_ACTS,
        {"most": most_accounts},
        acts=acts,
    )
    bounds = acts.engine.sql(
        f"""
        select $layer as layer, 'most-accounts' as bound,
               'block ' || cast(block as varchar) || ', of ' || min(account) as subject,
               count(distinct account) as accounts, count(*) as interactions,
               count(distinct account) * (count(distinct account) - 1) / 2 as pairs_not_counted,
               'joins nobody: so large a block is a crowd' as says
        from {{acts}} where block in ({_SIZES} > $most) group by block
        """,
        BOUNDS,
        {"most": most_accounts, "layer": layer},
        acts=acts,
    )
    return Sized(kept, bounds)


def as_interactions(acts: Table) -> Table:
    """The acts of blocks (`BLOCK_ACTS`) as `INTERACTIONS`, each once, without posts or words."""
    absent = ("content", "owner", "text", "platform")
    nulls = ", ".join(f"cast(null as varchar) as {name}" for name in absent)
    return acts.engine.sql(
        f"select distinct account, action, object, object_kind, acted_at, {nulls} from {{acts}}",
        INTERACTIONS,
        acts=acts,
    )
