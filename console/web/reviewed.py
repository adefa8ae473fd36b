"""What one person may know of a cluster's decision and its second review.

Whoever may be the second is told that a decision was taken and by whom, and nothing that it said:
neither its outcome, its reason and whom it leaves out, nor what its person noted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from review.decisions import Decision, Note
from review.second.pending import SECOND_REVIEW
from review.second.reviews import UNDO_WITHIN_MS, SecondReview
from review.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A cluster's decisions and notes as one person may read them, and what they may do next.

    `state` is that of `Asked`, empty where no second review was asked for; `first` and `second` are
    None where the person may not know them yet, or there is none. `hidden_notes` were left out.
    """

    decisions: Sequence[Decision]
    notes: Sequence[Note]
    hidden_notes: int = 0
    state: str = ""
    by: str = ""
    at: int = 0
    why: Sequence[str] = ()
    first: Decision | None = None
    second: SecondReview | None = None
    may_review: bool = False
    may_settle: bool = False
    may_undo: bool = False


def reviewed_for(store: Store, run: str, cluster: str, person: str, *, at: int) -> Reviewed:
    """What a person may know of a cluster's decisions. `at` is now, ms since 1970 UTC."""
    notes = store.notes(run, cluster)
    asked = store.second.of_cluster(run, cluster)
    if asked is None:
        return Reviewed(decisions=store.decisions_as_taken(run, cluster), notes=notes)
    found = Reviewed(
        decisions=store.decisions(run, cluster),
        notes=[note for note in notes if note.by != asked.by],
        state=asked.state,
        by=asked.by,
        at=asked.at,
        why=asked.why,
    )
    if asked.state == SECOND_REVIEW and asked.by != person:
        return replace(
            found,
            hidden_notes=len(notes) - len(found.notes),
            may_review=store.second.may_review(asked, person),
        )
    second = asked.second
    return replace(
        found,
        decisions=store.decisions_as_taken(run, cluster),
        notes=notes,
        first=asked.first,
        second=second,
        may_settle=asked.may_settle(person),
        may_undo=second is not None
        and second.by == person
        and asked.state != "settled"
        and at <= second.at + UNDO_WITHIN_MS,
    )
