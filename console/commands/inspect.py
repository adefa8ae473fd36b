"""`ringwatch inspect`: what lies in an extract, and a job file to begin with."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from builders.files.formats import FileFormat, file_format
from builders.profile import ColumnProfile, Profile, profile, suggested_job
from console.failures import say
from console.options import (
    AsJson,
    AskedHiveServer2,
    AskedMetastore,
    Master,
    Scratch,
    SparkConf,
    asked_spark,
    extract_place,
)
from console.output import shown, write_json, write_line, write_table
from graph.errors import ConfigError
from jobs.opening import session_for
from review.visible import visible

COLUMNS = {
    "name": "column",
    "type": "type",
    "nulls": "null",
    "distinct": "distinct",
    "samples": "such as",
    "guess": "seems to be",
    "because": "because",
}
_SHOWN = 40


def inspect(
    path: Annotated[Path, typer.Argument(help="A file, a folder of files, or hive://db.table.")],
    format: Annotated[
        str | None, typer.Option(help="parquet, orc, text, csv, tsv, jsonl; else by the files.")
    ] = None,
    columns: Annotated[
        str | None, typer.Option(help="The columns of files without a header, comma separated.")
    ] = None,
    rows: Annotated[int, typer.Option(min=1, help="Rows to look at, spread over the files.")] = (
        200_000
    ),
    metastore: AskedMetastore = None,
    hiveserver2: AskedHiveServer2 = None,
    engine: Annotated[
        str | None,
        typer.Option(help="`spark`: look at a Hive table through a session of Spark."),
    ] = None,
    master: Master = None,
    scratch: Scratch = None,
    spark: SparkConf = None,
    job: Annotated[
        Path | None, typer.Option("--job", help="Write the suggested job file here.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Profile an extract before a run, and suggest a job file."""
    root = extract_place(path, metastore, hiveserver2)
    with session_for(root, asked_spark(engine, master, scratch, spark)) as session:
        found = profile(root, _declared(format, columns), rows=rows, engine=session)
    suggested = suggested_job(found)
    if job is not None:
        _write_job(job, suggested)
    if json:
        write_json({**_as_json(found), "suggested_job": suggested})
        return
    _write_profile(found)
    if job is None:
        write_line("")
        write_line("A job file to begin with (`--job FILE` writes it):", style="bold")
        for line in suggested.splitlines():
            write_line(line)


def _declared(format: str | None, columns: str | None) -> FileFormat | None:
    if format is None:
        if columns is not None:
            message = "say `--format` beside `--columns`"
            raise ConfigError(message)
        return None
    named = [] if columns is None else [name.strip() for name in columns.split(",")]
    return file_format(format, columns=named)


def _write_job(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError as error:
        message = f"`{path}` is there already; name another file, or remove it first"
        raise ConfigError(message) from error
    except OSError as error:
        message = f"cannot write `{path}`: {error.strerror}"
        raise ConfigError(message) from error
    say(f"wrote {path}; read it, correct it, then: ringwatch detect {path} --dry-run")


def _write_profile(found: Profile) -> None:
    partitions = f", {len(found.partitions):,} partitions" if found.partitions else ""
    write_line(
        f"{found.files:,} files, {found.bytes / 1e6:,.1f} MB{partitions};"
        f" {found.format.kind}: {found.format_because}",
        style="bold",
    )
    write_line(found.says)
    write_table("Columns", COLUMNS, [_row(one) for one in found.columns])
    for one in found.columns:
        for warning in one.warnings:
            write_line(f"{one.name}: {warning}")
    for name, why in found.rejected:
        write_line(f"cannot be read: {why if why.startswith(name) else f'{name}: {why}'}")
    for name, fault in found.faults:
        write_line(f"faulty: {name} row {fault.row}, `{fault.column}`: {fault.reason}")
    for skipped in found.skipped[:_SHOWN]:
        write_line(f"not read: {skipped.name}: {skipped.reason}")
    for note in found.notes[:_SHOWN]:
        write_line(f"note: {note}")


def _row(one: ColumnProfile) -> dict[str, Any]:
    unit = f" in {one.unit}" if one.unit else ""
    return {
        "name": one.name,
        "type": one.type,
        "nulls": f"{one.null_share:.1%}",
        "distinct": shown(one.distinct),
        "samples": visible(", ".join(one.samples), at_most=48),
        "guess": one.guess + unit,
        "because": one.because,
    }


def _as_json(found: Profile) -> dict[str, Any]:
    return {
        "path": str(found.root),
        "format": asdict(found.format),
        "format_because": found.format_because,
        "codecs": found.codecs,
        "files": found.files,
        "bytes": found.bytes,
        "partitions": found.partitions,
        "skipped": [asdict(one) for one in found.skipped],
        "notes": found.notes,
        "files_sampled": found.files_sampled,
        "rows_sampled": found.rows_sampled,
        "rows_faulty": found.rows_faulty,
        "faults": [{"file": name, **asdict(fault)} for name, fault in found.faults],
        "rejected": [{"file": name, "why": why} for name, why in found.rejected],
        "columns": [asdict(one) for one in found.columns],
        "says": found.says,
    }
