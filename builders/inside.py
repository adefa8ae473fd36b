"""The edges whose two accounts are of one cluster: where joint acts are looked for."""

from __future__ import annotations

INSIDE_CLUSTERS = """
    select e.src, e.dst, e.layer, s.cluster
    from {edges} e
    join {members} s on e.src = s.account
    join {members} d on e.dst = d.account and s.cluster = d.cluster
"""
"""SQL for them, of `EDGES` and `CLUSTERING`; a condition on `e` may follow."""
