"""Worlds in which nobody is coordinated: nothing is flagged there, on a platform or in a table."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from benchmarks.null_worlds import WORLDS
from builders.simulation.flat import FlatSpec, flat_world
from jobs.detect import detect

pytestmark = pytest.mark.local_only

INTERACTIONS = 100_000


@pytest.mark.parametrize("worlds", WORLDS)
def test_nothing_is_flagged_where_nobody_is_coordinated(worlds, tmp_path):
    """With the default settings; `make null-worlds` asks the same of 5,000,000 interactions."""
    job = WORLDS[worlds](61, INTERACTIONS, "2GB", tmp_path / "world")

    run = detect(job, tmp_path / "runs").run

    assert run.manifest.summary["interactions"] > 0.9 * INTERACTIONS
    clusters = pq.read_table(run.table_path("clusters")).to_pylist()
    assert [row["cluster"] for row in clusters if row["flagged"]] == []


def test_a_flat_world_may_have_neither_rings_nor_look_alikes():
    world = flat_world(FlatSpec(interactions=INTERACTIONS, seed=4, campaigns={}, crowds={}))

    assert len(world.interactions) == pytest.approx(INTERACTIONS, rel=0.1)
    assert len(world.labels) == 0
