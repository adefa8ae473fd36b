"""An outside world: somebody else's platform, as one table with labels."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from builders.simulation.flat import FlatSpec, write_flat
from builders.simulation.outside.crews import LEVELS
from builders.simulation.outside.rings import RINGS
from builders.simulation.outside.spec import OutsideSpec
from builders.simulation.outside.written import LOOK_ALIKES, outside_world, write_outside
from builders.simulation.spec import DAY_MS
from console.cli import app
from graph.errors import ConfigError
from jobs.evaluation.worlds import flat_job
from jobs.quick import Changes

SPEC = OutsideSpec(interactions=100_000, seed=8)


@pytest.fixture(scope="module")
def world():
    return outside_world(SPEC)


@pytest.fixture(scope="module")
def acts(world):
    return world.interactions.to_pandas()


@pytest.fixture(scope="module")
def groups(world) -> dict[str, set[str]]:
    found = defaultdict(set)
    for row in world.labels.to_pylist():
        found[row["group_id"]].add(row["account_id"])
    return found


def of_kind(groups, kind):
    return [members for name, members in sorted(groups.items()) if name.startswith(f"{kind}-")]


def shared(acts, members, action):
    """Of the things that members do this to: the share of members who do, greatest first."""
    mine = acts[acts.account.isin(members) & (acts.action == action)]
    return np.sort(mine.groupby("object").account.nunique().to_numpy())[::-1] / len(members)


def test_the_table_has_the_columns_of_a_flat_one_and_an_address(world):
    table = world.interactions
    said = pc.equal(table["action"], "comment")

    assert table.column_names == ["account", "action", "object", "time", "text", "address"]
    assert all(table[name].null_count == 0 for name in table.column_names if name != "text")
    assert pc.equal(pc.is_valid(table["text"]), said).to_pylist() == [True] * len(said)


def test_there_are_about_as_many_interactions_as_were_asked_for(world):
    assert len(world.interactions) == pytest.approx(SPEC.interactions, rel=0.25)


@pytest.mark.parametrize("days", [3, 30])
def test_rows_are_in_time_order_inside_as_many_days_as_were_asked_for(days):
    at = outside_world(OutsideSpec(interactions=100_000, days=days)).interactions["time"].to_numpy()
    first = at[0] // DAY_MS * DAY_MS

    assert (np.diff(at) >= 0).all()
    assert (days - 1) * DAY_MS < at[-1] - first < days * DAY_MS


def test_every_kind_of_ring_is_there_twice_and_every_level_three_times(world):
    rings = world.labels.filter(world.labels["is_ring"]).to_pylist()
    told = {row["group_id"]: (row["kind"], row["level"]) for row in rings}

    assert Counter(kind for kind, _ in told.values()) == dict.fromkeys(RINGS, 2)
    assert Counter(level for _, level in told.values()) == dict.fromkeys(LEVELS, 3)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_kind_of_look_alike_is_there_as_often_as_it_may_be(seed):
    labels = outside_world(OutsideSpec(interactions=100_000, seed=seed)).labels
    innocent = labels.filter(pc.invert(labels["is_ring"])).to_pylist()
    kinds = Counter(kind for _, kind in {(row["group_id"], row["kind"]) for row in innocent})

    assert kinds.keys() == LOOK_ALIKES.keys() | {"super-users"}
    for kind, (_, least, most) in LOOK_ALIKES.items():
        assert least <= kinds[kind] <= most, kind
    assert {row["level"] for row in innocent} == {None}


def test_whoever_is_labelled_acts_and_is_in_a_ring_or_innocent_and_not_both(world):
    acting = set(world.interactions["account"].to_pylist())
    by_ring = defaultdict(set)
    for row in world.labels.to_pylist():
        by_ring[row["is_ring"]].add(row["account_id"])

    assert by_ring[True] | by_ring[False] <= acting
    assert by_ring[True].isdisjoint(by_ring[False])


@pytest.mark.parametrize(
    ("kind", "action", "targets"),
    [("like-farm", "like", 10), ("slow-drip", "like", 10), ("follow-ring", "follow", 8)],
)
def test_half_of_a_ring_and_more_come_to_each_of_its_targets(acts, groups, kind, action, targets):
    for members in of_kind(groups, kind):
        joined = shared(acts, members, action)
        assert joined[:targets].mean() >= 0.4
        assert joined[0] >= 0.5


def test_copied_comments_say_nearly_the_same_under_different_things(acts, groups):
    for members in of_kind(groups, "copied-comments"):
        mine = acts[acts.account.isin(members) & (acts.action == "comment")]
        shingles = defaultdict(set)
        for account, text, thing in zip(mine.account, mine.text, mine.object, strict=True):
            words = text.split()
            for place in range(len(words) - 2):
                shingles[tuple(words[place : place + 3])].add((account, thing))
        widest = max(shingles.values(), key=len)
        assert len({account for account, _ in widest}) >= 3
        assert len({thing for _, thing in widest}) >= 2


def test_a_class_is_behind_one_address_in_its_lessons_and_each_pupil_at_home_otherwise(
    acts, groups
):
    for pupils in of_kind(groups, "classroom"):
        mine = acts[acts.account.isin(pupils)]
        behind = mine.groupby("address").account.nunique().sort_values()
        school = behind.index[-1]
        assert behind.iloc[-1] == len(pupils)
        assert set(acts[acts.address == school].account) == pupils
        assert set(acts[acts.address == school].action) == {"like"}
        elsewhere = mine[mine.address != school].account.nunique()
        assert elsewhere >= 0.9 * len(pupils)


def test_some_people_share_an_address_and_no_ring_does(acts, groups):
    homes = acts.groupby("address").account.nunique()
    assert 0.05 < (homes > 1).mean() < 0.15

    for kind in RINGS:
        for members in of_kind(groups, kind):
            mine = acts[acts.account.isin(members)]
            assert mine.groupby("address").account.nunique().max() <= 2


def test_followed_things_are_accounts_and_others_are_not(acts):
    followed = set(acts[acts.action == "follow"].object)
    others = set(acts[acts.action != "follow"].object)
    acting = set(acts.account)

    assert len(followed & acting) > 0.9 * len(followed)
    assert others.isdisjoint(acting)


def test_activity_and_popularity_are_heavy_tailed(acts):
    done = np.sort(acts.groupby("account").size().to_numpy())[::-1]
    likes = acts[acts.action == "like"].groupby("object").size().to_numpy()
    likes = np.sort(likes)[::-1]

    assert done[: len(done) // 100].sum() > 0.06 * done.sum()
    assert likes[: len(likes) // 100].sum() > 0.15 * likes.sum()


def test_one_spec_gives_the_same_bytes_and_another_seed_others(tmp_path):
    first = write_outside(SPEC, tmp_path / "first")
    again = write_outside(SPEC, tmp_path / "again")
    other = write_outside(OutsideSpec(interactions=100_000, seed=80), tmp_path / "other")

    assert sorted(path.name for path in (tmp_path / "first").iterdir()) == [
        "interactions.parquet",
        "labels.parquet",
    ]
    for name in ("interactions", "labels"):
        mine = getattr(first, name).read_bytes()
        assert getattr(again, name).read_bytes() == mine
        assert getattr(other, name).read_bytes() != mine
    assert pq.read_metadata(first.interactions).num_rows == first.rows
    labels = pq.read_table(first.labels)
    assert labels.column_names == ["account_id", "group_id", "is_ring", "kind", "level"]
    assert (first.rings, first.look_alikes) == (12, len(set(labels["group_id"].to_pylist())) - 12)
    with pytest.raises(ConfigError, match="not empty"):
        write_outside(SPEC, tmp_path / "first")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"interactions": 99_999}, "`interactions` is from 100000 to 100000000, not 99999"),
        ({"days": 2}, "`days` is from 3"),
        ({"seed": -1}, "`seed` is from 0"),
    ],
)
def test_an_outside_world_that_cannot_be_made_is_refused(wrong, says):
    with pytest.raises(ConfigError, match=says):
        OutsideSpec(**wrong)


def test_the_address_is_carried_by_the_job_and_a_flat_world_has_none_to_carry(tmp_path):
    write_outside(SPEC, tmp_path / "outside")
    write_flat(FlatSpec(interactions=100_000, days=3), tmp_path / "flat")

    carried = {
        name: flat_job(tmp_path / name, Changes()).given["extract"]["tables"][0].get("attributes")
        for name in ("outside", "flat")
    }

    assert carried == {"outside": {"address": "address"}, "flat": None}


def test_outside_worlds_are_evaluated_as_flat_ones_are(tmp_path):
    result = evaluated(
        "--outside", "-n", "100000", "--seeds", "1", "--detector", "mutual-ring",
        "--out", tmp_path, "--json", "-q",
    )  # fmt: skip

    told = json.loads(result.stdout)

    assert result.exit_code == 0, result.stderr
    assert told["simulated"] == {
        "kind": "outside", "interactions": 100_000, "days": 14, "seeds": [1],
    }  # fmt: skip
    assert set(told["by_kind"]) == set(RINGS)
    assert set(told["look_alikes_by_kind"]) == LOOK_ALIKES.keys() | {"super-users"}
    assert "address" in told["worlds"][0]["source"]["columns"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--outside", "--flat"], "`--flat` and `--outside` are two kinds of worlds"),
        (["--outside", "--levels", "L0"], "an outside world has rings of its own"),
        (["--outside", "--families", "both"], "an outside world has rings of its own"),
        (["--flat", "--levels", "L0"], "a flat world has rings of its own"),
        (["--outside", "-n", "5000"], "`interactions` is from 100000"),
    ],
)
def test_what_does_not_go_with_outside_worlds_is_refused(args, says):
    result = evaluated(*args)

    assert result.exit_code == 2
    assert says in result.stderr


def test_an_outside_world_is_written_by_the_command_and_read_back_with_its_labels(tmp_path):
    size = ["-n", "100000", "--days", "3", "--seed", "5"]
    result = simulated(tmp_path / "world", "--outside", *size, "--json")

    told = json.loads(result.stdout)

    assert result.exit_code == 0, result.stderr
    by_hand = write_outside(OutsideSpec(interactions=100_000, days=3, seed=5), tmp_path / "by-hand")
    for name, path in (
        ("interactions_file", by_hand.interactions),
        ("labels_file", by_hand.labels),
    ):
        assert Path(told[name]).read_bytes() == path.read_bytes()
    table = pq.read_table(told["interactions_file"])
    assert (told["interactions"], told["rings"]) == (table.num_rows, 12)
    assert "address" in table.column_names
    again = simulated(tmp_path / "again", "--outside", *size)
    assert f"{table.num_rows:,} interactions in" in again.stdout
    assert "12 rings and" in again.stdout


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--flat"], "`--flat` and `--outside` are two kinds of worlds"),
        (["--format", "text"], "an outside world is Parquet, not `text`"),
        (["-n", "5000"], "`interactions` is from 100000"),
    ],
)
def test_what_does_not_go_with_writing_an_outside_world_is_refused(tmp_path, args, says):
    result = simulated(tmp_path / "world", "--outside", *args)

    assert result.exit_code == 2
    assert says in result.stderr
    assert not (tmp_path / "world").exists()


def simulated(folder, *args):
    return CliRunner().invoke(app, ["simulate", str(folder), *map(str, args)])


def evaluated(*args):
    return CliRunner().invoke(app, ["evaluate", "--simulate", *map(str, args)])
