"""Rows as the frames that a notebook shows: times as moments, whole numbers whole beside nulls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    import pandas as pd

_MOMENT = pa.timestamp("ms", tz="UTC")


def frame(rows: pa.Table) -> pd.DataFrame:
    """The rows as a frame: `*_at` are UTC timestamps to the millisecond, ids are text."""
    import pandas as pd

    for place, field in enumerate(rows.schema):
        if field.name.endswith("_at") and pa.types.is_int64(field.type):
            rows = rows.set_column(place, field.name, rows.column(place).cast(_MOMENT))
    found: pd.DataFrame = rows.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    return found


def plain_rows(of: pd.DataFrame) -> list[dict[str, Any]]:
    """A frame's rows as plain values by column; what is missing is None."""
    found = of.astype(object).where(of.notna(), None)
    names = [str(name) for name in found.columns]
    return [dict(zip(names, row, strict=True)) for row in found.itertuples(index=False, name=None)]
