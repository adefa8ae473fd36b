"""Parquet and ORC: exact values, damaged files refused whole, and partitions as columns."""

import decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from builders.files import orc_apart
from builders.files.formats import file_format
from builders.files.listing import list_files
from builders.files.reading import columns_of, read_raw
from graph.errors import ExtractError

PARQUET = file_format("parquet")
ORC = file_format("orc")
TEXT = file_format("text", columns=["a", "b"])


def write_parquet(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, write_page_checksum=True, compression="none", use_dictionary=False)


KINDS = {
    "parquet": (PARQUET, write_parquet),
    "orc": (ORC, lambda table, path: orc.write_table(table, path)),
}


@pytest.fixture(params=sorted(KINDS))
def kind(request):
    return KINDS[request.param]


def read(path: Path, form, columns=None, rows=131_072):
    found, faults, notes, numbers = [], {}, [], []
    for batch in read_raw(list_files(path).files[0], form, columns=columns, rows=rows):
        assert batch.rows.num_rows == len(batch.numbers) <= rows
        found += batch.rows.to_pylist()
        numbers += batch.numbers.to_pylist()
        faults |= {fault.row: (fault.column, fault.raw, fault.reason) for fault in batch.faults}
        notes += batch.notes
    assert sorted([*numbers, *faults]) == list(range(1, len(found) + len(faults) + 1))
    return found, faults, notes


def invalid(*values: bytes | None) -> pa.Array:
    """A string column that holds these bytes, as a careless writer leaves them."""
    return pa.array(values, pa.binary()).view(pa.string())


def test_ids_are_exact_beside_nulls(tmp_path, kind):
    form, write = kind
    table = pa.table(
        {"id": pa.array([9007199254740993, None, -1], pa.int64()), "s": ["null", None, ""]}
    )
    write(table, tmp_path / "f")
    assert read(tmp_path / "f", form)[0] == table.to_pylist()


def test_ids_beyond_2_to_the_63_are_exact(tmp_path):
    table = pa.table(
        {
            "u": pa.array([2**64 - 1, None], pa.uint64()),
            "d": pa.array([decimal.Decimal(2**64 + 1), None], pa.decimal128(20, 0)),
        }
    )
    write_parquet(table, tmp_path / "f")
    [batch] = read_raw(list_files(tmp_path / "f").files[0], PARQUET)
    assert batch.rows.column("u").cast(pa.string()).to_pylist() == ["18446744073709551615", None]
    assert batch.rows.column("d").cast(pa.string()).to_pylist() == ["18446744073709551617", None]


def test_every_way_of_storing_text_is_delivered_as_text(tmp_path):
    texts = ["x", None, "é"]
    raw = [None if text is None else text.encode() for text in texts]
    table = pa.table(
        {
            "large": pa.array(texts, pa.large_string()),
            "bytes": pa.array(raw, pa.binary()),
            "dictionary": pa.array(texts).dictionary_encode(),
            "list": pa.array([raw, None, []], pa.list_(pa.binary())),
        }
    )
    write_parquet(table, tmp_path / "f")
    [batch] = read_raw(list_files(tmp_path / "f").files[0], PARQUET)
    kinds = {field.name: str(field.type) for field in batch.rows.schema}
    assert batch.rows.schema.equals(columns_of(list_files(tmp_path / "f").files[0], PARQUET))
    assert {kinds[name] for name in ("large", "bytes", "dictionary")} == {"string"}
    assert batch.rows.column("bytes").to_pylist() == texts
    assert batch.rows.column("list").to_pylist() == [texts, None, []]


@pytest.mark.parametrize("rows", [131_072, 2])
def test_a_text_that_is_no_utf8_costs_its_row(tmp_path, kind, rows):
    form, write = kind
    table = pa.table(
        {"n": list(range(6)), "s": invalid(b"a", b"\xff\\", None, b"b", b"c", b"\xed\xa0\x80")}
    )
    write(table, tmp_path / "f")
    found, faults, _ = read(tmp_path / "f", form, rows=rows)
    assert [row["n"] for row in found] == [0, 2, 3, 4]
    assert faults == {
        2: ("s", "\\xff\\\\", "bytes that are not UTF-8"),
        6: ("s", "\\xed\\xa0\\x80", "bytes that are not UTF-8"),
    }


def test_a_text_inside_a_list_that_is_no_utf8_costs_its_row(tmp_path):
    lists = pa.ListArray.from_arrays(
        pa.array([0, 1, 3, 3], pa.int32()), invalid(b"a", b"b", b"\xff")
    )
    write_parquet(pa.table({"l": lists}), tmp_path / "f")
    found, faults, _ = read(tmp_path / "f", PARQUET)
    assert (found, list(faults)) == ([{"l": ["a"]}, {"l": []}], [2])


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_an_unreadable_list_of_one_batch_leaves_nothing_in_the_next(tmp_path, rows):
    lists = pa.ListArray.from_arrays(
        pa.array([0, 1, 2, 3, 4], pa.int32()), invalid(b"a", b"b", b"\xff", b"c")
    )
    orc.write_table(pa.table({"l": lists}), tmp_path / "f")
    for batch in read_raw(list_files(tmp_path / "f").files[0], ORC, rows=rows):
        batch.rows.validate(full=True)
    found, faults, _ = read(tmp_path / "f", ORC, rows=rows)
    assert (found, list(faults)) == ([{"l": ["a"]}, {"l": ["b"]}, {"l": ["c"]}], [3])


def test_a_value_of_more_than_1_mib_costs_its_row(tmp_path):
    write_parquet(pa.table({"s": ["a", "x" * ((1 << 20) + 1), "b"]}), tmp_path / "f")
    found, faults, _ = read(tmp_path / "f", PARQUET)
    assert [row["s"] for row in found] == ["a", "b"]
    assert faults[2][0] == "s" and faults[2][1].endswith("...") and "more than" in faults[2][2]


TABLE = pa.table({"a": [f"id{i}" for i in range(1000)], "b": list(range(1000))})

DAMAGES = {
    "truncated": lambda data: data[:-20],
    "cut in half": lambda data: data[: len(data) // 2],
    "zero bytes": lambda data: b"",
    "another format": lambda data: b"a,b\n1,2\n",
    "gzipped": lambda data: __import__("gzip").compress(data),
    "a head and a tail of it": lambda data: data[:8] + data[-8:],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused_by_name(tmp_path, kind, damage):
    form, write = kind
    write(TABLE, tmp_path / "f")
    (tmp_path / "f").write_bytes(DAMAGES[damage]((tmp_path / "f").read_bytes()))
    with pytest.raises(ExtractError, match=r"^f: it "):
        read(tmp_path / "f", form)


def test_a_flipped_bit_in_a_parquet_page_is_caught_by_its_checksum(tmp_path):
    path = tmp_path / "f"
    write_parquet(TABLE, path)
    data = bytearray(path.read_bytes())
    data[data.index(b"id500") + 4] ^= 1
    path.write_bytes(data)
    with pytest.raises(ExtractError, match=r"^f: it is damaged: .*checksum"):
        read(path, PARQUET)


FOREIGN = {
    b"Obj\x01avro": "an Avro file",
    b"RCF\x01\x00": "an RCFile",
    b"SEQ\x06\x19": "a SequenceFile",
    b"PARE\x00\x00": "an encrypted Parquet file",
    b"PK\x03\x04xx": "a zip archive",
    b"\xfd7zXZ\x00": "xz",
}


@pytest.mark.parametrize("head", FOREIGN)
@pytest.mark.parametrize("form", [PARQUET, TEXT], ids=["parquet", "text"])
def test_a_format_that_is_not_read_is_named_with_those_that_are(tmp_path, head, form):
    (tmp_path / "f").write_bytes(head + b"\x00" * 40)
    with pytest.raises(ExtractError, match=f"{FOREIGN[head]}.*not read; there are Parquet, ORC"):
        read(tmp_path / "f", form)


@pytest.mark.parametrize(
    ("name", "form"), [("x.parquet", TEXT), ("x.csv", PARQUET), ("x.orc", file_format("csv"))]
)
def test_a_name_that_says_another_format_is_refused(tmp_path, name, form):
    if form is PARQUET:
        write_parquet(TABLE, tmp_path / name)
    else:
        (tmp_path / name).write_bytes(b"1\x012\n")
    with pytest.raises(ExtractError, match="name it for what it is"):
        read(tmp_path / name, form)


def test_parquet_declared_as_text_is_refused(tmp_path):
    write_parquet(TABLE, tmp_path / "f")
    with pytest.raises(ExtractError, match="it is a parquet file, not text"):
        read(tmp_path / "f", TEXT)


@pytest.mark.parametrize("text", [b"PAR1\x01x\n", b"ORC\x01x\n", b"SEQ1\x01x\n"])
def test_a_text_that_begins_like_another_format_is_text(tmp_path, text):
    (tmp_path / "f").write_bytes(text)
    assert len(read(tmp_path / "f", TEXT)[0]) == 1


def test_hives_numbered_orc_columns_take_the_declared_names(tmp_path):
    orc.write_table(pa.table({"_col0": ["u1"], "_col1": ["p1"], "_col2": [5]}), tmp_path / "f")
    form = file_format("orc", columns=["account", "object"])
    found, _, notes = read(tmp_path / "f", form, columns=["object", "account"])
    assert found == [{"object": "p1", "account": "u1"}]
    assert "Hive's numbers" in notes[0]


def test_a_reader_that_dies_over_an_orc_file_is_an_error_that_names_the_file(tmp_path):
    path = tmp_path / "f"
    many = pa.table({"s": [f"{i * 7919 % 1_000_003:x}" * 4 for i in range(100_000)]})
    orc.write_table(many, path, stripe_size=65_536, compression="uncompressed")
    assert len(read(path, ORC)[0]) == 100_000
    process = orc_apart._IDLE[-1]
    reader = read_raw(list_files(path).files[0], ORC)
    next(reader)
    process.kill()
    with pytest.raises(
        ExtractError, match=r"^f: it is damaged: the ORC library broke down over it"
    ):
        list(reader)
    assert len(read(path, ORC)[0]) == 100_000


def test_a_column_in_another_case_is_found_with_a_note(tmp_path, kind):
    form, write = kind
    write(pa.table({"Account": ["x"]}), tmp_path / "f")
    found, _, notes = read(tmp_path / "f", form, columns=["account"])
    assert (found, notes) == ([{"account": "x"}], ["`account` is `Account` in the file"])


def test_columns_that_differ_only_in_case_are_refused(tmp_path):
    write_parquet(pa.table({"Id": ["x"], "ID": ["y"]}), tmp_path / "f")
    with pytest.raises(ExtractError, match="`Id`, `ID`; `id` could be any"):
        read(tmp_path / "f", PARQUET, columns=["id"])
    assert read(tmp_path / "f", PARQUET, columns=["ID"])[0] == [{"ID": "y"}]


def test_a_file_without_rows_has_its_columns_and_a_note(tmp_path, kind):
    form, write = kind
    write(TABLE.slice(0, 0), tmp_path / "f")
    [batch] = read_raw(list_files(tmp_path / "f").files[0], form)
    assert (batch.rows.num_rows, batch.rows.schema.names, batch.notes) == (
        0,
        ["a", "b"],
        ("no rows",),
    )


@pytest.fixture
def partitioned(tmp_path):
    def make(folder: str, table: pa.Table) -> Path:
        (tmp_path / "t" / folder).mkdir(parents=True)
        write_parquet(table, tmp_path / "t" / folder / "f")
        return tmp_path / "t"

    return make


def test_partition_values_are_columns_decoded_and_null_by_hives_name(partitioned):
    root = partitioned(
        "dt=2024-01-01/place=S%C3%A3o%20Paulo%2Fx%3D1+/k=__HIVE_DEFAULT_PARTITION__",
        pa.table({"a": [1]}),
    )
    assert read(root, PARQUET)[0] == [
        {"a": 1, "dt": "2024-01-01", "place": "São Paulo/x=1+", "k": None}
    ]
    assert read(root, PARQUET, columns=["DT", "k"])[0] == [{"DT": "2024-01-01", "k": None}]


@pytest.mark.parametrize(
    "column",
    [pa.array([20240101]), pa.array(["2024-01-01"]), pa.array([19723], pa.date32())],
    ids=["number", "text", "date"],
)
def test_a_partition_column_that_is_also_in_the_file_must_agree(partitioned, column):
    root = partitioned("dt=2024-01-01", pa.table({"a": [1], "DT": column}))
    assert read(root, PARQUET)[0] == [{"a": 1, "dt": "2024-01-01"}]


@pytest.mark.parametrize("value", ["2024-01-02", None, ""])
@pytest.mark.parametrize("columns", [None, ["a"]])
def test_a_partition_column_with_another_value_in_the_file_is_refused(partitioned, value, columns):
    root = partitioned("dt=2024-01-01", pa.table({"a": [1], "dt": pa.array([value], pa.string())}))
    with pytest.raises(ExtractError, match=r"^dt=2024-01-01/f: its column `dt` holds .* path says"):
        read(root, PARQUET, columns=columns)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"1\x01x\n" * 10)
    reader = read_raw(list_files(path).files[0], TEXT, rows=2)
    next(reader)
    path.write_bytes(b"1\x01x\n" * 11)
    with pytest.raises(ExtractError, match="f: it changed while it was read: 44 bytes where 40"):
        list(reader)


def test_a_file_that_changed_or_vanished_since_it_was_listed_is_refused(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"1\x01x\n")
    listed = list_files(path).files[0]
    path.write_bytes(b"1\x01x\n2\x01y\n")
    with pytest.raises(ExtractError, match="changed"):
        list(read_raw(listed, TEXT))
    path.unlink()
    with pytest.raises(ExtractError, match="f: it vanished"):
        list(read_raw(listed, TEXT))
