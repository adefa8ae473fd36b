"""Queries over few rows are one task of Spark; more rows, and settings of users, change that."""

from __future__ import annotations

import itertools
from collections import Counter

import pyarrow as pa
import pytest

from graph.engines import open_engine
from graph.engines.spark.few import FEW, SETTING, FewRows
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
        context.setLocalProperty("spark.jobGroup.id", None)


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


def test_the_session_is_left_as_it_was_also_when_a_query_is_refused(tmp_path):
    session = Session()
    few = FewRows(session, {})

    with few.planned(FEW):
        assert set(session.now) == set(SETTINGS)
    assert session.now == {}

    with pytest.raises(SchemaError), few.planned(1):
        raise SchemaError("no such table")
    assert session.now == {}


def test_many_rows_are_planned_as_the_session_is_set():
    session = Session()

    with FewRows(session, {}).planned(FEW + 1):
        assert session.now == {}


@pytest.mark.parametrize("name", SETTINGS)
def test_what_a_user_set_stands_for_few_rows_too(name):
    session = Session()

    with FewRows(session, {name: "as told"}).planned(1):
        assert name not in session.now
        assert len(session.now) == len(SETTINGS) - 1


def test_nothing_is_few_where_a_user_says_so():
    session = Session()

    with FewRows(session, {SETTING: "0"}).planned(1):
        assert session.now == {}


def test_a_number_of_rows_that_is_none_is_refused():
    with pytest.raises(ConfigError, match="a number of rows, such as 10000, and not `some`"):
        FewRows(Session(), {SETTING: "some"})
