"""The metastore that `hive-site.xml` names, for jobs that do not say where it is."""

from __future__ import annotations

import os
from pathlib import Path
from xml.etree import ElementTree

from builders.files.names import first_line, shown_path
from builders.hive.address import Endpoint, metastore_endpoints
from graph.errors import ConfigError

FOLDERS = ("HIVE_CONF_DIR", "SPARK_CONF_DIR")
_SECURE = ("hive.metastore.sasl.enabled", "hive.metastore.use.ssl")


def configured_metastore(*, session_without: bool = False) -> tuple[Endpoint, ...]:
    """The metastore of the first `hive-site.xml` in `HIVE_CONF_DIR` or `SPARK_CONF_DIR`.

    `session_without`: a Spark session runs that has no catalogue of Hive's, only one in memory.

    Raises:
        ConfigError: there is no such file, it names no metastore, or one that wants Kerberos or
            TLS.
    """
    for variable in FOLDERS:
        folder = os.environ.get(variable)
        path = Path(folder) / "hive-site.xml" if folder else None
        if path is not None and path.is_file():
            return _metastore_of(path)
    spark = (
        'start the Spark session with `spark.sql.catalogImplementation` = "hive": this one has a'
        " catalogue in its memory alone, and a session that runs cannot be given another"
        if session_without
        else 'run on Spark with `spark.sql.catalogImplementation` = "hive"'
    )
    message = (
        "nothing says where the Hive catalogue is: write `metastore` ="
        ' "thrift://host:9083" or `hiveserver2` = "host:10000" beside the table, set'
        f" HIVE_CONF_DIR to a folder with `hive-site.xml`, or {spark}"
    )
    raise ConfigError(message)


def _metastore_of(path: Path) -> tuple[Endpoint, ...]:
    settings = _settings(path)
    for name in _SECURE:
        if settings.get(name, "").lower() == "true":
            message = (
                f"{shown_path(path)} says `{name}`, and the local engine speaks plain Thrift only;"
                " run on Spark, whose settings know your keytab"
            )
            raise ConfigError(message)
    uris = settings.get("hive.metastore.uris") or settings.get("metastore.thrift.uris")
    if not uris:
        message = (
            f"{shown_path(path)} names no `hive.metastore.uris`: its metastore is embedded, and"
            " only the process that opened it can ask it; start a metastore service"
        )
        raise ConfigError(message)
    return metastore_endpoints(uris)


def _settings(path: Path) -> dict[str, str]:
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError) as error:
        message = f"cannot read {shown_path(path)}: {first_line(error)}"
        raise ConfigError(message) from error
    return {
        (one.findtext("name") or "").strip().lower(): (one.findtext("value") or "").strip()
        for one in root.iter("property")
    }
