"""Death, power loss and refusals at every file operation of a publication.

A reader sees the run before or the run after, whole; and going on from where the writer died gives
the same bytes as if nothing had happened. Death of the process alone cannot show a missing sync,
so lost power is played too: bytes that were not synced are cut or zeroed, names that were not
synced are taken back, each by a coin's toss. Builds without the syncs must fail at this.
"""

from __future__ import annotations

import errno
import functools
import os
import random
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.durable import Disk
from graph.errors import StoreError
from graph.schemas import CLUSTERS, RUN_TABLES
from graph.table import Table
from review.ledger import read_lines, write_line
from review.publish import RunFacts, RunWriter
from review.run import open_run, runs, verify
from tests.breaking_disks import Death, Full, Mortal, Quick, WithoutFileSync, WithoutFolderSync

pytestmark = pytest.mark.local_only

# Death before an operation is death after the one before it.
WHERE = ("inside", "after")


class Held:
    """Rows in memory, in key order: what a table's writing needs of an engine."""

    def __init__(self, rows):
        self.rows = rows

    def batches(self, table, *, rows):
        yield from self.rows.to_batches(max_chunksize=rows)


@functools.cache
def tables():
    made = {
        name: Table(Held(schema.arrow.empty_table()), name, schema)
        for name, schema in RUN_TABLES.items()
    }
    blank = {"VARCHAR": "x", "BIGINT": 1, "DOUBLE": 0.5, "BOOLEAN": True}
    row = {column.name: blank[column.type] for column in CLUSTERS.columns}
    rows = pa.Table.from_pylist([row], schema=CLUSTERS.arrow)
    return {**made, "clusters": Table(Held(rows), "clusters", CLUSTERS)}


def job(out: Path, disk: Disk, run: str = "new") -> None:
    with RunWriter.open(out, run, basis="b", created_at=5, disk=disk) as writer:
        if writer.published:
            return
        for step in ("interactions", "joined"):
            writer.write_step(step, lambda path, step=step: path.write_text(step * 200))
        for name, table in tables().items():
            writer.add(table, name)
        writer.publish(RunFacts(job="demo", settings={"window": 60}))


def contents(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
        if path.name != "writer.lock"
    }


@dataclass(frozen=True)
class World:
    """A folder with one run, what it holds once a second is published, and the way there."""

    before: Path
    after: dict[str, bytes | None]
    operations: int
    play: Path

    def fresh(self) -> tuple[Path, Path]:
        """A copy to break, and a place aside for what the breaking keeps."""
        shutil.rmtree(self.play, ignore_errors=True)
        (self.play / "aside").mkdir(parents=True)
        shutil.copytree(self.before, self.play / "out")
        return self.play / "out", self.play / "aside"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    home = tmp_path_factory.mktemp("world")
    job(home / "before", Quick(), "old")
    shutil.copytree(home / "before", home / "after")
    (home / "aside").mkdir()
    counting = Mortal(home / "aside")
    job(home / "after", counting)
    return World(home / "before", contents(home / "after"), counting.count, home / "play")


def broken(world: World, kind, at: int, where: str, seed: int | None) -> str | None:
    """What is wrong after a death at operation `at`, another one while going on, and a third
    attempt that is let be; None if nothing is. With a seed, power is lost at each death."""
    out, aside = world.fresh()
    coin = random.Random(f"{at} {where} {seed}")
    for death in (at, coin.randint(1, world.operations)):
        disk = kind(aside, death, where)
        try:
            job(out, disk)
        except Death:
            pass
        except Exception as error:
            return f"could not go on: {error!r}"
        if seed is not None:
            disk.lose_power(coin, out)
        try:
            seen = [entry.run for entry in runs(out)]
            if seen not in (["old"], ["new", "old"]):
                return f"a reader sees {seen}"
            for name in seen:
                verify(open_run(out, name))
        except Exception as error:
            return f"a reader sees {error!r}"
    try:
        job(out, Quick())
    except Exception as error:
        return f"could not go on: {error!r}"
    return None if contents(out) == world.after else "other bytes than without the death"


def all_broken(world, kind, seeds, where=WHERE):
    for at in range(1, world.operations + 1):
        for place in where:
            for seed in seeds:
                wrong = broken(world, kind, at, place, seed)
                if wrong:
                    yield f"operation {at} {place}, seed {seed}: {wrong}"


def test_a_publication_is_long_enough_to_be_worth_breaking(world):
    assert world.operations >= 70


def test_death_at_every_operation_leaves_whole_runs_and_costs_nothing(world):
    assert list(all_broken(world, Mortal, [None])) == []


def test_lost_power_at_every_operation_leaves_whole_runs_and_costs_nothing(world):
    assert list(all_broken(world, Mortal, [1], ["after"])) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 8))
def test_lost_power_at_every_operation_by_other_tosses(world, seed):
    assert list(all_broken(world, Mortal, [seed])) == []


@pytest.mark.parametrize("kind", [WithoutFileSync, WithoutFolderSync])
def test_a_build_without_a_sync_is_caught_by_lost_power(world, kind):
    assert next(all_broken(world, kind, range(3), ["after"]), None) is not None


@pytest.mark.slow
def test_death_alone_cannot_catch_a_build_without_a_sync(world):
    assert next(all_broken(world, WithoutFileSync, [None], ["after"]), None) is None


def test_a_refusing_disk_is_named_and_the_run_goes_on_from_there(world):
    for at in range(1, world.operations + 1):
        code = (errno.ENOSPC, errno.EIO, errno.EACCES)[at % 3]
        out, _ = world.fresh()
        with pytest.raises(StoreError) as told:
            job(out, Full(at, code))
        assert os.strerror(code) in str(told.value)
        assert str(out) in str(told.value)
        assert "step `" in str(told.value)
        verify(open_run(out))

        job(out, Quick())

        assert contents(out) == world.after, at


@pytest.mark.parametrize("share", [0.1, 0.5, 0.97])
def test_a_killed_process_loses_nothing_that_was_finished(world, share):
    out, _ = world.fresh()
    at = str(int(world.operations * share))

    killed = subprocess.run(
        [sys.executable, __file__, str(out), at],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        check=False,
    )

    assert killed.returncode == -signal.SIGKILL
    verify(open_run(out))
    job(out, Disk())
    assert contents(out) == world.after


def test_every_flipped_bit_is_found_and_its_file_is_named(world):
    out, _ = world.fresh()
    job(out, Quick())
    coin = random.Random(4)
    files = sorted(path for path in (out / "runs" / "new").iterdir() if path.is_file())
    for path in [*files, out / "CURRENT"] * 40:
        whole = path.read_bytes()
        flipped = bytearray(whole)
        flipped[coin.randrange(len(whole))] ^= 1 << coin.randrange(8)
        path.write_bytes(flipped)
        with pytest.raises(StoreError, match=path.name):
            verify(open_run(out))
        path.write_bytes(whole)
    verify(open_run(out))


def test_a_missing_or_shortened_file_is_named_when_the_run_is_opened(world):
    out, _ = world.fresh()
    edges = open_run(out).table_path("edges")
    edges.write_bytes(edges.read_bytes()[:-1])
    with pytest.raises(StoreError, match=r"edges.parquet` has \d+ bytes where \d+ were written"):
        open_run(out)
    edges.unlink()
    with pytest.raises(StoreError, match=r"cannot read .*edges.parquet"):
        open_run(out)


@given(
    whole=st.lists(st.dictionaries(st.text(), st.integers() | st.text()), max_size=4),
    torn=st.binary(max_size=40),
    cut=st.integers(min_value=0, max_value=200),
)
def test_a_torn_ledger_keeps_its_whole_lines_and_takes_new_ones(tmp_path_factory, whole, torn, cut):
    ledger = tmp_path_factory.mktemp("ledger") / "ledger"
    for record in whole:
        write_line(Quick(), ledger, record)
    written = ledger.read_bytes() if whole else b""
    ledger.write_bytes(written[: max(0, len(written) - cut)] + torn)

    kept = read_lines(ledger)
    write_line(Quick(), ledger, {"step": "next"})

    assert kept == whole[: len(kept)]
    assert cut > 0 or kept == whole
    assert read_lines(ledger) == [*kept, {"step": "next"}]


class Killer(Disk):
    """The real operations, until the process kills itself."""


def _killing(name):
    def act(self, *given):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return getattr(Disk, name)(self, *given)

    return act


for _name in ("make_folder", "fill", "append", "sync_file", "sync_folder", "rename", "remove"):
    setattr(Killer, _name, _killing(_name))


if __name__ == "__main__":
    killer = Killer()
    killer.left = int(sys.argv[2])
    job(Path(sys.argv[1]), killer)
