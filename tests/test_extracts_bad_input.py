"""Bad input end to end: each fault gets the answer it should, and every row is accounted for."""

import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builders.extracts.read import OverBudget, read_extract
from builders.extracts.toml import extract_spec
from graph.errors import ConfigError, ExtractError

DAY = 1_704_067_200_000  # 2024-01-01
LIKES = {"account": "user", "object": "post", "acted_at": "ts"}


def read(engine, path, *, rules=None, **settings):
    """The reading of one table `likes` at `path`, also where it is over its budget."""
    table = {"name": "likes", "path": str(path), "map": LIKES, "time_unit": "ms"} | settings
    spec = extract_spec({"tables": [table], **(rules or {})}, base=path.parent)
    try:
        return read_extract(engine, spec, now_ms=DAY + 10 * 86_400_000)
    except OverBudget as over:
        return over.reading


def parquet(path, **columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = {"user": ["a"], "post": ["p"], "ts": [DAY]} | columns
    pq.write_table(pa.table(rows), path)
    return path


def accounts(reading):
    return [row["account"] for row in reading.interactions.rows()]


def reasons(reading):
    return {row["row"]: (row["column"], row["reason"]) for row in reading.quarantine.rows()}


def files(reading):
    return {row["file"]: row for row in reading.files.rows()}


def statuses(reading):
    return {name: row["status"] for name, row in files(reading).items()}


def test_a_truncated_parquet_is_rejected_by_name_and_the_others_count(engine, tmp_path):
    parquet(tmp_path / "x/a.parquet")
    whole = parquet(tmp_path / "x/b.parquet", user=["b"]).read_bytes()
    (tmp_path / "x/b.parquet").write_bytes(whole[:-20])

    reading = read(engine, tmp_path / "x", format="parquet")

    assert statuses(reading) == {"a.parquet": "read", "b.parquet": "rejected"}
    assert accounts(reading) == ["a"]
    spec = extract_spec(
        {"tables": [{"name": "l", "path": "x", "format": "parquet", "map": LIKES,
                     "time_unit": "ms"}]},
        base=tmp_path,
    )  # fmt: skip
    with pytest.raises(OverBudget, match=r"1 of 2 files are rejected.*b\.parquet"):
        read_extract(engine, spec)


def test_a_gz_cut_off_midway_gives_none_of_its_rows(engine, tmp_path):
    lines = "".join(f"u{i},p{i},{DAY + i}\n" for i in range(200_000))
    packed = gzip.compress(("user,post,ts\n" + lines).encode())
    (tmp_path / "likes.csv.gz").write_bytes(packed[: len(packed) * 9 // 10])

    reading = read(engine, tmp_path / "likes.csv.gz")

    counts = files(reading)["likes.csv.gz"]
    assert counts["status"] == "rejected"
    assert counts["rows_rejected"] == counts["rows_read"] > 0
    assert reading.interactions.count() == reading.quarantine.count() == 0


def test_ids_beyond_two_to_the_53_stay_exact_beside_nulls(engine, tmp_path):
    users = pa.array([9007199254740993, None, 9007199254740992], pa.int64())
    path = parquet(tmp_path / "a.parquet", user=users, post=["p"] * 3, ts=[DAY] * 3)

    reading = read(engine, path)

    assert accounts(reading) == ["9007199254740992", "9007199254740993"]
    assert reasons(reading) == {2: ("account", "null")}


def test_float_ids_are_refused_since_their_digits_are_gone(engine, tmp_path):
    path = parquet(tmp_path / "a.parquet", user=[9007199254740993.0])
    note = files(read(engine, path))["a.parquet"]["note"]
    assert note.startswith("`account` is double: ids beyond 2^53 have lost their last digits")


def test_text_ids_are_byte_exact(engine, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        "user,post,ts\n" + "".join(f"{u},p,{DAY}\n" for u in ("00123", "123", "null", "NA", "nan"))
    )
    assert accounts(read(engine, path)) == ["00123", "123", "NA", "nan", "null"]


def test_hives_null_is_null_and_empty_text_is_not(engine, tmp_path):
    path = tmp_path / "000000_0"
    rows = [r"\N", "", "a", "b"]
    path.write_bytes("".join(f"{u}\x01p\x01{DAY}\x01see \\N here\n" for u in rows).encode())

    columns = ["user", "post", ["ts", "bigint"], "words"]
    reading = read(engine, path, format="text", columns=columns, map={**LIKES, "text": "words"})

    assert reasons(reading) == {1: ("account", "null"), 2: ("account", "empty text")}
    assert [row["text"] for row in reading.interactions.rows()] == [r"see \N here"] * 2


def test_a_nul_byte_in_an_id_is_set_aside_escaped(engine, tmp_path):
    path = parquet(tmp_path / "a.parquet", user=["12\x0034", "12"], post=["p"] * 2, ts=[DAY] * 2)

    (fault,) = read(engine, path).quarantine.rows()

    assert (fault["reason"], fault["raw"]) == ("NUL byte U+0000", r"12\x0034")


def test_sentinel_accounts_are_set_aside_and_the_list_may_be_emptied(engine, tmp_path):
    users = ["-1", "0", "unknown", "anonymous", "a"]
    path = parquet(tmp_path / "a.parquet", user=users, post=["p"] * 5, ts=[DAY] * 5)

    assert accounts(read(engine, path)) == ["a"]
    assert len(accounts(read(engine, path, rules={"sentinel_ids": []}))) == 5


def test_a_file_of_mixed_epoch_units_is_refused_whole(engine, tmp_path):
    seconds, micros = DAY // 1000, DAY * 1000
    path = parquet(
        tmp_path / "a.parquet", user=list("abcd"), post=["p"] * 4, ts=[DAY, seconds, micros, DAY]
    )

    reading = read(engine, path, rules={"quarantine_share": 0.3})

    counts = files(reading)["a.parquet"]
    assert (counts["status"], counts["rows_rejected"]) == ("rejected", 4)
    assert "1 in microseconds, 1 in seconds, 2 otherwise" in counts["note"]
    assert reading.interactions.count() == 0


def test_a_stray_time_of_another_unit_is_set_aside_within_the_budget(engine, tmp_path):
    times = [DAY] * 9 + [DAY // 1000]
    path = parquet(
        tmp_path / "a.parquet", user=[f"u{i}" for i in range(10)], post=["p"] * 10, ts=times
    )
    reading = read(engine, path, rules={"quarantine_share": 0.1})
    assert reasons(reading) == {
        10: ("acted_at", "time in seconds where the table says milliseconds")
    }


def test_hidden_files_are_skipped_and_listed(engine, tmp_path):
    parquet(tmp_path / "x/dt=2024-01-01/a.parquet")
    parquet(tmp_path / "x/dt=2024-01-01/_temporary/0/a.parquet", user=["ghost"])
    (tmp_path / "x/dt=2024-01-01/_SUCCESS").touch()

    reading = read(engine, tmp_path / "x", format="parquet")

    assert accounts(reading) == ["a"]
    assert statuses(reading)["dt=2024-01-01/_temporary"] == "skipped"
    assert statuses(reading)["dt=2024-01-01/_SUCCESS"] == "skipped"


def test_an_unfinished_write_is_refused(engine, tmp_path):
    parquet(tmp_path / "x/a.parquet")
    parquet(tmp_path / "x/_temporary/0/a.parquet")
    with pytest.raises(ExtractError, match="its writer has not finished"):
        read(engine, tmp_path / "x", format="parquet")


def test_a_file_that_lacks_a_column_is_rejected_naming_what_it_has(engine, tmp_path):
    parquet(tmp_path / "x/dt=2024-01-01/a.parquet")
    other = pa.table({"usr": ["b"], "post": ["p"], "ts": [DAY]})
    (tmp_path / "x/dt=2024-01-02").mkdir()
    pq.write_table(other, tmp_path / "x/dt=2024-01-02/b.parquet")

    reading = read(engine, tmp_path / "x", format="parquet")

    assert statuses(reading)["dt=2024-01-02/b.parquet"] == "rejected"
    note = files(reading)["dt=2024-01-02/b.parquet"]["note"]
    assert "no column `user` for `account`; it has `usr`, `post`, `ts`, `dt`" in note


def test_a_column_that_no_file_has_is_the_job_files_fault(engine, tmp_path):
    parquet(tmp_path / "x/a.parquet")
    parquet(tmp_path / "x/b.parquet", user=["b"])
    with pytest.raises(ConfigError, match=r"no column `usr`.*did you mean `user`\?"):
        read(engine, tmp_path / "x", format="parquet", map={**LIKES, "account": "usr"})


def test_a_bare_word_that_was_meant_as_a_constant_is_explained(engine, tmp_path):
    path = parquet(tmp_path / "a.parquet")
    with pytest.raises(ConfigError, match="a constant is written in single quotes: `'like'`"):
        read(engine, path, map={**LIKES, "action": "like"})


def test_columns_are_found_whatever_the_case_of_their_letters(engine, tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"User": ["a"], "post": ["p"], "ts": [DAY]}), path)

    reading = read(engine, path)

    assert accounts(reading) == ["a"]
    assert "`User` stands for `user`" in files(reading)["a.parquet"]["note"]


def test_ids_that_are_text_in_one_file_and_numbers_in_another_are_refused(engine, tmp_path):
    parquet(tmp_path / "x/a.parquet", user=["00123"])
    parquet(tmp_path / "x/b.parquet", user=[123])

    reading = read(engine, tmp_path / "x", format="parquet")

    assert statuses(reading) == {"a.parquet": "read", "b.parquet": "rejected"}
    assert "`account` is int64 here and string in a.parquet" in files(reading)["b.parquet"]["note"]


def test_integers_of_two_widths_are_read_with_a_note(engine, tmp_path):
    parquet(tmp_path / "x/a.parquet", user=pa.array([123], pa.int32()))
    parquet(tmp_path / "x/b.parquet", user=pa.array([124], pa.int64()))

    reading = read(engine, tmp_path / "x", format="parquet")

    assert accounts(reading) == ["123", "124"]
    assert "int64 here and int32" in files(reading)["b.parquet"]["note"]


def test_rows_of_hives_null_partition_are_set_aside(engine, tmp_path):
    parquet(tmp_path / "x/dt=2024-01-01/a.parquet")
    parquet(tmp_path / "x/dt=__HIVE_DEFAULT_PARTITION__/a.parquet", user=["b"])

    reading = read(engine, tmp_path / "x", format="parquet")

    assert accounts(reading) == ["a"]
    (fault,) = reading.quarantine.rows()
    assert (fault["column"], fault["reason"]) == ("dt", "null partition")
    assert fault["raw"] == "__HIVE_DEFAULT_PARTITION__"


def test_a_partition_column_inside_the_file_must_say_what_the_path_says(engine, tmp_path):
    parquet(tmp_path / "x/dt=2024-01-01/a.parquet", dt=["2024-01-01"])
    parquet(tmp_path / "x/dt=2024-01-02/b.parquet", dt=["2024-01-01"], user=["b"])

    reading = read(engine, tmp_path / "x", format="parquet")

    assert accounts(reading) == ["a"]
    assert statuses(reading)["dt=2024-01-02/b.parquet"] == "rejected"


def test_a_second_delivery_of_a_file_is_skipped_even_where_duplicates_count(engine, tmp_path):
    parquet(tmp_path / "x/dt=2024-01-01/a.parquet")
    again = tmp_path / "x/dt=2024-01-01/a_copy_1.parquet"
    again.write_bytes((tmp_path / "x/dt=2024-01-01/a.parquet").read_bytes())

    reading = read(engine, tmp_path / "x", format="parquet", deduplicate=False)

    assert reading.interactions.count() == 1
    counts = files(reading)["dt=2024-01-01/a_copy_1.parquet"]
    assert counts["status"] == "skipped"
    assert counts["note"] == "a second delivery: byte for byte dt=2024-01-01/a.parquet"


def test_an_empty_text_file_is_counted_as_empty(engine, tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x/a.csv").write_text(f"user,post,ts\na,p,{DAY}\n")
    (tmp_path / "x/b.csv").touch()
    (tmp_path / "x/c.csv").write_text("user,post,ts\n")

    reading = read(engine, tmp_path / "x", format="csv")

    assert statuses(reading) == {"a.csv": "read", "b.csv": "empty", "c.csv": "empty"}


def test_rows_that_a_reader_cannot_divide_are_set_aside_with_the_others(engine, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f"user,post,ts\na,p,{DAY}\nb,p,{DAY},surplus\nc,p\nd,p,{DAY}\n")

    reading = read(engine, path)

    assert accounts(reading) == ["a", "d"]
    assert sorted(reasons(reading)) == [2, 3]


def test_an_undeclared_action_is_set_aside_where_actions_are_declared(engine, tmp_path):
    kinds = ["LIKE", "Like", "VIEW"]
    path = parquet(
        tmp_path / "a.parquet", user=list("abc"), post=["p"] * 3, ts=[DAY] * 3, kind=kinds
    )

    reading = read(engine, path, map={**LIKES, "action": "kind"}, actions={"LIKE": "like"})

    assert [row["action"] for row in reading.interactions.rows()] == ["like"]
    assert reasons(reading)[2] == ("action", "action that `actions` does not declare")


def test_an_empty_optional_id_is_read_as_missing_and_counted(engine, tmp_path):
    path = parquet(tmp_path / "a.parquet", device=[""])

    reading = read(engine, path, attributes={"device": "device"})

    assert reading.interactions.rows()[0]["device"] is None
    assert files(reading)["a.parquet"]["note"] == "1 empty `device` were read as null"


def test_rows_on_which_an_expression_fails_are_set_aside_alone(engine, tmp_path):
    users = [f"u{i}" for i in range(1_000)]
    posts = [str(i) for i in range(1_000)]
    posts[17], posts[901] = "x17", "\u202ex"
    path = parquet(tmp_path / "a.parquet", user=users, post=posts, ts=[DAY] * 1_000)

    reading = read(engine, path, map={**LIKES, "object": "cast(post as bigint) + 1"})

    assert reading.interactions.count() == 998
    assert reasons(reading) == dict.fromkeys((18, 902), ("object", "its expression fails"))
    assert all("\u202e" not in row["raw"] for row in reading.quarantine.rows())


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("usr || 'x'", 'Referenced column "usr" not found'),
        ("max(user)", "cannot be used"),
        ("unnest([user, user])", "must give one value for each row"),
        ("(select content from read_text('/etc/passwd'))", "cannot be used"),
        ("user) from {rows}; drop table x; --", "cannot be used"),
    ],
)
def test_a_bad_expression_is_named_with_its_table_and_column(engine, tmp_path, expression, says):
    path = parquet(tmp_path / "a.parquet")
    with pytest.raises(ConfigError) as refused:
        read(engine, path, map={**LIKES, "account": expression})
    assert "table `likes`" in str(refused.value)
    assert says in str(refused.value)


def test_an_expression_that_fits_all_files_but_one_rejects_that_one(engine, tmp_path):
    parquet(tmp_path / "x/a.parquet", name=["a"])
    parquet(tmp_path / "x/b.parquet", user=["b"])

    mapping = {**LIKES, "account": "user || name"}
    reading = read(engine, tmp_path / "x", format="parquet", map=mapping)

    assert statuses(reading) == {"a.parquet": "read", "b.parquet": "rejected"}


def test_a_path_that_holds_nothing_is_refused(engine, tmp_path):
    (tmp_path / "x").mkdir()
    with pytest.raises(ExtractError, match="there is no file to read"):
        read(engine, tmp_path / "x", format="parquet")


def test_over_the_budget_the_error_says_what_and_where_and_holds_the_quarantine(engine, tmp_path):
    users = [None, "", "", *(f"u{i}" for i in range(97))]
    path = parquet(tmp_path / "a.parquet", user=users, post=["p"] * 100, ts=[DAY] * 100)
    table = {"name": "likes", "path": str(path), "map": LIKES, "time_unit": "ms"}

    with pytest.raises(OverBudget) as over:
        read_extract(engine, extract_spec({"tables": [table]}, base=tmp_path))

    says = str(over.value)
    assert "3 of 100 rows are quarantined, a share of 0.03" in says
    assert "`quarantine_share` allows 0.001: 2 x `account`: empty text, 1 x `account`: null" in says
    assert "a.parquet row 1 `account`" in says
    assert over.value.reading.quarantine.count() == 3
    assert over.value.exit_code == 4
    within = {"tables": [table], "quarantine_share": 0.03}
    assert read_extract(engine, extract_spec(within, base=tmp_path)).interactions.count() == 97


def test_a_hopeless_reading_stops_before_the_next_file(engine, tmp_path, monkeypatch):
    monkeypatch.setattr("builders.extracts.judge._MOST_QUARANTINED", 2)
    for name in "abc":
        parquet(tmp_path / f"x/{name}.parquet", user=["0"] * 3, post=[name] * 3, ts=[DAY] * 3)

    reading = read(engine, tmp_path / "x", format="parquet")

    assert statuses(reading) == {
        "a.parquet": "read",
        "b.parquet": "skipped",
        "c.parquet": "skipped",
    }
