"""A run is published whole, is found again, and never changes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.errors import ConfigError, SchemaError, StoreError
from graph.schemas import CLUSTERS, INTERACTIONS, MEMBER_INTERACTIONS, MEMBERS, RUN_TABLES
from graph.table import Table
from review.manifest import from_bytes, run_name
from review.publish import RunFacts, RunWriter, abandoned
from review.run import open_run, published, runs, verify

pytestmark = pytest.mark.local_only


def write(engine, out, run="first", *, clusters=(), basis="", created_at=1):
    with RunWriter.open(out, run, basis=basis, created_at=created_at) as writer:
        for name, schema in RUN_TABLES.items():
            given = list(clusters) if name == "clusters" else []
            writer.add(engine.from_arrow(rows(schema, given), schema))
        return writer.publish(RunFacts(job="demo", seed=7, settings={"window": 60}))


def rows(schema, given):
    blank = {"VARCHAR": "", "BIGINT": 0, "DOUBLE": 0.0, "BOOLEAN": False}
    columns = {c.name: None if c.nullable else blank[c.type] for c in schema.columns}
    return pa.Table.from_pylist([{**columns, **row} for row in given], schema=schema.arrow)


def test_a_published_run_is_current_and_says_what_it_holds(engine, tmp_path):
    write(engine, tmp_path, clusters=[{"cluster": "a1", "place": 1, "accounts": 3}])

    run = open_run(tmp_path)

    assert run.name == "first"
    assert run.manifest.job == "demo"
    assert run.manifest.seed == 7
    assert run.manifest.settings == {"window": 60}
    assert run.manifest.tables["clusters"].rows == 1
    assert run.manifest.versions["python"]
    assert run.table(engine, "clusters").rows()[0]["cluster"] == "a1"
    assert verify(run) == sum(path.stat().st_size for path in run.path.glob("*.parquet"))
    assert {path.name for path in run.path.iterdir()} == {
        *(f"{name}.parquet" for name in RUN_TABLES),
        "manifest.json",
        "manifest.sha256",
    }


def test_the_newest_publication_is_current_and_the_earlier_ones_stay(engine, tmp_path):
    write(engine, tmp_path, "first")
    write(engine, tmp_path, "second")

    assert [entry.run for entry in runs(tmp_path)] == ["second", "first"]
    assert open_run(tmp_path).name == "second"
    assert open_run(tmp_path, "first").name == "first"
    assert published(tmp_path, "third") is None


def test_writing_a_published_run_again_says_so_and_changes_nothing(engine, tmp_path):
    write(engine, tmp_path, "first")
    write(engine, tmp_path, "second")
    before = contents(tmp_path)

    with RunWriter.open(tmp_path, "first") as writer:
        assert writer.published == published(tmp_path, "first")
        with pytest.raises(StoreError, match="a published run never changes"):
            writer.add(engine.from_arrow(rows(MEMBERS, []), MEMBERS))

    assert contents(tmp_path) == before
    assert open_run(tmp_path).name == "second"


def test_a_published_name_is_refused_to_other_input(engine, tmp_path):
    write(engine, tmp_path, "first", basis="one")

    with pytest.raises(StoreError, match="give this one another name"):
        RunWriter.open(tmp_path, "first", basis="two")


def test_a_run_without_all_its_tables_is_not_published(engine, tmp_path):
    with RunWriter.open(tmp_path, "first") as writer:
        writer.add(engine.from_arrow(rows(CLUSTERS, []), CLUSTERS))
        with pytest.raises(
            StoreError, match="run `first` lacks `members`, `also_in`, `near_seeds`, `edges`"
        ):
            writer.publish(RunFacts(job="demo"))

    assert runs(tmp_path) == []
    assert abandoned(tmp_path) == ["first"]


def test_a_broken_run_goes_on_from_its_finished_steps(engine, tmp_path):
    with RunWriter.open(tmp_path, "first", created_at=5) as writer:
        writer.keep(engine.from_arrow(rows(INTERACTIONS, [{"account": "a1"}]), INTERACTIONS), "in")
        writer.add(engine.from_arrow(rows(CLUSTERS, [{"cluster": "a1"}]), CLUSTERS))

    with RunWriter.open(tmp_path, "first", created_at=9) as writer:
        kept = writer.finished("in")
        assert kept is not None
        assert engine.read_parquet([kept], INTERACTIONS).rows()[0]["account"] == "a1"
        assert writer.finished("clusters") is not None
        assert writer.finished("members") is None
        for name, schema in RUN_TABLES.items():
            writer.add(engine.from_arrow(rows(schema, []), schema), name)
        run = writer.publish(RunFacts(job="demo"))

    assert run.manifest.tables["clusters"].rows == 1
    assert run.manifest.created_at == 5
    assert not (run.path / "steps").exists()


def test_steps_of_other_input_are_not_taken_up(engine, tmp_path):
    with RunWriter.open(tmp_path, "first", basis="monday") as writer:
        writer.add(engine.from_arrow(rows(CLUSTERS, []), CLUSTERS))

    with RunWriter.open(tmp_path, "first", basis="tuesday") as writer:
        assert writer.finished("clusters") is None


def test_a_step_altered_after_it_was_finished_is_made_again(engine, tmp_path):
    with RunWriter.open(tmp_path, "first") as writer:
        path = writer.write_step("ranks", lambda path: path.write_bytes(b"right"))
    path.write_bytes(b"wrong")

    with RunWriter.open(tmp_path, "first") as writer:
        assert writer.finished("ranks") is None
        writer.write_step("ranks", lambda path: path.write_bytes(b"right"))

    assert path.read_bytes() == b"right"


def test_a_second_writer_is_told_who_writes(tmp_path):
    with RunWriter.open(tmp_path, "first"):
        conflict = rf"is being written by process {os.getpid()} \(run `first`\)"
        with pytest.raises(StoreError, match=conflict):
            RunWriter.open(tmp_path, "second")

    RunWriter.open(tmp_path, "second").close()


def test_the_lock_of_a_killed_writer_stands_in_nobodys_way(tmp_path):
    script = (
        "import os, signal, sys; from pathlib import Path; from review.publish import RunWriter;"
        "RunWriter.open(Path(sys.argv[1]), 'first'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert killed.returncode == -9
    assert (tmp_path / "writer.lock").read_text()

    with RunWriter.open(tmp_path, "first") as writer:
        assert writer.published is None


class Held:
    """Rows in memory, which several threads may write at once."""

    def __init__(self, rows):
        self.rows = rows

    def batches(self, table, *, rows):
        yield from self.rows.to_batches(max_chunksize=rows)


def test_of_many_writers_at_once_one_publishes_and_the_others_report_it(tmp_path):
    tables = [Table(Held(s.arrow.empty_table()), n, s) for n, s in RUN_TABLES.items()]

    def race(turn, start, won, told):
        start.wait()
        try:
            with RunWriter.open(tmp_path, f"run-{turn}", created_at=1) as writer:
                if writer.published:
                    told.append("published")
                    return
                for table in tables:
                    writer.add(table)
                won.append(writer.publish(RunFacts(job="demo")))
        except StoreError as error:
            told.append(str(error))

    for turn in range(20):
        start, won, told = threading.Barrier(3), [], []
        racers = [threading.Thread(target=race, args=(turn, start, won, told)) for _ in range(3)]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
        assert len(won) == 1, told
        assert len(told) == 2
        assert open_run(tmp_path) == won[0]
        assert verify(won[0]) > 0


def test_a_reader_sees_whole_runs_while_others_are_published(engine, tmp_path):
    write(engine, tmp_path, "run-0", clusters=[{"cluster": "a1", "place": 0}])
    stop = threading.Event()
    seen, torn = set(), []

    def read():
        while not stop.is_set():
            try:
                run = open_run(tmp_path)
                verify(run)
                places = pq.read_table(run.table_path("clusters"))["place"].to_pylist()
                assert places == [int(run.name.split("-")[1])]
                seen.add(run.name)
            except Exception as error:
                torn.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(1, 20):
        write(engine, tmp_path, f"run-{turn}", clusters=[{"cluster": "a1", "place": turn}])
    stop.set()
    reader.join()

    assert torn == []
    assert len(seen) > 1


def test_the_same_rows_give_the_same_bytes_in_any_order_and_batching(engine, tmp_path):
    many = [{"cluster": f"c{n:05}", "place": n} for n in range(20_000)]
    write(engine, tmp_path / "one", clusters=many)
    write(engine, tmp_path / "two", clusters=many[::-1])

    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    groups = pq.read_metadata(tmp_path / "one/runs/first/clusters.parquet").num_row_groups
    assert groups == 2


def test_carried_attributes_come_back(engine, tmp_path):
    wide = MEMBER_INTERACTIONS.with_attributes(("device",))
    with RunWriter.open(tmp_path, "first") as writer:
        for schema in RUN_TABLES.values():
            if schema is not MEMBER_INTERACTIONS:
                writer.add(engine.from_arrow(rows(schema, []), schema))
        writer.add(engine.from_arrow(rows(wide, [{"account": "a", "device": "d"}]), wide))
        run = writer.publish(RunFacts(job="demo"))

    assert run.table(engine, "member_interactions").rows()[0]["device"] == "d"


def test_a_table_of_other_columns_is_refused(engine, tmp_path):
    with RunWriter.open(tmp_path, "first") as writer:
        members = engine.from_arrow(rows(MEMBERS, []), MEMBERS)
        with pytest.raises(SchemaError, match="it lacks `place`"):
            writer.add(members, "clusters")
        with pytest.raises(ConfigError, match="a run has no table `interactions`"):
            writer.add(engine.from_arrow(rows(INTERACTIONS, []), INTERACTIONS))


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../up", "a/b", "a\\b", "a b", "a\x00b", ".hidden", "x" * 121, "é", "a."],
)
def test_a_name_that_could_leave_the_folder_is_no_run(tmp_path, name):
    with pytest.raises(ConfigError, match="is no name for a run"):
        RunWriter.open(tmp_path / "out", name)
    assert not (tmp_path / "out").exists()


def test_a_job_of_any_name_has_a_runs_name_that_its_basis_decides():
    assert run_name("daily ../rings", "x").startswith("daily-rings-")
    assert run_name("daily", "x") == run_name("daily", "x") != run_name("daily", "y")
    assert run_name("\x1b[31m", "x").isascii()


def test_facts_that_are_no_plain_values_are_refused_before_anything_is_written(engine, tmp_path):
    with RunWriter.open(tmp_path, "first") as writer:
        for name, schema in RUN_TABLES.items():
            writer.add(engine.from_arrow(rows(schema, []), schema), name)
        with pytest.raises(ConfigError, match="a run's facts are numbers, text"):
            writer.publish(RunFacts(job="demo", summary={"share": float("nan")}))


def test_an_unknown_run_is_answered_with_near_names(engine, tmp_path):
    with pytest.raises(ConfigError, match="no run is published in"):
        open_run(tmp_path)
    write(engine, tmp_path, "daily-1")
    with pytest.raises(ConfigError, match="no run is named `dally-1`; there is `daily-1`"):
        open_run(tmp_path, "dally-1")
    with pytest.raises(ConfigError, match="did you mean `clusters`"):
        open_run(tmp_path).table_path("cluster")


def test_a_run_made_before_a_table_or_column_was_is_refused_by_name(engine, tmp_path):
    run = write(engine, tmp_path)
    tables = dict(run.manifest.tables)
    del tables["also_in"]
    named = tables["members"].columns
    columns = tuple(column for column in named if column[0] != "nearness")
    tables["members"] = replace(tables["members"], columns=columns)
    earlier = replace(run, manifest=replace(run.manifest, tables=tables))

    with pytest.raises(ConfigError, match="earlier version: it has no table `also_in`; detect"):
        earlier.table(engine, "also_in")
    with pytest.raises(ConfigError, match="`members` lacks `nearness`; detect again"):
        earlier.table(engine, "members")


def test_a_manifest_of_a_later_format_is_refused_by_name(engine, tmp_path):
    run = write(engine, tmp_path)
    manifest = run.path / "manifest.json"
    later = {**json.loads(manifest.read_text()), "format": 2}

    with pytest.raises(StoreError, match="manifest format 2, and this version reads format 1"):
        from_bytes(json.dumps(later).encode(), path=manifest)


def test_staging_that_nobody_went_on_with_for_a_day_is_given_up(tmp_path):
    RunWriter.open(tmp_path, "forgotten").close()
    RunWriter.open(tmp_path, "recent").close()
    two_days_ago = time.time() - 2 * 86_400
    os.utime(tmp_path / "staging-forgotten" / "ledger", (two_days_ago, two_days_ago))

    let_go = []
    with RunWriter.open(tmp_path, "next") as writer:
        writer.sweep(lambda steps: let_go.append((steps, steps.is_dir())))

    assert abandoned(tmp_path) == ["next", "recent"]
    assert let_go == [(tmp_path / "staging-forgotten" / "steps", True)]


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "writer.lock"
    }
