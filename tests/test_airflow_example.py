"""The example for Airflow is loaded by a real Airflow, and its tasks do what they say.

Airflow is heavy and shares libraries with nobody: it is installed into an environment of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from builders.files.remote import RemotePlace
from jobs.config import read_job

pytestmark = pytest.mark.slow

EXAMPLE = Path(__file__).parents[1] / "examples" / "airflow"
PROGRAMS = Path(sys.executable).parent
PACKAGES = ("apache-airflow-core>=3,<4", "apache-airflow-providers-standard")

LOADED = """
import json, sys
from airflow.dag_processing.dagbag import DagBag

bag = DagBag(dag_folder=sys.argv[1])
dag = bag.dags.get("ringwatch_nightly")
tasks = {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks} if dag else {}
retries = {task.task_id: task.retries for task in dag.tasks} if dag else {}
places = {name: dag.params[name] for name in ("warehouse", "scratch", "out")} if dag else {}
told = {"errors": bag.import_errors, "tasks": tasks, "retries": retries, "places": places}
print(json.dumps({**told, "schedule": str(dag.schedule), "at_once": dag.max_active_runs}))
"""

CALLED = """
import json, sys
sys.path.insert(0, sys.argv[1])
import ringwatch_nightly as nightly

params = {"warehouse": "hdfs:///warehouse", "days": 7, "out": sys.argv[2]}
path = nightly.write_job.function("2026-03-03", params)
try:
    nightly.ringwatch("submit", "no-such-job.toml")
except nightly.AirflowFailException as error:
    failed = str(error)
print(json.dumps({"path": path, "failed": failed}))
"""


@pytest.fixture(scope="module")
def airflow(tmp_path_factory):
    """`airflow(script, *arguments)`: what the script says, run by a Python that has Airflow."""
    place = tmp_path_factory.mktemp("airflow")
    uv = [PROGRAMS / "uv", "--quiet"]
    subprocess.run([*uv, "venv", "--python", sys.executable, place / "venv"], check=True)
    python = place / "venv" / "bin" / "python"
    subprocess.run([*uv, "pip", "install", "--python", python, *PACKAGES], check=True)
    told = {"AIRFLOW_HOME": str(place), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}

    def run(script, *arguments):
        done = subprocess.run(
            [python, "-c", script, *arguments],
            env={**os.environ, **told, "RINGWATCH": str(PROGRAMS / "ringwatch")},
            cwd=place,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])

    return run


def test_airflow_loads_the_example_with_its_tasks_in_order(airflow):
    told = airflow(LOADED, str(EXAMPLE))

    assert told["errors"] == {}
    assert told["tasks"] == {
        "write_job": ["detect"],
        "detect": ["verify"],
        "verify": ["write_pages"],
        "write_pages": [],
    }
    assert told["retries"]["detect"] == 2
    # What the executors read and write lies where all of them see it.
    assert told["places"]["warehouse"].startswith("hdfs://")
    assert told["places"]["scratch"].startswith("hdfs://")
    assert (told["schedule"], told["at_once"]) == ("30 2 * * *", 1)


def test_the_nights_job_looks_at_the_days_asked_for_and_what_no_retry_mends_fails_at_once(
    airflow, tmp_path
):
    told = airflow(CALLED, str(EXAMPLE), str(tmp_path))

    job = read_job(Path(told["path"]))
    assert [table.path for table in job.extract.tables] == [
        RemotePlace("hdfs", "", "/warehouse/likes"),
        RemotePlace("hdfs", "", "/warehouse/shares"),
    ]
    assert job.extract.tables[0].where == "dt >= '2026-02-25' and dt <= '2026-03-03'"
    assert job.spark.conf["spark.executor.memory"] == "8g"
    assert told["failed"] == "`ringwatch submit` ended with 2: the job asks for what is not there"
