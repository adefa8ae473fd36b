"""Rings planted into real logs: the logs stay what they were, and volume gives no ring away."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from scipy.stats import rankdata

from builders.simulation.flat import write_world
from builders.simulation.into_log import USUAL_LEVELS, IntoSpec, planted_log
from builders.simulation.log import log_of
from builders.simulation.rings import CO_ACTION
from graph.errors import ConfigError
from graph.schemas import INTERACTIONS
from jobs.config import job_from
from jobs.evaluation.evaluate import Asked, evaluate
from jobs.evaluation.labels import read_labels

DAY = 86_400_000
LOGS = {
    "russian_coord_tweets": ("account_id", "repost", "object_id", "post", "timestamp_share"),
    "german_elections": ("account_id", "post", "hashtag_id", "hashtag", "timestamp"),
    "amazon_arts_reviews": ("user", "review", "item", "item", "ts"),
    "pokec_follows": ("src", "follow", "dst", "account", None),
}


def interactions(shared, name):
    """A log as interactions, every row of it that has an object."""
    account, action, object_, kind, time = LOGS[name]
    rows = pq.read_table(shared / "data" / "real" / f"{name}.parquet")
    rows = rows.filter(pc.is_valid(rows[object_]))
    count = len(rows)
    columns = {
        "account": rows[account].cast(pa.string()),
        "action": pa.array([action] * count),
        "object": rows[object_].cast(pa.string()),
        "object_kind": pa.array([kind] * count),
        "acted_at": pc.multiply(rows[time], 1000) if time else pa.array([DAY] * count, pa.int64()),
    }
    columns |= {
        name: pa.nulls(count, pa.string()) for name in INTERACTIONS.names if name not in columns
    }
    return pa.table({name: columns[name] for name in INTERACTIONS.names})


def small_log(accounts=60, acts=5):
    """A log in which every account acts on five things, one an hour."""
    rows = [
        {
            "account": f"{account:03}",
            "action": "post",
            "object": f"o{(account + step) % 17}",
            "object_kind": "link",
            "acted_at": (account * acts + step) * 3_600_000,
            "text": f"words of {account}",
        }
        for account in range(accounts)
        for step in range(acts)
    ]
    return pa.Table.from_pylist(rows, schema=INTERACTIONS.arrow)


@pytest.fixture(scope="module")
def russian(shared):
    log = interactions(shared, "russian_coord_tweets")
    return log, planted_log(log, IntoSpec(seed=5))


def members(world, group=None):
    return {
        row["account_id"]
        for row in world.labels.to_pylist()
        if group is None or row["group_id"] == group
    }


def volumes(table):
    return {row["values"]: row["counts"] for row in table["account"].value_counts().to_pylist()}


@pytest.mark.parametrize("name", LOGS)
def test_how_much_an_account_does_tells_no_ring_from_an_organic_account(shared, name):
    world = planted_log(interactions(shared, name), IntoSpec(seed=5))
    counts = volumes(world.interactions)
    rings = members(world)

    ring = np.array([counts[account] for account in sorted(rings)])
    organic = np.array([n for account, n in counts.items() if account not in rings and n >= 3])
    ranks = rankdata(np.concatenate([ring, organic]))[: len(ring)]
    auc = (ranks.sum() - len(ring) * (len(ring) + 1) / 2) / (len(ring) * len(organic))

    assert 0.45 <= auc <= 0.60


def test_every_ring_asked_for_is_planted_and_labelled_as_evaluate_reads_labels(russian, tmp_path):
    _, world = russian
    written = write_world(lambda: world, tmp_path / "planted")

    labels = read_labels(written.labels)

    levels = Counter(ring.level for ring in labels.rings)
    assert levels == USUAL_LEVELS
    assert written.rings == sum(USUAL_LEVELS.values())
    for ring in labels.rings:
        middle = CO_ACTION[ring.level].accounts
        assert middle / 1.6 <= len(ring.accounts) <= middle * 1.6
    first, second = (r.accounts for r in labels.rings if r.level == "L5")
    assert len(first & second) == max(1, round(0.2 * len(first)))
    present = set(world.interactions["account"].to_pylist())
    assert labels.ring_accounts <= present


def test_the_same_log_in_any_order_and_the_same_seed_give_the_same_rows(russian):
    log, world = russian
    shuffled = log.take(np.random.default_rng(0).permutation(len(log)))

    again = planted_log(shuffled, IntoSpec(seed=5))

    assert again.interactions.equals(world.interactions)
    assert again.labels.equals(world.labels)
    assert not planted_log(log, IntoSpec(seed=6)).labels.equals(world.labels)


def acts(table, time="time"):
    """How often each account acted on each object at each time."""
    return Counter(
        zip(*(table[name].to_pylist() for name in ("account", "object", time)), strict=True)
    )


def test_one_more_ring_leaves_the_members_and_the_acts_of_the_others_as_they_are(russian):
    log, _ = russian
    one = planted_log(log, IntoSpec(seed=5, levels={"L0": 1}))
    two = planted_log(log, IntoSpec(seed=5, levels={"L0": 1, "L4": 1}))
    ring = members(one)

    def of_the_ring(world):
        return {act: n for act, n in acts(world.interactions).items() if act[0] in ring}

    assert ring == members(two, "L0-1")
    assert of_the_ring(one) == of_the_ring(two)
    assert members(two) - ring == members(two, "L4-1")
    assert members(two, "L4-1").isdisjoint(ring)


def test_whatever_differs_from_the_log_is_an_act_of_a_labelled_account_or_a_visit(russian):
    log, world = russian
    before, after = acts(log, "acted_at"), acts(world.interactions)
    ring, known = members(world), set(log["object"].to_pylist())

    added, gone = after - before, before - after

    of_others = [(account, at) for account, _, at in added.elements() if account not in ring]
    assert {object_ for account, object_, _ in added if account not in ring}.isdisjoint(known)
    assert sorted(of_others) == sorted(
        (account, at) for account, _, at in gone.elements() if account not in ring
    )
    assert set(world.interactions["account"].to_pylist()) <= set(log["account"].to_pylist()) | ring


def test_each_ring_acts_on_fresh_objects_of_its_own_as_its_level_says(russian):
    log, world = russian
    added = acts(world.interactions) - acts(log, "acted_at")
    known, moments = set(log["object"].to_pylist()), log["acted_at"].to_numpy()
    people, everybody = set(log["account"].to_pylist()), members(world)
    levels = {row["group_id"]: CO_ACTION[row["level"]] for row in world.labels.to_pylist()}
    rings = {name: members(world, name) for name in sorted(levels)}
    own = {name: {} for name in rings}
    for object_ in sorted({object_ for _, object_, _ in added} - known):
        came = sorted(
            (at, who) for who, thing, at in added if thing == object_ and who in everybody
        )
        if came:
            owner = max(rings, key=lambda name: len({who for _, who in came} & rings[name]))
            own[owner][object_] = [(at, who) for at, who in came if who in rings[owner]]
            # Of other rings come those alone who visited it before they were hijacked.
            assert {who for _, who in came} - rings[owner] <= people

    for name, ring in rings.items():
        level = levels[name]
        assert len(own[name]) <= (level.targets + 1) // 2
        joined = max(len({who for _, who in visits}) for visits in own[name].values())
        assert joined >= 0.75 * level.share * len(ring)
        for visits in own[name].values():
            first, late = visits[0][0], visits[int(0.8 * (len(visits) - 1))][0]
            assert late - first <= level.jitter_ms + 1_000
            # An order comes when somebody acted in the log, and the ring after it.
            since = moments[moments <= first + 1_000].max()
            assert first - since <= 2 * level.jitter_ms


def test_a_member_does_as_much_as_some_organic_account_of_the_log(russian):
    log, world = russian
    before, after = volumes(log), volumes(world.interactions)
    organic = {count for count in before.values() if count >= 3}

    odd = [who for who in members(world) if not {after[who], after[who] + 1} & organic]

    assert len(odd) <= 0.02 * len(members(world))  # acts that fell on others are one act each


def test_accounts_outside_rings_act_as_often_and_when_they_did(russian):
    log, world = russian
    rings = members(world)

    def when(table, time):
        return Counter(
            (account, at) for account, _, at in acts(table, time).elements() if account not in rings
        )

    assert when(world.interactions, "time") == when(log, "acted_at")


def test_a_hijacked_account_acts_as_often_as_before(shared):
    log = interactions(shared, "russian_coord_tweets")
    world = planted_log(log, IntoSpec(seed=5, levels={"L4": 2}))
    before, after = volumes(log), volumes(world.interactions)

    assert members(world) <= set(before)
    changed = [account for account in members(world) if before[account] != after[account]]
    assert len(changed) <= 0.1 * len(members(world))  # an act that fell on another is one act


def test_planted_acts_keep_to_the_span_and_the_hours_of_the_log(russian):
    log, world = russian
    at = world.interactions["time"].to_numpy()
    inside = pc.is_in(world.interactions["account"], pa.array(sorted(members(world))))
    planted = at[inside.to_numpy()]
    was = log["acted_at"].to_numpy()

    assert was.min() <= planted.min()
    assert planted.max() <= was.max()
    usual = np.bincount(was // 3_600_000 % 24, minlength=24) / len(was)
    here = np.bincount(planted // 3_600_000 % 24, minlength=24) / len(planted)
    quiet = np.argsort(usual)[:8]
    assert here[quiet].sum() < 2 * usual[quiet].sum()


def test_a_log_of_dates_gets_dates(shared):
    world = planted_log(interactions(shared, "amazon_arts_reviews"), IntoSpec(seed=5))

    assert (world.interactions["time"].to_numpy() % DAY == 0).all()


def dated(days, rests):
    """A log of days that begin at one time of UTC, and half-way at another; one in 40 is odd."""
    rows = [
        {
            "account": f"{number % 50:02}",
            "action": "post",
            "object": f"o{number % 17}",
            "object_kind": "link",
            "acted_at": day * DAY + (rests[2 * day // days] if number else 45_296_789),
        }
        for day in range(days)
        for number in range(40)
    ]
    return pa.Table.from_pylist(rows, schema=INTERACTIONS.arrow)


def test_dates_of_a_place_with_summer_time_are_those_of_the_day_and_odd_times_are_not_copied():
    summer, winter = 22 * 3_600_000, 23 * 3_600_000
    log = log_of(dated(100, (summer, winter)))
    hours = np.arange(100 * 24) * 3_600_000 + 1

    written = log.on_the_step(hours)

    assert log.step == DAY
    day, rest = np.divmod(written, DAY)
    inside = (hours >= DAY) & (hours <= log.last) & (hours // DAY != 50)
    assert (rest[inside] == np.where(day[inside] < 50, summer, winter)).all()
    assert (np.abs(hours - written)[inside] <= DAY + 3_600_000).all()
    assert written.min() >= log.at[0]
    assert written.max() <= log.last


def test_a_log_of_whole_seconds_gets_whole_seconds_and_one_of_none_gets_any():
    times = np.arange(600) * 7_919_000
    seconds, exact = (
        log_of(
            pa.Table.from_pylist(
                [
                    {"account": "a", "action": "post", "object": "o", "object_kind": "k",
                     "acted_at": int(at)}
                    for at in column
                ],
                schema=INTERACTIONS.arrow,
            )
        )
        for column in (times, times + np.arange(600) % 1000)
    )  # fmt: skip

    drawn = np.array([1_234_567, 98_765_432])
    assert seconds.on_the_step(drawn).tolist() == [1_234_000, 98_765_000]
    assert exact.on_the_step(drawn).tolist() == drawn.tolist()


def test_a_ring_acts_on_fresh_things_with_organic_visitors_and_on_things_of_the_log(russian):
    log, world = russian
    ring = members(world, "L0-1")
    by_object = Counter()
    others = Counter()
    columns = (world.interactions[name].to_pylist() for name in ("account", "object"))
    for account, object_ in zip(*columns, strict=True):
        (by_object if account in ring else others)[object_] += 1
    targets = [name for name, acts in by_object.items() if acts >= 0.3 * len(ring)]
    known = set(log["object"].to_pylist())

    fresh = [name for name in targets if name not in known]
    assert fresh
    assert len(fresh) < len(targets)
    assert all(others[name] >= 8 for name in fresh)


def test_a_follow_ring_follows_its_own_members_and_the_same_customers(shared):
    log = interactions(shared, "pokec_follows")
    world = planted_log(log, IntoSpec(seed=5))

    kinds = {(row["kind"], row["level"]) for row in world.labels.to_pylist()}
    assert kinds == {("follow-ring", level) for level in ("L0", "L1", "L2", "L3")}
    ring = members(world, "follow-L0-1")
    rows = zip(*(world.interactions[n].to_pylist() for n in ("account", "object")), strict=True)
    inside = {(src, dst) for src, dst in rows if src in ring and dst in ring}
    both = sum((dst, src) in inside for src, dst in inside)
    assert len(inside) > 0.4 * len(ring) * (len(ring) - 1)
    assert both > 0.6 * len(inside)
    assert set(world.interactions["action"].to_pylist()) == {"follow"}


def test_words_stay_with_the_acts_that_had_them_and_planted_acts_have_none():
    log = small_log()
    world = planted_log(log, IntoSpec(seed=1, levels={"L5": 1}))

    for row in world.interactions.to_pylist():
        assert row["text"] in (None, f"words of {int(row['account'])}")
    assert None in world.interactions["text"].to_pylist()


def test_no_ring_is_larger_than_was_allowed(russian):
    log, _ = russian
    world = planted_log(log, IntoSpec(seed=5, most_accounts=30, levels={"L0": 1, "L3": 2}))

    sizes = Counter(row["group_id"] for row in world.labels.to_pylist())
    assert sizes["L0-1"] == 30
    assert max(sizes.values()) == 30


def test_members_do_as_much_as_accounts_of_as_many_acts_as_were_asked_for(russian):
    log, _ = russian
    world = planted_log(log, IntoSpec(seed=5, least_acts=15, levels={"L0": 1, "L4": 1}))

    counts = volumes(world.interactions)
    assert min(counts[account] for account in members(world)) >= 14  # two acts may be one


def found_of(log, spec, folder):
    """What becomes of the rings of a spec when the planted log is evaluated as it comes."""
    written = write_world(lambda: planted_log(log, spec), folder / "planted")
    names = ("account", "action", "object", "object_kind")
    mapping = {**{name: name for name in names}, "acted_at": "time"}
    table = {"name": "acts", "path": str(written.interactions), "time_unit": "ms", "map": mapping}
    job = job_from({"extract": {"tables": [table]}}, base=folder)
    return evaluate(job, read_labels(written.labels), folder / "runs", Asked(path="planted"))


@pytest.mark.slow
def test_an_easy_ring_in_a_real_log_is_found_whole_and_alone(shared, tmp_path):
    log = interactions(shared, "russian_coord_tweets")

    found = found_of(log, IntoSpec(seed=1, most_accounts=50, levels={"L0": 1}), tmp_path)

    level = found["by_level"]["L0"]
    assert level["found"] == 1
    assert level["recall"] >= 0.95
    assert level["precision"] >= 0.95


@pytest.mark.slow
def test_an_easy_ring_that_is_a_third_of_its_hours_is_found_too(shared, tmp_path):
    log = interactions(shared, "russian_coord_tweets")

    found = found_of(log, IntoSpec(seed=1, levels={"L0": 1}), tmp_path)

    assert found["by_level"]["L0"]["recall"] >= 0.9


def test_an_odd_level_an_empty_log_and_one_too_small_are_refused_with_the_reason():
    with pytest.raises(ConfigError, match=r"`levels` has no `L9`; there is L0, L1"):
        IntoSpec(levels={"L9": 1})
    with pytest.raises(ConfigError, match=r"`follow rings` has no `L4`"):
        IntoSpec(follows={"L4": 1})
    with pytest.raises(ConfigError, match="`least_acts` is 3 or more, not 2"):
        IntoSpec(least_acts=2)
    with pytest.raises(ConfigError, match="`most_accounts` is 3 or more, not 2"):
        IntoSpec(most_accounts=2)
    with pytest.raises(ConfigError, match="no interactions"):
        planted_log(INTERACTIONS.arrow.empty_table(), IntoSpec())
    with pytest.raises(ConfigError, match="accounts with 3 acts or more where"):
        planted_log(small_log(accounts=6), IntoSpec(levels={"L4": 1}))
