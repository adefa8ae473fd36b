"""Several looks at one pair (windows, kinds of object): the best of them, paid for."""

from __future__ import annotations

from collections.abc import Sequence

from graph.model import InteractionGraph
from graph.schemas import BOUNDS, EDGES
from graph.table import Table


def best_of(graphs: Sequence[InteractionGraph]) -> InteractionGraph:
    """Each pair once, from the look that surprises most, its p-value times the looks."""
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
