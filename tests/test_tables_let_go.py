"""A job's step leaves nothing on its engine but what it kept, and so does one that fails."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import pytest

import jobs.detect
from graph.errors import SchemaError
from graph.schema import Column, Schema
from jobs.detect import detect
from jobs.detectors import DETECTORS
from jobs.steps import Steps
from review.publish import RunWriter

SIZES = Schema("sizes", (Column("size", "BIGINT", "how large"),), ("size",))
HOUR = 3_600_000
BEGIN = 1_700_006_400_000
STEPS = ("read", "shared-objects", "divide", "evidence", "measure", "decoy", "publish")
SHOWN = {"evidence", "measure"}
"""When these begin, the graph that the run will show stands on the engine."""


def held(engine):
    """What lies on an engine's scratch: tables of DuckDB, or folders of Parquet."""
    if engine.name == "local":
        query = "select table_name from information_schema.tables where table_type <> 'VIEW'"
        return set(engine.query(query)["table_name"].to_pylist())
    return {folder.name for folder in Path(urlsplit(engine.scratch.root).path).iterdir()}


def sizes(engine, *numbers):
    """A table that the engine has written; few rows from memory may stay in memory."""
    query = "select size from (values " + ", ".join(f"({n})" for n in numbers) + ") v (size)"
    return engine.sql(query, SIZES)


class Failed(Exception):
    """Somebody's work failed."""


# Blocks of work


def test_a_block_leaves_the_tables_that_were_there_and_drops_its_own(engine):
    before = sizes(engine, 1)
    with engine.within():
        made = engine.sql("select size + 1 as size from {before}", SIZES, before=before)
        assert made.rows() == [{"size": 2}]
        assert len(held(engine)) == 2

    assert len(held(engine)) == 1
    assert before.rows() == [{"size": 1}]
    with pytest.raises(Exception, match=r"does not exist|cannot be found"):
        made.rows()


def test_what_is_kept_in_a_block_is_found_after_it(engine, tmp_path):
    with engine.within():
        engine.keep(sizes(engine, 1, 2), tmp_path / "kept")
        with engine.within():
            engine.drop(sizes(engine, 3))
            sizes(engine, 4)
        after = sizes(engine, 5)
        assert len(held(engine)) == 2
        assert after.rows() == [{"size": 5}]

    assert held(engine) == set()
    assert engine.kept(tmp_path / "kept", SIZES).rows() == [{"size": 1}, {"size": 2}]


def test_views_and_rows_from_memory_and_files_go_with_their_block(engine, tmp_path):
    sizes(engine, 7).write_parquet(tmp_path / "sizes.parquet")
    given = pa.table({"size": [8]}, schema=SIZES.arrow)
    with engine.within():
        made = [
            engine.read_parquet([tmp_path / "sizes.parquet"], SIZES),
            engine.project(sizes(engine, 9), SIZES),
            engine.from_arrow(given, SIZES),
            engine.from_batches(given.to_batches(), SIZES),
        ]
        assert [table.rows()[0]["size"] for table in made] == [7, 9, 8, 8]

    for table in made:
        with pytest.raises(Exception, match=r"does not exist|cannot be found"):
            table.rows()
    assert (tmp_path / "sizes.parquet").exists()


def test_a_block_that_raises_leaves_nothing_and_its_reason_comes_out(engine):
    stays = sizes(engine, 1)
    at_first = held(engine)

    def broken():
        yield pa.record_batch([[2]], schema=SIZES.arrow)
        raise Failed

    with pytest.raises(Failed), engine.within():
        sizes(engine, 3)
        engine.from_batches(broken(), SIZES)
    with pytest.raises(SchemaError), engine.within():
        sizes(engine, 4)
        engine.sql("select cast(null as bigint) as size", SIZES)
    # Some of these rows are written before one cannot be.
    with pytest.raises(Exception, match=r"[Cc]onver|CAST"), engine.within():
        words = "select case when size = 2 then 'x' else '1' end as size from {given}"
        engine.sql(words, SIZES, given=sizes(engine, 1, 2, 3))

    assert held(engine) == at_first
    assert stays.rows() == [{"size": 1}]


def test_an_engine_that_has_died_does_not_hide_why(engine):
    with pytest.raises(Failed), engine.within():
        sizes(engine, 1)
        engine.close()
        raise Failed


def test_a_step_leaves_what_it_kept_also_where_it_raises(engine, tmp_path):
    with RunWriter.open(tmp_path, "run") as writer:
        steps = Steps.resumed(writer, engine)

        def fails():
            writer.keep(sizes(engine, 1, 2), "first")
            sizes(engine, 3)
            raise Failed

        def works():
            writer.keep(sizes(engine, 4), "first")
            writer.keep(sizes(engine, 5), "last")

        with pytest.raises(Failed):
            steps.make("last", fails)
        assert held(engine) == set()
        for _ in range(2):
            steps.make("last", works)
            assert held(engine) == set()

        # What the step had kept before it failed is not made again.
        assert steps.kept("first", SIZES).rows() == [{"size": 1}, {"size": 2}]
        assert steps.kept("last", SIZES).rows() == [{"size": 5}]


# Whole jobs


class Looking:
    """Tells what lies on the engine as each step begins, and breaks the run off at one."""

    def __init__(self, *, until=None):
        self.until = until
        self.engine = None
        self.seen = {}

    def step(self, name, says):
        if self.engine is not None:
            self.seen[name] = held(self.engine)
        if name == self.until:
            raise KeyboardInterrupt

    def rows(self, done, total, unit):
        pass

    def note(self, says):
        pass


def looked_at(job, out, monkeypatch, **more):
    """The run of a job, and what lay on its engine as each step began."""
    looking = Looking(**more)
    opened = jobs.detect.engine_of

    def opening(*given, **named):
        looking.engine = opened(*given, **named)
        return looking.engine

    with monkeypatch.context() as patch:
        patch.setattr(jobs.detect, "engine_of", opening)
        if looking.until is not None:
            with pytest.raises(KeyboardInterrupt):
                detect(job, out, progress=looking)
            return None, looking.seen
        return detect(job, out, progress=looking).run, looking.seen


@pytest.fixture
def ring_job(small_job, engine):
    """A ring of eight in a crowd of forty, on this engine; one detector, and the decoy at home."""
    rng = np.random.default_rng(2)
    crowd = zip(rng.integers(0, 40, 900), rng.integers(0, 60, 900), strict=True)
    rows = [(f"u{a}", f"o{o}", int(t) * HOUR) for t, (a, o) in enumerate(crowd)]
    rows += [(f"r{m}", f"x{o}", o * 5 * HOUR + m * 1000) for o in range(20) for m in range(8)]
    acts = [
        {"account": a, "action": "like", "object": o, "object_kind": "post", "acted_at": BEGIN + t}
        for a, o, t in rows
    ]
    only = {name: {"enabled": name == "shared-objects"} for name in DETECTORS}
    # It does all over again, which takes minutes on Spark and shows nothing else there.
    decoy = {"decoy": engine.name == "local"}
    return small_job(acts, engine=engine, job=decoy, detectors=only)


@pytest.mark.slow_on_spark
def test_between_steps_nothing_lies_on_the_engine_but_what_a_later_step_needs(
    ring_job, engine, tmp_path, monkeypatch
):
    _, seen = looked_at(ring_job, tmp_path / "runs", monkeypatch, until="measure")
    run, resumed = looked_at(ring_job, tmp_path / "runs", monkeypatch)

    assert run.manifest.tables["members"].rows == 8
    assert list(resumed) == [name for name in STEPS if name != "decoy" or ring_job.job.decoy]
    assert list(seen) == list(resumed)[: len(seen)]
    # The edges, and the clusters: copies of nothing else, whether the step ran or was found.
    for step, tables in (*seen.items(), *resumed.items()):
        assert bool(tables) == (step in SHOWN), step
        assert all(name.startswith(("edges", "cluster")) for name in tables)
    assert len(resumed["measure"]) == len(seen["measure"])
