"""What people say about a cluster, and what holds after all that was said."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, func, insert, select

from graph.errors import ConfigError, StoreError
from review.history import add_entry
from review.second.pending import ADJUDICATION, SECOND_REVIEW, counted_outcome, not_counting
from review.tables import DECISIONS, EXCLUSIONS, KEPT_VERDICTS

OUTCOMES = ("confirmed", "dismissed", "mixed", "needs-more")
"""What a person may decide. `mixed`: some members belong to a ring, others do not."""

OPEN = "open"
"""The state of a cluster on which no decision stands."""

GROWN, STANDS = "grown", "stands"
STATES = (OPEN, GROWN, *OUTCOMES, SECOND_REVIEW, ADJUDICATION, STANDS)
"""Where a cluster of a run may stand.

`second-review` and `adjudication` wait for another person. On one that nobody decided in its run,
what was decided on its lasting id in another `stands`; where it has members of whom no decision
speaks it has `grown`, and these alone are asked for.
"""

UNDONE = "undone"
"""The outcome of a decision that takes back an earlier one."""

HIDDEN = "kept from view until the second review is in"
"""Stands for the reason of a decision that awaits its second review."""


class Overtaken(StoreError):
    """Somebody decided meanwhile: what was sent rests on what no longer stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision on a cluster of a run. `at` is ms since 1970 UTC.

    `undoes` is the number of the decision that this one takes back; then `outcome` is `undone`.
    `excluded` are members whom the decision does not cover. `kept` are members whom it does not
    cover either, since they keep the verdict that an earlier run's decision gave them.
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
    kept: tuple[str, ...] = ()

    @property
    def not_covered(self) -> tuple[str, ...]:
        """The members of whom the decision says nothing that an export could go by."""
        return tuple(sorted({*self.excluded, *self.kept}))


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


def standing_numbers(*where: ColumnElement[bool]) -> Select[tuple[int]]:
    """The numbers of the decisions that hold, one a decided cluster."""
    undone = select(DECISIONS.c.undoes).where(DECISIONS.c.undoes.is_not(None))
    return (
        select(func.max(DECISIONS.c.seq))
        .where(DECISIONS.c.outcome != UNDONE, DECISIONS.c.seq.not_in(undone), *where)
        .group_by(DECISIONS.c.run, DECISIONS.c.cluster)
    )


def standing_rows(*where: ColumnElement[bool]) -> Select[tuple[str, str, str]]:
    """(run, cluster, outcome) of the decisions that hold, as SQL: what `standing` says, for all.

    The outcome is the one that counts: `second-review` and `adjudication` where it does not yet.
    """
    newest = standing_numbers(*where)
    outcome = counted_outcome().label("outcome")
    return select(DECISIONS.c.run, DECISIONS.c.cluster, outcome).where(DECISIONS.c.seq.in_(newest))


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
        **({"kept": list(decision.kept)} if decision.kept else {}),
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
    left_out = {EXCLUSIONS: values.pop("excluded"), KEPT_VERDICTS: values.pop("kept")}
    connection.execute(insert(DECISIONS).values(values))
    for table, accounts in left_out.items():
        if accounts:
            rows = [{"decision": seq, "account": account} for account in accounts]
            connection.execute(insert(table), rows)
    return numbered


def decisions_of(connection: Connection, run: str, *clusters: str) -> list[Decision]:
    """The decisions on a run, or on some clusters of it, in the order in which they came."""
    numbers = select(DECISIONS.c.seq).where(DECISIONS.c.run == run)
    if clusters:
        numbers = numbers.where(DECISIONS.c.cluster.in_(clusters))
    return decisions_numbered(connection, numbers)


def decisions_numbered(connection: Connection, numbers: Select[tuple[int]]) -> list[Decision]:
    """The decisions of these numbers, as they were taken, in the order in which they came."""
    query = select(DECISIONS).where(DECISIONS.c.seq.in_(numbers)).order_by(DECISIONS.c.seq)
    rows = connection.execute(query).mappings().all()
    excluded, kept = (
        _accounts_of(connection, table, numbers) for table in (EXCLUSIONS, KEPT_VERDICTS)
    )
    return [
        Decision(
            **row,
            excluded=tuple(excluded.get(row["seq"], ())),
            kept=tuple(kept.get(row["seq"], ())),
        )
        for row in rows
    ]


def counting_decisions(connection: Connection, run: str, *clusters: str) -> list[Decision]:
    """As `decisions_of`, each as it counts.

    One that awaits a second review has the outcome `second-review`, and neither reason nor members
    left out: who reviews it is not to know them. One that differs from its second review has the
    outcome `adjudication`.
    """
    numbers = select(DECISIONS.c.seq).where(DECISIONS.c.run == run)
    if clusters:
        numbers = numbers.where(DECISIONS.c.cluster.in_(clusters))
    waiting = not_counting(connection, numbers)
    taken = decisions_of(connection, run, *clusters)
    if waiting:
        # What somebody said before, and took back or replaced, tells what they say now.
        blind = {(d.cluster, d.by) for d in taken if waiting.get(d.seq) == SECOND_REVIEW}
        own = (d.seq for d in taken if (d.cluster, d.by) in blind and d.outcome != UNDONE)
        waiting = {**dict.fromkeys(own, SECOND_REVIEW), **waiting}
    return [as_it_counts(each, waiting) for each in taken]


def as_it_counts(decision: Decision, waiting: Mapping[int, str]) -> Decision:
    """A decision as it counts; `waiting` are those that do not yet (`not_counting`)."""
    state = waiting.get(decision.seq)
    if state is None:
        return decision
    if state == ADJUDICATION:
        return replace(decision, outcome=state)
    return replace(decision, outcome=state, reason=HIDDEN, excluded=())


def _accounts_of(
    connection: Connection, table: Table, decisions: Select[tuple[int]]
) -> dict[int, list[str]]:
    query = select(table).where(table.c.decision.in_(decisions)).order_by(table.c.account)
    found: dict[int, list[str]] = {}
    for number, account in connection.execute(query):
        found.setdefault(number, []).append(account)
    return found
