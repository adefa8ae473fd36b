"""`ringwatch claim`: who is at work on which cluster."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Annotated

import typer

from console.acting import by_whom
from console.options import DEFAULT_OUT, AsJson, By, Out, RunName
from console.output import moment, write_json, write_line, write_table
from console.place import opened
from graph.errors import ConfigError
from review.claims import LEASE_MINUTES
from review.people.roles import DECIDE, SECOND_REVIEW
from review.queries import show_cluster

COLUMNS = {"cluster": "cluster", "by": "at work", "until_told": "until"}


def claim(
    cluster: Annotated[
        str | None, typer.Argument(help="A cluster's name, `#PLACE`, or a member's id.")
    ] = None,
    minutes: Annotated[int, typer.Option(help="How long it is yours.")] = LEASE_MINUTES,
    release: Annotated[bool, typer.Option("--release", help="Let go of it.")] = False,
    out: Out = DEFAULT_OUT,
    run: RunName = None,
    by: By = None,
    json: AsJson = False,
) -> None:
    """Claim a cluster for some minutes, let go of it, or list who is at work on what."""
    now = time.time_ns() // 1_000_000
    if release and cluster is None:
        message = "name the cluster to let go of"
        raise ConfigError(message)
    with opened(out, run) as place:
        claims, name = place.store.claims, place.run.name
        if cluster is not None:
            view = show_cluster(place.run, place.store, cluster, engine=place.engine)
            found = str(view.cluster["cluster"])
            person = by_whom(place.store, by, DECIDE, SECOND_REVIEW)
            if release and not claims.release(name, found, by=person, at=now):
                message = f"`{person}` holds no claim on cluster `{found}`"
                raise ConfigError(message)
            if not release:
                claims.take(name, found, by=person, at=now, minutes=minutes)
        rows = [
            {**asdict(each), "until_told": moment(each.until)}
            for each in claims.of_run(name, at=now).values()
        ]
    if json:
        write_json({"claims": rows})
    elif rows:
        write_table(f"At work in run {name}", COLUMNS, rows)
    else:
        write_line("nobody is at work on a cluster")
