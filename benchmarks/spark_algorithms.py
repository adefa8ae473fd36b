"""Algorithms on Spark beside the local engine, on the same planted graph: seconds of both.

    python benchmarks/spark_algorithms.py                       # 1,000,000 edges, one task
    python benchmarks/spark_algorithms.py --edges 100000 --spread --only components leiden

`--spread` gives Spark no graph in one task, as if none fitted. Each answer is compared with the
local engine's before its time is told: labels and cores must be equal, scores within 1e-9 of their
scale. Both engines read the same Parquet; compiling the kernels and starting Spark do not count.
CPU seconds are those of this process and all its children (Linux), so that a busy machine tells
them too; its wall seconds are worth little.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from algorithms.components import components  # noqa: E402
from algorithms.cores import k_core  # noqa: E402
from algorithms.label_propagation import semi_synchronous_label_propagation  # noqa: E402
from algorithms.leiden import leiden  # noqa: E402
from algorithms.pagerank import pagerank  # noqa: E402
from graph.engine import Engine  # noqa: E402
from graph.engines import open_engine  # noqa: E402
from graph.model import InteractionGraph  # noqa: E402
from graph.schemas import EDGES  # noqa: E402

VERBS: dict[str, Callable[[InteractionGraph], pa.Table]] = {
    "components": lambda graph: components(graph).members.arrow(),
    "leiden": lambda graph: leiden(graph, resolution=0.3).members.arrow(),
    "giants": lambda graph: leiden(graph, resolution=0.3, giant_edges=5_000).members.arrow(),
    "labels": lambda graph: semi_synchronous_label_propagation(graph, rounds=8).members.arrow(),
    "pagerank": lambda graph: pagerank(graph, iterations=10).scores.arrow(),
    "cores": lambda graph: k_core(graph).scores.arrow(),
}


def write_edges(path: Path, edges: int, seed: int) -> None:
    """Planted components: most of a few accounts, some of hundreds, one of a hundredth of all."""
    dice = np.random.default_rng(seed)
    sizes = np.minimum(3 + dice.pareto(1.2, edges // 8) * 4, 2_000).astype(np.int64)
    sizes[0] = max(edges // 100, 10)
    share = np.cumsum(sizes * 3)
    sizes = sizes[: np.searchsorted(share, edges * 1.2) + 1]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    owner = np.repeat(np.arange(len(sizes)), sizes * 3)
    ends = [starts[owner] + (dice.random(len(owner)) * sizes[owner]).astype(int) for _ in "ab"]
    low, high = np.minimum(*ends), np.maximum(*ends)
    pairs = np.unique(low * (share[-1] + 1) + high)
    low, high = pairs // (share[-1] + 1), pairs % (share[-1] + 1)
    kept = np.sort(dice.permutation(np.flatnonzero(low != high))[:edges])
    columns = {
        "src": _ids(low[kept]),
        "dst": _ids(high[kept]),
        "layer": pa.repeat("planted", len(kept)),
        "weight": pa.array(dice.integers(1, 9, len(kept)) / 4),
    }
    zero = pa.repeat(pa.scalar(0, pa.int64()), len(kept))
    full = {
        column.name: columns.get(
            column.name, pa.nulls(len(kept), column.arrow.type) if column.nullable else zero
        )
        for column in EDGES.columns
    }
    pq.write_table(pa.table(full, schema=EDGES.arrow), path)


def _ids(numbers: np.ndarray) -> pa.Array:
    text = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), 9, "0")
    return pc.binary_join_element_wise("a", text, "")


def measured(engine: Engine, path: Path, verb: str) -> tuple[float, float, pa.Table]:
    """A verb's wall and CPU seconds from the file to rows in memory, and the rows."""
    began, used = time.perf_counter(), cpu_seconds()
    graph = InteractionGraph(engine.read_parquet([path], EDGES))
    rows = VERBS[verb](graph)
    return time.perf_counter() - began, cpu_seconds() - used, rows


def cpu_seconds() -> float:
    """What this process and everything below it have used, those that ended included."""
    parents, used = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
            used[int(entry.name)] = sum(int(ticks) for ticks in fields[11:15])
    below = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= more
    return sum(used[pid] for pid in below if pid in used) / os.sysconf("SC_CLK_TCK")


def refuse_other_answers(verb: str, ours: pa.Table, theirs: pa.Table) -> None:
    """Stop where the engines differ by more than they may."""
    if "score" in ours.column_names and ours["account"].equals(theirs["account"]):
        one, other = ours["score"].to_numpy(), theirs["score"].to_numpy()
        if np.abs(one - other).max() <= 1e-9 * np.abs(other).max():
            return
    elif ours.equals(theirs):
        return
    sys.exit(f"the engines differ in {verb}")


def main() -> None:
    """Generate, run each verb on both engines, and print a table."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--edges", type=int, default=1_000_000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--master", default="local[2]")
    asked.add_argument("--spread", action="store_true", help="give Spark no graph in one task")
    asked.add_argument("--only", nargs="+", choices=VERBS, default=list(VERBS))
    given = asked.parse_args()
    settings = {"spark.ringwatch.oneTaskEdges": "0"} if given.spread else {}
    with tempfile.TemporaryDirectory() as folder:
        path, few = Path(folder) / "edges.parquet", Path(folder) / "few.parquet"
        write_edges(path, given.edges, given.seed)
        write_edges(few, 1_000, given.seed)
        local = open_engine("local", memory="4GB")
        spark = open_engine("spark", memory="4GB", master=given.master, spark=settings)
        versions = ", ".join(f"{name} {version(name)}" for name in ("pyspark", "igraph", "numba"))
        way = "spread" if given.spread else "in one task"
        say(f"{pq.read_metadata(path).num_rows:,} edges, Spark on {given.master} {way}; {versions}")
        say(f"{'CPU s':12}{'local':>10}{'Spark':>10}{'times':>8}{'wall':>12}{'':>10}")
        measured(spark, few, "components")  # wakes Spark's workers
        for verb in given.only:
            measured(local, few, verb)  # compiles, for the workers too
            wall, here, ours = measured(local, path, verb)
            wait, there, theirs = measured(spark, path, verb)
            refuse_other_answers(verb, ours, theirs)
            say(f"{verb:12}{here:10.2f}{there:10.2f}{there / here:8.1f}{wall:12.1f}{wait:10.1f}")
        spark.close()
        local.close()


def say(line: str) -> None:
    """A line at once, since the next may take minutes."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
