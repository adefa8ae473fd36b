"""Write the measured part of docs/evaluation.md and its plots from the numbers that are kept.

    python benchmarks/report.py            # write them
    python benchmarks/report.py --check    # fail where they are not what the numbers give

Nothing is measured here: benchmarks/quality.py and benchmarks/ablation.py measure, keep numbers in
JSON beside them, and write the report. What stands in the page outside the two marks stays.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.asked import kept_in  # noqa: E402
from benchmarks.quality_plots import (  # noqa: E402
    GOAL,
    calibration,
    columns,
    history,
    levels,
    look_alikes,
)
from benchmarks.worth import BARE_NAMES, worth  # noqa: E402

QUALITY = ROOT / "benchmarks" / "quality.json"
ABLATION = ROOT / "benchmarks" / "ablation.json"
PAGE = ROOT / "docs" / "evaluation.md"
PLOTS = ROOT / "docs" / "evaluation"
BEGIN = "<!-- measured: written by benchmarks/report.py -->"
END = "<!-- end of what is measured -->"
_NOT_MEASURED = (
    "### What each part is worth",
    "",
    "Nothing is kept of it yet: `make ablation` measures it.",
    "",
    "### As columns go missing",
    "",
    "Nothing is kept of it yet: `make ablation` measures it too.",
)
PEERS = {
    "precision": "precision",
    "recall": "recall",
    "average_precision": "average precision",
    "recall_at_jaccard_0.5": "rings found",
    "look_alike_worst_share": "worst look-alike",
    "seconds": "seconds",
}


def report(
    page: str, quality: Sequence[Mapping[str, Any]], ablation: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    """The page with its measured part anew, and the plots, by name (`evaluation.md`, `*.svg`).

    Raises:
        ValueError: the page has not both marks, in their order.
    """
    before, begins, rest = page.partition(BEGIN)
    _, ends, after = rest.partition(END)
    if not begins or not ends:
        message = f"the page has no `{BEGIN}` followed by `{END}`; put them where the report goes"
        raise ValueError(message)
    newest = _newest_whole(quality)
    plots = {f"history-{family}.svg": history(quality, family) for family in newest["table"]}
    plots |= {"levels.svg": levels(newest), "look-alikes.svg": look_alikes(newest)}
    if "calibration" in newest:
        plots["calibration.svg"] = calibration(newest)
    lines = [*_newest(newest), *_over_commits(quality), *_peers(quality)]
    if ablation:
        plots["columns.svg"] = columns(ablation[-1], BARE_NAMES)
        lines += worth(ablation[-1])
    else:
        lines += _NOT_MEASURED
    told = "\n".join(lines).strip("\n")
    return {"evaluation.md": f"{before}{BEGIN}\n\n{told}\n\n{END}{after}", **plots}


def write_report(*, check: bool = False) -> list[str]:
    """Write what `report` gives; the names of files that were not what they are now.

    Args:
        check: whether to write nothing.
    """
    quality, ablation = kept_in(QUALITY), kept_in(ABLATION)
    made = report(PAGE.read_text(encoding="utf-8"), quality, ablation)
    paths = {name: PAGE if name == PAGE.name else PLOTS / name for name in made}
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


def _newest_whole(entries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The newest entry of those with the most families: a look at one family is no report."""
    most = max(len(entry["table"]) for entry in entries)
    return [entry for entry in entries if len(entry["table"]) == most][-1]


def _newest(entry: Mapping[str, Any]) -> Iterator[str]:
    yield "## What was measured last"
    yield ""
    yield _how(entry, "make quality")
    yield ""
    names = list(entry["table"])
    yield from _table(["", *(f"{name} worlds" for name in names)])
    whole = [row["number"] for row in entry["table"][names[0]] if row["of"] == "whole"]
    for number in whole:
        yield _line([number, *(_spread(_row(entry, name, "whole", number)) for name in names)])
    yield ""
    yield "![Precision and recall by level](evaluation/levels.svg)"
    yield ""
    yield from _table(["", *(f"{name}: precision, recall" for name in names)])
    for level in sorted({lv for name in names for lv in _levels(entry, name)}):
        cells = []
        for name in names:
            told = [_row(entry, name, f"level {level}", n) for n in ("precision", "recall")]
            cells.append(", ".join(_value(row["value"]) for row in told) if told[1] else "")
        yield _line([level, *cells])
    yield ""
    short = list(_short_of_goal(entry))
    yield f"Short of the goal: {'; '.join(short)}." if short else "Every level meets the goal."
    yield ""
    yield "![Look-alikes flagged by kind](evaluation/look-alikes.svg)"
    if "calibration" in entry:
        yield ""
        yield "![Expected against observed precision](evaluation/calibration.svg)"
        yield ""
        scores = ", ".join(f"{n} {_value(c['brier'])}" for n, c in entry["calibration"].items())
        yield (
            "Clusters by expected precision in tenths, listed ones too, all worlds together; bars"
            " are Wilson's interval, as if clusters were drawn one by one. Brier's score:"
            f" {scores}."
        )
    yield ""


def _short_of_goal(entry: Mapping[str, Any]) -> Iterator[str]:
    for family in entry["table"]:
        for level, bars in GOAL.items():
            for number, bar in bars.items():
                value = _row(entry, family, f"level {level}", number).get("value")
                if value is not None and value < bar:
                    yield f"{family} {level} {number} {_value(value)} (goal {bar:g})"


def _over_commits(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "### From commit to commit"
    yield ""
    yield (
        "Everything that `benchmarks/quality.json` keeps. Entries differ in seeds, so small steps"
        " are chance; `make quality` with seeds of an earlier entry compares like with like."
    )
    yield ""
    names = list(_newest_whole(entries)["table"])
    told = [f"{name}: precision, recall, worst look-alike" for name in names]
    yield from _table(["commit", "date", "seeds", "interactions", "seconds", *told])
    for entry in entries:
        cells = []
        for name in names:
            rows = [
                _row(entry, name, "whole", n)
                for n in ("precision", "recall", "worst look-alike share")
            ]
            cells.append(", ".join(_value(row.get("value")) for row in rows))
        seeds = " ".join(str(seed) for seed in entry["seeds"])
        yield _line(
            [
                f"`{entry['commit']}`", entry["date"], seeds, f"{entry['interactions']:,}",
                f"{entry['seconds']:,}", *cells,
            ]
        )  # fmt: skip
    for name in names:
        yield ""
        yield f"![Levels over commits, {name} worlds](evaluation/history-{name}.svg)"
    yield ""


def _peers(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    # Each family by the newest entry that asked other methods there.
    asked = {name: entry for entry in entries for name, told in entry["peers"].items() if told}
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
        yield from _table([f"{family} worlds", *PEERS.values()])
        for name, row in peers.items():
            if isinstance(row.get("left_out"), str):
                yield _line([f"`{name}`", f"left out: {row['left_out']}", *[""] * 5])
            else:
                cells = (_value(row.get(key), places=1 if key == "seconds" else 3) for key in PEERS)
                yield _line([f"`{name}`", *cells])
    yield ""


def _how(entry: Mapping[str, Any], command: str) -> str:
    seeds = " ".join(str(seed) for seed in entry["seeds"])
    worlds = f"{len(entry['seeds'])} worlds" if len(entry["seeds"]) > 1 else "one world"
    return (
        f'`{command} SEEDS="{seeds}"` at commit `{entry["commit"]}` on {entry["date"]},'
        f" {entry['seconds']:,} s: {worlds} of {entry['interactions']:,} interactions in"
        f" {entry['days']} days for each family. A value is the mean over the worlds, in brackets"
        " the 95 % t-interval, cut to what is possible."
    )


def _row(entry: Mapping[str, Any], family: str, of: str, number: str) -> Mapping[str, Any]:
    """One number's row; an empty one where that entry has no such number."""
    rows = entry["table"].get(family, [])
    return next((r for r in rows if (r["of"], r["number"]) == (of, number)), {})


def _levels(entry: Mapping[str, Any], family: str) -> list[str]:
    of = {row["of"] for row in entry["table"][family] if row["of"].startswith("level ")}
    return sorted(name.removeprefix("level ") for name in of)


def _spread(row: Mapping[str, Any]) -> str:
    if not row or row["low"] is None:
        return _value(row.get("value"))
    return f"{_value(row['value'])} ({_value(row['low'])} to {_value(row['high'])})"


def _value(value: float | None, *, places: int = 3) -> str:
    return "" if value is None else f"{round(value, places) + 0.0:g}"


def _table(headings: Sequence[str]) -> Iterator[str]:
    yield _line(headings)
    yield "|---" * len(headings) + "|"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


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
