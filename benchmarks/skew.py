"""The capacity plan of docs/scale.md held against a simulation of the largest skew.

    python benchmarks/skew.py                 # run Spark for the rates and the check, then simulate
    python benchmarks/skew.py --kept-check    # simulate with the rates of the check that is kept
    python benchmarks/skew.py --page          # nothing anew: write the page from what is kept

Days of 1 and of 100 thousand million interactions are drawn as counts (skew_day.py), made tasks by
the engine's own rules (skew_tasks.py), and laid on the cores that the plan names (skew_stages.py)
with rates from a small run of the real builder, which also tells how far the reckoning is from
what Spark counts (skew_checked.py). Everything is kept in skew.json, and docs/scale.md tells it.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.kept import Clock, commit, keep, kept_in, today  # noqa: E402
from benchmarks.markdown import put_between  # noqa: E402
from benchmarks.skew_checked import checked  # noqa: E402
from benchmarks.skew_day import SHAPES, Shape, drawn_day  # noqa: E402
from benchmarks.skew_report import BEGIN, END, skew_part  # noqa: E402
from benchmarks.skew_stages import Rates, night  # noqa: E402
from benchmarks.skew_tasks import UNCUT  # noqa: E402
from builders.coaction import CoactionBounds  # noqa: E402
from graph.engines.kernels.bounds import Limits  # noqa: E402

KEPT = ROOT / "benchmarks" / "skew.json"
PAGE = ROOT / "docs" / "scale.md"
CORES = {10**9: 100, 10**11: 9_900}
"""The plan's larger numbers of executors, of 4 cores each."""
MINUTE, HOUR = 60, 3_600
RAW_PAIRS = CoactionBounds().raw_pairs
PAIRS_AN_INTERACTION = 20
SEED = 1

AS_IS = "as it is"
WHOLE = "crowds in slices"
UNSPLIT = "no object split"
AT_ONCE = "dealt before the bound is known"
TWICE = "twice the cores"
WIDER = f"{PAIRS_AN_INTERACTION} pairs an interaction afforded"


class Asked(NamedTuple):
    """One night to simulate: a day's shape, its window in seconds, and what is changed."""

    shape: Shape
    window: int
    rule: str = AS_IS


def asked(interactions: int) -> Iterator[Asked]:
    """The nights for a day of so many interactions: more of the day that takes moments."""
    tail, records, steep, quarter = SHAPES
    small = interactions <= min(CORES)
    yield Asked(tail, MINUTE)
    for rule in (AS_IS, WHOLE, UNSPLIT, AT_ONCE, TWICE, WIDER):
        yield Asked(records, MINUTE, rule)
    yield Asked(records, HOUR)
    yield Asked(records, HOUR, WHOLE)
    if small:
        yield Asked(steep, MINUTE)
    yield Asked(quarter, MINUTE)
    yield Asked(quarter, MINUTE, WHOLE)
    if small:
        yield Asked(quarter, MINUTE, UNSPLIT)
    yield Asked(quarter, HOUR)
    yield Asked(quarter, HOUR, WHOLE)


def simulated(interactions: int, one: Asked, rates: Rates) -> dict[str, Any]:
    """One night, as it is kept."""
    day = drawn_day(one.shape, interactions, SEED)
    cores = CORES[interactions] * (2 if one.rule == TWICE else 1)
    pairs = PAIRS_AN_INTERACTION * interactions if one.rule == WIDER else RAW_PAIRS
    found = night(
        day, one.window * 1_000, cores, Limits(None, None, pairs), rates, SEED,
        cut=UNCUT if one.rule == UNSPLIT else None, held=one.rule != AT_ONCE,
        # Before crowds were taken apart, all this was done with the slices that they had.
        apart=one.rule not in (WHOLE, UNSPLIT, AT_ONCE),
    )  # fmt: skip
    return {
        "of": interactions,
        "shape": one.shape.name,
        "window": one.window,
        "rule": one.rule,
        "cores": cores,
        "raw_pairs": pairs,
        **found.told(),
    }


def measured(check: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every night that is asked for, by the rates of a check."""
    rates = Rates(**check["rates"])
    for interactions in CORES:
        for one in asked(interactions):
            found = simulated(interactions, one, rates)
            sys.stdout.write(brief(found) + "\n")
            sys.stdout.flush()
            yield found


def brief(found: dict[str, Any]) -> str:
    """A night in lines for who waits."""
    lines = [
        f"{found['of']:.0e} interactions, {found['shape']}, {found['window']} s, {found['rule']},"
        f" {found['cores']:,} cores: {found['pairs_before']:.3g} pairs, {found['pairs']:.3g} after"
        f" the bound, {found['kept'] / found['interactions']:.1%} of the interactions in one"
    ]
    lines += [
        f"  {stage['name']:40} {stage['tasks']:7,} tasks, largest {stage['most_rows']:.3g} rows"
        f" ({stage['most_rows'] / max(stage['mean_rows'], 1):.1f} times the mean),"
        f" {stage['most_bytes'] / 1e9:.2g} GB;"
        f" {stage['makespan']:,.0f} s, ideal {stage['ideal']:,.0f} s, {stage['lost']:.0%} lost;"
        f" halos {stage['halo']:.0%}, {stage['written'] / 1e12:.3g} TB dealt"
        for stage in found["stages"]
    ]
    return "\n".join(lines)


def write_page() -> None:
    """Write the simulated part of docs/scale.md from what is kept."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(put_between(page, BEGIN, END, skew_part(kept_in(KEPT))), encoding="utf-8")


def main() -> None:
    """Measure and simulate, keep the numbers, and write the page from them."""
    told = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    told.add_argument("--kept-check", action="store_true", help="take the newest rates kept")
    told.add_argument("--page", action="store_true", help="write the page alone")
    given = told.parse_args()
    entries = kept_in(KEPT)
    if not given.page:
        clock, at = Clock(), commit()
        check = entries[-1]["check"] if given.kept_check else {**checked(), "date": today()}
        entry = {
            "commit": at,
            "date": today(),
            "machine": f"{platform.machine()}, {os.cpu_count()} processors",
            "versions": {
                "python": platform.python_version(),
                **{name: version(name) for name in ("pyspark", "numpy", "numba")},
            },
            "check": check,
            "nights": list(measured(check)),
        }
        keep(KEPT, [*entries, entry | clock.told()])
    write_page()


if __name__ == "__main__":
    main()
