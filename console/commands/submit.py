"""`ringwatch submit`: a detection job as an application of a Spark cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from console.options import Master, Scratch, SparkConf
from graph.errors import ConfigError
from jobs.config import DetectJob, read_job
from jobs.spark_settings import spark_option


def submit(
    job: Annotated[Path, typer.Argument(help="A job file (.toml).")],
    options: Annotated[
        list[str] | None,
        typer.Argument(metavar="-- [OPTIONS]", help="Options of spark-submit, behind `--`."),
    ] = None,
    master: Master = None,
    scratch: Scratch = None,
    spark: SparkConf = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            envvar="RINGWATCH_OUT",
            help="The folder of runs; else the job file's, else `out`.",
        ),
    ] = None,
) -> None:
    """Run a job on a Spark cluster by spark-submit, without installing Ringwatch there."""
    from graph.engines.spark.submission import in_cluster, submit

    told = read_job(job)
    given = list(options or ())
    conf = {**told.spark.conf, **dict(map(spark_option, spark or ()))}
    away = in_cluster(given, conf)
    arguments = ["detect", job.name if away else str(job), "--engine", "spark"]
    place = scratch or told.spark.scratch
    if place is not None:
        arguments += ["--scratch", place]
    if away:
        _refuse_lost(out, told)
    if out is not None:
        arguments += ["--out", str(out)]
    code = submit(
        arguments,
        master=master or told.spark.master,
        conf=conf,
        options=given,
        script="console/spark_driver.py",
        files=[job] if away else [],
    )
    if code:
        raise typer.Exit(code)


def _refuse_lost(out: Path | None, job: DetectJob) -> None:
    """A driver on the cluster ends with its disk: what it writes has to lie elsewhere."""
    place = out or (Path(job.job.out) if job.job.out is not None else None)
    kept = job.job.publish_to is not None or (place is not None and place.is_absolute())
    if not kept:
        message = (
            "the driver runs on the cluster, and a run in its own folder would end with it; give"
            " `--out` an absolute path that is mounted there and here, or the job a `publish_to`"
        )
        raise ConfigError(message)
