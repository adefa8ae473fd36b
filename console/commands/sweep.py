"""`ringwatch sweep`: what killed jobs left in a scratch that machines share."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from console.options import AsJson, Master, SparkConf
from console.output import write_json, write_line, write_table
from graph.errors import StoreError
from jobs.spark_settings import spark_option

COLUMNS = {"place": "folder", "days": "days", "whose": "whose", "state": "state"}


def sweep(
    scratch: Annotated[str, typer.Argument(help="The scratch, as a job names it: hdfs:///tmp.")],
    days: Annotated[
        int, typer.Option(min=1, help="Folders in which no job came forward for so many days.")
    ] = 7,
    remove: Annotated[bool, typer.Option("--remove", help="Remove them; else list them.")] = False,
    master: Master = None,
    spark: SparkConf = None,
    json: AsJson = False,
) -> None:
    """List, or remove, what killed jobs left in a scratch of Spark."""
    from graph.engines.spark.sweeping import OLD
    from graph.engines.spark.sweeping import sweep as swept

    try:
        found = swept(
            scratch,
            days=days,
            remove=remove,
            master=master,
            conf=dict(map(spark_option, spark or ())),
        )
    except OSError as error:
        message = f"the scratch `{scratch}` refused: {error}; look at its address and your rights"
        raise StoreError(message) from error
    if json:
        write_json({"folders": [asdict(each) for each in found]})
        return
    write_table("Left in the scratch", COLUMNS, [asdict(each) for each in found])
    if any(each.state == OLD for each in found):
        write_line("Nothing was removed: `--remove` removes what is `old` if nobody goes on there.")
