"""`ringwatch simulate`: a platform with planted rings, to try things on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from builders.simulation.flat import FlatSpec, write_flat
from builders.simulation.simulate import Simulated
from builders.simulation.simulate import simulate as write_platform
from builders.simulation.spec import SimulationSpec
from console.options import AsJson, Quiet, Threads
from console.output import write_json, write_line
from console.progress import shown_progress
from graph.errors import ConfigError


def simulate(
    folder: Annotated[Path, typer.Argument(help="A new folder for the extract.")],
    interactions: Annotated[
        int, typer.Option("--interactions", "-n", min=1, help="How many, 100,000 and more.")
    ] = 1_000_000,
    days: Annotated[int, typer.Option(min=1, help="How many days.")] = 14,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    format: Annotated[
        Literal["parquet", "text"], typer.Option(help="Parquet, or Hive's Ctrl-A text.")
    ] = "parquet",
    families: Annotated[
        Literal["own", "held-out", "both"],
        typer.Option(help="Rings that settings were tried on, others, or both."),
    ] = "own",
    flat: Annotated[
        bool, typer.Option("--flat", help="One table and a list of labels, held-out rings.")
    ] = False,
    threads: Threads = None,
    quiet: Quiet = False,
    json: AsJson = False,
) -> None:
    """Write a simulated platform: extract, job file, truth apart."""
    if flat:
        if format != "parquet":
            message = f"a flat world is Parquet, not `{format}`; leave out --format or --flat"
            raise ConfigError(message)
        _write_flat(FlatSpec(interactions=interactions, days=days, seed=seed), folder, json=json)
        return
    spec = SimulationSpec(
        interactions=interactions, days=days, seed=seed, families=families, format=format
    )
    made = simulated(spec, folder, threads=threads, quiet=quiet)
    if json:
        write_json(
            {
                "folder": str(made.out),
                "job": str(made.job),
                "interactions": made.interactions,
                "accounts": made.accounts,
                "rings": made.rings,
                "look_alikes": made.lookalikes,
                "seconds": round(made.seconds, 3),
            }
        )
        return
    write_line(
        f"{made.interactions:,} interactions of {made.accounts:,} accounts, {made.rings} rings and"
        f" {made.lookalikes} look-alikes in {made.seconds:.1f} s; next:"
        f" ringwatch detect {made.job}"
    )


def _write_flat(spec: FlatSpec, folder: Path, *, json: bool) -> None:
    made = write_flat(spec, folder)
    if json:
        write_json(
            {
                "interactions_file": str(made.interactions),
                "labels_file": str(made.labels),
                "interactions": made.rows,
                "rings": made.rings,
                "look_alikes": made.look_alikes,
                "seconds": round(made.seconds, 3),
            }
        )
        return
    write_line(
        f"{made.rows:,} interactions in {made.interactions}, {made.rings} rings and"
        f" {made.look_alikes} look-alikes in {made.labels}, in {made.seconds:.1f} s"
    )


def simulated(spec: SimulationSpec, folder: Path, *, threads: int | None, quiet: bool) -> Simulated:
    """Simulate with progress on stderr."""
    with shown_progress(quiet=quiet) as said:
        said.step("simulate", f"write {spec.interactions:,} interactions to {folder}")
        return write_platform(
            spec,
            folder,
            threads=threads,
            progress=lambda done, total: said.rows(done, total, "interactions"),
        )
