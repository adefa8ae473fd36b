"""Giant components on Spark: cut before they are divided and united after, by the shared rule.

The rule is that of `graph.engines.kernels.giants`. A worker is never given more of one than
`giant_edges`, neither of its edges nor of its communities' joined pairs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from graph.engines.kernels.cutting import TOSSES, Cutting, price_of
from graph.engines.kernels.giants import UNIONS, Giant
from graph.engines.kernels.leiden import Search
from graph.engines.spark.buckets import divided
from graph.engines.spark.cutting import codes_of, cut
from graph.engines.spark.loops import settling

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.engines.spark.dense import DenseFrames

Numbered = dict[int, Giant]
"""Giant components by the code of their least account, in its order."""


def giants_of(given: DenseFrames, parts: DataFrame, giant_edges: int) -> Numbered:
    """The components of more edges than that: few, since each is large."""
    from pyspark.sql import functions as f

    giants = (
        given.edges.where("src <> dst")
        .join(parts.toDF("src", "giant"), "src")
        .groupBy("giant")
        .agg(f.count("*").alias("edges"))
        .where(f.col("edges") > giant_edges)
    )
    accounts = (
        parts.join(giants, parts.label == giants.giant)
        .groupBy("giant", "edges")
        .agg(f.count("*").alias("accounts"))
    )
    rows = accounts.join(given.ids.toDF("account", "giant"), "giant").orderBy("giant").collect()
    return {row["giant"]: Giant(row["account"], row["accounts"], row["edges"]) for row in rows}


@contextmanager
def cut_and_united(
    given: DenseFrames, parts: DataFrame, giants: Numbered, *, search: Search, cutting: Cutting
) -> Iterator[tuple[DataFrame, list[Giant]]]:
    """Everybody's community, `code` and `label`, settled; and what became of the giants.

    Args:
        given: the graph, its edges with `fixed` weights.
        parts: the components, `code` and `label`; settled.
        giants: those with more edges than a piece may have.
        search: what to search for.
        cutting: how they are cut.
    """
    from pyspark.sql import functions as f

    engine = given.engine
    found = dict(giants)
    of_giants = parts.join(codes_of(engine, "giant", giants), parts.label == f.col("giant")).select(
        "code", "giant"
    )
    with ExitStack() as last:
        with cut(given, given.edges, parts, cutting) as pieces:
            labels = last.enter_context(
                divided(given, pieces.edges, pieces.parts, search=search, seed=cutting.seed)
            )
        for code, times in pieces.times.items():
            found[code] = replace(found[code], cuts=times)
        with (
            settling(engine, of_giants) as members,
            settling(engine, given.edges.join(members.toDF("src", "giant"), "src")) as tied,
        ):
            unsettled = list(giants)
            for union in range(1, UNIONS + 1):
                if not unsettled:
                    break
                for code in unsettled:
                    found[code] = replace(found[code], unions=union)
                among = codes_of(engine, "giant", unsettled)
                nodes = _communities(labels, members.join(among, "giant"))
                pairs = _joined(labels, tied.join(among, "giant"))
                tosses = replace(cutting, first=union * TOSSES)
                with ExitStack() as step:
                    labels, unsettled = step.enter_context(
                        _united(given, labels, nodes, pairs, search=search, cutting=tosses)
                    )
                    last.close()
                    last.push(step.pop_all())
            if unsettled:
                among = codes_of(engine, "giant", unsettled)
                for code, left in _counted(_joined(labels, tied.join(among, "giant"))):
                    found[code] = replace(found[code], left=left)
        yield labels, list(found.values())


@contextmanager
def _united(
    given: DenseFrames,
    labels: DataFrame,
    nodes: DataFrame,
    pairs: DataFrame,
    *,
    search: Search,
    cutting: Cutting,
) -> Iterator[tuple[DataFrame, list[int]]]:
    """The labels once communities are united where that pays, and which giants had to be cut."""
    from pyspark.sql import functions as f

    engine = given.engine
    masses = nodes.select("code", "mass")
    # In the kernel's order: doubles are rounded at each step.
    price = (
        f.lit(price_of(search.resolution))
        * f.col("one_mass").cast("double")
        * f.col("other_mass").cast("double")
    )
    with ExitStack() as step:
        with (
            settling(engine, nodes) as communities,
            settling(
                engine,
                pairs.join(masses.toDF("src", "one_mass"), "src")
                .join(masses.toDF("dst", "other_mass"), "dst")
                .select("src", "dst", "fixed", (f.col("fixed") > price).alias("pays")),
            ) as priced,
            cut(given, priced, communities.selectExpr("code", "giant as label"), cutting) as pieces,
            divided(
                given,
                pieces.edges,
                pieces.parts,
                search=search,
                seed=cutting.seed,
                masses=communities.select("code", "mass"),
            ) as found,
        ):
            whole = labels.join(found.toDF("label", "united"), "label")
            settled = step.enter_context(
                settling(engine, whole.select("code", f.col("united").alias("label")))
            )
        yield settled, sorted(pieces.times)


def _communities(labels: DataFrame, members: DataFrame) -> DataFrame:
    """The communities of some accounts: `code`, `giant`, and as `mass` how many are in it."""
    from pyspark.sql import functions as f

    return (
        labels.join(members, "code")
        .groupBy(f.col("label").alias("code"), "giant")
        .agg(f.count("*").alias("mass"))
    )


def _joined(labels: DataFrame, tied: DataFrame) -> DataFrame:
    """Each joined pair of communities once, the lesser first, and the weight between them."""
    from pyspark.sql import functions as f

    return (
        tied.join(labels.toDF("src", "one"), "src")
        .join(labels.toDF("dst", "other"), "dst")
        .where("one <> other")
        .groupBy(
            "giant", f.least("one", "other").alias("src"), f.greatest("one", "other").alias("dst")
        )
        .agg(f.sum("fixed").alias("fixed"))
    )


def _counted(pairs: DataFrame) -> list[tuple[int, int]]:
    """Giants, and how many pairs of their communities are joined."""
    return [(row["giant"], row["count"]) for row in pairs.groupBy("giant").count().collect()]
