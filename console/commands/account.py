"""`ringwatch account`, `expand` and `near`: one account, who stands around it or near seeds."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from console.options import DEFAULT_OUT, AsJson, Out, RunName
from console.output import moment, write_json, write_line, write_table
from console.place import opened
from review.neighbours import expand as partners_of
from review.neighbours import near_seeds
from review.queries import account_view

CLUSTERS = {
    "place": "#",
    "cluster": "cluster",
    "role": "role",
    "score": "score",
    "accounts": "accounts",
    "state": "state",
    "says": "why",
}
EDGES = {"partner": "partner", "layer": "layer", "weight": "weight", "objects": "shared"}
ACTS = {
    "time": "at",
    "action": "action",
    "object_kind": "kind",
    "object": "object",
    "content": "post",
    "joint": "joint",
}
PARTNERS = {
    "hop": "hop",
    "account": "from",
    "partner": "partner",
    "weight": "weight",
    "layers": "layers",
    "objects": "shared",
    "cluster": "its cluster",
}

NEAR = {
    "account": "account",
    "nearness": "nearness",
    "seed_rank": "rank from seeds",
    "seeds": "bad seeds joined to",
    "strength": "weight",
    "cluster": "its cluster",
}

AccountId = Annotated[str, typer.Argument(help="The account's id, byte for byte.")]


def account(
    id: AccountId,
    out: Out = DEFAULT_OUT,
    run: RunName = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows of each table.")] = 20,
    json: AsJson = False,
) -> None:
    """Tell what is known of an account, and what it did."""
    with opened(out, run) as place:
        view = account_view(place.run, place.store, id, engine=place.engine)
    edges = [_with_partner(row, id) for row in view.edges.to_pylist()]
    acts = view.interactions.to_pylist()
    if json:
        write_json(
            {
                "run": view.run,
                "account": view.account,
                "clusters": view.clusters.to_pylist(),
                "edges": edges,
                "interactions": acts,
                "memberships": [asdict(each) for each in view.memberships],
            }
        )
        return
    write_line(f"Account {id} in run {view.run}", style="bold")
    write_table("Its clusters", CLUSTERS, view.clusters.to_pylist())
    write_table("Its edges, the strongest first", EDGES, edges[:limit], foot=_of(limit, edges))
    timed = [{**row, "time": moment(row["acted_at"])} for row in acts]
    write_table("What it did", ACTS, timed[:limit], foot=_of(limit, acts))


def expand(
    id: AccountId,
    out: Out = DEFAULT_OUT,
    run: RunName = None,
    hops: Annotated[int, typer.Option(min=1, max=10, help="Steps outward.")] = 1,
    limit: Annotated[int, typer.Option(min=1, help="Accounts that a step adds at most.")] = 25,
    json: AsJson = False,
) -> None:
    """List the strongest partners of an account, and theirs."""
    with opened(out, run) as place:
        rows = partners_of(place.run, id, hops=hops, limit=limit, engine=place.engine).to_pylist()
        name = place.run.name
    if json:
        write_json({"run": name, "account": id, "partners": rows})
        return
    write_table(f"Around {id}", PARTNERS, rows, foot=f"at most {limit} a step, the strongest first")


def near(
    out: Out = DEFAULT_OUT,
    run: RunName = None,
    limit: Annotated[int, typer.Option(min=1, help="How many to list.")] = 50,
    json: AsJson = False,
) -> None:
    """List the accounts nearest to seeds that are not flagged."""
    with opened(out, run) as place:
        rows = near_seeds(place.run, limit=limit, engine=place.engine).to_pylist()
        name = place.run.name
        given = place.run.manifest.summary.get("near_seeds") is not None
    if json:
        write_json({"run": name, "accounts": rows})
        return
    if not rows:
        why = "no such account is near one" if given else "the job names no known-bad accounts"
        write_line(f"nobody is listed: {why}")
        return
    write_table(
        f"Nearest to the seeds in run {name}, of accounts in no flagged cluster",
        NEAR,
        rows,
        foot="nearness: 1 is the most extreme account; rank: times the mean of all accounts",
    )


def _with_partner(row: dict[str, Any], account: str) -> dict[str, Any]:
    return {**row, "partner": row["dst"] if row["src"] == account else row["src"]}


def _of(limit: int, rows: list[Any]) -> str:
    return f"showing {limit} of {len(rows)}" if len(rows) > limit else ""
