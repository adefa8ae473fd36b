"""Hours in which members of a cluster act, put together to runs without a gap."""

from __future__ import annotations

NUMBERED = """
        begun as (
            select *, case when hour - lag(hour) over (partition by cluster order by hour) = 1
                           then 0 else 1 end as begins
            from hours
        ),
        numbered as (
            select *, sum(begins) over (partition by cluster order by hour) as number from begun
        )
"""
"""Two queries of a `with` after one called `hours` (cluster, hour since 1970, ...): in `numbered`
the consecutive hours of a cluster have one `number`."""
