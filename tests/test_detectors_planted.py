"""Each detector finds the planted rings of its kind, and no look-alike is flagged."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from builders.simulation.simulate import simulate
from builders.simulation.spec import SimulationSpec
from builders.simulation.truth import read_truth
from jobs.detect import detect


@pytest.fixture(scope="module")
def rings(platform):
    """The accounts of each planted ring; there is one of each kind or level."""
    truth = read_truth(platform).rings.to_pandas()
    names = truth.level.fillna(truth.kind)
    return {name: set(accounts) for name, accounts in truth.account.groupby(names)}


@pytest.fixture(scope="module")
def look_alikes(platform):
    truth = read_truth(platform).lookalikes.to_pandas()
    return {kind: set(accounts) for kind, accounts in truth.account.groupby(truth.kind)}


@pytest.fixture(scope="module")
def edges(detected):
    return pq.read_table(detected.table_path("edges")).to_pandas()


@pytest.fixture(scope="module")
def clusters(detected):
    return clusters_of(detected)


def clusters_of(run):
    """Members of each cluster by its place."""
    members = pq.read_table(run.table_path("members")).to_pandas()
    places = pq.read_table(run.table_path("clusters")).to_pandas().set_index("cluster").place
    found = members.account.groupby(members.cluster.map(places)).apply(set)
    return found.to_dict()


@pytest.fixture(scope="module")
def flagged(detected):
    """Everybody in a flagged cluster."""
    members = pq.read_table(detected.table_path("members")).to_pandas()
    listed = pq.read_table(detected.table_path("clusters")).to_pandas()
    return set(members.account[members.cluster.isin(listed.cluster[listed.flagged])])


def joined(edges, layer, accounts):
    """Of `accounts`, those that the layer joins to another of them."""
    inside = edges[(edges.layer == layer) & edges.src.isin(accounts) & edges.dst.isin(accounts)]
    return {*inside.src, *inside.dst}


def place_of(clusters, accounts):
    """The place of the cluster that holds most of `accounts`."""
    return min(clusters, key=lambda place: (-len(clusters[place] & accounts), place))


@pytest.mark.parametrize(("level", "recall"), [("L0", 1.0), ("L1", 0.95), ("L2", 0.85)])
def test_shared_objects_finds_co_action_rings_whole_and_pure(clusters, rings, level, recall):
    ring = rings[level]
    found = clusters[place_of(clusters, ring)]

    assert len(found & ring) >= recall * len(ring)
    assert len(found & ring) >= 0.9 * len(found)


def test_plain_co_action_rings_come_before_the_fan_club(clusters, rings, look_alikes):
    fans = place_of(clusters, look_alikes["fan-club"])

    assert all(place_of(clusters, rings[level]) < fans for level in ("L0", "L1"))


def test_copied_text_joins_the_copiers_and_nobody_else(edges, clusters, rings):
    ring = rings["copied-comments"]
    layer = edges[edges.layer == "copied-text"]

    assert len(joined(edges, "copied-text", ring)) >= 0.95 * len(ring)
    inside = layer.src.isin(ring) & layer.dst.isin(ring)
    assert inside.mean() >= 0.95
    found = clusters[place_of(clusters, ring)]
    assert len(found & ring) >= 0.9 * max(len(ring), len(found))


@pytest.mark.parametrize("kind", ["shared-device", "shared-ip"])
def test_shared_traits_finds_every_group_behind_one_device_or_address(edges, clusters, rings, kind):
    ring = rings[kind]

    assert len(joined(edges, "shared-traits", ring)) >= 0.9 * len(ring)
    holding = [members for members in clusters.values() if members & ring]
    assert len(set.union(*holding) & ring) >= 0.9 * len(ring)
    assert len(set.union(*holding) & ring) >= 0.9 * len(set.union(*holding))


@pytest.mark.parametrize("kind", ["mutual-follow", "mutual-boost"])
def test_mutual_ring_finds_rings_that_act_on_one_another(edges, clusters, rings, kind):
    ring = rings[kind]

    assert len(joined(edges, "mutual-ring", ring)) >= 0.9 * len(ring)
    found = clusters[place_of(clusters, ring)]
    assert len(found & ring) >= 0.8 * max(len(ring), len(found))


def test_half_of_a_ring_as_seeds_raises_the_whole_ring(
    village_run, village, rings, platform_job, tmp_path
):
    ring = rings["copied-comments"]
    before = clusters_of(village_run)
    (tmp_path / "bad.txt").write_text("\n".join(sorted(ring)[::2]) + "\n")
    job = platform_job(village, seeds={"bad": str(tmp_path / "bad.txt")})

    after = detect(job, tmp_path / "runs").run

    facts = after.manifest.summary["layers"]["seeded"]
    assert facts["seeds_found"] == len(sorted(ring)[::2])
    assert facts["seeds_absent"] == 0
    place, now = place_of(before, ring), place_of(clusters_of(after), ring)
    assert now < place
    assert clusters_of(after)[now] >= before[place] & ring
    members = pq.read_table(after.table_path("members")).to_pandas().set_index("account")
    seeds, others = sorted(ring)[::2], sorted(ring)[1::2]
    known = members.reindex(seeds).dropna(subset=["role"])
    assert (known.seed == "bad").all()
    # Whoever was not named and works with them is nearer than anybody of another ring.
    unnamed = members.reindex(others).dropna(subset=["role"])
    strangers = members[~members.index.isin(ring)]
    assert unnamed.nearness.median() > 10 * strangers.nearness.median()
    assert unnamed.seed_rank.median() > max(1.0, strangers.seed_rank.median())
    assert before_had_no_seeds(village_run)


def before_had_no_seeds(run):
    """Without seeds nothing is said of nearness, and nobody is listed by it."""
    members = pq.read_table(run.table_path("members"))
    columns = [members[name] for name in ("seed", "nearness", "seed_rank")]
    near = pq.read_table(run.table_path("near_seeds"))
    return not near.num_rows and all(column.null_count == len(column) for column in columns)


BARS = {
    **dict.fromkeys(("L0", "L1", "L2", "copied-comments", "shared-ip"), 0.95),
    "mutual-boost": 0.9,
}


@pytest.mark.parametrize(("kind", "recall"), BARS.items())
def test_rings_are_flagged(flagged, rings, kind, recall):
    assert len(flagged & rings[kind]) >= recall * len(rings[kind])


def test_who_only_follow_one_another_are_listed_whole_as_friends_might_be(detected, rings):
    """Fourteen whom nothing else joins: the card has seen circles of friends that look the same."""
    ring = rings["mutual-follow"]
    members = pq.read_table(detected.table_path("members")).to_pandas()
    clusters = pq.read_table(detected.table_path("clusters")).to_pandas().set_index("cluster")
    [mine] = members[members.account.isin(ring)].cluster.unique()

    assert set(members[members.cluster == mine].account) == ring
    assert clusters.expected_precision[mine] > 0.3


def test_hardly_anybody_innocent_is_flagged(flagged, rings):
    assert len(flagged & set.union(*rings.values())) >= 0.95 * len(flagged)


def test_no_kind_of_look_alike_is_flagged(flagged, rings, look_alikes):
    everybody = set.union(*rings.values())
    for kind, accounts in look_alikes.items():
        innocent = accounts - everybody
        assert len(flagged & innocent) <= 0.05 * len(innocent), kind


@pytest.fixture(scope="module")
def quiet(platform_job, tmp_path_factory):
    """Rings without synchrony or repetition on a platform of their own, and who is flagged."""
    folder = tmp_path_factory.mktemp("quiet")
    spec = SimulationSpec(
        interactions=200_000,
        seed=5,
        levels={"L3": 1},
        rings={"slow-drip": 1, "swarm": 1},
        look_alikes={},
    )
    out = simulate(spec, folder / "platform").out
    run = detect(platform_job(out, threads=2, memory="2GB"), folder / "runs").run
    members = pq.read_table(run.table_path("members")).to_pandas()
    listed = pq.read_table(run.table_path("clusters")).to_pandas()
    truth = read_truth(out).rings.to_pandas()
    names = truth.level.fillna(truth.kind)
    planted = {name: set(accounts) for name, accounts in truth.account.groupby(names)}
    return planted, set(members.account[members.cluster.isin(listed.cluster[listed.flagged])])


@pytest.mark.parametrize(("kind", "recall"), [("L3", 0.7), ("slow-drip", 0.9), ("swarm", 0.9)])
def test_rings_that_take_their_time_or_come_once_are_flagged(quiet, kind, recall):
    planted, flagged = quiet

    assert len(flagged & planted[kind]) >= recall * len(planted[kind])


def test_beside_quiet_rings_hardly_anybody_is_flagged(quiet):
    planted, flagged = quiet

    assert len(flagged & set.union(*planted.values())) >= 0.95 * len(flagged)
