"""Worlds in which nobody is coordinated: is anything flagged there?

    python benchmarks/null_worlds.py --seeds "41 42 43"                # 5,000,000 interactions each
    python benchmarks/null_worlds.py --seeds "41" --interactions 500000

The simulated platform without rings and without look-alikes: accounts with their own activity,
hours, interests, friends and posts of all popularities. Detected with the default settings. Exits
with 4 when anything is flagged in more than a tenth of the worlds.
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
from builders.simulation.simulate import simulate  # noqa: E402
from builders.simulation.spec import SimulationSpec  # noqa: E402
from console.output import write_line, write_table  # noqa: E402
from console.progress import shown_progress  # noqa: E402
from jobs.config import read_job  # noqa: E402
from jobs.detect import detect  # noqa: E402

MOST_SHARE = 0.1


def judged(seed: int, interactions: int, memory: str) -> dict[str, Any]:
    """One null world, detected: what is listed, what is flagged, and the seconds it took."""
    with tempfile.TemporaryDirectory() as folder:
        world = Path(folder) / "world"
        spec = SimulationSpec(
            interactions=interactions, seed=seed, levels={}, rings={}, look_alikes={}
        )
        simulate(spec, world)
        job = read_job(world / "job.toml")
        job = replace(job, job=replace(job.job, memory=memory))
        began = time.perf_counter()
        with shown_progress(quiet=False) as progress:
            run = detect(job, Path(folder) / "runs", progress=progress).run
        clusters = pq.read_table(run.table_path("clusters")).to_pylist()
    flagged = [row for row in clusters if row["flagged"]]
    return {
        "seed": seed,
        "interactions": f"{interactions:,}",
        "listed": len(clusters),
        "flagged": len(flagged),
        "accounts in those": sum(row["accounts"] for row in flagged),
        "why others are not": ", ".join(
            f"{why} {many}"
            for why, many in sorted(
                Counter(r["explained"] for r in clusters if r["explained"]).items()
            )
        ),
        "seconds": round(time.perf_counter() - began),
    }


def main() -> int:
    """Judge each world and tell."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--seeds", default="41 42 43 44 45 46 47 48 49 50")
    asked.add_argument("--interactions", type=int, default=5_000_000)
    asked.add_argument("--memory", default="4GB")
    given = asked.parse_args()
    rows = []
    for seed in seeds_in(given.seeds):
        rows.append(judged(seed, given.interactions, given.memory))
        write_line(f"seed {seed}: {rows[-1]['flagged']} flagged, {rows[-1]['seconds']} s")
    write_table("Worlds in which nobody is coordinated", {name: name for name in rows[0]}, rows)
    worlds = sum(1 for row in rows if row["flagged"])
    write_line(f"{worlds} of {len(rows)} worlds have a flagged cluster")
    return 4 if worlds > MOST_SHARE * len(rows) else 0


if __name__ == "__main__":
    raise SystemExit(main())
