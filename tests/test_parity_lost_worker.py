"""A small job on two worker processes, one of which is killed: the same run."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from jobs.config import job_from
from jobs.detect import detect
from jobs.quick import Changes, QuickTable, quick_job
from tests.test_parity_jobs import MEMBERSHIP, Apart, on_spark, the_same

pytestmark = [pytest.mark.spark, pytest.mark.slow]


@pytest.fixture(scope="module")
def lost(ring_file, spark_in_small_jobs, tmp_path_factory):
    """A job of one detector whose first worker was killed in it, and the local engine's run."""
    place = tmp_path_factory.mktemp("lost")
    (place / "log").mkdir()
    table = QuickTable(
        path=ring_file,
        mapping={"account": "who", "object": "what", "acted_at": "ts", "content": "post"},
    )
    changes = Changes(threads=2, detectors=("shared-objects",))
    given = {"job": {}, **quick_job(table, changes, said=lambda _: None).given}
    conf = {
        **spark_in_small_jobs,
        "spark.task.maxFailures": "4",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": f"file://{place}/log",
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
    }
    there = on_spark(given, conf, master="local-cluster[2,1,1024]", scratch=f"file://{place}/s")
    running = Apart(there, Path("/"), place)
    try:
        running.reached("shared-objects")
        time.sleep(2)
        before = running.executors()
        assert len(before) == 2
        os.kill(before[0], signal.SIGKILL)
        while not set(running.executors()) - set(before):
            assert running.process.poll() is None, "it ended before the worker was replaced"
            time.sleep(0.1)
        run = running.done()
    finally:
        running.end()
    local = detect(job_from(given, base=Path("/")), place / "local").run
    return SimpleNamespace(run=run, local=local, place=place)


def test_it_is_the_run_of_the_local_engine_and_nothing_is_left_on_the_scratch(lost):
    assert set(the_same(lost.local, lost.run).identical) >= MEMBERSHIP
    assert lost.local.manifest.tables["clusters"].rows == 1
    assert list((lost.place / "s").iterdir()) == []
    assert list((lost.place / "elsewhere").iterdir()) == []


def test_its_event_log_tells_the_lost_worker_and_each_job_under_the_name_of_its_step(lost):
    [log] = [path for path in (lost.place / "log").iterdir() if path.suffix != ".crc"]
    events = [json.loads(line) for line in log.read_text().splitlines()]
    kinds = {event["Event"] for event in events}
    begun = [event for event in events if event["Event"] == "SparkListenerJobStart"]
    groups = {event["Properties"].get("spark.jobGroup.id") for event in begun}

    assert {"SparkListenerExecutorRemoved", "SparkListenerApplicationEnd"} <= kinds
    assert {"read", "shared-objects", "divide", "evidence", "measure"} <= groups
    said = {event["Properties"].get("spark.job.description") for event in begun}
    assert any(text and "divide them into clusters" in text for text in said)
