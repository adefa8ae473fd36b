"""`ringwatch simulate`: a platform with planted rings, to try things on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from builders.simulation.flat import FlatWritten
from builders.simulation.into_log import IntoSpec
from builders.simulation.kinds import table_spec, write_table
from builders.simulation.simulate import Simulated
from builders.simulation.simulate import simulate as write_platform
from builders.simulation.spec import SimulationSpec
from console.beside import refuse_told
from console.columns import (
    Account,
    Action,
    Content,
    Object,
    ObjectKind,
    Owner,
    Platform,
    QuarantineShare,
    Text,
    Time,
    TimeUnit,
    TimeZone,
    given,
)
from console.into_log import log_job, rings, write_planted
from console.options import AsJson, Quiet, Threads
from console.output import write_json, write_line
from console.progress import shown_progress
from console.worlds import (
    KINDS,
    PLATFORM_DAYS,
    Flat,
    Fortnight,
    Forum,
    Marketplace,
    Outside,
    in_words,
    kind_asked,
)
from graph.errors import ConfigError
from jobs.quick import Changes

_OF_A_WORLD = ("interactions", "days", "format", "families", *KINDS)
_OF_A_PLATFORM = ("families", "threads")
_OF_A_LOG = (
    *("levels", "follow_rings", "least_acts", "most_accounts"),
    *("account", "object", "time", "action", "object_kind", "owner", "text", "content"),
    *("platform", "time_unit", "time_zone", "quarantine_share"),
)


def simulate(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="A new folder to write into.")],
    interactions: Annotated[
        int,
        typer.Option("--interactions", "-n", min=1, help="Acts of the platform, 100,000 and more."),
    ] = 1_000_000,
    days: Annotated[
        int | None, typer.Option(min=1, help="How many days it lasts; 14, or 28 for a marketplace.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    format: Annotated[
        Literal["parquet", "text"],
        typer.Option(help="Parquet files, or text as Hive has it, with Ctrl-A."),
    ] = "parquet",
    families: Annotated[
        Literal["own", "held-out", "both"],
        typer.Option(help="Rings that settings were chosen on, others, or both."),
    ] = "own",
    flat: Flat = False,
    outside: Outside = False,
    fortnight: Fortnight = False,
    marketplace: Marketplace = False,
    forum: Forum = False,
    into: Annotated[
        Path | None,
        typer.Option(
            help="Plant rings into this log (files or a job file) and make up no platform."
        ),
    ] = None,
    levels: Annotated[
        str | None, typer.Option(help="With --into: co-action rings of each level, as L0=1,L3=2.")
    ] = None,
    follow_rings: Annotated[
        str | None, typer.Option(help="With --into: follow rings of each level, as L0=1,L2=2.")
    ] = None,
    least_acts: Annotated[
        int,
        typer.Option(
            min=3, help="With --into: members act as often as accounts of so many acts or more."
        ),
    ] = 3,
    most_accounts: Annotated[
        int | None, typer.Option(min=3, help="With --into: accounts of a ring at the most.")
    ] = None,
    account: Account = None,
    object: Object = None,
    time: Time = None,
    action: Action = None,
    object_kind: ObjectKind = None,
    owner: Owner = None,
    text: Text = None,
    content: Content = None,
    platform: Platform = None,
    time_unit: TimeUnit = None,
    time_zone: TimeZone = None,
    quarantine_share: QuarantineShare = None,
    threads: Threads = None,
    quiet: Quiet = False,
    json: AsJson = False,
) -> None:
    """Write a simulated platform, or rings planted into a log; the truth lies apart.

    The options from --levels to --quarantine-share tell of a log, and go with --into.
    """
    if into is not None:
        refuse_told(
            context,
            _OF_A_WORLD,
            "tells of a made-up world, and `--into` takes a log instead: leave one of them out",
        )
        mapping = {
            "account": account,
            "object": object,
            "acted_at": time,
            "action": action,
            "object_kind": object_kind,
            "owner": owner,
            "text": text,
            "content": content,
            "platform": platform,
        }
        reading = {"time_unit": time_unit, "time_zone": time_zone}
        changes = Changes(threads=threads, quarantine_share=quarantine_share)
        job = log_job(into, given(mapping), given(reading), changes)
        wanted = IntoSpec(
            seed=seed,
            least_acts=least_acts,
            most_accounts=most_accounts,
            levels=rings(levels),
            follows=rings(follow_rings),
        )
        write_planted(job, wanted, folder, quiet=quiet, json=json)
        return
    refuse_told(
        context,
        _OF_A_LOG,
        "tells of a log that rings are planted into: name it with `--into`, or leave this out",
    )
    kind = kind_asked(
        flat=flat, outside=outside, fortnight=fortnight, marketplace=marketplace, forum=forum
    )
    if kind != "platform":
        world, option = in_words(kind), f"--{kind}"
        refuse_told(
            context, _OF_A_PLATFORM, f"has no effect on {world}: leave it out, or `{option}`"
        )
        if format != "parquet":
            message = f"{world} is Parquet, not `{format}`; leave out --format or {option}"
            raise ConfigError(message)
        of = table_spec(kind, interactions=interactions, days=days, seed=seed)
        _tell_table(write_table(of, folder), json=json)
        return
    spec = SimulationSpec(
        interactions=interactions,
        days=PLATFORM_DAYS if days is None else days,
        seed=seed,
        families=families,
        format=format,
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


def _tell_table(made: FlatWritten, *, json: bool) -> None:
    """Tell of a world that is one table and its labels."""
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
