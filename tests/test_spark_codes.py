"""Dense numbers on Spark: in order, without gaps, whatever the partitions."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa
import pytest
from pyarrow.fs import FileSelector

from graph.engines.spark.codes import numbered
from graph.engines.spark.scratch import open_part

pytestmark = [pytest.mark.spark, pytest.mark.parametrize("engine", ["spark"], indirect=True)]

NAMES = ["", "7", "007", "a", "B", "ä", "Ω", "ﬀ", "名前", "\U0001f600", "z", " z", "a\x00b"]
SETTINGS = {"adaptive": "spark.sql.adaptive.enabled", "ranges": "spark.sql.shuffle.partitions"}


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
def test_ids_are_numbered_in_byte_order_for_any_partitions(engine, adaptive, ranges):
    names = NAMES + [f"user-{n}" for n in range(500)]
    random.Random(ranges).shuffle(names)

    with setting(engine, adaptive=adaptive, ranges=str(ranges)):
        found = answer(engine, pa.table({"id": names}), "id", parts=ranges)

    expected = sorted(names, key=lambda name: name.encode())
    assert found == list(zip(expected, range(len(names)), strict=True))


def test_a_null_comes_first_and_further_columns_decide_between_equals(engine):
    rows = [("b", 2), (None, 5), ("b", 1), ("a", None), ("b", None), (None, None), ("a", 9)]
    given = pa.table({"kind": [a for a, _ in rows], "size": pa.array([b for _, b in rows])})

    with setting(engine, ranges="7"):
        by_kind = answer(engine, given, "kind")
        by_both = answer(engine, given, "kind", "size")

    expected = [(None, None), (None, 5), ("a", None), ("a", 9), ("b", None), ("b", 1), ("b", 2)]
    assert by_kind == by_both == [(*row, number) for number, row in enumerate(expected)]


def test_one_value_in_every_row_is_numbered_without_gaps(engine):
    given = pa.table({"kind": ["x"] * 300, "size": list(range(300))})

    with setting(engine, ranges="7"):
        found = answer(engine, given, "kind", parts=5)

    assert found == [("x", n, n) for n in range(300)]


def test_no_rows_have_no_numbers(engine):
    found = answer(engine, pa.table({"id": pa.array([], pa.string())}), "id")

    assert found == []


def test_nothing_is_left_on_the_scratch(engine):
    answer(engine, pa.table({"id": ["b", "a"]}), "id")

    system, path = open_part(engine.scratch.root)
    assert system.get_file_info(FileSelector(path, recursive=True)) == []
