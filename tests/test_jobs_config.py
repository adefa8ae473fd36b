"""A job file is read once, at the door, and says where it is wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import pytest

from graph.errors import ConfigError
from graph.model import Clustering
from graph.schemas import CLUSTERING
from jobs.config import job_from, read_job
from jobs.detectors import DETECTORS
from jobs.fuse import ClusterSettings, coordination_graph, divide, large
from jobs.seeds import read_seeds
from jobs.settings import tuned

MAP = {"account": "who", "object": "what", "acted_at": "when"}
EXTRACT = {"tables": [{"name": "likes", "path": "likes.csv", "time_unit": "iso", "map": MAP}]}
ON = [name for name, each in DETECTORS.items() if each.enabled]


def job(**sections):
    return job_from({"extract": EXTRACT, **sections}, base=Path("/jobs"))


def refused(**sections):
    with pytest.raises(ConfigError) as caught:
        job(**sections)
    return str(caught.value)


def test_a_day_written_as_toml_writes_days_can_be_kept_with_the_run(tmp_path):
    path = tmp_path / "job.toml"
    path.write_text(
        """
        [extract]
        platform_start = 1998-01-31
        [[extract.tables]]
        name = "likes"
        path = "likes.csv"
        time_unit = "iso"
        map = { account = "who", object = "what", acted_at = "when" }
        """
    )

    found = read_job(path)

    assert found.extract.platform_start == date(1998, 1, 31)
    assert json.loads(json.dumps(found.settings()))["extract"] == found.given["extract"]
    assert found.given["extract"]["platform_start"] == "1998-01-31"


def test_a_detector_that_is_off_by_default_runs_when_a_job_says_so():
    given = {"lockstep": {"most_blocks": 3}}
    asked = {"lockstep": {"most_blocks": 3, "enabled": True}}

    assert "lockstep" not in [each.name for each in job(detectors=given).detectors]
    (found,) = [each for each in job(detectors=asked).detectors if each.name == "lockstep"]
    assert found.settings.most_blocks == 3


def test_accounts_are_not_called_as_a_table_of_the_extract_is():
    accounts = {"path": "who.csv", "time_unit": "iso", "map": {"account": "who"}}

    assert job(accounts=accounts).accounts.table.name == "accounts"
    says = refused(accounts={**accounts, "name": "likes"})

    assert "a table of [extract] and that of [accounts] are both called `likes`" in says


def test_a_job_needs_an_extract_alone():
    found = job()

    assert [each.name for each in found.detectors] == ON
    assert found.extract.tables[0].path == Path("/jobs/likes.csv")
    assert (found.job.engine, found.job.seed, found.accounts, found.seeds.bad) == (
        "local",
        0,
        None,
        None,
    )
    with pytest.raises(ConfigError, match=r"no \[extract\]; say which tables to read"):
        job_from({}, base=Path())


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"detector": {}}, "unknown section `detector` in the job file; did you mean `detectors`?"),
        ({"job": {"sed": 1}}, "unknown setting `sed` in [job]; did you mean `seed`?"),
        ({"job": {"seed": True}}, "`seed` in [job] is of type int, not `True`"),
        ({"job": {"threads": "two"}}, "`threads` in [job] is int or `none`, not `two`"),
        (
            {"cluster": {"method": "louvain"}},
            "`method` in [cluster] is one of `leiden`, `label-propagation`, not `louvain`",
        ),
        (
            {"detectors": {"shared-object": {}}},
            "unknown detector `shared-object` in [detectors]; did you mean `shared-objects`?",
        ),
        (
            {"detectors": {"seeded": {"enabled": "no"}}},
            "`enabled` in [detectors.seeded] is true or false, not `no`",
        ),
        (
            {"detectors": {"shared-objects": {"within_seconds": 60}}},
            "`within_seconds` in [detectors.shared-objects] is a list, not `60`",
        ),
        ({"seeds": {"ill": "x.txt"}}, "unknown setting `ill` in [seeds]"),
        ({"seeds": {"bad": 7}}, "`bad` in [seeds] is a file's path, not `7`"),
        (
            {"detectors": {name: {"enabled": False} for name in DETECTORS}},
            "every detector is switched off; leave at least one enabled",
        ),
    ],
)
def test_a_wrong_job_file_is_answered_with_the_fact_and_the_mend(given, says):
    assert says in refused(**given)


def test_a_section_that_is_no_table_is_refused_in_words():
    for section in ("job", "seeds", "detectors", "cluster", "extract", "accounts"):
        assert f"`{section}`" in refused(**{section: 5})
    assert "`detectors.seeded` is a section" in refused(detectors={"seeded": 5})


def test_settings_reach_the_detector_and_the_manifest():
    found = job(
        detectors={
            "shared-objects": {"within_seconds": [30], "raw_pairs": "none"},
            "seeded": {"enabled": False},
        },
        cluster={"resolution": 1},
    )

    told = found.settings()
    assert told["detectors"].keys() == set(ON) - {"seeded"}
    assert told["detectors"]["shared-objects"]["within_seconds"] == (30.0,)
    assert told["detectors"]["shared-objects"]["raw_pairs"] is None
    assert told["cluster"]["resolution"] == 1.0


def test_what_does_not_shape_the_answer_is_not_in_the_settings():
    fast = job(job={"threads": 8, "memory": "64GB", "name": "daily", "out": "runs"})

    assert fast.settings() == job().settings()
    assert job(job={"seed": 1}).settings() != job().settings()


def test_a_file_that_is_no_job_file_is_named(tmp_path):
    (tmp_path / "broken.toml").write_text("[job\n")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")

    for name, says in (
        ("absent.toml", "cannot read the job file"),
        ("broken.toml", "is no TOML"),
        ("binary.toml", "is no TOML"),
    ):
        with pytest.raises(ConfigError, match=says):
            read_job(tmp_path / name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """One field of each type that settings have."""

    count: int = 1
    share: float = 0.5
    words: tuple[str, ...] = ()
    way: Literal["up", "down"] = "up"
    most: float | None = None
    on: bool = False


def test_whole_numbers_are_fractions_and_lists_are_tuples_and_none_is_a_word():
    found = tuned(
        Every(),
        {"share": 2, "words": ["a", "b"], "way": "down", "most": "none", "on": True},
        of="x",
    )

    assert found == Every(share=2.0, words=("a", "b"), way="down", most=None, on=True)
    assert isinstance(found.share, float)
    assert tuned(found, {"most": 3}, of="x").most == 3.0


@pytest.mark.parametrize(
    "wrong",
    [{"count": 1.5}, {"count": True}, {"words": "a"}, {"words": [1]}, {"way": "left"}, {"on": 1}],
)
def test_a_value_of_another_type_is_never_bent_to_fit(wrong):
    with pytest.raises(ConfigError, match=rf"`{next(iter(wrong))}` in \[x\] is"):
        tuned(Every(), wrong, of="x")


def test_seeds_that_contradict_one_another_are_refused(engine, tmp_path):
    (tmp_path / "bad.txt").write_text("a\nb\n")
    (tmp_path / "good.txt").write_text("b\n")

    with pytest.raises(ConfigError, match="1 seeds are both bad and good, the first 'b'"):
        read_seeds(engine, tmp_path / "bad.txt", tmp_path / "good.txt")
    with pytest.raises(ConfigError, match="has `good` and no `bad`"):
        read_seeds(engine, None, tmp_path / "good.txt")
    assert read_seeds(engine, None, None) is None


def test_groups_below_the_least_size_are_left_out(engine, table):
    whole = Clustering(
        table(
            engine,
            CLUSTERING,
            """
            account | cluster
            a1      | a1
            a2      | a1
            a3      | a1
            b1      | b1
            b2      | b1
            """,
        ),
        method="by hand",
    )

    kept = large(whole, ClusterSettings(at_least_accounts=3))

    assert {row["cluster"] for row in kept.members.rows()} == {"a1"}
    with pytest.raises(ConfigError, match="at_least_accounts is at least 2, not 1"):
        large(whole, ClusterSettings(at_least_accounts=1))


@pytest.mark.parametrize("wider", [(1.0, 0.5), (0.5, 0.5), (0.25, 0.5), (0.5, 0.0)])
def test_a_look_from_further_away_that_is_no_lower_price_is_refused(wider):
    with pytest.raises(ConfigError, match="each below the one before it"):
        ClusterSettings(wider=wider)

    assert ClusterSettings(wider=()).wider == ()


@pytest.mark.parametrize("method", ["leiden", "label-propagation"])
def test_no_layer_gives_no_cluster(engine, method):
    graph = coordination_graph(engine, [])

    assert divide(graph, ClusterSettings(method=method), seed=0).members.count() == 0
