"""`ringwatch deliver` and `recall`: lists that leave, and lists that take them back."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from console.acting import by_whom
from console.options import DEFAULT_OUT, AsJson, By, Out, RunName
from console.output import write_json, write_line
from console.place import opened
from review.deliveries.destinations import FILE, named_destination
from review.deliveries.folder import FOLDER
from review.deliveries.proposing import Proposed, propose
from review.deliveries.proposing import recall as take_back
from review.people.roles import DELIVER, RECALL
from review.queries import show_cluster

Destinations = Annotated[
    Path | None,
    typer.Option(help="The file that says where lists may go; OUT/destinations.toml by default."),
]


def deliver(
    destination: Annotated[str, typer.Argument(help="Where to: a name of the destinations' file.")],
    purpose: Annotated[str, typer.Option(help="What the list is for; it is kept.")],
    out: Out = DEFAULT_OUT,
    run: RunName = None,
    cluster: Annotated[
        list[str] | None, typer.Option(help="Only this cluster; may be repeated.")
    ] = None,
    action: Annotated[
        str, typer.Option(help="What is recommended to be done with the accounts.")
    ] = "review",
    hold_minutes: Annotated[
        int, typer.Option(min=0, help="How long it is held before it may be sent.")
    ] = 30,
    stix: Annotated[
        bool, typer.Option("--stix", help="Add the delivery as a STIX 2.1 bundle.")
    ] = False,
    destinations: Destinations = None,
    by: By = None,
    json: AsJson = False,
) -> None:
    """Propose a delivery of confirmed accounts; somebody else approves it."""
    named_destination(destinations or out / FILE, destination)
    with opened(out, run) as place:
        only = None
        if cluster:
            views = [
                show_cluster(place.run, place.store, each, engine=place.engine) for each in cluster
            ]
            only = {str(view.cluster["cluster"]) for view in views}
        made = propose(
            place.store,
            place.run,
            place.engine,
            out / FOLDER,
            destination=destination,
            purpose=purpose,
            by=by_whom(place.store, by, DELIVER),
            at=time.time_ns() // 1_000_000,
            action=action,
            hold_ms=hold_minutes * 60_000,
            only=only,
            stix=stix,
        )
    _told(made, out, json=json)
    if made.delivery and not json:
        write_line(
            f"held for {hold_minutes} minutes; `ringwatch approve {made.delivery}` by somebody who"
            " did not decide lets it leave, `ringwatch cancel` keeps it"
        )


def recall(
    delivery: Annotated[str, typer.Argument(help="A delivery that was sent.")],
    reason: Annotated[str, typer.Option(help="Why, in words; it is kept and sent.")],
    out: Out = DEFAULT_OUT,
    account: Annotated[
        list[str] | None, typer.Option(help="Only this account; may be repeated.")
    ] = None,
    undone: Annotated[
        bool, typer.Option("--undone", help="Only accounts whose decision no longer stands.")
    ] = False,
    by: By = None,
    json: AsJson = False,
) -> None:
    """Take back what a delivery sent, by a delivery of its own; then `ringwatch send` it."""
    with opened(out) as place:
        made = take_back(
            place.store,
            out / FOLDER,
            delivery,
            reason=reason,
            by=by_whom(place.store, by, RECALL),
            at=time.time_ns() // 1_000_000,
            accounts=account,
            undone=undone,
        )
    _told(made, out, json=json)


def _told(made: Proposed, out: Path, *, json: bool) -> None:
    if json:
        write_json(asdict(made))
        return
    stay = "".join(f"; stays: {n} {why}" for why, n in sorted(made.left_out.items()))
    if made.delivery is None:
        write_line(f"nothing is to leave that did not leave before{stay}")
        return
    folder = out / FOLDER / made.delivery
    write_line(f"{made.delivery}: {made.items} accounts in {folder}{stay}")
