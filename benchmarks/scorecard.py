"""Fit the default scorecard on planted worlds, and write it where the program reads it.

    python benchmarks/scorecard.py --seeds 11-16          # some ten minutes on two cores
    python benchmarks/scorecard.py --seeds 51-56 --interactions 100000 --kinds own,flat
    python benchmarks/scorecard.py --runs FOLDER          # fit again on what was gathered before
    python benchmarks/scorecard.py --runs FOLDER --base-rate 0.3
    python benchmarks/scorecard.py --runs FOLDER --worth --card card.json   # what each term adds

Worlds of nine kinds are made: the default platforms, the held-out families, flat tables of one
kind of extract each, flat tables with small publics and small rings, outside tables, fortnights,
marketplaces, and platforms and flat tables in which nobody is coordinated. Each is detected with
the default settings, and the terms of every cluster that passes the gates but for its expected
precision are kept in FOLDER, one Parquet file a world. A cluster is a ring when half of its members
or more are of rings. Seeds given here are never those of a report.

With `--base-rate` the card is for a place where such a share of the clusters are rings. What is
printed last is of what was left out, a world or a kind of world at a time: the mean log loss of all
clusters and of the small ones, and what would be called at three thresholds; with `--worth` how
much higher that loss is without each term.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from algorithms.base_rate import at_base_rate  # noqa: E402
from algorithms.fitting import Floats, fitted, out_of_fold, scaled  # noqa: E402
from algorithms.refitting import units  # noqa: E402
from algorithms.scorecard import FEW, TERMS  # noqa: E402
from algorithms.scorecard_text import card_text  # noqa: E402
from benchmarks.null_worlds import flat, platform  # noqa: E402
from builders.simulation.flat import (  # noqa: E402
    FLAT_CAMPAIGNS,
    LABELS_FILE,
    FlatSpec,
    usual_crowds,
    write_flat,
)
from builders.simulation.fortnight.spec import FortnightSpec  # noqa: E402
from builders.simulation.fortnight.written import write_fortnight  # noqa: E402
from builders.simulation.marketplace.spec import MarketplaceSpec  # noqa: E402
from builders.simulation.marketplace.written import write_marketplace  # noqa: E402
from builders.simulation.outside.spec import OutsideSpec  # noqa: E402
from builders.simulation.outside.written import write_outside  # noqa: E402
from builders.simulation.simulate import simulate  # noqa: E402
from builders.simulation.spec import Families, SimulationSpec  # noqa: E402
from builders.simulation.truth import read_truth  # noqa: E402
from jobs.config import DetectJob, read_job  # noqa: E402
from jobs.detect import detect  # noqa: E402
from jobs.evaluation.worlds import flat_job  # noqa: E402
from jobs.quick import Changes  # noqa: E402
from review.run import Run  # noqa: E402

CARD = ROOT / "algorithms" / "scorecard.json"
KINDS = (
    "own",
    "held-out",
    "flat",
    "publics",
    "outside",
    "fortnight",
    "marketplace",
    "null",
    "flat-null",
)
THRESHOLDS = (0.5, 0.6, 0.7)
"""Expected precisions at which it is told what would be called."""
NOBODY = pa.table(
    {"account": [], "kind": [], "is_ring": []},
    schema=pa.schema([("account", pa.string()), ("kind", pa.string()), ("is_ring", pa.bool_())]),
)
PUBLICS = {"friends": 12, "newsroom": 4, "hobbyists": 4, "world-fan-club": 2}
SMALL_RINGS = {"small-cell": 6, "moonlighters": 3}


def gather(kind: str, seed: int, interactions: int, kept: Path) -> None:
    """Make a world, detect, and keep the terms of its clusters with their truth."""
    target = kept / f"{kind}-{seed}.parquet"
    if target.exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        job, labels = made(kind, seed, interactions, Path(folder) / "world")
        open_gates = replace(job.flags, least_precision=0.0)
        run = detect(replace(job, flags=open_gates), Path(folder) / "runs").run
        rows = terms_of(run, labels)
    pq.write_table(rows.append_column("world", pa.repeat(f"{kind}-{seed}", len(rows))), target)
    sys.stdout.write(f"{kind} {seed}: {len(rows)} clusters\n")
    sys.stdout.flush()


def made(kind: str, seed: int, interactions: int, world: Path) -> tuple[DetectJob, pa.Table]:
    """A world in a new folder: the job that reads it, and who in it is of which group."""
    if kind in ("null", "flat-null"):
        null = platform if kind == "null" else flat
        return null(seed, interactions, "4GB", world), NOBODY
    if kind in ("own", "held-out"):
        families: Families = "own" if kind == "own" else "held-out"
        simulate(SimulationSpec(interactions=interactions, seed=seed, families=families), world)
        truth = read_truth(world)
        labels = pa.concat_tables(
            [
                table.select(["account", "kind"]).append_column(
                    "is_ring", pa.array([is_ring] * len(table), pa.bool_())
                )
                for table, is_ring in ((truth.rings, True), (truth.lookalikes, False))
            ]
        )
        return read_job(world / "job.toml"), labels
    if kind == "outside":
        write_outside(OutsideSpec(interactions=interactions, days=14, seed=seed), world)
    elif kind == "marketplace":
        write_marketplace(MarketplaceSpec(interactions=interactions, days=28, seed=seed), world)
    elif kind == "fortnight":
        write_fortnight(FortnightSpec(interactions=interactions, days=14, seed=seed), world)
    else:
        write_flat(flat_spec(kind, seed, interactions), world)
    labels = pq.read_table(world / LABELS_FILE).rename_columns({"account_id": "account"})
    return flat_job(world, Changes()), labels


def flat_spec(kind: str, seed: int, interactions: int) -> FlatSpec:
    """A flat world as it is, or one with small publics, small rings, and half of the others.

    The latter has up to ten times as many posts, so that how much leads outside is not the same
    in all worlds.
    """
    if kind == "flat":
        return FlatSpec(interactions=interactions, days=14, seed=seed)
    plenty = 10.0 ** np.random.default_rng([seed, 40]).random()
    return FlatSpec(
        interactions=interactions,
        days=14,
        seed=seed,
        campaigns={**dict.fromkeys(FLAT_CAMPAIGNS, 1), **SMALL_RINGS},
        crowds={**usual_crowds(seed), **PUBLICS},
        plenty=float(plenty),
    )


def terms_of(run: Run, labels: pa.Table) -> pa.Table:
    """One row a cluster that passes the gates: its terms, size, and whether it is a ring.

    `kind` is the kind of group that most of its members are of, for whoever reads the file.

    Args:
        run: the run.
        labels: account, kind, is_ring; an account that is not there is ordinary.
    """
    told = labels.select(["account", "kind", "is_ring"]).to_pylist()
    rings = {row["account"] for row in told if row["is_ring"]}
    kinds: dict[str, set[str]] = {}
    for row in told:
        kinds.setdefault(row["account"], set()).add(row["kind"])
    clusters = pq.read_table(run.table_path("clusters"))
    members = pq.read_table(run.table_path("members")).select(["cluster", "account"]).to_pylist()
    evidence = pq.read_table(run.table_path("evidence"))
    evidence = evidence.filter(pc.equal(evidence["kind"], "term"))
    values: dict[str, dict[str, float | None]] = {}
    for row in evidence.select(["cluster", "name", "value"]).to_pylist():
        values.setdefault(row["cluster"], {})[row["name"].removeprefix("term:")] = row["value"]
    held: dict[str, list[bool]] = {}
    groups: dict[str, Counter[str]] = {}
    for row in members:
        held.setdefault(row["cluster"], []).append(row["account"] in rings)
        of_these = kinds.get(row["account"], {"ordinary"})
        groups.setdefault(row["cluster"], Counter()).update(of_these)
    rows = [
        {
            **{term.name: values[row["cluster"]].get(term.name) for term in TERMS},
            "accounts": row["accounts"],
            "kind": min(groups[row["cluster"]].items(), key=lambda one: (-one[1], one[0]))[0],
            "ring": sum(held[row["cluster"]]) >= len(held[row["cluster"]]) / 2,
        }
        for row in clusters.to_pylist()
        if row["flagged"]
    ]
    fields = [(term.name, pa.float64()) for term in TERMS]
    schema = pa.schema(
        [*fields, ("accounts", pa.int64()), ("kind", pa.string()), ("ring", pa.bool_())]
    )
    return pa.Table.from_pylist(rows, schema=schema)


def fit(kept: Path, base_rate: float | None, card_path: Path, *, worth: bool = False) -> None:
    """Fit the card on every kept world, and write it."""
    rows = pa.concat_tables([pq.read_table(path) for path in sorted(kept.glob("*.parquet"))])
    values = np.column_stack([rows[t.name].to_numpy(zero_copy_only=False) for t in TERMS])
    rings = rows["ring"].to_numpy(zero_copy_only=False).astype(np.float64)
    worlds = rows["world"].to_pylist()
    card = fitted(
        values.astype(np.float64),
        rings,
        worlds,
        accounts=rows["accounts"].to_numpy(),
        made_of=f"{len(rows)} clusters, {rings.sum():.0f} of them rings, of"
        f" {len(set(worlds))} planted worlds: {told_short(sorted(set(worlds)))}",
    )
    if base_rate is not None:
        card = at_base_rate(card, fitted_on=float(rings.mean()), expected=base_rate)
    card_path.write_text(card_text(card), encoding="utf-8")
    for name, weight in sorted(card.weights.items(), key=lambda item: item[1].log_odds):
        sys.stdout.write(f"{name:12}{weight.log_odds:8.2f}\n")
    for name, bins in (("all", card.bins), (f"{FEW} members or fewer", card.few_bins)):
        sys.stdout.write(f"{name}\n")
        for each in bins:
            sys.stdout.write(
                f"up to {each.up_to:7.2f}: {each.clusters:4} clusters,"
                f" precision {each.precision:.2f} ({each.low:.2f}-{each.high:.2f})\n"
            )
    few = rows["accounts"].to_numpy() <= FEW
    given = scaled(values.astype(np.float64), *units(card))
    for name, folds in (("world", worlds), ("kind", [w.rsplit("-", 1)[0] for w in worlds])):
        log_odds = out_of_fold(given, rings, np.asarray(folds), 1.0)
        losses = log_loss(log_odds, rings)
        small = f"{losses[few].mean():.4f} on {few.sum()} of few members" if few.any() else "none"
        sys.stdout.write(f"log loss, a {name} left out: {losses.mean():.4f}; {small}\n")
        for line in calls(log_odds, rings, rows["accounts"].to_numpy(), worlds):
            sys.stdout.write(f"{line}\n")
        if worth:
            for term, more in worths(given, rings, np.asarray(folds)):
                sys.stdout.write(f"  without {term:12}{more:+8.4f}\n")


def worths(given: Floats, rings: Floats, folds: npt.NDArray[np.str_]) -> list[tuple[str, float]]:
    """How much higher the log loss of what is left out is without each term, most first."""
    whole = log_loss(out_of_fold(given, rings, folds, 1.0), rings).mean()
    found = []
    for place, term in enumerate(TERMS):
        rest = given.copy()
        rest[:, place] = 0.0
        more = log_loss(out_of_fold(rest, rings, folds, 1.0), rings).mean() - whole
        found.append((term.name, float(more)))
    return sorted(found, key=lambda each: -each[1])


def told_short(worlds: Sequence[str]) -> str:
    """`flat-11, flat-12, flat-13, own-7` as `flat 11-13, own 7`."""
    seeds: dict[str, list[int]] = {}
    for world in worlds:
        kind, _, seed = world.rpartition("-")
        seeds.setdefault(kind, []).append(int(seed))
    return ", ".join(
        f"{kind} {seed}" + (f"-{end}" if end > seed else "")
        for kind, numbers in seeds.items()
        for seed, end in _stretches(sorted(numbers))
    )


def _stretches(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    begin = 0
    for place, number in enumerate(numbers):
        if place + 1 == len(numbers) or numbers[place + 1] != number + 1:
            yield numbers[begin], number
            begin = place + 1


def log_loss(log_odds: Floats, rings: Floats) -> Floats:
    """The log loss of each cluster, shape (clusters,)."""
    loss: Floats = np.logaddexp(0.0, log_odds) - rings * log_odds
    return loss


def calls(
    log_odds: Floats, rings: Floats, accounts: npt.NDArray[np.int64], worlds: Sequence[str]
) -> Iterator[str]:
    """What would be called at each of `THRESHOLDS`, in words; precision and recall of accounts."""
    for least in THRESHOLDS:
        called = log_odds >= np.log(least / (1.0 - least))
        right, wrong = called & (rings == 1), called & (rings == 0)
        spoilt = {world for world, bad in zip(worlds, wrong, strict=True) if bad}
        yield (
            f"  at {least}: precision {accounts[right].sum() / max(accounts[called].sum(), 1):.3f},"
            f" recall {accounts[right].sum() / accounts[rings == 1].sum():.3f};"
            f" {wrong.sum()} of {(rings == 0).sum()} innocents called,"
            f" {(rings == 1).sum() - right.sum()} of {(rings == 1).sum()} rings missed,"
            f" {len(spoilt)} of {len(set(worlds))} worlds with an innocent called"
        )


def main() -> None:
    """Gather and fit."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--seeds", default="11-16", help="first-last")
    asked.add_argument("--interactions", type=int, default=300_000)
    asked.add_argument("--kinds", default=",".join(KINDS))
    asked.add_argument("--runs", type=Path, help="a folder of gathered worlds, to fit alone")
    asked.add_argument("--keep", type=Path, default=Path("out/scorecard"))
    asked.add_argument("--base-rate", type=float, help="share of rings where the card is for")
    asked.add_argument("--worth", action="store_true", help="tell what each term adds")
    asked.add_argument("--card", type=Path, default=CARD, help="where to write the card")
    given = asked.parse_args()
    kept = given.runs or given.keep
    kept.mkdir(parents=True, exist_ok=True)
    if given.runs is None:
        first, _, last = given.seeds.partition("-")
        for seed in range(int(first), int(last or first) + 1):
            for kind in given.kinds.split(","):
                gather(kind, seed, given.interactions, kept)
    fit(kept, given.base_rate, given.card, worth=given.worth)


if __name__ == "__main__":
    main()
