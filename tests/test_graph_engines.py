"""Every engine keeps the promises of the engine protocol."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.engines import open_engine
from graph.errors import ConfigError, NotOnThisEngine, SchemaError
from graph.model import InteractionGraph, kernel
from graph.schema import Column, Schema
from graph.schemas import CLUSTERING, EDGES, RANKING

COUNTS = Schema(
    "counts",
    (
        Column("name", "VARCHAR", "who"),
        Column("times", "BIGINT", "how often"),
        Column("share", "DOUBLE", "of all", nullable=True),
        Column("known", "BOOLEAN", "whether known", nullable=True),
    ),
    key=("name",),
)
AWKWARD = [
    "",
    " ",
    "'",
    '"',
    "007",
    "NaN",
    "\\N",
    "a\x00b",
    "null",
    "{edges}",
    "$x",
    "é",
    "名",
    "\U0001f600",
]


def counts(engine, **columns):
    rows = len(next(iter(columns.values())))
    full = {
        name: columns.get(name, [None] * rows if name in ("share", "known") else [0] * rows)
        for name in COUNTS.names
    }
    return engine.from_arrow(pa.table(full, schema=COUNTS.arrow), COUNTS)


def test_a_querys_columns_are_taken_by_name_and_cast(engine):
    found = engine.sql(
        "select true as known, 1 as share, '7' as times, 42 as name, 'extra' as more", COUNTS
    )

    assert found.rows() == [{"name": "42", "times": 7, "share": 1.0, "known": True}]
    assert found.arrow().schema == COUNTS.arrow


def test_a_query_that_lacks_a_column_is_refused(engine):
    with pytest.raises(SchemaError, match=r"the query gives no `counts` table: .*known"):
        engine.sql("select 'a' as name, 1 as times, 0.5 as share", COUNTS)


def test_a_null_where_none_may_be_is_refused_and_counted(engine):
    with pytest.raises(SchemaError, match="`counts` has 2 nulls in `times`: it may have none"):
        engine.sql(
            "select name, null as times, null as share, null as known from {given}",
            COUNTS,
            given=counts(engine, name=["a", "b"]),
        )
    with pytest.raises(SchemaError, match="1 nulls in `name`"):
        counts(engine, name=["a", None])


def test_values_go_beside_the_text_and_come_back_byte_for_byte(engine):
    for name in AWKWARD:
        found = engine.sql(
            "select $name as name, $times as times, null as share, null as known",
            COUNTS,
            {"name": name, "times": 2**62 + 1},
        )
        assert found.rows() == [{"name": name, "times": 2**62 + 1, "share": None, "known": None}]


def test_a_table_that_was_not_given_is_named(engine):
    with pytest.raises(SchemaError, match=r"the query names \{absent\}, which was not given"):
        engine.query("select * from {absent}")


def test_tables_of_two_engines_cannot_meet(engine):
    with open_engine("local") as other:
        far = counts(other, name=["a"])
        with pytest.raises(SchemaError, match="`far` is held by another engine"):
            engine.query("select * from {far}", far=far)


def test_a_query_may_follow_whatever_came_before(engine):
    given = counts(engine, name=["a", "b"])
    asks = "select count(*) as n from {given}"

    for before in (given.count, given.rows, lambda: engine.drop(counts(engine, name=["x"]))):
        before()
        assert engine.query(asks, given=given).to_pylist() == [{"n": 2}]


def test_a_query_may_run_while_a_stream_is_read(engine):
    given = counts(engine, name=[f"{n:05}" for n in range(5_000)])

    stream = given.batches(rows=1_000)
    first = next(stream)
    assert engine.query("select count(*) as n from {given}", given=given)["n"][0].as_py() == 5_000
    rest = sum(batch.num_rows for batch in stream)

    assert first.num_rows + rest == 5_000


def test_rows_leave_in_key_order_by_bytes(engine):
    given = counts(engine, name=AWKWARD[::-1])

    expected = sorted(AWKWARD, key=lambda name: name.encode())

    assert [row["name"] for row in given.rows()] == expected
    streamed = [name for batch in given.batches(rows=3) for name in batch["name"].to_pylist()]
    assert streamed == expected


def test_rows_with_equal_keys_leave_in_one_order(engine):
    one = counts(engine, name=["a", "a", "a"], times=[3, 1, 2])
    other = counts(engine, name=["a", "a", "a"], times=[2, 3, 1])

    assert one.rows() == other.rows()


def test_rows_from_memory_must_have_the_schemas_columns(engine):
    with pytest.raises(SchemaError, match="the given data is no `clustering` table"):
        engine.from_arrow(pa.table({"account": ["a"], "clusters": ["a"]}), CLUSTERING)
    with pytest.raises(SchemaError, match="column `times` is string where `counts` has int64"):
        engine.from_arrow(
            pa.table({"name": ["a"], "times": ["1"], "share": [1.0], "known": [True]}), COUNTS
        )


def test_a_stream_is_taken_to_its_end(engine):
    batches = [
        pa.record_batch([[f"{n}{i}" for i in range(100)], [float(n)] * 100], schema=RANKING.arrow)
        for n in range(10)
    ]
    reader = pa.RecordBatchReader.from_batches(RANKING.arrow, iter(batches))

    assert engine.from_arrow(reader, RANKING).count() == 1_000


def test_a_table_comes_back_from_its_file(engine, tmp_path):
    given = counts(engine, name=AWKWARD, share=[None] + [0.1] * (len(AWKWARD) - 1))
    file = tmp_path / "dt=2026-01-01 it's.parquet"

    assert given.write_parquet(file) == len(AWKWARD)

    back = engine.read_parquet([file], COUNTS)
    assert back.rows() == given.rows()
    assert pq.read_schema(file).equals(COUNTS.arrow)
    assert pq.read_table(file, page_checksum_verification=True)["name"].to_pylist() == [
        row["name"] for row in given.rows()
    ]


def test_the_same_rows_make_the_same_file(engine, tmp_path):
    for place, names in enumerate((AWKWARD, AWKWARD[::-1])):
        counts(engine, name=names).write_parquet(tmp_path / f"{place}.parquet")

    assert (tmp_path / "0.parquet").read_bytes() == (tmp_path / "1.parquet").read_bytes()


def test_a_file_of_other_columns_is_refused_by_name(engine, tmp_path):
    file = tmp_path / "wrong.parquet"
    pq.write_table(pa.table({"account": ["a"], "clustr": ["a"]}), file)

    with pytest.raises(SchemaError, match=r"wrong\.parquet` is no `clustering` table"):
        engine.read_parquet([file], CLUSTERING)


def test_a_dropped_table_is_gone_and_dropping_it_again_does_nothing(engine, tmp_path):
    given = counts(engine, name=["a"])
    file = tmp_path / "a.parquet"
    given.write_parquet(file)
    viewed = engine.read_parquet([file], COUNTS)

    for table in (given, viewed):
        engine.drop(table)
        engine.drop(table)
        with pytest.raises(Exception, match=r"does not exist|cannot be found"):
            table.count()
    assert file.exists()


def test_expressions_see_the_rows_at_hand_and_lists_and_maps(engine):
    rows = pa.table(
        {"tags": [["a", "b"], []], "extra": pa.array([[("k", "v")], []], pa.map_("str", "str"))}
    )

    found = engine.evaluate(
        rows, "select len(tags) as n, extra['k'] as k, $suffix as s from {rows}", {"suffix": "!"}
    )

    assert found.to_pylist() == [{"n": 2, "k": "v", "s": "!"}, {"n": 0, "k": None, "s": "!"}]


def test_what_an_engine_cannot_do_is_said_with_another_way(engine, table):
    graph = InteractionGraph(table(engine, EDGES, "src | dst"))

    with pytest.raises(NotOnThisEngine, match=r"`telepathy` does not run on the .* engine"):
        kernel(graph, "telepathy")


@pytest.mark.parametrize(
    ("name", "alike"),
    [
        ("a[1].parquet", "a1.parquet"),
        ("star*.parquet", "starry.parquet"),
        ("what?.parquet", "whats.parquet"),
        ("**", "else.parquet"),
        ("[!x].parquet", "y.parquet"),
        ("{a,b}.parquet", "a.parquet"),
        ("back\\slash.parquet", "backslash.parquet"),
        ("it's, it.parquet", "it.parquet"),
    ],
)
def test_files_of_the_house_are_named_not_globbed(engine, tmp_path: Path, name, alike):
    folder = tmp_path / "out[1]*"
    folder.mkdir()
    if "\\" in name:
        folder = tmp_path
    counts(engine, name=["meant"]).write_parquet(folder / name)
    counts(engine, name=["other"]).write_parquet(folder / alike)

    assert [row["name"] for row in engine.read_parquet([folder / name], COUNTS).rows()] == ["meant"]


def test_no_files_are_an_empty_table(engine):
    found = engine.read_parquet([], COUNTS)

    assert found.arrow().schema == COUNTS.arrow
    assert found.count() == 0


@pytest.mark.parametrize("values", [None, {"most": 1, "other": 2}])
def test_missing_and_surplus_values_are_named(engine, values):
    with pytest.raises(ConfigError, match=r"the query gives no `counts` table: .*(most|other)"):
        engine.sql("select 'x' as name, $most as times, 1 as share, true as known", COUNTS, values)
    with pytest.raises(ConfigError, match=r"the query gives no answer: .*(most|other)"):
        engine.query("select $most as most", values)


def test_a_generator_may_ask_the_engine_that_reads_it(engine):
    given = counts(engine, name=["a", "b"])

    def asking():
        for batch in given.batches(rows=1):
            many = engine.query("select count(*) as n from {given}", given=given)["n"].to_pylist()
            kept = engine.from_batches([batch], COUNTS)
            computed = engine.evaluate(pa.table({"n": many}), "select n * 2 as n from {rows}")
            yield from kept.batches()
            assert computed["n"].to_pylist() == [4]

    assert engine.from_batches(asking(), COUNTS).rows() == given.rows()


def test_several_threads_may_ask_one_engine(engine):
    given = [counts(engine, name=[f"{n}-{i}" for i in range(n + 1)]) for n in range(8)]

    def ask(n):
        for _ in range(20):
            found = engine.query("select count(*) as n from {t}", t=given[n])["n"].to_pylist()
            rows = engine.evaluate(pa.table({"n": [n]}), "select n from {rows}")["n"].to_pylist()
            taken = counts(engine, name=[str(n)])
            assert [found, rows, taken.count(), given[n].count()] == [[n + 1], [n], 1, n + 1]
            engine.drop(taken)
        return n

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(ask, range(8))) == list(range(8))


def test_each_batch_is_worked_on_and_rows_may_grow_in_number(engine):
    given = counts(engine, name=[f"{n:03}" for n in range(100)], times=list(range(100)))

    doubled = engine.each(given, twice, COUNTS)

    assert [row["times"] for row in doubled.rows()] == [2 * (n // 2) for n in range(200)]


def test_items_are_worked_on_wherever_the_engine_computes(engine):
    done = []

    found = engine.spread([3, 0, 5], so_many, COUNTS, done=done.append)

    assert [row["name"] for row in found.rows()] == sorted(
        f"{n}-{place}" for n in (3, 0, 5) for place in range(n)
    )
    assert sorted(done) == [0, 3, 5]
    assert engine.spread([], so_many, COUNTS).rows() == []


def test_what_was_kept_is_found_again_by_another_engine_of_its_kind(engine, tmp_path):
    given = counts(engine, name=AWKWARD)
    path = tmp_path / "step"

    assert engine.keep(given, path) == len(AWKWARD)

    assert engine.holds(path)
    assert engine.kept(path, COUNTS).rows() == given.rows()


def test_what_another_kind_of_engine_kept_is_no_loss(engine, tmp_path):
    with open_engine("local", spill=tmp_path / "other") as local:
        local.keep(counts(local, name=["a"]), tmp_path / "step")

    assert engine.holds(tmp_path / "step")
    assert [row["name"] for row in engine.kept(tmp_path / "step", COUNTS).rows()] == ["a"]


def test_columns_may_be_left_out(engine):
    fewer = Schema("fewer", COUNTS.columns[:2], key=("name",))
    given = counts(engine, name=["b", "a"], times=[1, 2], share=[0.5, None])

    found = engine.project(given, fewer)

    assert found.rows() == [{"name": "a", "times": 2}, {"name": "b", "times": 1}]
    assert found.arrow().schema == fewer.arrow


def twice(batch):
    rows = [
        {**row, "name": f"{row['name']}{place}", "times": 2 * row["times"]}
        for row in batch.to_pylist()
        for place in range(2)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=COUNTS.arrow)


def so_many(item):
    rows = [{"name": f"{item}-{place}", "times": item} for place in range(item)]
    yield pa.RecordBatch.from_pylist(rows, schema=COUNTS.arrow)
