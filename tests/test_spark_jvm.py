"""What a local session's JVM is told about itself, and that nobody else's word is taken back."""

from __future__ import annotations

import pytest

from graph.engines.spark.jvm import jvm_options

OURS = "spark.driver.defaultJavaOptions"
THEIRS = "spark.driver.extraJavaOptions"


def options(conf, environment=None, processors=2):
    return jvm_options(conf, environment or {}, processors=processors).get(OURS, "").split()


def test_a_jvm_of_many_small_queries_compiles_quickly_with_room_for_its_code():
    assert options({}) == [
        "-XX:TieredStopAtLevel=1",
        "-XX:ReservedCodeCacheSize=256m",
        "-XX:+UseSerialGC",
    ]


def test_where_there_are_many_processors_many_collect():
    assert "-XX:+UseParallelGC" in options({}, processors=16)
    assert "-XX:+UseSerialGC" not in options({}, processors=16)


def test_options_about_other_things_go_beside_ours():
    assert options({THEIRS: "-Dderby.system.home=/tmp/x"}) == options({})


@pytest.mark.parametrize(
    ("told", "left_out"),
    [
        ("-XX:+UseG1GC", "-XX:+UseSerialGC"),
        ("-XX:TieredStopAtLevel=4", "-XX:TieredStopAtLevel=1"),
        ("-XX:-TieredCompilation", "-XX:TieredStopAtLevel=1"),
        ("-XX:ReservedCodeCacheSize=1g", "-XX:ReservedCodeCacheSize=256m"),
    ],
)
def test_what_a_user_says_about_the_same_thing_stands_alone(told, left_out, tmp_path):
    (tmp_path / "defaults").mkdir()
    (tmp_path / "defaults" / "spark-defaults.conf").write_text(f"{THEIRS} {told}\n")
    (tmp_path / "script").mkdir()
    (tmp_path / "script" / "spark-env.sh").write_text(f"export SPARK_SUBMIT_OPTS='{told}'\n")

    for found in (
        options({THEIRS: told}),
        options({}, {"JAVA_TOOL_OPTIONS": told}),
        options({}, {"PYSPARK_SUBMIT_ARGS": f"--driver-java-options {told} pyspark-shell"}),
        options({}, {"SPARK_CONF_DIR": str(tmp_path / "defaults")}),
        options({}, {"SPARK_CONF_DIR": str(tmp_path / "script")}),
    ):
        assert left_out not in found
        assert len(found) == 2


def test_a_site_that_sets_the_same_setting_of_spark_keeps_its_own(tmp_path):
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "spark-defaults.conf").write_text(f"{OURS} -Dsite=1\n")

    assert jvm_options({}, {"SPARK_HOME": str(tmp_path)}, processors=2) == {}
    assert jvm_options({OURS: "-Da=b"}, {}, processors=2) == {}


def test_a_site_without_defaults_of_its_own_is_no_obstacle(tmp_path):
    assert options({}, {"SPARK_CONF_DIR": str(tmp_path / "nothing")}) == options({})


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("PYSPARK_SUBMIT_ARGS", "--properties-file /etc/site.conf pyspark-shell"),
        ("JDK_JAVA_OPTIONS", "@/etc/java.options"),
    ],
)
def test_where_options_stand_in_a_file_that_is_not_read_ours_stay_away(name, told):
    assert options({}, {name: told}) == []
