"""The digest of what lies in each file, taken wherever the engine computes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from builders.files.fetching import opened
from builders.files.listing import ExtractFile
from builders.files.names import first_line
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
    table = engine.spread(list(files.items()), _digested, _DIGESTS)
    found = {row["number"]: Digest(row["digest"], row["refusal"]) for row in table.rows()}
    engine.drop(table)
    for number, file in files.items():
        if number not in found:
            message = f"internal error: no digest of {file.name} came back"
            raise RuntimeError(message)
    return found


def _digested(item: tuple[int, ExtractFile]) -> Iterator[pa.RecordBatch]:
    number, file = item
    digest = refusal = None
    try:
        with opened(file) as content:
            digest = hashlib.file_digest(content, "blake2b").hexdigest()
    except OSError as error:
        refusal = (error.strerror or first_line(error)).lower()
    except ExtractError as error:
        refusal = str(error)
    row = {"number": number, "digest": digest, "refusal": refusal}
    yield pa.RecordBatch.from_pylist([row], schema=_DIGESTS.arrow)
