"""Dense numbers on Spark: in order, without gaps, whatever the partitions."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pytest

from graph.engines import open_engine
from graph.engines.spark.codes import numbered

pytestmark = pytest.mark.spark

NAMES = ["", "7", "007", "a", "B", "ä", "Ω", "ﬀ", "名前", "\U0001f600", "z", " z", "a\x00b"]
SETTINGS = {"adaptive": "spark.sql.adaptive.enabled", "ranges": "spark.sql.shuffle.partitions"}


@pytest.fixture
def spark(tmp_path, spark_in_tests):
    opened = open_engine("spark", memory="2GB", threads=2, spill=tmp_path, spark=spark_in_tests)
    yield opened
    opened.close()


@contextmanager
def setting(engine, **values: str) -> Iterator[None]:
    before = {name: engine.session.conf.get(SETTINGS[name]) for name in values}
    for name, value in values.items():
        engine.session.conf.set(SETTINGS[name], value)
    yield
    for name, value in before.items():
        engine.session.conf.set(SETTINGS[name], value)


def answer(engine, rows: pa.Table, *order: str, parts: int = 3) -> list[tuple]:
    found = numbered(engine, engine.session.createDataFrame(rows).repartition(parts), order)
    listed = sorted((tuple(row) for row in found.collect()), key=lambda row: row[-1])
    engine.forget(found)
    return listed


@pytest.mark.parametrize("adaptive", ["true", "false"])
@pytest.mark.parametrize("ranges", [1, 2, 7])
def test_ids_are_numbered_in_byte_order_for_any_partitions(spark, adaptive, ranges):
    names = NAMES + [f"user-{n}" for n in range(500)]
    random.Random(ranges).shuffle(names)

    with setting(spark, adaptive=adaptive, ranges=str(ranges)):
        found = answer(spark, pa.table({"id": names}), "id", parts=ranges)

    expected = sorted(names, key=lambda name: name.encode())
    assert found == list(zip(expected, range(len(names)), strict=True))


def test_a_null_comes_first_and_further_columns_decide_between_equals(spark):
    rows = [("b", 2), (None, 5), ("b", 1), ("a", None), ("b", None), (None, None), ("a", 9)]
    given = pa.table({"kind": [a for a, _ in rows], "size": pa.array([b for _, b in rows])})

    with setting(spark, ranges="7"):
        by_kind = answer(spark, given, "kind")
        by_both = answer(spark, given, "kind", "size")

    expected = [(None, None), (None, 5), ("a", None), ("a", 9), ("b", None), ("b", 1), ("b", 2)]
    assert by_kind == by_both == [(*row, number) for number, row in enumerate(expected)]


def test_one_value_in_every_row_is_numbered_without_gaps(spark):
    given = pa.table({"kind": ["x"] * 300, "size": list(range(300))})

    with setting(spark, ranges="7"):
        found = answer(spark, given, "kind", parts=5)

    assert found == [("x", n, n) for n in range(300)]


def test_no_rows_have_no_numbers(spark):
    found = answer(spark, pa.table({"id": pa.array([], pa.string())}), "id")

    assert found == []


def test_nothing_is_left_on_the_scratch(spark):
    answer(spark, pa.table({"id": ["b", "a"]}), "id")

    assert list(Path(spark.scratch.root.removeprefix("file:")).iterdir()) == []
