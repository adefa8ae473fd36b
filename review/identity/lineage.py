"""Splits and merges of ids, what they lead to, and their undoing.

A merge sends an id to another for ever: who asks for the first is shown the second. A merge that
was taken back ends that, and a split that was taken back begins it: the one that came out is then
part of the one it came out of. An undoing can be taken back too.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, func, insert, or_, select

from graph.errors import ConfigError
from review.decisions import checked_words
from review.history import add_entry
from review.identity.tables import FRONTS, LINEAGE, SIGHTINGS
from review.tables import HISTORY, RUNS

SPLIT, MERGE, UNDO = "split", "merge", "undo"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageEvent:
    """One split, merge or undoing. `at` is ms since 1970 UTC.

    `split`: `identity` came out of `other`; `merge`: `identity` went into `other`; `undo`: the
    event `undoes`, of the same two ids, was taken back. `shared` accounts say so; `run` is the one
    that showed it, None for what a person did. `stands` is False once it was taken back.
    """

    event: int
    kind: str
    identity: str
    other: str
    run: str | None
    shared: int | None
    undoes: int | None
    by: str
    at: int
    reason: str
    stands: bool


def leads_to(connection: Connection, identities: Iterable[str]) -> dict[str, str]:
    """Each id with the one that it leads to: itself, unless it is part of another."""
    found = {identity: identity for identity in identities}
    while True:
        ahead = _redirects(connection, set(found.values()))
        if not ahead:
            return found
        found = {identity: ahead.get(now, now) for identity, now in found.items()}


def lead_here(connection: Connection, identity: str) -> list[str]:
    """The id and all that lead to it, sorted."""
    found, fresh = {identity}, {identity}
    while fresh:
        rows = _events(connection, LINEAGE.c.other.in_(fresh), LINEAGE.c.kind != UNDO)
        taken_back = _taken_back(connection, rows)
        fresh = {row["identity"] for row in rows if _redirecting(row, taken_back)} - found
        found |= fresh
    return sorted(found)


def kept_apart(connection: Connection) -> set[frozenset[str]]:
    """Pairs of ids of which a person said that one did not go into the other."""
    undone = LINEAGE.alias("undone")
    rows = _events(
        connection, LINEAGE.c.kind == MERGE, LINEAGE.c.event.in_(select(undone.c.undoes))
    )
    taken_back = _taken_back(connection, rows)
    return {
        frozenset((row["identity"], row["other"])) for row in rows if row["event"] in taken_back
    }


def events_of(connection: Connection, identities: Collection[str]) -> list[LineageEvent]:
    """What happened to these ids, in the order in which it came."""
    rows = _events(
        connection, or_(LINEAGE.c.identity.in_(identities), LINEAGE.c.other.in_(identities))
    )
    taken_back = _taken_back(connection, rows)
    return [_event(connection, row, taken_back) for row in rows]


def undo_event(
    connection: Connection, event: int, *, reason: str, by: str, at: int
) -> LineageEvent:
    """Take back a split, a merge or an undoing, within the caller's turn.

    Raises:
        ConfigError: there is no such event, it was taken back already, or the two ids would lead
            to each other.
    """
    reason = checked_words(reason, what="a reason")
    by = checked_words(by, what="the name of who takes it back")
    row = next(iter(_events(connection, LINEAGE.c.event == event)), None)
    if row is None:
        message = f"there is no event {event} of ids; `ringwatch identity ID` lists those of one"
        raise ConfigError(message)
    if event in _taken_back(connection, [row]):
        message = f"event {event} was taken back already; take back the undoing instead"
        raise ConfigError(message)
    child, other = row["identity"], row["other"]
    root = _root(connection, row)
    merges_now = (root["kind"] == SPLIT) == (_depth(connection, row) % 2 == 0)
    if merges_now and leads_to(connection, [other])[other] == leads_to(connection, [child])[child]:
        message = (
            f"`{child}` and `{other}` lead to one id already; see `ringwatch identity {child}`"
        )
        raise ConfigError(message)
    details = {
        "event": event,
        "kind": root["kind"],
        "identity": child,
        "other": other,
        "reason": reason,
    }
    seq = add_entry(connection, "undo-lineage", by=by, at=at, details=details)
    number = next_event(connection)
    values = {
        "event": number,
        "seq": seq,
        "kind": UNDO,
        "identity": child,
        "other": other,
        "run": None,
        "shared": None,
        "undoes": event,
    }
    connection.execute(insert(LINEAGE).values(values))
    if root["kind"] == MERGE:
        _set_front(connection, child, alive=not merges_now)
    return _event(connection, next(iter(_events(connection, LINEAGE.c.event == number))), set())


def next_event(connection: Connection) -> int:
    """The number of the next event."""
    return int(connection.scalar(select(func.coalesce(func.max(LINEAGE.c.event), 0))) or 0) + 1


def _set_front(connection: Connection, identity: str, *, alive: bool) -> None:
    """An id that lives again is looked for from where it was last; one that does not, nowhere."""
    connection.execute(FRONTS.delete().where(FRONTS.c.identity == identity))
    if not alive:
        return
    columns = (SIGHTINGS.c.run, SIGHTINGS.c.cluster, SIGHTINGS.c.version)
    last = connection.execute(
        select(*columns)
        .join(RUNS, RUNS.c.run == SIGHTINGS.c.run)
        .where(SIGHTINGS.c.identity == identity)
        .order_by(func.coalesce(RUNS.c.ended_at, RUNS.c.created_at).desc(), RUNS.c.run.desc())
        .limit(1)
    ).one()
    connection.execute(insert(FRONTS).values(identity=identity, **last._mapping))


def _redirects(connection: Connection, identities: set[str]) -> dict[str, str]:
    """Of these ids those that are part of another, with that one."""
    found = {}
    wanted = sorted(identities)
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        rows = _events(connection, LINEAGE.c.identity.in_(some), LINEAGE.c.kind != UNDO)
        taken_back = _taken_back(connection, rows)
        found.update(
            {row["identity"]: row["other"] for row in rows if _redirecting(row, taken_back)}
        )
    return found


def _redirecting(row: RowMapping, taken_back: Collection[int]) -> bool:
    return bool((row["kind"] == MERGE) != (row["event"] in taken_back))


def _taken_back(connection: Connection, rows: Iterable[RowMapping]) -> set[int]:
    """Of these events those that do not stand: an undoing of them stands itself."""
    numbers = [row["event"] for row in rows]
    found: set[int] = set()
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        undoings = _events(connection, LINEAGE.c.undoes.in_(some))
        if undoings:
            void = _taken_back(connection, undoings)
            found |= {row["undoes"] for row in undoings if row["event"] not in void}
    return found


def _root(connection: Connection, row: RowMapping) -> RowMapping:
    while row["kind"] == UNDO:
        row = _events(connection, LINEAGE.c.event == row["undoes"])[0]
    return row


def _depth(connection: Connection, row: RowMapping) -> int:
    """How many undoings lie between an event and the split or merge it speaks of."""
    steps = 0
    while row["kind"] == UNDO:
        row = _events(connection, LINEAGE.c.event == row["undoes"])[0]
        steps += 1
    return steps


def _events(connection: Connection, *where: object) -> list[RowMapping]:
    query = select(LINEAGE).where(*where).order_by(LINEAGE.c.event)  # type: ignore[arg-type]
    return list(connection.execute(query).mappings())


def _event(connection: Connection, row: RowMapping, taken_back: Collection[int]) -> LineageEvent:
    entry = connection.execute(
        select(HISTORY.c.by, HISTORY.c.at, HISTORY.c.details).where(HISTORY.c.seq == row["seq"])
    ).one()
    given = {name: row[name] for name in row if name != "seq"}
    reason = _reason(entry.details) if row["kind"] == UNDO else ""
    return LineageEvent(
        **given, by=entry.by, at=entry.at, reason=reason, stands=row["event"] not in taken_back
    )


def _reason(details: str) -> str:
    return str(json.loads(details)["reason"])
