"""`ages`: members whose accounts were made when anybody's were, and not in one go."""

from __future__ import annotations

from functools import partial

import numpy as np
import pyarrow as pa

from algorithms.explain.schema import CHECKED, Explanation, Known
from algorithms.facts import age_facts
from algorithms.figures import figure
from graph.model import kernel
from graph.schema import Column, Schema
from graph.table import Table

_DATED = Schema(
    "dated_accounts",
    (
        Column("account", "VARCHAR", "the account"),
        Column("created_at", "BIGINT", "when it was made, ms"),
    ),
    key=("account",),
)
_PLACED = Schema(
    "placed_accounts",
    (*_DATED.columns, Column("place", "BIGINT", "its place by creation, from 1")),
    key=("place",),
)
_LEAST_DATED = 4
_QUANTILES = 400
_DRAWS = 400
_DAY_MS = 86_400_000.0


def check(known: Known) -> Table | None:
    """Whether the members' creation times spread as those of any accounts do (`CHECKED`).

    `measured` is the shortest span that holds half of them, in days; `usual` is the median of that
    over draws of as many accounts from the whole extract, since a few spread less than many.
    Hijacked accounts have their owners' ages, so it is context. Clusters with fewer than four known
    times are left out; None where no times are known.
    """
    if known.accounts is None:
        return None
    ages = _quantiles(known)
    if not len(ages):
        return None
    spans = age_facts(known.accounts, known.clustering)
    found = known.engine.each(spans, partial(_checked, ages=tuple(ages.tolist())), CHECKED)
    known.engine.drop(spans)
    return found


def _quantiles(known: Known) -> np.ndarray:
    """Creation times of all accounts at evenly spaced places, ms."""
    engine = known.engine
    dated = engine.sql(
        "select account, created_at from {accounts} where created_at is not null",
        _DATED,
        accounts=known.accounts or known.interactions,
    )
    number = dated.count()
    if number < _LEAST_DATED:
        return np.empty(0)
    placed = kernel(dated, "places")(dated, order=("created_at", "account"), schema=_PLACED)
    rows = engine.query(
        """
        select created_at from {placed}
        where cast(floor(place * $wanted / cast($number as double)) as bigint)
            > cast(floor((place - 1) * $wanted / cast($number as double)) as bigint)
        order by created_at
        """,
        {"wanted": min(_QUANTILES, number), "number": number},
        placed=placed,
    )
    for done in (dated, placed):
        engine.drop(done)
    return np.asarray(rows["created_at"].to_numpy(), dtype=np.float64)


def _checked(batch: pa.RecordBatch, *, ages: tuple[float, ...]) -> pa.RecordBatch:
    known: dict[int, float] = {}
    rows = []
    for facts in batch.to_pylist():
        dated, days = int(facts["dated"]), float(facts["half_days"])
        if dated < _LEAST_DATED:
            continue
        if dated not in known:
            known[dated] = usual_half_days(np.array(ages), min(dated, 2000))
        usual = known[dated]
        rows.append(
            {
                "cluster": facts["cluster"],
                "measured": days,
                "usual": usual,
                "degree": min(days / usual, 1.0) if usual > 0 else 0.0,
                "says": f"half of {dated} members were made within {figure(days)} days, where as"
                f" many accounts of this extract drawn at random need {figure(usual)}",
            }
        )
    return pa.RecordBatch.from_pylist(rows, schema=CHECKED.arrow)


def usual_half_days(ages: np.ndarray, accounts: int) -> float:
    """The shortest span, days, that holds half of so many creation times drawn at random.

    The median of 400 seeded draws, interpolated between the ages given.
    """
    rng = np.random.default_rng([41, accounts])
    places = rng.random((_DRAWS, accounts)) * (len(ages) - 1)
    drawn = np.sort(np.interp(places, np.arange(len(ages)), ages), axis=1)
    half = (accounts + 1) // 2
    spans = (drawn[:, half - 1 :] - drawn[:, : accounts - half + 1]).min(axis=1)
    return float(np.median(spans)) / _DAY_MS


AGES = Explanation(
    name="ages",
    says="accounts of all ages, as those that people make for themselves",
    check=check,
    needs="creation times of at least four of its members",
)
