"""Texts told again with other words: found whatever was changed, and never by chance."""

import random

import numpy as np
import pytest

from builders.text import copied_text_graph
from builders.text_acts import joint_text_acts
from graph.engines.kernels.jaccard import Posters, word_sets
from graph.engines.kernels.retold import beyond_chance, meeting_words, retold_pairs, weights_of
from jobs.detector import World
from jobs.detectors.copied_text import COPIED_TEXT
from tests.retold_worlds import (
    DAY_MS,
    a_place_with_two_rings,
    of_one_ring,
    said_by_people,
    told_by_a_ring,
)
from tests.text_worlds import HOUR_MS, one_cluster, pairs, posts

RING_PAIRS = 45


@pytest.mark.parametrize(("ring", "share"), [("r", 1.0), ("s", 0.5)])
def test_who_changes_words_is_joined_and_nobody_else_is(engine, ring, share):
    interactions = posts(engine, a_place_with_two_rings())

    found = pairs(copied_text_graph(interactions, retold=0.5))

    assert all(of_one_ring(pair) for pair in found)
    assert sum(pair[0][0] == ring for pair in found) >= share * RING_PAIRS


def test_without_retold_texts_most_of_them_are_not_joined(engine):
    found = pairs(copied_text_graph(posts(engine, a_place_with_two_rings())))

    assert sum(pair[0][0] == "r" for pair in found) < 0.5 * RING_PAIRS
    assert sum(pair[0][0] == "s" for pair in found) == 0


def test_the_detector_calls_both_rings_and_no_pair_of_others(engine):
    layer = COPIED_TEXT.draw(World(posts(engine, a_place_with_two_rings())), COPIED_TEXT.settings)

    called = [(edge["src"], edge["dst"]) for edge in layer.graph.edges.rows()]
    assert all(of_one_ring(pair) for pair in called)
    for ring in "rs":
        assert len({name for pair in called for name in pair if name[0] == ring}) >= 9


@pytest.mark.local_only
@pytest.mark.parametrize(
    "frame",
    [
        "good morning everybody have a wonderful {} and a lucky {}",
        "i just scored {} points in {} come and play with me now",
        "happy birthday to you my dear {} all the best from {}",
        "fun fact my brother still thinks the {} needs a quiet {}",
    ],
)
def test_people_who_fill_a_common_frame_retell_nothing(engine, frame):
    rng = random.Random(3)
    rows = list(said_by_people(rng, accounts=300, texts=3_000))
    for n in range(240):
        filled = frame.format(f"w{rng.randrange(900)}", f"w{rng.randrange(900)}")
        rows.append((f"q{n}", rng.randrange(14 * DAY_MS), filled))

    strictly = copied_text_graph(posts(engine, rows), at_least=1)
    found = copied_text_graph(posts(engine, rows), at_least=1, retold=0.5)

    assert found.retold.count() == 0
    assert pairs(found) == pairs(strictly)


@pytest.mark.local_only
@pytest.mark.parametrize("seed", range(3))
def test_people_of_one_language_retell_nothing_by_chance(engine, seed):
    rows = said_by_people(random.Random(seed), accounts=500, texts=8_000)

    found = copied_text_graph(posts(engine, rows), at_least=1, retold=0.5)

    assert found.retold.count() == 0


@pytest.mark.local_only
def test_what_more_accounts_retell_than_may_is_worn_and_counted(engine):
    rng = random.Random(4)
    rows = list(said_by_people(rng, accounts=300, texts=3_000))
    rows += told_by_a_ring(rng, "r", members=12, scripts=1, changed=0.1, length=(24, 24))

    free = copied_text_graph(posts(engine, rows), at_least=1, retold=0.5)
    bounded = copied_text_graph(posts(engine, rows), at_least=1, retold=0.5, hub_accounts=8)

    (worn,) = [row for row in bounded.bounds.rows() if row["bound"] == "hub-accounts-retold"]
    assert worn["accounts"] == worn["interactions"] > 8
    assert "retell" in worn["says"]
    assert free.retold.count() > bounded.retold.count()
    assert not any(row["bound"] == "hub-accounts-retold" for row in free.bounds.rows())


def test_the_posts_behind_an_edge_are_shown_with_both_wordings(engine):
    interactions = posts(engine, a_place_with_two_rings())
    found = copied_text_graph(interactions, retold=0.5)
    edge = pairs(found)["r0", "r1"]

    acts = joint_text_acts(
        interactions,
        found.graph.edges,
        one_cluster(engine, "r0", "r1"),
        texts=found.texts,
        retold=found.retold,
    ).rows()

    assert len(acts) == edge["post_pairs"] >= 2
    assert all(abs(act["src_at"] - act["dst_at"]) < HOUR_MS for act in acts)


@pytest.mark.local_only
@pytest.mark.parametrize("retold", [0, -0.1, 1.1])
def test_a_share_that_is_none_is_refused(engine, retold):
    with pytest.raises(ValueError, match="share of what is rare"):
        copied_text_graph(posts(engine, []), retold=retold)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("likeness", [0.3, 0.5, 0.9])
def test_every_pair_is_found_that_comparing_all_pairs_finds(seed, likeness):
    rng = random.Random(seed)
    rows = list(said_by_people(rng, accounts=9, texts=300, words=rng.choice([40, 400])))
    rows += told_by_a_ring(rng, "r", members=90, scripts=2, changed=0.2, length=(10, 40))
    lists = [[int(word[1:]) for word in text.split()] for _, _, text in rows]
    sets = word_sets(
        np.cumsum([0, *map(len, lists)], dtype=np.int64),
        np.array([word for one in lists for word in one], np.int64),
    )
    found_in = np.bincount(sets.words)
    many = len(lists)
    each, at = np.arange(many, dtype=np.int64), np.zeros(many, np.int64)
    weights = weights_of(found_in, many)
    held = np.zeros((many, len(found_in)), np.int64)
    held[np.repeat(each, sets.sizes), sets.words] = 1
    worth = (held * weights) @ held.T
    total = worth.diagonal()
    enough = worth * (1 + likeness) >= likeness * (total[:, None] + total) - 1e-9
    expected = np.argwhere(enough & (worth >= beyond_chance(many)) & ~np.eye(many, dtype=bool))

    found, worn = retold_pairs(
        sets,
        found_in,
        Posters(np.arange(many + 1), each, at, at),
        of=many,
        likeness=likeness,
        within=-1,
        hub_accounts=many,
    )

    shared = held @ held.T
    assert {tuple(row) for row in found.tolist()} == {
        (a, b, shared[a, b]) for a, b in expected.tolist()
    }
    assert not worn.any()
    met = meeting_words(sets, found_in, of=many, likeness=likeness)
    owners = np.repeat(each, sets.sizes)
    places = set(zip(owners[met].tolist(), sets.words[met].tolist(), strict=True))
    for a, b in expected.tolist():
        rarest = int(np.flatnonzero(held[a] & held[b])[0])
        assert {(a, rarest), (b, rarest)} <= places
