"""What people say about a cluster, and what holds after all that was said."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, insert, select

from graph.errors import ConfigError, StoreError
from review.history import add_entry
from review.tables import DECISIONS, EXCLUSIONS

OUTCOMES = ("confirmed", "dismissed", "mixed", "needs-more")
"""What a person may decide. `mixed`: some members belong to a ring, others do not."""

OPEN = "open"
"""The state of a cluster on which no decision stands."""

STATES = (OPEN, *OUTCOMES)

UNDONE = "undone"
"""The outcome of a decision that takes back an earlier one."""


class Overtaken(StoreError):
    """Somebody decided meanwhile: what was sent rests on what no longer stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision on a cluster of a run. `at` is ms since 1970 UTC.

    `undoes` is the number of the decision that this one takes back; then `outcome` is `undone`.
    `excluded` are members whom the decision does not cover.
    """

    seq: int
    run: str
    cluster: str
    outcome: str
    reason: str
    by: str
    at: int
    undoes: int | None = None
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A remark on a cluster of a run. `at` is ms since 1970 UTC."""

    seq: int
    run: str
    cluster: str
    text: str
    by: str
    at: int


def standing(decisions: Iterable[Decision]) -> Decision | None:
    """The decision that holds: the newest that was not taken back."""
    given = list(decisions)
    undone = {decision.undoes for decision in given}
    held = (d for d in given if d.outcome != UNDONE and d.seq not in undone)
    return max(held, key=lambda decision: decision.seq, default=None)


def standing_rows(*where: ColumnElement[bool]) -> Select[tuple[str, str, str]]:
    """(run, cluster, outcome) of the decisions that hold, as SQL: what `standing` says, for all."""
    undone = select(DECISIONS.c.undoes).where(DECISIONS.c.undoes.is_not(None))
    newest = (
        select(func.max(DECISIONS.c.seq))
        .where(DECISIONS.c.outcome != UNDONE, DECISIONS.c.seq.not_in(undone), *where)
        .group_by(DECISIONS.c.run, DECISIONS.c.cluster)
    )
    columns = (DECISIONS.c.run, DECISIONS.c.cluster, DECISIONS.c.outcome)
    return select(*columns).where(DECISIONS.c.seq.in_(newest))


def checked_outcome(outcome: str) -> str:
    """The outcome if there is one of this name.

    Raises:
        ConfigError: there is none, with the nearest.
    """
    if outcome not in OUTCOMES:
        close = difflib.get_close_matches(outcome, OUTCOMES, n=1)
        mend = f"did you mean `{close[0]}`?" if close else f"there is {', '.join(OUTCOMES)}"
        message = f"unknown outcome {outcome[:40]!a}; {mend}"
        raise ConfigError(message)
    return outcome


def checked_words(words: str, *, what: str) -> str:
    """The words if there are any and a database can hold them; spaces around them go.

    Raises:
        ConfigError: they are blank, or hold what is no text (a NUL, or half a character).
    """
    try:
        words.encode("utf-8")
    except UnicodeEncodeError as error:
        message = f"{what} holds bytes that are no text (at character {error.start + 1})"
        raise ConfigError(message) from error
    if "\x00" in words:
        message = f"{what} holds a NUL character; leave it out"
        raise ConfigError(message)
    if not words.strip():
        message = f"{what} is needed, and it is empty"
        raise ConfigError(message)
    return words.strip()


def add_decision(
    connection: Connection,
    action: str,
    decision: Decision,
    *,
    saw: Mapping[str, Any] | None = None,
) -> Decision:
    """Keep a decision in the caller's transaction; give it with its number.

    `saw` is what the person had before them, for the history.
    """
    details: dict[str, Any] = {
        "outcome": decision.outcome,
        "reason": decision.reason,
        "undoes": decision.undoes,
        "excluded": list(decision.excluded),
        **({} if saw is None else {"saw": dict(saw)}),
    }
    seq = add_entry(
        connection,
        action,
        by=decision.by,
        at=decision.at,
        run=decision.run,
        cluster=decision.cluster,
        details=details,
    )
    numbered = replace(decision, seq=seq)
    values = asdict(numbered)
    del values["excluded"]
    connection.execute(insert(DECISIONS).values(values))
    if decision.excluded:
        rows = [{"decision": seq, "account": account} for account in decision.excluded]
        connection.execute(insert(EXCLUSIONS), rows)
    return numbered


def decisions_of(connection: Connection, run: str, *clusters: str) -> list[Decision]:
    """The decisions on a run, or on some clusters of it, in the order in which they came."""
    query = select(DECISIONS).where(DECISIONS.c.run == run).order_by(DECISIONS.c.seq)
    if clusters:
        query = query.where(DECISIONS.c.cluster.in_(clusters))
    rows = connection.execute(query).mappings().all()
    excluded: dict[int, list[str]] = {row["seq"]: [] for row in rows}
    numbers = query.with_only_columns(DECISIONS.c.seq).order_by(None)
    left_out = select(EXCLUSIONS).where(EXCLUSIONS.c.decision.in_(numbers))
    for number, account in connection.execute(left_out.order_by(EXCLUSIONS.c.account)):
        excluded[number].append(account)
    return [Decision(**row, excluded=tuple(excluded[row["seq"]])) for row in rows]
