"""A whole job beside reading and sorting its input, at growing sizes.

    python benchmarks/whole_job.py                                # 1,000,000 interactions
    python benchmarks/whole_job.py --sizes "1000000 10000000" --memory 4GB

For each size a platform is simulated (five tables of Hive partitions, rings among them), and two
processes look at it one after the other: the floor, in which DuckDB reads account, object and time
of all tables and sorts them by object and time, and the job with its default settings, from the
extract to the published run. Reported are CPU seconds (user and system, all threads, start-up
included), seconds of the clock and peak memory of each, their ratio, and what each step took. The
numbers are kept in `benchmarks/whole_job.json`, and told in `docs/performance.md`.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.kept import Clock, commit, keep, kept_in, today, took  # noqa: E402
from benchmarks.markdown import head, line, number, put_between  # noqa: E402
from benchmarks.processes import Taken, taken_by  # noqa: E402
from builders.simulation.simulate import simulate  # noqa: E402
from builders.simulation.spec import SimulationSpec  # noqa: E402
from console.output import write_line  # noqa: E402
from jobs.config import read_job  # noqa: E402
from jobs.detect import detect  # noqa: E402
from review.whole import whole  # noqa: E402

KEPT = ROOT / "benchmarks" / "whole_job.json"
PAGE = ROOT / "docs" / "performance.md"
BEGIN = "<!-- measured: written by benchmarks/whole_job.py -->"
END = "<!-- end of what is measured -->"
PARTS = ("duckdb", "pyarrow", "numba", "igraph")


def floor(folder: Path, memory: str) -> dict[str, Any]:
    """DuckDB reads and sorts; nothing else is done."""
    job = read_job(folder / "job.toml")
    parts = [
        f"select {table.mapping['account']}, {table.mapping['object']}, {table.mapping['acted_at']}"
        f" from read_parquet('{folder / table.name}/**/*.parquet')"
        for table in job.extract.tables
    ]
    duck = duckdb.connect(config={"memory_limit": memory})
    read = duck.sql(f"select * from ({' union all '.join(parts)}) order by 2, 3")
    return {"rows": sum(batch.num_rows for batch in read.to_arrow_reader(1_000_000))}


@dataclass(slots=True)
class Steps:
    """Hears a job's steps, and takes their time."""

    found: list[tuple[str, float, float]] = field(default_factory=list)

    def step(self, name: str, says: str) -> None:
        """A step begins, and the one before it has ended."""
        del says
        self.found.append((name, time.process_time(), time.perf_counter()))

    def rows(self, done: int, total: int | None, unit: str) -> None:
        """Nothing is shown."""

    def note(self, says: str) -> None:
        """Nothing is shown."""

    def told(self) -> dict[str, dict[str, float]]:
        """CPU seconds and seconds of the clock of each step."""
        self.step("end", "")
        return {
            one[0]: {"cpu": round(two[1] - one[1], 2), "wall": round(two[2] - one[2], 2)}
            for one, two in pairwise(self.found)
        }


def job(folder: Path, memory: str) -> dict[str, Any]:
    """The job with its default settings, whole."""
    asked = read_job(folder / "job.toml")
    steps = Steps()
    asked = replace(asked, job=replace(asked.job, memory=memory))
    with tempfile.TemporaryDirectory(dir=folder) as out:
        run = detect(asked, Path(out), progress=steps).run
        summary = run.manifest.summary
    return {
        "steps": steps.told(),
        "clusters": summary["clusters"],
        "flagged": summary["flagged"],
        "edges": summary["edges"],
        "rows": summary["interactions"],
    }


CONTENDERS = {"floor": floor, "job": job}


def run_one(name: str, folder: Path, memory: str) -> None:
    """The process of one contender: print what it took as JSON."""
    taken = Taken()
    taken.tell(CONTENDERS[name](folder, memory))


def measure(name: str, folder: Path, memory: str) -> dict[str, Any]:
    """Run one contender in a process of its own."""
    return taken_by(__file__, ["--run", name, "--folder", str(folder), "--memory", memory])


def measured(interactions: int, seed: int, memory: str) -> dict[str, Any]:
    """Both contenders over one simulated platform, the floor before the job and after it."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "platform"
        simulate(SimulationSpec(interactions=interactions, seed=seed), folder)
        first = measure("floor", folder, memory)
        found = measure("job", folder, memory)
        last = measure("floor", folder, memory)
    floors = {name: round((first[name] + last[name]) / 2, 2) for name in ("cpu", "wall", "peak_mb")}
    return {"interactions": interactions, "floor": floors, "job": found}


def part(entry: Mapping[str, Any]) -> Iterator[str]:
    """The measured part of the page."""
    rows: Sequence[Mapping[str, Any]] = entry["rows"]
    yield (
        f"Commit {entry['commit']}, {entry['date']}, {entry['machine']}; memory limit"
        f" {entry['memory']}; {took(entry)}. {entry['versions']}."
    )
    yield ""
    yield from head(
        ["interactions", "read and sort: CPU s", "job: CPU s", "ratio", "clock s", "peak", "edges",
         "clusters", "flagged"]
    )  # fmt: skip
    for row in rows:
        low, high = row["floor"], row["job"]
        yield line(
            [
                f"{high['rows']:,}",
                number(low["cpu"], places=1),
                number(high["cpu"], places=1),
                number(high["cpu"] / low["cpu"], places=1),
                number(high["wall"], places=1),
                f"{high['peak_mb'] / 1024:.1f} GB",
                f"{high['edges']:,}",
                f"{high['clusters']:,}",
                f"{high['flagged']:,}",
            ]
        )
    yield ""
    for less, more in pairwise(rows):
        grown = log(more["job"]["cpu"] / less["job"]["cpu"])
        grown /= log(more["interactions"] / less["interactions"])
        yield (
            f"From {less['interactions']:,} to {more['interactions']:,} interactions the job's CPU"
            f" grows with the power {grown:.2f} of their number."
        )
        yield ""
    yield from head(["step", *(f"CPU s of {row['interactions']:,}" for row in rows)])
    for step in rows[-1]["job"]["steps"]:
        took_each = [row["job"]["steps"].get(step, {"cpu": None})["cpu"] for row in rows]
        yield line([f"`{step}`", *(number(cpu, places=1) for cpu in took_each)])


def main() -> None:
    """Measure each size, keep it, and tell."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--sizes", default="1000000")
    asked.add_argument("--seed", type=int, default=7)
    asked.add_argument("--memory", default="4GB")
    asked.add_argument("--no-keep", action="store_true", help="leave what is kept as it is")
    asked.add_argument("--run", choices=CONTENDERS, help=argparse.SUPPRESS)
    asked.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.run:
        run_one(given.run, given.folder, given.memory)
        return
    clock, before = Clock(), kept_in(KEPT)
    entry: dict[str, Any] = {
        "commit": commit(),
        "date": today(),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "memory": given.memory,
        "versions": ", ".join(f"{name} {version(name)}" for name in PARTS),
        "rows": [],
    }
    for size in sorted(int(text) for text in given.sizes.split()):
        entry["rows"].append(measured(size, given.seed, given.memory))
        entry |= clock.told()
        if not given.no_keep:
            keep(KEPT, [*before, entry])
    told = list(part(entry))
    for said in told:
        write_line(said)
    if not given.no_keep:
        page = put_between(PAGE.read_text(encoding="utf-8"), BEGIN, END, told)
        with whole(PAGE) as (beside,):
            beside.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
