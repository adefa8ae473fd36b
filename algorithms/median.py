"""The exact median of very many whole numbers, without sorting or holding them in one place.

The range of the values is cut into bins; the bin that holds the wanted rank is cut again, until it
holds one value. Each look is one small aggregate, and the answer is exact on every engine.

Source: selection by repeated binning (Munro and Paterson 1980, Selection and sorting with limited
storage).
"""

from __future__ import annotations

from graph.schema import Column, Schema
from graph.table import Table

VALUES = Schema(
    "values",
    (
        Column("value", "BIGINT", "a value that occurs"),
        Column("times", "BIGINT", "how often"),
    ),
    key=("value",),
)

_BINS = 4096


def median(values: Table) -> float | None:
    """The median of the values (`VALUES`), the mean of the two middle ones of an even number.

    None where there is no value.
    """
    ends = values.engine.query(
        "select coalesce(sum(times), 0) as n, min(value) as least, max(value) as most"
        " from {values}",
        values=values,
    ).to_pylist()[0]
    number = int(ends["n"])
    if not number:
        return None
    least, most = int(ends["least"]), int(ends["most"])
    lower = _of_rank(values, (number - 1) // 2, least, most)
    if number % 2:
        return float(lower)
    return (lower + _of_rank(values, number // 2, lower, most, before=_below(values, lower))) / 2


def _of_rank(values: Table, rank: int, least: int, most: int, *, before: int = 0) -> int:
    """The value of a rank (from 0), known to lie in [least, most] with `before` values below."""
    while least < most:
        width = -(-(most - least + 1) // _BINS)
        bins = values.engine.query(
            """
            select bin, sum(times) as n from (
                select cast(floor((value - $least) / cast($width as double)) as bigint) as bin,
                       times
                from {values} where value between $least and $most)
            group by bin order by bin
            """,
            {"least": least, "most": most, "width": width},
            values=values,
        )
        for place, times in zip(bins["bin"].to_pylist(), bins["n"].to_pylist(), strict=True):
            if before + int(times) > rank:
                least += int(place) * width
                most = min(most, least + width - 1)
                break
            before += int(times)
    return least


def _below(values: Table, bound: int) -> int:
    found = values.engine.query(
        "select coalesce(sum(times), 0) as n from {values} where value < $bound",
        {"bound": bound},
        values=values,
    )
    return int(found["n"][0].as_py())
