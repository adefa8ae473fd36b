"""`one-source`: everything that a cluster shares comes from one author, page or channel."""

from __future__ import annotations

from algorithms.explain.schema import CHECKED, Explanation, Known
from graph.table import Table


def check(known: Known) -> Table | None:
    """How much of what a cluster shares belongs to one owner (`CHECKED`).

    `measured` is the owner's share of the shared objects whose owner is known, each weighed by the
    members on it. It applies from 60 %, in full from 90 %, and where the owner has more than ten
    of them, in full from twenty: a customer of a like farm has few posts, an idol many. Weak by
    itself, since farms serve a customer for long: it is context beside `audience`. None where the
    extract has no owners.
    """
    found = known.engine.sql(
        """
        with shared as (
            select cluster, object_kind, object, max(members) as members
            from {objects} group by cluster, object_kind, object
        ),
        owners as (
            select object_kind, object, min(owner) as owner from {interactions}
            where owner <> '' and object in (select object from shared)
            group by object_kind, object
        ),
        counted as (
            select s.cluster, o.owner, count(*) as objects, sum(s.members) as times
            from shared s
            join owners o on o.object_kind = s.object_kind and o.object = s.object
            group by s.cluster, o.owner
        ),
        ranked as (
            select *, sum(times) over (partition by cluster) as total,
                   row_number() over (partition by cluster order by times desc, owner) as place
            from counted
        ),
        judged as (
            select cluster, objects, times / cast(total as double) as share
            from ranked where place = 1
        )
        select cluster, share as measured, null as usual,
               greatest(least((share - 0.6) / 0.3, 1.0), 0.0)
                   * greatest(least((objects - 10) / 10.0, 1.0), 0.0) as degree,
               cast(cast(round(100 * share) as bigint) as varchar)
                   || ' % of the times that members meet on a thing of a known owner, it is one of '
                   || cast(objects as varchar) || ' of one owner' as says
        from judged
        """,
        CHECKED,
        objects=known.objects,
        interactions=known.interactions,
    )
    return found if _has_owners(known) else None


def _has_owners(known: Known) -> bool:
    row = known.engine.query(
        "select count(owner) as owned from {interactions}", interactions=known.interactions
    )
    return int(row["owned"][0].as_py()) > 0


ONE_SOURCE = Explanation(
    name="one-source",
    says="followers of one author, page or channel, who owns all that they share",
    check=check,
    needs="owners of the objects that its members share",
)
