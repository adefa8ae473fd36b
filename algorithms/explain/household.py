"""`household`: a family, a flat, a shop: a few accounts behind one address or one device.

How many accounts share a value by living together is learned from the extract: values of two,
three and four accounts are households nearly always, and their numbers fall off at one rate.
"""

from __future__ import annotations

from algorithms.explain.schema import CHECKED, Explanation, Known
from graph.rounding import rounded
from graph.schema import Column, Schema
from graph.table import Table

_USES = Schema(
    "household_uses",
    (
        Column("trait", "VARCHAR", "the attribute's name"),
        Column("value", "VARCHAR", "its value"),
        Column("account", "VARCHAR", "who had it"),
    ),
    key=("trait", "value", "account"),
)


def check(known: Known) -> Table | None:
    """Whether so many accounts behind one value are usual (`CHECKED`).

    `measured` is the number of accounts behind the value that at least 70 % of the members have,
    `usual` how many values of so many accounts or more the rate of small households leads one to
    expect. Of several such values the least usual one counts. None where no traits are carried.

    Source: a geometric tail fitted to the counts of sizes two to four.
    """
    if not known.traits:
        return None
    uses = _uses(known)
    found = known.engine.sql(
        f"""
        with crowds as (
            select trait, value, count(*) as accounts from {{uses}} group by trait, value
        ),
        counted as (
            select trait,
                   sum(case when accounts = 2 then 1.0 else 0.0 end) as pairs,
                   sum(case when accounts = 3 then 1.0 else 0.0 end) as threes,
                   sum(case when accounts = 4 then 1.0 else 0.0 end) as fours
            from crowds group by trait
        ),
        rates as (
            select trait, cast(pairs as double) as pairs,
                   greatest(least(cast((threes + fours) / greatest(pairs + threes, 1.0)
                                       as double), 0.9), 0.02) as rate
            from counted
        ),
        sizes as (select cluster, count(*) as accounts from {{members}} group by cluster),
        held as (
            select m.cluster, u.trait, u.value, count(*) as members
            from {{members}} m join {{uses}} u on u.account = m.account
            group by m.cluster, u.trait, u.value
        ),
        usual as (
            select h.cluster, h.trait, h.value, h.members, c.accounts,
                   h.members / cast(z.accounts as double) as share,
                   r.pairs * power(r.rate, greatest(c.accounts - 2.0, 0.0)) / (1.0 - r.rate)
                       as expected
            from held h
            join sizes z on z.cluster = h.cluster
            join crowds c on c.trait = h.trait and c.value = h.value
            join rates r on r.trait = h.trait
        ),
        best as (
            select * from (
                select *, row_number() over (
                    partition by cluster
                    order by case when share >= 0.7 then 0 else 1 end,
                             case when share >= 0.7 then expected end,
                             members desc, trait, value) as place
                from usual
            ) where place = 1
        )
        select cluster, case when share >= 0.7 then accounts end as measured,
               case when share >= 0.7 then {rounded("expected", 9)} end as usual,
               case when share >= 0.7
                    then greatest(least(log10(greatest(expected, 1e-12)) + 1.0, 1.0), 0.0)
                    else 0.0 end as degree,
               case when share >= 0.7
                    then cast(accounts as varchar) || ' accounts share the ' || trait
                         || ' of its members, where '
                         || case when expected < 0.01 then 'fewer than 0.01'
                                else cast({rounded("expected", 2)} as varchar) end
                         || ' such households and larger ones are expected in this extract'
                    else 'no one value is had by seven in ten of its members' end as says
        from best
        """,
        CHECKED,
        uses=uses,
        members=known.clustering.members,
    )
    known.engine.drop(uses)
    return found


def _uses(known: Known) -> Table:
    query = " union all ".join(
        f"select distinct $trait{place} as trait, cast(i.{column} as varchar) as value, i.account"
        f" from {{interactions}} i where trim(i.{column}) <> ''"
        for place, column in enumerate('"' + name.replace('"', '""') + '"' for name in known.traits)
    )
    return known.engine.sql(
        query,
        _USES,
        {f"trait{place}": name for place, name in enumerate(known.traits)},
        interactions=known.carried or known.interactions,
    )


HOUSEHOLD = Explanation(
    name="household",
    says="a family, a flat or a shop: no more accounts behind one value than households have",
    check=check,
    needs="carried traits, such as `device` or `ip`",
    sufficient_for=("traits",),
)
