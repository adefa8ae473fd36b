"""Queries over few rows are one task of Spark; more rows, and settings of users, change that."""

from __future__ import annotations

import itertools
from collections import Counter

import pyarrow as pa
import pytest

from graph.engines import open_engine
from graph.engines.spark.few import FEW, FEW_BYTES, SETTING, FewRows
from graph.errors import ConfigError, SchemaError
from graph.schema import Column, Schema

SALES = Schema(
    "sales",
    (Column("shop", "VARCHAR", "a shop"), Column("price", "BIGINT", "a price")),
    key=("shop",),
)
TOTALS = Schema(
    "totals",
    (Column("shop", "VARCHAR", "a shop"), Column("total", "BIGINT", "its sum")),
    key=("shop",),
)
QUERY = (
    "select a.shop, sum(a.price * b.price) as total from {a} a join {b} b on a.shop = b.shop"
    " group by a.shop"
)
ASKED = itertools.count()
SETTINGS = (
    "spark.sql.codegen.wholeStage",
    "spark.sql.codegen.factoryMode",
    "spark.sql.autoBroadcastJoinThreshold",
)


class Session:
    """The settings of a session, and how each was changed."""

    def __init__(self):
        self.conf = self
        self.now = {}

    def get(self, name, default):
        return self.now.get(name, default)

    def set(self, name, value):
        self.now[name] = value

    def unset(self, name):
        del self.now[name]


@pytest.fixture
def spark(tmp_path, spark_in_tests):
    conf = {**spark_in_tests, SETTING: str(FEW)}
    opened = open_engine("spark", memory="2GB", threads=2, spill=tmp_path, spark=conf)
    yield opened
    opened.close()


def sales(rows):
    return pa.table(
        {"shop": [f"shop {n % 97}" for n in range(rows)], "price": [n % 11 for n in range(rows)]}
    )


def stages(engine, ask):
    """The tasks of each stage of what `ask` has Spark do."""
    context = engine.session.sparkContext
    group = f"counted {next(ASKED)}"
    context.setJobGroup(group, "the query under test")
    try:
        ask()
        tracker = context.statusTracker()
        jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(group)]
        infos = [tracker.getStageInfo(stage) for job in jobs for stage in job.stageIds]
        return [info.numTasks for info in infos if info is not None]
    finally:
        for name in ("spark.jobGroup.id", "spark.job.description", "spark.job.interruptOnCancel"):
            context.setLocalProperty(name, None)


@pytest.mark.spark
def test_a_join_and_a_sum_over_few_rows_are_one_task(spark):
    a, b = (spark.from_arrow(sales(400), SALES) for _ in range(2))

    assert stages(spark, lambda: spark.sql(QUERY, TOTALS, a=a, b=b)) == [1]


@pytest.mark.spark
@pytest.mark.parametrize("rows", [FEW, FEW + 1])
def test_sums_do_not_depend_on_whether_rows_are_few(spark, rows):
    table = spark.from_arrow(sales(rows), SALES)
    query = "select shop, sum(price) as total from {a} group by shop"
    found = []

    tasks = stages(spark, lambda: found.append(spark.query(query, a=table)))

    assert (tasks == [1]) == (rows <= FEW)
    prices = Counter()
    for shop, price in zip(*sales(rows).to_pydict().values(), strict=True):
        prices[shop] += price
    (sums,) = (each.to_pydict() for each in found)
    assert dict(zip(sums["shop"], sums["total"], strict=True)) == prices


def test_the_session_is_left_as_it_was_also_when_a_query_is_refused():
    session = Session()
    few = FewRows(session, {})

    with few.planned(FEW):
        assert set(session.now) == set(SETTINGS)
    assert session.now == {}

    with pytest.raises(SchemaError), few.planned(1):
        raise SchemaError("no such table")
    assert session.now == {}


@pytest.mark.parametrize("rows", [FEW + 1, None])
def test_many_rows_and_an_unknown_number_are_planned_as_the_session_is_set(rows):
    session = Session()

    with FewRows(session, {}).planned(rows):
        assert session.now == {}


@pytest.mark.parametrize("name", SETTINGS)
def test_what_a_user_set_stands_for_few_rows_too_whenever_he_did(name):
    session = Session()
    few = FewRows(session, {})
    session.set(name, "as told")

    with few.planned(1):
        assert session.now[name] == "as told"
        assert len(session.now) == len(SETTINGS)
    assert session.now == {name: "as told"}


def test_a_large_query_beside_a_small_one_is_planned_as_the_session_is_set():
    session = Session()
    few = FewRows(session, {})

    with few.planned(1):
        with few.planned(FEW + 1):
            assert session.now == {}
        with few.planned(2):
            assert session.now == {}
    with few.planned(2):
        assert set(session.now) == set(SETTINGS)
    assert session.now == {}


def test_an_engine_that_is_opened_meanwhile_takes_nothing_for_a_users_will():
    session = Session()
    one = FewRows(session, {})

    with one.planned(1):
        other = FewRows(session, dict(session.now))
    with other.planned(1):
        assert set(session.now) == set(SETTINGS)
    assert session.now == {}


@pytest.mark.parametrize("rows", [0, 1])
def test_nothing_is_few_where_a_user_says_so(rows):
    session = Session()

    with FewRows(session, {SETTING: "0"}).planned(rows):
        assert session.now == {}


def test_a_number_of_rows_that_is_none_is_refused():
    with pytest.raises(ConfigError, match="a number of rows, such as 10000, and not `some`"):
        FewRows(Session(), {SETTING: "some"})


@pytest.mark.spark
def test_few_rows_of_many_bytes_are_not_brought_into_one_task(spark):
    shops = [f"{number:04}" + "x" * 20_000 for number in range(2 * FEW_BYTES // 20_000)]
    prices = [1] * len(shops)
    wide = pa.table({"shop": shops, "price": prices}, schema=SALES.arrow)

    partitions = [
        spark.frame(spark.from_arrow(each, SALES)).rdd.getNumPartitions()
        for each in (wide, sales(400))
    ]

    assert partitions[0] > 1 == partitions[1]
