"""Fit the default scorecard on planted worlds, and write it where the program reads it.

    python benchmarks/scorecard.py --seeds 11-16          # some twenty minutes on two cores
    python benchmarks/scorecard.py --runs FOLDER          # fit again on what was gathered before

Worlds of three generators are made: the default platforms, the held-out families and flat tables
of one kind of extract each. Each is detected with the default settings, and the terms of every
cluster that passes the gates but for its expected precision are kept in FOLDER, one Parquet file a
world. A cluster is a ring when half of its members or more are of rings. Seeds given here are never
those of a report.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from algorithms.fitting import fitted  # noqa: E402
from algorithms.scorecard import TERMS  # noqa: E402
from algorithms.scorecard_text import card_text  # noqa: E402
from builders.simulation.flat import FlatSpec, write_flat  # noqa: E402
from builders.simulation.simulate import simulate  # noqa: E402
from builders.simulation.spec import SimulationSpec  # noqa: E402
from builders.simulation.truth import read_truth  # noqa: E402
from jobs.config import job_from, read_job  # noqa: E402
from jobs.detect import detect  # noqa: E402
from review.run import Run  # noqa: E402

CARD = ROOT / "algorithms" / "scorecard.json"
KINDS = ("own", "held-out", "flat")
FLAT = {
    "extract": {
        "tables": [
            {
                "name": "acts",
                "path": "interactions.parquet",
                "time_unit": "ms",
                "map": {
                    "account": "account",
                    "action": "action",
                    "object": "object",
                    "acted_at": "time",
                    "text": "text",
                },
            }
        ]
    }
}
_NEVER = ("leaks", "loose")


def gather(kind: str, seed: int, interactions: int, kept: Path) -> None:
    """Make a world, detect, and keep the terms of its clusters with their truth."""
    target = kept / f"{kind}-{seed}.parquet"
    if target.exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        world = Path(folder) / "world"
        if kind == "flat":
            write_flat(FlatSpec(interactions=interactions, days=14, seed=seed), world)
            labels = pq.read_table(world / "labels.parquet").to_pylist()
            rings = {row["account_id"] for row in labels if row["is_ring"]}
            job = job_from(FLAT, base=world)
        else:
            families = "own" if kind == "own" else "held-out"
            simulate(SimulationSpec(interactions=interactions, seed=seed, families=families), world)
            rings = set(read_truth(world).rings["account"].to_pylist())
            job = read_job(world / "job.toml")
        open_gates = replace(job.flags, least_precision=0.0)
        run = detect(replace(job, flags=open_gates), Path(folder) / "runs").run
        rows = terms_of(run, rings)
    pq.write_table(rows.append_column("world", pa.repeat(f"{kind}-{seed}", len(rows))), target)
    sys.stdout.write(f"{kind} {seed}: {len(rows)} clusters\n")
    sys.stdout.flush()


def terms_of(run: Run, rings: set[str]) -> pa.Table:
    """One row a cluster that passes the gates: its terms, size, and whether it is a ring."""
    clusters = pq.read_table(run.table_path("clusters"))
    members = pq.read_table(run.table_path("members")).select(["cluster", "account"]).to_pylist()
    evidence = pq.read_table(run.table_path("evidence"))
    evidence = evidence.filter(pc.equal(evidence["kind"], "term"))
    values: dict[str, dict[str, float | None]] = {}
    for row in evidence.select(["cluster", "name", "value"]).to_pylist():
        values.setdefault(row["cluster"], {})[row["name"].removeprefix("term:")] = row["value"]
    held: dict[str, list[bool]] = {}
    for row in members:
        held.setdefault(row["cluster"], []).append(row["account"] in rings)
    rows = [
        {
            **{term.name: values[row["cluster"]].get(term.name) for term in TERMS},
            "accounts": row["accounts"],
            "ring": sum(held[row["cluster"]]) >= len(held[row["cluster"]]) / 2,
        }
        for row in clusters.to_pylist()
        if row["flagged"]
    ]
    fields = [(term.name, pa.float64()) for term in TERMS]
    schema = pa.schema([*fields, ("accounts", pa.int64()), ("ring", pa.bool_())])
    return pa.Table.from_pylist(rows, schema=schema)


def fit(kept: Path) -> None:
    """Fit the card on every kept world, and write it."""
    rows = pa.concat_tables([pq.read_table(path) for path in sorted(kept.glob("*.parquet"))])
    values = np.column_stack([rows[t.name].to_numpy(zero_copy_only=False) for t in TERMS])
    rings = rows["ring"].to_numpy(zero_copy_only=False).astype(np.float64)
    worlds = rows["world"].to_pylist()
    card = fitted(
        values.astype(np.float64),
        rings,
        worlds,
        made_of=f"{len(rows)} clusters, {rings.sum():.0f} of them rings, of"
        f" {len(set(worlds))} planted worlds: {', '.join(sorted(set(worlds)))}",
    )
    CARD.write_text(card_text(card), encoding="utf-8")
    for name, weight in sorted(card.weights.items(), key=lambda item: item[1].log_odds):
        sys.stdout.write(f"{name:12}{weight.log_odds:8.2f}\n")
    for each in card.bins:
        sys.stdout.write(
            f"up to {each.up_to:7.2f}: {each.clusters:4} clusters, precision {each.precision:.2f}"
            f" ({each.low:.2f}-{each.high:.2f})\n"
        )


def main() -> None:
    """Gather and fit."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--seeds", default="11-16", help="first-last")
    asked.add_argument("--interactions", type=int, default=300_000)
    asked.add_argument("--kinds", default=",".join(KINDS))
    asked.add_argument("--runs", type=Path, help="a folder of gathered worlds, to fit alone")
    asked.add_argument("--keep", type=Path, default=Path("out/scorecard"))
    given = asked.parse_args()
    kept = given.runs or given.keep
    kept.mkdir(parents=True, exist_ok=True)
    if given.runs is None:
        first, _, last = given.seeds.partition("-")
        for seed in range(int(first), int(last or first) + 1):
            for kind in given.kinds.split(","):
                gather(kind, seed, given.interactions, kept)
    fit(kept)


if __name__ == "__main__":
    main()
