"""A cluster over runs of separate days, as people and programs read it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from typing import Any

from console.output import moment, write_line, write_table
from review.across_runs import AcrossRuns

NAMED_AT_MOST = 5
DAYS = {
    "run": "run",
    "from": "from",
    "to": "to",
    "cluster": "there",
    "meetings": "met",
    "expected": "by chance",
    "log10_e": "log10 e",
    "log10_product": "log10 of the product",
}


def write_over_runs(found: AcrossRuns) -> None:
    """What the days that did not choose the cluster say, run by run; then the runs left out."""
    write_line(f"Over runs: {found.says}.", style="bold")
    if found.log10_product > 0:
        write_line("They go on meeting; why they do is not said by it.", style="dim")
    if found.days:
        write_table("On days that did not choose it, run by run", DAYS, _rows(found))
    reasons: dict[str, list[str]] = defaultdict(list)
    for each in found.left_out:
        reasons[each.why].append(f"`{each.run}`")
    for why, runs in reasons.items():
        shown = ", ".join(runs[:NAMED_AT_MOST])
        more = f" and {len(runs) - NAMED_AT_MOST} more" if len(runs) > NAMED_AT_MOST else ""
        write_line(f"  not counted: {shown}{more}: {why}", style="dim")


def over_runs_as_json(found: AcrossRuns | None) -> dict[str, Any] | None:
    """The same for programs; null where the run tests nothing on days of their own."""
    if found is None:
        return None
    return {
        "says": found.says,
        "runs": len(found.days),
        "log10_product": found.log10_product,
        "days": [asdict(each) for each in found.days],
        "left_out": [asdict(each) for each in found.left_out],
    }


def _rows(found: AcrossRuns) -> list[dict[str, Any]]:
    return [
        {
            **asdict(each),
            "from": moment(each.began_at),
            "to": moment(each.ended_at),
            "cluster": each.cluster or "not found",
        }
        for each in found.days
    ]
