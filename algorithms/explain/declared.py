"""`declared`: pages, branches and programmes that say in their names whose they are."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyarrow as pa

from algorithms.explain.schema import CHECKED, Explanation, Known
from graph.schema import Column, Schema
from graph.table import Table

_MARKS = Schema(
    "name_marks",
    (
        Column("account", "VARCHAR", "the account"),
        Column("mark", "VARCHAR", "a part of its name that others may have too"),
    ),
    key=("account", "mark"),
)
_NAMES = Schema(
    "names",
    (Column("account", "VARCHAR", "the account"), Column("name", "VARCHAR", "its name")),
    key=("account",),
)
_BRACKETED = re.compile(r"[(\[{]([^()\[\]{}]{3,})[)\]}]")
_SEPARATED = re.compile(r"\s+[-–—|·•:/]+\s+|:\s+|\s*\|\s*")  # noqa: RUF001


def check(known: Known) -> Table | None:
    """Whether the members' names declare one owner (`CHECKED`).

    `measured` is the share of members that have the commonest mark: a part of the name in brackets,
    or before or after a dash, bar, dot or colon. `usual` is the share of other accounts that have
    it; the mark counts where it is 50 times as common inside. Clusters with names of fewer than
    half of their members are left out; None where no account has a name.
    """
    if known.accounts is None:
        return None
    engine = known.engine
    names = engine.sql(
        "select account, name from {accounts} where trim(name) <> ''",
        _NAMES,
        accounts=known.accounts,
    )
    if not names.count():
        return None
    marks = engine.each(names, _marked, _MARKS)
    found = engine.sql(
        """
        with named as (
            select m.cluster, count(*) as accounts, count(n.account) as named
            from {members} m left join {names} n on n.account = m.account group by m.cluster
        ),
        everybody as (select count(*) as accounts from {names}),
        held as (
            select m.cluster, k.mark, count(*) as members
            from {members} m join {marks} k on k.account = m.account
            group by m.cluster, k.mark having count(*) > 1
        ),
        common as (
            select mark, count(*) as accounts from {marks}
            where mark in (select mark from held) group by mark
        ),
        best as (
            select * from (
                select h.cluster, h.mark, h.members, c.accounts - h.members as outside,
                       row_number() over (partition by h.cluster
                           order by h.members desc, c.accounts, h.mark) as place
                from held h join common c on c.mark = h.mark
            ) where place = 1
        ),
        judged as (
            select n.cluster, n.accounts, coalesce(b.members, 0) as members, b.mark,
                   coalesce(b.members, 0) / cast(n.accounts as double) as share,
                   (coalesce(b.outside, 0) + 1.0) / greatest(e.accounts - n.named + 1.0, 1.0)
                       as usual
            from named n left join best b on b.cluster = n.cluster cross join everybody e
            where n.named >= n.accounts / 2.0
        )
        select cluster, share as measured, usual,
               case when share >= 50 * usual
                    then greatest(least((share - 0.6) / 0.2, 1.0), 0.0) else 0.0 end as degree,
               case when members = 0 then 'the names of its members have no part in common'
                    else cast(members as varchar) || ' of ' || cast(accounts as varchar)
                         || ' members say `' || mark || '` in their names' end as says
        from judged
        """,
        CHECKED,
        members=known.clustering.members,
        names=names,
        marks=marks,
    )
    for done in (names, marks):
        engine.drop(done)
    return found


def _marked(batch: pa.RecordBatch) -> pa.RecordBatch:
    pairs = [
        (account, mark)
        for account, name in zip(
            batch["account"].to_pylist(), batch["name"].to_pylist(), strict=True
        )
        for mark in sorted(set(marks_of(name)))
    ]
    return pa.RecordBatch.from_arrays(
        [pa.array([pair[place] for pair in pairs], pa.string()) for place in (0, 1)],
        schema=_MARKS.arrow,
    )


def marks_of(name: str) -> Iterator[str]:
    """The parts of a name that may say whose it is, lower case, of three letters and more."""
    for bracketed in _BRACKETED.findall(name):
        yield bracketed.strip().casefold()[:100]
    parts = _SEPARATED.split(_BRACKETED.sub("", name))
    if len(parts) > 1:
        yield from (part.strip().casefold()[:100] for part in parts if len(part.strip()) >= 3)


DECLARED = Explanation(
    name="declared",
    says="pages of one publisher, branches of one firm: their names say that they belong together",
    check=check,
    needs="names of at least half of its members",
    sufficient_for=("time-object", "traits", "social", "text", "cohort"),
)
