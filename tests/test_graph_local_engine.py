"""The local engine keeps the promises of the engine protocol."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.engines import open_engine
from graph.engines.local import LocalEngine
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


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(engine, tmp_path, monkeypatch):
    file = tmp_path / "counts.parquet"
    counts(engine, name=["old"]).write_parquet(file)
    before = file.read_bytes()
    given = counts(engine, name=[f"{n:07}" for n in range(300_000)])
    batches = LocalEngine.batches

    def broken(self, table, *, rows=1):
        stream = batches(self, table, rows=rows)
        yield next(stream)
        raise OSError("no space left on device")

    monkeypatch.setattr(LocalEngine, "batches", broken)
    with pytest.raises(OSError, match="no space left"):
        given.write_parquet(file)

    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.glob("*.parquet*")] == ["counts.parquet"]


def test_a_dropped_table_is_gone_and_dropping_it_again_does_nothing(engine, tmp_path):
    given = counts(engine, name=["a"])
    file = tmp_path / "a.parquet"
    given.write_parquet(file)
    viewed = engine.read_parquet([file], COUNTS)

    for table in (given, viewed):
        engine.drop(table)
        engine.drop(table)
        with pytest.raises(Exception, match="does not exist"):
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


@pytest.mark.parametrize(
    "text",
    [
        "select * from read_text('{secret}')",
        "select * from read_csv('{secret}')",
        "select * from read_parquet('{secret}')",
        "select * from '{secret}'",
        "select * from glob('{folder}/*')",
        "copy (select 1) to '{folder}/out.csv'",
        "attach '{folder}/other.db'",
        "set enable_external_access = true",
        "install httpfs",
        "select * from {table}",
        "select * from handed_over",
    ],
)
def test_expressions_reach_no_file_no_setting_and_no_table_of_the_house(engine, tmp_path, text):
    secret = tmp_path / "secret.csv"
    secret.write_text("password\nhunter2\n")
    held = counts(engine, name=["a"])
    handed_over = pa.table({"password": ["hunter2"]})
    query = text.replace("{secret}", str(secret)).replace("{folder}", str(tmp_path))

    with pytest.raises(ConfigError, match="the expression fails: "):
        engine.evaluate(handed_over, query.replace("{table}", held.name))

    assert {path.name for path in tmp_path.iterdir()} == {"secret.csv", "spill"}


def test_an_expression_that_cannot_be_understood_is_one_line(engine):
    with pytest.raises(ConfigError) as error:
        engine.evaluate(pa.table({"a": [1]}), "select b from {rows}")

    assert "\n" not in str(error.value)


def test_more_rows_than_memory_holds_are_spilled_and_sorted(tmp_path):
    rows = 1_500_000
    with open_engine("local", memory="60MB", threads=2, spill=tmp_path) as small:
        scores = small.sql(
            "select 'account-' || md5(cast(i as varchar)) as account, i as score"
            " from range($rows) t(i)",
            RANKING,
            {"rows": rows},
        )
        held = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
        last, seen = "", 0
        for batch in scores.batches():
            names = batch["account"]
            assert last < names[0].as_py() < names[-1].as_py()
            last, seen = names[-1].as_py(), seen + len(names)

    assert held > 0
    assert seen == rows
    assert list(tmp_path.iterdir()) == []


def test_a_closed_engine_leaves_nothing_on_disk(tmp_path):
    spill = tmp_path / "not" / "there yet"
    with open_engine("local", spill=spill) as opened:
        counts(opened, name=["a"])
    assert list(spill.iterdir()) == []


def test_a_wrong_size_or_name_is_refused_with_the_mend(tmp_path):
    with pytest.raises(ConfigError, match="memory `much` is no size; write it as `4GB`"):
        open_engine("local", memory="much", spill=tmp_path)
    with pytest.raises(ConfigError, match="unknown engine `sparc`; there is `local`"):
        open_engine("sparc")
    assert list(tmp_path.iterdir()) == []


def test_what_an_engine_cannot_do_is_said_with_another_way(engine, table):
    graph = InteractionGraph(table(engine, EDGES, "src | dst"))

    with pytest.raises(NotOnThisEngine, match="`telepathy` does not run on the local engine"):
        kernel(graph, "telepathy")


def test_every_kernel_that_is_listed_is_there(engine):
    from graph.engines.local_kernels import _KERNELS

    assert _KERNELS
    assert all(callable(engine.kernel(name)) for name in _KERNELS)


def test_files_of_the_house_are_named_not_globbed(engine, tmp_path: Path):
    counts(engine, name=["a"]).write_parquet(tmp_path / "a[1].parquet")

    assert engine.read_parquet([tmp_path / "a[1].parquet"], COUNTS).count() == 1
