"""Worlds of posts for copied text, and its answers by comparing every pair of posts."""

import random

import pyarrow as pa

from builders.normal_text import normal_text
from graph.model import Clustering
from graph.schemas import CLUSTERING, INTERACTIONS

HOUR_MS = 3_600_000


def posts(engine, rows):
    """Interactions from (account, acted_at, text) or with further columns by name."""
    full = [
        {
            "account": account,
            "action": "comment",
            "object": f"o{n}",
            "object_kind": "post",
            "acted_at": acted_at,
            "content": f"c{n}",
            "text": text,
        }
        | (more[0] if more else {})
        for n, (account, acted_at, text, *more) in enumerate(rows)
    ]
    return engine.from_arrow(pa.Table.from_pylist(full, INTERACTIONS.arrow), INTERACTIONS)


def pairs(found):
    return {(e["src"], e["dst"]): e for e in found.graph.edges.rows()}


def one_cluster(engine, *accounts):
    rows = {"account": accounts, "cluster": [min(accounts)] * len(accounts)}
    held = engine.from_arrow(pa.table(rows, schema=CLUSTERING.arrow), CLUSTERING)
    return Clustering(held, method="given")


def a_world(seed, size, name=""):
    """Posts of six accounts, in a few words; worlds of two names have nothing in common."""
    rng = random.Random(seed)
    words = [f"{name}w{n}" for n in range(rng.randint(3, 9))]
    pool = [[rng.choice(words) for _ in range(rng.randint(1, 9))] for _ in range(6)]
    rows = []
    for n in range(size):
        text = list(rng.choice(pool))
        if rng.random() < 0.5:
            text[rng.randrange(len(text))] = rng.choice(words)
        written = " ".join(text)
        rows.append(
            (
                f"{name}a{rng.randrange(6)}",
                rng.randrange(rng.choice([10, HOUR_MS, 96 * HOUR_MS])),
                rng.choice([written, written.upper(), f"@x {written}!"]),
                {"content": rng.choice([None, f"{name}c{n}"])},
            )
        )
    return rows


def plainly(rows, *, likeness, at_least_words, within_ms, at_least, hub_accounts):
    """The edges by comparing every pair of posts, and the viral texts."""
    single = {
        (account, more["content"], at if more["content"] is None else None, text): at
        for account, at, text, more in rows
    }
    made = [(n, key[0], at, normal_text(key[3])) for n, (key, at) in enumerate(single.items())]
    words = {text: frozenset(text.split()) for _, _, _, text in made}
    enough = {text for text in words if len(words[text]) >= at_least_words}
    by = {t: {account for _, account, _, text in made if text == t} for t in enough}
    when = {t: sorted(at for _, _, at, text in made if text == t) for t in enough}

    def alike(a, b):
        return len(words[a] & words[b]) / len(words[a] | words[b]) >= likeness

    def could_join(a, b):
        gap = max(when[a][0] - when[b][-1], when[b][0] - when[a][-1])
        return len(by[a] | by[b]) > 1 and (within_ms < 0 or gap <= within_ms)

    near = {a: {b for b in enough if a == b or (alike(a, b) and could_join(a, b))} for a in enough}
    viral = {a for a in enough if len(set().union(*(by[b] for b in near[a]))) > hub_accounts}
    object_of = {}
    for text in sorted(enough - viral):
        if text not in object_of:
            reached = [text]
            for one in reached:
                reached += [b for b in near[one] - viral if b not in reached]
            object_of.update(dict.fromkeys(reached, text))
    matches = {}
    for p in made:
        for q in made:
            both = p[3] in object_of and q[3] in object_of and p[1] < q[1]
            if both and alike(p[3], q[3]) and (within_ms < 0 or abs(p[2] - q[2]) <= within_ms):
                matches.setdefault((p[1], q[1]), []).append((p, q))
    edges = {}
    for pair, found in matches.items():
        mine, theirs = {p for p, _ in found}, {q for _, q in found}
        if min(len(mine), len(theirs)) >= at_least:
            times = [at for both in found for _, _, at, _ in both]
            edges[pair] = {
                "weight": min(len({p[3] for p in side}) for side in (mine, theirs)),
                "src_count": len(mine),
                "dst_count": len(theirs),
                "objects": len({object_of[p[3]] for p, _ in found}),
                "object_days": len(
                    {(object_of[p[3]], min(p[2], q[2]) // (24 * HOUR_MS)) for p, q in found}
                ),
                "post_pairs": len(found),
                "first_at": min(times),
                "last_at": max(times),
            }
    return edges, viral
