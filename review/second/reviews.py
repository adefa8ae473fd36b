"""Second reviews and what settles them: `Store.second`.

Whoever reviews a decision as the second person is not the one who took it, and is not told its
outcome nor its reason before both are in. Where the two agree the decision counts from then on.
Where they differ, a third person settles it by a decision of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace

from sqlalchemy import Connection, Engine, insert, select

from graph.errors import ConfigError
from review.database import reading
from review.decisions import (
    Decision,
    add_decision,
    checked_outcome,
    checked_words,
    decisions_of,
    standing,
)
from review.history import add_entry
from review.refusing import refuse_strangers, refuse_unseen
from review.second.agreement import Agreement, agreements
from review.second.pending import (
    ADJUDICATION,
    SECOND_REVIEW,
    UNDONE,
    not_counting,
    standing_reviews,
)
from review.second.rules import ReviewRules, rules_now, set_rules
from review.second.tables import SECOND_ASKED, SECOND_EXCLUSIONS, SECOND_REVIEWS, SETTLEMENTS
from review.seen import what_was_seen
from review.tables import DECISIONS

UNDO_WITHIN_MS = 30 * 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondReview:
    """What the second person made of a decision. `at` is ms since 1970 UTC."""

    seq: int
    decision: int
    outcome: str
    agrees: bool
    reason: str
    by: str
    at: int
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A decision that was asked for a second review, as it stands.

    `state` is `second-review`, `adjudication`, `agreed` or `settled`; `why` are the rules that
    asked for it. `first` and `second` are for those alone who may know them.
    """

    run: str
    cluster: str
    decision: int
    by: str
    at: int
    why: tuple[str, ...]
    state: str
    first: Decision
    second: SecondReview | None

    def may_review(self, person: str, known: Collection[str] = ()) -> bool:
        """Whether somebody may be the second; `known` took a review of theirs back."""
        return self.state == SECOND_REVIEW and person != self.by and person not in known

    def may_settle(self, person: str) -> bool:
        """Whether somebody may settle it."""
        second = self.second
        return self.state == ADJUDICATION and second is not None and person not in (
            self.by, second.by,
        )  # fmt: skip


class SecondReviews:
    """The second reviews of a store: `Store.second`."""

    def __init__(
        self, engine: Engine, turn: Callable[[], AbstractContextManager[Connection]]
    ) -> None:
        """Use `Store.second`."""
        self._engine, self._turn = engine, turn

    def rules(self) -> ReviewRules:
        """The rules that hold now."""
        with reading(self._engine) as connection:
            return rules_now(connection)

    def set_rules(self, rules: ReviewRules, *, reason: str, by: str, at: int) -> None:
        """Let other rules hold for the decisions to come; see `rules.set_rules`."""
        with self._turn() as connection:
            set_rules(connection, rules, reason=reason, by=by, at=at)

    def waiting(self, run: str | None = None) -> list[Asked]:
        """The decisions that do not count yet, the oldest first."""
        numbers = select(DECISIONS.c.seq)
        if run is not None:
            numbers = numbers.where(DECISIONS.c.run == run)
        with reading(self._engine) as connection:
            rows = connection.execute(
                select(DECISIONS.c.run, DECISIONS.c.cluster)
                .where(DECISIONS.c.seq.in_(list(not_counting(connection, numbers))))
                .distinct()
            ).all()
            found = [_asked(connection, row.run, row.cluster) for row in rows]
        those = [each for each in found if each is not None and each.state in _WAITS]
        return sorted(those, key=lambda each: each.decision)

    def of_cluster(self, run: str, cluster: str) -> Asked | None:
        """What was asked of the decision that stands on a cluster; None where nothing was."""
        with reading(self._engine) as connection:
            return _asked(connection, run, cluster)

    def may_review(self, asked: Asked, person: str) -> bool:
        """Whether somebody may be the second to review a decision."""
        with reading(self._engine) as connection:
            return asked.may_review(person, _who_knows(connection, asked.decision))

    def hidden(self, person: str) -> dict[tuple[str, str], str]:
        """The clusters whose decision somebody may not know yet, with who took it."""
        return {
            (each.run, each.cluster): each.by
            for each in self.waiting()
            if each.state == SECOND_REVIEW and each.by != person
        }

    def review(
        self,
        run: str,
        cluster: str,
        outcome: str,
        *,
        reason: str,
        by: str,
        at: int,
        excluded: Iterable[str] = (),
        seen: int | None = None,
    ) -> SecondReview:
        """Add the second review of the decision that stands on a cluster.

        Args:
            run: the run's name.
            cluster: the cluster's name.
            outcome: one of `OUTCOMES`.
            reason: why, in words.
            by: who reviews; not who decided.
            at: ms since 1970 UTC.
            excluded: members whom the decision should not cover.
            seen: the newest decision's number that the person had before them.

        Raises:
            ConfigError: no decision awaits a second review, it is one's own or was known, an
                unknown outcome or member, no reason, or nobody who reviews.
            Overtaken: a newer decision than the one seen.
            StoreError: the database refused.
        """
        checked_outcome(outcome)
        reason = checked_words(reason, what="a reason")
        by = checked_words(by, what="the name of who reviews")
        left_out = tuple(sorted(set(excluded)))
        with self._turn() as connection:
            asked = _asked(connection, run, cluster)
            if asked is None or asked.state != SECOND_REVIEW:
                message = f"no decision on cluster `{cluster}` awaits a second review"
                raise ConfigError(message)
            refuse_unseen(connection, run, cluster, seen)
            if not asked.may_review(by, _who_knows(connection, asked.decision)):
                message = (
                    f"`{by}` knows decision {asked.decision} already; somebody else reviews it"
                )
                raise ConfigError(message)
            refuse_strangers(connection, run, cluster, left_out)
            first = asked.first
            agrees = (outcome, left_out) == (first.outcome, first.excluded)
            details = {
                "decision": asked.decision,
                "outcome": outcome,
                "reason": reason,
                "excluded": list(left_out),
                "agrees": agrees,
                "blind": True,
                "saw": what_was_seen(connection, run, cluster),
            }
            seq = add_entry(
                connection, "second-review", by=by, at=at, run=run, cluster=cluster,
                details=details,
            )  # fmt: skip
            made = SecondReview(
                seq=seq, decision=asked.decision, outcome=outcome, agrees=agrees, reason=reason,
                by=by, at=at, excluded=left_out,
            )  # fmt: skip
            values = asdict(made)
            del values["excluded"]
            connection.execute(insert(SECOND_REVIEWS).values(values))
            if left_out:
                rows = [{"review": seq, "account": account} for account in left_out]
                connection.execute(insert(SECOND_EXCLUSIONS), rows)
        return made

    def undo(self, run: str, cluster: str, *, reason: str, by: str, at: int) -> None:
        """Take one's own second review back; somebody else then reviews, who knows of nothing.

        Raises:
            ConfigError: no second review of theirs stands there, it was settled, or it is older
                than `UNDO_WITHIN_MS`; no reason, or nobody who takes it back.
        """
        reason = checked_words(reason, what="a reason")
        by = checked_words(by, what="the name of who takes it back")
        with self._turn() as connection:
            asked = _asked(connection, run, cluster)
            second = None if asked is None else asked.second
            if second is None or second.by != by:
                message = f"no second review of `{by}` stands on cluster `{cluster}`"
                raise ConfigError(message)
            if at > second.at + UNDO_WITHIN_MS:
                minutes = UNDO_WITHIN_MS // 60_000
                message = (
                    f"a second review is taken back within {minutes} minutes; take the decision"
                    " back instead, and decide anew"
                )
                raise ConfigError(message)
            details = {"decision": second.decision, "undoes": second.seq, "reason": reason}
            seq = add_entry(
                connection, "undo-second-review", by=by, at=at, run=run, cluster=cluster,
                details=details,
            )  # fmt: skip
            connection.execute(
                insert(SECOND_REVIEWS).values(
                    seq=seq, decision=second.decision, outcome=UNDONE, agrees=None, reason=reason,
                    by=by, at=at, undoes=second.seq,
                )
            )  # fmt: skip

    def settle(
        self,
        run: str,
        cluster: str,
        outcome: str,
        *,
        reason: str,
        by: str,
        at: int,
        excluded: Iterable[str] = (),
        seen: int | None = None,
    ) -> Decision:
        """Settle a decision and a second review that differ, by a decision of a third person.

        `Store.undo` takes it back; then the two differ again.

        Raises:
            ConfigError: nothing is to be settled there, the person is one of the two, an unknown
                outcome or member, no reason, or nobody who settles.
            Overtaken: a newer decision than the one seen.
            StoreError: the database refused.
        """
        checked_outcome(outcome)
        reason = checked_words(reason, what="a reason")
        by = checked_words(by, what="the name of who settles it")
        left_out = tuple(sorted(set(excluded)))
        with self._turn() as connection:
            asked = _asked(connection, run, cluster)
            if asked is None or asked.state != ADJUDICATION or asked.second is None:
                message = f"nothing is to be settled on cluster `{cluster}`"
                raise ConfigError(message)
            refuse_unseen(connection, run, cluster, seen)
            if not asked.may_settle(by):
                message = f"`{by}` is one of the two who differ; a third person settles it"
                raise ConfigError(message)
            refuse_strangers(connection, run, cluster, left_out)
            decision = replace(
                asked.first, seq=0, outcome=outcome, reason=reason, by=by, at=at, excluded=left_out
            )
            saw = what_was_seen(connection, run, cluster)
            made = add_decision(connection, "adjudicate", decision, saw=saw)
            connection.execute(
                insert(SETTLEMENTS).values(
                    decision=made.seq, settles=asked.decision, review=asked.second.seq
                )
            )
        return made

    def agreement(self, run: str | None = None) -> list[Agreement]:
        """How often first and second agree, in one run or in all: of all pairs, and by draw."""
        with reading(self._engine) as connection:
            return agreements(connection, run)


_WAITS = (SECOND_REVIEW, ADJUDICATION)


def refuse_awaited(connection: Connection, run: str, cluster: str, by: str) -> None:
    """Go on with a decision only where none waits for another person.

    Raises:
        ConfigError: another's decision awaits its second review, or two differ.
    """
    asked = _asked(connection, run, cluster)
    if asked is None or asked.state not in _WAITS:
        return
    if asked.state == SECOND_REVIEW and asked.by != by:
        message = (
            f"decision {asked.decision} on cluster `{cluster}` awaits a second review, which is"
            f" blind: `ringwatch second {cluster}`"
        )
        raise ConfigError(message)
    if asked.state == ADJUDICATION:
        message = (
            f"decision {asked.decision} on cluster `{cluster}` and its second review differ: a"
            f" third person settles it, `ringwatch settle {cluster}`"
        )
        raise ConfigError(message)


def _asked(connection: Connection, run: str, cluster: str) -> Asked | None:
    """What was asked of the standing decision, or of the one that it settles."""
    held = standing(decisions_of(connection, run, cluster))
    if held is None:
        return None
    settles = connection.scalar(
        select(SETTLEMENTS.c.settles).where(SETTLEMENTS.c.decision == held.seq)
    )
    number = held.seq if settles is None else settles
    why = connection.scalar(select(SECOND_ASKED.c.why).where(SECOND_ASKED.c.decision == number))
    if why is None:
        return None
    first = next(each for each in decisions_of(connection, run, cluster) if each.seq == number)
    second = _review_of(connection, number)
    if settles is not None:
        state = "settled"
    elif second is None:
        state = SECOND_REVIEW
    else:
        state = "agreed" if second.agrees else ADJUDICATION
    return Asked(
        run=run, cluster=cluster, decision=number, by=first.by, at=first.at,
        why=tuple(why.split(",")), state=state, first=first, second=second,
    )  # fmt: skip


def _review_of(connection: Connection, decision: int) -> SecondReview | None:
    seq = connection.scalar(
        standing_reviews()
        .where(SECOND_REVIEWS.c.decision == decision)
        .with_only_columns(SECOND_REVIEWS.c.seq)
    )
    if seq is None:
        return None
    query = select(SECOND_REVIEWS).where(SECOND_REVIEWS.c.seq == seq)
    row = dict(connection.execute(query).mappings().one())
    del row["undoes"]
    left_out = select(SECOND_EXCLUSIONS.c.account).where(SECOND_EXCLUSIONS.c.review == seq)
    excluded = connection.scalars(left_out.order_by(SECOND_EXCLUSIONS.c.account))
    return SecondReview(**row, excluded=tuple(excluded))


def _who_knows(connection: Connection, decision: int) -> set[str]:
    """Who reviewed a decision, be it taken back since: they were shown the first's words."""
    query = select(SECOND_REVIEWS.c.by).where(SECOND_REVIEWS.c.decision == decision)
    return set(connection.scalars(query))
