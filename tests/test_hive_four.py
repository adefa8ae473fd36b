"""A metastore of Hive 4, from Maven: it dropped `get_table`, and its tables are read."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from thrift.Thrift import TApplicationException

from builders.hive.address import hive_address
from builders.hive.resolve import list_table
from graph.errors import ConfigError
from tests.hive_services import running_metastore, thrift_client
from tests.hive_tables import add_partition, make_database, make_table

pytestmark = [pytest.mark.slow, pytest.mark.spark]

ON_SPARK = """
import json, sys
from builders.hive.address import hive_address
from builders.hive.resolve import list_table
from graph.engines import open_engine

metastore, warehouse = sys.argv[1:]
settings = {
    "spark.sql.catalogImplementation": "hive",
    "spark.hadoop.hive.metastore.uris": metastore,
    "spark.sql.warehouse.dir": warehouse,
}
engine = open_engine("spark", memory="1GB", threads=1, spark=settings)
try:
    list_table(hive_address("hive://four.days"), engine=engine)
except Exception as error:
    print(json.dumps([type(error).__name__, str(error)]))
"""


@pytest.fixture(scope="module")
def metastore(tmp_path_factory):
    """The port of a metastore of Hive 4.0.1 that knows `four.days`, and its folder."""
    place = tmp_path_factory.mktemp("hive4")
    maven = shutil.which("mvn")
    assert maven is not None, "this test resolves Hive 4 with Maven: install `mvn`"
    jars = place / "jars"
    pom = Path(__file__).parent / "hive4" / "pom.xml"
    command = [maven, "-B", "-q", "-f", str(pom), "dependency:copy-dependencies"]
    subprocess.run([*command, f"-DoutputDirectory={jars}", "-DincludeScope=runtime"], check=True)
    settings = {
        "metastore.warehouse.external.dir": str(place / "warehouse"),
        "javax.jdo.option.ConnectionDriverName": "org.apache.derby.jdbc.EmbeddedDriver",
    }
    with running_metastore(place, jars=jars, settings=settings) as port:
        with thrift_client(port) as client:
            make_database(client, "four", place / "four")
            make_table(client, "four.days", str(place / "days"), keys={"dt": "string"})
            for day in ("2026-01-01", "2026-01-02"):
                folder = place / "days" / f"dt={day}"
                folder.mkdir(parents=True)
                (folder / "000000_0").write_text(f"a\\x01b\\x01{day}\n")
                add_partition(client, "four.days", [day], str(folder))
        yield port, place


def test_get_table_is_gone_and_its_tables_are_listed_all_the_same(metastore):
    port, _ = metastore
    with thrift_client(port) as client:
        try:
            client.get_table("four", "days")
        except TApplicationException as error:
            assert error.type == TApplicationException.UNKNOWN_METHOD
        else:
            pytest.fail("this metastore knows `get_table` and proves nothing")
    address = hive_address("hive://four.days", metastore=f"127.0.0.1:{port}")
    assert address is not None

    whole = list_table(address)
    pushed = list_table(address, where="dt > '2026-01-01'", inside=lambda partitions: {1})

    names = ["dt=2026-01-01/000000_0", "dt=2026-01-02/000000_0"]
    assert [file.name for file in whole.files] == names
    assert [file.name for file in pushed.files] == names[1:]
    assert "`where` was pushed down to the metastore" in pushed.notes


def test_what_is_not_there_is_answered_with_the_nearest(metastore):
    port, _ = metastore
    with pytest.raises(ConfigError, match="no table `day`; did you mean `days`"):
        list_table(hive_address("hive://four.day", metastore=f"127.0.0.1:{port}"))


def test_sparks_own_client_is_told_which_settings_it_needs(metastore, tmp_path):
    port, _ = metastore
    told = subprocess.run(
        [sys.executable, "-c", ON_SPARK, f"thrift://127.0.0.1:{port}", str(tmp_path / "w")],
        capture_output=True,
        check=True,
        text=True,
        cwd=Path(__file__).parents[1],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )

    kind, says = json.loads(told.stdout.splitlines()[-1])
    assert kind == "NotOnThisEngine"
    assert "`spark.sql.hive.metastore.version`" in says
    assert "`spark.sql.hive.metastore.jars`" in says
