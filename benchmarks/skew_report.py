"""The simulated part of docs/scale.md, from benchmarks/skew.json."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.kept import took
from benchmarks.markdown import head, line
from benchmarks.skew_stages import BYTES_A_ROW

BEGIN = "<!-- simulated: written by benchmarks/skew.py -->"
END = "<!-- end of what is simulated -->"
_HOUR = 3_600
_GB, _TB = 1e9, 1e12
Row = Mapping[str, Any]


def skew_part(entries: Sequence[Row]) -> Iterator[str]:
    """The lines: the check against Spark, then every night, from the newest entry."""
    if not entries:
        yield "Nothing is kept of it yet: `make skew` simulates it."
        return
    newest = entries[-1]
    versions = ", ".join(f"{name} {number}" for name, number in newest["versions"].items())
    yield (
        f"Commit `{newest['commit']}`, {newest['date']}, {newest['machine']}, {versions};"
        f" {took(newest)}. The check is of {newest['check']['date']}."
    )
    yield ""
    yield from _check(newest["check"])
    yield ""
    yield from _nights(newest["nights"])


def _check(check: Row) -> Iterator[str]:
    yield (
        f"Reckoned and measured, {check['interactions']:,} interactions on `local[2]`, a quarter of"
        " them on one object, small slices, a bound that is met; with that object in slices, and as"
        " a crowd:"
    )
    yield ""
    yield from head(["", "reckoned", "measured", "reckoned / measured"])
    yield from _call(check, "")
    yield _compared("whole call: CPU s", check["cpu_seconds"])
    yield from _call(check["crowd"], "as a crowd, ")


def _call(told: Row, which: str) -> Iterator[str]:
    yield _compared(f"{which}pairs of posts in the window", told["pairs"])
    yield _compared(f"{which}interactions left by the bound", told["kept"])
    for stage in told["stages"]:
        name = f"{which}{stage['name']}"
        yield _compared(f"{name}: rows", stage["rows"])
        yield _compared(f"{name}: rows of the largest task", stage["most_rows"])
        yield _compared(f"{name}: longest task over the mean", stage["uneven"])
        yield _compared(f"{name}: CPU s", stage["cpu_seconds"])


def _compared(says: str, both: Sequence[float]) -> str:
    reckoned, measured = both
    ratio = f"{reckoned / measured:.2f}" if measured else "-"
    return line([says, f"{reckoned:,.10g}", f"{measured:,.10g}", ratio])


def _nights(nights: Sequence[Row]) -> Iterator[str]:
    yield from head(
        [
            "interactions", "day", "window", "rule", "cores", "crowds", "rows of crowds",
            "largest task, rows", "over the mean", "largest group, rows", "GB for it", "hours",
            "if even", "lost to skew", "halos", "TB of rows written", "pairs in the window",
            "interactions left in a pair",
        ]
    )  # fmt: skip
    for night in nights:
        yield line(list(_cells(night)))


def _cells(night: Row) -> Iterator[str]:
    stages = night["stages"]
    looks = stages[:-1]
    worst = max(looks, key=lambda stage: stage["most_rows"])
    held = max(stage["most_bytes"] for stage in looks)
    clock, even = (sum(stage[name] for stage in stages) for name in ("makespan", "ideal"))
    yield f"{night['of']:,}"
    yield night["shape"]
    yield f"{night['window']:,} s"
    yield night["rule"]
    yield f"{night['cores']:,}"
    yield f"{night['crowds']:,}"
    yield f"{night['crowd_rows'] / night['interactions']:.1%}"
    yield f"{worst['most_rows']:,.3g}"
    yield f"{worst['most_rows'] / max(worst['mean_rows'], 1):.1f}"
    yield f"{held / BYTES_A_ROW:,.3g}"
    yield f"{held / _GB:,.2g}"
    yield f"{clock / _HOUR:,.3g}"
    yield f"{even / _HOUR:,.3g}"
    yield f"{1 - even / clock:.0%}"
    yield f"{max(stage['halo'] for stage in looks):.0%}"
    yield f"{sum(stage['written'] for stage in looks) / _TB:,.3g}"
    yield f"{night['pairs_before']:.2g}"
    yield f"{night['kept'] / night['interactions']:.1%}"
