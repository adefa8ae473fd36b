"""Made-up languages and what is said in them: by people, and by rings that change words."""

import random

from tests.text_worlds import HOUR_MS

DAY_MS = 24 * HOUR_MS


def said_by_people(rng, *, accounts, texts, words=900, length=(8, 20)):
    """Texts of people who share a language: a few common words, most of them seldom."""
    often = [1 / (n + 4) for n in range(words)]
    for n in range(texts):
        drawn = rng.choices(range(words), often, k=rng.randint(*length))
        text = " ".join(f"w{word}" for word in drawn)
        yield f"p{n % accounts}", rng.randrange(14 * DAY_MS), text


def told_by_a_ring(rng, name, *, members, scripts, changed, words=900, length=(14, 22)):
    """Every script told by every member within the hour, a share of its words exchanged."""
    for _ in range(scripts):
        script = [[rng.randrange(words) for _ in range(3)] for _ in range(rng.randint(*length))]
        begin = rng.randrange(14 * DAY_MS)
        for member in range(members):
            chosen = [
                each[rng.randint(1, 2)] if rng.random() < changed else each[0] for each in script
            ]
            text = " ".join(f"w{word}" for word in chosen)
            yield f"{name}{member}", begin + rng.randrange(HOUR_MS), text


def a_place_with_two_rings(seed=5, *, texts=3_000):
    """People, and rings `r` and `s` of ten that change 12 % and 22 % of six scripts' words."""
    rng = random.Random(seed)
    rows = list(said_by_people(rng, accounts=300, texts=texts))
    rows += told_by_a_ring(rng, "r", members=10, scripts=6, changed=0.12)
    rows += told_by_a_ring(rng, "s", members=10, scripts=6, changed=0.22)
    return rows


def of_one_ring(pair):
    """Whether both accounts are of `r`, or both of `s`."""
    return pair[0][0] == pair[1][0] and pair[0][0] in "rs"
