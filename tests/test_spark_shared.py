"""An engine in a session that others use too, and on file systems that lose things."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.engines import open_engine
from graph.engines.spark.dialect import spark_sql
from graph.engines.spark.parallelism import _promised
from graph.engines.spark.submission import submit
from graph.errors import ConfigError, RingwatchError
from graph.rounding import rounded
from graph.schema import Column, Schema

SIZES = Schema("sizes", (Column("size", "BIGINT", "a size"),), key=("size",))
MEASURES = Schema("measures", (Column("value", "DOUBLE", "a value"),), key=("value",))
MANY = 60_000
"""More rows than are sorted in the driver's memory."""


@pytest.fixture
def spark(tmp_path, spark_in_tests):
    opened = open_engine("spark", memory="2GB", threads=2, spill=tmp_path, spark=spark_in_tests)
    yield opened
    opened.close()


@pytest.mark.spark
def test_two_engines_of_one_session_keep_their_tables_apart(spark, tmp_path, spark_in_tests):
    mine = spark.from_arrow(pa.table({"size": [1, 2]}), SIZES)
    with open_engine(
        "spark", memory="2GB", threads=2, spill=tmp_path / "other", spark=spark_in_tests
    ) as other:
        theirs = other.from_arrow(pa.table({"size": [7]}), SIZES)
        assert spark.query("select size from {mine} order by size", mine=mine)[
            "size"
        ].to_pylist() == [1, 2]
        assert other.query("select size from {theirs}", theirs=theirs)["size"].to_pylist() == [7]

    assert spark.query("select sum(size) as s from {mine}", mine=mine)["s"].to_pylist() == [3]


@pytest.mark.spark
def test_what_the_session_was_told_before_is_heard(spark, tmp_path):
    conf = spark.session.conf
    before = conf.get("spark.sql.shuffle.partitions")
    conf.set("spark.sql.shuffle.partitions", "7")
    conf.set("spark.ringwatch.scratch", (tmp_path / "shared").as_uri())
    try:
        with open_engine("spark", memory="2GB", threads=2) as other:
            assert conf.get("spark.sql.shuffle.partitions") == "7"
            assert other.scratch.root.startswith(f"file:{tmp_path}/shared/ringwatch-")
    finally:
        conf.set("spark.sql.shuffle.partitions", before)
        conf.unset("spark.ringwatch.scratch")


@pytest.mark.spark
def test_copies_of_files_for_the_workers_go_with_their_table(tmp_path, spark_in_tests):
    path, shared = tmp_path / "sizes.parquet", tmp_path / "shared"
    pq.write_table(pa.table({"size": [1, 2, 3]}, schema=SIZES.arrow), path)

    def copies():
        return [each for each in shared.rglob("*.parquet") if each.is_file()]

    with open_engine(
        "spark", memory="2GB", threads=2, scratch=str(shared), spark=spark_in_tests
    ) as spark:
        one, other = spark.read_parquet([path], SIZES), spark.read_parquet([path, path], SIZES)
        assert (spark.count(one), len(copies())) == (3, 3)

        spark.drop(other)

        assert (spark.arrow(one)["size"].to_pylist(), len(copies())) == ([1, 2, 3], 1)
        spark.drop(one)
        assert copies() == []
    assert path.is_file()


@pytest.mark.spark
def test_a_table_that_lost_a_part_is_not_given_as_fewer_rows(spark, monkeypatch):
    table = spark.from_arrow(pa.table({"size": np.arange(MANY)}), SIZES)
    parts = spark.scratch.parts

    def without_one(place):
        found = parts(place)
        if "/sorted-" in place:
            spark.scratch.files.remove(found[0])
        return parts(place)

    monkeypatch.setattr(type(spark.scratch), "parts", lambda _, place: without_one(place))

    with pytest.raises(RingwatchError, match=rf"`sizes` was written with {MANY} rows and \d+ can"):
        spark.arrow(table)


@pytest.mark.spark
def test_a_step_that_lost_a_part_is_not_kept(spark, tmp_path, monkeypatch):
    table = spark.from_arrow(pa.table({"size": [1, 2, 3]}), SIZES)
    sizes = spark.scratch.sizes

    def without_one(place):
        for name in list(sizes(place))[:1] if place.endswith(".parts") else []:
            spark.scratch.files.remove(f"{place}/{name}")
        return sizes(place)

    monkeypatch.setattr(type(spark.scratch), "sizes", lambda _, place: without_one(place))

    with pytest.raises(RingwatchError, match="`step` was written with 3 rows and"):
        spark.keep(table, tmp_path / "step")
    assert not (tmp_path / "step").exists()


@pytest.mark.spark
def test_closing_an_engine_of_a_session_that_has_died_hides_no_error(
    tmp_path, spark_in_tests, monkeypatch
):
    opened = open_engine("spark", memory="2GB", threads=2, spill=tmp_path, spark=spark_in_tests)
    opened.from_arrow(pa.table({"size": [1]}), SIZES)

    def dead(*_):
        raise ConnectionRefusedError

    with monkeypatch.context() as patched:
        patched.setattr(type(opened.session.catalog), "dropTempView", dead)
        patched.setattr(type(opened.scratch.files), "remove", dead)
        opened.close()

    assert list(tmp_path.iterdir()) == []


def test_numbers_to_places_are_the_same_on_every_engine(engine):
    dice = np.random.default_rng(3)
    values = np.concatenate([dice.uniform(-1, 1, 4_000) * 10.0**power for power in range(-6, 8)])
    measures = engine.from_arrow(pa.table({"value": values}), MEASURES)

    found = engine.query(
        f"select value, {rounded('value', 9)} as nine from {{measures}} order by value",
        measures=measures,
    )

    scaled = np.sort(values) * 1e9
    whole = np.sign(scaled) * np.floor(np.abs(scaled))
    whole += np.sign(scaled) * (np.abs(scaled - whole) >= 0.5)
    assert found["nine"].to_numpy().tolist() == (whole / 1e9).tolist()


def test_halves_become_the_even_whole_number_on_every_engine(engine):
    halves = engine.from_arrow(pa.table({"value": [0.5, 1.5, 2.5, -0.5, -1.5, 2.4]}), MEASURES)

    whole = engine.sql("select value as size from {halves}", SIZES, halves=halves)

    assert engine.arrow(whole)["size"].to_pylist() == [-2, 0, 0, 2, 2, 2]


@pytest.mark.parametrize(
    ("settings", "cores"),
    [
        ({"spark.master": "local[2]", "spark.executor.instances": "9"}, 0),
        ({"spark.executor.instances": "50", "spark.executor.cores": "4"}, 200),
        ({"spark.cores.max": "500"}, 500),
        (
            {
                "spark.dynamicAllocation.enabled": "true",
                "spark.dynamicAllocation.maxExecutors": "30",
                "spark.executor.cores": "4",
                "spark.executor.instances": "2",
            },
            120,
        ),
        ({"spark.dynamicAllocation.enabled": "true", "spark.executor.cores": "4"}, 0),
        ({}, 0),
    ],
)
def test_executors_that_are_still_to_come_are_reckoned_with(settings, cores):
    assert _promised(settings) == cores


def test_a_hash_in_a_query_has_64_bits_on_spark_and_a_text_that_names_it_stays():
    written = spark_sql("select hash(a, b), rehash(a), 'hash(a)' from {rows}", str)

    assert written == "select xxhash64(a, b), rehash(a), 'hash(a)' from rows"


@pytest.mark.parametrize("options", [[], ["--conf", "spark.sql.ansi.enabled=false"]])
def test_a_setting_on_which_answers_rest_is_refused_before_anything_is_submitted(options):
    conf = {} if options else {"spark.sql.ansi.enabled": "false"}

    with pytest.raises(ConfigError, match=r"`spark.sql.ansi.enabled` is `true` on the Spark"):
        submit(["detect"], master="local[1]", conf=conf, options=options, script="none.py")
