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
def test_jobs_are_shown_under_the_step_that_asked_for_them(spark):
    heard = Heard()
    context = spark.session.sparkContext
    tracker = context.statusTracker()
    context.setJobGroup("somebody-elses", "what a notebook was at")

    with spark.watched(heard) as listener:
        listener.step("counting-step", "count what is there")
        assert counted(spark) == [2]

    assert heard.steps == [("counting-step", "count what is there")]
    assert len(tracker.getJobIdsForGroup("counting-step")) > 0
    assert context.getLocalProperty("spark.jobGroup.id") == "somebody-elses"
    context.setLocalProperty("spark.jobGroup.id", None)
    context.setLocalProperty("spark.job.description", None)


@pytest.mark.spark
def test_nothing_is_shown_under_a_step_that_has_ended(spark):
    context = spark.session.sparkContext

    with spark.watched(Heard()) as listener:
        listener.step("first-step", "first")
        listener.step("second-step", "second")
        assert counted(spark) == [2]

    assert context.statusTracker().getJobIdsForGroup("first-step") == []
    assert context.getLocalProperty("spark.jobGroup.id") is None
