"""What all worlds of one table have in common, whoever drew them: their files, labels, commands."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from builders.simulation.flat import FlatSpec, write_flat
from builders.simulation.fortnight.spec import FortnightSpec
from builders.simulation.forum.spec import ForumSpec
from builders.simulation.kinds import ONE_TABLE, kind_of, table_spec, write_table
from builders.simulation.marketplace.spec import MarketplaceSpec
from builders.simulation.outside.spec import OutsideSpec
from builders.simulation.spec import DAY_MS
from console.cli import app
from graph.errors import ConfigError
from jobs.evaluation.worlds import flat_job
from jobs.quick import Changes

KINDS = ("outside", "fortnight", "marketplace", "forum")
SPECS = {
    "outside": OutsideSpec,
    "fortnight": FortnightSpec,
    "marketplace": MarketplaceSpec,
    "forum": ForumSpec,
}
DAYS = {"outside": 14, "fortnight": 14, "marketplace": 28, "forum": 14}
PLAIN = ["account", "action", "object", "time", "text"]
OF_KINDS = ["account", "action", "object", "object_kind", "time", "text"]
COLUMNS = {
    "outside": [*PLAIN, "address"],
    "fortnight": PLAIN,
    "marketplace": [*OF_KINDS, "stars", "address", "device", "joined"],
    "forum": [*OF_KINDS, "address"],
}
SAYING = {
    "outside": ["comment"],
    "fortnight": ["comment"],
    "marketplace": ["review", "answer"],
    "forum": ["post", "comment"],
}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A world of each kind, written."""
    folder = tmp_path_factory.mktemp("worlds")
    return {kind: write_table(spec(kind, seed=8), folder / kind) for kind in KINDS}


def spec(kind, *, interactions=100_000, **told):
    return table_spec(kind, interactions=interactions, **told)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_named_by_its_spec_and_has_days_of_its_own(kind):
    made = table_spec(kind, interactions=100_000)

    assert (type(made), made.days, made.seed) == (SPECS[kind], DAYS[kind], 1)
    assert kind_of(made) == kind
    assert table_spec(kind, interactions=100_000, days=5, seed=3) == SPECS[kind](
        interactions=100_000, days=5, seed=3
    )


@pytest.mark.parametrize("kind", KINDS)
def test_two_files_hold_a_table_and_the_labels_that_an_evaluation_reads(written, kind):
    made = written[kind]
    table, labels = pq.read_table(made.interactions), pq.read_table(made.labels)
    innocent = labels.filter(pc.invert(labels["is_ring"]))
    rings = labels.filter(labels["is_ring"])

    assert sorted(path.name for path in made.labels.parent.iterdir()) == [
        "interactions.parquet",
        "labels.parquet",
    ]
    assert table.column_names == COLUMNS[kind]
    assert all(table[name].null_count == 0 for name in {*COLUMNS[kind]} - {"text", "stars"})
    assert labels.column_names == ["account_id", "group_id", "is_ring", "kind", "level"]
    assert set(innocent["level"].to_pylist()) == {None}
    assert rings["level"].null_count == 0
    assert made.rows == len(table)
    assert made.rings == len(rings["group_id"].unique())
    assert made.look_alikes == len(innocent["group_id"].unique())


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_is_labelled_acts(written, kind):
    acting = set(pq.read_table(written[kind].interactions)["account"].to_pylist())

    assert set(pq.read_table(written[kind].labels)["account_id"].to_pylist()) <= acting


@pytest.mark.parametrize("kind", KINDS)
def test_only_acts_that_say_something_have_a_text(written, kind):
    table = pq.read_table(written[kind].interactions)
    says = pc.is_in(table["action"], pa.array(SAYING[kind]))

    assert pc.is_valid(table["text"]).to_pylist() == says.to_pylist()
    assert pc.min(pc.utf8_length(table["text"])).as_py() > 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("days", [3, 30])
def test_as_many_rows_as_were_asked_for_are_in_time_order_inside_as_many_days(kind, days, tmp_path):
    """An outside world alone has about as many, as its own test tells."""
    made = write_table(spec(kind, interactions=110_011, days=days), tmp_path / "world")
    at = pq.read_table(made.interactions)["time"].to_numpy()
    first = at[0] // DAY_MS * DAY_MS

    assert kind == "outside" or len(at) == 110_011
    assert (np.diff(at) >= 0).all()
    assert (days - 1) * DAY_MS < at[-1] - first < days * DAY_MS


@pytest.mark.parametrize("kind", KINDS)
def test_one_spec_gives_the_same_bytes_and_another_seed_others(written, kind, tmp_path):
    first = written[kind]
    again = write_table(spec(kind, seed=8), tmp_path / "again")
    other = write_table(spec(kind, seed=80), tmp_path / "other")

    for name in ("interactions", "labels"):
        mine = getattr(first, name).read_bytes()
        assert getattr(again, name).read_bytes() == mine
        assert getattr(other, name).read_bytes() != mine
    with pytest.raises(ConfigError, match="not empty"):
        write_table(spec(kind, seed=8), first.labels.parent)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"interactions": 99_999}, "`interactions` is from 100000 to 100000000, not 99999"),
        ({"days": 2}, "`days` is from 3"),
        ({"seed": -1}, "`seed` is from 0"),
    ],
)
def test_a_world_that_cannot_be_made_is_refused(kind, wrong, says):
    with pytest.raises(ConfigError, match=says):
        SPECS[kind](**wrong)


def test_what_a_table_has_beside_the_models_columns_is_carried_by_the_job(written, tmp_path):
    write_flat(FlatSpec(interactions=100_000, days=3), tmp_path / "flat")
    folders = {kind: written[kind].labels.parent for kind in KINDS} | {"flat": tmp_path / "flat"}

    jobs = {kind: flat_job(folder, Changes()).given for kind, folder in folders.items()}
    tables = {kind: job["extract"]["tables"][0] for kind, job in jobs.items()}

    assert {kind: list(table.get("attributes", {})) for kind, table in tables.items()} == {
        "flat": [],
        "outside": ["address"],
        "fortnight": [],
        "marketplace": ["stars", "address", "device"],
        "forum": ["address"],
    }
    assert jobs["marketplace"]["accounts"]["map"]["created_at"] == "joined"
    assert tables["marketplace"]["map"]["object_kind"] == "object_kind"
    assert tables["forum"]["map"]["object_kind"] == "object_kind"
    assert "object_kind" not in tables["fortnight"]["map"]


@pytest.mark.parametrize("kind", KINDS)
def test_such_worlds_are_evaluated_as_flat_ones_are(written, kind, tmp_path):
    result = evaluated(
        f"--{kind}", "-n", "100000", "--seeds", "8", "--detector", "mutual-ring",
        "--out", tmp_path, "--json", "-q",
    )  # fmt: skip
    labels = pq.read_table(written[kind].labels).to_pylist()

    told = json.loads(result.stdout)

    assert result.exit_code == 0, result.stderr
    simulated = {
        name: told["simulated"][name] for name in ("kind", "interactions", "days", "seeds")
    }
    assert simulated == {
        "kind": kind, "interactions": 100_000, "days": DAYS[kind], "seeds": [8],
    }  # fmt: skip
    assert set(told["by_kind"]) == {row["kind"] for row in labels if row["is_ring"]}
    assert set(told["look_alikes_by_kind"]) == {
        row["kind"] for row in labels if not row["is_ring"]
    }  # fmt: skip
    known_as = {"joined": "created_at"}
    extras = {known_as.get(name, name) for name in {*COLUMNS[kind]} - {*PLAIN}}
    assert extras <= set(told["worlds"][0]["source"]["columns"])


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--flat", "--outside"], "`--flat` and `--outside` are two kinds of worlds"),
        (["--flat", "--fortnight"], "`--flat` and `--fortnight` are two kinds of worlds"),
        (["--fortnight", "--flat", "--outside"], "are three kinds of worlds"),
        (["--flat", "--outside", "--fortnight", "--marketplace"], "are four kinds of worlds"),
        (["--outside", "--levels", "L0"], "an outside world has rings of its own"),
        (["--outside", "--families", "both"], "an outside world has rings of its own"),
        (["--flat", "--levels", "L0"], "a flat world has rings of its own"),
        (["--fortnight", "--levels", "L0"], "a fortnight world has rings of its own"),
        (["--marketplace", "--levels", "L0"], "a marketplace world has rings of its own"),
        (["--forum", "--levels", "L0"], "a forum world has rings of its own"),
        (
            ["--flat", "--outside", "--fortnight", "--marketplace", "--forum"],
            "are five kinds of worlds",
        ),
        (["--marketplace", "-n", "5000"], "`interactions` is from 100000"),
    ],
)
def test_what_does_not_go_with_evaluating_such_worlds_is_refused(args, says):
    result = evaluated(*args)

    assert result.exit_code == 2
    assert says in result.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_a_world_is_written_by_the_command_as_by_hand(kind, tmp_path):
    size = ["-n", "100000", "--days", "3", "--seed", "5"]
    result = simulated(tmp_path / "world", f"--{kind}", *size, "--json")
    again = simulated(tmp_path / "again", f"--{kind}", *size)

    told = json.loads(result.stdout)

    assert result.exit_code == 0, result.stderr
    by_hand = write_table(spec(kind, days=3, seed=5), tmp_path / "by-hand")
    for name, path in (
        ("interactions_file", by_hand.interactions),
        ("labels_file", by_hand.labels),
    ):
        assert Path(told[name]).read_bytes() == path.read_bytes()
    assert (told["interactions"], told["rings"]) == (by_hand.rows, by_hand.rings)
    assert f"{by_hand.rows:,} interactions in" in again.stdout
    assert f"{by_hand.rings} rings and" in again.stdout


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--flat", "--outside"], "`--flat` and `--outside` are two kinds of worlds"),
        (["--outside", "--format", "text"], "an outside world is Parquet, not `text`"),
        (["--marketplace", "--format", "text"], "a marketplace world is Parquet, not `text`"),
        (["--forum", "--format", "text"], "a forum world is Parquet, not `text`"),
        (["--fortnight", "--threads", "2"], "has no effect on a fortnight world"),
        (["--outside", "-n", "5000"], "`interactions` is from 100000"),
    ],
)
def test_what_does_not_go_with_writing_such_a_world_is_refused(tmp_path, args, says):
    result = simulated(tmp_path / "world", *args)

    assert result.exit_code == 2
    assert says in result.stderr
    assert not (tmp_path / "world").exists()


def test_every_kind_has_an_option_of_its_name():
    for command in (["simulate"], ["evaluate"]):
        said = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "200"}).stdout
        assert all(f"--{kind}" in said for kind in ONE_TABLE)


def simulated(folder, *args):
    return CliRunner().invoke(app, ["simulate", str(folder), *map(str, args)])


def evaluated(*args):
    return CliRunner().invoke(app, ["evaluate", "--simulate", *map(str, args)])
