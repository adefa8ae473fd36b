"""The measured part of docs/detectors/several-layers.md: rings without a detector of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.markdown import head, line
from benchmarks.newest import KIND_HEADS, kind_cells
from benchmarks.rows import names_of

KINDS = ("hijack-burst", "rotating-teams", "overlapping-rings")


def several_part(entry: Mapping[str, Any]) -> Iterator[str]:
    """The lines of the page for one entry of benchmarks/quality.json."""
    seeds = " ".join(str(seed) for seed in entry["seeds"])
    yield (
        f'`make quality SEEDS="{seeds}"` at commit `{entry["commit"]}` on {entry["date"]}: the'
        " share of the kind's accounts that is flagged, of its rings that are found (half of"
        " each), and the precision of the clusters that hold them; the mean over the worlds, its"
        " 95 % interval where they differ, and the worst world. Families without such rings are"
        " left out."
    )
    yield ""
    yield from head(["kind", "worlds", *KIND_HEADS])
    for kind in KINDS:
        for family in entry["table"]:
            if kind in names_of(entry, family, "kind"):
                yield line([f"`{kind}`", family, *kind_cells(entry, family, kind)])
