"""`ringwatch suppress`: accounts and clusters that never leave, until a day."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Annotated

import typer

from console.acting import by_whom
from console.days import first_moment_of
from console.options import DEFAULT_OUT, AsJson, By, Out
from console.output import moment, write_json, write_line, write_table
from console.place import opened
from review.people.roles import SUPPRESS

COLUMNS = {
    "seq": "number",
    "kind": "kind",
    "subject": "what",
    "by": "owner",
    "reason": "reason",
    "until": "until",
}


def suppress(
    account: Annotated[str | None, typer.Option(help="An account that never leaves.")] = None,
    cluster: Annotated[
        str | None, typer.Option(help="A cluster that never leaves, by its id `CL-...`.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="The day on which it ends, in UTC.")] = None,
    lift: Annotated[int | None, typer.Option(help="End this one, by its number.")] = None,
    reason: Annotated[str, typer.Option(help="Why, in words; it is kept.")] = "",
    out: Out = DEFAULT_OUT,
    by: By = None,
    json: AsJson = False,
) -> None:
    """List what never leaves; add to it, or lift an entry."""
    now = time.time_ns() // 1_000_000
    with opened(out) as place:
        deliveries = place.store.deliveries
        if lift is not None:
            deliveries.lift(lift, reason=reason, by=by_whom(place.store, by, SUPPRESS), at=now)
        elif account is not None or cluster is not None:
            deliveries.suppress(
                account=account,
                cluster=cluster,
                reason=reason,
                by=by_whom(place.store, by, SUPPRESS),
                at=now,
                expires_at=first_moment_of(until),
            )
        rows = [
            {**asdict(each), "until": moment(each.expires_at)}
            for each in deliveries.suppressions(at=now)
        ]
    if json:
        write_json({"suppressions": rows})
    elif rows:
        write_table("What never leaves", COLUMNS, rows)
    else:
        write_line("nothing is suppressed")
