"""A frame that someone holds in memory, written down so that it is read as any extract is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from graph.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

IDS = ("account", "object", "content")


def written(frame: pd.DataFrame, mapping: Mapping[str, str], path: Path) -> Path:
    """Write the columns that `mapping` names to a Parquet file; give its path.

    Args:
        frame: its index is not read.
        mapping: model column to a column of the frame, or to a SQL expression over its columns.
        path: the file.

    Raises:
        ConfigError: an id column holds neither text nor whole numbers, or a column mixes types.
    """
    rows = _arrow(frame, mapping)
    for wanted in IDS:
        column = mapping.get(wanted)
        if column in rows.column_names:
            _refuse_no_ids(str(column), rows.schema.field(column).type)
    pq.write_table(rows, path)
    return path


def _arrow(frame: pd.DataFrame, mapping: Mapping[str, str]) -> pa.Table:
    named = set(mapping.values())
    if not frame.columns.is_unique:
        message = f"the frame has two columns of one name: {list(frame.columns)}"
        raise ConfigError(message)
    needed = [name for name in frame.columns if name in named]
    if named <= set(frame.columns):
        frame = frame[needed]
    try:
        return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    except (pa.ArrowException, UnicodeEncodeError) as error:
        message = f"a column of the frame mixes types or holds no text: {error}"
        raise ConfigError(message) from error


def _refuse_no_ids(name: str, kind: pa.DataType) -> None:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_floating(kind):
        message = (
            f"column `{name}` holds floating-point numbers, which are no ids: above 2^53 two"
            " accounts become one, and `7.0` is not `7`; read it as text or whole numbers"
            f" (`astype('Int64')` where all are whole and small, else `dtype={{'{name}': 'str'}}`)"
        )
        raise ConfigError(message)
    textual = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if not (textual or pa.types.is_integer(kind) or pa.types.is_null(kind)):
        message = f"column `{name}` is {kind}; ids are text or whole numbers: write it as text"
        raise ConfigError(message)
