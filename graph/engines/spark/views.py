"""The tables of one engine in a session: a temporary view each, with its rows and its folder."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING

from graph.engines.spark.few import FEW_BYTES, FewRows
from graph.engines.spark.rows import nullable
from graph.engines.spark.scratch import Scratch
from graph.engines.within import leaving_none
from graph.schema import Schema

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# Names are names: no pattern, and no partition because a folder is called `dt=1`.
_PLAIN_NAMES = {"__globPaths__": "false", "recursiveFileLookup": "true"}


class Views:
    """Names what an engine holds, and knows how many rows it has and which folder goes with it."""

    def __init__(self, session: SparkSession, scratch: Scratch, few: FewRows) -> None:
        """Begin with none; what is `few` lies in one partition."""
        self._session = session
        self._few = few
        self._scratch = scratch
        # Engines of one session share the names of its views.
        self._own = secrets.token_hex(4)
        self._numbers = itertools.count()
        self._counts: dict[str, int] = {}
        self.places: dict[str, str] = {}
        """Folders of the scratch, by the view that reads them, or the frame (`hold`)."""

    def read(self, places: Sequence[str], schema: Schema) -> DataFrame:
        """The rows of Parquet files or folders that hold a table of `schema`."""
        from pyspark.sql.pandas.types import from_arrow_schema

        reader = self._session.read.schema(from_arrow_schema(nullable(schema)))
        return reader.options(**_PLAIN_NAMES).parquet(*places)

    def add(
        self,
        frame: DataFrame,
        schema: Schema,
        *,
        rows: int,
        size: int | None = None,
        place: str | None = None,
    ) -> str:
        """Make a view of a frame and give its name.

        Args:
            frame: the rows.
            schema: whose name the view's begins with.
            rows: how many there are.
            size: their bytes, where they lie in no place of the scratch; None where nobody knows.
            place: the folder of the scratch that goes when the view goes.
        """
        name = f"{schema.name}_{self._own}_{next(self._numbers)}"
        if place is not None:
            size = sum(self._scratch.sizes(place).values())
        if self._few.are(rows) and size is not None and size <= FEW_BYTES:
            # What lies in one partition is joined and grouped without a shuffle.
            frame = frame.coalesce(1)
        frame.createOrReplaceTempView(name)
        self._counts[name] = rows
        if place is not None:
            self.places[name] = place
        return name

    def rows(self, name: str) -> int:
        """How many rows a view has."""
        if name not in self._counts:
            self._counts[name] = self._session.table(name).count()
        return self._counts[name]

    def rows_in_all(self, names: Iterable[str]) -> int | None:
        """How many rows some views have together; None where that is known of none or not of all.

        A query that reads no table has no rows to count.
        """
        counts = [self._counts.get(name) for name in names]
        known = [count for count in counts if count is not None]
        return sum(known) if known and len(known) == len(counts) else None

    def drop(self, name: str) -> None:
        """Let go of a view and its folder."""
        self._session.catalog.dropTempView(name)
        self._counts.pop(name, None)
        self._remove(name)

    def within(self) -> AbstractContextManager[None]:
        """A block of work whose views are dropped as it is left, and whose frames are forgotten."""
        return leaving_none(lambda: list({**self._counts, **self.places}), self.drop)

    def hold(self, frame: DataFrame, place: str) -> DataFrame:
        """The frame; its folder goes with `forget`."""
        self.places[_key(frame)] = place
        return frame

    def settled_rows(self, frame: DataFrame) -> int:
        """How many rows the folder of this very frame has, by the footers of its files."""
        return self._scratch.rows(self.places[_key(frame)])

    def forget(self, frame: DataFrame) -> None:
        """Remove the folder of this very frame."""
        self._remove(_key(frame))

    def close(self) -> None:
        """Give the names back; folders are the scratch's to remove."""
        with suppress(Exception):
            for name in (*self._counts, *self.places):
                self._session.catalog.dropTempView(name)

    def _remove(self, key: str) -> None:
        place = self.places.pop(key, None)
        if place is not None:
            self._scratch.remove(place)


def _key(frame: DataFrame) -> str:
    return f"settled {id(frame)}"
