"""`ringwatch clusters`: the ranked list, filtered, sorted, searched."""

from __future__ import annotations

from typing import Annotated

import typer

from console.lasting import id_columns
from console.options import DEFAULT_OUT, AsJson, Out, RunName
from console.output import moment, write_json, write_table
from console.place import opened
from review.matching import Filters
from review.queries import count_clusters, list_clusters

COLUMNS = {
    "place": "#",
    "cluster": "cluster",
    "id": "id",
    "score": "score",
    "accounts": "accounts",
    "layers": "layers",
    "first": "first joint act",
    "state": "state",
    "says": "why",
}
SEEN_BEFORE = {"change": "against before", "before": "decided before"}
"""What runs before this one add, where there are any."""


def clusters(
    out: Out = DEFAULT_OUT,
    run: RunName = None,
    layer: Annotated[str | None, typer.Option(help="Only clusters this layer joins.")] = None,
    min_accounts: Annotated[int | None, typer.Option(help="The least size.")] = None,
    min_score: Annotated[float | None, typer.Option(help="The least score.")] = None,
    state: Annotated[
        str | None,
        typer.Option(
            help="Only in this state: open, confirmed, dismissed, mixed, needs-more,"
            " second-review, adjudication."
        ),
    ] = None,
    search: Annotated[
        str | None,
        typer.Option(help="Part of a member's id or name, or of a shared object."),
    ] = None,
    sort: Annotated[
        str, typer.Option(help="place, score, accounts, objects, first, last or name.")
    ] = "place",
    limit: Annotated[int, typer.Option(min=0, help="How many to list.")] = 50,
    offset: Annotated[int, typer.Option(min=0, help="How many to pass over.")] = 0,
    json: AsJson = False,
) -> None:
    """List suspect clusters, the most suspect first."""
    filters = Filters(
        layer=layer, min_accounts=min_accounts, min_score=min_score, state=state, text=search
    )
    with opened(out, run) as place:
        rows = list_clusters(
            place.run,
            place.store,
            sort=sort,
            limit=limit,
            offset=offset,
            engine=place.engine,
            **filters,
        ).to_pylist()
        known = count_clusters(place.run, place.store, engine=place.engine, **filters)
        name = place.run.name
        ids = place.store.identities.of_run(name, [row["cluster"] for row in rows])
    rows = [{**row, **id_columns(ids.get(row["cluster"]), name)} for row in rows]
    if json:
        write_json({"run": name, "matching": known, "shown": len(rows), "clusters": rows})
        return
    write_table(
        f"Suspect clusters of run {name}",
        {**COLUMNS, **(SEEN_BEFORE if any(row["version"] for row in rows) else {})},
        [{**row, "first": moment(row["first_at"])} for row in rows],
        foot=f"showing {len(rows):,} of {known:,} clusters, by {sort};"
        " `ringwatch show '#1'` tells why one was flagged",
    )
