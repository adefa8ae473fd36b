"""`ringwatch identity`: a cluster over all runs by its lasting id, and the undoing of events."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Annotated

import typer

from console.acting import by_whom
from console.lasting import event_in_words, write_biography
from console.options import DEFAULT_OUT, AsJson, By, Out, RunName
from console.output import write_json, write_line
from console.place import Place, opened
from graph.errors import ConfigError
from review.identity.identities import looks_like_identity
from review.people.roles import CORRECT_IDS
from review.queries import show_cluster


def identity(
    cluster: Annotated[
        str, typer.Argument(help="An id as `CL-2026-000123`, or a cluster as in `show`.")
    ],
    out: Out = DEFAULT_OUT,
    run: RunName = None,
    undo: Annotated[
        int | None, typer.Option(help="Take back this split or merge, by its number.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why it is taken back; it is kept.")] = None,
    by: By = None,
    json: AsJson = False,
) -> None:
    """Tell where a cluster was seen over all runs, what it split from and merged into."""
    with opened(out, run) as place:
        name = cluster if looks_like_identity(cluster) else _id_of(place, cluster)
        if undo is not None:
            event = place.store.identities.undo(
                undo,
                reason=reason or "",
                by=by_whom(place.store, by, CORRECT_IDS),
                at=time.time_ns() // 1_000_000,
            )
            if not json:
                write_line(f"event {event.event}: {event_in_words(event)}")
        found = place.store.identities.biography(name)
    if json:
        write_json(asdict(found))
        return
    write_biography(found)


def _id_of(place: Place, given: str) -> str:
    view = show_cluster(place.run, place.store, given, engine=place.engine)
    seen = place.store.identities.of_cluster(place.run.name, str(view.cluster["cluster"]))
    if seen is None:
        message = f"cluster `{given}` has no id yet; open a newer run of this folder first"
        raise ConfigError(message)
    return seen.identity
