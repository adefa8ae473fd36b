"""Tables of accounts and lists of known ones."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builders.extracts.accounts import read_account_list, read_accounts
from builders.extracts.read import OverBudget
from builders.extracts.toml import accounts_spec
from graph.errors import ExtractError

NOW = 1_800_000_000_000
MAP = {"account": "id", "name": "shown", "created_at": "joined", "followers": "fans"}


def spec(path, **settings):
    given = {"path": path.name, "map": MAP, "time_unit": "iso"} | settings
    return accounts_spec(given, base=path.parent)


def test_accounts_are_read_with_times_and_counts(engine, tmp_path):
    path = tmp_path / "accounts.csv"
    path.write_text(
        "id,shown,joined,fans\n"
        "001,=HYPERLINK(1),2020-01-01T00:00:00Z,12\n"
        "002,\\N,\\N,\\N\n"
        "001,again,2021-01-01T00:00:00Z,99\n"
    )

    reading = read_accounts(engine, spec(path), now_ms=NOW)

    rows = [tuple(row.values()) for row in reading.rows.rows()]
    assert rows == [
        ("001", "=HYPERLINK(1)", 1_577_836_800_000, 12, None),
        ("002", None, None, None, None),
    ]
    (counts,) = reading.files.rows()
    assert (counts["rows_used"], counts["rows_deduplicated"]) == (2, 1)


@pytest.mark.parametrize("fans", ["-1", "1e3", "many", "1,000", "12.5"])
def test_a_count_that_is_none_is_set_aside(engine, tmp_path, fans):
    path = tmp_path / "accounts.tsv"
    path.write_text(f"id\tshown\tjoined\tfans\n1\ta\t\\N\t{fans}\n")

    with pytest.raises(OverBudget) as over:
        read_accounts(engine, spec(path), now_ms=NOW)

    (fault,) = over.value.reading.quarantine.rows()
    assert (fault["column"], fault["reason"]) == ("followers", "no whole number from 0")


def test_counts_beside_nulls_that_became_floats_are_whole_again(engine, tmp_path):
    path = tmp_path / "accounts.parquet"
    pq.write_table(
        pa.table(
            {"id": ["a", "b"], "shown": ["x", "y"], "joined": [None, None], "fans": [3.0, None]}
        ),
        path,
    )
    reading = read_accounts(engine, spec(path), now_ms=NOW)
    assert [row["followers"] for row in reading.rows.rows()] == [3, None]


def test_a_snapshots_day_does_not_bind_when_accounts_were_made(engine, tmp_path):
    path = tmp_path / "accounts" / "dt=2024-01-01" / "a.csv"
    path.parent.mkdir(parents=True)
    path.write_text("id,shown,joined,fans\n1,a,2010-05-05T00:00:00Z,1\n")
    found = spec(tmp_path / "accounts", format="csv", where="dt = '2024-01-01'")
    assert read_accounts(engine, found, now_ms=NOW).rows.count() == 1


def test_a_list_of_accounts_is_read_from_lines_csv_and_parquet(tmp_path):
    lines, table, stored = (tmp_path / f"seeds.{end}" for end in ("txt", "csv", "parquet"))
    lines.write_text("007\r\nnull\n\n007\nÄ b\n", encoding="utf-8-sig")
    table.write_text('account,why\n007,x\nnull,"a\nb"\n"Ä b",\n')
    pq.write_table(pa.table({"account": ["Ä b", "null", "007"]}), stored)

    assert {read_account_list(path) for path in (lines, table, stored)} == {("007", "null", "Ä b")}


def test_numbers_in_a_parquet_list_stay_exact(tmp_path):
    path = tmp_path / "seeds.parquet"
    pq.write_table(pa.table({"account": [9007199254740993]}), path)
    assert read_account_list(path) == ("9007199254740993",)


def test_a_list_with_a_line_that_is_no_id_is_refused(tmp_path):
    path = tmp_path / "seeds.txt"
    path.write_text("a\nb\u200b\nc\n")
    with pytest.raises(ExtractError, match=r"1 of 3 are no account ids.*number 2, `b\\u200b`"):
        read_account_list(path)


@pytest.mark.parametrize("content", [b"\xff\xfe", b""])
def test_a_list_that_cannot_be_read_is_refused_by_name(tmp_path, content):
    path = tmp_path / ("seeds.txt" if content else "seeds.parquet")
    path.write_bytes(content)
    with pytest.raises(ExtractError, match="cannot be read as a list of accounts"):
        read_account_list(path)


def test_a_parquet_list_needs_the_column_account(tmp_path):
    path = tmp_path / "seeds.parquet"
    pq.write_table(pa.table({"user": ["a"]}), path)
    with pytest.raises(ExtractError, match="has no column `account`"):
        read_account_list(path)
