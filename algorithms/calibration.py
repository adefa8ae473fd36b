"""Does the null model expect what is seen? Observed against expected among pairs drawn at random.

Edges are pairs that met often enough to be looked at, so their sums say nothing about the model.
Here some accounts are drawn, and *all* their pairs are compared, met or not, a tenth of the pairs
at a time in the order of what was expected of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from algorithms.chance import BESIDE
from graph.model import kernel
from graph.schema import Column, Schema
from graph.schemas import EDGES
from graph.table import Table

Floats = npt.NDArray[np.float64]

TENTHS = 10
HEAVY = 3.0
"""Pairs of whom so much is expected tell the dispersion: of others, nearly nothing is seen."""

_PLACE = Column("place", "BIGINT", "a place in an order")
_ACCOUNT = Column("account", "VARCHAR", "the account's id")
_PLACES = Schema("places", (_PLACE,), key=("place",))
_DRAWN = Schema("drawn", (_ACCOUNT,), key=("account",))
_NUMBERED = Schema("numbered_accounts", (_ACCOUNT, _PLACE), key=("account",))


@dataclass(frozen=True, slots=True)
class Calibration:
    """Sums over pairs drawn at random, those that were called left out.

    `observed[i]` and `expected[i]` are of the tenth `i` of the pairs, least expected first.
    """

    pairs: int
    observed: Floats
    expected: Floats
    dispersion: float | None
    """Relative variance beyond Poisson, of the pairs of whom `HEAVY` or more is expected; None
    where there are fewer than 20 such pairs."""
    heavy: int
    """How many such pairs there are."""

    def facts(self, of: str) -> dict[str, float | int | str]:
        """Plain values, their names ending in `of`."""
        found: dict[str, float | int | str] = {f"pairs drawn {of}": self.pairs}
        for tenth in range(len(self.observed)):
            # A tenth of whom next to nothing is expected has no ratio worth telling.
            if self.expected[tenth] >= 1.0:
                ratio = float(self.observed[tenth] / self.expected[tenth])
                found[f"observed / expected {of}, tenth {tenth + 1}"] = round(ratio, 4)
        whole = float(self.expected.sum())
        if whole > 0:
            found[f"observed / expected {of}"] = round(float(self.observed.sum()) / whole, 4)
        if self.dispersion is not None:
            found[f"dispersion {of}"] = round(self.dispersion, 4)
        return found


def drawn_accounts(interactions: Table, *, number: int, at_least: int, seed: int) -> Table:
    """Some accounts at random, of those with `at_least` interactions: one column, `account`.

    Args:
        interactions: `INTERACTIONS`.
        number: accounts to draw; all where there are fewer.
        at_least: interactions that an account needs.
        seed: of the draw.
    """
    engine = interactions.engine
    eligible = engine.sql(
        "select account from {interactions} group by account having count(*) >= $at_least",
        _DRAWN,
        {"at_least": at_least},
        interactions=interactions,
    )
    there = eligible.count()
    chosen = np.random.default_rng(seed).choice(there, min(number, there), replace=False)
    places = engine.from_arrow(
        pa.table({"place": np.sort(chosen) + 1}, schema=_PLACES.arrow), _PLACES
    )
    # Numbered by the engine's own way: over all accounts a window would be one task on Spark.
    numbered = kernel(eligible, "places")(eligible, order=("account",), schema=_NUMBERED)
    drawn = engine.sql(
        "select n.account from {numbered} n join {places} p on p.place = n.place",
        _DRAWN,
        numbered=numbered,
        places=places,
    )
    for done in (eligible, numbered, places):
        engine.drop(done)
    return drawn


def all_pairs(met: Table, accounts: Table) -> Table:
    """All pairs of accounts (`EDGES`, layer `BESIDE`), those that never met with counts of nought.

    Args:
        met: the edges of pairs of these accounts that met at all.
        accounts: one column, `account`.
    """
    counts = ("src_count", "dst_count", "objects", "object_days", "post_pairs")
    filled = {name: f"coalesce(e.{name}, 0)" for name in counts}
    columns = EDGES.selecting(
        src="p.src",
        dst="p.dst",
        layer="$layer",
        weight="coalesce(e.weight, 0.0)",
        first_at="e.first_at",
        last_at="e.last_at",
        expected="cast(null as double)",
        log10_p="cast(null as double)",
        **filled,
    )
    return met.engine.sql(
        f"""
        select {columns}
        from (
            select a.account as src, b.account as dst
            from {{accounts}} a join {{accounts}} b on a.account < b.account
        ) p
        left join {{met}} e on e.src = p.src and e.dst = p.dst
        """,
        EDGES,
        {"layer": BESIDE},
        met=met,
        accounts=accounts,
    )


def calibration(tested: Table, called: Table) -> Calibration:
    """Observed against expected by tenths, and the dispersion, of pairs that were not called.

    Args:
        tested: pairs drawn at random (`EDGES`, `expected` filled in).
        called: edges that were called: they are not chance's.
    """
    rows = tested.engine.query(
        """
        select least(t.objects, t.src_count, t.dst_count) as seen, t.expected
        from {tested} t
        left join {called} c on c.src = t.src and c.dst = t.dst
        where c.src is null
        order by t.expected, t.src, t.dst
        """,
        tested=tested,
        called=called,
    )
    seen = rows["seen"].to_numpy().astype(np.float64)
    expected = rows["expected"].to_numpy().astype(np.float64)
    parts = np.array_split(np.arange(len(seen)), TENTHS)
    heavy = expected >= HEAVY
    return Calibration(
        pairs=len(seen),
        observed=np.array([seen[part].sum() for part in parts]),
        expected=np.array([expected[part].sum() for part in parts]),
        dispersion=over_dispersion(seen[heavy], expected[heavy]) if heavy.sum() >= 20 else None,
        heavy=int(heavy.sum()),
    )


def over_dispersion(seen: Floats, expected: Floats) -> float:
    """The relative variance beyond Poisson, by moments: sum of (w - l)^2 - l over sum of l^2.

    Below nought where counts vary less than Poisson's, as where the model expects too much of
    nobody; a tail is then too cautious.
    """
    beyond = (seen - expected) ** 2 - expected
    return float(beyond.sum() / (expected**2).sum())
