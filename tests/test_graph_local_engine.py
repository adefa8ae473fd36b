"""The local engine keeps the promises of the engine protocol."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress

import pyarrow as pa
import pytest

from graph.engines import open_engine
from graph.engines.interruption import interruptible
from graph.engines.local import LocalEngine
from graph.errors import ConfigError, RingwatchError, SchemaError
from graph.schema import Column, Schema
from graph.schemas import RANKING

pytestmark = pytest.mark.local_only

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
        "select * from handed_over_too",
        "select getenv('HOME')",
        "select current_setting('temp_directory')",
        "select (select current_setting('threads')) from {rows}",
        "select list_transform([1], x -> current_setting('threads')) from {rows}",
        "select * from duckdb_settings()",
        "select * from duckdb_settings",
        "select * from information_schema.tables",
        "select * from temp.main.given_rows",
        "select * from pragma_database_size()",
        "select get_block_size('memory')",
        "select * from query_table('given_rows')",
        "select * from query('select 1')",
        "select * from arrow_scan(1::ubigint::pointer, 1::ubigint::pointer, 1::ubigint::pointer)",
        "select * from json_execute_serialized_sql(json_serialize_sql('select 1'))",
        "with duckdb_settings as (select 1) select * from {rows}",
        "show tables",
        "describe {rows}",
        "summarize {rows}",
    ],
)
def test_expressions_reach_no_file_no_setting_and_no_table_of_the_house(engine, tmp_path, text):
    secret = tmp_path / "secret.csv"
    secret.write_text("password\nhunter2\n")
    held = counts(engine, name=["a"])
    handed_over = handed_over_too = pa.table({"password": ["hunter2"]})
    assert handed_over_too.num_rows == 1
    query = text.replace("{secret}", str(secret)).replace("{folder}", str(tmp_path))

    with pytest.raises(ConfigError, match="the expression fails: "):
        engine.evaluate(handed_over, query.replace("{table}", held.name))

    assert {path.name for path in tmp_path.iterdir()} == {"secret.csv", "spill"}


@pytest.mark.parametrize(
    "text",
    [
        "create table kept as select 1 as a",
        "create view kept as select 1 as a",
        "create macro kept() as 1",
        "insert into given_rows values (2)",
        "select 1; select 2",
        "select 1; create table kept as select 1 as a",
        "create table kept as select 1 as a; select 1",
        "with x as (insert into given_rows values (2)) select 1",
        "explain select 1",
        "pragma version",
        "call pragma_version()",
        "prepare kept as select 1",
        "pivot given_rows on a using sum(a)",
        "begin transaction",
        "set variable kept = 1",
        "vacuum",
        "export database 'kept'",
        "",
        ";",
    ],
)
def test_an_expression_is_one_query_and_keeps_nothing(engine, text):
    rows = pa.table({"a": [1]})

    with pytest.raises(ConfigError, match="the expression fails: "):
        engine.evaluate(rows, text)

    assert engine.evaluate(rows, "select a from {rows}").to_pylist() == [{"a": 1}]
    with pytest.raises(ConfigError, match="reads the table 'kept'"):
        engine.evaluate(rows, "select a from kept")


@pytest.mark.parametrize(
    "word",
    ["now()", "today()", "current_date", "Current_Timestamp", "random()", "uuid()", "ago(x)"],
)
def test_an_expression_gives_the_same_tomorrow(engine, word):
    rows = pa.table({"x": [1]})

    with pytest.raises(ConfigError, match="depends on more than the row: on the clock, chance"):
        engine.evaluate(rows, f"select {word} from {{rows}}")


def test_a_column_may_have_the_name_of_a_clock(engine):
    rows = pa.table({"current_date": ["2026-01-01"]})

    found = engine.evaluate(rows, "select current_date as day from {rows}")

    assert found.to_pylist() == [{"day": "2026-01-01"}]


def test_expressions_may_read_their_rows_again_and_make_lists(engine):
    rows = pa.table({"x": [1, 2], "tags": [["a"], ["b", "c"]]})

    found = engine.evaluate(
        rows,
        "select x, (select max(x) from {rows}) as most, error is null as fine,"
        " (select string_agg(t, '-' order by t) from unnest(tags) u(t)) as tagged"
        " from (select *, null as error from {rows}) order by x",
    )

    assert found.to_pylist() == [
        {"x": 1, "most": 2, "fine": True, "tagged": "a"},
        {"x": 2, "most": 2, "fine": True, "tagged": "b-c"},
    ]


def test_a_time_reads_alike_wherever_the_job_runs(monkeypatch, tmp_path):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    with open_engine("local", spill=tmp_path) as opened:
        rows = pa.table({"seen": [0]})
        found = opened.evaluate(rows, "select cast(to_timestamp(seen) as varchar) as t from {rows}")

    assert found["t"].to_pylist() == ["1970-01-01 00:00:00+00"]


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


def test_every_kernel_that_is_listed_is_there(engine):
    from graph.engines.local_kernels import _KERNELS

    assert _KERNELS
    assert all(callable(engine.kernel(name)) for name in _KERNELS)


def test_a_name_that_cannot_be_told_to_the_engine_is_refused(engine, tmp_path):
    file = tmp_path / "back\\slash*.parquet"
    counts(engine, name=["a"]).write_parquet(file)

    with pytest.raises(ConfigError, match="holds a backslash beside"):
        engine.read_parquet([file], COUNTS)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("select 'x' as name, 'seven' as times, 1 as share, true as known", "seven"),
        ("select 'x' as name, 1e300 as times, 1 as share, true as known", "out of range"),
        (
            "select 'x' as name, 9223372036854775807 + a as times, 1 as share, true as known"
            " from (select unnest([1]) as a)",
            "Overflow",
        ),
        ("select error('stop') as name, 1 as times, 1 as share, true as known", "stop"),
    ],
)
def test_a_value_that_is_not_of_its_type_names_the_table(engine, query, says):
    with pytest.raises(SchemaError, match=f"the query gives no `counts` table: .*{says}") as error:
        engine.sql(query, COUNTS)

    assert "\n" not in str(error.value)
    assert _tables(engine) == 0


def test_a_refused_table_is_let_go_of(engine):
    with pytest.raises(SchemaError, match="nulls in `times`"):
        engine.sql("select 'a' as name, null as times, null as share, null as known", COUNTS)
    with pytest.raises(SchemaError, match="nulls in `name`"):
        counts(engine, name=[None])

    assert _tables(engine) == 0


_WIDE = "select md5(cast(i as varchar)) as account, i as score from range(4000000) t(i) order by 1"


def test_too_little_memory_says_what_to_give(tmp_path):
    with (
        open_engine("local", memory="20MB", threads=2, spill=tmp_path) as small,
        pytest.raises(RingwatchError, match=r"20MB of memory are too little.*`--memory`"),
    ):
        small.query("select list(i) as all_of_them from range(9000000) t(i)")


@pytest.mark.parametrize("ask", ["sql", "query", "batches"])
def test_a_full_disk_says_where_to_free_space(engine, tmp_path, ask):
    file = tmp_path / "scores.parquet"
    if ask == "batches":
        engine.sql(_WIDE.replace("4000000", "900000"), RANKING).write_parquet(file)
    with open_engine("local", memory="60MB", threads=2, spill=tmp_path) as small:
        with small._duck.cursor() as duck:
            duck.execute("set max_temp_directory_size = '1MB'")
        asks = {
            "sql": lambda: small.sql(_WIDE, RANKING),
            "query": lambda: small.query(_WIDE),
            "batches": lambda: list(small.batches(small.read_parquet([file], RANKING))),
        }
        with pytest.raises(RingwatchError, match=r"the disk is full: .*free space there") as error:
            asks[ask]()

    assert str(tmp_path) in str(error.value)


_LONG = "select sum(a.i * b.i) as score from range(1000000) a(i), range(1000000) b(i)"


@pytest.mark.parametrize("ask", ["sql", "query", "evaluate"])
def test_ctrl_c_stops_a_query_at_once(engine, ask):
    """DuckDB tells of it as a RuntimeError, after its other threads have come to their end."""
    before = signal.getsignal(signal.SIGINT)
    # Here, since pyarrow drops a Ctrl-C that comes while it imports pandas for its first table.
    rows = pa.table({"a": [1]})
    asks = {
        "sql": lambda: engine.sql(f"select 'a' as account, score from ({_LONG})", RANKING),
        "query": lambda: engine.query(_LONG),
        "evaluate": lambda: engine.evaluate(rows, _LONG),
    }
    for _ in range(4):
        press = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
        began = time.monotonic()
        press.start()
        try:
            with pytest.raises(KeyboardInterrupt):
                asks[ask]()
        finally:
            press.join()
        assert time.monotonic() - began < 20

    assert signal.getsignal(signal.SIGINT) is before
    assert engine.query("select 1 as one")["one"].to_pylist() == [1]


def test_ctrl_c_comes_out_though_something_within_drops_it(engine):
    """As pyarrow does while it imports pandas."""
    with (
        engine._cursor() as duck,
        pytest.raises(KeyboardInterrupt),
        interruptible(duck),
        suppress(KeyboardInterrupt),
    ):
        signal.raise_signal(signal.SIGINT)

    with (
        engine._cursor() as duck,
        pytest.raises(KeyboardInterrupt) as stopped,
        interruptible(duck),
    ):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise RuntimeError from None

    assert isinstance(stopped.value.__cause__, RuntimeError)


def test_what_a_generator_raises_comes_out_as_it_was_raised(engine):
    class Broken(Exception):
        pass

    def broken(error):
        yield counts(engine, name=["a"]).arrow().to_batches()[0]
        raise error

    for error in (Broken("here"), KeyboardInterrupt(), SystemExit(3), OSError("gone")):
        before = _tables(engine)
        with pytest.raises(type(error)) as raised:
            engine.from_batches(broken(error), COUNTS)
        assert raised.value is error
        assert _tables(engine) == before + 1


def test_what_is_dear_to_make_of_a_table_is_made_once_and_goes_with_the_table(engine):
    table, other = counts(engine, name=["a"]), counts(engine, name=["b"])
    made = []

    def ask(of):
        return engine.remembered(of, "rows", lambda: made.append(of.name) or of.rows()[0]["name"])

    assert [ask(table), ask(other), ask(table)] == ["a", "b", "a"]
    assert made == [table.name, other.name]

    with engine.within():
        ask(table)
    ask(table)
    engine.drop(table)
    ask(other)

    assert made == [table.name, other.name, table.name, other.name]
    assert {name for name, _ in engine._remembered} == {other.name}


def _tables(engine):
    found = engine.query("select count(*) as n from information_schema.tables")
    return found["n"][0].as_py()
