"""What a cluster's page tells of its lasting id: what stands on it, and where it was seen."""

from __future__ import annotations

from typing import Any

from console.lasting import change_in_words, event_in_words
from review.store import Store

AT_MOST = 25


def lasting_values(store: Store, run: str, cluster: str) -> dict[str, Any] | None:
    """The values of `lasting.html`; None where the store gave the cluster no id.

    Args:
        store: the store, which has taken the run in.
        run: the run's name.
        cluster: the cluster's name there.
    """
    seen = store.identities.of_cluster(run, cluster)
    if seen is None:
        return None
    life = store.identities.biography(seen.identity)
    return {
        "seen": seen,
        "change": change_in_words(seen),
        "fresh": seen.carried.fresh if seen.carried is not None else (),
        "grown": seen.carried is not None and bool(seen.carried.verdicts and seen.carried.fresh),
        "life": life,
        "seen_in": [(each, change_in_words(each)) for each in life.sightings[-AT_MOST:]],
        "events": [(each, event_in_words(each)) for each in life.events],
        "at_most": AT_MOST,
    }
