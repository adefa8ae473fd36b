"""Each detector finds the planted rings of its kind; the bars stand here.

What it says of look-alikes is measured in docs/detectors/README.md, not asserted.
"""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

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
