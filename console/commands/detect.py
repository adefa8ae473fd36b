"""`ringwatch detect`: an extract in, a published run of ranked clusters out."""

from __future__ import annotations

import os
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from console.columns import (
    Account,
    Accounts,
    Action,
    Attribute,
    Columns,
    Content,
    CreatedAt,
    Delimiter,
    Detectors,
    Format,
    Object,
    ObjectKind,
    Owner,
    Platform,
    QuarantineShare,
    RowWhere,
    Text,
    Time,
    TimeUnit,
    TimeZone,
    Where,
    attributes,
    given,
    refuse_columns,
)
from console.failures import say
from console.options import (
    DEFAULT_OUT,
    AsJson,
    AskedHiveServer2,
    AskedMetastore,
    EngineName,
    Master,
    Memory,
    Quiet,
    Scratch,
    SparkConf,
    Threads,
    extract_place,
)
from console.output import write_json, write_line
from console.place import opened
from console.progress import shown_progress
from console.told import told, write_told
from jobs.config import DetectJob
from jobs.detect import detect as run_job
from jobs.dry_run import DryRun, dry_run
from jobs.quick import Changes, QuickTable, changed_job, quick_job
from jobs.spark_settings import spark_option


def detect(
    path: Annotated[
        Path,
        typer.Argument(
            help="A job file (.toml), or an extract: a file, a folder or hive://db.table."
        ),
    ],
    account: Account = None,
    object: Object = None,
    time: Time = None,
    action: Action = None,
    text: Text = None,
    content: Content = None,
    object_kind: ObjectKind = None,
    owner: Owner = None,
    platform: Platform = None,
    attribute: Attribute = None,
    accounts: Accounts = None,
    created_at: CreatedAt = None,
    time_unit: TimeUnit = None,
    time_zone: TimeZone = None,
    format: Format = None,
    columns: Columns = None,
    delimiter: Delimiter = None,
    where: Where = None,
    row_where: RowWhere = None,
    metastore: AskedMetastore = None,
    hiveserver2: AskedHiveServer2 = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            envvar="RINGWATCH_OUT",
            help="The folder of runs; else the job file's, else `out`.",
        ),
    ] = None,
    publish_to: Annotated[
        str | None,
        typer.Option(help="A folder elsewhere that gets a copy of the run, as hdfs:///rw."),
    ] = None,
    engine: EngineName = None,
    master: Master = None,
    scratch: Scratch = None,
    spark: SparkConf = None,
    memory: Memory = None,
    threads: Threads = None,
    seed: Annotated[int | None, typer.Option(help="The seed of every random choice.")] = None,
    quarantine_share: QuarantineShare = None,
    detector: Detectors = None,
    scorecard: Annotated[
        Path | None,
        typer.Option(help="A scorecard that `ringwatch train` wrote, not the shipped one."),
    ] = None,
    seeds: Annotated[Path | None, typer.Option(help="A file of known-bad account ids.")] = None,
    good_seeds: Annotated[Path | None, typer.Option(help="With --seeds: known-good ones.")] = None,
    decoy: Annotated[
        bool,
        typer.Option(
            "--decoy", help="Detect again in acts dealt out anew, and tell what chance alone flags."
        ),
    ] = False,
    top: Annotated[int, typer.Option(min=0, help="How many clusters to print at the most.")] = 10,
    dry: Annotated[
        bool, typer.Option("--dry-run", help="Estimate time and memory, and write nothing.")
    ] = False,
    quiet: Quiet = False,
    json: AsJson = False,
) -> None:
    """Find coordinated clusters in an extract, and publish a run."""
    columns_told = {
        "account": account,
        "object": object,
        "acted_at": time,
        "action": action,
        "text": text,
        "content": content,
        "object_kind": object_kind,
        "owner": owner,
        "platform": platform,
    }
    rest = {
        "format": format,
        "columns": columns,
        "delimiter": delimiter,
        "where": where,
        "row_where": row_where,
        "time_unit": time_unit,
        "time_zone": time_zone,
    }
    changes = Changes(
        engine=engine,
        master=master,
        scratch=scratch,
        spark=dict(map(spark_option, spark or ())),
        memory=memory,
        threads=threads,
        seed=seed,
        publish_to=publish_to,
        quarantine_share=quarantine_share,
        detectors=tuple(detector or ()),
        scorecard=scorecard,
        bad_seeds=seeds,
        good_seeds=good_seeds,
        decoy=decoy or None,
    )
    if path.suffix == ".toml":
        catalogue = {"metastore": metastore, "hiveserver2": hiveserver2}
        refuse_columns(
            path,
            {
                **columns_told,
                **rest,
                **catalogue,
                "attribute": attribute,
                "accounts": accounts,
                "created_at": created_at,
            },
        )
        job = changed_job(path, changes)
    else:
        table = QuickTable(
            path=extract_place(path, metastore, hiveserver2),
            mapping=given(columns_told),
            attributes=attributes(attribute or []),
            accounts=accounts,
            created_at=created_at,
            reading=given(rest),
        )
        job = quick_job(table, changes, said=lambda assumed: say(f"assumed: {assumed}"))
    if dry:
        _dry_run(job, quiet=quiet, json=json)
        return
    _detect(job, out or _out_of(job, path), top=top, quiet=quiet, json=json)


def _detect(job: DetectJob, out: Path, *, top: int, quiet: bool, json: bool) -> None:
    with shown_progress(quiet=quiet) as said:
        done = run_job(job, out, progress=said)
    with opened(out, done.run.name) as place:
        tale = told(place, top=top)
    if json:
        write_json({**tale, "already": done.already})
        return
    write_told(tale)
    if done.already:
        write_line("The same job over the same input was run before; nothing was changed.")
    _write_next(out, found=bool(tale["matching"]))


def _write_next(out: Path, *, found: bool) -> None:
    beside = "" if out == DEFAULT_OUT else f" --out {shlex.quote(str(out))}"
    write_line("")
    write_line("Next:", style="bold")
    if not found:
        write_line(f"  ringwatch runs{beside}")
        write_line("  ringwatch config show   (the settings that a job file may change)")
        return
    write_line(f"  ringwatch show '#1'{beside}      (why it was flagged, and the posts behind it)")
    write_line(f"  ringwatch clusters{beside}       (the whole list: filter, sort, search)")
    write_line(f"  ringwatch report pages{beside}   (HTML pages that open offline)")
    write_line(f"  ringwatch decide '#1' confirmed --reason '...'{beside}")


def _out_of(job: DetectJob, path: Path) -> Path:
    """The job file's folder of runs, relative to the file; else `out` here."""
    return path.parent / job.job.out if job.job.out is not None else DEFAULT_OUT


def _dry_run(job: DetectJob, *, quiet: bool, json: bool) -> None:
    with shown_progress(quiet=quiet) as said:
        found = dry_run(job, said=lambda says: said.step("dry run", says))
    if json:
        write_json(asdict(found))
        return
    for table in found.tables:
        counted = "by its footers" if table.exact else "scaled from a sample of lines"
        write_line(
            f"{table.table}: {table.rows:,} rows {counted}, {table.files:,} files,"
            f" {table.bytes / 1e6:,.1f} MB"
        )
        for note in table.notes:
            write_line(f"  note: {note}")
    for line in _pairs_in_words(found):
        write_line(line)
    write_line(
        f"expected: about {_duration(found.seconds)} and {found.bytes / 1e9:.1f} GB of memory, by"
        " runs on two processors; nothing was written"
    )
    write_line(_engine_in_words(found))


def _engine_in_words(found: DryRun) -> str:
    """Which engine the estimate speaks for on this machine."""
    here = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    has = f"this machine has {here / 1e9:.1f} GB of memory"
    if found.bytes <= here / 2:
        return f"engine: local, as {has}; Spark pays off beyond it"
    if found.bytes <= here:
        return f"engine: local, which spills to disk, or spark: {has}"
    return f"engine: spark (docs/spark.md), as {has}"


def _pairs_in_words(found: DryRun) -> list[str]:
    if found.how == "not counted":
        return ["post pairs: not counted, since one file alone is too large to look at"]
    lines = []
    for window in found.windows:
        pairs = f"{window.least:,}"
        if window.most != window.least:
            pairs += f" (files that each hold a time of their own) to {window.most:,} (mixed files)"
        lines.append(f"post pairs within {window.within_seconds:g} s: {pairs}")
    if found.how == "sampled":
        lines.append(f"scaled from {found.sampled_rows:,} rows of {found.sampled_files:,} files")
    else:
        lines.append(f"counted in all {found.sampled_rows:,} rows")
    if found.quarantined_share:
        lines.append(f"{found.quarantined_share:.3%} of those rows would be quarantined")
    return lines


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
