"""Write the measured parts of docs/evaluation.md and of other pages, and the plots.

    python benchmarks/report.py            # write them
    python benchmarks/report.py --check    # fail where they are not what the numbers give

Nothing is measured here: the benchmarks measure (quality.py, ablation.py, null_worlds.py,
real_logs.py), keep numbers in JSON beside them, and write the report. What stands in the pages
outside the marks stays.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.falls_short import asked_by, falls_short  # noqa: E402
from benchmarks.kept import kept_in  # noqa: E402
from benchmarks.markdown import head, line, number, put_between  # noqa: E402
from benchmarks.newest import newest  # noqa: E402
from benchmarks.null_report import null_part  # noqa: E402
from benchmarks.quality_plots import (  # noqa: E402
    calibration,
    columns,
    history,
    levels,
    look_alikes,
)
from benchmarks.real_report import real_part  # noqa: E402
from benchmarks.rows import row_of  # noqa: E402
from benchmarks.several_report import several_part  # noqa: E402
from benchmarks.worth import BARE_NAMES, worth  # noqa: E402

QUALITY = ROOT / "benchmarks" / "quality.json"
ABLATION = ROOT / "benchmarks" / "ablation.json"
NULL = ROOT / "benchmarks" / "null.json"
REAL = ROOT / "benchmarks" / "real_logs.json"
PAGE = ROOT / "docs" / "evaluation.md"
REAL_PAGE = ROOT / "docs" / "real-logs.md"
SEVERAL_PAGE = ROOT / "docs" / "detectors" / "several-layers.md"
PLOTS = ROOT / "docs" / "evaluation"
BEGIN = "<!-- measured: written by benchmarks/report.py -->"
END = "<!-- end of what is measured -->"
Entries = Sequence[Mapping[str, Any]]
_NOT_MEASURED = (
    "### What each part is worth",
    "",
    "Nothing is kept of it yet: `make ablation` measures it.",
    "",
    "### As columns go missing",
    "",
    "Nothing is kept of it yet: `make ablation` measures it too.",
    "",
)
PEERS = {
    "precision": "precision",
    "recall": "recall",
    "average_precision": "average precision",
    "recall_at_jaccard_0.5": "rings found",
    "look_alike_worst_share": "worst look-alike",
    "seconds": "seconds",
}


def report(page: str, quality: Entries, ablation: Entries, null: Entries = ()) -> dict[str, str]:
    """The page with its measured part anew, and the plots, by name (`evaluation.md`, `*.svg`).

    Raises:
        ValueError: the page has not both marks, in their order.
    """
    last = _newest_whole(quality)
    plots = {f"history-{family}.svg": history(quality, family) for family in last["table"]}
    plots |= {"levels.svg": levels(last), "look-alikes.svg": look_alikes(last)}
    if "calibration" in last:
        plots["calibration.svg"] = calibration(last)
    if ablation:
        plots["columns.svg"] = columns(ablation[-1], BARE_NAMES)
    lines = [
        *newest(last),
        *_over_commits(quality),
        *_peers(quality),
        *null_part(null),
        *(worth(ablation[-1]) if ablation else _NOT_MEASURED),
        *falls_short(last, quality, ablation),
    ]
    return {PAGE.name: put_between(page, BEGIN, END, lines), **plots}


def write_report(*, check: bool = False) -> list[str]:
    """Write what is to be written; the names of files that were not what they are now.

    Args:
        check: whether to write nothing.
    """
    pages = {path.name: path for path in (PAGE, REAL_PAGE, SEVERAL_PAGE)}
    page, real_page, several = (path.read_text(encoding="utf-8") for path in pages.values())
    quality = kept_in(QUALITY)
    told = several_part(_newest_whole(quality))
    made = {
        **report(page, quality, kept_in(ABLATION), kept_in(NULL)),
        REAL_PAGE.name: put_between(real_page, BEGIN, END, real_part(kept_in(REAL))),
        SEVERAL_PAGE.name: put_between(several, BEGIN, END, told),
    }
    paths = {name: pages.get(name, PLOTS / name) for name in made}
    other = [
        name
        for name, path in paths.items()
        if not path.exists() or path.read_text(encoding="utf-8") != made[name]
    ]
    gone = sorted(path for path in PLOTS.glob("*.svg") if path.name not in made)
    if not check:
        PLOTS.mkdir(parents=True, exist_ok=True)
        for name in other:
            paths[name].write_text(made[name], encoding="utf-8")
        for path in gone:
            path.unlink()
    return other + [path.name for path in gone]


def _newest_whole(entries: Entries) -> Mapping[str, Any]:
    """The newest entry of those with the most families: a look at one family is no report."""
    most = max(len(entry["table"]) for entry in entries)
    return [entry for entry in entries if len(entry["table"]) == most][-1]


def _over_commits(entries: Entries) -> Iterator[str]:
    yield "### From commit to commit"
    yield ""
    yield (
        "Everything that `benchmarks/quality.json` keeps. Entries differ in seeds, so small steps"
        " are chance; `make quality` with seeds of an earlier entry compares like with like."
        " *Busy* is the processor time, *load* the machine's in the last minute before and after."
    )
    yield ""
    names = list(_newest_whole(entries)["table"])
    told = [f"{name}: precision, recall, worst look-alike" for name in names]
    fixed = ["commit", "date", "seeds", "interactions", "seconds", "busy, s", "load"]
    yield from head([*fixed, *told])
    for entry in entries:
        cells = []
        for name in names:
            rows = [
                row_of(entry, name, "whole", n)
                for n in ("precision", "recall", "worst look-alike share")
            ]
            cells.append(", ".join(number(row.get("value")) for row in rows) if any(rows) else "-")
        seeds = " ".join(str(seed) for seed in entry["seeds"])
        load = ", ".join(number(entry.get(key)) for key in ("load_before", "load_after"))
        yield line(
            [
                f"`{entry['commit']}`", entry["date"], seeds, f"{entry['interactions']:,}",
                f"{entry['seconds']:,}", number(entry.get("processor_seconds")),
                load if "load_before" in entry else "-", *cells,
            ]
        )  # fmt: skip
    for name in names:
        yield ""
        yield f"![Levels over commits, {name} worlds](evaluation/history-{name}.svg)"
    yield ""


def _peers(entries: Entries) -> Iterator[str]:
    asked = asked_by(entries)
    if not asked:
        return
    yield "### Other methods beside it"
    for family, entry in asked.items():
        peers = entry["peers"][family]
        yield ""
        yield (
            f"On one world of {entry['interactions']:,} interactions, seed {entry['seeds'][0]},"
            f" commit `{entry['commit']}`:"
        )
        yield ""
        yield from head([f"{family} worlds", *PEERS.values()])
        for name, row in peers.items():
            if isinstance(row.get("left_out"), str):
                yield line([f"`{name}`", f"left out: {row['left_out']}", *[""] * 5])
            else:
                cells = (number(row.get(key), places=1 if key == "seconds" else 3) for key in PEERS)
                yield line([f"`{name}`", *cells])
    yield ""


def main() -> int:
    """Write the report, or say where it is not what the numbers give."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a difference")
    told = parser.parse_args()
    for name in (other := write_report(check=told.check)):
        sys.stdout.write(f"{name} {'is not what the numbers give' if told.check else 'written'}\n")
    return 1 if told.check and other else 0


if __name__ == "__main__":
    sys.exit(main())
