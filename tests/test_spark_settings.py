"""Where a job runs: the `[spark]` section, and what the command line says over it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.cli import app
from graph.engines import open_engine
from graph.errors import ConfigError
from jobs.config import job_from
from jobs.opening import engine_of
from jobs.quick import Changes, changed
from jobs.spark_settings import spark_option

MAP = {"account": "who", "object": "what", "acted_at": "when"}
EXTRACT = {"tables": [{"name": "likes", "path": "likes.csv", "time_unit": "iso", "map": MAP}]}
CLUSTER = {"master": "yarn", "scratch": "hdfs:///tmp"}


def job(**sections):
    return job_from({"extract": EXTRACT, **sections}, base=Path("/jobs"))


def test_settings_of_spark_are_read_from_quoted_names_and_from_names_within_names():
    quoted = {"spark.executor.memory": "8g", "spark.executor.cores": 4}
    within = {"spark": {"executor": {"memory": "8g", "cores": 4}, "speculation": False}}

    assert job(spark={"conf": quoted}).spark.conf == {
        "spark.executor.memory": "8g",
        "spark.executor.cores": "4",
    }
    assert job(spark={"conf": within}).spark.conf["spark.speculation"] == "false"


@pytest.mark.parametrize(
    ("sections", "says"),
    [
        (
            {"job": {"engine": "sparc"}},
            "`engine` in [job] is one of `local`, `spark`, not `sparc`",
        ),
        (
            {"spark": {"mastre": "yarn"}},
            "unknown setting `mastre` in [spark]; did you mean `master`?",
        ),
        ({"spark": {"master": 4}}, "`master` in [spark] is str or `none`, not `4`"),
        (
            {"spark": {"conf": "x"}},
            "`conf` in [spark] is a section, written `[spark.conf]`, not the value `x`",
        ),
        (
            {"spark": {"conf": {"executor": {"cores": 1}}}},
            "`executor.cores` is no setting of Spark, which begin with `spark.`",
        ),
        (
            {"spark": {"conf": {"spark.jars": ["a"]}}},
            "`spark.jars` in [spark.conf] is a text, number, true or false, not `['a']`",
        ),
    ],
)
def test_what_is_wrong_in_the_section_is_named(sections, says):
    with pytest.raises(ConfigError) as caught:
        job(**sections)

    assert str(caught.value) == says


def test_where_a_job_runs_is_no_part_of_what_its_run_depends_on():
    here = job()
    there = job(job={"engine": "spark"}, spark={**CLUSTER, "conf": {"spark.app.name": "x"}})

    assert here.settings() == there.settings()


def test_a_section_of_spark_waits_while_the_engine_is_the_local_one(tmp_path):
    with engine_of(job(spark=CLUSTER), spill=tmp_path) as engine:
        assert engine.name == "local"


def test_the_command_line_goes_over_the_job_file():
    given = {"extract": EXTRACT, "spark": {**CLUSTER, "conf": {"spark": {"a": 1, "b": 2}}}}
    changes = Changes(
        engine="spark", master="local[2]", spark=dict([spark_option("spark.b=3"), ("spark.c", "4")])
    )

    found = job_from(changed(given, changes), base=Path())

    assert found.job.engine == "spark"
    assert (found.spark.master, found.spark.scratch) == ("local[2]", "hdfs:///tmp")
    assert found.spark.conf == {"spark.a": "1", "spark.b": "3", "spark.c": "4"}


@pytest.mark.parametrize(
    "changes",
    [
        Changes(master="yarn"),
        Changes(scratch="hdfs:///tmp"),
        Changes(spark={"spark.executor.cores": "4"}),
    ],
)
def test_spark_is_not_told_anything_while_it_is_not_the_engine(changes):
    with pytest.raises(ConfigError, match=r"goes with `--engine spark`, and the engine is `local`"):
        changed({"extract": EXTRACT}, changes)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("spark.executor.memory", "`--spark` is NAME=VALUE, such as spark.executor.memory=8g"),
        ("executor.memory=8g", "`executor.memory` is no setting of Spark"),
    ],
)
def test_a_setting_of_spark_is_a_name_and_a_value(text, says):
    with pytest.raises(ConfigError, match=says):
        spark_option(text)


def test_a_value_of_spark_may_hold_signs_of_its_own():
    option = "spark.driver.extraJavaOptions=-Da=b -Dc=d"

    assert spark_option(option) == ("spark.driver.extraJavaOptions", "-Da=b -Dc=d")


def test_the_settings_shown_have_the_section_with_its_sources(tmp_path):
    file = tmp_path / "job.toml"
    file.write_text('[spark]\nmaster = "yarn"\n[spark.conf]\nspark.executor.cores = 4\n[extract]\n')
    file.write_text(file.read_text() + EXTRACT_TEXT)

    shown = CliRunner().invoke(app, ["config", "show", str(file)])

    assert shown.exit_code == 0, shown.stderr
    rows = [line.split() for line in shown.stdout.splitlines() if str(file) in line]
    assert [row[1:4:2] for row in rows][:2] == [
        ["master", "yarn"],
        ["conf", "spark.executor.cores=4"],
    ]


EXTRACT_TEXT = """
[[extract.tables]]
name = "likes"
path = "likes.csv"
format = "csv"
time_unit = "iso"
map = {account = "who", object = "what", acted_at = "when"}
"""


def test_the_local_engine_takes_no_settings_of_spark():
    with pytest.raises(ConfigError, match="need engine `spark`, not `local`"):
        open_engine("local", master="yarn")
