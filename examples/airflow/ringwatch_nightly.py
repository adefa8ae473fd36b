"""A nightly run of Ringwatch on a Spark cluster, as a DAG of Airflow 3.

Put this file and `nightly.toml` into the folder of DAGs. The worker that runs the tasks needs the
command `ringwatch` (pip install 'ringwatch[spark,igraph]'), perhaps in an environment of its own:
name it in RINGWATCH. Where things lie is said in the parameters of the DAG: `warehouse` and
`scratch` where every machine of the cluster sees them, `out` where all workers of Airflow do.

A run that was broken off goes on from its finished steps, so a retry costs what was left. What a
retry cannot mend (a wrong job, a broken extract) fails at once.
"""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Template

from airflow.sdk import Param, dag, task
from airflow.sdk.exceptions import AirflowFailException

RINGWATCH = os.environ.get("RINGWATCH", "ringwatch")
NOT_TO_BE_RETRIED = {
    2: "the job asks for what is not there",
    3: "the extract cannot be read",
    4: "too much of the extract was set aside; see the quarantine",
    5: "the installation lacks something; see `ringwatch doctor --engine spark`",
}
"""Exit codes that the next try would give again (docs/command-line.md)."""


def ringwatch(*arguments: str) -> None:
    """Run the command; its output is the task's log."""
    code = subprocess.run([RINGWATCH, *arguments], check=False).returncode
    if code in NOT_TO_BE_RETRIED:
        message = f"`ringwatch {arguments[0]}` ended with {code}: {NOT_TO_BE_RETRIED[code]}"
        raise AirflowFailException(message)
    if code:
        message = f"`ringwatch {arguments[0]}` ended with {code}; it is tried again"
        raise RuntimeError(message)


@task
def write_job(until: str, params: dict[str, object]) -> str:
    """The night's job: the template with the days to look at; gives the file's path."""
    last = datetime.strptime(until, "%Y-%m-%d").replace(tzinfo=UTC)
    since = last - timedelta(days=int(str(params["days"])) - 1)
    template = Template((Path(__file__).parent / "nightly.toml").read_text(encoding="utf-8"))
    days = {"since": f"{since:%Y-%m-%d}", "until": until, "warehouse": params["warehouse"]}
    path = Path(str(params["out"])) / "jobs" / f"nightly-{until}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(template.substitute(days), encoding="utf-8")
    return str(path)


@task(retries=2, retry_delay=timedelta(minutes=5), execution_timeout=timedelta(hours=6))
def detect(job: str, params: dict[str, object]) -> None:
    """Find coordinated clusters on the cluster, and publish a run."""
    place = ("--master", str(params["master"]), "--scratch", str(params["scratch"]))
    more = ("--num-executors", str(params["executors"]))
    ringwatch("submit", job, *place, "--out", str(params["out"]), "--", *more)


@task
def verify(params: dict[str, object]) -> None:
    """Read every byte of the published runs, and compare it with its checksum."""
    ringwatch("runs", "--verify", "--out", str(params["out"]))


@task
def write_pages(params: dict[str, object]) -> None:
    """The pages of the first clusters, for those who review in the morning."""
    out = Path(str(params["out"]))
    ringwatch("report", str(out / "pages"), "--out", str(out), "--top", "50")


@dag(
    dag_id="ringwatch_nightly",
    description="Find coordinated clusters among the last days' interactions",
    schedule="30 2 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    # Runs publish into one folder: a second one would find it locked.
    max_active_runs=1,
    params={
        "warehouse": Param(
            "hdfs:///warehouse",
            type="string",
            description="Where the extracts lie, seen by the whole cluster.",
        ),
        "days": Param(7, type="integer", minimum=1, description="How many days to look at."),
        "out": Param(
            "/ringwatch/runs",
            type="string",
            description="The folder of runs, seen by all workers of Airflow.",
        ),
        "master": Param("yarn", type="string", description="Spark's master."),
        "scratch": Param("hdfs:///tmp", type="string", description="Shared by all executors."),
        "executors": Param(8, type="integer", minimum=1, description="How many executors."),
    },
    tags=["ringwatch"],
)
def nightly() -> None:
    """The tasks, one after another."""
    job = write_job("{{ (data_interval_end or logical_date) | ds }}")
    detect(job) >> verify() >> write_pages()


nightly()
