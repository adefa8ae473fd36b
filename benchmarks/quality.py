"""How good the rings and look-alikes of simulated worlds are judged, from commit to commit.

    python benchmarks/quality.py --seeds "21 22 23 24 25"
    python benchmarks/quality.py --seeds "21 22 23" --check     # fail on a drop

Seven families of worlds a seed: the platform with the rings that settings were tried on, the
platform with held-out rings, a flat table of held-out rings with the columns that a third party
sends, an outside table, written by somebody who knew neither simulator nor detectors, a fortnight,
drawn from published figures of platforms and campaigns, a marketplace, of which the same holds (it
lasts twice as many days as the others, as its slow rings need), and a forum, whose rings follow a
table of the literature. From forums the scorecard never learns: it is fitted on the others
(benchmarks/scorecard.py). One step, `wider`, came from what was missed in their first worlds; the
measurement before it (seeds 171 to 175) is the one of a family that nobody had looked at.
Other methods are set beside it in the first world of each family. As many families are measured at
a time as the machine has processors, each with one thread: the seconds told are of one thread. The
table goes to stdout and, with commit and seeds, to the end of `benchmarks/quality.json`, and from
there into `docs/evaluation.md` with its plots (`benchmarks/report.py`).

At the end it says which goals are not met, by family and level or look-alike, and exits with 4 if
there is one: the numbers are kept and the report is written all the same. `--check` compares with
the last entry of the same seeds and size, and exits with 1 where a number fell below its interval.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.asked import seeds_in, worlds_parser  # noqa: E402
from benchmarks.goal import short_of_goal  # noqa: E402
from benchmarks.kept import Clock, commit, keep, kept_in, today, took  # noqa: E402
from benchmarks.report import QUALITY, write_report  # noqa: E402
from benchmarks.rows import WORSE_UP, rounded, rows_of  # noqa: E402
from builders.simulation.flat import FlatSpec  # noqa: E402
from builders.simulation.fortnight.spec import FortnightSpec  # noqa: E402
from builders.simulation.forum.spec import ForumSpec  # noqa: E402
from builders.simulation.marketplace.spec import MarketplaceSpec  # noqa: E402
from builders.simulation.outside.spec import OutsideSpec  # noqa: E402
from builders.simulation.spec import SimulationSpec  # noqa: E402
from console.output import write_line, write_table  # noqa: E402
from console.progress import shown_progress  # noqa: E402
from jobs.evaluation.evaluate import Asked, all_peers  # noqa: E402
from jobs.evaluation.worlds import Spec, evaluate_worlds  # noqa: E402
from jobs.quick import Changes  # noqa: E402

ALIKE_ENOUGH = 0.005
"""A drop of less than this is none: seeds with equal answers have intervals of no width."""

SHORT = 4
"""The exit code where a goal is not met, as of `ringwatch evaluate --require`."""
FALLEN = 1


def families(interactions: int, days: int) -> dict[str, Spec]:
    """The worlds of each family, their seeds apart."""
    return {
        "own": SimulationSpec(interactions=interactions, days=days),
        "held-out": SimulationSpec(interactions=interactions, days=days, families="held-out"),
        "flat": FlatSpec(interactions=interactions, days=days),
        "outside": OutsideSpec(interactions=interactions, days=days),
        "fortnight": FortnightSpec(interactions=interactions, days=days),
        "marketplace": MarketplaceSpec(interactions=interactions, days=2 * days),
        "forum": ForumSpec(interactions=interactions, days=days),
    }


def all_measured(
    asked: Sequence[tuple[str, Spec, Path]],
    seeds: Sequence[int],
    *,
    at_once: int,
    threads: int,
    peers: bool,
) -> dict[str, dict[str, Any]]:
    """The documents of families, by name in the order asked; so many are measured at a time.

    A family has a process of its own, and says on the terminal when it is done.
    """
    documents = {}
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(at_once, mp_context=fresh) as pool, shown_progress() as said:
        said.step("quality", f"{len(asked)} families of {len(seeds)} worlds, {at_once} at a time")
        begun = {
            pool.submit(measured, spec, seeds, folder, threads, peers): name
            for name, spec, folder in asked
        }
        for done in as_completed(begun):
            documents[begun[done]] = done.result()
            said.step(begun[done], f"done, {len(documents)} of {len(begun)}")
    return {name: documents[name] for name, _, _ in asked}


def measured(
    spec: Spec, seeds: Sequence[int], folder: Path, threads: int, peers: bool
) -> dict[str, Any]:
    """One family's document over the seeds, other methods beside it in the first world."""
    asked, changes = Asked(path="simulated"), Changes(threads=threads)
    document = evaluate_worlds(spec, seeds, folder, changes, asked)
    if peers:
        beside = Asked(path="simulated", peers=all_peers())
        # The run stands: only the other methods are asked.
        first = evaluate_worlds(spec, seeds[:1], folder, changes, beside)
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


def fallen(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Numbers that got worse by more than the interval that they had."""
    found = []
    for family, rows in now["table"].items():
        old = {(r["of"], r["number"]): r for r in before["table"].get(family, [])}
        for new in rows:
            was = old.get((new["of"], new["number"]))
            if was is None or was["value"] is None or new["value"] is None:
                continue
            worse_up = new["number"] in WORSE_UP
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


def main() -> int:
    """Measure, print, keep, compare."""
    parser = worlds_parser(__doc__, seeds="21 22 23 24 25")
    parser.add_argument("--at-once", type=int, default=os.cpu_count(), help="families at a time")
    parser.add_argument("--threads", type=int, default=1, help="threads of each")
    parser.add_argument("--out", type=Path, help="keep worlds and runs here")
    parser.add_argument("--no-peers", action="store_true", help="ask no other method")
    parser.add_argument("--no-keep", action="store_true", help="leave quality.json as it is")
    parser.add_argument("--check", action="store_true", help="fail on a drop since the last entry")
    told = parser.parse_args()
    seeds = seeds_in(told.seeds)
    chosen = families(told.interactions, told.days)
    # Told before the work: whoever commits meanwhile changes nothing of what is measured.
    clock, of = Clock(), commit()
    with tempfile.TemporaryDirectory(prefix="ringwatch-quality-") as removed:
        folder = told.out or Path(removed)
        asked = [(name, chosen[name], folder / name) for name in told.families.split(",")]
        documents = all_measured(
            asked, seeds, at_once=told.at_once, threads=told.threads, peers=not told.no_peers
        )
    entry = {
        "commit": of,
        "date": today(),
        "seeds": seeds,
        "interactions": told.interactions,
        "days": told.days,
        **clock.told(),
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
    kept = kept_in(QUALITY)
    same = [
        one for one in kept
        if all(one[key] == entry[key] for key in ("seeds", "interactions", "days"))
    ]  # fmt: skip
    drops = fallen(same[-1], entry) if told.check and same else []
    for drop in drops:
        write_line(f"fallen since {same[-1]['commit']}: {drop}", style="bold")
    if not told.no_keep:
        keep(QUALITY, [*kept, entry])
        write_report()
    short = write_goal(entry)
    if drops:
        return FALLEN
    return SHORT if short else 0


def write_goal(entry: Mapping[str, Any]) -> bool:
    """Say, last of all, which goals are not met; whether there is one."""
    short = list(short_of_goal(entry))
    for fault in short:
        write_line(f"short of the goal: {fault}", style="bold")
    if not short:
        write_line("every level and look-alike meets the goal", style="bold")
    return bool(short)


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
    write_line(f"commit {entry['commit']}, {took(entry)}")


if __name__ == "__main__":
    sys.exit(main())
