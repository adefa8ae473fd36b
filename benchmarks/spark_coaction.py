"""Co-action on Spark beside the local engine, and beside the usual self-join on Spark.

    python benchmarks/spark_coaction.py --viral 2                # two objects of a tenth each
    python benchmarks/spark_coaction.py --interactions 10000000 --skip-join
    python benchmarks/spark_coaction.py --simulated              # the demo's platform instead
    python benchmarks/spark_coaction.py --viral 1 --share 0.25 --skip-join    # the largest skew

Each contender runs in a process group of its own on the same Parquet file, Spark in one JVM with
`--cores` task slots. Reported are CPU seconds (user and system) and peak memory of the whole
process tree: driver, JVM and Python workers, start-up included. `start` is a session that counts
the rows and does nothing else; ratios are given with it and without. The self-join is exact, with
time bins as wide as the window. A contender that goes beyond `--seconds` or `--gigabytes` is
stopped and reported as such; its ratios are then the least that they can be. Of ours on Spark it is
told too how many bytes went between tasks, and how much longer the longest task of a stage took
than the median one.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "benchmarks"))

from heavy_tailed import write_interactions  # noqa: E402
from spark_detect import Step, logged_into, measured  # noqa: E402

from builders.coaction import CoactionBounds, coaction_graph  # noqa: E402
from builders.extracts.read import read_extract  # noqa: E402
from builders.simulation.simulate import simulate  # noqa: E402
from builders.simulation.spec import SimulationSpec  # noqa: E402
from graph.engine import Engine  # noqa: E402
from graph.engines import open_engine  # noqa: E402
from graph.schemas import INTERACTIONS  # noqa: E402
from graph.table import Table  # noqa: E402
from jobs.config import read_job  # noqa: E402

JOIN = """
    with acts as (
        select account, action, object_kind, object, acted_at, floor(acted_at / $within) as bin
        from {interactions} where account <> '' and object <> ''
    ),
    reaching as (select *, explode(array(bin - 1, bin, bin + 1)) as reached from acts)
    select count(*) as edges, coalesce(sum(pairs), 0) as pairs from (
        select a.account, b.account as other, count(*) as pairs
        from acts a join reaching b
          on a.action = b.action and a.object_kind = b.object_kind and a.object = b.object
         and a.bin = b.reached and a.account < b.account
         and abs(a.acted_at - b.acted_at) <= $within
        group by a.account, b.account
        having count(distinct a.action, a.object_kind, a.object) >= 2
    ) joined
"""
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def write_simulated(path: Path, interactions: int, seed: int) -> None:
    """The interactions of a simulated platform, as the house's own table."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        out = simulate(
            SimulationSpec(interactions=interactions, seed=seed), Path(folder) / "platform"
        ).out
        with pq.ParquetWriter(path, INTERACTIONS.arrow) as writer:
            for batch in _simulated(out):
                writer.write_batch(batch)


def _simulated(out: Path) -> Iterator[pa.RecordBatch]:
    """Every act of the platform, read by the job that it brings."""
    engine = open_engine("local", memory="2GB")
    try:
        rows = read_extract(engine, read_job(out / "job.toml").extract).interactions
        for batch in rows.batches():
            yield batch.select(list(INTERACTIONS.names)).cast(INTERACTIONS.arrow)
    finally:
        engine.close()


def start(engine: Engine, interactions: Table, within_ms: int) -> tuple[int, int]:
    """A session, and one look at the rows."""
    found = engine.query("select count(distinct account) as n from {i}", i=interactions)
    return int(found["n"][0].as_py()), 0


def dealt(engine: Engine, interactions: Table, within_ms: int) -> tuple[int, int]:
    """Ours: edges, and their post pairs."""
    found = coaction_graph(
        interactions,
        within_seconds=within_ms / 1000,
        at_least=2,
        bounds=CoactionBounds(raw_pairs=None),
    )
    pairs = engine.query("select sum(post_pairs) as pairs from {e}", e=found.graph.edges)
    return found.graph.edges.count(), int(pairs["pairs"][0].as_py() or 0)


def join(engine: Engine, interactions: Table, within_ms: int) -> tuple[int, int]:
    """The self-join: edges, and their post pairs."""
    [row] = engine.query(JOIN, {"within": within_ms}, interactions=interactions).to_pylist()
    return int(row["edges"]), int(row["pairs"])


CONTENDERS = {
    "local": ("local", dealt),
    "start": ("spark", start),
    "spark": ("spark", dealt),
    "join": ("spark", join),
}


def run_one(name: str, path: Path, within_ms: int, cores: int, memory: str, log: Path) -> None:
    """The process of one contender: print what it found as JSON, and wait to be looked at."""
    kind, work = CONTENDERS[name]
    conf = logged_into(log) if kind == "spark" else {}
    engine = open_engine(kind, memory=memory, threads=cores, spark=conf)
    edges, pairs = work(engine, engine.read_parquet([path], INTERACTIONS), within_ms)
    print(json.dumps({"edges": edges, "pairs": pairs}), flush=True)  # noqa: T201
    # The processes of the tree must still be there when they are measured.
    sys.stdin.readline()


def measure(
    asked: list[str], seconds: float, gigabytes: float
) -> dict[str, float | int | str | None]:
    """Run a contender, watch its tree, and give what it took."""
    began = time.perf_counter()
    run = subprocess.Popen(
        [sys.executable, __file__, *asked],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert run.stdout is not None
    os.set_blocking(run.stdout.fileno(), False)
    cpu: dict[int, float] = {}
    peak = 0.0
    said, failed = b"", None
    while not said.endswith(b"\n") and failed is None:
        time.sleep(0.2)
        held = 0.0
        for pid, used, resident in _tree(run.pid):
            cpu[pid] = max(used, cpu.get(pid, 0.0))
            held += resident
        peak = max(peak, held)
        said += run.stdout.read() or b""
        if time.perf_counter() - began > seconds:
            failed = f"stopped after {seconds:.0f} s"
        elif peak > gigabytes * 1e9:
            failed = f"stopped at {gigabytes:.1f} GB"
        elif run.poll() is not None and not said:
            failed = "failed"
    answer = json.loads(said) if said else {"edges": None, "pairs": None}
    wall = time.perf_counter() - began
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    return {**answer, "cpu": sum(cpu.values()), "wall": wall, "gb": peak / 1e9, "failed": failed}


def _tree(root: int) -> Iterator[tuple[int, float, float]]:
    """Each process of a session: its number, CPU seconds and resident bytes.

    The workers of Python share pages with the process they came from, so only what is their own is
    counted twice.
    """
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) != root:
                continue
            pages = (entry / "statm").read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        used = (int(fields[11]) + int(fields[12])) / _TICKS
        own = int(pages[1]) - (int(pages[2]) if fields[1] != str(root) else 0)
        yield int(entry.name), used, own * _PAGE


def main() -> None:
    """Make the interactions, run each contender, and print a table."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--interactions", type=int, default=1_000_000)
    asked.add_argument("--simulated", action="store_true", help="the demo's platform")
    asked.add_argument("--viral", type=int, default=0, help="objects with a share of all each")
    asked.add_argument("--share", type=float, default=0.1, help="that share")
    asked.add_argument("--within-ms", type=int, default=60_000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--cores", type=int, default=2)
    asked.add_argument("--memory", default="4GB")
    asked.add_argument("--seconds", type=float, default=1_800, help="the most for a contender")
    asked.add_argument("--gigabytes", type=float, default=10, help="the most for a contender")
    asked.add_argument("--skip-join", action="store_true")
    asked.add_argument("--run", choices=CONTENDERS, help=argparse.SUPPRESS)
    asked.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked.add_argument("--log", type=Path, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.run:
        run_one(given.run, given.file, given.within_ms, given.cores, given.memory, given.log)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "interactions.parquet"
        if given.simulated:
            write_simulated(path, given.interactions, given.seed)
        else:
            write_interactions(path, given.interactions, given.seed, given.viral, given.share)
        little = Path(folder) / "little.parquet"
        write_interactions(little, 20_000, given.seed)
        found = {}
        for name in CONTENDERS:
            if name == "join" and given.skip_join:
                continue
            log = Path(folder) / f"log-{name}"
            log.mkdir()
            told = ["--run", name, "--within-ms", str(given.within_ms), "--log", str(log)]
            told += ["--cores", str(given.cores), "--memory", given.memory]
            if name in ("local", "spark"):
                # It compiles, where nothing is cached.
                measure([*told, "--file", str(little)], given.seconds, given.gigabytes)
                _emptied(log)
            found[name] = measure([*told, "--file", str(path)], given.seconds, given.gigabytes)
        skew = measured(Path(folder) / "log-spark")
    show(found, given, skew)


def _emptied(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def show(found: dict[str, dict], given: argparse.Namespace, steps: dict[str, Step]) -> None:
    """Print the table; refuse to when two exact ways differ."""
    answers = {(of["edges"], of["pairs"]) for name, of in found.items() if name != "start"}
    if len(answers - {(None, None)}) > 1:
        sys.exit(f"the answers differ: {found}")
    versions = ", ".join(f"{name} {version(name)}" for name in ("pyspark", "duckdb", "numba"))
    hot = f"{given.viral} viral objects of {given.share:.0%} each"
    kind = "simulated" if given.simulated else f"heavy-tailed ({hot})"
    lines = [
        f"{given.interactions:,} {kind} interactions, window {given.within_ms} ms,"
        f" local[{given.cores}]",
        f"{versions}, Python {platform.python_version()}, {platform.machine()},"
        f" {os.cpu_count()} processors",
        f"{'':8}{'CPU s':>9}{'/ spark':>9}{'/ spark*':>9}{'wall s':>9}{'GB':>7}{'edges':>12}"
        f"{'pairs':>16}",
    ]
    for name, of in found.items():
        counts = f"{of['edges'] or 0:12,}{of['pairs'] or 0:16,}" if name != "start" else ""
        lines.append(
            f"{name:8}{of['cpu']:9.1f}{_ratios(name, found)}{of['wall']:9.1f}{of['gb']:7.2f}"
            f"{counts}{'  ' + of['failed'] if of['failed'] else ''}"
        )
    lines.append("* without what `start` takes; `>` where a contender was stopped before its end")
    lines += [
        f"spark: {step.tasks} tasks, {step.shuffled / given.interactions:.0f} bytes shuffled and"
        f" {step.written / given.interactions:.0f} written an interaction,"
        f" {step.spilled / 1e6:.0f} MB spilled; of the stage that took longest in all the longest"
        f" task took {step.skew:.1f} times the median one"
        for step in steps.values()
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def _ratios(name: str, found: dict[str, dict]) -> str:
    """CPU beside that of ours, with the start and without; nothing where ours has no end."""
    of, spark, begun = found[name], found["spark"], found["start"]["cpu"]
    if spark["failed"]:
        return " " * 18
    more = ">" if of["failed"] else ""
    ratio = f"{more}{of['cpu'] / spark['cpu']:.2f}"
    worked = (of["cpu"] - begun) / max(spark["cpu"] - begun, 0.01)
    without = f"{more}{worked:.2f}" if name in ("spark", "join") else ""
    return f"{ratio:>9}{without:>9}"


if __name__ == "__main__":
    main()
