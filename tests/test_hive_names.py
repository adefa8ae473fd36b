"""How Hive tables are named, where their catalogue is, and what a catalogue's words mean."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest

from builders.extracts.toml import extract_spec
from builders.hive.address import Endpoint, HiveAddress, hive_address
from builders.hive.catalogues import opened
from builders.hive.location import folder_of
from builders.hive.pushdown import metastore_filter
from builders.hive.site import configured_metastore
from builders.hive.storage import stored_as
from builders.hive.table import HiveColumn, HiveTable, Storage
from graph.errors import ConfigError, ExtractError
from tests.hive_services import site

KEYS = (HiveColumn("dt", "string"), HiveColumn("hr", "int"), HiveColumn("c", "varchar(3)"))


def test_a_table_is_named_by_database_and_table_in_any_case():
    assert hive_address("hive://Shop.Likes") == HiveAddress("shop", "likes")
    assert str(hive_address("hive://shop.likes")) == "hive://shop.likes"
    assert hive_address("warehouse/likes") is None


def test_a_command_lines_path_still_names_the_table():
    assert hive_address(str(Path("hive://shop.likes"))) == HiveAddress("shop", "likes")


def test_every_place_of_a_metastore_is_known_in_turn():
    found = hive_address("hive://a.b", metastore="thrift://one:9083, thrift://[::1],two:1")
    assert found is not None
    assert found.metastore == (Endpoint("one", 9083), Endpoint("::1", 9083), Endpoint("two", 1))


@pytest.mark.parametrize(
    "keys",
    [
        {"metastore": "thrift://one:9083,thrift://[::1]:9084"},
        {"hiveserver2": "host:10000"},
        {"hiveserver2": "host:10001;auth=noSasl;user=me"},
        {},
    ],
)
def test_an_address_is_written_as_it_is_read(keys):
    found = hive_address("hive://a.b", **keys)
    assert found is not None
    assert found.keys == {"path": "hive://a.b", **keys}


@pytest.mark.parametrize(
    ("text", "keys", "answer"),
    [
        ("hive://likes", {}, "write `hive://default.likes`"),
        ("hive://a.b.c", {}, "does not name a table as `hive://database.table`"),
        ("hive://a.b;drop", {}, "does not name a table"),
        ("hive://a.b", {"metastore": "http://x:1"}, "over `thrift://host:9083`"),
        ("hive://a.b", {"metastore": "x:99999"}, "a host and a port"),
        ("hive://a.b", {"hiveserver2": "x;principal=h/_HOST@R"}, "run on Spark"),
        ("hive://a.b", {"hiveserver2": "x;transportMode=http"}, "takes `auth` and `user`"),
        ("hive://a.b", {"hiveserver2": "x;auth=ldap"}, "`plain` or `noSasl`, not `ldap`"),
        ("hive://a.b", {"hiveserver2": "x", "metastore": "x"}, "not both"),
        ("likes.csv", {"metastore": "x"}, "`likes.csv` is a path; write `hive://"),
    ],
)
def test_a_slip_in_an_address_is_answered_with_the_mend(text, keys, answer):
    with pytest.raises(ConfigError, match=answer):
        hive_address(text, **keys)


def test_the_extracts_catalogue_is_that_of_its_hive_tables_without_their_own():
    table = {"time_unit": "ms", "map": {"account": "a", "object": "o", "acted_at": "t"}}
    spec = extract_spec(
        {
            "metastore": "thrift://all:9083",
            "tables": [
                {**table, "name": "one", "path": "hive://a.b"},
                {**table, "name": "two", "path": "hive://a.c", "hiveserver2": "own:10000"},
                {**table, "name": "three", "path": "folder/x.parquet"},
            ],
        },
        base=Path("/jobs"),
    )
    one, two, three = (table.path for table in spec.tables)
    assert one == hive_address("hive://a.b", metastore="all:9083")
    assert two == hive_address("hive://a.c", hiveserver2="own:10000")
    assert three == Path("/jobs/folder/x.parquet")


def test_how_a_hive_table_is_written_is_for_its_catalogue_to_say():
    table = {"name": "t", "path": "hive://a.b", "format": "text", "delimiter": "tab", "map": {}}
    with pytest.raises(ConfigError, match="leave out `format`, `delimiter`"):
        extract_spec({"tables": [table]}, base=Path())


@pytest.mark.parametrize(
    ("where", "pushed"),
    [
        ("dt >= '2026-01-01'", 'dt >= "2026-01-01"'),
        (
            "DT='a' and (c <> 'x' or dt in ('1', '2''s'))",
            'dt = "a" and ( c != "x" or ( dt = "1" or dt = "2\'s" ) )',
        ),
        ("dt between 'a' and 'b' or c == 'ü'", '( dt >= "a" and dt <= "b" ) or c = "ü"'),
    ],
)
def test_a_plain_filter_is_pushed_down(where, pushed):
    assert metastore_filter(where, KEYS) == pushed


@pytest.mark.parametrize(
    "where",
    [
        "hr = '3'",
        "dt like '2026%'",
        "not dt = 'a'",
        "dt = 'a' or",
        "(dt = 'a'",
        "dt = 'a' c = 'b'",
        "dt = 'a\"b'",
        "dt = 'a\\b'",
        "dt = 'a' -- and more",
        "dt is null",
        "other = 'a'",
        "dt in ()",
    ],
)
def test_a_filter_that_would_mean_something_else_is_not_pushed_down(where):
    assert metastore_filter(where, KEYS) is None


def test_the_metastore_of_hive_site_is_asked_where_the_job_names_none(tmp_path, monkeypatch):
    monkeypatch.delenv("HIVE_CONF_DIR", raising=False)
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    (tmp_path / "hive-site.xml").write_text(
        site({"hive.metastore.uris": "thrift://a:1,thrift://b"})
    )

    assert configured_metastore() == (Endpoint("a", 1), Endpoint("b", 9083))


@pytest.mark.parametrize(
    ("settings", "answer"),
    [
        (None, "nothing says where the Hive catalogue is"),
        ({}, "its metastore is embedded"),
        ({"hive.metastore.uris": "thrift://a", "hive.metastore.sasl.enabled": "true"}, "run on Sp"),
        ({"hive.metastore.uris": "thrift://a", "hive.metastore.use.SSL": "TRUE"}, "plain Thrift"),
        ("<configuration>", "cannot read"),
    ],
)
def test_a_configuration_that_does_not_help_is_explained(tmp_path, monkeypatch, settings, answer):
    monkeypatch.setenv("HIVE_CONF_DIR", str(tmp_path))
    monkeypatch.delenv("SPARK_CONF_DIR", raising=False)
    if settings is not None:
        text = settings if isinstance(settings, str) else site(settings)
        (tmp_path / "hive-site.xml").write_text(text)
    with pytest.raises(ConfigError, match=answer):
        configured_metastore()


def test_a_metastore_that_does_not_answer_is_named_with_the_reason():
    address = hive_address("hive://a.b", metastore="127.0.0.1:1,no.such.host.invalid:9083")
    assert address is not None
    with (
        pytest.raises(ExtractError, match=r"127\.0\.0\.1:1 \(connection refused\), no\.such\.host"),
        opened(address, None),
    ):
        pass


@pytest.mark.parametrize("which", ["metastore", "hiveserver2"])
def test_a_service_that_hangs_up_at_plain_thrift_is_explained(which):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        Thread(target=_hang_up, args=(listening,), daemon=True).start()
        address = hive_address("hive://a.b", **{which: f"127.0.0.1:{listening.getsockname()[1]}"})
        assert address is not None
        says = {"metastore": "Kerberos or TLS", "hiveserver2": "does it want `;auth=noSasl`"}
        with (
            pytest.raises(ExtractError, match=says[which]),
            opened(address, None) as catalogue,
        ):
            catalogue.describe("a", "b")


def _hang_up(listening):
    """Take what comes and answer nothing, as a service does that wants another protocol."""
    while True:
        try:
            taken, _ = listening.accept()
        except OSError:
            return
        taken.settimeout(1)
        with suppress(OSError):
            taken.recv(1)
        taken.close()


@pytest.mark.parametrize(
    ("location", "folder"),
    [
        ("/data/t", "/data/t"),
        ("file:/data/a b/dt=x%3Ay", "/data/a b/dt=x%3Ay"),
        ("file:///data/t", "/data/t"),
        ("FILE://localhost/data/t", "/data/t"),
    ],
)
def test_a_location_is_a_path_and_its_percent_signs_are_names(location, folder):
    assert folder_of(location, of="a.b") == Path(folder)


@pytest.mark.parametrize("location", ["viewfs://all/t", "dbfs:/t", "relative", "", None])
def test_a_location_elsewhere_is_refused_by_name(location):
    with pytest.raises(ExtractError, match=location or "has no location"):
        folder_of(location, of="a.b")


def stored(serde, **parameters):
    storage = Storage(
        location="/t",
        serde="org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        input_format="org.apache.hadoop.mapred.TextInputFormat",
        columns=(HiveColumn("who", "string"), HiveColumn("facts", "map<string,string>")),
        parameters=serde,
    )
    table = HiveTable(database="a", name="b", kind="EXTERNAL_TABLE", storage=storage)
    return stored_as(table, storage, parameters, of="a.b")[0]


def test_delimiters_are_hives_where_nothing_is_said():
    form = stored({"serialization.format": "1"})
    marks = (form.delimiter, form.item_delimiter, form.key_delimiter, form.null, form.escape)
    assert marks == ("\x01", "\x02", "\x03", r"\N", None)
    assert not form.header


@pytest.mark.parametrize("misspelt", ["colelction.delim", "collection.delim"])
def test_delimiters_are_read_as_hive_reads_them(misspelt):
    serde = {
        "field.delim": "9",
        misspelt: "|",
        "mapkey.delim": ":=",
        "serialization.null.format": "",
        "escape.delim": "\\",
    }
    form = stored(serde, **{"skip.header.line.count": "1"})
    marks = (form.delimiter, form.item_delimiter, form.key_delimiter, form.null, form.escape)
    assert marks == ("\t", "|", ":", "", "\\")
    assert form.header


@pytest.mark.parametrize(
    ("serde", "parameters", "answer"),
    [
        ({"field.delim": "é"}, {}, "no ASCII character"),
        ({"field.delim": "-128"}, {}, "no ASCII character"),
        ({"field.delim": ":", "mapkey.delim": ":"}, {}, "are both ':'"),
        ({"line.delim": "|"}, {}, "only line feeds"),
        ({"serialization.encoding": "GBK"}, {}, "only UTF-8"),
        ({}, {"skip.header.line.count": "2"}, "skips 2 lines at the head"),
        ({}, {"skip.footer.line.count": "1"}, "1 at the end"),
    ],
)
def test_text_that_would_be_misread_is_refused(serde, parameters, answer):
    with pytest.raises(ExtractError, match=answer):
        stored(serde, **parameters)
