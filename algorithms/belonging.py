"""How far an account belongs to a cluster: one formula, as the SQL that roles and overlaps share.

The share of its edge weight that leads to members, times that weight over the median member's (at
most 1). Half of it inside with the median's weight is 0.5; all of it inside with a tenth of the
median's weight is 0.1. To nine places, where every engine writes the same number.
"""

from __future__ import annotations


def belonging(inside: str, outside: str, median: str) -> str:
    """SQL of the score in [0, 1], from three expressions that are doubles.

    Args:
        inside: the weight of the account's edges to members.
        outside: the weight of all its other edges.
        median: the median member's weight inside.
    """
    return (
        f"case when {inside} > 0"
        f" then round({inside} / ({inside} + {outside})"
        f" * coalesce(least({inside} / nullif({median}, 0.0), 1.0), 1.0), 9)"
        " else 0.0 end"
    )


def median_members(rows: str) -> str:
    """SQL of a row a cluster, `cluster` and `strength`: the (lower) median member's weight inside.

    Args:
        rows: a table or subquery with `cluster`, `account` and `strength`, a row a member.
    """
    return f"""
        select cluster, max(strength) as strength from (
            select cluster, strength,
                   row_number() over (partition by cluster order by strength, account) as place,
                   count(*) over (partition by cluster) as accounts
            from {rows}
        ) where 2 * place <= accounts + 1 group by cluster
    """
