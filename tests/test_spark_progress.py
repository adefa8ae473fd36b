"""What Spark itself shows of a job: each of its small jobs carries the name of its step."""

from __future__ import annotations

import pyarrow as pa
import pytest

from graph.engines import open_engine
from graph.schema import Column, Schema

NUMBERS = Schema("numbers", (Column("n", "BIGINT", "a number"),), key=("n",))


class Heard:
    """A listener that keeps what it heard."""

    def __init__(self):
        self.steps = []

    def step(self, name, says):
        self.steps.append((name, says))

    def rows(self, done, total, unit):
        pass

    def note(self, says):
        pass


@pytest.fixture
def spark(tmp_path, spark_in_tests):
    opened = open_engine("spark", memory="2GB", threads=2, spill=tmp_path, spark=spark_in_tests)
    yield opened
    opened.close()


def counted(engine):
    table = engine.from_arrow(pa.table({"n": [1, 2]}, schema=NUMBERS.arrow), NUMBERS)
    return engine.query("select count(*) as n from {t}", t=table)["n"].to_pylist()


@pytest.mark.spark
def test_jobs_are_shown_under_the_step_that_asked_for_them_and_no_longer_than_it_lasts(spark):
    heard = Heard()
    context = spark.session.sparkContext
    tracker = context.statusTracker()

    with spark.watched(heard) as listener:
        listener.step("a-step-without", "nothing is asked")
        listener.step("a-counting-step", "count what is there")
        assert counted(spark) == [2]

    assert [name for name, _ in heard.steps] == ["a-step-without", "a-counting-step"]
    assert list(tracker.getJobIdsForGroup("a-step-without")) == []
    assert len(tracker.getJobIdsForGroup("a-counting-step")) > 0
    assert context.getLocalProperty("spark.jobGroup.id") is None
    assert context.getLocalProperty("spark.job.description") is None


@pytest.mark.spark
def test_a_notebook_that_grouped_its_jobs_can_still_stop_them_by_that(spark):
    context = spark.session.sparkContext
    context.setJobGroup("a-cell", "what a notebook is at", interruptOnCancel=True)
    try:
        with spark.watched(Heard()) as listener:
            listener.step("another-step", "count what is there")
            assert counted(spark) == [2]
            assert context.getLocalProperty("spark.job.description").startswith("another-step: ")

        assert len(context.statusTracker().getJobIdsForGroup("a-cell")) > 0
        assert context.getLocalProperty("spark.job.description") == "what a notebook is at"
        assert context.getLocalProperty("spark.job.interruptOnCancel") == "true"
    finally:
        for name in ("spark.jobGroup.id", "spark.job.description", "spark.job.interruptOnCancel"):
            context.setLocalProperty(name, None)
