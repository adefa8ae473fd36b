"""Whether two runs say the same: table by table, row by row, numbers to within a rounding."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import pyarrow.parquet as pq

from review.run import Run

TOLERANCE = 1e-9
"""How far two doubles may lie apart, absolutely and in proportion: sums end in another order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two runs' tables held against each other.

    `identical`: tables with the same bytes. `equal`: the same rows, doubles within `TOLERANCE`.
    `differing`: the first row that differs, in words, by table.
    """

    identical: tuple[str, ...]
    equal: tuple[str, ...]
    differing: dict[str, str]

    @property
    def same(self) -> bool:
        """Whether no table differs."""
        return not self.differing


def compare(one: Run, other: Run, *, without: tuple[str, ...] = ()) -> Comparison:
    """Hold the tables of two runs against each other.

    Args:
        one: a run.
        other: another run, perhaps of another engine.
        without: tables that are not compared, such as `reading` where paths are other ones.
    """
    identical, equal, differing = [], [], {}
    for name in one.manifest.tables:
        if name in without:
            continue
        if one.manifest.tables[name].sha256 == other.manifest.tables[name].sha256:
            identical.append(name)
            continue
        found = next(_differences(one, other, name), None)
        if found is None:
            equal.append(name)
        else:
            differing[name] = found
    return Comparison(identical=tuple(identical), equal=tuple(equal), differing=differing)


def _differences(one: Run, other: Run, name: str) -> Iterator[str]:
    pairs = zip_longest(_rows(one, name), _rows(other, name))
    for number, (row, its) in enumerate(pairs, start=1):
        if row is None or its is None:
            longer = one if its is None else other
            yield f"row {number} stands only in run `{longer.name}`: {row or its}"
            return
        for column in row.keys() | its.keys():
            if not _alike(row.get(column), its.get(column)):
                yield f"row {number}, `{column}`: {row.get(column)!r} and {its.get(column)!r}"


def _rows(run: Run, name: str) -> Iterator[dict[str, Any]]:
    with pq.ParquetFile(run.table_path(name)) as file:
        for batch in file.iter_batches():
            yield from batch.to_pylist()


def _alike(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return one == other and type(one) is type(other)
