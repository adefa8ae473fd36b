"""Folders of files made tables of the session's Hive catalogue: for demonstrations and trials."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from graph.engines.spark.files import uri_of
from graph.errors import ConfigError

if TYPE_CHECKING:
    from graph.engines.spark.engine import SparkEngine


def hive_settings(folder: Path) -> dict[str, str]:
    """Settings of a session whose Hive catalogue lies in a folder, and nothing elsewhere."""
    home = folder.absolute()
    return {
        "spark.sql.catalogImplementation": "hive",
        "spark.sql.warehouse.dir": uri_of(home / "warehouse"),
        "spark.hadoop.javax.jdo.option.ConnectionURL": (
            f"jdbc:derby:;databaseName={home / 'metastore'};create=true"
        ),
        "spark.driver.extraJavaOptions": (
            f"-Dderby.system.home={home} -Dderby.stream.error.file={home / 'derby.log'}"
        ),
    }


def register_folders(engine: SparkEngine, database: str, folders: Mapping[str, Path]) -> None:
    """Make each folder of Parquet, partitioned by `dt`, an external table; the files stay there.

    Tables of these names are made anew: an external table holds nothing but where its files are.

    Raises:
        ConfigError: the session has no Hive catalogue, or a folder holds no partition.
    """
    session = engine.session
    if session.conf.get("spark.sql.catalogImplementation") != "hive":
        message = (
            "the session has no Hive catalogue; start it with"
            " `spark.sql.catalogImplementation=hive`"
        )
        raise ConfigError(message)
    session.sql(f"create database if not exists `{database}`")
    for name, folder in folders.items():
        partitions = sorted(folder.glob("dt=*"))
        if not partitions:
            message = f"`{folder}` holds no partition `dt=...`"
            raise ConfigError(message)
        columns = session.read.parquet(uri_of(partitions[0])).schema.fields
        listed = ", ".join(f"`{each.name}` {each.dataType.simpleString()}" for each in columns)
        session.sql(f"drop table if exists `{database}`.`{name}`")
        session.sql(
            f"create external table `{database}`.`{name}` ({listed})"
            f" partitioned by (dt string) stored as parquet"
            f" location '{uri_of(folder)}'"
        )
        session.sql(f"msck repair table `{database}`.`{name}`")
