"""`ringwatch show`: why one cluster was flagged, who is in it, and the posts behind its edges."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import pyarrow as pa
import typer

from console.lasting import lasting_as_json, write_lasting
from console.options import DEFAULT_OUT, AsJson, Out, RunName
from console.output import moment, write_json, write_line, write_table
from console.over_runs import over_runs_as_json, write_over_runs
from console.place import Place, opened
from graph.errors import ConfigError
from review.across_runs import AcrossRuns
from review.followed import followed
from review.identity.identities import Sighting
from review.neighbours import edge_acts
from review.queries import ClusterView, show_cluster

MEMBERS = {
    "account": "account",
    "name": "name",
    "role": "role",
    "score": "belongs",
    "pagerank": "PageRank",
    "partners": "partners",
    "joint_share": "joint share",
    "made": "made",
}
NEARNESS = {"seed": "judged", "nearness": "nearness", "seed_rank": "rank from seeds"}
"""What seeds add to the members, where a job has any."""
ALSO = {
    "account": "account",
    "home": "member of",
    "score": "belongs here",
    "partners": "partners here",
    "strength": "weight here",
}
TERMS = {
    "says": "term",
    "value": "here",
    "usual": "on average",
    "log_odds": "log-odds",
    "without": "expected precision without it",
}
LAYERS = {
    "layer": "layer",
    "value": "score without it",
    "without": "expected precision without it",
    "says": "what is left",
}
OBJECTS = {
    "object_kind": "kind",
    "object": "object",
    "layer": "layer",
    "members": "members",
    "population": "accounts on it",
    "population_rate": "of all accounts",
}
EDGES = {
    "src": "account",
    "dst": "account",
    "layer": "layer",
    "weight": "weight",
    "objects": "shared",
    "expected": "by chance",
    "log10_p": "log10 p",
}
ACTS = {
    "action": "action",
    "object_kind": "kind",
    "object": "object",
    "src_content": "post of the first",
    "src_time": "at",
    "dst_content": "post of the second",
    "dst_time": "at",
    "layer": "layer",
}


def show(
    cluster: Annotated[
        str, typer.Argument(help="A cluster's name, place `#1`, id `CL-...`, or a member's id.")
    ],
    out: Out = DEFAULT_OUT,
    run: RunName = None,
    edge: Annotated[
        tuple[str, str] | None,
        typer.Option("--edge", help="Two members: show the posts behind their edge."),
    ] = None,
    sort: Annotated[
        str, typer.Option(help="Members by pagerank, belongs, nearness, rank or account.")
    ] = "pagerank",
    limit: Annotated[int, typer.Option(min=1, help="Rows of each table at the most.")] = 12,
    json: AsJson = False,
) -> None:
    """Tell why a cluster was flagged, and the posts behind its edges."""
    with opened(out, run) as place:
        view = show_cluster(place.run, place.store, cluster, sort=sort, engine=place.engine)
        ends = edge or _strongest(view)
        acts = edge_acts(place.run, *ends, engine=place.engine) if ends else None
        _refuse_other_cluster(view, edge)
        across = followed(place.out, place.store, place.run, view.cluster["cluster"])
        seen = place.store.identities.of_cluster(place.run.name, view.cluster["cluster"])
        _show(place, view, ends, acts, across, seen, limit=limit, json=json)


def _show(
    place: Place,
    view: ClusterView,
    ends: tuple[str, str] | None,
    acts: pa.Table | None,
    across: AcrossRuns | None,
    seen: Sighting | None,
    *,
    limit: int,
    json: bool,
) -> None:
    if json:
        write_json(
            {
                **_as_json(view, ends, acts),
                "over_runs": over_runs_as_json(across),
                "identity": lasting_as_json(seen),
            }
        )
        return
    _head(view.cluster)
    write_lasting(seen)
    _reasons(view.evidence)
    if across is not None:
        write_over_runs(across)
    _members(view, limit)
    _table("What they share", OBJECTS, view.objects.to_pylist(), limit)
    _table("Edges, the strongest first", EDGES, view.edges.to_pylist(), limit)
    if ends is not None and acts is not None:
        rows = [_timed(row) for row in acts.to_pylist()]
        _table(f"Posts behind the edge {ends[0]} - {ends[1]}", ACTS, rows, limit)
    for decision in view.decisions:
        write_line(f"{moment(decision.at)} {decision.by}: {decision.outcome} - {decision.reason}")
    for note in view.notes:
        write_line(f"{moment(note.at)} {note.by} notes: {note.text}")
    write_line(
        f"`ringwatch decide {shlex.quote(view.cluster['cluster'])} confirmed --reason ..."
        f" --out {shlex.quote(str(place.out))}` records what you make of it",
        style="dim",
    )


def _members(view: ClusterView, limit: int) -> None:
    others: dict[str, list[str]] = defaultdict(list)
    for row in view.elsewhere.to_pylist():
        others[row["account"]].append(row["cluster"])
    rows = [
        {**_dated(row), "also_in": ", ".join(others[row["account"]])}
        for row in view.members.to_pylist()
    ]
    columns = {
        **MEMBERS,
        **(NEARNESS if any(row["nearness"] is not None for row in rows) else {}),
        **({"also_in": "also in"} if others else {}),
    }
    weak = [row for row in rows if row["role"] == "weak"]
    _table("Members", columns, [row for row in rows if row["role"] != "weak"], limit)
    if weak:
        title = f"{len(weak)} weak members, shown and not named with the cluster"
        _table(title, columns, weak, limit)
    if view.also.num_rows:
        title = f"{view.also.num_rows} accounts of elsewhere that belong here too, not counted"
        _table(title, ALSO, view.also.to_pylist(), limit)


def _head(row: Mapping[str, Any]) -> None:
    write_line(
        f"Cluster {row['cluster']}: place {row['place']}, score {row['score']:.3f},"
        f" {row['accounts']} accounts, {row['edges']} joined pairs, state {row['state']}",
        style="bold",
    )
    acted = (
        "no two of them acted on one thing within minutes"
        if row["first_at"] is None
        else f"joint acts from {moment(row['first_at'])} to {moment(row['last_at'])}"
    )
    write_line(f"joined by {row['layers']}; {acted}")
    chance, low, high = (
        row[name] for name in ("expected_precision", "precision_low", "precision_high")
    )
    of_such = f"of a hundred such clusters {100 * chance:.0f} are expected to be rings"
    if row["flagged"]:
        write_line(f"flagged: {row['says']}; {of_such} ({100 * low:.0f} to {100 * high:.0f})")
    else:
        write_line(f"not flagged ({row['explained']}): {of_such}")
    write_line("It is suspect, not convicted: a person decides.", style="dim")


def _reasons(evidence: pa.Table) -> None:
    signs = {"for": "+", "against": "-", "context": " "}
    rows = evidence.to_pylist()
    for row in rows:
        if row["kind"] in signs:
            part = row["part"] or 0.0
            write_line(f"  {signs[row['kind']]} {abs(part):.3f}  {row['says']}")
    terms = [row for row in rows if row["kind"] == "term" and row["log_odds"]]
    terms.sort(key=lambda row: (-abs(row["log_odds"]), row["name"]))
    if terms:
        write_table(
            "What speaks for a ring, or against it (below nought), in log-odds", TERMS, terms
        )
    layers = [row for row in rows if row["kind"] == "layer"]
    if layers:
        named = [{**row, "layer": row["name"].removeprefix("layer:")} for row in layers]
        write_table("Without one layer, the members being the same", LAYERS, named)
    checked = [row for row in rows if row["kind"] == "checked"]
    if checked:
        write_line("Innocent explanations checked:", style="bold")
    for row in checked:
        name = row["name"].removeprefix("explanation:")
        # What could not be checked says so itself.
        applies = "" if row["degree"] is None else f" ({row['degree']:.0%})"
        write_line(f"  {name}{applies}: {row['says']}")


def _table(title: str, columns: Mapping[str, str], rows: list[dict[str, Any]], limit: int) -> None:
    foot = f"showing {limit} of {len(rows)}" if len(rows) > limit else ""
    write_table(title, columns, rows[:limit], foot=foot)


def _strongest(view: ClusterView) -> tuple[str, str] | None:
    """The heaviest edge whose layer keeps acts of its own."""
    for row in view.edges.to_pylist():
        if row["layer"] != "seeded":
            return row["src"], row["dst"]
    return None


def _refuse_other_cluster(view: ClusterView, edge: tuple[str, str] | None) -> None:
    if edge is None:
        return
    members = set(view.members["account"].to_pylist())
    for account in edge:
        if account not in members:
            name = view.cluster["cluster"]
            message = f"`{account}` is no member of cluster `{name}`; see its members"
            raise ConfigError(message)


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "made": moment(row["created_at"])}


def _timed(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "src_time": moment(row["src_at"]), "dst_time": moment(row["dst_at"])}


def _as_json(
    view: ClusterView, ends: tuple[str, str] | None, acts: pa.Table | None
) -> dict[str, Any]:
    return {
        "run": view.run,
        "cluster": dict(view.cluster),
        "evidence": view.evidence.to_pylist(),
        "members": view.members.to_pylist(),
        "also": view.also.to_pylist(),
        "elsewhere": view.elsewhere.to_pylist(),
        "objects": view.objects.to_pylist(),
        "edges": view.edges.to_pylist(),
        "edge": list(ends) if ends else None,
        "joint_acts": acts.to_pylist() if acts is not None else [],
        "decisions": [asdict(decision) for decision in view.decisions],
        "notes": [asdict(note) for note in view.notes],
    }
