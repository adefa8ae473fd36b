"""A cluster's lasting id and what runs before say of it, as people and programs read it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from console.output import moment, write_line, write_table
from review.identity.identities import Biography, Sighting
from review.identity.lineage import LineageEvent

SIGHTINGS = {
    "run": "run",
    "cluster": "cluster there",
    "minted": "id then",
    "version": "version",
    "says": "against before",
    "accounts": "accounts",
}
EVENTS = {"event": "event", "at": "at", "says": "what happened", "by": "by", "stands": "stands"}


def id_columns(seen: Sighting | None, run: str) -> dict[str, Any]:
    """What a list of clusters tells of an id: the id, its version, and what stands from before."""
    if seen is None:
        return {"id": None, "version": None, "change": None, "before": None, "returns": []}
    held = seen.carried
    return {
        "id": seen.identity,
        "version": seen.version,
        "change": change_in_words(seen),
        "before": None if held is None or held.decision.run == run else held.says,
        "returns": [each.identity for each in seen.returns],
    }


def change_in_words(seen: Sighting) -> str:
    """`grown by 3`, `back after 2 runs, the same accounts`, `new, possible return of CL-...`."""
    said = {
        "new": "new",
        "continuing": "the same accounts",
        "grown": f"grown: {seen.gained} came, {seen.lost} went",
        "shrunk": f"shrunk: {seen.gained} came, {seen.lost} went",
        "changed": f"changed: {seen.gained} came, {seen.lost} went",
    }[seen.change]
    if seen.missed:
        said = f"back after {seen.missed} {'run' if seen.missed == 1 else 'runs'}, {said}"
    if seen.returns:
        known = ", ".join(each.identity for each in seen.returns)
        said = f"{said}, possible return of {known}"
    return said


def write_lasting(seen: Sighting | None) -> None:
    """The id of one cluster, what runs before say of it, and what it may be the return of."""
    if seen is None:
        return
    write_line(f"{seen.identity}, version {seen.version}: {change_in_words(seen)}", style="bold")
    if seen.carried is not None:
        write_line(f"decided: {seen.carried.says}")
        fresh = seen.carried.fresh
        if fresh:
            more = f" and {len(fresh) - 12} more" if len(fresh) > 12 else ""
            write_line(f"  without a verdict: {', '.join(fresh[:12])}{more}")
    for each in seen.returns:
        write_line(f"possible return of {each.identity}: {each.objects} things were mostly its own")
        for thing in each.evidence:
            write_line(
                f"  {thing['kind']} {thing['object']}: {thing['members']} of"
                f" {thing['population']} accounts on it here,"
                f" {thing['members_then']} of {thing['population_then']} then"
            )


def lasting_as_json(seen: Sighting | None) -> dict[str, Any] | None:
    """The same for programs."""
    if seen is None:
        return None
    told = {**asdict(seen), "says": change_in_words(seen)}
    if seen.carried is not None:
        told["carried"]["says"] = seen.carried.says
        told["carried"]["verdicts"] = {a: list(v) for a, v in seen.carried.verdicts.items()}
    return told


def write_biography(found: Biography) -> None:
    """An id over the runs of a folder."""
    led = f" (asked for as {found.asked})" if found.asked != found.identity else ""
    stale = f"; not seen in {found.stale} runs since" if found.stale else ""
    write_line(f"{found.identity}{led}{stale}", style="bold")
    rows = [{**asdict(each), "says": change_in_words(each)} for each in found.sightings]
    write_table("Where it was seen", SIGHTINGS, rows)
    if found.events:
        write_table(
            "What happened to it",
            EVENTS,
            [
                {**asdict(each), "at": moment(each.at), "says": event_in_words(each)}
                for each in found.events
            ],
        )


def event_in_words(each: LineageEvent) -> str:
    """`CL-2026-000002 went into CL-2026-000001 (8 accounts, run daily-4)`."""
    if each.kind == "undo":
        return f"event {each.undoes} was taken back: {each.reason}"
    how = "went into" if each.kind == "merge" else "came out of"
    return f"{each.identity} {how} {each.other} ({each.shared} accounts, run {each.run})"
