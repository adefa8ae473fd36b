"""Rings planted into real logs, and what is flagged in those logs as they are.

    python benchmarks/real_logs.py --seeds "1 2"
    python benchmarks/real_logs.py --seeds "1 2" --logs amazon_arts_reviews --out out/real

Each log is read as its job file in `examples/` reads it. First it is detected as it is, and every
flagged cluster is printed as `ringwatch show` prints it. Then, for each seed, rings are planted
(`ringwatch simulate --into`) and the planted log is evaluated with the settings that nobody tuned.
The numbers go to the end of `benchmarks/real_logs.json`, and from there into `docs/real-logs.md`
(`benchmarks/report.py`), each log by the newest entry that looked at it.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import pyarrow.parquet as pq  # noqa: E402

from benchmarks.asked import seeds_in  # noqa: E402
from benchmarks.kept import Clock, commit, keep, kept_in, today, took  # noqa: E402
from benchmarks.report import REAL, write_report  # noqa: E402
from benchmarks.rows import rounded  # noqa: E402
from builders.simulation.into_log import IntoSpec  # noqa: E402
from console.commands.show import show  # noqa: E402
from console.output import write_line, write_table  # noqa: E402
from console.progress import shown_progress  # noqa: E402
from graph.errors import ConfigError  # noqa: E402
from jobs.config import DetectJob, job_from  # noqa: E402
from jobs.detect import detect  # noqa: E402
from jobs.evaluation.evaluate import Asked, evaluate  # noqa: E402
from jobs.evaluation.labels import read_labels  # noqa: E402
from jobs.plant import plant  # noqa: E402
from jobs.progress import Progress  # noqa: E402

LOGS = ("russian_coord_tweets", "german_elections", "amazon_arts_reviews", "pokec_follows")
DATA = ROOT.parent / "shared"
_LARGEST: dict[str, tuple[int | None, ...]] = {
    **dict.fromkeys(LOGS, (None, 50)),
    "pokec_follows": (None,),
}
"""Bounds on the size of a ring: the simulator's L0 has 133 to 300 accounts, which is most of what
goes on in a small log while it acts. Follow rings have 40 at most."""
_SHOWN = 12
"""Flagged clusters printed of a log, the most suspect first."""


def given_of(log: str, data: Path) -> dict[str, Any]:
    """The job file of a log, led to where the data lies."""
    text = (ROOT / "examples" / f"{log}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text.replace("../../shared", str(data.resolve())))


def planted_job(given: Mapping[str, Any], table: Path, columns: Sequence[str]) -> DetectJob:
    """The job that reads a planted log: no setting but what says how to read it."""
    mapping = {name if name != "time" else "acted_at": name for name in columns}
    section = {
        "name": "planted",
        "path": str(table),
        "format": "parquet",
        "time_unit": "ms",
        "map": mapping,
    }
    rules = {name: rule for name, rule in given["extract"].items() if name != "tables"}
    return job_from({"extract": {**rules, "tables": [section]}}, base=Path())


def as_it_is(log: str, given: Mapping[str, Any], folder: Path, said: Progress) -> dict[str, Any]:
    """Detect in a log without planting, and print what is flagged."""
    began = time.monotonic()
    done = detect(job_from(given, base=ROOT / "examples"), folder, progress=said)
    summary = done.run.manifest.summary
    write_line("")
    write_line(f"{log} as it is", style="bold")
    for name, facts in summary["layers"].items():
        write_line(f"{name}: {facts['edges_kept']:,} edges kept {facts.get('note', '')}".rstrip())
    for name, needs in summary["left_out"].items():
        write_line(f"{name} was left out: it needs {needs}")
    flagged = int(summary["flagged"])
    for place in range(1, min(flagged, _SHOWN) + 1):
        write_line("")
        show(f"#{place}", out=folder, limit=6)
    clusters = pq.read_table(done.run.table_path("clusters")).to_pylist()
    return {
        "log": log,
        "interactions": summary["interactions"],
        "accounts": summary["accounts"],
        "clusters": summary["clusters"],
        "flagged": flagged,
        "flagged_accounts": sum(row["accounts"] for row in clusters if row["flagged"]),
        "seconds": round(time.monotonic() - began, 1),
    }


def with_rings(
    log: str, given: Mapping[str, Any], spec: IntoSpec, folder: Path, said: Progress
) -> list[dict[str, Any]]:
    """Plant rings into a log and evaluate: a row a level, and one for the whole."""
    began = time.monotonic()
    job = job_from(given, base=ROOT / "examples")
    made = plant(job, spec, folder / "planted", progress=said)
    labels = read_labels(made.written.labels)
    asked = Asked(path=f"{log}, seed {spec.seed}")
    found = evaluate(
        planted_job(given, made.written.interactions, made.columns),
        labels, folder / "runs", asked, progress=said,
    )  # fmt: skip
    rows = [
        {
            "level": name,
            "precision": rounded(told["precision"]),
            "recall": rounded(told["recall"]),
            "found": told["found"],
            "rings": told["rings"],
        }
        for name, told in found["by_level"].items()
    ]
    whole = {
        "level": "whole",
        "precision": rounded(found["account"]["precision"]["value"]),
        "recall": rounded(found["account"]["recall"]["value"]),
        "found": sum(row["found"] for row in rows),
        "rings": sum(row["rings"] for row in rows),
        "controls": found["controls_flagged"],
        "clusters": found["clusters"]["without_ring"],
        "seconds": round(time.monotonic() - began, 1),
    }
    of = {"log": log, "largest": spec.most_accounts or "any", "seed": spec.seed}
    return [{**of, **row} for row in [*rows, whole]]


def main() -> int:
    """Detect, plant, evaluate, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", default="1 2", help="seeds, a space or comma between")
    parser.add_argument("--logs", default=",".join(LOGS), help="comma separated")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder that holds data/real")
    parser.add_argument("--out", type=Path, help="keep planted logs and runs here")
    parser.add_argument("--no-keep", action="store_true", help="leave real_logs.json as it is")
    told = parser.parse_args()
    if not (told.data / "data" / "real").is_dir():
        message = f"no logs in `{told.data}/data/real`; name their folder with `--data`"
        raise ConfigError(message)
    seeds = seeds_in(told.seeds)
    clock, of = Clock(), commit()
    plain, planted = [], []
    with tempfile.TemporaryDirectory(prefix="ringwatch-real-logs-") as removed:
        folder = told.out or Path(removed)
        with shown_progress() as said:
            for log in told.logs.split(","):
                given = given_of(log, told.data)
                plain.append(as_it_is(log, given, folder / log / "as-it-is", said))
                for largest, seed in itertools.product(_LARGEST[log], seeds):
                    place = folder / log / f"seed-{seed}-{largest or 'any'}"
                    spec = IntoSpec(seed=seed, most_accounts=largest)
                    planted += with_rings(log, given, spec, place, said)
    entry = {
        "commit": of,
        "date": today(),
        "seeds": seeds,
        **clock.told(),
        "as_it_is": plain,
        "planted": planted,
    }
    write_table("Logs as they are", {name: name for name in plain[0]}, plain)
    headings = {
        "log": "log", "largest": "largest ring", "seed": "seed", "level": "level",
        "precision": "precision", "recall": "recall", "found": "rings found", "rings": "of",
        "controls": "others flagged", "clusters": "clusters without a ring", "seconds": "seconds",
    }  # fmt: skip
    rows = [{**dict.fromkeys(headings), **row} for row in planted]
    write_table(f"With planted rings, seeds {seeds}", headings, rows)
    write_line(f"commit {entry['commit']}, {took(entry)}")
    if not told.no_keep:
        keep(REAL, [*kept_in(REAL), entry])
        write_report()
    return 0


if __name__ == "__main__":
    sys.exit(main())
