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
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import StoreError
from graph.schemas import CLUSTERS, RUN_TABLES
from graph.table import Table
from review.durable import Disk
from review.ledger import read_lines, write_line
from review.publish import RunFacts, RunWriter
from review.run import open_run, runs, verify

pytestmark = pytest.mark.local_only

# Death before an operation is death after the one before it.
WHERE = ("inside", "after")


class Death(BaseException):
    """The process is gone; no handler of ordinary errors may stop it."""


class Quick(Disk):
    """The operations without the wait: what is durable is played, not asked of the machine."""

    def sync_file(self, path):
        path.stat()

    def sync_folder(self, path):
        path.stat()


@dataclass
class Undo:
    """How to take back a change of names, and the folders whose sync makes it stay."""

    folders: set[Path]
    take_back: Callable[[], None]


class Mortal(Quick):
    """Dies at one operation, and knows what a power cut would then lose."""

    def __init__(self, aside: Path, at: int = 0, where: str = "after"):
        self.aside, self.at, self.where = aside, at, where
        self.count = 0
        self.dead = False
        self.synced: dict[int, int] = {}  # file number -> how many of its bytes are durable
        self.names: list[Undo] = []

    def make_folder(self, path):
        new = not path.exists()
        self._do(lambda: super(Mortal, self).make_folder(path))
        if new:
            self._named({path.parent}, lambda: shutil.rmtree(path, ignore_errors=True))

    def fill(self, path, write):
        def half():
            given = write(path)
            os.truncate(path, path.stat().st_size // 2)
            return given

        def whole():
            return super(Mortal, self).fill(path, write)

        new = not path.exists()
        try:
            return self._do(whole, half)
        finally:
            self._written(path, new, 0)

    def append(self, path, data):
        new = not path.exists()
        durable = 0 if new else self.synced.get(path.stat().st_ino, path.stat().st_size)
        plain = super().append
        try:
            self._do(lambda: plain(path, data), lambda: plain(path, data[: len(data) // 2]))
        finally:
            self._written(path, new, durable)

    def rename(self, source, target):
        kept = self._keep(target) if target.exists() else None

        def take_back():
            if target.exists() and not source.exists():
                target.rename(source)
                if kept is not None:
                    shutil.copy2(kept, target)

        self._do(lambda: super(Mortal, self).rename(source, target))
        self._named({source.parent, target.parent}, take_back)

    def remove(self, path):
        if not path.exists():
            return self._do(lambda: None)
        kept = self._keep(path)

        def half():
            if path.is_dir():
                for child in sorted(path.iterdir())[:1]:
                    Disk().remove(child)

        def take_back():
            if not path.exists() and path.parent.is_dir():
                (shutil.copytree if kept.is_dir() else shutil.copy2)(kept, path)

        self._do(lambda: super(Mortal, self).remove(path), half)
        self._named({path.parent}, take_back)
        return None

    def sync_file(self, path):
        self._do(lambda: self.synced.__setitem__(path.stat().st_ino, path.stat().st_size))

    def sync_folder(self, path):
        self._do(lambda: self._folder_synced(path))

    def lose_power(self, coin: random.Random, out: Path):
        """Leave in `out` what a power cut could leave."""
        for path in sorted(path for path in out.rglob("*") if path.is_file()):
            size = path.stat().st_size
            durable = self.synced.get(path.stat().st_ino, size)
            if durable < size:
                kept = coin.randint(durable, size)
                os.truncate(path, kept)
                if coin.random() < 0.5:
                    os.truncate(path, size)  # the length was durable, the bytes were not
        for undo in reversed(self.names):
            if coin.random() < 0.5:
                undo.take_back()

    def _do(self, act, half=lambda: None):
        if self.dead:
            raise Death
        self.count += 1
        if self.count != self.at:
            return act()
        self.dead = True
        if self.where == "inside":
            half()
        if self.where == "after":
            act()
        raise Death

    def _written(self, path, new, durable):
        if path.exists():
            self.synced[path.stat().st_ino] = durable
            if new:
                self._named({path.parent}, lambda: path.unlink(missing_ok=True))

    def _named(self, folders, take_back):
        self.names.append(Undo(folders, take_back))

    def _folder_synced(self, path):
        for undo in self.names:
            undo.folders.discard(path)
        self.names = [undo for undo in self.names if undo.folders]

    def _keep(self, path):
        kept = self.aside / str(len(list(self.aside.iterdir())))
        (shutil.copytree if path.is_dir() else shutil.copy2)(path, kept)
        return kept


class WithoutFileSync(Mortal):
    """A build that forgot to sync files."""

    def sync_file(self, path):
        self._do(lambda: None)


class WithoutFolderSync(Mortal):
    """A build that forgot to sync folders."""

    def sync_folder(self, path):
        self._do(lambda: None)


class Full(Quick):
    """Refuses one operation as a full, broken or forbidden disk does."""

    def __init__(self, at: int, code: int):
        self.at, self.code, self.count = at, code, 0

    def fill(self, path, write):
        if self._refuses():
            write(path)
            os.truncate(path, path.stat().st_size // 2)
            self._refuse(path)
        return super().fill(path, write)

    def _refuses(self):
        self.count += 1
        return self.count == self.at

    def _refuse(self, path):
        raise OSError(self.code, os.strerror(self.code), str(path))


def _refusing(name):
    def act(self, path, *rest):
        if self._refuses():
            self._refuse(path)
        return getattr(Quick, name)(self, path, *rest)

    return act


for _name in ("make_folder", "append", "sync_file", "sync_folder", "rename", "remove"):
    setattr(Full, _name, _refusing(_name))


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
