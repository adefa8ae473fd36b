"""The same content gives the same bytes: again, in another order, on other threads and memory."""

from __future__ import annotations

import hashlib
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest

from graph.schemas import RUN_TABLES
from jobs.detect import detect
from review.run import runs, verify

ABOUT_FILES = {"reading", "quarantine"}  # they name the extract's files, and so differ with them
ANSWER = sorted(set(RUN_TABLES) - ABOUT_FILES)


def bytes_of(run):
    return {name: run.table_path(name).read_bytes() for name in ANSWER}


def differing(one, other):
    return [name for name, data in bytes_of(one).items() if bytes_of(other)[name] != data]


def state(folder):
    """Every file with its digest and the time of its last change."""
    return {
        path.relative_to(folder): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
        )
        for path in folder.rglob("*")
        if path.is_file()
    }


def reordered(source, target, seed):
    """The same rows in another order, in two files a partition, under other names."""
    rng = np.random.default_rng(seed)
    for path in sorted(source.glob("*/dt=*")):
        (part,) = path.iterdir()
        rows = pq.ParquetFile(part).read()
        rows = rows.take(rng.permutation(len(rows)))
        folder = target / path.relative_to(source)
        folder.mkdir(parents=True)
        pq.write_table(rows[: len(rows) // 3], folder / "z-delivered-first.parquet")
        pq.write_table(rows[len(rows) // 3 :], folder / "a-delivered-last.parquet")
    accounts = pq.ParquetFile(source / "accounts.parquet").read()
    pq.write_table(accounts.take(rng.permutation(len(accounts))), target / "accounts.parquet")
    (target / "job.toml").write_bytes((source / "job.toml").read_bytes())


def test_a_run_holds_its_tables_and_nothing_else(detected):
    assert verify(detected) > 0
    assert {path.name for path in detected.path.iterdir()} == {
        *(f"{name}.parquet" for name in RUN_TABLES),
        "manifest.json",
        "manifest.sha256",
    }
    out = detected.path.parents[1]
    assert {path.name for path in out.iterdir()} == {"CURRENT", "runs", "writer.lock"}


def test_the_same_job_again_is_the_same_run_and_changes_no_byte(detected, platform, platform_job):
    out = detected.path.parents[1]
    before = state(out)

    again = detect(platform_job(platform, threads=1, memory="300MB"), out)

    assert again.already
    assert again.run.name == detected.name
    assert state(out) == before
    assert len(runs(out)) == 1


def test_other_row_order_other_files_one_thread_and_little_memory_give_the_same_bytes(
    detected, platform, platform_job, tmp_path
):
    reordered(platform, tmp_path / "again", seed=5)

    other = detect(platform_job(tmp_path / "again", threads=1, memory="200MB"), tmp_path / "runs")

    assert other.run.name != detected.name
    assert differing(detected, other.run) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_row_order_alone_changes_nothing(village_run, village, platform_job, tmp_path, seed):
    reordered(village, tmp_path / "again", seed=seed)

    other = detect(platform_job(tmp_path / "again", threads=2, memory="2GB"), tmp_path / "runs")

    assert differing(village_run, other.run) == []


@pytest.mark.parametrize(("threads", "memory"), [(1, "2GB"), (2, "200MB")])
def test_threads_and_memory_change_neither_the_name_nor_the_bytes(
    village_run, village, platform_job, tmp_path, threads, memory
):
    other = detect(platform_job(village, threads=threads, memory=memory), tmp_path)

    assert other.run.name == village_run.name
    assert other.run.manifest.tables == village_run.manifest.tables


def test_another_setting_is_another_run_beside_the_first(
    village_run, village, platform_job, tmp_path
):
    out = tmp_path / "runs"
    shutil.copytree(village_run.path.parents[1], out)
    job = platform_job(village, detectors={"shared-traits": {"expected_values": 0.1}})

    other = detect(job, out)

    assert not other.already
    assert {entry.run for entry in runs(out)} == {village_run.name, other.run.name}
    assert runs(out)[0].run == other.run.name
