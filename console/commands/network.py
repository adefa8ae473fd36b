"""`ringwatch network`: one co-action network of one file, without a job file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from console.failures import say
from console.options import AsJson, By, Memory, Quiet, Threads, who
from console.output import write_json, write_line
from console.progress import shown_progress
from jobs.network import NetworkJob, make_network
from jobs.quick import QuickTable


def network(
    file: Annotated[Path, typer.Argument(help="A file, or a folder of files.")],
    account: Annotated[
        str, typer.Option(help="The column of who acted, or a SQL expression; so below.")
    ],
    object: Annotated[str, typer.Option(help="The column of what was acted on.")],
    time: Annotated[str, typer.Option(help="The column of when.")],
    window: Annotated[
        float, typer.Option(min=0, help="Seconds that two posts may be apart, both ends counted.")
    ],
    out: Annotated[Path, typer.Option(help="Where to: .csv, .jsonl, .parquet, .graphml or .gexf.")],
    content: Annotated[
        str | None, typer.Option(help="The column of the account's own post; else a row is a post.")
    ] = None,
    min_participation: Annotated[
        int | None,
        typer.Option(help="The fewest posts of an account; 1, and 2 as `coortweet`."),
    ] = None,
    count: Annotated[
        Literal["posts", "own-posts", "objects", "object-days"] | None,
        typer.Option(help="What the weight counts; post pairs (`posts`) by default."),
    ] = None,
    min_weight: Annotated[int, typer.Option(min=1, help="The least weight of an edge.")] = 1,
    compat: Annotated[
        Literal["coortweet", "cnt"] | None,
        typer.Option(help="Count as this tool does, an account's edges to itself left out."),
    ] = None,
    time_unit: Annotated[
        str | None,
        typer.Option(help="s, ms, us, ns, iso, or a format with %; else it is told from a sample."),
    ] = None,
    time_zone: Annotated[str | None, typer.Option(help="The zone of times that name none.")] = None,
    format: Annotated[
        str | None, typer.Option(help="parquet, orc, text, csv, tsv, jsonl; else by the files.")
    ] = None,
    row_where: Annotated[
        str | None, typer.Option(help="SQL over columns; other rows hold no interaction.")
    ] = None,
    quarantine_share: Annotated[
        float, typer.Option(min=0, max=1, help="The share of rows that may be set aside.")
    ] = 0.0,
    memory: Memory = None,
    threads: Threads = None,
    by: By = None,
    quiet: Quiet = False,
    json: AsJson = False,
) -> None:
    """Write one co-action network of a file, without a job file."""
    mapping = {"account": account, "object": object, "acted_at": time}
    if content is not None:
        mapping["content"] = content
    reading = {
        "format": format,
        "row_where": row_where,
        "time_unit": time_unit,
        "time_zone": time_zone,
    }
    job = NetworkJob(
        table=QuickTable(
            path=file,
            mapping=mapping,
            reading={name: value for name, value in reading.items() if value is not None},
        ),
        out=out,
        within_seconds=window,
        min_participation=min_participation,
        count=count,
        min_weight=min_weight,
        compat=compat,
        quarantine_share=quarantine_share,
        memory=memory or "4GB",
        threads=threads,
        made_by=who(by),
    )
    with shown_progress(quiet=quiet) as said:
        made = make_network(job, progress=said)
    if json:
        write_json(
            {
                **asdict(made.manifest),
                "directed": made.directed,
                "interactions": made.interactions,
                "accounting": made.accounting,
            }
        )
        return
    for line in made.accounting:
        say(line)
    write_line(
        f"wrote {made.manifest.rows:,} {'directed ' if made.directed else ''}edges of"
        f" {made.manifest.accounts or 0:,} accounts to {out}"
        f" (sha256 {made.manifest.sha256[:16]}...)"
    )
