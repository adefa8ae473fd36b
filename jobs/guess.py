"""What a table told in haste leaves open: how its files are written, and its times' unit.

A job file never has its unit guessed. On the command line a guess saves a look at the data; it is
made only where a sample leaves one answer, and it is always said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa

from builders.extracts.survey import Work
from builders.files.codecs import sniff
from builders.files.formats import FileFormat
from builders.files.listing import ExtractFile, list_files
from builders.files.names import first_line, listed, nearest, shown_path, shown_text
from builders.files.reading import columns_of, read_raw
from graph.errors import ConfigError, ExtractError

_ENDINGS = {"csv": "csv", "tsv": "tsv", "jsonl": "jsonl", "ndjson": "jsonl", "json": "jsonl"}
_PACKED = ("gz", "gzip", "bz2", "zst", "zstd", "snappy", "sz", "lz4", "deflate")
_SAMPLE = 1000
_FILES = 3

# From 2001-09-09 to 2286-11-20 in each unit; the spans of two units are a factor of 100 apart.
_UNITS = {"s": 10**9, "ms": 10**12, "us": 10**15, "ns": 10**18}
_WHOLE = re.compile(r"[+-]?\d{1,19}(\.\d+)?")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?")


@dataclass(frozen=True, slots=True)
class TimeGuess:
    """The unit of a column's times (None where the column's type says it), and the zone if any."""

    unit: str | None
    zone: str | None
    says: str
    """What was assumed and why, or nothing where nothing was."""
