"""An HDFS of one name node and one data node, started for real from Hadoop's own jars."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from graph.engines.spark.preflight import java_environment
from tests.listening import free_port, running

_CLUSTER = "org.apache.hadoop.test.MiniDFSClusterManager"
_SECONDS_TO_START = 600


@pytest.fixture(scope="session")
def hdfs_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `hdfs` has its jars, its log and, in `data`, its blocks."""
    return tmp_path_factory.mktemp("hdfs")


@pytest.fixture(scope="session")
def hdfs(hdfs_place: Path) -> Iterator[str]:
    """The URI of an HDFS, such as `hdfs://127.0.0.1:8020`; one for all tests of a process."""
    maven = shutil.which("mvn")
    assert maven is not None, "this test resolves Hadoop's small cluster with Maven: install `mvn`"
    jars = hdfs_place / "jars"
    pom = Path(__file__).parent / "hdfs" / "pom.xml"
    command = [maven, "-B", "-q", "-f", str(pom), "dependency:copy-dependencies"]
    subprocess.run([*command, f"-DoutputDirectory={jars}", "-DincludeScope=runtime"], check=True)
    with running_hdfs(hdfs_place, jars) as uri:
        yield uri


@contextmanager
def running_hdfs(place: Path, jars: Path) -> Iterator[str]:
    """The URI of an HDFS of the Hadoop in `jars` that keeps its blocks in `place`, on loopback."""
    port, details = free_port(), place / "details.json"
    command = [
        str(Path(java_environment()["JAVA_HOME"]) / "bin" / "java"),
        "-Xmx400m",
        "-XX:TieredStopAtLevel=1",
        f"-Djava.io.tmpdir={place}",
        f"-Dtest.build.data={place / 'data'}",
        "-cp",
        f"{jars}/*",
        _CLUSTER,
        *("-datanodes", "1", "-format", "-nnport", str(port), "-httpport", "0"),
        *("-writeDetails", str(details)),
    ]
    with running(command, port, log=place / "hdfs.log", within=place, environment={}):
        until = time.monotonic() + _SECONDS_TO_START
        # The name node answers before it has a data node.
        while not details.exists() and time.monotonic() < until:
            time.sleep(0.2)
        assert details.exists(), (place / "hdfs.log").read_text()[-3000:]
        yield f"hdfs://127.0.0.1:{port}"
