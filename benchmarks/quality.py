"""How good the rings and look-alikes of simulated worlds are judged, from commit to commit.

    python benchmarks/quality.py --seeds "21 22 23 24 25"
    python benchmarks/quality.py --seeds "21 22 23" --check     # fail on a drop

Three families of worlds a seed: the platform with the rings that settings were tried on, the
platform with held-out rings, and a flat table of held-out rings with the columns that a third
party sends. Other methods are set beside it in the first world of each family. The table goes to
stdout and, with commit and seeds, to the end of `benchmarks/quality.json`, and from there into
`docs/evaluation.md` with its plots (`benchmarks/report.py`). `--check` compares with the last entry
of the same seeds and size, and fails where a number fell below its interval.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.asked import kept_in, seeds_in, worlds_parser  # noqa: E402
from benchmarks.quality_plots import GOAL, MOST_ALIKE  # noqa: E402
from benchmarks.report import QUALITY, write_report  # noqa: E402
from builders.simulation.flat import FlatSpec  # noqa: E402
from builders.simulation.spec import SimulationSpec  # noqa: E402
from console.output import write_line, write_table  # noqa: E402
from console.progress import shown_progress  # noqa: E402
from jobs.evaluation.evaluate import Asked, all_peers  # noqa: E402
from jobs.evaluation.requirements import Requirement, requirements  # noqa: E402
from jobs.evaluation.worlds import Spec, evaluate_worlds  # noqa: E402
from jobs.progress import Progress  # noqa: E402
from jobs.quick import Changes  # noqa: E402
from review.whole import whole  # noqa: E402

ALIKE_ENOUGH = 0.005
"""A drop of less than this is none: seeds with equal answers have intervals of no width."""

WHOLE = {
    "precision": ("account", "precision"),
    "recall": ("account", "recall"),
    "average precision": ("account", "average_precision"),
    "rings found, Jaccard 0.5": ("rings", "recall_at_jaccard_0.5"),
    "B-cubed F": ("partition", "bcubed_f"),
    "worst look-alike share": ("look_alike_worst_share",),
    "controls flagged": ("controls_flagged",),
}


def families(interactions: int, days: int) -> dict[str, Spec]:
    """The worlds of each family, their seeds apart."""
    return {
        "own": SimulationSpec(interactions=interactions, days=days),
        "held-out": SimulationSpec(interactions=interactions, days=days, families="held-out"),
        "flat": FlatSpec(interactions=interactions, days=days),
    }


def measured(
    spec: Spec, seeds: Sequence[int], folder: Path, threads: int | None, said: Progress, peers: bool
) -> dict[str, Any]:
    """One family's document over the seeds, other methods beside it in the first world."""
    asked, changes = Asked(path="simulated"), Changes(threads=threads)
    document = evaluate_worlds(spec, seeds, folder, changes, asked, progress=said)
    if peers:
        beside = Asked(path="simulated", peers=all_peers())
        # The run stands: only the other methods are asked.
        first = evaluate_worlds(spec, seeds[:1], folder, changes, beside, progress=said)
        document["peers"] = {"ringwatch": own(document["worlds"][0]), **first["peers"]}
    document.pop("worlds")
    return document


def own(world: Mapping[str, Any]) -> dict[str, Any]:
    """A world's numbers, by the names that those of other methods have."""
    account, rings = world["account"], world["rings"]
    return {
        "precision": account["precision"],
        "recall": account["recall"],
        "f1": {"value": account["f1"]},
        "average_precision": account["average_precision"],
        "recall_at_jaccard_0.5": rings["recall_at_jaccard_0.5"],
        "look_alike_worst_share": {"value": world["look_alike_worst_share"]},
        "seconds": {"value": world["seconds"]["detect"]},
    }


def rows_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The table of one family: whole, by level, by kind, look-alikes."""
    rows = [row("whole", name, at(document, keys)) for name, keys in WHOLE.items()]
    for group, title in (("by_level", "level"), ("by_kind", "kind")):
        for name, told in document[group].items():
            for number in ("precision", "recall"):
                rows.append(row(f"{title} {name}", number, told[number]))
    for name, told in document["look_alikes_by_kind"].items():
        rows.append(row(f"look-alike {name}", "share flagged", told["share"]))
        rows.append(row(f"look-alike {name}", "worst group's share", told["worst_share"]))
    return rows


def row(of: str, number: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """One number with its interval, as the table shows and the file keeps it."""
    ends = {name: told[name] for name in ("value", "low", "high", "least", "most")}
    return {"of": of, "number": number, **{k: rounded(v) for k, v in ends.items()}}


def rounded(value: float | None) -> float | None:
    """Four places: a file that is kept from commit to commit should not rustle."""
    return None if value is None else round(value, 4)


def at(document: Mapping[str, Any], keys: Sequence[str]) -> Any:  # noqa: ANN401
    """The value at some keys."""
    value: Any = document
    for key in keys:
        value = value[key]
    return value


def unmet(documents: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Where the goal for levels and look-alikes is not met, in words."""
    faults = []
    for family, document in documents.items():
        for level, bars in GOAL.items():
            if level in document["by_level"]:
                wanted = ",".join(f"{level}.{number}>={bar}" for number, bar in bars.items())
                faults += [(family, one.fault(document)) for one in requirements(wanted)]
        for kind, told in document["look_alikes_by_kind"].items():
            # Every group of every world: a mean would hide the worst.
            worst = Requirement(f"look_alikes_by_kind.{kind}.worst_share.most", "<=", MOST_ALIKE)
            if told["worst_share"]["most"] is not None:
                faults.append((family, worst.fault(document)))
    return [f"{family}: {fault}" for family, fault in faults if fault is not None]


def fallen(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Numbers that got worse by more than the interval that they had."""
    found = []
    for family, rows in now["table"].items():
        old = {(r["of"], r["number"]): r for r in before["table"].get(family, [])}
        for new in rows:
            was = old.get((new["of"], new["number"]))
            if was is None or was["value"] is None or new["value"] is None:
                continue
            worse_up = "share" in new["number"] or "controls" in new["number"]
            end = was["high" if worse_up else "low"]
            bar = was["value"] if end is None else end
            gap = new["value"] - bar if worse_up else bar - new["value"]
            if gap > ALIKE_ENOUGH:
                says = f"{family}: {new['number']} of {new['of']} went from {was['value']}"
                found.append(f"{says} to {new['value']}")
    return found


def calibration(document: Mapping[str, Any]) -> dict[str, Any]:
    """Expected against observed precision of clusters, as the file keeps it."""
    bins = [
        {name: told if name == "clusters" else rounded(told) for name, told in each.items()}
        for each in document["calibration"]
    ]
    return {"brier": rounded(document["brier"]), "bins": bins}


def commit() -> str:
    """The commit that is measured, marked where files differ from it."""
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return said.stdout.strip() or "unknown"


def main() -> int:
    """Measure, print, keep, compare."""
    parser = worlds_parser(__doc__, seeds="21 22 23 24 25")
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--out", type=Path, help="keep worlds and runs here")
    parser.add_argument("--no-peers", action="store_true", help="ask no other method")
    parser.add_argument("--no-keep", action="store_true", help="leave quality.json as it is")
    parser.add_argument("--check", action="store_true", help="fail on a drop since the last entry")
    told = parser.parse_args()
    seeds = seeds_in(told.seeds)
    chosen = families(told.interactions, told.days)
    began = time.monotonic()
    documents = {}
    with tempfile.TemporaryDirectory(prefix="ringwatch-quality-") as removed:
        folder = told.out or Path(removed)
        with shown_progress() as said:
            for name in told.families.split(","):
                said.step(name, f"{len(seeds)} worlds of {told.interactions:,} interactions")
                documents[name] = measured(
                    chosen[name], seeds, folder / name, told.threads, said, not told.no_peers
                )
    entry = {
        "commit": commit(),
        "date": datetime.now(tz=UTC).strftime("%Y-%m-%d"),
        "seeds": seeds,
        "interactions": told.interactions,
        "days": told.days,
        "seconds": round(time.monotonic() - began),
        "table": {name: rows_of(document) for name, document in documents.items()},
        "calibration": {name: calibration(document) for name, document in documents.items()},
        "peers": {
            name: {
                peer: {
                    key: rounded(value["value"]) if isinstance(value, Mapping) else value
                    for key, value in numbers.items()
                }
                for peer, numbers in document["peers"].items()
            }
            for name, document in documents.items()
        },
    }
    write_entry(entry)
    faults = unmet(documents)
    for fault in faults:
        write_line(f"short of the goal: {fault}")
    if not faults:
        write_line("every level and look-alike meets the goal", style="bold")
    kept = kept_in(QUALITY)
    same = [
        one for one in kept
        if all(one[key] == entry[key] for key in ("seeds", "interactions", "days"))
    ]  # fmt: skip
    drops = fallen(same[-1], entry) if told.check and same else []
    for drop in drops:
        write_line(f"fallen since {same[-1]['commit']}: {drop}", style="bold")
    if not told.no_keep:
        with whole(QUALITY) as (beside,):
            beside.write_text(json.dumps([*kept, entry], indent=1) + "\n", encoding="utf-8")
        write_report()
    return 1 if drops else 0


def write_entry(entry: Mapping[str, Any]) -> None:
    """The tables, for people."""
    headings = {
        "of": "of", "number": "number", "value": "mean", "low": "low", "high": "high",
        "least": "least", "most": "most",
    }  # fmt: skip
    beside = {
        "name": "method", "precision": "precision", "recall": "recall",
        "average_precision": "average precision", "recall_at_jaccard_0.5": "rings found",
        "look_alike_worst_share": "worst look-alike", "seconds": "seconds", "left_out": "left out",
    }  # fmt: skip
    for family, rows in entry["table"].items():
        write_table(f"{family} worlds, seeds {entry['seeds']}", headings, rows)
        peers = [{"name": name, **row} for name, row in entry["peers"][family].items()]
        if peers:
            write_table(f"Other methods, first {family} world", beside, peers)
    write_line(f"commit {entry['commit']}, {entry['seconds']:,} s")


if __name__ == "__main__":
    sys.exit(main())
