"""Files read in other processes and in any order: the same rows, accounts, notes and errors."""

import gzip
import hashlib
import os
import pickle
import random
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builders.extracts.arriving import arriving_schema
from builders.extracts.digests import Digest, digests_of
from builders.extracts.file_reader import FileReader, FileTask
from builders.extracts.file_report import FileReport
from builders.extracts.judge import Judge
from builders.extracts.read import OverBudget, read_extract
from builders.extracts.spreading import About
from builders.extracts.stream import Stream
from builders.extracts.survey import survey
from builders.extracts.toml import extract_spec
from builders.files.listing import list_files
from graph.engines.local import LocalEngine
from graph.errors import ConfigError, FileUnreadable, RingwatchError

DAY = 1_704_067_200_000  # 2024-01-01
NOW = DAY + 10 * 86_400_000
LIKES = {"account": "user", "object": "post", "acted_at": "ts"}
AWAY = """
import pickle, sys
import pyarrow as pa
work, items, schema = pickle.load(sys.stdin.buffer)
with pa.ipc.new_stream(sys.stdout.buffer, schema) as told:
    for item in items:
        for batch in work(item):
            told.write_batch(batch)
"""


class Elsewhere(LocalEngine):
    """Has items worked on in another process, the last one first."""

    def spread(self, items, work, schema, *, done=None):
        given = pickle.dumps((work, items[::-1], schema.arrow))
        away = subprocess.run(
            [sys.executable, "-W", "error", "-c", AWAY],
            input=given,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=True,
        )
        for item in items if done is not None else ():
            done(item)
        with pa.ipc.open_stream(away.stdout) as rows:
            return self.from_batches(iter(rows), schema)


class Watched(LocalEngine):
    """Remembers which items were worked on."""

    def spread(self, items, work, schema, *, done=None):
        self.worked = []

        def watched(item):
            self.worked.append(item)
            yield from work(item)

        return super().spread(items, watched, schema, done=done)


@pytest.fixture(params=[LocalEngine, Elsewhere], ids=["here", "elsewhere"])
def either(request, tmp_path):
    with request.param(memory="1GB", threads=2, spill=tmp_path / "spill") as opened:
        yield opened


def spec(root, *, rules=None, **settings):
    table = {
        "name": "likes",
        "path": str(root),
        "format": "parquet",
        "map": LIKES,
        "time_unit": "ms",
    }
    return extract_spec({"tables": [table | settings], **(rules or {})}, base=root.parent)


def parquet(path, **columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = {"user": ["a"], "post": ["1"], "ts": [DAY]} | columns
    pq.write_table(pa.table(rows), path, write_page_checksum=True)
    return path


def nasty(root):
    """A table whose files drift, lack columns, are damaged, repeat rows and hold faulty ones."""
    draw = random.Random(5)
    day = root / "dt=2024-01-01"
    users = [draw.choice(["a", "b", "00123", "", "0", None, "x\x00", "\u202eé"]) for _ in range(60)]
    posts = [draw.choice(["1", "2", "no number"]) for _ in range(60)]
    times = [DAY + draw.randrange(3) * 86_400_000 for _ in range(60)]
    parquet(day / "a.parquet", user=users, post=posts, ts=times)
    parquet(day / "b.parquet", user=users[::-1], post=posts, ts=times, n=[1] * 60)
    parquet(day / "c-numbers.parquet", user=[123])
    parquet(day / "d-case.parquet", Ts=[DAY], n=[7])
    parquet(day / "e-mixed.parquet", user=["a", "b"], post=["1", "2"], ts=[DAY, DAY // 1000])
    lacking = pa.table({"usr": ["b"], "post": ["1"], "ts": [DAY]})
    pq.write_table(lacking, day / "f-lacking.parquet")
    cut = parquet(day / "g-cut.parquet", user=["g"]).read_bytes()
    (day / "g-cut.parquet").write_bytes(cut[:-9])
    (day / "h-copy.parquet").write_bytes((day / "a.parquet").read_bytes())
    parquet(day / "i-none.parquet", user=pa.array([], pa.string()), post=[], ts=[])
    parquet(root / "dt=__HIVE_DEFAULT_PARTITION__/z.parquet", user=["z"])
    return {
        "map": {**LIKES, "object": "cast(post as bigint) + 1", "content": "post"},
        "deduplicate": ["account", "object"],
    }


def drifting(root):
    """A table whose first file sets a narrow kind of id, and later ones another or a wider."""
    for place, user in enumerate(("int32", "int64", "string", "int16", "double")):
        kind = pa.string() if user == "string" else pa.from_numpy_dtype(user)
        values = pa.array(["7"] if user == "string" else [7], kind)
        parquet(root / f"{place}.parquet", user=values, post=[str(place)])
    return {}


def exploded(root):
    """Text with rows that cannot be divided, and arrays with empty and faulty elements."""
    root.mkdir()
    lines = ["\x01".join((f"u{i % 7}", "a\x02b"[: i % 4], str(DAY + i))) for i in range(200)]
    lines[17], lines[90] = "too\x01few", "one\x01too\x01many\x010"
    (root / "000000_0").write_bytes("\n".join(lines).encode() + b"\n")
    (root / "000001_0").write_bytes(gzip.compress("\n".join(lines[:50]).encode())[:-20])
    (root / "000002_0").touch()
    return {
        "format": "text",
        "columns": ["user", ["tags", "array<string>"], "ts"],
        "map": {**LIKES, "object": "element"},
        "explode": "tags",
        "row_where": "user <> 'u3'",
    }


def answer(engine, found):
    """All that a reading says: its error, rows, accounts, quarantine, notes and fingerprint."""
    over = None
    try:
        reading = read_extract(engine, found, now_ms=NOW)
    except OverBudget as error:
        over, reading = str(error), error.reading
    except RingwatchError as error:
        return type(error), str(error)
    tables = (reading.rows.rows(), reading.files.rows(), reading.quarantine.rows())
    return over, tables, reading.notes, reading.fingerprint


@pytest.mark.parametrize("make", [nasty, drifting, exploded])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_nasty_extract_reads_alike_here_and_elsewhere_in_reverse(tmp_path, make, share):
    settings = make(tmp_path / "x")
    found = spec(tmp_path / "x", **settings, rules={"quarantine_share": share})
    with LocalEngine(memory="1GB") as here, Elsewhere(memory="1GB") as away:
        expected = answer(here, found)
        assert answer(away, found) == expected
    statuses = {row["status"] for row in expected[1][1]}
    assert statuses >= {"read", "rejected"}


@pytest.mark.parametrize("make", [nasty, drifting, exploded])
def test_a_nasty_extract_reads_alike_on_every_engine(engine, tmp_path, make):
    found = spec(tmp_path / "x", **make(tmp_path / "x"), rules={"quarantine_share": 0.0})
    with LocalEngine(memory="1GB") as plain:
        assert answer(engine, found) == answer(plain, found)


def test_a_mapping_that_fits_no_file_is_the_same_error_wherever_files_are_read(either, tmp_path):
    for name in "ab":
        parquet(tmp_path / f"x/{name}.parquet", user=[name])
    found = spec(tmp_path / "x", map={**LIKES, "account": "usr"})
    with pytest.raises(ConfigError, match=r"no column `usr`.*no file of the table has it"):
        read_extract(either, found, now_ms=NOW)
    found = spec(tmp_path / "x", map={**LIKES, "account": "usr || 'x'"})
    with pytest.raises(ConfigError, match=r"a\.parquet: table `likes`: `account` = "):
        read_extract(either, found, now_ms=NOW)


def test_a_column_that_only_a_later_file_has_rejects_the_first(either, tmp_path):
    first = pa.table({"usr": ["b"], "post": ["1"], "ts": [DAY]})
    (tmp_path / "x").mkdir()
    pq.write_table(first, tmp_path / "x/a.parquet")
    parquet(tmp_path / "x/b.parquet")

    reading = read_extract(either, spec(tmp_path / "x", rules={"rejected_files": 1}), now_ms=NOW)

    assert [row["status"] for row in reading.files.rows()] == ["rejected", "read"]


def test_a_hopeless_reading_skips_the_same_files_wherever_they_are_read(
    either, tmp_path, monkeypatch
):
    monkeypatch.setattr("builders.extracts.judge._MOST_QUARANTINED", 2)
    for name in "abc":
        parquet(tmp_path / f"x/{name}.parquet", user=["0"] * 3, post=[name] * 3, ts=[DAY] * 3)

    with pytest.raises(OverBudget, match="3 of 3 rows are quarantined") as over:
        read_extract(either, spec(tmp_path / "x"), now_ms=NOW)

    files = over.value.reading.files.rows()
    assert [(row["status"], row["rows_read"]) for row in files] == [
        ("read", 3),
        ("skipped", 0),
        ("skipped", 0),
    ]
    assert over.value.reading.quarantine.count() == 3


def test_progress_ends_with_all_files_and_rows_wherever_they_are_read(either, tmp_path):
    for name in "ab":
        parquet(tmp_path / f"x/{name}.parquet", user=[name])
    seen = []

    read_extract(either, spec(tmp_path / "x"), progress=seen.append, now_ms=NOW)

    assert (seen[-1].files_done, seen[-1].files, seen[-1].rows_read) == (2, 2, 2)
    assert seen[-1].bytes_done == seen[-1].bytes > 0


def test_a_fault_of_the_job_file_ends_a_reading_here_at_the_first_file(tmp_path):
    for name in "abc":
        parquet(tmp_path / f"x/{name}.parquet", user=[name])
    found = spec(tmp_path / "x", map={**LIKES, "account": "lower(usr)"})
    with Watched(memory="1GB") as engine:
        with pytest.raises(ConfigError):
            read_extract(engine, found, now_ms=NOW)
        assert [task.file.name for task in engine.worked] == ["a.parquet"]


def test_a_hopeless_reading_here_opens_no_further_file(tmp_path, monkeypatch):
    monkeypatch.setattr("builders.extracts.judge._MOST_QUARANTINED", 2)
    for name in "ab":
        parquet(tmp_path / f"x/{name}.parquet", user=["0"] * 3, post=[name] * 3, ts=[DAY] * 3)
    found = spec(tmp_path / "x")
    with LocalEngine(memory="1GB") as engine:
        works = survey(engine, found.tables).works
        (tmp_path / "x/b.parquet").unlink()
        stream = Stream(
            engine=engine, model=found.schema, rules=found, works=works, now_ms=NOW, by_day=True
        )
        stream.load()
    assert [work.status for work in works] == ["read", "skipped"]


def given_away(root, engine):
    """A reader that listens, its tasks, and the spec and files they are of."""
    found = spec(root, **nasty(root))
    works = survey(engine, found.tables).works
    stream = Stream(
        engine=engine, model=found.schema, rules=found, works=works, now_ms=NOW, by_day=True
    )
    reader = FileReader(
        model=found.schema,
        tables={table.name: table for table in found.tables},
        rules=found,
        now_ms=NOW,
        by_day=True,
        here=stream,
    )
    tasks = [
        FileTask(work.number, work.table.name, work.file)
        for work in works
        if work.status == "waiting"
    ]
    return reader, tasks, found


def reports_of(reader, tasks):
    batches = [batch for task in tasks for batch in reader(task)]
    table = pa.Table.from_batches(batches, schema=arriving_schema(reader.model).arrow)
    return table, [FileReport.of_text(text) for text in table["_report"].to_pylist() if text]


def test_a_reader_travels_without_whoever_listens_and_reads_the_same(tmp_path):
    with LocalEngine(memory="1GB") as engine:
        reader, tasks, _ = given_away(tmp_path / "x", engine)
        here, _ = reports_of(reader, tasks)
        travelled, tasks = pickle.loads(pickle.dumps((reader, tasks)))
        there, _ = reports_of(travelled, tasks)
    assert travelled.here is None
    assert travelled == reader
    assert there.drop_columns("_report").equals(here.drop_columns("_report"))


def test_the_judgement_is_the_same_in_whatever_order_reports_are_heard(tmp_path):
    with LocalEngine(memory="1GB") as engine:
        reader, tasks, found = given_away(tmp_path / "x", engine)
        travelled, tasks = pickle.loads(pickle.dumps((reader, tasks)))
        _, reports = reports_of(travelled, tasks)
        orders = [reports, reports[::-1], random.Random(3).sample(reports, len(reports))]
        judged = []
        for order in orders:
            works = survey(engine, found.tables).works
            judge = Judge(works, found.schema, found)
            for report in pickle.loads(pickle.dumps(order)):
                judge.hear([report])
            assert judge.waiting is None
            judged.append([(work.status, work.tally) for work in works])
    assert judged[0] == judged[1] == judged[2]
    assert {status for status, _ in judged[0]} == {"read", "empty", "rejected", "skipped"}


def test_every_batch_of_a_file_stays_small_and_the_report_comes_last(tmp_path):
    rows = 300_000
    users = ["0", *(f"u{i}" for i in range(rows - 1))]
    path = parquet(tmp_path / "a.parquet", user=users, post=["1"] * rows, ts=[DAY] * rows)
    found = spec(path)
    with LocalEngine(memory="1GB") as engine:
        (work,) = survey(engine, found.tables).works
    reader = FileReader(
        model=found.schema, tables={"likes": work.table}, rules=found, now_ms=NOW, by_day=True
    )
    batches = list(reader(FileTask(5, "likes", work.file)))

    assert max(batch.num_rows for batch in batches) <= 131_072
    table = pa.Table.from_batches(batches)
    assert table["_report"].to_pylist()[:-1] == [None] * rows
    usable = table.filter(pa.compute.is_valid(table["account"]))
    assert usable["_place"].to_pylist() == list(range(5 << 40, (5 << 40) + rows - 1))


def test_a_file_that_vanished_has_a_reason_in_place_of_a_digest(either, tmp_path):
    for name in "ab":
        parquet(tmp_path / f"x/{name}.parquet", user=[name])
    listed = {file.name: file for file in list_files(tmp_path / "x").files}
    (tmp_path / "x/b.parquet").unlink()

    found = digests_of(either, {5: listed["a.parquet"], 7: listed["b.parquet"]})

    content = (tmp_path / "x/a.parquet").read_bytes()
    assert found == {
        5: Digest(hashlib.blake2b(content).hexdigest(), None),
        7: Digest(None, "no such file or directory"),
    }


class Bringing(LocalEngine):
    """Brings files for their digests, and then one no more."""

    def __init__(self, **settings):
        super().__init__(**settings)
        self.asked = 0

    def kernel(self, name):
        return self.bring if name == "spread-files" else super().kernel(name)

    def bring(self, engine, items, work, schema, *, place, brought):
        self.asked += 1
        left_out = {} if self.asked == 1 else {0: "Could not obtain block"}
        there = [item for number, item in enumerate(items) if number not in left_out]
        return engine.spread(there, work, schema), left_out


@pytest.fixture
def brings(tmp_path, monkeypatch):
    monkeypatch.setattr(About, "place", lambda self, item: "hdfs://nn/x")
    with Bringing(memory="1GB", threads=2, spill=tmp_path / "spill") as opened:
        yield opened


def test_a_file_that_is_not_brought_after_its_digest_stops_who_named_something_after_it(
    brings, tmp_path
):
    parquet(tmp_path / "x/a.parquet")
    parquet(tmp_path / "x/b.parquet", user=["b"])
    found = spec(tmp_path / "x", rules={"rejected_files": 1})
    looked_at = survey(brings, found.tables)

    says = r"`likes` \(cannot be read: Could not obtain block\) could be read when"
    with pytest.raises(FileUnreadable, match=says) as told:
        read_extract(brings, found, now_ms=NOW, surveyed=looked_at)

    assert "changed" not in str(told.value)


def test_a_file_that_is_not_brought_is_rejected_where_nothing_is_named_after_it(brings, tmp_path):
    parquet(tmp_path / "x/a.parquet")
    parquet(tmp_path / "x/b.parquet", user=["b"])

    reading = read_extract(brings, spec(tmp_path / "x", rules={"rejected_files": 1}), now_ms=NOW)

    assert [row["status"] for row in reading.files.rows()] == ["rejected", "read"]


def test_files_that_nobody_told_of_are_an_internal_error(tmp_path):
    class Forgetful(LocalEngine):
        def spread(self, items, work, schema, *, done=None):
            travelled = pickle.loads(pickle.dumps(work))
            return super().spread(items[1:], travelled, schema, done=done)

    for name in "ab":
        parquet(tmp_path / f"x/{name}.parquet", user=[name])
    with (
        Forgetful(memory="1GB") as engine,
        pytest.raises(RuntimeError, match=r"no digest of a\.parquet came back"),
    ):
        read_extract(engine, spec(tmp_path / "x"), now_ms=NOW)
    found = spec(tmp_path / "x")
    with LocalEngine(memory="1GB") as engine:
        works = survey(engine, found.tables).works
    with Forgetful(memory="1GB") as engine:
        stream = Stream(
            engine=engine, model=found.schema, rules=found, works=works, now_ms=NOW, by_day=True
        )
        with pytest.raises(RuntimeError, match=r"no report of a\.parquet came back"):
            stream.load()


@pytest.mark.parametrize("lost", ["account", "_reason"])
def test_rows_that_are_lost_on_the_way_are_an_internal_error(tmp_path, lost):
    class Lossy(LocalEngine):
        def spread(self, items, work, schema, *, done=None):
            def losing(item):
                for batch in work(item):
                    kept = lost not in batch.schema.names or pa.compute.is_null(batch[lost])
                    yield batch.filter(kept) if kept is not True else batch

            return super().spread(items, losing, schema, done=done)

    path = parquet(tmp_path / "a.parquet", user=["a", "0"], post=["1"] * 2, ts=[DAY] * 2)
    with Lossy(memory="1GB") as engine, pytest.raises(RuntimeError, match="internal error"):
        read_extract(engine, spec(path, rules={"quarantine_share": 1.0}), now_ms=NOW)
