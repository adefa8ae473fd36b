"""What a reading would take, without reading: rows from footers, or from a sample of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.orc as orc
import pyarrow.parquet as pq

from builders.extracts.spec import ExtractSpec, TableSpec
from builders.extracts.survey import Work, survey
from builders.files.codecs import chunks, sniff
from builders.files.fetching import at_hand, opened
from builders.files.listing import ExtractFile
from graph.engine import Engine
from graph.errors import ExtractError

_SAMPLED_FILES = 5
_SAMPLED_BYTES = 4 << 20
_PIECE = 1 << 14


@dataclass(frozen=True, slots=True, kw_only=True)
class TableEstimate:
    """How much a table holds: `rows` are exact for Parquet and ORC, else scaled from a sample."""

    table: str
    files: int
    bytes: int
    rows: int
    exact: bool
    notes: tuple[str, ...] = ()


def estimate(engine: Engine, spec: ExtractSpec) -> tuple[TableEstimate, ...]:
    """Files, bytes and rows of each table inside its `where`; rows are before any screening.

    A file that cannot be read counts no rows and is noted.

    Raises:
        ExtractError: a path cannot be listed, or there is nothing to read.
        ConfigError: `where` cannot be understood.
    """
    found = survey(engine, spec.tables, digests=False)
    return tuple(
        _of_table(table, [work for work in found.works if work.table is table])
        for table in spec.tables
    )


def _of_table(table: TableSpec, works: Sequence[Work]) -> TableEstimate:
    chosen = [work for work in works if work.status == "waiting"]
    notes: list[str] = []
    footed = [work for work in chosen if _kind(work) in ("parquet", "orc")]
    texts = [work for work in chosen if _kind(work) not in ("parquet", "orc")]
    rows = sum(_footer_rows(work, notes) for work in footed) + _scaled(texts, notes)
    return TableEstimate(
        table=table.name,
        files=len(chosen),
        bytes=sum(work.file.bytes for work in chosen),
        rows=rows,
        exact=not texts and not notes,
        notes=tuple(notes),
    )


def _kind(work: Work) -> str | None:
    form = work.file.format or work.table.format
    return form.kind if form else None


def _footer_rows(work: Work, notes: list[str]) -> int:
    try:
        with opened(work.file) as content:
            if _kind(work) == "orc":
                return int(orc.ORCFile(content).nrows)
            return int(pq.read_metadata(content).num_rows)
    except (OSError, pa.ArrowException, ExtractError) as error:
        notes.append(f"{work.file.name} cannot be read: {str(error).splitlines()[0]}")
        return 0


def _scaled(works: Sequence[Work], notes: list[str]) -> int:
    """Rows from the lines to a byte in a few files, taken evenly from all."""
    step = max(1, len(works) // _SAMPLED_FILES)
    lines = size = 0
    for work in works[::step][:_SAMPLED_FILES]:
        try:
            with at_hand(work.file) as file:
                more_lines, more_bytes = _lines_and_bytes(file)
        except (OSError, ValueError, ExtractError) as error:
            notes.append(f"{work.file.name} cannot be sampled: {str(error).splitlines()[0]}")
            continue
        lines, size = lines + more_lines, size + more_bytes
    total = sum(work.file.bytes for work in works)
    return round(total * lines / size) if size else 0


def _lines_and_bytes(file: ExtractFile) -> tuple[int, int]:
    """Lines in the beginning of a file, and how many of its bytes they are."""
    codec = sniff(file.path).codec
    if codec == "snappy":
        pieces = list(chunks(file.path, codec))
        return sum(piece.count(b"\n") for piece in pieces), file.bytes
    with file.path.open("rb") as content:
        head = content.read(_SAMPLED_BYTES)
    if not codec:
        return head.count(b"\n"), len(head)
    return _lines_of_compressed(head, "gzip" if codec == "deflate" else codec), len(head)


def _lines_of_compressed(head: bytes, codec: str) -> int:
    lines = 0
    with pa.CompressedInputStream(pa.BufferReader(head), codec) as stream:
        try:
            while piece := stream.read(_PIECE):
                lines += piece.count(b"\n")
        except OSError:
            # The sample ends inside a compressed block, as a sample does.
            return lines
    return lines
