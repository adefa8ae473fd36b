"""What is on the platform: posts with owner, topic, birth, life and appeal, and links."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from builders.simulation import ids, words
from builders.simulation.drawing import weighted
from builders.simulation.population import TOPICS, Floats, Ints, Longs, Population
from builders.simulation.spec import DAY_MS, HOUR_MS, SimulationSpec

POSTS_PER_LINK = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Posts:
    """Organic posts by number, sorted by topic, then birth.

    `born_at` is ms from the start (posts older than the span are negative), `life_ms` the time in
    which attention falls to 1/e, `appeal` the attention at birth. `topic_ends[t]` is one past the
    last post of topic t. Post p carries the link `p // POSTS_PER_LINK`: neighbours tell one story.
    """

    owner: Ints
    born_at: Longs
    life_ms: Floats
    appeal: Floats
    topic_ends: Longs

    @property
    def count(self) -> int:
        """How many posts."""
        return len(self.owner)

    @property
    def links(self) -> int:
        """How many links."""
        return -(-self.count // POSTS_PER_LINK)


def publish(spec: SimulationSpec, population: Population) -> Posts:
    """Draw the posts of the span and of the two days before it."""
    rng = np.random.default_rng([spec.seed, 3])
    count = max(2_000, spec.interactions // 25)
    owner = weighted(rng, np.sqrt(population.fame) * population.expected, count)
    topic = np.where(
        rng.random(count) < 0.9, population.home_topic[owner], rng.integers(0, TOPICS, count)
    )
    born_at = rng.integers(-2 * DAY_MS, spec.span_ms, count)
    order = np.lexsort((owner, born_at, topic))
    life = 8.0 * HOUR_MS * np.exp(rng.normal(0.0, 0.8, count))
    return Posts(
        owner=owner[order].astype(np.int32),
        born_at=born_at[order],
        life_ms=np.clip(life, HOUR_MS, 4 * DAY_MS),
        appeal=np.minimum(1.0 + rng.pareto(1.1, count), 3_000.0),
        topic_ends=np.searchsorted(topic[order], np.arange(TOPICS), side="right"),
    )


def post_ids(count: int, *, salt: int) -> pa.StringArray:
    """Ids of posts, planted ones among them."""
    return ids.letters(ids.scramble(np.arange(count), bits=55, salt=salt ^ 0xB0), width=11)


def link_addresses(count: int, *, salt: int) -> pa.StringArray:
    """Web addresses of links; a few sites have most of them."""
    number = ids.scramble(np.arange(count), bits=40, salt=salt ^ 0x11)
    sites = pa.array([f"https://{name}.example/" for name in _sites()])
    site = _zipf_rank(ids.scramble(np.arange(count), bits=32, salt=salt ^ 0x77), len(sites))
    return pc.binary_join_element_wise(sites.take(pa.array(site)), ids.letters(number, width=8), "")


def device_ids(numbers: npt.NDArray[np.integer], *, salt: int) -> pa.StringArray:
    """Device fingerprints."""
    return ids.hexadecimals(ids.scramble(numbers, bits=48, salt=salt ^ 0xDE), width=12)


def _sites() -> list[str]:
    return [f"{begin}{end}" for end in words.SITE_ENDINGS for begin in words.SITE_BEGINNINGS]


def _zipf_rank(noise: npt.NDArray[np.uint64], bound: int) -> Longs:
    """Ranks below `bound` with chances near 1/rank, from 32-bit noise."""
    share = noise.astype(np.float64) / 2.0**32
    return np.asarray(np.minimum(np.floor(bound**share) - 1, bound - 1), dtype=np.int64)
