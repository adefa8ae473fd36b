"""What each signal, defence and column is worth on simulated worlds, and the time it takes.

    python benchmarks/ablation.py --seeds "27"
    python benchmarks/ablation.py --seeds "27 28" --families own,flat

`ringwatch evaluate --ablation --without ...` over the worlds of benchmarks/quality.py, save the
marketplaces and forums: each detector and window is left out in turn, each defence, each term of
the scorecard, and columns of the extract. A layer is drawn once a world and used again. The numbers
go to the end of benchmarks/ablation.json, and from there into docs/evaluation.md
(benchmarks/report.py). Seeds are best those of no other report.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.asked import seeds_in, worlds_parser  # noqa: E402
from benchmarks.kept import commit, kept_in  # noqa: E402
from benchmarks.quality import families  # noqa: E402
from benchmarks.report import ABLATION, write_report  # noqa: E402
from benchmarks.worth import BARE  # noqa: E402
from console.output import write_line, write_table  # noqa: E402
from console.progress import shown_progress  # noqa: E402
from jobs.evaluation.evaluate import Asked, parsed_columns  # noqa: E402
from jobs.evaluation.worlds import Spec, evaluate_worlds  # noqa: E402
from jobs.progress import Progress  # noqa: E402
from jobs.quick import Changes  # noqa: E402
from review.whole import whole  # noqa: E402

# Without the columns of `BARE` a platform is what a third party sends.
PLATFORM = ("text", "owner", "device,ip", "created_at", "name", BARE, f"{BARE},action")
WITHOUT = {
    "own": PLATFORM,
    "held-out": PLATFORM,
    "flat": ("text", "action", "text,action"),
    "outside": ("text", "action", "address", "text,action"),
    "fortnight": ("text", "action", "text,action"),
}
PARTS = {"signals": "without", "defences": "defences", "terms": "terms"}
"""Parts as they are kept, and as an evaluation's `ablation` calls them."""
NUMBERS = ("precision", "recall", "average_precision", "look_alike_worst_share", "controls_flagged")


def measured(
    spec: Spec, seeds: Sequence[int], columns: Sequence[str], folder: Path, said: Progress
) -> dict[str, Any]:
    """One family's numbers: the whole, and without each part, as means over the worlds."""
    asked = Asked(path="simulated", without=parsed_columns(columns), ablation=True)
    document = evaluate_worlds(spec, seeds, folder, Changes(), asked, progress=said)
    worlds = document["worlds"]
    full = [brief_of(world) for world in worlds]
    seconds = document["ablation"]["seconds"]
    return {
        "whole": {
            **_means(full),
            "seconds": _mean([world["seconds"]["detect"] for world in worlds], 1),
            # Detectors that lack something in these worlds, such as seeds, are no loss.
            "left_out": sorted(worlds[0]["source"]["left_out"]),
        },
        **{
            part: {
                name: beside(full, [world["ablation"][key][name] for world in worlds])
                for name in worlds[0]["ablation"][key]
            }
            for part, key in PARTS.items()
        },
        "columns": {
            name: beside(full, [world["without"][name] for world in worlds]) for name in columns
        },
        "seconds": {name: round(told["value"], 1) for name, told in seconds.items()},
    }


def brief_of(world: Mapping[str, Any]) -> dict[str, Any]:
    """A world's document with the keys by which poorer ones are told."""
    account = {name: told["value"] for name, told in world["account"].items() if _is_value(told)}
    return {
        **account,
        **{name: world[name] for name in ("look_alike_worst_share", "controls_flagged")},
        "by_kind": {name: told["recall"] for name, told in world["by_kind"].items()},
    }


def _is_value(told: object) -> bool:
    return isinstance(told, Mapping) and "value" in told


def beside(
    full: Sequence[Mapping[str, Any]], poorer: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Numbers without a part, and the kind of ring that loses most recall by it."""
    kinds = sorted({kind for world in full for kind in world["by_kind"]})
    lost = {
        kind: _mean(
            [
                whole["by_kind"][kind] - less["by_kind"][kind]
                for whole, less in zip(full, poorer, strict=True)
                if kind in whole["by_kind"]
            ],
            4,
        )
        for kind in kinds
    }
    most = max(kinds, key=lambda kind: (lost[kind] or 0.0, kind), default=None)
    told = _means(poorer)
    if most is not None and (lost[most] or 0.0) > 0:
        told["loses_most"] = {"kind": most, "recall": lost[most]}
    return told


def _means(worlds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {name: _mean([world[name] for world in worlds], 4) for name in NUMBERS}


def _mean(values: Sequence[float | None], places: int) -> float | None:
    known = [value for value in values if value is not None]
    return round(sum(known) / len(known), places) if known else None


def main() -> int:
    """Measure, print, keep, and write the report."""
    parser = worlds_parser(__doc__, seeds="27")
    # Marketplaces are left out: whoever knew what a part is worth there could tune on it.
    parser.set_defaults(families=",".join(WITHOUT))
    parser.add_argument(
        "--out", type=Path, help="keep worlds and runs here, to go on after a break"
    )
    parser.add_argument("--no-keep", action="store_true", help="leave ablation.json as it is")
    told = parser.parse_args()
    seeds = seeds_in(told.seeds)
    chosen = families(told.interactions, told.days)
    went_on = told.out is not None and any(told.out.glob("*/seed-*"))
    began = time.monotonic()
    found = {}
    with (
        tempfile.TemporaryDirectory(prefix="ringwatch-ablation-") as removed,
        shown_progress() as said,
    ):
        for name in told.families.split(","):
            said.step(name, f"{len(seeds)} worlds of {told.interactions:,} interactions")
            place = (told.out or Path(removed)) / name
            found[name] = measured(chosen[name], seeds, WITHOUT[name], place, said)
    entry = {
        "commit": commit(),
        "date": datetime.now(tz=UTC).strftime("%Y-%m-%d"),
        "seeds": seeds,
        "interactions": told.interactions,
        "days": told.days,
        "seconds": round(time.monotonic() - began),
        "processors": os.cpu_count(),
        "load": round(os.getloadavg()[2], 1),
        "went_on": went_on,
        "families": found,
    }
    write_entry(entry)
    if not told.no_keep:
        with whole(ABLATION) as (beside,):
            beside.write_text(as_text([*kept_in(ABLATION), entry]), encoding="utf-8")
        write_report()
    return 0


def as_text(entries: Sequence[Mapping[str, Any]]) -> str:
    """The entries as JSON, a part a line: a change of one number is a change of one line."""
    lines = []
    for entry in entries:
        head = {key: value for key, value in entry.items() if key != "families"}
        inner = json.dumps(head)[1:-1]
        by_family = ",\n".join(
            f"  {json.dumps(name)}: {_family_text(family)}"
            for name, family in entry["families"].items()
        )
        lines.append(f' {{{inner}, "families": {{\n{by_family}}}}}')
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _family_text(family: Mapping[str, Any]) -> str:
    parts = []
    for part, rows in family.items():
        if part in ("whole", "seconds"):
            parts.append(f"   {json.dumps(part)}: {json.dumps(rows)}")
            continue
        told = ",\n".join(f"    {json.dumps(n)}: {json.dumps(row)}" for n, row in rows.items())
        parts.append(f"   {json.dumps(part)}: {{\n{told}}}")
    return "{\n" + ",\n".join(parts) + "}"


def write_entry(entry: Mapping[str, Any]) -> None:
    """The tables, for people."""
    headings = {
        "name": "without", "precision": "precision", "recall": "recall",
        "average_precision": "average precision", "look_alike_worst_share": "worst look-alike",
        "controls_flagged": "controls", "loses": "loses most", "seconds": "takes, s",
    }  # fmt: skip
    for family, told in entry["families"].items():
        for part in ("signals", "defences", "terms", "columns"):
            rows = [{"name": "(nothing)", **told["whole"]}]
            skipped = told["whole"]["left_out"] if part == "signals" else ()
            for name, row in told[part].items():
                if name in skipped:
                    continue
                most = row.get("loses_most")
                loses = f"{most['kind']} {-most['recall']:+.3f}" if most else ""
                seconds = told["seconds"].get(name) if part != "terms" else None
                rows.append({"name": name, **row, "loses": loses, "seconds": seconds})
            write_table(f"{family} worlds, seeds {entry['seeds']}: {part}", headings, rows)
    write_line(f"commit {entry['commit']}, {entry['seconds']:,} s")


if __name__ == "__main__":
    sys.exit(main())
