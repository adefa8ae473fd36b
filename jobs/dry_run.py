"""What a detection run would take: rows, post pairs, time and memory, with nothing written."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from builders.clocks import clock_of
from builders.coaction import estimate_pairs
from builders.extracts.estimate import TableEstimate, estimate
from builders.extracts.read import Reading, read_extract
from builders.extracts.spec import ExtractSpec, TableSpec
from builders.extracts.survey import Work, survey
from graph.engine import Engine
from jobs.config import DetectJob
from jobs.detectors.shared_objects import NAME, SharedObjects
from jobs.opening import engine_of

How = Literal["exact", "sampled", "not counted"]

CHEAP_ROWS = 2_000_000
"""So many rows are read whole to count pairs; of more, a sample of files."""

# Measured on simulated platforms of 200,000 and 1,000,000 interactions on two processors. They
# tell minutes from hours and megabytes from gigabytes, no more.
_SECONDS_ALWAYS = 10.0
_SECONDS_A_ROW = 35e-6
_SECONDS_A_PAIR = 15e-9
_BYTES_ALWAYS = 700_000_000
_BYTES_A_ROW = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowEstimate:
    """Post pairs of one window: a number where it was counted, else a range.

    A sample of files that each hold a time of their own gives `least`; one of files that are
    mixed in time gives `most`, since both posts of a pair must be in the sample.
    """

    within_seconds: float
    least: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """What a run would take.

    `how` says how pairs were told: by counting all of them (`exact`), from `sampled_rows` rows of
    `sampled_files` files (`sampled`), or not at all, where one file alone is too large to look at.
    """

    tables: tuple[TableEstimate, ...]
    rows: int
    how: How
    sampled_files: int
    sampled_rows: int
    quarantined_share: float | None
    windows: tuple[WindowEstimate, ...]
    seconds: float
    bytes: int


def dry_run(job: DetectJob, *, said: Callable[[str], None] = lambda _: None) -> DryRun:
    """Look at the extract without writing anything but a temporary spill.

    Args:
        job: the job that would run.
        said: hears what is being done.

    Raises:
        ExtractError: a path cannot be listed, or there is nothing to read.
        ConfigError: a mapping or filter does not fit the tables.
    """
    engine = engine_of(job)
    try:
        said("count rows by footers, or by a sample of text")
        tables = estimate(engine, job.extract)
        rows = sum(table.rows for table in tables)
        chosen = _chosen(engine, job.extract, rows)
        found = _Sample()
        if chosen is not None:
            said("read" if rows <= CHEAP_ROWS else "read a sample of files")
            found = _sampled(engine, job, chosen, rows)
    finally:
        engine.close()
    pairs = sum(window.most for window in found.windows)
    seconds = _SECONDS_ALWAYS + (found.seconds_a_row + _SECONDS_A_ROW) * rows
    seconds += _SECONDS_A_PAIR * pairs
    return DryRun(
        tables=tables,
        rows=rows,
        how="not counted" if chosen is None else "exact" if rows <= CHEAP_ROWS else "sampled",
        sampled_files=found.files,
        sampled_rows=found.rows,
        quarantined_share=found.quarantined / found.rows if found.rows else None,
        windows=found.windows,
        seconds=round(seconds, 1),
        bytes=_BYTES_ALWAYS + _BYTES_A_ROW * rows,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    files: int = 0
    rows: int = 0
    quarantined: int = 0
    seconds_a_row: float = 0.0
    windows: tuple[WindowEstimate, ...] = ()


def _chosen(engine: Engine, spec: ExtractSpec, rows: int) -> ExtractSpec | None:
    """The extract where it is cheap, else some of its files, evenly; None where none is small."""
    if rows <= CHEAP_ROWS:
        return _lenient(spec, spec.tables)
    works = [
        work
        for work in survey(engine, spec.tables, digests=False).works
        if work.status == "waiting" and work.file.bytes
    ]
    budget = sum(work.file.bytes for work in works) * CHEAP_ROWS / rows
    step = -(-rows // CHEAP_ROWS)
    taken: list[Work] = []
    for work in works[step // 2 :: step]:
        if work.file.bytes <= budget:
            budget -= work.file.bytes
            taken.append(work)
    if not taken:
        return None
    return _lenient(spec, tuple(_one_file(work, number) for number, work in enumerate(taken)))


def _lenient(spec: ExtractSpec, tables: tuple[TableSpec, ...]) -> ExtractSpec:
    """Tables read with whatever is wrong with them: a look stops at nothing."""
    return replace(spec, tables=tables, quarantine_share=1.0, rejected_files=1_000_000_000)


def _one_file(work: Work, number: int) -> TableSpec:
    """A file as a table of its own, under another name and with the same actions."""
    named = "'" + work.table.name.replace("'", "''") + "'"
    return replace(
        work.table,
        name=f"{work.table.name} {number}",
        path=work.file,
        mapping={"action": named, **work.table.mapping},
        where=None,
    )


def _sampled(engine: Engine, job: DetectJob, spec: ExtractSpec, rows: int) -> _Sample:
    began = time.monotonic()
    reading = read_extract(engine, spec)
    elapsed = time.monotonic() - began
    files = reading.files.engine.query(
        """
        select count(*) as files, coalesce(sum(rows_read), 0) as rows_read,
               coalesce(sum(rows_quarantined), 0) as quarantined
        from {files} where status <> 'skipped'
        """,
        files=reading.files,
    ).to_pylist()[0]
    read = int(files["rows_read"])
    return _Sample(
        files=int(files["files"]),
        rows=read,
        quarantined=int(files["quarantined"]),
        seconds_a_row=elapsed / read if read else 0.0,
        windows=_windows(job, reading, whole=rows <= CHEAP_ROWS, share=read / rows if rows else 1),
    )


def _windows(
    job: DetectJob, reading: Reading, *, whole: bool, share: float
) -> tuple[WindowEstimate, ...]:
    """Post pairs for each window of `shared-objects`, the only detector whose cost they drive."""
    wanted = [detector.settings for detector in job.detectors if detector.name == NAME]
    found = []
    for settings in wanted:
        assert isinstance(settings, SharedObjects)
        # Windows below the step of the extract's times are left out by the detector, too.
        for seconds in clock_of(reading.interactions).windows(settings.within_seconds):
            pairs = estimate_pairs(
                reading.interactions,
                seconds,
                actions=settings.actions or None,
                object_kinds=settings.object_kinds or None,
            )
            least, most = (pairs, pairs) if whole else (pairs / share, pairs / share**2)
            found.append(
                WindowEstimate(within_seconds=seconds, least=round(least), most=round(most))
            )
    return tuple(found)
