"""`ringwatch decide`: what a person makes of a cluster, with the reason."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from console.acting import by_whom
from console.options import DEFAULT_OUT, AsJson, By, Out, RunName
from console.output import write_json, write_line
from console.place import opened
from graph.errors import ConfigError
from review.people.roles import DECIDE
from review.queries import show_cluster


def decide(
    cluster: Annotated[str, typer.Argument(help="A cluster's name, `#PLACE`, or a member's id.")],
    outcome: Annotated[
        str, typer.Argument(help="confirmed, dismissed, mixed, needs-more, or `undo`.")
    ],
    reason: Annotated[str, typer.Option(help="Why, in words; it is kept.")],
    out: Out = DEFAULT_OUT,
    run: RunName = None,
    by: By = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(help="A member whom the decision does not cover; may be repeated."),
    ] = None,
    new: Annotated[
        bool,
        typer.Option("--new", help="Only on members who are new since the decision that stands."),
    ] = False,
    json: AsJson = False,
) -> None:
    """Decide on a cluster, or take a decision back with `undo`."""
    with opened(out, run) as place:
        view = show_cluster(place.run, place.store, cluster, engine=place.engine)
        name = str(view.cluster["cluster"])
        person = by_whom(place.store, by, DECIDE)
        seen = view.decisions[-1].seq if view.decisions else 0
        if outcome == "undo":
            if exclude or new:
                message = "`undo` takes a decision back whole; leave out `--exclude` and `--new`"
                raise ConfigError(message)
            decision = place.store.undo(place.run.name, name, reason=reason, by=person, seen=seen)
        else:
            decision = place.store.decide(
                place.run.name,
                name,
                outcome,
                reason=reason,
                by=person,
                excluded=exclude or (),
                seen=seen,
                only_new=new,
            )
        state = place.store.state(place.run.name, name)
    if json:
        write_json({**asdict(decision), "state": state})
        return
    write_line(f"cluster {name} is {state}; decided by {decision.by}: {decision.reason}")
