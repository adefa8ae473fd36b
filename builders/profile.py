"""A profile of an extract before any run: what lies there, and what its columns seem to mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from builders.column_facts import ColumnProfile, column_profile
from builders.files.codecs import sniffed
from builders.files.fetching import opened
from builders.files.formats import FileFormat
from builders.files.guessing import guess_format
from builders.files.listing import ExtractFile, Listing, Skipped, list_files
from builders.files.names import listed, shown_text
from builders.files.partitions import partition_text
from builders.files.reading import RowFault, read_raw
from builders.hive.address import HiveAddress
from builders.hive.resolve import list_table
from builders.suggestion import job_text
from graph.engine import Engine
from graph.errors import ConfigError, ExtractError

__all__ = ["ColumnProfile", "Profile", "profile", "suggested_job"]

_ROWS = 200_000
_FILES = 20
_FAULTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a bounded sample of an extract says about it; `says` tells how far the sample went.

    `codecs` counts the files sampled by how their text is compressed (`plain` for not at all).
    `faults` are the first faulty rows with their files, `rejected` sampled files that could not be
    read at all and why. `partitions` are all of them, as `dt=2026-01-01/hr=03`.
    """

    root: Path | HiveAddress
    format: FileFormat
    format_because: str
    codecs: dict[str, int]
    files: int
    bytes: int
    partitions: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]
    files_sampled: int
    rows_sampled: int
    rows_faulty: int
    faults: tuple[tuple[str, RowFault], ...]
    rejected: tuple[tuple[str, str], ...]
    columns: tuple[ColumnProfile, ...]
    says: str


@dataclass(slots=True)
class _Sample:
    batches: list[pa.RecordBatch] = field(default_factory=list)
    rows: int = 0
    faulty: int = 0
    faults: list[tuple[str, RowFault]] = field(default_factory=list)
    rejected: list[tuple[str, str]] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)


def profile(
    root: Path | HiveAddress,
    format: FileFormat | None = None,
    *,
    rows: int = _ROWS,
    engine: Engine | None = None,
) -> Profile:
    """Profile the extract under `root` by the first rows of files spread over it.

    At most `rows` rows are read, of at most 20 files. Without a `format` it is guessed from the
    first file with content; a run never guesses, and wants what is shown here declared. The
    catalogue of a Hive table says it; where its address names none, `engine` may have one.

    Raises:
        ExtractError: the folder cannot be listed, nothing has content, or no format fits.
        ConfigError: there is no such Hive table, or a format was given for one.
    """
    listing, found, because = _listed(root, format, engine)
    chosen = _spread([file for file in listing.files if file.bytes])
    sample = _sampled(chosen, found, rows)
    table = _together(sample.batches)
    keys = {key for file in listing.files for key, _ in file.partition}
    return Profile(
        root=root,
        format=found,
        format_because=because,
        codecs=_codecs(chosen),
        files=len(listing.files),
        bytes=sum(file.bytes for file in listing.files),
        partitions=_partitions(listing),
        skipped=listing.skipped,
        notes=(*listing.notes, *sample.notes),
        files_sampled=len(chosen),
        rows_sampled=sample.rows,
        rows_faulty=sample.faulty,
        faults=tuple(sample.faults),
        rejected=tuple(sample.rejected),
        columns=tuple(
            column_profile(name, table.column(name), partition=name in keys)
            for name in table.column_names
        ),
        says=_says(sample, chosen, listing),
    )


def suggested_job(profile: Profile) -> str:
    """A job file to begin with, in TOML. What could not be guessed stands in it as a comment."""
    return job_text(profile.root, profile.format, profile.columns)


def _listed(
    root: Path | HiveAddress, format: FileFormat | None, engine: Engine | None
) -> tuple[Listing, FileFormat, str]:
    """The files, how the first of them are written, and who says so."""
    if isinstance(root, Path):
        listing = list_files(root)
        return (listing, format, "declared") if format else (listing, *guess_format(listing.files))
    if format is not None:
        message = f"the catalogue says how {root} is written; leave out the format"
        raise ConfigError(message)
    listing = list_table(root, engine=engine)
    forms = [file.format for file in listing.files if file.format is not None]
    if not forms:
        message = f"{root} holds no file to look at: {'; '.join(listing.notes)}"
        raise ExtractError(message)
    kinds = listed(dict.fromkeys(form.kind for form in forms))
    return listing, forms[0], f"as the catalogue says ({kinds})"


def _spread(files: Sequence[ExtractFile]) -> list[ExtractFile]:
    """At most 20 files in even steps, the first and the last among them."""
    if len(files) <= _FILES:
        return list(files)
    last = len(files) - 1
    return [files[round(step * last / (_FILES - 1))] for step in range(_FILES)]


def _sampled(files: Sequence[ExtractFile], form: FileFormat, rows: int) -> _Sample:
    sample = _Sample()
    for place, file in enumerate(files):
        share = max((rows - sample.rows) // (len(files) - place), 1)
        try:
            _take(sample, file, form, share)
        except ExtractError as error:
            sample.rejected.append((file.name, str(error)))
    return sample


def _take(sample: _Sample, file: ExtractFile, form: FileFormat, rows: int) -> None:
    left = rows
    for batch in read_raw(file, form, rows=max(min(rows, 16_384), 1)):
        part = batch.rows.slice(0, left)
        sample.batches.append(part)
        sample.rows += part.num_rows
        sample.faulty += len({fault.row for fault in batch.faults})
        room = _FAULTS - len(sample.faults)
        sample.faults += [(file.name, fault) for fault in batch.faults[:room]]
        sample.notes.update(dict.fromkeys(f"{file.name}: {note}" for note in batch.notes))
        left -= part.num_rows
        if left <= 0:
            return


def _together(batches: Sequence[pa.RecordBatch]) -> pa.Table:
    """The sample as one table; where files disagree about a type, the values as text."""
    tables = [pa.Table.from_batches([batch]) for batch in batches if batch.num_columns]
    if not tables:
        return pa.table({})
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException:
        texts = [_all_text(table) for table in tables]
        return pa.concat_tables(texts, promote_options="permissive")


def _all_text(table: pa.Table) -> pa.Table:
    columns = {
        name: pa.array(
            [None if value is None else str(value) for value in table.column(name).to_pylist()],
            pa.string(),
        )
        for name in table.column_names
    }
    return pa.table(columns)


def _codecs(files: Sequence[ExtractFile]) -> dict[str, int]:
    found: dict[str, int] = {}
    for file in files:
        with opened(file) as content:
            codec = sniffed(content, file.path.suffix).codec or "plain"
        found[codec] = found.get(codec, 0) + 1
    return dict(sorted(found.items()))


def _partitions(listing: Listing) -> tuple[str, ...]:
    texts = (shown_text(partition_text(file.partition)) for file in listing.files if file.partition)
    return tuple(dict.fromkeys(texts))


def _says(sample: _Sample, chosen: Sequence[ExtractFile], listing: Listing) -> str:
    empty = sum(1 for file in listing.files if not file.bytes)
    without = f", {empty} of them empty" if empty else ""
    return (
        f"a sample: the first rows of {len(chosen)} of {len(listing.files)} files{without};"
        f" {sample.rows:,} rows read, {sample.faulty:,} faulty,"
        f" {len(sample.rejected)} files refused"
    )
