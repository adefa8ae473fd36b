"""When a decision needs a second review: by rule, and for a share drawn by lasting id.

The rules are rows of the store: who set them, when and why is kept, and the newest holds for the
decisions that come after it. The draw is SHA-256 of the seed and the cluster's lasting id: the same
on every machine, whoever decides and in which order.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, insert, select

from graph.errors import ConfigError
from review.decisions import OUTCOMES, checked_words
from review.history import add_entry
from review.identity.tables import SIGHTINGS
from review.second.tables import REVIEW_RULES, SECOND_ASKED
from review.tables import CLUSTERS, DECISIONS

LARGE, LOW_SCORE, FIRST_OF_KIND, SHARE = "large", "low-score", "first-of-kind", "share"
FINAL = tuple(outcome for outcome in OUTCOMES if outcome != "needs-more")
"""The outcomes that are reviewed; `needs-more` settles nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRules:
    """Which decisions need a second review; `ReviewRules()` asks for none.

    `large`: clusters of so many accounts or more. `low_score`: clusters of a lower score.
    `first_of_kind`: no cluster of the same layers was decided before. `share`: 0 to 1, drawn by
    `seed` and the cluster's lasting id.
    """

    large: int | None = None
    low_score: float | None = None
    first_of_kind: bool = False
    share: float = 0.0
    seed: str = "0"


def rules_now(connection: Connection) -> ReviewRules:
    """The rules that hold."""
    names = [REVIEW_RULES.c[name] for name in asdict(ReviewRules())]
    row = connection.execute(select(*names).order_by(REVIEW_RULES.c.seq.desc()).limit(1)).first()
    return ReviewRules() if row is None else ReviewRules(**row._mapping)


def set_rules(connection: Connection, rules: ReviewRules, *, reason: str, by: str, at: int) -> None:
    """Let other rules hold from now on, in the caller's turn.

    Raises:
        ConfigError: a rule that nobody can mean, no reason, or nobody who sets them.
    """
    if not 0 <= rules.share <= 1:
        message = f"the share is 0 to 1, not {rules.share}"
        raise ConfigError(message)
    if rules.large is not None and rules.large < 1:
        message = f"a large cluster has 1 account or more, not {rules.large}"
        raise ConfigError(message)
    words = {
        "reason": checked_words(reason, what="a reason"),
        "seed": checked_words(rules.seed, what="a seed"),
    }
    by = checked_words(by, what="the name of who sets the rules")
    values = {**asdict(rules), **words}
    seq = add_entry(connection, "review-rules", by=by, at=at, details=values)
    connection.execute(insert(REVIEW_RULES).values(seq=seq, by=by, at=at, **values))


def drawn(identity: str, *, share: float, seed: str) -> bool:
    """Whether a lasting id is in the random share."""
    digest = hashlib.sha256(f"{seed}\x00{identity}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def ask_for_second(connection: Connection, decision: int, run: str, cluster: str) -> None:
    """Ask for a second review of a decision that was just taken, where a rule says so."""
    why = _why(connection, rules_now(connection), run, cluster, decision)
    if why:
        connection.execute(insert(SECOND_ASKED).values(decision=decision, why=",".join(why)))


def _why(
    connection: Connection, rules: ReviewRules, run: str, cluster: str, decision: int
) -> list[str]:
    if rules == ReviewRules(seed=rules.seed):
        return []
    row = connection.execute(
        select(CLUSTERS.c.accounts, CLUSTERS.c.score, CLUSTERS.c.layers).where(
            CLUSTERS.c.run == run, CLUSTERS.c.cluster == cluster
        )
    ).one()
    minted = connection.scalar(
        select(SIGHTINGS.c.identity).where(SIGHTINGS.c.run == run, SIGHTINGS.c.cluster == cluster)
    )
    held = {
        LARGE: rules.large is not None and row.accounts >= rules.large,
        LOW_SCORE: rules.low_score is not None and row.score < rules.low_score,
        FIRST_OF_KIND: rules.first_of_kind and not _kind_is_known(connection, row.layers, decision),
        SHARE: minted is not None and drawn(minted, share=rules.share, seed=rules.seed),
    }
    return [name for name, holds in held.items() if holds]


def _kind_is_known(connection: Connection, layers: str, decision: int) -> bool:
    query = (
        select(DECISIONS.c.seq)
        .join(
            CLUSTERS,
            (CLUSTERS.c.run == DECISIONS.c.run) & (CLUSTERS.c.cluster == DECISIONS.c.cluster),
        )
        .where(
            CLUSTERS.c.layers == layers, DECISIONS.c.outcome.in_(FINAL), DECISIONS.c.seq < decision
        )
        .limit(1)
    )
    return connection.scalar(query) is not None
