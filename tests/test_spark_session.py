"""A session is looked at before it is used: what does not fit is refused with reason and mend."""

from __future__ import annotations

import json
import time
from importlib import metadata

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from console.cli import app
from graph.engines import open_engine
from graph.engines.spark.preflight import refuse_connect, refuse_version
from graph.engines.spark.session import jvm_size, open_session
from graph.engines.spark.worker_facts import WorkerFacts, worker_facts
from graph.engines.spark.workers import differing
from graph.errors import ConfigError, NotOnThisEngine
from graph.schema import Column, Schema

SIZES = Schema("sizes", (Column("size", "BIGINT", "a size"),), key=("size",))


class Heard:
    """A listener that keeps what it hears."""

    def __init__(self):
        self.said = []

    def step(self, name, says):
        self.said.append(("step", name))

    def rows(self, done, total, unit):
        self.said.append(("rows", done, total, unit))

    def note(self, says):
        self.said.append(("note", says))


@pytest.mark.parametrize("version", ["4.1.4", "4.1.0.dev0"])
def test_the_reference_line_of_spark_is_taken(version):
    refuse_version(version, what="PySpark")


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("3.5.9", "it lacks `applyInArrow`, `toArrow` and Arrow tables as input"),
        ("3.5.6-amzn-1", "on EMR or Databricks take a runtime with Spark 4.1"),
        ("4.0.1", "answers are checked on Spark 4.1 alone"),
        ("4.3.0", "pip install 'ringwatch[spark,igraph]' brings that one"),
    ],
)
def test_another_line_of_spark_is_refused_with_the_reason(version, reason):
    with pytest.raises(NotOnThisEngine) as caught:
        refuse_version(version, what="PySpark")

    assert f"PySpark here is {version}: " in str(caught.value)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("master", "conf", "environment", "named"),
    [
        ("sc://host:15002", {}, {}, "`master` is `sc://host:15002`"),
        (None, {"spark.remote": "local"}, {}, "`spark.remote` is `local`"),
        (None, {"spark.api.mode": "connect"}, {}, "`spark.api.mode` is `connect`"),
        (None, {}, {"SPARK_REMOTE": "sc://host"}, "`SPARK_REMOTE` is `sc://host`"),
    ],
)
def test_spark_connect_is_refused_with_the_reason(master, conf, environment, named):
    with pytest.raises(NotOnThisEngine) as caught:
        refuse_connect(master, conf, environment)

    assert str(caught.value).startswith(f"{named}: the Spark engine needs a classic session")
    assert "driver's JVM" in str(caught.value)


def test_a_classic_session_is_not_taken_for_one_of_connect():
    refuse_connect("yarn", {"spark.api.mode": "classic"}, {"SPARK_CONNECT_MODE_ENABLED": "0"})


def test_a_job_on_spark_connect_ends_with_the_code_of_an_installation(
    ring_file, tmp_path, monkeypatch
):
    monkeypatch.setenv("SPARK_REMOTE", "sc://host:15002")
    columns = ["--account", "who", "--object", "what", "--time", "ts"]

    done = CliRunner().invoke(
        app,
        ["detect", str(ring_file), *columns, "--engine", "spark", "--out", str(tmp_path / "out")],
    )

    assert done.exit_code == 5
    assert "ringwatch: `SPARK_REMOTE` is `sc://host:15002`" in done.stderr


def test_a_setting_on_which_answers_rest_is_not_to_be_changed():
    with pytest.raises(ConfigError, match=r"`spark.sql.ansi.enabled` is `true` .* not `false`"):
        open_session(master=None, memory="1GB", threads=1, conf={"spark.sql.ansi.enabled": "false"})


@pytest.mark.parametrize(
    ("said", "to_the_jvm"), [("4GB", "4g"), ("800MB", "800m"), ("2 GiB", "2g"), ("512k", "512k")]
)
def test_memory_is_said_to_the_jvm_in_its_own_words(said, to_the_jvm):
    assert jvm_size(said) == to_the_jvm


def facts(**versions):
    return WorkerFacts("node-3", 1, versions, code="a1")


def test_an_executor_with_other_versions_is_named_with_them():
    driver = facts(python="3.11.7", igraph="1.0.0", numba="0.68.1")

    assert differing(driver, facts(python="3.11.2", igraph="1.0.0", numba="0.68.1")) == []
    assert differing(driver, facts(python="3.12.7", igraph="0.11.8", numba=None)) == [
        "node-3 has python 3.12.7 and not 3.11.7",
        "node-3 has igraph 0.11.8 and not 1.0.0",
        "node-3 has numba not at all and not 0.68.1",
    ]


def test_what_the_driver_has_not_an_executor_may_have():
    assert differing(facts(igraph=None), facts(igraph="1.0.0")) == []


def test_an_executor_without_our_code_or_with_other_code_is_named():
    driver = facts()

    assert differing(driver, WorkerFacts("node-3", 1, {}, None)) == ["node-3 has no ringwatch"]
    assert differing(driver, WorkerFacts("node-3", 1, {}, "b2")) == [
        "node-3 has other code of ringwatch"
    ]


def test_a_process_tells_the_versions_it_would_compute_with():
    found = worker_facts()

    assert found.versions["igraph"] == metadata.version("igraph")
    assert None not in found.versions.values()
    assert found.code is not None


def test_a_step_hears_of_the_engines_tasks_and_begins_anew_with_the_next(engine):
    heard = Heard()

    with engine.watched(heard) as said:
        for name in ("one", "two"):
            said.step(name, "four slow tasks")
            engine.spread([1, 2, 3, 4], slow, SIZES)
        said.rows(7, None, "bytes")

    assert heard.said[-1] == ("rows", 7, None, "bytes")
    if engine.name == "local":
        assert of_tasks(heard.said) == []
        return
    assert heard.said[0][1].startswith("Spark 4.1.")
    assert "on local[2], Java " in heard.said[0][1]
    second = heard.said.index(("step", "two"))
    for part in (heard.said[:second], heard.said[second:]):
        counted = of_tasks(part)
        assert counted
        assert all(0 <= done <= total for done, total in counted)
        assert counted[0][0] < 4 <= counted[-1][1] <= 8


def of_tasks(said):
    return [(one[1], one[2]) for one in said if one[-1] == "tasks"]


def slow(size):
    time.sleep(1.5)
    yield pa.RecordBatch.from_pydict({"size": [size]}, schema=SIZES.arrow)


@pytest.mark.spark
def test_a_session_that_runs_is_not_taken_for_one_on_another_cluster(tmp_path):
    with (
        open_engine("spark", memory="1GB", threads=2, spill=tmp_path),
        pytest.raises(ConfigError) as caught,
    ):
        open_engine("spark", master="yarn", scratch="hdfs:///tmp")

    assert "a Spark session runs here already, on `local[2]` and not on `yarn`" in str(caught.value)


@pytest.mark.spark
def test_the_doctor_looks_at_spark_too(tmp_path):
    asked = ["doctor", "--engine", "spark", "--master", "local[2]", "--out", str(tmp_path)]

    done = CliRunner().invoke(app, [*asked, "--json"])

    assert done.exit_code == 0, done.stdout
    found = {each["check"]: each for each in json.loads(done.stdout)["findings"]}
    assert found["PySpark"]["says"].startswith("4.1.")
    assert found["Java"]["says"].startswith("Java ")
    assert found["Spark session"]["says"].startswith("Spark 4.1.")
    assert found["executors"]["says"] == "the driver is the executor"
    assert found["scratch"]["state"] == "good"


def test_the_doctor_names_what_keeps_spark_from_starting_with_its_mend(tmp_path, monkeypatch):
    monkeypatch.setenv("SPARK_REMOTE", "sc://host")

    done = CliRunner().invoke(
        app, ["doctor", "--engine", "spark", "--out", str(tmp_path), "--json"]
    )

    assert done.exit_code == 1
    found = {each["check"]: each for each in json.loads(done.stdout)["findings"]}
    assert found["Spark session"]["state"] == "bad"
    assert found["Spark session"]["mend"].startswith("start inside the cluster with `ringwatch")
