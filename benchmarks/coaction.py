"""Pairs of accounts within a minute: ours, the floor, and who else can find them.

    python benchmarks/coaction.py                            # 300,000 and a million, with the peers
    python benchmarks/coaction.py --sizes "10000000 100000000" --alone

Each contender runs in a process of its own on the same generated Parquet file, one after the other,
the floor first and last. Reported are CPU seconds of the process and its children (start-up
included), seconds of the clock, and peak memory of the process, and each one's ratio to the floor:
DuckDB reads the file and sorts it by object and time. The numbers are kept in
`benchmarks/coaction.json`, and told in `docs/performance.md`.

The contenders that find pairs are asked for the same: two accounts that acted on at least two
objects within 60 seconds of each other. `limited` is ours with 1 GB of memory. The Coordination
Network Toolkit counts messages, not objects, in two directions; `as the toolkit` is ours by its
definition, and both must give the same edges. Its input as CSV is made beforehand, and not counted.
"""

from __future__ import annotations

import argparse
import platform
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from importlib.metadata import version
from importlib.util import find_spec
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.heavy_tailed import write_interactions  # noqa: E402
from benchmarks.kept import Clock, commit, keep, kept_in, today, took  # noqa: E402
from benchmarks.markdown import head, line, number, put_between  # noqa: E402
from benchmarks.processes import Taken, taken_by  # noqa: E402
from builders.coaction import CoactionBounds, Count, coaction_graph  # noqa: E402
from console.output import write_line  # noqa: E402
from graph.engines import open_engine  # noqa: E402
from graph.schemas import INTERACTIONS  # noqa: E402
from review.whole import whole  # noqa: E402

WITHIN_MS = 60_000
KEPT = ROOT / "benchmarks" / "coaction.json"
PAGE = ROOT / "docs" / "performance.md"
MARKS = {
    False: ("<!-- pairs beside peers: benchmarks/coaction.py -->", "<!-- end of beside peers -->"),
    True: ("<!-- pairs at size: benchmarks/coaction.py -->", "<!-- end of at size -->"),
}
"""Where the page tells of a measurement, without `--alone` and with it."""
TOOLKIT = "coordination_network_toolkit"

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
FLOOR = "select object, acted_at, account from read_parquet($file) order by object, acted_at"
# The toolkit's times are whole seconds; the sums tell whether two lists of edges are one.
DIRECTED = """
    select count(*), coalesce(sum(hash(u, v, weight)), 0) from (
        select src as u, dst as v, src_count as weight from {edges} where src_count >= 2
        union all select dst, src, dst_count from {edges} where dst_count >= 2
    ) directed
"""
MESSAGES = """
    copy (select row_number() over () as message_id, account as user_id, '' as username,
                 object as repost_id, '' as reply_id, '' as message,
                 acted_at // 1000 as timestamp, '' as urls
          from read_parquet($file)) to '{csv}' (header)
"""


def floor(path: Path) -> list[int]:
    """DuckDB reads and sorts; nothing is joined."""
    reader = duckdb.connect().sql(FLOOR, params={"file": str(path)}).to_arrow_reader(1_000_000)
    return [sum(batch.num_rows for batch in reader)]


def ours(path: Path, memory: str = "4GB") -> list[int]:
    """Edges, and their post pairs."""
    return _drawn(
        path, memory, "objects", "select count(*), coalesce(sum(post_pairs), 0) from {edges}"
    )


def limited(path: Path) -> list[int]:
    """The same with as little memory as is allowed."""
    return ours(path, "1GB")


def as_the_toolkit(path: Path) -> list[int]:
    """Ours, by the toolkit's definition: own posts of each side, in each direction by itself."""
    return _drawn(path, "4GB", "posts", DIRECTED)


def _drawn(path: Path, memory: str, count: Count, question: str) -> list[int]:
    seconds = "acted_at // 1000 * 1000 as acted_at" if count == "posts" else "acted_at"
    with open_engine("local", memory=memory) as engine:
        acts = engine.read_parquet([path], INTERACTIONS)
        if count == "posts":
            # A row is a message of its own.
            acts = engine.sql(
                f"select * replace (null as content, {seconds}) from {{acts}}",
                INTERACTIONS,
                acts=acts,
            )
        found = coaction_graph(
            acts,
            within_seconds=WITHIN_MS / 1000,
            at_least=2,
            count=count,
            bounds=CoactionBounds(raw_pairs=None),
        )
        (row,) = engine.query(question, edges=found.graph.edges).to_pylist()
    return [int(value) for value in row.values()]


def join(path: Path) -> list[int]:
    """The usual way in SQL, exact: a self-join with bins as wide as the window."""
    asked = {"file": str(path), "within": WITHIN_MS}
    ((edges, pairs),) = duckdb.connect().execute(JOIN, asked).fetchall()
    return [int(edges), int(pairs or 0)]


def toolkit(path: Path) -> list[int]:
    """The Coordination Network Toolkit, as installed, on the CSV file beside the interactions."""
    database = path.with_suffix(".db")
    for command in (
        ["preprocess", str(path.with_suffix(".csv"))],
        ["compute", "co_retweet", "--time_window", "60", "--min_edge_weight", "2"],
    ):
        asked = [sys.executable, "-m", TOOLKIT, str(database), *command]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"the toolkit failed: {done.stderr}")
    with closing(sqlite3.connect(database)) as opened:
        found = opened.execute("select user_1, user_2, weight from co_retweet_network").fetchall()
    database.unlink()
    edges = pa.Table.from_pylist(
        [{"u": str(u), "v": str(v), "weight": int(of)} for u, v, of in found if u != v],
        schema=pa.schema([("u", pa.string()), ("v", pa.string()), ("weight", pa.int64())]),
    )
    told = duckdb.from_arrow(edges).aggregate("count(*), coalesce(sum(hash(u, v, weight)), 0)")
    ((directed, says),) = told.fetchall()
    return [int(directed), int(says)]


CONTENDERS: Mapping[str, Callable[[Path], list[int]]] = {
    "floor": floor,
    "ours": ours,
    "limited": limited,
    "join": join,
    "as the toolkit": as_the_toolkit,
    "toolkit": toolkit,
}
SAME = (("ours", "limited"), ("ours", "join"), ("as the toolkit", "toolkit"))
"""Which must give the same edges."""


def run_one(name: str, path: Path) -> None:
    """The process of one contender: print what it took as JSON."""
    taken = Taken()
    says = [str(value) for value in CONTENDERS[name](path)]
    taken.tell({"says": says}, of_children=name == "toolkit")


def measure(name: str, path: Path) -> dict[str, Any]:
    """Run one contender in a process of its own."""
    return taken_by(__file__, ["--run", name, "--file", str(path)])


def measured(interactions: int, seed: int, *, alone: bool) -> dict[str, Any]:
    """Every contender over one file; the floor is the mean of two."""
    peers = [] if alone else ["join", "as the toolkit"]
    if not alone and find_spec(TOOLKIT) is not None:
        peers.append("toolkit")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "interactions.parquet"
        write_interactions(path, interactions, seed)
        if "toolkit" in peers:
            csv = path.with_suffix(".csv")
            duckdb.execute(MESSAGES.format(csv=csv), {"file": str(path)})
        little = Path(folder) / "little.parquet"
        write_interactions(little, 10_000, seed)
        measure("ours", little)  # compiles, where nothing is cached yet
        found = {name: measure(name, path) for name in ("floor", "ours", "limited", *peers)}
        again = measure("floor", path)
    for name in ("cpu", "wall"):
        found["floor"][name] = round((found["floor"][name] + again[name]) / 2, 2)
    for one, other in SAME:
        if other in found and found[one]["says"] != found[other]["says"]:
            sys.exit(f"`{one}` and `{other}` differ: {found[one]['says']}, {found[other]['says']}")
    return {"interactions": interactions, "found": found}


def part(entry: Mapping[str, Any]) -> Iterator[str]:
    """The measured part of the page."""
    yield (
        f"Commit {entry['commit']}, {entry['date']}, {entry['machine']}; {took(entry)}."
        f" {entry['versions']}."
    )
    yield ""
    yield from head(
        ["interactions", "", "CPU s", "to the floor", "to ours", "clock s", "peak MB", "edges"]
    )
    for row in entry["rows"]:
        least, own = row["found"]["floor"]["cpu"], row["found"]["ours"]["cpu"]
        for name, of in row["found"].items():
            yield line(
                [
                    f"{row['interactions']:,}",
                    name,
                    number(of["cpu"], places=1),
                    number(of["cpu"] / least, places=2),
                    number(of["cpu"] / own, places=2),
                    number(of["wall"], places=1),
                    f"{of['peak_mb']:,}",
                    "" if name == "floor" else f"{int(of['says'][0]):,}",
                ]
            )
    yield ""
    for less, more in pairwise(entry["rows"]):
        grown = log(more["found"]["ours"]["cpu"] / less["found"]["ours"]["cpu"])
        grown /= log(more["interactions"] / less["interactions"])
        yield (
            f"From {less['interactions']:,} to {more['interactions']:,} interactions our CPU grows"
            f" with the power {grown:.2f} of their number."
        )


def main() -> None:
    """Measure each size, keep it, and tell."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--sizes", default="300000 1000000")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--alone", action="store_true", help="for sizes that no peer finishes")
    asked.add_argument("--no-keep", action="store_true", help="leave what is kept as it is")
    asked.add_argument("--run", choices=CONTENDERS, help=argparse.SUPPRESS)
    asked.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.run:
        run_one(given.run, given.file)
        return
    clock, before = Clock(), kept_in(KEPT)
    entry: dict[str, Any] = {
        "commit": commit(),
        "date": today(),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "versions": ", ".join(f"{name} {version(name)}" for name in ("duckdb", "numba", "numpy")),
        "alone": given.alone,
        "rows": [],
    }
    for size in sorted(int(text) for text in given.sizes.split()):
        entry["rows"].append(measured(size, given.seed, alone=given.alone))
        entry |= clock.told()
        if not given.no_keep:
            keep(KEPT, [*before, entry])
    told = list(part(entry))
    for said in told:
        write_line(said)
    if not given.no_keep:
        page = put_between(PAGE.read_text(encoding="utf-8"), *MARKS[given.alone], told)
        with whole(PAGE) as (beside,):
            beside.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
