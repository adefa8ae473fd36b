"""Fixtures: an engine, a table written as text, and the shared conformance material."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from graph.engine import Engine
from graph.engines import open_engine
from graph.schema import Column, Schema
from graph.table import Table


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Each engine in turn."""
    opened = open_engine("local", memory="2GB", threads=2, spill=tmp_path / "spill")
    yield opened
    opened.close()


@pytest.fixture
def table() -> Callable[[Engine, Schema, str], Table]:
    """`table(engine, SCHEMA, text)`: rows as text, a `|` between cells, the first line the header.

    Columns that the text leaves out are null if they may be, else '' or 0. `-` is null.
    """
    return _table


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with other tools' answers and real logs."""
    place = Path(
        os.environ.get("RINGWATCH_SHARED", Path(__file__).parents[1].parent / "shared")
    )
    if not (place / "conformance").is_dir():
        pytest.fail(
            f"no conformance material at {place}: set RINGWATCH_SHARED to the folder that holds"
            " `conformance/` and `data/`"
        )
    return place


def _table(engine: Engine, schema: Schema, text: str) -> Table:
    lines = [line for line in (raw.strip() for raw in text.splitlines()) if line]
    header = [cell.strip() for cell in lines[0].split("|")]
    rows = [[cell.strip() for cell in line.split("|")] for line in lines[1:]]
    columns = {
        column.name: [
            _value(column, row[header.index(column.name)] if column.name in header else None)
            for row in rows
        ]
        for column in schema.columns
    }
    return engine.from_arrow(pa.table(columns, schema=schema.arrow), schema)


def _value(column: Column, cell: str | None) -> Any:
    if cell == "-" or (cell is None and column.nullable):
        return None
    if column.type == "VARCHAR":
        return cell or ""
    if column.type == "BIGINT":
        return int(cell or 0)
    if column.type == "BOOLEAN":
        return cell == "true"
    return float(cell or 0)
