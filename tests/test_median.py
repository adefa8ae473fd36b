"""The median and the places of very many rows are exact, however they are found."""

from __future__ import annotations

import random
import statistics

import pyarrow as pa
import pytest

from algorithms.median import VALUES, median
from graph.model import kernel
from graph.schema import Column, Schema

NAMED = Schema(
    "named",
    (
        Column("name", "VARCHAR", "a name", nullable=True),
        Column("size", "BIGINT", "a number"),
        Column("id", "BIGINT", "the row"),
    ),
    key=("id",),
)
PLACED = Schema("placed", (*NAMED.columns, Column("place", "BIGINT", "its place")), key=("place",))


def values_of(engine, numbers):
    counts = {number: numbers.count(number) for number in set(numbers)}
    rows = pa.table({"value": list(counts), "times": list(counts.values())}, schema=VALUES.arrow)
    return engine.from_arrow(rows, VALUES)


def test_the_median_is_that_of_all_values_written_out(engine):
    draw = random.Random(3)
    for numbers in (
        [7],
        [7, 7],
        [1, 2],
        [-5, 10**12, 3],
        [draw.randrange(-(10**9), 10**9) for _ in range(401)],
        [int(draw.paretovariate(0.5)) for _ in range(400)],
    ):
        assert median(values_of(engine, numbers)) == statistics.median(numbers)


def test_nothing_has_no_median(engine):
    assert median(values_of(engine, [])) is None


@pytest.mark.parametrize("descending", [False, True])
def test_places_follow_the_order_and_equal_rows_their_other_columns(engine, descending):
    draw = random.Random(5)
    rows = [
        {
            "name": draw.choice(["ä", "a", "", "\U0001f600", None]),
            "size": draw.randrange(4),
            "id": n,
        }
        for n in range(200)
    ]
    given = engine.from_arrow(pa.Table.from_pylist(rows, schema=NAMED.arrow), NAMED)

    placed = kernel(given, "places")(
        given, order=("size", "name"), schema=PLACED, descending=descending
    )

    def key(row):
        name = row["name"]
        turned = -row["size"] if descending else row["size"]
        return (turned, name is not None, (name or "").encode(), row["id"])

    assert [row["id"] for row in placed.rows()] == [row["id"] for row in sorted(rows, key=key)]
    assert [row["place"] for row in placed.rows()] == list(range(1, 201))
