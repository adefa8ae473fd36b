"""A reading: mapping, filters, duplicates, the accounting identity, and the same answer always."""

import random
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders.extracts.estimate import estimate
from builders.extracts.ledger import entries
from builders.extracts.read import OverBudget, read_extract
from builders.extracts.report import accounting
from builders.extracts.survey import survey
from builders.extracts.toml import extract_spec
from graph.engines import open_engine
from graph.errors import ConfigError

DAY = 1_704_067_200_000  # 2024-01-01
NOW = DAY + 10 * 86_400_000
LIKES = {"account": "user", "object": "post", "acted_at": "ts"}


def spec(path, *more, rules=None, **settings):
    table = {"name": "likes", "path": str(path), "map": LIKES, "time_unit": "ms"} | settings
    return extract_spec({"tables": [table, *more], **(rules or {})}, base=path.parent)


def parquet(path, **columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def cells(reading, *names):
    return [tuple(row[name] for name in names) for row in reading.interactions.rows()]


def counts(reading):
    names = ("rows_read", "rows_used", "rows_deduplicated", "rows_quarantined", "rows_rejected")
    return {row["file"]: tuple(row[name] for name in names) for row in reading.files.rows()}


def test_several_tables_become_one_table_of_interactions(engine, tmp_path):
    parquet(tmp_path / "likes/dt=2024-01-01/a.parquet", user=["a"], post=[1], ts=[DAY], dev=["d1"])
    follows = {
        "name": "follows",
        "path": "follows.csv",
        "time_unit": "iso",
        "map": {
            "account": "src",
            "action": "'follow'",
            "object": "'@' || dst",
            "object_kind": "'account'",
            "owner": "dst",
            "acted_at": "at",
        },
    }
    (tmp_path / "follows.csv").write_text("src,dst,at\nb,a,2024-01-01T00:00:00Z\n")

    found = spec(
        tmp_path / "likes", follows, format="parquet", attributes={"device": "dev", "day": "dt"}
    )
    reading = read_extract(engine, found, now_ms=NOW)

    names = ("account", "action", "object", "object_kind", "acted_at", "owner", "device", "day")
    assert cells(reading, *names) == [
        ("a", "likes", "1", "object", DAY, None, "d1", "2024-01-01"),
        ("b", "follow", "@a", "account", DAY, "a", None, None),
    ]
    assert {row["source"] for row in reading.files.rows()} == {"likes", "follows"}


def test_of_equal_rows_the_first_by_table_file_and_row_is_used(engine, tmp_path):
    parquet(tmp_path / "x/b.parquet", user=["a", "a", "b"], post=["p"] * 3, ts=[DAY] * 3)
    parquet(tmp_path / "x/a.parquet", user=["a"], post=["p"], ts=[DAY])

    reading = read_extract(engine, spec(tmp_path / "x", format="parquet"), now_ms=NOW)

    assert counts(reading) == {"a.parquet": (1, 1, 0, 0, 0), "b.parquet": (3, 1, 2, 0, 0)}


def test_a_declared_key_says_what_equal_means(engine, tmp_path):
    path = parquet(tmp_path / "a.parquet", user=["a", "a"], post=["p", "p"], ts=[DAY + 5, DAY])

    by_key = read_extract(engine, spec(path, deduplicate=["account", "object"]), now_ms=NOW)
    all_rows = read_extract(engine, spec(path, deduplicate=False), now_ms=NOW)

    assert cells(by_key, "acted_at") == [(DAY + 5,)]
    assert all_rows.interactions.count() == 2


def test_null_values_are_equal_to_one_another_among_duplicates(engine, tmp_path):
    path = parquet(
        tmp_path / "a.parquet", user=["a"] * 3, post=["p"] * 3, ts=[DAY] * 3, words=[None, None, ""]
    )
    reading = read_extract(engine, spec(path, map={**LIKES, "text": "words"}), now_ms=NOW)
    assert cells(reading, "text") == [(None,), ("",)]


def test_rows_of_a_rejected_file_make_no_other_row_a_duplicate(engine, tmp_path):
    parquet(tmp_path / "x/a.parquet", user=["a", "b"], post=["p"] * 2, ts=[DAY, DAY // 1000])
    parquet(tmp_path / "x/b.parquet", user=["a"], post=["p"], ts=[DAY])

    rules = {"rejected_files": 1}
    reading = read_extract(engine, spec(tmp_path / "x", format="parquet", rules=rules), now_ms=NOW)

    assert counts(reading) == {"a.parquet": (2, 0, 0, 0, 2), "b.parquet": (1, 1, 0, 0, 0)}


def test_an_array_gives_one_interaction_for_each_element(engine, tmp_path):
    tags = [["x", "y"], [], None, ["x", "x", None]]
    path = parquet(tmp_path / "a.parquet", user=list("abcd"), ts=[DAY] * 4, tags=tags)
    mapping = {"account": "user", "object": "element", "object_kind": "'tag'", "acted_at": "ts"}

    found = spec(path, map=mapping, explode="tags", rules={"quarantine_share": 0.2})
    reading = read_extract(engine, found, now_ms=NOW)

    assert cells(reading, "account", "object") == [("a", "x"), ("a", "y"), ("d", "x")]
    assert counts(reading) == {"a.parquet": (5, 3, 1, 1, 0)}
    assert [row["row"] for row in reading.quarantine.rows()] == [4]
    note = reading.files.rows()[0]["note"]
    assert note == "counted by element: 4 rows hold 5 elements or faults"


def test_one_wide_table_gives_objects_of_several_kinds(engine, tmp_path):
    path = parquet(
        tmp_path / "a.parquet", user=["a", "b"], ts=[DAY] * 2, url=[7, None], tag=[None, "t"]
    )
    mapping = {
        "account": "user",
        "object": "element.id",
        "object_kind": "element.kind",
        "acted_at": "ts",
    }
    explode = (
        "list_filter([{'kind': 'url', 'id': cast(url as varchar)}, {'kind': 'tag', 'id': tag}],"
        " lambda x: x.id is not null)"
    )
    reading = read_extract(engine, spec(path, map=mapping, explode=explode), now_ms=NOW)
    assert cells(reading, "object_kind", "object") == [("url", "7"), ("tag", "t")]


def test_rows_outside_row_where_hold_no_interaction_and_are_noted(engine, tmp_path):
    path = parquet(tmp_path / "a.parquet", user=list("ab"), post=["p", None], ts=[DAY] * 2)

    reading = read_extract(engine, spec(path, row_where="post is not null"), now_ms=NOW)

    assert cells(reading, "account") == [("a",)]
    assert counts(reading) == {"a.parquet": (1, 1, 0, 0, 0)}
    assert reading.files.rows()[0]["note"] == "1 of 2 rows are outside `row_where`"


def test_accounts_that_act_on_themselves_are_counted_and_kept(engine, tmp_path):
    path = parquet(tmp_path / "a.parquet", user=list("abc"), post=list("abx"), ts=[DAY] * 3)

    found = spec(path, map={**LIKES, "object_kind": "'account'", "owner": "post"})
    reading = read_extract(engine, found, now_ms=NOW)

    assert reading.interactions.count() == 3
    note = reading.files.rows()[0]["note"]
    assert note == "2 rows are of an account on itself or on what is its own"


def test_an_attribute_may_be_called_like_a_word_of_sql(engine, tmp_path):
    path = parquet(tmp_path / "a.parquet", user=["a"] * 2, post=["p"] * 2, ts=[DAY] * 2)
    words = {name: f"'{name}'" for name in ("file", "place", "order", "group", "select", "row")}

    reading = read_extract(engine, spec(path, attributes=words), now_ms=NOW)

    assert reading.interactions.rows()[0]["order"] == "order"
    assert counts(reading) == {"a.parquet": (2, 1, 1, 0, 0)}


def test_partitions_outside_where_are_skipped_unopened(engine, tmp_path):
    parquet(tmp_path / "x/dt=2024-01-01/a.parquet", user=["a"], post=["p"], ts=[DAY])
    (tmp_path / "x/dt=2023-12-31").mkdir()
    (tmp_path / "x/dt=2023-12-31/a.parquet").write_bytes(b"never opened")

    found = spec(tmp_path / "x", format="parquet", where="dt >= '2024-01-01'")
    reading = read_extract(engine, found, now_ms=NOW)

    assert cells(reading, "account") == [("a",)]
    skipped = reading.files.rows()[0]
    assert (skipped["status"], skipped["note"]) == ("skipped", "outside `where`")
    with pytest.raises(ConfigError, match="the partition columns are `dt`"):
        read_extract(engine, spec(tmp_path / "x", format="parquet", where="day = '1'"))


def test_where_needs_partitions(engine, tmp_path):
    path = parquet(tmp_path / "a.parquet", user=["a"], post=["p"], ts=[DAY])
    with pytest.raises(ConfigError, match="choose rows with `row_where`"):
        read_extract(engine, spec(path, where="dt = '1'"))


def test_times_of_a_partition_may_be_a_day_late_and_no_more(engine, tmp_path):
    late = [DAY, DAY + 86_400_000, DAY + 2 * 86_400_000]
    root = tmp_path / "x"
    parquet(root / "dt=2024-01-01/a.parquet", user=list("abc"), post=["p"] * 3, ts=late)

    found = spec(root, format="parquet", rules={"quarantine_share": 0.5})
    reading = read_extract(engine, found, now_ms=NOW)

    assert cells(reading, "account") == [("a",), ("b",)]
    (row,) = reading.files.rows()
    assert row["note"] == "1 rows lie outside the partition's day and are used"
    anyhow = spec(root, format="parquet", rules={"late_days": "any"})
    assert read_extract(engine, anyhow, now_ms=NOW).interactions.count() == 3


def test_a_clock_may_run_five_minutes_fast(engine, tmp_path):
    ahead = [NOW, NOW + 300_000, NOW + 300_001]
    path = parquet(tmp_path / "a.parquet", user=list("abc"), post=["p"] * 3, ts=ahead)

    found = spec(path, rules={"quarantine_share": 0.5})
    reading = read_extract(engine, found, now_ms=NOW)

    assert cells(reading, "account") == [("a",), ("b",)]
    assert reading.quarantine.rows()[0]["reason"] == "in the future"


def test_progress_ends_with_everything_done(engine, tmp_path):
    for name in "ab":
        parquet(tmp_path / f"x/{name}.parquet", user=[name], post=["p"], ts=[DAY])
    seen = []

    read_extract(engine, spec(tmp_path / "x", format="parquet"), progress=seen.append, now_ms=NOW)

    assert (seen[-1].files_done, seen[-1].files, seen[-1].rows_read) == (2, 2, 2)
    assert seen[-1].bytes_done == seen[-1].bytes > 0
    assert [one.rows_read for one in seen] == sorted(one.rows_read for one in seen)


def test_an_error_while_progress_is_shown_reaches_the_caller(engine, tmp_path):
    path = parquet(tmp_path / "a.parquet", user=["a"], post=["p"], ts=[DAY])

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_extract(engine, spec(path), progress=stop, now_ms=NOW)
    assert read_extract(engine, spec(path), now_ms=NOW).interactions.count() == 1


def test_the_accounting_names_every_row_in_words(engine, tmp_path):
    users = ["a", "a", None]
    path = parquet(tmp_path / "a.parquet", user=users, post=["p"] * 3, ts=[DAY] * 3)

    reading = read_extract(engine, spec(path, rules={"quarantine_share": 0.5}), now_ms=NOW)

    assert accounting(reading) == [
        "likes (1 file): 3 rows read = 1 used + 1 deduplicated + 1 quarantined + 0 rejected",
        "  likes/a.parquet (read): 3 rows read = 1 used + 1 deduplicated + 1 quarantined"
        " + 0 rejected",
        "  quarantined 1 x `account`: null",
    ]


def world(root, order):
    """Ten files of rows with duplicates and faults, written in some order."""
    draw = random.Random(7)
    files = {}
    for number in range(10):
        rows = [
            (
                draw.choice(["a", "b", "c", "", "0"]),
                f"p{draw.randrange(4)}",
                DAY + draw.randrange(3),
            )
            for _ in range(50)
        ]
        users, posts, times = zip(*rows, strict=True)
        files[f"f{number}.parquet"] = {"user": users, "post": posts, "ts": times}
    for name in order(sorted(files)):
        parquet(root / name, **{key: list(values) for key, values in files[name].items()})
    return spec(root, format="parquet", rules={"quarantine_share": 1})


def test_the_same_extract_gives_the_same_bytes_in_any_order_on_any_threads(tmp_path):
    answers = []
    for threads, order in ((1, sorted), (2, reversed)):
        root = tmp_path / str(threads) / "x"
        with open_engine("local", threads=threads, spill=tmp_path / "spill") as engine:
            reading = read_extract(engine, world(root, order), now_ms=NOW)
            out = tmp_path / f"{threads}.parquet"
            reading.interactions.write_parquet(out)
            tables = (reading.files.rows(), reading.quarantine.rows(), reading.fingerprint)
            answers.append((out.read_bytes(), tables))
    assert answers[0] == answers[1]


def test_a_fingerprint_follows_names_and_contents(engine, tmp_path):
    first = parquet(tmp_path / "x/a.parquet", user=["a"], post=["p"], ts=[DAY])
    before = read_extract(engine, spec(tmp_path / "x", format="parquet"), now_ms=NOW).fingerprint
    shutil.copytree(tmp_path / "x", tmp_path / "y")
    moved = read_extract(engine, spec(tmp_path / "y", format="parquet"), now_ms=NOW).fingerprint
    first.rename(tmp_path / "x/b.parquet")
    renamed = read_extract(engine, spec(tmp_path / "x", format="parquet"), now_ms=NOW).fingerprint
    parquet(tmp_path / "x/b.parquet", user=["b"], post=["p"], ts=[DAY])
    changed = read_extract(engine, spec(tmp_path / "x", format="parquet"), now_ms=NOW).fingerprint

    assert before == moved
    assert len({before, renamed, changed}) == 3


def test_an_estimate_needs_no_reading(engine, tmp_path):
    for number in range(3):
        lines = "".join(f"u{i},p,{DAY}\n" for i in range(1_000 * (number + 1)))
        (tmp_path / "x").mkdir(exist_ok=True)
        (tmp_path / f"x/{number}.csv").write_text("user,post,ts\n" + lines)
    columns = {"user": ["a"] * 500, "post": ["p"] * 500, "ts": [DAY] * 500}
    path = parquet(tmp_path / "a.parquet", **columns)
    text = {"name": "text", "path": "x", "format": "csv", "map": LIKES, "time_unit": "ms"}

    exact, sampled = estimate(engine, spec(path, text))

    assert (exact.rows, exact.exact, exact.files) == (500, True, 1)
    assert sampled.rows == pytest.approx(6_000, rel=0.01)
    assert (sampled.exact, sampled.files) == (False, 3)


@pytest.mark.parametrize("ending", ["gz", "bz2", "zst"])
def test_compressed_text_is_estimated_from_its_beginning(engine, tmp_path, ending):
    codec = {"gz": "gzip", "bz2": "bz2", "zst": "zstd"}[ending]
    draw = random.Random(1)
    lines = "".join(f"{draw.getrandbits(64)},p,{DAY}\n" for _ in range(500_000))
    path = tmp_path / f"likes.csv.{ending}"
    with pa.CompressedOutputStream(str(path), codec) as stream:
        stream.write(b"user,post,ts\n" + lines.encode())

    (found,) = estimate(engine, spec(path))

    assert path.stat().st_size > 4 << 20
    assert found.rows == pytest.approx(500_000, rel=0.15)


users = st.sampled_from(["a", "b", "00", "", "0", None, "x\x00", "1.5E+10", " c", "null"])
posts = st.sampled_from(["p", "q", "", None])
moments = st.sampled_from([DAY, DAY + 1, DAY + 86_400_000, 5, NOW * 2, None])
contents = st.lists(st.tuples(users, posts, moments), max_size=8)


def good(row):
    user, post, moment = row
    return (
        user in ("a", "b", "00", "null") and post in ("p", "q") and moment in
        (DAY, DAY + 1, DAY + 86_400_000)
    )  # fmt: skip


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(given_files=st.lists(contents, min_size=1, max_size=4), deduplicate=st.booleans())
def test_every_row_is_used_deduplicated_quarantined_or_rejected(
    engine, tmp_path_factory, given_files, deduplicate
):
    root = tmp_path_factory.mktemp("law")
    for number, rows in enumerate(given_files):
        # A column of its own keeps equal files from being taken for a second delivery.
        kinds = pa.schema(
            [("user", pa.string()), ("post", pa.string()), ("ts", pa.int64()), ("n", pa.int64())]
        )
        table = pa.Table.from_pylist(
            [
                dict(zip(kinds.names, (*row, number), strict=True)) for row in rows
            ],
            schema=kinds,
        )  # fmt: skip
        pq.write_table(
            table.replace_schema_metadata({"n": str(number)}), root / f"{number}.parquet"
        )

    found = spec(root, format="parquet", deduplicate=deduplicate, rules={"quarantine_share": 1.0})
    reading = read_extract(engine, found, now_ms=NOW)

    seen = set()
    for number, rows in enumerate(given_files):
        fine = [row for row in rows if good(row)]
        fresh = [row for row in dict.fromkeys(fine) if row not in seen] if deduplicate else fine
        seen.update(fine)
        expected = (len(rows), len(fresh), len(fine) - len(fresh), len(rows) - len(fine), 0)
        assert counts(reading)[f"{number}.parquet"] == expected
    kept = seen if deduplicate else [row for rows in given_files for row in rows if good(row)]
    assert sorted(cells(reading, "account", "object", "acted_at")) == sorted(kept)
    assert reading.quarantine.count() == sum(not good(row) for rows in given_files for row in rows)


def test_the_real_log_of_coordinated_tweets_is_read_whole(engine, shared):
    mapping = {
        "account": "account_id",
        "action": "'post'",
        "object": "object_id",
        "object_kind": "'text'",
        "acted_at": "timestamp_share",
        "content": "content_id",
    }
    path = shared / "data/real/russian_coord_tweets.parquet"

    reading = read_extract(engine, spec(path, map=mapping, time_unit="s", deduplicate=False))

    assert reading.interactions.count() == pq.read_metadata(path).num_rows
    assert reading.quarantine.count() == 0


def test_over_budget_is_an_error_that_can_still_be_accounted_for(engine, tmp_path):
    path = parquet(tmp_path / "a.parquet", user=["a", "0"], post=["p"] * 2, ts=[DAY] * 2)
    with pytest.raises(OverBudget) as over:
        read_extract(engine, spec(path), now_ms=NOW)
    assert accounting(over.value.reading)[0].endswith(
        "2 rows read = 1 used + 0 deduplicated + 1 quarantined + 0 rejected"
    )


def test_a_row_that_went_astray_is_an_internal_error(engine, tmp_path):
    path = parquet(tmp_path / "a.parquet", user=["a"], post=["p"], ts=[DAY])
    (work,) = survey(engine, spec(path).tables).works
    work.status, work.tally.read, work.tally.good = "read", 2, 2

    assert entries([work], {0: 2}, {0: 1}, kept=1)[0].used == 1
    with pytest.raises(RuntimeError, match="gave 2 rows, of which 1 used"):
        entries([work], {0: 1}, {}, kept=1)
    with pytest.raises(RuntimeError, match="account for 2 rows and 1 were kept"):
        entries([work], {0: 2}, {}, kept=1)
