"""What Spark's own readers skip, cut, merge or make null in silence is said, on both engines."""

from __future__ import annotations

import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.test_extracts_bad_input import DAY, accounts, files, read, statuses

TEXT = {"format": "text", "columns": ["user", "post", ["ts", "bigint"]]}
PARTS = ("rows_used", "rows_deduplicated", "rows_quarantined", "rows_rejected")


def parquet(path, users):
    """A file whose users stand in it as they are, each page with its checksum."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number = len(users)
    rows = pa.table({"user": users, "post": ["p"] * number, "ts": [DAY] * number})
    pq.write_table(rows, path, write_page_checksum=True, compression="none", use_dictionary=False)


def lines(*users, post="p"):
    return b"".join(user + f"\x01{post}\x01{DAY}\n".encode() for user in users)


def put(folder, **contents):
    """Files of these bytes in a new folder; a `_` in a name stands for its dot."""
    folder.mkdir()
    for name, data in contents.items():
        (folder / name.replace("_", ".")).write_bytes(data)
    return folder


def faults(reading):
    """What was set aside, by file: the row, what stood there, and why."""
    found = {}
    for row in sorted(reading.quarantine.rows(), key=lambda row: (row["file"], row["row"])):
        found.setdefault(row["file"], []).append((row["row"], row["raw"], row["reason"]))
    return found


def assert_accounted_for(reading):
    """Each row of each file is used, repeated, set aside or rejected, and each is where it says."""
    told = reading.files.rows()
    for row in told:
        assert row["rows_read"] == sum(row[part] for part in PARTS), row
    assert sum(row["rows_used"] for row in told) == reading.interactions.count()
    assert sum(row["rows_quarantined"] for row in told) == reading.quarantine.count()


def test_an_empty_or_damaged_parquet_file_is_rejected_with_the_reason(engine, tmp_path):
    """Spark skips a file of no bytes, and reads a page with a flipped bit as it stands there."""
    parquet(tmp_path / "x/good.parquet", ["good"])
    (tmp_path / "x/empty.parquet").touch()
    parquet(tmp_path / "x/flipped.parquet", [f"id{number}" for number in range(1000)])
    data = bytearray((tmp_path / "x/flipped.parquet").read_bytes())
    data[data.index(b"id500") + 4] ^= 1
    (tmp_path / "x/flipped.parquet").write_bytes(data)

    reading = read(engine, tmp_path / "x", format="parquet")

    assert statuses(reading) == {
        "empty.parquet": "rejected",
        "flipped.parquet": "rejected",
        "good.parquet": "read",
    }
    found = files(reading)
    assert "it has no bytes" in found["empty.parquet"]["note"]
    assert "checksum" in found["flipped.parquet"]["note"]
    assert found["flipped.parquet"]["rows_used"] == 0
    assert accounts(reading) == ["good"]
    assert_accounted_for(reading)


@pytest.mark.parametrize("kind", ["parquet", "text"])
def test_two_ids_of_different_bytes_that_are_no_utf8_do_not_become_one(engine, tmp_path, kind):
    """Spark makes the same `a��b` of both, and so one account of two."""
    users = [b"fine", b"a\xff\xfeb", b"a\xfe\xffb"]
    if kind == "parquet":
        parquet(tmp_path / "x/f", pa.array(users, pa.binary()).view(pa.string()))
    else:
        put(tmp_path / "x", f=lines(*users))

    reading = read(engine, tmp_path / "x", **(TEXT if kind == "text" else {"format": "parquet"}))

    assert accounts(reading) == ["fine"]
    (row, raw, why), (other_row, other_raw, other_why) = faults(reading)["f"]
    assert (row, other_row) == (2, 3)
    assert raw.startswith(r"a\xff\xfeb") and other_raw.startswith(r"a\xfe\xffb")
    assert "not UTF-8" in why and "not UTF-8" in other_why
    assert_accounted_for(reading)


def test_a_gzip_is_read_whole_or_rejected_whatever_its_name(engine, tmp_path):
    """Spark reads a gzip without extension as text, and skips a file of no bytes."""
    packed = {name: gzip.compress(lines(name.encode())) for name in ("plain", "junk", "crc")}
    wrong = bytearray(packed["crc"])
    wrong[-6] ^= 0x10
    folder = put(
        tmp_path / "x",
        f=packed["plain"],
        junk_gz=packed["junk"] + b"junk and more junk",
        crc_gz=bytes(wrong),
        text_gz=lines(b"text"),
        none_gz=b"",
        none=b"",
    )

    reading = read(engine, folder, **TEXT)

    assert accounts(reading) == ["plain"]
    assert statuses(reading) == {
        "crc.gz": "rejected",
        "f": "read",
        "junk.gz": "rejected",
        "none": "empty",
        "none.gz": "empty",
        "text.gz": "rejected",
    }
    notes = {name: row["note"] for name, row in files(reading).items()}
    assert "read as gzip by its content" in notes["f"]
    assert "the gzip data is damaged" in notes["junk.gz"]
    assert "the gzip data is damaged" in notes["crc.gz"]
    assert "named `.gz` and holds no" in notes["text.gz"]
    assert_accounted_for(reading)


def test_a_stray_quote_costs_its_own_row_and_none_behind_it(engine, tmp_path):
    """Spark reads on to the next quote, through line ends, and makes null of what is left."""
    rows = ["one", '"two"2', "three", 'fo"ur', '"five', "six", '"se""ven"', "eight"]
    data = "user,post,ts\n" + "".join(f"{user},p,{DAY}\n" for user in rows)
    folder = put(tmp_path / "x", a_csv=data.encode())

    reading = read(engine, folder, format="csv")

    assert accounts(reading) == ["eight", 'fo"ur', "one", 'se"ven', "six", "three"]
    [(row, raw, why), (other_row, other_raw, _)] = faults(reading)["a.csv"]
    assert (row, other_row) == (2, 5)
    assert raw.startswith('"two"2,p') and other_raw.startswith('"five,p')
    assert "quotes do not pair" in why
    assert_accounted_for(reading)


def test_lines_that_do_not_have_the_columns_are_set_aside_and_not_cut_or_filled(engine, tmp_path):
    """Spark drops surplus columns and fills missing ones with null, also where a text is torn."""
    short, long = b"short\x01p\n", f"long\x01p\x01{DAY}\x01more\n".encode()
    torn = f"torn\x01po\nst\x01{DAY}\n".encode()
    folder = put(
        tmp_path / "x",
        a=lines(b"00123", b'"quoted', b"123") + short + long + torn + lines(b"last"),
        utf16=lines(b"wide").decode().encode("utf-16-le"),
    )

    reading = read(engine, folder, **TEXT)

    assert accounts(reading) == ['"quoted', "00123", "123", "last"]
    assert [(row, raw) for row, raw, _ in faults(reading)["a"]] == [
        (4, r"short\x01p"),
        (5, rf"long\x01p\x01{DAY}\x01more"),
        (6, r"torn\x01po"),
        (7, rf"st\x01{DAY}"),
    ]
    assert statuses(reading) == {"a": "read", "utf16": "rejected"}
    assert "every other byte" in files(reading)["utf16"]["note"]
    assert_accounted_for(reading)


def test_columns_of_a_csv_go_by_their_names_and_a_first_row_is_not_eaten(engine, tmp_path):
    """Spark takes columns by place, and what stands first as names."""
    folder = put(
        tmp_path / "x",
        a_csv=f"user,post,ts\na,p,{DAY}\n".encode(),
        b_csv=f"post,ts,user\np,{DAY},b\n".encode(),
        c_csv=f"c,p,{DAY}\nd,p,{DAY}\n".encode(),
    )

    reading = read(engine, folder, format="csv")

    assert accounts(reading) == ["a", "b"]
    assert statuses(reading) == {"a.csv": "read", "b.csv": "read", "c.csv": "rejected"}
    assert "it has `c`, `p`" in files(reading)["c.csv"]["note"]
    assert_accounted_for(reading)
