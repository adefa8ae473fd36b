"""The part of the report that tells the newest entry of benchmarks/quality.json."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.goal import IN_WORDS, short_of_goal
from benchmarks.kept import took
from benchmarks.markdown import compact, head, line, number, spread
from benchmarks.rows import WHOLE, names_of, row_of

KIND_HEADS = ("accounts", "worst", "rings", "worst", "precision")


def newest(entry: Mapping[str, Any]) -> Iterator[str]:
    """The lines for one entry: whole worlds, levels, kinds of ring, look-alikes, calibration."""
    yield "## What was measured last"
    yield ""
    yield _how(entry)
    yield ""
    names = list(entry["table"])
    yield from head(["", *(f"{name} worlds" for name in names)])
    for told in WHOLE:
        yield line([told, *(spread(row_of(entry, name, "whole", told)) for name in names)])
    yield ""
    yield from _levels(entry)
    yield from _kinds(entry)
    yield from _look_alikes(entry)
    if "calibration" in entry:
        yield "![Expected against observed precision](evaluation/calibration.svg)"
        yield ""
        scores = ", ".join(f"{n} {number(c['brier'])}" for n, c in entry["calibration"].items())
        yield (
            "Clusters by expected precision in tenths, listed ones too, all worlds together; bars"
            " are Wilson's interval, as if clusters were drawn one by one. Brier's score:"
            f" {scores}."
        )
        yield ""


def _how(entry: Mapping[str, Any]) -> str:
    seeds = " ".join(str(seed) for seed in entry["seeds"])
    worlds = f"{len(entry['seeds'])} worlds" if len(entry["seeds"]) > 1 else "one world"
    return (
        f'`make quality SEEDS="{seeds}"` at commit `{entry["commit"]}` on {entry["date"]},'
        f" {took(entry)}: {worlds} of {entry['interactions']:,} interactions in"
        f" {entry['days']} days for each family. A value is the mean over the worlds, in brackets"
        " the 95 % t-interval, cut to what is possible; a dash stands where nothing was kept or"
        " nothing defines the number. By level and kind, a number without brackets was the same in"
        " every world, or was had in one."
    )


def _levels(entry: Mapping[str, Any]) -> Iterator[str]:
    names = list(entry["table"])
    yield "![Precision and recall by level](evaluation/levels.svg)"
    yield ""
    yield from head(["", *(f"{name}: precision, recall" for name in names)])
    for level in sorted({lv for name in names for lv in names_of(entry, name, "level")}):
        cells = []
        for name in names:
            told = [row_of(entry, name, f"level {level}", n) for n in ("precision", "recall")]
            cells.append(", ".join(compact(r) for r in told if r) if any(told) else "")
        yield line([level, *cells])
    yield ""
    short = list(short_of_goal(entry))
    if short:
        yield f"Short of the goal: {'; '.join(short)}."
    else:
        yield f"Every level and look-alike meets the goal: {IN_WORDS}."
    yield ""


def _kinds(entry: Mapping[str, Any]) -> Iterator[str]:
    yield "### By kind of ring"
    yield ""
    yield (
        "Accounts that are flagged and rings that are found (half of each), as shares of all of the"
        " kind: the mean over the worlds (its interval, as above), and the worst world."
    )
    yield ""
    yield from head(["worlds", "kind", *KIND_HEADS])
    for family in entry["table"]:
        for kind in names_of(entry, family, "kind"):
            yield line([family, kind, *kind_cells(entry, family, kind)])
    yield ""


def kind_cells(entry: Mapping[str, Any], family: str, kind: str) -> list[str]:
    """What is told of a kind of ring in one family, in the order of `KIND_HEADS`."""
    recall, found, precision = (
        row_of(entry, family, f"kind {kind}", told)
        for told in ("recall", "rings found", "precision")
    )
    return [
        compact(recall), number(recall.get("least")),
        compact(found), number(found.get("least")),
        compact(precision),
    ]  # fmt: skip


def _look_alikes(entry: Mapping[str, Any]) -> Iterator[str]:
    yield "### Look-alikes"
    yield ""
    yield "![Look-alikes flagged by kind](evaluation/look-alikes.svg)"
    yield ""
    yield (
        "The share of a kind's accounts that is flagged, as the mean over the worlds (its interval)"
        " and in the worst world, and of the worst single group of all worlds."
    )
    yield ""
    yield from head(["worlds", "look-alike", "share flagged", "worst world", "worst group"])
    for family in entry["table"]:
        for kind in names_of(entry, family, "look-alike"):
            share = row_of(entry, family, f"look-alike {kind}", "share flagged")
            worst = row_of(entry, family, f"look-alike {kind}", "worst group's share")
            most = (number(told.get("most")) for told in (share, worst))
            yield line([family, kind, compact(share), *most])
    yield ""
