"""`popular`: what everybody meets: members share things on which very many others act, too."""

from __future__ import annotations

from algorithms.explain.schema import CHECKED, Explanation, Known
from graph.table import Table


def check(known: Known) -> Table:
    """How much of what a cluster shares is popular (`CHECKED`).

    `measured` is the share of its shared objects with 20 outsiders a member or more. A ring that
    works on popular posts is not excused by that, so it is context. Clusters that share only texts
    or traits are left out.
    """
    return known.engine.sql(
        """
        with summed as (
            select cluster, count(*) as objects,
                   sum(case when population - members >= 20 * members then 1 else 0 end) as many
            from {objects}
            where object_kind in (select object_kind from {interactions})
            group by cluster
        )
        select cluster, many / cast(objects as double) as measured, null as usual,
               many / cast(objects as double) as degree,
               'on ' || cast(many as varchar) || ' of ' || cast(objects as varchar)
                   || ' shared objects there are 20 others or more for each member' as says
        from summed
        """,
        CHECKED,
        objects=known.objects,
        interactions=known.interactions,
    )


POPULAR = Explanation(
    name="popular",
    says="readers of what everybody reads: their shared objects are popular ones",
    check=check,
    needs="objects that members share",
)
