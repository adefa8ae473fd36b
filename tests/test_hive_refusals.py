"""Tables whose files alone do not say which rows they have are refused with the way out.

What a Spark session's own catalogue says of them is in `test_hive_session`.
"""

from __future__ import annotations

import pytest

from builders.hive.address import hive_address
from builders.hive.resolve import list_table
from graph.errors import ConfigError, ExtractError
from tests.hive_tables import make_database, make_table

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def odd(hive):
    """The services with a database `odd` of tables that are not read."""
    with hive.client() as client:
        make_database(client, "odd", hive.place / "odd")
        place = str(hive.place / "odd" / "t")

        def make(name, **told):
            make_table(client, f"odd.{name}", told.pop("location", place), **told)

        acid = {"kind": "MANAGED_TABLE", "stored": "orc", "buckets": ["who"]}
        make("acid", parameters={"transactional": "true"}, **acid)
        make("iceberg", parameters={"table_type": "ICEBERG", "storage_handler": "org.a.Iceberg"})
        make("hbase", parameters={"storage_handler": "org.apache.hadoop.hive.hbase.Handler"})
        make("csv", stored="csv")
        make("avro", stored="avro")
        make("gone", location=str(hive.place / "nowhere"))
    hive.sql("create view odd.seen as select * from odd.csv")
    return hive


REFUSED = {
    "acid": r"odd\.acid is transactional \(ACID\).*insert overwrite directory",
    "csv": r"SerDe `org\.apache\.hadoop\.hive\.serde2\.OpenCSVSerde`",
    "avro": r"input format `org\.apache\.hadoop\.hive\.ql\.io\.avro\.Avro.*SerDe `.*AvroSerDe`",
    "seen": r"odd\.seen is a view",
}
# Spark's Thrift server cannot describe these itself, without their handlers.
HANDLED = {
    "iceberg": "is a table of Iceberg",
    "hbase": r"the storage handler `org\.apache\.hadoop\.hive\.hbase\.Handler`",
}


@pytest.mark.parametrize("which", ["metastore", "hiveserver2"])
@pytest.mark.parametrize("table", REFUSED)
def test_a_table_that_files_do_not_tell_is_refused(odd, table, which):
    address = hive_address(f"hive://odd.{table}", **{which: getattr(odd, which)})
    assert address is not None
    with pytest.raises(ExtractError, match=REFUSED[table]):
        list_table(address)


@pytest.mark.parametrize("table", HANDLED)
def test_a_table_that_a_handler_governs_is_refused(odd, table):
    address = hive_address(f"hive://odd.{table}", metastore=odd.metastore)
    assert address is not None
    with pytest.raises(ExtractError, match=HANDLED[table]):
        list_table(address)


@pytest.mark.parametrize("which", ["metastore", "hiveserver2"])
@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("odd.acit", r"database `odd` has no table `acit`; did you mean `acid`\?"),
        ("odds.acid", r"no database `odds`; did you mean `odd`\?"),
        ("elsewhere.acid", "no database `elsewhere`; there are "),
    ],
)
def test_what_is_not_there_is_answered_with_the_nearest(odd, name, answer, which):
    address = hive_address(f"hive://{name}", **{which: getattr(odd, which)})
    assert address is not None
    with pytest.raises(ConfigError, match=answer):
        list_table(address)


def test_a_table_whose_folder_is_gone_is_named(odd):
    address = hive_address("hive://odd.gone", metastore=odd.metastore)
    assert address is not None
    (odd.place / "nowhere").rmdir()
    with pytest.raises(ExtractError, match=r"cannot read .*nowhere: no such file"):
        list_table(address)


def test_the_first_place_of_a_metastore_that_answers_is_asked(odd):
    address = hive_address("hive://odd.csv", metastore=f"127.0.0.1:1,{odd.metastore}")
    assert address is not None
    with pytest.raises(ExtractError, match="OpenCSVSerde"):
        list_table(address)


def test_a_table_that_spark_wrote_by_its_own_is_read_where_its_format_is(odd):
    place = odd.place / "odd" / "own"
    odd.sql(
        f"create table odd.own (who string, dt string) using orc partitioned by (dt)"
        f" location '{place}'",
        "insert into odd.own values ('a', '2026-01-01')",
        "create table odd.own_json (who string) using json",
    )
    for told in ({"metastore": odd.metastore}, {"hiveserver2": odd.hiveserver2}):
        address = hive_address("hive://odd.own", **told)
        assert address is not None
        [file] = list_table(address).files
        assert (file.partition, file.format.kind) == ((("dt", "2026-01-01"),), "orc")
        with pytest.raises(ExtractError, match="was written by Spark as `json`"):
            list_table(hive_address("hive://odd.own_json", **told))
