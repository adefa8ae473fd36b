"""What Spark shows of a job: its small jobs carry their step's name, and uneven steps are told."""

from __future__ import annotations

import os
import re
import signal
import time
from contextlib import suppress
from threading import Timer

import pyarrow as pa
import pytest

from graph.engines import open_engine
from graph.engines.spark.progress import watched
from graph.engines.spark.uneven import Uneven, altogether
from graph.schema import Column, Schema

NUMBERS = Schema("numbers", (Column("n", "BIGINT", "a number"),), key=("n",))


class Heard:
    """A listener that keeps what it heard."""

    def __init__(self):
        self.steps = []
        self.notes = []

    def step(self, name, says):
        self.steps.append((name, says))

    def rows(self, done, total, unit):
        pass

    def note(self, says):
        self.notes.append(says)


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


def slept(seconds):
    time.sleep(seconds)
    yield pa.RecordBatch.from_pydict({"n": [1]}, schema=NUMBERS.arrow)


@pytest.mark.spark
def test_a_step_that_waits_for_one_task_is_told_when_it_is_over_and_at_the_end(spark):
    heard = Heard()
    with watched(spark.session, heard, long_seconds=1.0) as listener:
        listener.step("an-even-step", "tasks that are alike")
        spark.spread([1.2] * 3, slept, NUMBERS)
        listener.step("an-uneven-step", "one task is far longer than the others")
        # Many short ones, so that on a busy machine the first alone are slow to begin.
        spark.spread([6.0] + [0.01] * 15, slept, NUMBERS)
        told_within = len(heard.notes)
        listener.step("the-next-step", "nothing is asked")
        told_after = heard.notes[told_within:]

    [line] = told_after
    said = re.fullmatch(
        r"`an-uneven-step` waited for one task of Spark: it took ([\d.]+) s,"
        r" ([\d,]+) times the median of its stage's 16 tasks",
        line,
    )
    assert said is not None, line
    assert float(said[1]) >= 6.0
    assert int(said[2].replace(",", "")) >= 5
    assert heard.notes[-1].startswith(
        "skew, a task of Spark far longer than its like, in: `an-uneven-step` ("
    )
    assert not any("an-even-step" in note for note in heard.notes)


@pytest.mark.spark
def test_of_even_work_and_of_short_work_no_skew_is_told(spark):
    heard = Heard()
    with watched(spark.session, heard) as listener:
        listener.step("a-short-step", "one task is longer, and is soon through")
        spark.spread([0.02, 0.02, 1.5, 0.02], slept, NUMBERS)

    assert [note for note in heard.notes if not note.startswith("Spark ")] == []


@pytest.mark.spark
def test_ctrl_c_in_the_middle_of_an_answer_is_ctrl_c_and_logs_no_pages(spark, caplog):
    """Python waits for the JVM there: nothing else can be asked through that connection."""
    java = spark.session.sparkContext._jvm.java.lang.Thread
    began = time.monotonic()
    press = Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))

    with pytest.raises(KeyboardInterrupt), watched(spark.session, Heard()):
        press.start()
        java.sleep(30_000)

    assert time.monotonic() - began < 20
    assert not [record for record in caplog.records if "py4j" in record.pathname]
    assert counted(spark) == [2]


@pytest.mark.spark
def test_ctrl_c_ends_the_work_as_ctrl_c_whatever_is_made_of_it_on_its_way(spark):
    stood = signal.getsignal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt) as stopped, watched(spark.session, Heard()):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            message = "[SPARK_JOB_CANCELLED] Job 3 cancelled as part of cancellation of all jobs"
            raise RuntimeError(message) from None
    assert isinstance(stopped.value.__cause__, RuntimeError)

    heard = Heard()
    with pytest.raises(KeyboardInterrupt), watched(spark.session, heard) as listener:
        listener.step("a-step", "Ctrl-C is pressed, and dropped by a library")
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        listener.step("another-step", "it is not begun")
    assert [name for name, _ in heard.steps] == ["a-step"]
    assert signal.getsignal(signal.SIGINT) is stood
    assert counted(spark) == [2]


def test_steps_are_named_at_the_end_with_the_most_costly_first():
    cheap, dear = Uneven("cheap", 8, 20.0, 0.1), Uneven("dear", 200, 61.04, 5.0)

    assert altogether([cheap, dear]) == (
        "skew, a task of Spark far longer than its like, in: `dear` (12 times the median, 61.0 s),"
        " `cheap` (200 times the median, 20.0 s); see docs/scale.md, The largest skew"
    )
    assert altogether([]) is None
