"""The files of a simulated platform: the same for the same spec, whole, and readable."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.extracts.accounts import read_accounts
from builders.extracts.read import read_extract
from builders.extracts.toml import accounts_spec, extract_spec
from builders.simulation import ids
from builders.simulation.organic import draw_block
from builders.simulation.simulate import simulate
from builders.simulation.spec import SimulationSpec
from builders.simulation.world import make_world
from graph.errors import ConfigError

pytestmark = pytest.mark.local_only

TABLES = ("likes", "shares", "comments", "follows", "logins")
SPEC = SimulationSpec(interactions=100_000, days=7, seed=3, rows_per_block=10_000)


@pytest.fixture(scope="module")
def parquet(tmp_path_factory) -> Path:
    return simulate(SPEC, tmp_path_factory.mktemp("simulated") / "parquet", threads=1).out


@pytest.fixture(scope="module")
def text(tmp_path_factory) -> Path:
    return simulate(replace(SPEC, format="text"), tmp_path_factory.mktemp("simulated") / "t").out


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows(folder: Path, table: str) -> int:
    return sum(
        pq.ParquetFile(path).metadata.num_rows for path in (folder / table).rglob("*.parquet")
    )


def test_one_spec_gives_the_same_bytes_on_any_number_of_threads(parquet, tmp_path):
    again = simulate(SPEC, tmp_path / "again", threads=3)

    assert digests(again.out) == digests(parquet)


def test_another_seed_gives_other_accounts_and_interactions(parquet, tmp_path):
    other = digests(simulate(replace(SPEC, seed=4), tmp_path / "other").out)
    same = {name for name, digest in digests(parquet).items() if other.get(name) == digest}

    assert same == {"job.toml"}


def test_every_interaction_of_the_spec_is_written(parquet):
    about = json.loads((parquet / "simulation.json").read_text())

    assert sum(rows(parquet, table) for table in TABLES) == SPEC.interactions
    assert sum(about["by_action"].values()) == about["interactions"] == SPEC.interactions
    assert about["by_action"]["like"] == rows(parquet, "likes")
    assert pq.ParquetFile(parquet / "accounts.parquet").metadata.num_rows == about["accounts"]


def test_what_is_returned_says_what_was_written(tmp_path):
    seen = []
    done = simulate(SPEC, tmp_path / "p", progress=lambda now, all_: seen.append((now, all_)))

    about = json.loads((done.out / "simulation.json").read_text())
    assert (done.interactions, done.accounts) == (SPEC.interactions, about["accounts"])
    assert (done.rings, done.lookalikes) == (about["rings"], about["lookalikes"])
    assert done.files == sum(len(list((done.out / t).rglob("*.parquet"))) for t in TABLES)
    assert seen[-1] == (SPEC.interactions, SPEC.interactions)
    assert seen == sorted(seen)


def test_partitions_are_the_days_and_hold_their_own_day_only(parquet):
    days = sorted(path.name for path in (parquet / "likes").iterdir())

    assert days == [f"dt=2025-03-{day:02d}" for day in range(3, 10)]
    for day in days:
        for part in (parquet / "likes" / day).iterdir():
            at = pq.ParquetFile(part).read()["liked_at"].to_numpy()
            assert {f"dt={moment}" for moment in (at // 86_400_000).astype("M8[D]")} == {day}


def test_blocks_keep_to_the_bound_that_limits_memory_and_add_up():
    world = make_world(SPEC)

    assert max(block.rows for block in world.blocks) <= SPEC.rows_per_block
    assert len(world.blocks) > SPEC.days
    assert sum(block.rows for block in world.blocks) + len(world.planted) == SPEC.interactions


def test_a_block_drawn_alone_is_the_block_drawn_among_all():
    world, alone = make_world(SPEC), make_world(SPEC)
    among = [draw_block(world, block) for block in reversed(world.blocks)][::-1]

    picked = draw_block(alone, alone.blocks[5])

    for mine, theirs in zip(picked.columns(), among[5].columns(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_rows_of_a_file_are_in_time_order_so_that_planted_rows_do_not_stand_out(parquet):
    for part in (parquet / "shares").rglob("*.parquet"):
        at = pq.ParquetFile(part).read()["shared_at"].to_numpy()
        assert (np.diff(at) >= 0).all()


@pytest.mark.parametrize("written", ["parquet", "text"])
def test_the_job_file_reads_all_five_tables_without_a_loss(engine, request, written):
    folder = request.getfixturevalue(written)
    job = tomllib.loads((folder / "job.toml").read_text())

    reading = read_extract(engine, extract_spec(job["extract"], base=folder))
    accounts = read_accounts(engine, accounts_spec(job["accounts"], base=folder))

    total = Counter()
    for file in reading.files.rows():
        total.update({name: file[name] for name in file if name.startswith("rows_")})
    assert total["rows_read"] == SPEC.interactions
    assert total["rows_quarantined"] == total["rows_rejected"] == 0
    assert total["rows_deduplicated"] < 10
    kinds = engine.query(
        "select distinct action, object_kind from {i} order by action", i=reading.interactions
    )
    assert kinds.to_pylist() == [
        {"action": "comment", "object_kind": "post"},
        {"action": "follow", "object_kind": "account"},
        {"action": "like", "object_kind": "post"},
        {"action": "login", "object_kind": "address"},
        {"action": "share", "object_kind": "link"},
    ]
    assert accounts.rows.count() == SPEC.accounts
    strangers = engine.query(
        "select count(*) as n from {i} i left join {a} a on a.account = i.account"
        " where a.account is null",
        i=reading.interactions,
        a=accounts.rows,
    )
    assert strangers.to_pylist() == [{"n": 0}]


def test_text_and_parquet_hold_the_same_rows(parquet, text):
    day = "dt=2025-03-05"
    lines = [
        line.split("\x01")
        for part in sorted((text / "logins" / day).iterdir())
        for line in part.read_text(encoding="utf-8").splitlines()
    ]
    expected = [
        ["\\N" if value is None else str(value) for value in row.values()]
        for part in sorted((parquet / "logins" / day).iterdir())
        for row in pq.ParquetFile(part).read().to_pylist()
    ]

    assert lines == expected
    assert any("\\N" in line for line in lines)


def test_a_folder_with_something_in_it_is_refused_and_left_alone(tmp_path):
    (tmp_path / "kept.txt").write_text("mine")

    with pytest.raises(ConfigError, match="not empty"):
        simulate(SPEC, tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]


def test_a_simulation_that_fails_leaves_nothing(tmp_path):
    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(SPEC, tmp_path / "out", progress=stop)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"interactions": 99_999}, "`interactions` is from 100000"),
        ({"interactions": 100_000_001}, "to 100000000, not 100000001"),
        ({"days": 2}, "`days` is from 3"),
        ({"levels": {"L6": 1}}, "`levels` has no `L6`"),
        ({"rings": {"swarm": -1}}, "`rings.swarm` is from 0 to 1000"),
        ({"look_alikes": {"fans": 1}}, "`look_alikes` has no `fans`"),
        ({"format": "orc"}, "unknown format `orc`"),
        ({"start": "yesterday"}, "`start` is a day"),
    ],
)
def test_a_spec_that_cannot_be_simulated_is_refused_with_the_bounds(wrong, says):
    with pytest.raises(ConfigError, match=says):
        SimulationSpec(**wrong)


def test_more_rings_than_the_platform_has_room_for_are_refused(tmp_path):
    crowded = SimulationSpec(interactions=100_000, levels={"L0": 40})

    with pytest.raises(ConfigError, match="simulate more interactions or plant fewer"):
        simulate(crowded, tmp_path / "out")


@given(st.integers(4, 61), st.integers(0, 2**31), st.integers(0, 2**61))
def test_scrambled_numbers_never_meet(bits, salt, first):
    numbers = (np.arange(min(2_000, 1 << bits), dtype=np.uint64) + np.uint64(first)) % np.uint64(
        1 << bits
    )

    scrambled = ids.scramble(numbers, bits=bits, salt=salt)

    assert len(np.unique(scrambled)) == len(numbers)
    assert int(scrambled.max()) < 1 << bits


def test_ids_are_opaque_with_leading_zeros_and_numbers_past_two_to_the_53():
    given_ids = ids.account_ids(30_000, salt=99).to_pylist()
    digits = [name for name in given_ids if name.isdigit()]

    assert len(set(given_ids)) == len(given_ids)
    assert 0.3 < len([name for name in given_ids if not name.isdigit()]) / len(given_ids) < 0.5
    assert any(name.startswith("0") for name in digits)
    assert any(not name.startswith("0") and int(name) > 2**53 for name in digits)
