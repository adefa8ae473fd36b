"""Plant rings into a log that real people made, and give it with labels as `--flat` does.

Only planted rings are labelled. What else is coordinated in the log is there too, and counts as a
mistake of who finds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from builders.simulation.flat import FlatWorld
from builders.simulation.log import LEAST_ACTS, log_of
from builders.simulation.log_bed import LEAST_RING, LogBed, open_log_bed
from builders.simulation.log_follows import FOLLOWS, KIND, plant_follow_ring
from builders.simulation.log_rings import plant_level
from builders.simulation.planting import Indices
from builders.simulation.population import Longs
from builders.simulation.spec import LEVELS
from graph.errors import ConfigError

USUAL_LEVELS = {"L0": 1, "L1": 1, "L2": 2, "L3": 2, "L4": 2, "L5": 2}
USUAL_FOLLOWS = {"L0": 1, "L1": 1, "L2": 2, "L3": 2}

_KEPT_BESIDE = ("owner", "text", "content", "platform")
_LABELS = pa.schema(
    [
        ("account_id", pa.string()),
        ("group_id", pa.string()),
        ("is_ring", pa.bool_()),
        ("kind", pa.string()),
        ("level", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntoSpec:
    """What is planted into a log.

    `levels` says how many co-action rings of each level, `follows` how many follow rings of each
    (L0 to L3). Left out, a log whose objects are all accounts gets follow rings, and any other
    co-action rings. Members do as much as organic accounts of `least_acts` acts and more.

    Levels have the sizes of the simulator, up to 300 accounts, which may be most of what goes on in
    a small log while the ring acts; `most_accounts` bounds them.
    """

    seed: int = 1
    least_acts: int = LEAST_ACTS
    most_accounts: int | None = None
    levels: Mapping[str, int] | None = None
    follows: Mapping[str, int] | None = None

    def __post_init__(self) -> None:
        """Refuse levels that there are not.

        Raises:
            ConfigError: an unknown level, more than a hundred rings of one, or too few
                acts or accounts.
        """
        if self.seed < 0:
            message = f"`seed` is 0 or more, not {self.seed}"
            raise ConfigError(message)
        if self.least_acts < LEAST_ACTS:
            message = f"`least_acts` is {LEAST_ACTS} or more, not {self.least_acts}"
            raise ConfigError(message)
        if self.most_accounts is not None and self.most_accounts < LEAST_RING:
            message = f"`most_accounts` is {LEAST_RING} or more, not {self.most_accounts}"
            raise ConfigError(message)
        for name, given, known in (
            ("levels", self.levels, LEVELS),
            ("follow rings", self.follows, tuple(FOLLOWS)),
        ):
            for level, count in (given or {}).items():
                if level not in known:
                    message = f"`{name}` has no `{level}`; there is {', '.join(known)}"
                    raise ConfigError(message)
                if not 0 <= count <= 100:
                    message = f"`{name}` of `{level}` are from 0 to 100, not {count}"
                    raise ConfigError(message)


def planted_log(interactions: pa.Table, spec: IntoSpec) -> FlatWorld:
    """A log (`INTERACTIONS` as Arrow) with rings in it, and their labels.

    The same rows in any order, and the same spec, give the same rows. Columns that the log leaves
    empty are left out of the answer.

    Raises:
        ConfigError: the log is empty, or has too few accounts that do enough for the rings.
    """
    bed = open_log_bed(
        log_of(interactions),
        spec.seed,
        least_acts=spec.least_acts,
        most_accounts=spec.most_accounts,
    )
    levels, follows = _wanted(bed, spec)
    # Each ring has a seed of its own, so that one more leaves the others as they are drawn.
    for place, level in enumerate(LEVELS):
        for number in range(levels.get(level, 0)):
            plant_level(bed, np.random.default_rng([spec.seed, 31, place, number]), level, number)
    for place, level in enumerate(FOLLOWS):
        for number in range(follows.get(level, 0)):
            rng = np.random.default_rng([spec.seed, 32, place, number])
            plant_follow_ring(bed, rng, level, number)
    return FlatWorld(interactions=_rows(bed), labels=_labels(bed))


def _wanted(bed: LogBed, spec: IntoSpec) -> tuple[Mapping[str, int], Mapping[str, int]]:
    if spec.levels is not None or spec.follows is not None:
        return spec.levels or {}, spec.follows or {}
    kinds = set(bed.log.things["object_kind"].unique().to_pylist())
    return ({}, USUAL_FOLLOWS) if kinds == {KIND} else (USUAL_LEVELS, {})


def _rows(bed: LogBed) -> pa.Table:
    kept = np.flatnonzero(bed.kept)
    accounts = [bed.log.account[kept], *(part[0] for part in bed.parts)]
    things = [bed.thing[kept], *(part[1] for part in bed.parts)]
    times = [bed.log.at[kept], *(part[2] for part in bed.parts)]
    parts = (np.concatenate(each).astype(np.int64) for each in (accounts, things, times))
    account, thing, at = parts
    # Planted acts have no words and no post of their own; nor has an act that was sent elsewhere.
    source = np.full(len(account), -1)
    source[: len(kept)] = np.where(bed.thing[kept] == bed.log.thing[kept], kept, -1)
    order = np.lexsort((source, thing, account, at))
    account, thing, at, source = _once(account[order], thing[order], at[order], source[order])
    made = bed.thing_table().take(pa.array(thing))
    columns = {
        "account": bed.account_ids().take(pa.array(account)),
        "action": made["action"],
        "object": made["object"],
        "object_kind": made["object_kind"],
        "time": pa.array(at),
    }
    beside = bed.log.rows.take(pa.array(source, mask=source < 0))
    for name in _KEPT_BESIDE:
        if bed.log.rows[name].null_count < len(bed.log.rows):
            columns[name] = _beside(bed, name, account, made, beside)
    return pa.table(columns)


def _once(
    account: Indices, thing: Indices, at: Longs, source: Indices
) -> tuple[Indices, Indices, Longs, Indices]:
    """Ordered rows without planted ones that repeat a row: a reader would leave them out."""
    same = np.zeros(len(at), dtype=bool)
    same[:-1] = (np.diff(account) == 0) & (np.diff(thing) == 0) & (np.diff(at) == 0)
    kept = ~(same & (source < 0))
    return account[kept], thing[kept], at[kept], source[kept]


def _beside(
    bed: LogBed, name: str, account: Indices, made: pa.Table, beside: pa.Table
) -> pa.ChunkedArray:
    """A column that a log may have: of the thing, of the account, or of the act itself."""
    if name == "owner":
        return made["owner"]
    if name != "platform":
        return beside[name]
    first = np.full(len(bed.log.accounts) + bed.fresh_accounts, -1)
    first[bed.log.account[::-1]] = np.arange(len(bed.log.account))[::-1]
    # A fresh account lives where the log's first account does: in a log of one platform, there.
    first[first < 0] = 0
    return bed.log.rows["platform"].take(pa.array(first[account]))


def _labels(bed: LogBed) -> pa.Table:
    ids = bed.account_ids()
    rows = [
        {
            "account_id": account,
            "group_id": name,
            "is_ring": True,
            "kind": kind,
            "level": level,
        }
        for name, level, kind, members in bed.rings
        for account in sorted(ids.take(pa.array(members)).to_pylist())
    ]
    return pa.Table.from_pylist(rows, schema=_LABELS)
