"""What chance would give each edge, on Spark.

Strata come from how many interactions each stretch of time has, which is small. Matching pairs are
counted in whole objects and slices of hot ones, as co-action counts its pairs. Each edge then meets
the profiles of its two accounts (interactions by stratum), and the sum is the local engine's. What
shared interest gives comes with the profiles (`graph.engines.spark.interest`).
"""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, cast

import numpy as np
import pyarrow as pa

from graph.engines.chance import Then
from graph.engines.kernels.chance import rates
from graph.engines.kernels.matching import Matches
from graph.engines.kernels.strata import HOUR_MS, one_stratum, time_strata
from graph.engines.spark.any_time import pairs_of_objects
from graph.engines.spark.chance_work import TALLIED, Clock, expect, tally
from graph.engines.spark.coaction_acts import object_hashes, settled
from graph.engines.spark.crowd_pairs import counted_in_parts
from graph.engines.spark.interest import interests
from graph.engines.spark.slices import cutting, floored
from graph.schemas import EDGES
from graph.table import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.engines.spark.engine import SparkEngine

DAY_MS = 24 * HOUR_MS


def expect_co_actions(
    edges: Table,
    interactions: Table,
    *,
    within_ms: int,
    least: int,
    timed: bool,
    then: Then,
    beside: Table | None = None,
    groups: Table | None = None,
    apart: Table | None = None,
) -> tuple[Table, Table | None, int]:
    """`graph.engines.chance.expect_co_actions` of tables that Spark holds.

    An account of an edge that has no interactions is expected to match nobody.
    """
    engine = cast("SparkEngine", interactions.engine)
    acts = engine.frame(interactions)
    counted = acts if apart is None else acts.join(engine.frame(apart), "account", "left_anti")
    number = engine.count(interactions) if apart is None else counted.count()
    if timed and within_ms >= 0:
        width = max(HOUR_MS, within_ms)
        clock, placed, size = _by_time(engine, acts, counted, width, least)
    else:
        clock, placed, size = _by_itself(acts, number)
    if within_ms < 0:
        found = _matches_at_any_time(counted)
    else:
        found = _matches(engine, counted, number, within_ms, clock)
    model = rates(found, size, clock.after)
    with ExitStack() as held:
        known = _profiles(placed)
        if groups is not None:
            liked = interests(engine, acts, engine.frame(groups), within_ms=within_ms, least=least)
            # Whoever acts has both.
            known = known.join(held.enter_context(liked), "account")
        profiles = held.enter_context(settled(engine, known))

        def filled(pairs: Table, then: Then | None = None) -> Table:
            joined = engine.frame(pairs)
            for end in ("src", "dst"):
                joined = _with_profile(joined, profiles, end)
            return engine.map_batches(joined, partial(expect, rates=model, then=then), EDGES)

        tested = filled(edges, then)
        others = None if beside is None else filled(beside)
    return tested, others, model.matches


def _by_itself(acts: DataFrame, number: int) -> tuple[Clock, DataFrame, np.ndarray]:
    """One stratum of all."""
    from pyspark.sql import functions as f

    alone = one_stratum(0)
    clock = Clock(np.array([np.iinfo(np.int64).min]), np.zeros(1, np.int64), alone.next)
    placed = acts.select("account", f.lit(0).cast("bigint").alias("stratum"))
    return clock, placed, np.array([float(number)])


def _by_time(
    engine: SparkEngine, acts: DataFrame, counted: DataFrame, width_ms: int, least: int
) -> tuple[Clock, DataFrame, np.ndarray]:
    """Strata of stretches of time: the clock, each interaction's stratum, the strata's sizes.

    Only interactions that are counted make sizes.
    """
    from pyspark.sql import functions as f

    parts = _parts(acts, width_ms)
    # A part is a stretch's share of a day: a fact for each hour, and not for each interaction.
    known = parts.groupBy("stretch", "day").agg(
        f.min("acted_at").alias("begins"), f.count(f.lit(1)).alias("acts")
    )
    if counted is not acts:
        sizes = (
            _parts(counted, width_ms).groupBy("stretch", "day").agg(f.count(f.lit(1)).alias("acts"))
        )
        known = (
            known.drop("acts")
            .join(sizes, ["stretch", "day"], "left")
            .select("stretch", "day", "begins", f.coalesce("acts", f.lit(0)).alias("acts"))
        )
    known = known.orderBy("begins").toArrow()
    begins, times = known["begins"].to_numpy(), known["acts"].to_numpy()
    strata = time_strata(begins, width_ms=width_ms, least=least, times=times)
    size = np.bincount(strata.of, weights=times, minlength=strata.count).astype(np.float64)
    of = known.select(["stretch", "day"]).append_column("stratum", pa.array(strata.of))
    numbered = engine.session.createDataFrame(of)
    placed = parts.join(f.broadcast(numbered), ["stretch", "day"]).select("account", "stratum")
    return Clock(begins, strata.of, strata.next), placed, size


def _parts(acts: DataFrame, width_ms: int) -> DataFrame:
    """Each interaction's account and time, with its stretch and its day."""
    from pyspark.sql import functions as f

    return acts.select(
        "account",
        "acted_at",
        f.expr(floored("acted_at", width_ms)).alias("stretch"),
        f.expr(floored("acted_at", DAY_MS)).alias("day"),
    )


def _matches(
    engine: SparkEngine, acts: DataFrame, number: int, within_ms: int, clock: Clock
) -> Matches:
    from pyspark.sql import functions as f

    rows = acts.select(
        # Accounts are only told apart on one object: 64 bits will do.
        f.xxhash64("account").alias("account"),
        *object_hashes(),
        f.col("acted_at").alias("at"),
    )
    cut = cutting(within_ms, 1)
    work = partial(tally, within_ms=within_ms, clock=clock, cut=cut)
    with counted_in_parts(engine, rows, number, cut, work, TALLIED) as counted:
        by_stratum = counted.groupBy("stratum").agg(
            f.sum("same").alias("same"),
            f.sum("across").alias("across"),
            f.sum("whole").alias("whole"),
        )
        known = by_stratum.toArrow()
    place = known["stratum"].to_numpy()
    same, across = np.zeros(len(clock.after)), np.zeros(len(clock.after))
    same[place], across[place] = known["same"].to_numpy(), known["across"].to_numpy()
    return Matches(same, across, float(known["whole"].to_numpy().sum()))


def _matches_at_any_time(acts: DataFrame) -> Matches:
    from pyspark.sql import functions as f

    objects = pairs_of_objects(acts.select(*object_hashes(), "account"))
    [(whole,)] = objects.agg(f.sum("pairs")).collect()
    matched = float(whole or 0)
    return Matches(np.array([matched]), np.zeros(1), matched)


def _profiles(placed: DataFrame) -> DataFrame:
    """`account`, the `strata` in which it acts, ascending, and its interactions in each."""
    from pyspark.sql import functions as f

    counts = placed.groupBy("account", "stratum").agg(f.count(f.lit(1)).alias("acts"))
    parts = f.sort_array(f.collect_list(f.struct("stratum", "acts"))).alias("parts")
    return (
        counts.groupBy("account")
        .agg(parts)
        .select(
            "account", f.col("parts.stratum").alias("strata"), f.col("parts.acts").alias("counts")
        )
    )


def _with_profile(edges: DataFrame, profiles: DataFrame, end: str) -> DataFrame:
    """The edges with each list of a profile, as `<end>_<name>`, of the account at that end."""
    from pyspark.sql import functions as f

    lists = {f"{end}_{name}": name for name in profiles.columns if name != "account"}
    named = profiles.select(
        f.col("account").alias(end), *(f.col(name).alias(new) for new, name in lists.items())
    )
    nothing = {
        new: f"cast(array() as {profiles.schema[name].dataType.simpleString()})"
        for new, name in lists.items()
    }
    return edges.join(named, end, "left").withColumns(
        {new: f.coalesce(new, f.expr(empty)) for new, empty in nothing.items()}
    )
