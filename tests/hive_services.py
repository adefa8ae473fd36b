"""A Hive metastore and a HiveServer2, started for real from the jars that PySpark brings."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from graph.engines.spark.preflight import java_environment
from tests.listening import free_port, running

_OPENED = (
    "java.lang",
    "java.lang.invoke",
    "java.io",
    "java.net",
    "java.nio",
    "java.util",
    "java.util.concurrent",
    "sun.nio.ch",
)
_METASTORE = "org.apache.hadoop.hive.metastore.HiveMetaStore"
_HIVESERVER2_LOG = "hiveserver2.log"
_HIVESERVER2 = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"


@dataclass(frozen=True, slots=True)
class HiveServices:
    """A metastore and a HiveServer2 over it; `place` is a folder of theirs."""

    place: Path
    metastore_port: int
    hiveserver2_port: int

    @property
    def metastore(self) -> str:
        """As a job file says it."""
        return f"thrift://127.0.0.1:{self.metastore_port}"

    @property
    def hiveserver2(self) -> str:
        """As a job file says it."""
        return f"127.0.0.1:{self.hiveserver2_port};auth=noSasl"

    def sql(self, *statements: str) -> None:
        """Run statements through HiveServer2."""
        from impala.dbapi import connect

        try:
            connection = connect("127.0.0.1", self.hiveserver2_port, auth_mechanism="NOSASL")
        except Exception as failed:
            log = (self.place / _HIVESERVER2_LOG).read_text()
            pytest.fail(f"HiveServer2 does not answer: {failed}; its log ends:\n{log[-3000:]}")
        cursor = connection.cursor()
        try:
            for statement in statements:
                cursor.execute(statement)
        finally:
            cursor.close()
            connection.close()

    @contextmanager
    def client(self) -> Iterator[Any]:
        """The metastore's own client, for what SQL does not let through."""
        with thrift_client(self.metastore_port) as client:
            yield client


@contextmanager
def thrift_client(port: int) -> Iterator[Any]:
    """A client of the metastore that listens at `port` here."""
    from pymetastore.hive_metastore import ThriftHiveMetastore
    from thrift.protocol.TBinaryProtocol import TBinaryProtocol
    from thrift.transport import TSocket, TTransport

    transport = TTransport.TBufferedTransport(TSocket.TSocket("127.0.0.1", port))
    transport.open()
    try:
        yield ThriftHiveMetastore.Client(TBinaryProtocol(transport))
    finally:
        transport.close()


@pytest.fixture(scope="session")
def hive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HiveServices]:
    """One metastore and one HiveServer2 for all tests of a session."""
    place = tmp_path_factory.mktemp("hive")
    with (
        running_metastore(place, jars=spark_home() / "jars") as metastore,
        _running_hiveserver2(place, metastore) as hiveserver2,
    ):
        yield HiveServices(place, metastore, hiveserver2)


@contextmanager
def running_metastore(
    place: Path, *, jars: Path, settings: Mapping[str, str] | None = None
) -> Iterator[int]:
    """The port of a metastore of the Hive in `jars`, with its catalogue in memory.

    `settings` are of `metastore-site.xml` and `hive-site.xml` alike.
    """
    conf = place / "metastore-conf"
    conf.mkdir()
    chosen = {
        "javax.jdo.option.ConnectionURL": f"jdbc:derby:memory:{place.name};create=true",
        "hive.metastore.warehouse.dir": str(place / "warehouse"),
        "datanucleus.schema.autoCreateAll": "true",
        "hive.metastore.schema.verification": "false",
        # The asynchronous log needs a jar that is not there.
        "hive.async.log.enabled": "false",
        **(settings or {}),
    }
    for name in ("hive-site.xml", "metastore-site.xml"):
        (conf / name).write_text(site(chosen))
    port = free_port()
    command = [
        str(Path(java_environment()["JAVA_HOME"]) / "bin" / "java"),
        "-Xmx512m",
        "-XX:TieredStopAtLevel=1",
        *(f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in _OPENED),
        f"-Djava.io.tmpdir={place}",
        f"-Dhive.log.dir={place}",
        f"-Dderby.system.home={place}",
        f"-Dderby.stream.error.file={place / 'derby.log'}",
        "-cp",
        f"{conf}:{jars}/*",
        _METASTORE,
        "-p",
        str(port),
    ]
    with running(command, port, log=place / "metastore.log", within=place, environment={}):
        yield port


@contextmanager
def _running_hiveserver2(place: Path, metastore: int) -> Iterator[int]:
    conf = place / "spark-conf"
    conf.mkdir()
    port = free_port()
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.driver.extraJavaOptions": f"-XX:TieredStopAtLevel=1 -Djava.io.tmpdir={place}",
        "spark.sql.warehouse.dir": str(place / "warehouse"),
        "spark.local.dir": str(place / "spark-local"),
        "spark.hadoop.hive.exec.dynamic.partition.mode": "nonstrict",
        "spark.hadoop.hive.metastore.uris": f"thrift://127.0.0.1:{metastore}",
    }
    command = [
        str(spark_home() / "bin" / "spark-submit"),
        *("--class", _HIVESERVER2, "--master", "local[1]", "--driver-memory", "512m"),
        *(part for name, value in settings.items() for part in ("--conf", f"{name}={value}")),
        "spark-internal",
        *("--hiveconf", f"hive.server2.thrift.port={port}"),
        *("--hiveconf", "hive.server2.thrift.bind.host=127.0.0.1"),
        *("--hiveconf", "hive.server2.authentication=NOSASL"),
    ]
    environment = {
        **java_environment(),
        "SPARK_HOME": str(spark_home()),
        "SPARK_CONF_DIR": str(conf),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    log = place / _HIVESERVER2_LOG
    with running(command, port, log=log, within=place, environment=environment):
        yield port


def site(settings: Mapping[str, str]) -> str:
    """Settings as a `hive-site.xml`."""
    properties = "".join(
        f"<property><name>{escape(name)}</name><value>{escape(value)}</value></property>\n"
        for name, value in settings.items()
    )
    return f"<configuration>\n{properties}</configuration>\n"


def spark_home() -> Path:
    """Where pip put Spark."""
    import importlib.util

    found = importlib.util.find_spec("pyspark")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent
