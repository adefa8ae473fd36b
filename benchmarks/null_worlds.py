"""Worlds in which nobody is coordinated: is anything flagged there?

    python benchmarks/null_worlds.py --seeds "41 42 43"                # 5,000,000 interactions each
    python benchmarks/null_worlds.py --seeds "41" --interactions 500000
    python benchmarks/null_worlds.py --seeds "41" --flat               # one table of a third party

The simulated platform without rings and without look-alikes: accounts with their own activity,
hours, interests, friends and posts of all popularities; with `--flat` a flat world without either.
Detected with the default settings. Each world is kept in `benchmarks/null.json` as soon as it is
judged, and told in `docs/evaluation.md` at the end (`benchmarks/report.py`). Exits with 4 when
anything is flagged in more than a tenth of the worlds.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import pyarrow.parquet as pq  # noqa: E402

from benchmarks.asked import seeds_in  # noqa: E402
from benchmarks.kept import Clock, commit, keep, kept_in, today, took  # noqa: E402
from benchmarks.null_report import INTERACTIONS, MOST_SHARE, verdict, why  # noqa: E402
from benchmarks.report import NULL, write_report  # noqa: E402
from builders.simulation.flat import FlatSpec, write_flat  # noqa: E402
from builders.simulation.simulate import simulate  # noqa: E402
from builders.simulation.spec import SimulationSpec  # noqa: E402
from console.output import write_line, write_table  # noqa: E402
from console.progress import shown_progress  # noqa: E402
from jobs.config import DetectJob, read_job  # noqa: E402
from jobs.detect import detect  # noqa: E402
from jobs.evaluation.worlds import flat_job  # noqa: E402
from jobs.quick import Changes  # noqa: E402


def platform(seed: int, interactions: int, memory: str, folder: Path) -> DetectJob:
    """A platform without rings and look-alikes in a new folder, and the job that reads it."""
    spec = SimulationSpec(interactions=interactions, seed=seed, levels={}, rings={}, look_alikes={})
    simulate(spec, folder)
    job = read_job(folder / "job.toml")
    return replace(job, job=replace(job.job, memory=memory))


def flat(seed: int, interactions: int, memory: str, folder: Path) -> DetectJob:
    """A flat world without rings and look-alikes in a new folder, and the job that reads it."""
    write_flat(FlatSpec(interactions=interactions, seed=seed, campaigns={}, crowds={}), folder)
    return flat_job(folder, Changes(memory=memory))


WORLDS = {"platform": platform, "flat": flat}


def judged(worlds: str, seed: int, interactions: int, memory: str) -> dict[str, Any]:
    """One null world, detected: what is listed, what is flagged, and the seconds it took."""
    with tempfile.TemporaryDirectory() as folder:
        job = WORLDS[worlds](seed, interactions, memory, Path(folder) / "world")
        began = time.perf_counter()
        with shown_progress(quiet=False) as progress:
            run = detect(job, Path(folder) / "runs", progress=progress).run
        clusters = pq.read_table(run.table_path("clusters")).to_pylist()
    flagged = [row for row in clusters if row["flagged"]]
    return {
        "seed": seed,
        "listed": len(clusters),
        "flagged": len(flagged),
        "accounts": sum(row["accounts"] for row in flagged),
        "not_flagged": dict(
            sorted(Counter(r["explained"] for r in clusters if r["explained"]).items())
        ),
        "seconds": round(time.perf_counter() - began),
    }


def main() -> int:
    """Judge each world, keep it, and tell."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--seeds", default="41 42 43 44 45 46 47 48 49 50")
    asked.add_argument("--interactions", type=int, default=INTERACTIONS)
    asked.add_argument("--memory", default="4GB")
    asked.add_argument("--flat", action="store_true", help="flat worlds, not platforms")
    asked.add_argument("--no-keep", action="store_true", help="leave null.json as it is")
    given = asked.parse_args()
    clock, before = Clock(), kept_in(NULL)
    about = {
        "commit": commit(),
        "date": today(),
        "worlds": "flat" if given.flat else "platform",
        "interactions": given.interactions,
        "memory": given.memory,
    }
    rows: list[dict[str, Any]] = []
    for seed in seeds_in(given.seeds):
        rows.append(judged(about["worlds"], seed, given.interactions, given.memory))
        write_line(f"seed {seed}: {rows[-1]['flagged']} flagged, {rows[-1]['seconds']} s")
        entry = {**about, **clock.told(), "rows": rows}
        if not given.no_keep:
            # Ten worlds take hours: what is broken off should not be lost.
            keep(NULL, [*before, entry])
    headings = {
        "seed": "seed", "listed": "listed", "flagged": "flagged", "accounts": "accounts in those",
        "why": "why others are not", "seconds": "seconds",
    }  # fmt: skip
    title = f"{given.interactions:,} interactions in which nobody is coordinated"
    write_table(title, headings, [{**row, "why": why(row)} for row in rows])
    write_line(verdict([{**about, **row} for row in rows]))
    write_line(f"commit {about['commit']}, {took(entry)}")
    if not given.no_keep:
        write_report()
    return 4 if sum(1 for row in rows if row["flagged"]) > MOST_SHARE * len(rows) else 0


if __name__ == "__main__":
    sys.exit(main())
