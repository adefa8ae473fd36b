"""Several looks at one pair (windows, kinds of object): the best of them, paid for."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from graph.errors import ConfigError
from graph.model import InteractionGraph
from graph.schemas import BOUNDS, EDGES
from graph.table import Table


def refuse_odd_looks(
    looks: Sequence[float], *, setting: str, of: str, what: str, least: float
) -> None:
    """Refuse a list of looks with which a detector cannot work.

    Args:
        looks: the windows, or whatever is looked at one by one.
        setting: the name of the list, for messages.
        of: the detector.
        what: what one look is called, its unit with it.
        least: the least that a look can be.

    Raises:
        ConfigError: the list is empty, holds a look that sees nothing, or one of them twice.
    """
    place = f"`{setting}` in [detectors.{of}]"
    if not looks:
        message = f"{place} is empty; give one {what} or more, or say enabled = false"
        raise ConfigError(message)
    for look, times in Counter(looks).items():
        if not math.isfinite(look) or look < least:
            message = f"{place} holds {look:g}; each {what} is {least:g} or more"
            raise ConfigError(message)
        if times > 1:
            message = f"{place} holds {look:g} more than once; every look is paid for, give it once"
            raise ConfigError(message)


def best_of(graphs: Sequence[InteractionGraph]) -> InteractionGraph:
    """Each pair once, from the look that surprises most, its p-value times the looks.

    Looks at one pair are nested, and their counts are small whole numbers. That the least of `k`
    p-values times `k` is one holds however they depend (Bonferroni), and for p-values that are
    too large, as those of counts are; `docs/scores.md` says what others would gain. A pair that a
    look does not hold has a p-value of 1 there. Of equal ones the first look's row is shown.

    Args:
        graphs: each pair at most once, with `log10_p`; the narrowest look first.
    """
    engine = graphs[0].engine
    union = " union all ".join(
        f"select *, {place} as place from {{look_{place}}}" for place in range(len(graphs))
    )
    best = engine.sql(
        f"""
        select {EDGES.selecting(log10_p="least(log10_p + log10($looks), 0.0)")}
        from (
            select *, row_number() over (partition by src, dst order by log10_p, place) as rank
            from ({union})
        ) where rank = 1
        """,
        EDGES,
        {"looks": len(graphs)},
        **{f"look_{place}": graph.edges for place, graph in enumerate(graphs)},
    )
    return InteractionGraph(best)


def worst_bounds(bounds: Sequence[Table]) -> Table:
    """One row a bounded object: the look that lost most of it."""
    union = " union all ".join(f"select * from {{bounds_{n}}}" for n in range(len(bounds)))
    return bounds[0].engine.sql(
        f"""
        select * from (
            select *, row_number() over (
                partition by layer, bound, subject order by pairs_not_counted desc, says) as place
            from ({union})
        ) where place = 1
        """,
        BOUNDS,
        **{f"bounds_{n}": table for n, table in enumerate(bounds)},
    )
