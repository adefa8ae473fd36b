"""Accounts of two rings: how many are told in both, and how many wrongly.

    python benchmarks/overlaps.py --seeds "6 7"                       # held-out worlds
    python benchmarks/overlaps.py --seeds "6" --families own          # only L5 rings overlap there

Simulated worlds in which pairs of rings share accounts (`rotating-teams` of the held-out families,
L5 of the own), among other rings and look-alikes. A flagged cluster stands for the ring that most
of its members are in. An account of two rings is *told in both* when each of them is the ring of
its own flagged cluster or of one that `also_in` names for it; that can only be where both rings
have a flagged cluster. A row of `also_in` is *right* when the account is in that cluster's ring.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import pyarrow.parquet as pq  # noqa: E402

from benchmarks.asked import seeds_in  # noqa: E402
from builders.simulation.simulate import simulate  # noqa: E402
from builders.simulation.spec import SimulationSpec  # noqa: E402
from builders.simulation.truth import Truth, read_truth  # noqa: E402
from console.output import write_table  # noqa: E402
from console.progress import shown_progress  # noqa: E402
from jobs.config import read_job  # noqa: E402
from jobs.detect import detect  # noqa: E402

CAMPAIGNS = {
    "rotating-teams": 4,
    "order-book": 1,
    "link-spam": 2,
    "like-farm": 2,
    "turnover": 1,
    "hijack-burst": 1,
    "many-kinds": 1,
    "copied-comments": 1,
}
LEVELS = {"L1": 1, "L2": 1, "L3": 1, "L4": 1, "L5": 6}


@dataclass(frozen=True, slots=True)
class Told:
    """A run's flagged clusters by ring, and where each account is told to be."""

    ring_of: dict[str, str | None]
    home: dict[str, str]
    also: list[tuple[str, str]]


def spec_of(families: str, interactions: int, seed: int) -> SimulationSpec:
    """A world with several pairs of overlapping rings."""
    if families == "own":
        return SimulationSpec(interactions=interactions, seed=seed, levels=LEVELS)
    return SimulationSpec(
        interactions=interactions, seed=seed, families="held-out", campaigns=CAMPAIGNS
    )


def told(
    clusters: list[dict[str, Any]],
    members: list[dict[str, Any]],
    also: list[dict[str, Any]],
    rings: dict[str, set[str]],
) -> Told:
    """Which ring each flagged cluster stands for, and who is where."""
    flagged = {row["cluster"] for row in clusters if row["flagged"]}
    inside: dict[str, list[str]] = defaultdict(list)
    for row in members:
        if row["cluster"] in flagged and row["role"] != "weak":
            inside[row["cluster"]].append(row["account"])
    ring_of: dict[str, str | None] = {}
    for cluster, accounts in inside.items():
        counts = Counter(ring for account in accounts for ring in rings.get(account, ()))
        ring_of[cluster] = min(counts, key=lambda ring: (-counts[ring], ring), default=None)
    return Told(
        ring_of,
        {account: cluster for cluster, accounts in inside.items() for account in accounts},
        [(row["account"], row["cluster"]) for row in also],
    )


def counted(found: Told, rings: dict[str, set[str]]) -> dict[str, Any]:
    """What became of the accounts of two rings, and of every row of `also_in`."""
    right = [one for one in found.also if found.ring_of[one[1]] in rings.get(one[0], ())]
    wrong = [one for one in found.also if found.ring_of[one[1]] not in rings.get(one[0], ())]
    flagged = set(found.ring_of.values())
    doubles = [account for account, names in rings.items() if len(names) > 1]
    possible = [account for account in doubles if rings[account] <= flagged]
    named: dict[str, set[str | None]] = defaultdict(set)
    for account, cluster in [*found.home.items(), *found.also]:
        named[account].add(found.ring_of[cluster])
    return {
        "accounts of two rings": len(doubles),
        "both rings flagged": len(possible),
        "told in both": sum(rings[account] <= named[account] for account in possible),
        "rows of also_in": len(found.also),
        "right": len(right),
        "wrong, of another ring": sum(account in rings for account, _ in wrong),
        "wrong, of no ring": sum(account not in rings for account, _ in wrong),
    }


def rings_of(truth: Truth) -> dict[str, set[str]]:
    """Each ring account's rings."""
    rings: dict[str, set[str]] = defaultdict(set)
    for row in truth.rings.to_pylist():
        rings[row["account"]].add(row["ring"])
    return dict(rings)


def judged(families: str, interactions: int, seed: int) -> dict[str, Any]:
    """One world, simulated, detected and held against its truth."""
    with tempfile.TemporaryDirectory() as folder:
        world = Path(folder) / "world"
        simulate(spec_of(families, interactions, seed), world)
        with shown_progress(quiet=False) as progress:
            run = detect(read_job(world / "job.toml"), Path(folder) / "runs", progress=progress).run
        rings = rings_of(read_truth(world))
        tables = [
            pq.read_table(run.table_path(name)).to_pylist()
            for name in ("clusters", "members", "also_in")
        ]
    return {"families": families, "seed": seed, **counted(told(*tables, rings), rings)}


def main() -> int:
    """Judge each world and tell."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--seeds", default="6 7")
    asked.add_argument("--interactions", type=int, default=200_000)
    asked.add_argument("--families", choices=("held-out", "own"), default="held-out")
    given = asked.parse_args()
    seeds = seeds_in(given.seeds)
    rows = [judged(given.families, given.interactions, seed) for seed in seeds]
    write_table("Accounts of two rings", {name: name for name in rows[0]}, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
