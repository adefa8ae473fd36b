"""What each part is worth: nothing is drawn twice, and what is left out is what is missing."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from console.cli import app
from jobs.detect import detect
from jobs.evaluation.drawn_once import DrawnOnce
from jobs.evaluation.found import Cluster, found_in
from jobs.evaluation.reflagged import (
    CLOSED,
    KNIT,
    LIKELY,
    SUFFICIENT,
    Judged,
    judged,
    terms_of,
    without_gates,
    without_term,
)
from jobs.evaluation.together import together
from tests.test_evaluate_command import COLUMNS, labels  # noqa: F401 - a fixture

pytestmark = pytest.mark.local_only


def listed(name, place, *fails, expected=0.9, **terms):
    cluster = Cluster(
        name=name,
        members=(name, f"{name}-2"),
        flagged=not fails,
        explained=min(fails, default=None),
        expected_precision=expected,
    )
    return Judged(cluster=cluster, fails=frozenset(fails), place=place, seeded=False, without=terms)


def flagged(found):
    return [cluster.name for cluster in found.flagged]


CLUSTERS = (
    listed("ring", 1, expected=0.9, leak=0.8, ties=0.3),
    listed("fans", 2, "audience", expected=0.7, leak=0.7, ties=0.7),
    listed("class", 3, "sittings", KNIT, expected=0.6, leak=0.6, ties=0.6),
    listed("torn", 4, CLOSED, LIKELY, expected=0.2, leak=0.6, ties=0.2),
    listed("faint", 5, LIKELY, expected=0.4, leak=0.55, ties=0.2),
)


@pytest.mark.parametrize(
    ("left_out", "found"),
    [
        (set(), ["ring"]),
        ({"audience"}, ["ring", "fans"]),
        ({"sittings"}, ["ring"]),
        ({"sittings", KNIT}, ["ring", "class"]),
        ({LIKELY}, ["ring", "faint"]),
        ({CLOSED, LIKELY}, ["ring", "faint", "torn"]),
    ],
)
def test_a_cluster_is_flagged_where_nothing_is_left_that_it_fails(left_out, found):
    assert flagged(without_gates(CLUSTERS, frozenset(left_out))) == found


@pytest.mark.parametrize(
    ("term", "found"), [("leak", ["ring", "faint"]), ("ties", [])]
)  # a ring that needs its ties is lost without them, what leaks is believed without the leak
def test_a_term_left_out_flags_by_the_expected_precision_without_it(term, found):
    assert flagged(without_term(CLUSTERS, term, least_precision=0.5)) == found


def test_clusters_stand_in_the_order_of_a_run(village_run, engine, platform_job, village):
    clusters = judged(village_run, engine, platform_job(village))

    found = without_gates(clusters, frozenset())

    assert found.clusters == found_in(village_run, engine).clusters
    assert flagged(found)


def test_what_keeps_a_cluster_back_is_what_its_run_says(detected, engine, platform_job, platform):
    """The gates of a run are recomputed from its tables alone; the run's own word is the oracle."""
    clusters = judged(detected, engine, platform_job(platform))
    words = {"leaks": CLOSED, "loose": KNIT, "unlikely": LIKELY}

    assert len(clusters) > 20
    for each in clusters:
        assert each.cluster.flagged == (not each.fails)
        if each.cluster.explained is not None:
            assert words.get(each.cluster.explained, each.cluster.explained) in each.fails
    assert {each.cluster.explained for each in clusters} & set(SUFFICIENT)
    assert "leak" in terms_of(clusters)


def test_a_layer_is_drawn_once_and_the_run_is_the_same(
    village, platform_job, village_run, tmp_path
):
    drawn = Counter()
    job = platform_job(village, threads=2, memory="2GB")

    def counted(detector):
        def draw(world, settings):
            drawn[detector.name] += 1
            return detector.draw(world, settings)

        return replace(detector, draw=draw)

    watched = replace(job, detectors=tuple(counted(each) for each in job.detectors))
    once = DrawnOnce(tmp_path / "layers")
    first = detect(once.of(watched), tmp_path / "first").run
    second = detect(once.of(watched), tmp_path / "second").run

    assert first.name == second.name == village_run.name
    for name in ("clusters", "members", "edges", "evidence", "joint_acts"):
        told = village_run.table_path(name).read_bytes()
        assert first.table_path(name).read_bytes() == told
        assert second.table_path(name).read_bytes() == told
    assert drawn["shared-objects"] == drawn["shared-traits"] == 1
    # It looks at the layers of the others, which may be fewer.
    assert drawn["seeded"] == 2
    assert once.seconds["shared-objects"].keys() == {"draw", "acts"}


def test_other_settings_are_another_layer(village, platform_job, tmp_path):
    once = DrawnOnce(tmp_path / "layers")
    narrow = platform_job(village, detectors={"shared-objects": {"within_seconds": [60]}})
    wide = platform_job(village, detectors={"shared-objects": {"within_seconds": [3600]}})

    runs = [detect(once.of(job), tmp_path / "runs").run for job in (narrow, wide)]

    alone = detect(wide, tmp_path / "alone").run
    told = [run.table_path("edges").read_bytes() for run in runs]
    assert told[0] != told[1]
    assert told[1] == alone.table_path("edges").read_bytes()


def test_each_signal_defence_and_term_is_left_out_in_turn(ring_file, labels, tmp_path):  # noqa: F811
    result = CliRunner().invoke(
        app,
        [
            "evaluate", str(ring_file), *COLUMNS, "--labels", str(labels), "--out", str(tmp_path),
            "--detector", "shared-objects", "--detector", "mutual-ring", "--ablation", "--json",
            "-q",
        ],
    )  # fmt: skip

    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)["ablation"]
    windows = ["shared-objects 60 s", "shared-objects 3600 s"]
    assert list(told["without"]) == ["shared-objects", "mutual-ring", *windows]
    assert told["without"]["shared-objects"]["recall"] == 0.0
    assert told["without"]["mutual-ring"]["recall"] == 1.0
    # The ring acts within seconds: the hour's window alone finds it too.
    assert told["without"]["shared-objects 60 s"]["recall"] == 1.0
    assert {"pieces", "recruits", "refused edges", "gate likely", "explanation audience"} <= set(
        told["defences"]
    )
    assert "strength" in told["terms"]
    assert told["seconds"]["shared-objects"] > 0
    assert not (tmp_path / "layers").exists()


def test_without_asking_nothing_is_left_out(ring_file, labels, tmp_path):  # noqa: F811
    result = CliRunner().invoke(
        app,
        ["evaluate", str(ring_file), *COLUMNS, "--labels", str(labels), "--json", "-q",
         "--detector", "shared-objects", "--out", str(tmp_path)],
    )  # fmt: skip

    told = json.loads(result.stdout)["ablation"]
    assert told == {"without": {}, "defences": {}, "terms": {}, "seconds": {}}


def test_the_calibration_of_worlds_is_that_of_all_their_clusters():
    def world(seed, brier, *bins):
        rows = [{"predicted": p, "observed": o, "clusters": n} for p, o, n in bins]
        empty = {
            key: {} for key in ("by_level", "by_kind", "look_alikes_by_kind", "peers", "without")
        }
        ablation = {key: {} for key in ("without", "defences", "terms", "seconds")}
        return {"seed": seed, "calibration": rows, "brier": brier, "ablation": ablation, **empty}

    told = together(
        [world(1, 0.1, (0.25, 0.0, 1), (0.9, 1.0, 3)), world(2, 0.2, (0.96, 0.8, 1))], {}
    )

    assert told["calibration"] == [
        {"predicted": 0.25, "observed": 0.0, "clusters": 1},
        {"predicted": pytest.approx((0.9 * 3 + 0.96) / 4), "observed": 0.95, "clusters": 4},
    ]
    assert told["brier"] == pytest.approx((0.1 * 4 + 0.2) / 5)
