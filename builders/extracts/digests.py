"""The digest of what lies in each file, taken wherever the engine computes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from builders.extracts.spreading import About, spread_over_files
from builders.files.fetching import opened
from builders.files.listing import ExtractFile
from builders.files.system_says import system_says
from builders.files.unchanged import digest_of
from graph.engine import Engine
from graph.errors import ExtractError
from graph.schema import Column, Schema

_DIGESTS = Schema(
    "digests",
    (
        Column("number", "BIGINT", "the file's number in reading order"),
        Column("digest", "VARCHAR", "BLAKE2b of its content", nullable=True),
        Column("refusal", "VARCHAR", "why it cannot be read", nullable=True),
    ),
    key=("number",),
)


@dataclass(frozen=True, slots=True)
class Digest:
    """A file's digest in hexadecimal digits, or why there is none."""

    digest: str | None
    refusal: str | None


def digests_of(engine: Engine, files: Mapping[int, ExtractFile]) -> dict[int, Digest]:
    """The digest of every file, by its number.

    Raises:
        RuntimeError: a file was not told of: a fault of this program or of the engine.
    """
    items = list(files.items())
    table, left_out = spread_over_files(engine, items, _digested, _DIGESTS, about=_ABOUT)
    found = {row["number"]: Digest(row["digest"], row["refusal"]) for row in table.rows()}
    found |= {items[place][0]: Digest(None, why) for place, why in left_out.items()}
    engine.drop(table)
    for number, file in files.items():
        if number not in found:
            message = f"internal error: no digest of {file.name} came back"
            raise RuntimeError(message)
    return found


def _file(item: tuple[int, ExtractFile]) -> ExtractFile:
    return item[1]


def _with_file(item: tuple[int, ExtractFile], file: ExtractFile) -> tuple[int, ExtractFile]:
    return item[0], file


_ABOUT = About(_file, _with_file)


def _digested(item: tuple[int, ExtractFile]) -> Iterator[pa.RecordBatch]:
    number, file = item
    digest = refusal = None
    try:
        with opened(file) as content:
            digest = digest_of(content)
    except OSError as error:
        refusal = system_says(error)
    except ExtractError as error:
        refusal = str(error)
    row = {"number": number, "digest": digest, "refusal": refusal}
    yield pa.RecordBatch.from_pylist([row], schema=_DIGESTS.arrow)
