"""Co-action beside a self-join in SQL, and beside reading and sorting the same file.

    python benchmarks/coaction.py                         # 100,000 interactions, seconds
    python benchmarks/coaction.py --interactions 10000000 --skip-join

Each contender runs in a process of its own on the same generated Parquet file. Reported are CPU
seconds (user and system, all threads), wall seconds and peak memory of the whole process, start-up
included, and each one's ratio to the floor: DuckDB reads the file and sorts it by object and time.
The self-join is the usual way in SQL, exact, with bins as wide as the window.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from builders.coaction import CoactionBounds, coaction_graph  # noqa: E402
from graph.engines import open_engine  # noqa: E402
from graph.schemas import INTERACTIONS  # noqa: E402

JOIN = """
    with acts as (
        select account, object, acted_at, acted_at // $within as bin from read_parquet($file)
    ), reaching as (
        select *, bin as reached from acts union all select *, bin - 1 from acts
        union all select *, bin + 1 from acts
    )
    select count(*), sum(pairs) from (
        select a.account, b.account, count(*) as pairs
        from acts a join reaching b
          on a.object = b.object and a.bin = b.reached and a.account < b.account
         and abs(a.acted_at - b.acted_at) <= $within
        group by a.account, b.account having count(distinct a.object) >= 2
    ) joined
"""
_ROWS_A_GROUP = 1_000_000
FLOOR = "select object, acted_at, account from read_parquet($file) order by object, acted_at"


def write_interactions(
    path: Path, interactions: int, seed: int, viral: int = 0, share: float = 0.1
) -> None:
    """Heavy-tailed objects that age in hours, skewed accounts, and ids as scrambled text.

    Args:
        path: the Parquet file.
        interactions: how many.
        seed: the same seed gives the same file.
        viral: so many of the objects have `share` of all interactions each.
        share: see `viral`.
    """
    dice = np.random.default_rng(seed)
    most = max(interactions // 60, 10)
    sizes = np.minimum((1 - dice.random(interactions // 3 + 10)) ** (-1 / 1.1), most)
    sizes = sizes.astype(np.int64)
    sizes[:viral] = int(interactions * share)
    sizes = sizes[: np.searchsorted(np.cumsum(sizes), interactions) + 1]
    objects = np.repeat(np.arange(len(sizes)), sizes)[:interactions]
    rows = len(objects)
    born = dice.random(len(sizes))[objects] * 30 * 86_400
    at = ((born + np.exp(dice.normal(np.log(7_200), 1.5, rows))) * 1000).astype(np.int64)
    accounts = (dice.random(rows) ** 2 * max(rows // 20, 10)).astype(np.int64)
    order = dice.permutation(rows)
    with pq.ParquetWriter(path, INTERACTIONS.arrow) as writer:
        for first in range(0, rows, _ROWS_A_GROUP):
            some = order[first : first + _ROWS_A_GROUP]
            columns = {
                "account": _ids(accounts[some], 1),
                "action": pa.repeat("repost", len(some)),
                "object": _ids(objects[some], 2),
                "object_kind": pa.repeat("post", len(some)),
                "acted_at": pa.array(1_700_000_000_000 + at[some]),
                "content": _ids(np.arange(first, first + len(some)), 3),
            }
            nothing = pa.nulls(len(some), pa.string())
            full = {name: columns.get(name, nothing) for name in INTERACTIONS.names}
            writer.write_table(pa.table(full, schema=INTERACTIONS.arrow))


def _ids(numbers: np.ndarray, salt: int) -> pa.Array:
    scrambled = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(salt)
    return pa.array(scrambled >> np.uint64(1)).cast(pa.string())


def sweep(path: Path, within_ms: int, memory: str) -> tuple[int, int]:
    """Ours: edges, and their post pairs."""
    engine = open_engine("local", memory=memory)
    found = coaction_graph(
        engine.read_parquet([path], INTERACTIONS),
        within_seconds=within_ms / 1000,
        at_least=2,
        bounds=CoactionBounds(raw_pairs=None),
    )
    pairs = engine.query("select sum(post_pairs) as pairs from {e}", e=found.graph.edges)
    answer = (found.graph.edges.count(), int(pairs["pairs"][0].as_py() or 0))
    engine.close()
    return answer


def join(path: Path, within_ms: int) -> tuple[int, int]:
    """The self-join in DuckDB: edges, and their post pairs."""
    row = duckdb.connect().execute(JOIN, {"file": str(path), "within": within_ms}).fetchall()[0]
    return int(row[0]), int(row[1] or 0)


def floor(path: Path, within_ms: int) -> tuple[int, int]:
    """DuckDB reads and sorts; nothing is joined."""
    reader = duckdb.connect().sql(FLOOR, params={"file": str(path)}).to_arrow_reader(1_000_000)
    return sum(batch.num_rows for batch in reader), 0


CONTENDERS = {"floor": floor, "sweep": sweep, "join": join}


def measure(name: str, path: Path, within_ms: int) -> dict[str, float | int | str]:
    """Run one contender in a process of its own."""
    asked = [sys.executable, __file__, "--run", name, "--file", str(path)]
    done = subprocess.run(
        [*asked, "--within-ms", str(within_ms)], capture_output=True, text=True, check=True
    )
    measured: dict[str, float | int | str] = json.loads(done.stdout)
    return measured


def run_one(name: str, path: Path, within_ms: int) -> None:
    """The process of one contender: print what it took as JSON."""
    began = time.perf_counter()
    rows, pairs = CONTENDERS[name](path, within_ms)
    used = resource.getrusage(resource.RUSAGE_SELF)
    memory = Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]
    answer = {
        "name": name,
        "rows": rows,
        "pairs": pairs,
        "cpu": used.ru_utime + used.ru_stime,
        "wall": time.perf_counter() - began,
        "mb": int(memory) // 1024,
    }
    sys.stdout.write(json.dumps(answer))


def main() -> None:
    """Generate, run each contender, and print a table."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--interactions", type=int, default=100_000)
    asked.add_argument("--within-ms", type=int, default=60_000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--skip-join", action="store_true", help="for sizes it does not finish")
    asked.add_argument("--run", choices=CONTENDERS, help=argparse.SUPPRESS)
    asked.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.run:
        run_one(given.run, given.file, given.within_ms)
        return
    names = [name for name in CONTENDERS if not (given.skip_join and name == "join")]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "interactions.parquet"
        write_interactions(path, given.interactions, given.seed)
        measure("sweep", path, given.within_ms)  # compiles, where nothing is cached yet
        found = {name: measure(name, path, given.within_ms) for name in names}
    show(found, given.interactions, given.within_ms)


def show(found: dict[str, dict[str, float | int | str]], interactions: int, within_ms: int) -> None:
    """Print the table; refuse to when the two exact ways differ."""
    if "join" in found and any(found["join"][k] != found["sweep"][k] for k in ("rows", "pairs")):
        sys.exit(f"the sweep and the join differ: {found['sweep']}, {found['join']}")
    versions = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "numba", "numpy"))
    lines = [f"{interactions:,} interactions, window {within_ms} ms; {versions}"]
    lines.append(
        f"{'':8}{'CPU s':>9}{'/ floor':>9}{'wall s':>9}{'MB':>8}{'edges':>12}{'pairs':>16}"
    )
    for name, of in found.items():
        ratio = float(of["cpu"]) / float(found["floor"]["cpu"])
        edges = "" if name == "floor" else f"{of['rows']:,}"
        pairs = "" if name == "floor" else f"{of['pairs']:,}"
        lines.append(
            f"{name:8}{of['cpu']:9.2f}{ratio:9.2f}{of['wall']:9.2f}{of['mb']:8}{edges:>12}{pairs:>16}"
        )
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
