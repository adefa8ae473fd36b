"""`ringwatch runs`: what was run, and whether it is still byte for byte what was published."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from console.options import DEFAULT_OUT, AsJson, EngineName, Master, Out, Scratch, SparkConf
from console.output import moment, write_json, write_table
from graph.errors import ConfigError
from jobs.sharing import take_over
from jobs.spark_settings import SparkSettings, spark_option
from review.publish import abandoned
from review.run import Run, open_run, read_run, verify
from review.run import runs as published_runs

COLUMNS = {
    "run": "run",
    "job": "job",
    "created": "begun",
    "clusters": "clusters",
    "members": "members",
    "rows_read": "rows read",
    "current": "current",
}


def runs(
    out: Out = DEFAULT_OUT,
    check: Annotated[
        bool, typer.Option("--verify", help="Read every byte and compare the checksums.")
    ] = False,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="First fetch the current run of a folder on another file system, as s3://lists.",
        ),
    ] = None,
    engine: EngineName = None,
    master: Master = None,
    scratch: Scratch = None,
    spark: SparkConf = None,
    json: AsJson = False,
) -> None:
    """List published runs, the newest first, and broken ones."""
    settings = SparkSettings(
        master=master, scratch=scratch, conf=dict(map(spark_option, spark or ()))
    )
    if source is not None:
        take_over(source, out, engine=engine or "local", spark=settings)
    elif engine is not None or settings != SparkSettings():
        message = "`--engine` and settings of Spark are for `--from`, which fetches a run"
        raise ConfigError(message)
    current = open_run(out).name
    found = [read_run(out, entry) for entry in published_runs(out)]
    if check:
        for run in found:
            verify(run)
    rows = [_row(run, current=run.name == current) for run in found]
    broken = abandoned(out)
    if json:
        write_json({"runs": rows, "broken_off": broken, "verified": check})
        return
    notes = [f"broken off, to be resumed by the same command: {name}" for name in broken]
    if check:
        notes.append("every byte of every run is as published")
    shown = [{**row, "created": moment(row["created_at"])} for row in rows]
    write_table("Runs", COLUMNS, shown, foot="; ".join(notes))


def _row(run: Run, *, current: bool) -> dict[str, Any]:
    manifest = run.manifest
    return {
        "run": run.name,
        "job": manifest.job,
        "created_at": manifest.created_at,
        "clusters": manifest.summary.get("clusters"),
        "members": manifest.summary.get("members"),
        "rows_read": manifest.input.get("rows_read"),
        "current": current,
    }
