"""Accounts that share a device, an address, a phone hash or another carried attribute."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from builders.inside import INSIDE_CLUSTERS
from builders.listed import listed
from graph.errors import ConfigError
from graph.model import Clustering, InteractionGraph
from graph.schema import Column, Schema
from graph.schemas import BOUNDS, EDGES, INTERACTIONS, JOINT_ACTS
from graph.table import Table

NO_VALUES = (
    "-",
    "0",
    "0.0.0.0",
    "00000000-0000-0000-0000-000000000000",
    "02:00:00:00:00:00",
    "127.0.0.1",
    "::",
    "::1",
    "9774d56d682e549c",  # the Android id that a whole series of emulators and phones reports
    "localhost",
    "n/a",
    "na",
    "nan",
    "none",
    "null",
    "undefined",
    "unknown",
)
"""What clients write when they know nothing; compared without case and outer spaces."""


@dataclass(frozen=True, slots=True)
class TraitsGraph:
    """Accounts joined by shared traits, and what was left out."""

    graph: InteractionGraph
    bounds: Table


_USES = Schema(
    "trait_uses",
    (
        Column("trait", "VARCHAR", "the attribute's name"),
        Column("value", "VARCHAR", "its value; empty for none"),
        Column("account", "VARCHAR", "who had it"),
        Column("interactions", "BIGINT", "how many of its interactions carry it"),
        Column("first_at", "BIGINT", "the first of them, ms"),
        Column("last_at", "BIGINT", "the last of them, ms"),
    ),
    key=("trait", "value", "account"),
)

CROWDING = Schema(
    "crowding",
    (
        Column("trait", "VARCHAR", "the attribute's name"),
        Column("accounts", "BIGINT", "accounts that have a value"),
        Column("log10_expected", "DOUBLE", "log10 of the values so crowded that chance would give"),
    ),
    key=("trait", "accounts"),
)
"""What chance makes of each crowd; `algorithms.trait_chance` gives it."""

_CROWDS = Schema(
    "crowds",
    (
        Column("trait", "VARCHAR", "the attribute's name"),
        Column("accounts", "BIGINT", "accounts that have a value"),
        Column("values", "BIGINT", "values that just so many accounts have"),
    ),
    key=("trait", "accounts"),
)

_VALUES = Schema(
    "trait_values",
    (
        Column("trait", "VARCHAR", "the attribute's name"),
        Column("value", "VARCHAR", "its value"),
        Column("accounts", "BIGINT", "accounts that had it"),
        Column("interactions", "BIGINT", "interactions that carry it"),
        Column("rarity", "BIGINT", "millionths: a million when just two accounts have it"),
        Column("bound", "VARCHAR", "empty, or why it joins nobody"),
    ),
    key=("trait", "value"),
)

# Sums of whole millionths come out alike in any order, unlike sums of fractions.
_WEIGHED = """
with held as (
    select trait, value, count(*) as accounts, sum(interactions) as interactions
    from {uses}
    group by trait, value
),
known as (
    select trait, count(distinct account) as accounts
    from {uses}
    where value <> ''
    group by trait
)
select h.trait, h.value, h.accounts, h.interactions,
       cast(round(1000000 * ln(1 + coalesce(k.accounts, 2) * 1.0 / h.accounts)
                           / ln(1 + coalesce(k.accounts, 2) / 2.0))
            as bigint) as rarity,
       case when h.value = '' then 'no-value'
            when lower(trim(h.value)) in (select name from {no_values}) then 'no-value'
            when h.accounts > $hub_accounts then 'hub-accounts'
            else '' end as bound
from held h
left join known k on k.trait = h.trait
"""

_EDGES = """
with shared as (
    select u.account, u.trait, u.value, u.interactions, u.first_at, u.last_at, v.rarity,
           coalesce(c.log10_expected, 0.0) as log10_expected
    from {uses} u
    join {values} v on v.trait = u.trait and v.value = u.value
    left join {crowding} c on c.trait = v.trait and c.accounts = v.accounts
    where v.bound = '' and v.accounts > 1
)
select a.account as src,
       b.account as dst,
       $layer as layer,
       sum(a.rarity) / 1000000.0 as weight,
       sum(a.interactions) as src_count,
       sum(b.interactions) as dst_count,
       count(*) as objects,
       count(*) as object_days,
       sum(a.interactions * b.interactions) as post_pairs,
       min(least(a.first_at, b.first_at)) as first_at,
       max(greatest(a.last_at, b.last_at)) as last_at,
       null as expected,
       cast(sum(cast(least(a.log10_expected, 0.0) as decimal(38, 15))) as double) as log10_p
from shared a
join shared b
  on b.trait = a.trait
 and b.value = a.value
 and a.account < b.account
group by a.account, b.account
having count(*) >= $at_least
"""

_SIZES = """
select trait, accounts, count(*) as "values" from {values}
where bound = '' group by trait, accounts
"""

_BOUNDS = """
select $layer as layer,
       bound,
       trait || '=' || value as subject,
       accounts,
       interactions,
       accounts * (accounts - 1) / 2 as pairs_not_counted,
       case when bound = 'hub-accounts'
            then 'joins nobody: more than ' || $hub_accounts || ' accounts share it'
            else 'joins nobody: it says that nothing is known' end as says
from {values}
where bound <> ''
"""

_ACTS = f"""
with inside as (
    {INSIDE_CLUSTERS}
    where e.layer = $layer
),
placed as (
    select i.src, i.dst, i.cluster, a.trait, a.value,
           a.first_at as src_at, b.first_at as dst_at,
           row_number() over (
               partition by i.src, i.dst order by v.accounts, a.trait, a.value
           ) as place
    from inside i
    join {{uses}} a on a.account = i.src
    join {{uses}} b on b.account = i.dst and b.trait = a.trait and b.value = a.value
    join {{values}} v on v.trait = a.trait and v.value = a.value
    where v.bound = ''
)
select src, dst, $layer as layer, cluster, 'share' as action,
       trait as object_kind, value as object,
       null as src_content, null as dst_content, src_at, dst_at
from placed
where place <= $at_most
"""


def shared_traits_graph(
    interactions: Table,
    *,
    traits: Sequence[str],
    hub_accounts: int = 50,
    at_least: int = 1,
    no_values: Sequence[str] = NO_VALUES,
    layer: str = "shared-traits",
    crowding: Callable[[Mapping[int, int]], Mapping[int, float]] | None = None,
) -> TraitsGraph:
    """Join accounts whose interactions carry the same value of a trait, at whatever time.

    An edge's `weight` is the summed rarity of the shared values: ln(1 + N / n) / ln(1 + N / 2) for
    a value of n among the N accounts that have the trait at all, so 1 when just the two share it.
    `objects` (and `object_days`) are distinct shared (trait, value); `src_count` and `dst_count`
    are interactions that carry them, counted once for each value; `post_pairs` are pairs of those.

    Args:
        interactions: `INTERACTIONS` with the traits as carried attributes.
        traits: names of attributes, such as `device`, `ip`, `phone_hash`.
        hub_accounts: a value that more accounts have joins nobody (a carrier's gateway, a school).
        at_least: how many values a pair must share.
        no_values: values that mean that nothing is known; nulls and blanks always do.
        layer: the name of this way of being joined.
        crowding: gives, for the numbers of values by their accounts, log10 of how many so crowded
            chance would give; an edge's `log10_p` is their sum over the shared values, each at most
            0, and 0 without it.

    Raises:
        ConfigError: the interactions do not carry a trait.
        ValueError: a bound is out of its range.
    """
    for name, count, least in (("hub_accounts", hub_accounts, 2), ("at_least", at_least, 1)):
        if count < least:
            message = f"{name} is a count from {least} up, not {count}"
            raise ValueError(message)
    engine = interactions.engine
    uses, values = _uses_and_values(interactions, traits, hub_accounts, no_values)
    edges = engine.sql(
        _EDGES,
        EDGES,
        {"layer": layer, "at_least": at_least},
        uses=uses,
        values=values,
        crowding=_crowding(values, crowding),
    )
    bounds = engine.sql(
        _BOUNDS, BOUNDS, {"layer": layer, "hub_accounts": hub_accounts}, values=values
    )
    return TraitsGraph(InteractionGraph(edges), bounds)


def joint_trait_acts(
    interactions: Table,
    edges: Table,
    clustering: Clustering,
    *,
    traits: Sequence[str],
    hub_accounts: int = 50,
    no_values: Sequence[str] = NO_VALUES,
    at_most: int = 50,
    layer: str = "shared-traits",
) -> Table:
    """The values behind each edge inside a cluster (`JOINT_ACTS`), with each side's first use.

    `object_kind` is the trait, `object` the value, `action` is `share`. Of each edge the `at_most`
    rarest values; the edge's `objects` says how many there are. The settings are those that the
    graph was built with.

    Raises:
        ConfigError: the interactions do not carry a trait.
    """
    engine = interactions.engine
    uses, values = _uses_and_values(interactions, traits, hub_accounts, no_values)
    return engine.sql(
        _ACTS,
        JOINT_ACTS,
        {"layer": layer, "at_most": at_most},
        edges=edges,
        members=clustering.members,
        uses=uses,
        values=values,
    )


def _crowding(
    values: Table, crowding: Callable[[Mapping[int, int]], Mapping[int, float]] | None
) -> Table:
    """What chance makes of each crowd (`CROWDING`); empty where nobody asks."""
    sizes: dict[str, dict[int, int]] = {}
    if crowding is not None:
        for row in values.engine.sql(_SIZES, _CROWDS, values=values).rows():
            sizes.setdefault(row["trait"], {})[row["accounts"]] = row["values"]
    rows = [
        {"trait": trait, "accounts": accounts, "log10_expected": log10}
        for trait, known in sizes.items()
        for accounts, log10 in (crowding(known) if crowding else {}).items()
    ]
    return values.engine.from_arrow(pa.Table.from_pylist(rows, schema=CROWDING.arrow), CROWDING)


def _uses_and_values(
    interactions: Table, traits: Sequence[str], hub_accounts: int, no_values: Sequence[str]
) -> tuple[Table, Table]:
    carried = interactions.schema.attributes_beyond(INTERACTIONS)
    chosen = sorted(set(traits))
    for trait in chosen:
        if trait not in carried:
            has = ", ".join(f"`{name}`" for name in carried) or "none"
            message = f"the interactions carry no `{trait}`; their attributes: {has}"
            raise ConfigError(message)
    if not chosen:
        message = "no traits were named; name carried attributes, such as `device`"
        raise ConfigError(message)
    engine = interactions.engine
    uses = engine.sql(
        " union all ".join(_uses_of(trait, place) for place, trait in enumerate(chosen)),
        _USES,
        {f"trait{place}": trait for place, trait in enumerate(chosen)},
        interactions=interactions,
    )
    values = engine.sql(
        _WEIGHED,
        _VALUES,
        {"hub_accounts": hub_accounts},
        uses=uses,
        no_values=listed(engine, [value.strip().lower() for value in no_values]),
    )
    return uses, values


def _uses_of(trait: str, place: int) -> str:
    """The query of one trait's uses. A column's name cannot be a parameter, so it is quoted."""
    column = '"' + trait.replace('"', '""') + '"'
    value = f"case when trim({column}) <> '' then {column} else '' end"
    return f"""
        select $trait{place} as trait, {value} as value, account, count(*) as interactions,
               min(acted_at) as first_at, max(acted_at) as last_at
        from {{interactions}}
        group by {value}, account
    """
