"""`ringwatch evaluate`: from an extract and labels to one document."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from console.cli import app
from console.commands.evaluate import evaluate

pytestmark = pytest.mark.local_only

COLUMNS = ["--account", "who", "--object", "what", "--time", "ts"]
RING = [f"ring-{member}" for member in range(6)]
FANS = [f"user-{number:03}" for number in range(5)]


def ringwatch(*args):
    return CliRunner().invoke(app, [str(arg) for arg in args])


@pytest.fixture(scope="module")
def labels(tmp_path_factory):
    path = tmp_path_factory.mktemp("labels") / "labels.parquet"
    rows = {
        "account_id": [*RING, *FANS, "nobody"],
        "group_id": ["the ring"] * 6 + ["the fans"] * 5 + [None],
        "is_ring": [True] * 6 + [False] * 6,
    }
    pq.write_table(pa.table(rows), path)
    return path


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """One folder of runs for the module: the same job is detected once."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def document(ring_file, labels, runs):
    args = ["evaluate", ring_file, *COLUMNS, "--labels", labels, "--out", runs, "--peers", "--json"]
    result = ringwatch(*args)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_account_object_and_time_are_enough(document):
    assert document["schema"] == 1
    assert document["account"]["precision"]["value"] == 1.0
    assert document["account"]["recall"]["value"] == 1.0
    assert document["account"]["average_precision"]["value"] == 1.0
    assert document["rings"]["by_group"][0]["cluster"] == "ring-0"
    assert document["look_alikes"][0]["flagged"] == 0


def test_it_says_what_the_extract_has_and_lacks(document):
    source = document["source"]

    assert source["columns"] == ["account", "object", "time"]
    assert {"action", "text", "topic", "device", "created_at"} <= set(source["missing"])
    assert source["left_out"]["copied-text"] == "interactions with `text`"
    assert (source["interactions"], document["labels"]["absent"]) == (3180, 1)


def test_other_methods_stand_beside_it(document):
    peers = document["peers"]

    assert list(peers) == [
        "analyst-600s",
        "analyst-3600s",
        "label-propagation",
        "fraudar",
        "cnt",
    ]
    assert peers["analyst-600s"]["recall"] == 1.0
    assert peers["analyst-600s"]["seconds"] >= 0
    assert "left_out" in peers["cnt"] or peers["cnt"]["flagged"] >= 0


def test_people_read_the_same_numbers(ring_file, labels, runs, document):
    result = ringwatch("evaluate", ring_file, *COLUMNS, "--labels", labels, "--out", runs)

    assert result.exit_code == 0, result.stderr
    assert "3,180 interactions of" in result.stdout
    assert "labels: 1 rings of 6 accounts, 1 look-alike groups of 5" in result.stdout
    assert "average precision" in result.stdout
    assert "1 labelled accounts do not act in the extract" in result.stdout


def test_progress_and_assumptions_keep_off_stdout(ring_file, labels, runs):
    args = ("evaluate", ring_file, *COLUMNS, "--labels", labels, "--out", runs, "--json")

    loud, quiet = ringwatch(*args), ringwatch(*args, "--quiet")

    assert json.loads(loud.stdout)["run"] == json.loads(quiet.stdout)["run"]
    assert "assumed: `ts` is a time in s" in loud.stderr
    assert "hold what was found against the labels" in loud.stderr
    assert "hold" not in quiet.stderr


@pytest.mark.parametrize(
    ("required", "code"),
    [
        ("precision>=0.95,recall>=0.95", 0),
        ("look_alike_worst_share<=0.05, labels.absent<2", 0),
        ("precision>1", 4),
        ("recall>=0.5,labels.rings>=2", 4),
    ],
)
def test_what_is_required_decides_the_exit_code(ring_file, labels, runs, required, code):
    result = ringwatch(
        "evaluate", ring_file, *COLUMNS, "--labels", labels, "--out", runs, "--json", "-q",
        "--require", required,
    )  # fmt: skip

    assert result.exit_code == code, result.stderr
    assert json.loads(result.stdout)["schema"] == 1
    assert ("is required" in result.stderr) == (code == 4)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--require", "precision=1"], "`--require` is such as"),
        (["--require", "precison>=1"], "no number `precison`; did you mean `precision`"),
        (["--without", "text"], "`--without text`: the extract has no such column"),
        (["--without", "object"], "nothing can be found without it"),
        (["--peer", "analyst"], "unknown peer `analyst`"),
        (["--simulate"], "leave out what names others"),
        (["--seeds", "1,2"], "`--seeds` tells of simulated worlds: say `--simulate`"),
        (["-n", "200000"], "`--interactions` tells of simulated worlds"),
        (["--days", "14"], "`--days` tells of simulated worlds"),
        (["--levels", "L0"], "`--levels` tells of simulated worlds"),
        (["--families", "own"], "`--families` tells of simulated worlds"),
        (["--flat"], "`--flat` tells of simulated worlds"),
        (["--outside"], "`--outside` tells of simulated worlds"),
        (["--fortnight"], "`--fortnight` tells of simulated worlds"),
        (["--marketplace"], "`--marketplace` tells of simulated worlds"),
        (["--forum"], "`--forum` tells of simulated worlds"),
    ],
)
def test_what_is_not_there_is_told_with_the_mend(ring_file, labels, runs, args, words):
    result = ringwatch(
        "evaluate", ring_file, *COLUMNS, "--labels", labels, "--out", runs, "--json", "-q", *args
    )

    assert result.exit_code == 2, result.stderr
    assert words in result.stderr


def test_a_catalogue_is_refused_beside_simulated_worlds():
    result = ringwatch("evaluate", "--simulate", "--metastore", "thrift://host:9083")

    assert result.exit_code == 2, result.stderr
    assert "leave out what names others" in result.stderr


def test_an_extract_without_labels_is_refused_before_it_is_read(ring_file):
    result = ringwatch("evaluate", ring_file, *COLUMNS)

    assert result.exit_code == 2
    assert "say `--labels`" in result.stderr


def test_a_column_dropped_is_evaluated_beside(ring_file, labels, runs):
    result = ringwatch(
        "evaluate", ring_file, *COLUMNS, "--content", "post", "--labels", labels, "--out", runs,
        "--detector", "shared-objects", "--detector", "mutual-ring",
        "--without", "content", "--ablation", "--json", "-q",
    )  # fmt: skip

    told = json.loads(result.stdout)

    assert told["without"]["content"]["recall"] == 1.0
    assert told["ablation"]["without"]["shared-objects"]["recall"] == 0.0


def test_runs_are_kept_only_where_it_was_asked_for(ring_file, labels, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    result = ringwatch("evaluate", ring_file, *COLUMNS, "--labels", labels, "--json", "-q")

    assert result.exit_code == 0, result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_simulated_platform_is_held_against_its_own_truth(platform, tmp_path):
    result = ringwatch(
        "evaluate", platform, "--out", tmp_path, "--detector", "shared-traits",
        "--without", "device,ip", "--json", "-q",
    )  # fmt: skip

    told = json.loads(result.stdout)

    assert result.exit_code == 0, result.stderr
    assert set(told["by_level"]) == {"L0", "L1", "L2"}
    assert told["by_kind"]["shared-device"]["recall"] > 0.5
    # Log-ins by address and all that they carry are gone.
    assert told["without"]["device,ip"]["by_kind"]["shared-device"] == 0
    assert "shared-traits" in told["without"]["device,ip"]["left_out"]


def test_worlds_are_simulated_and_told_as_means_with_intervals(tmp_path):
    result = ringwatch(
        "evaluate", "--simulate", "--seeds", "3,4", "-n", "100000", "--days", "3",
        "--levels", "L0", "--detector", "mutual-ring", "--out", tmp_path, "--json", "-q",
        "--require", "recall>=0",
    )  # fmt: skip

    told = json.loads(result.stdout)

    assert result.exit_code == 0, result.stderr
    assert told["simulated"]["seeds"] == [3, 4]
    assert [world["seed"] for world in told["worlds"]] == [3, 4]
    recalls = [world["account"]["recall"]["value"] for world in told["worlds"]]
    assert told["account"]["recall"]["value"] == pytest.approx(sum(recalls) / 2)
    assert told["account"]["recall"]["least"] == min(recalls)
    assert "L0" in told["by_level"]


def test_worlds_are_of_five_seeds_unless_others_are_named():
    command = inspect.signature(evaluate).parameters["seeds"].default.split(",")
    makefile = (Path(__file__).parents[1] / "Makefile").read_text(encoding="utf-8")

    assert len(set(command)) == 5
    assert f"\nSEEDS ?= {' '.join(command)}\n" in makefile
