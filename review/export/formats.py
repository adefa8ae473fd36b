"""Which formats there are, and how a file's name chooses among them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from graph.errors import ConfigError
from review.export.csv import write_csv
from review.export.gexf import write_gexf
from review.export.graphml import write_graphml
from review.export.jsonl import write_jsonl
from review.export.parquet import write_parquet
from review.export.sheet import Network, Sheet, Written

TableFormat = Literal["csv", "jsonl", "parquet"]
NetworkFormat = Literal["graphml", "gexf"]
Format = Literal[TableFormat, NetworkFormat]

TABLE_FORMATS: tuple[TableFormat, ...] = get_args(TableFormat)
NETWORK_FORMATS: tuple[NetworkFormat, ...] = get_args(NetworkFormat)
FORMATS: tuple[Format, ...] = (*TABLE_FORMATS, *NETWORK_FORMATS)


def format_of(path: Path) -> Format:
    """The format that a file's suffix names, whatever its case.

    Raises:
        ConfigError: no format has this suffix.
    """
    return checked_format(path.suffix.lstrip(".").lower(), of=f"`{path}`")


def checked_format(name: str, *, of: str = "the export") -> Format:
    """`name` if it is one of `FORMATS`.

    Raises:
        ConfigError: it is none.
    """
    if name not in FORMATS:
        listed = ", ".join(f"`{known}`" for known in FORMATS)
        message = f"{of} asks for the format `{name}`, which is none of {listed}"
        raise ConfigError(message)
    return name


def write_table(format: TableFormat, sheet: Sheet, path: Path, *, bom: bool = False) -> Written:
    """Write rows to the file at `path` in `format`; `bom` speaks of CSV alone."""
    with path.open("wb") as out:
        if format == "csv":
            return write_csv(sheet, out, bom=bom)
        return write_jsonl(sheet, out) if format == "jsonl" else write_parquet(sheet, out)


def write_network(format: NetworkFormat, network: Network, path: Path) -> Written:
    """Write a network to the file at `path` in `format`."""
    with path.open("wb") as out:
        return write_graphml(network, out) if format == "graphml" else write_gexf(network, out)
