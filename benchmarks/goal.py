"""The goal for levels, for all that is flagged and for look-alikes; what falls short of it.

The precision of a level is that of the clusters in which its rings are the most, so a cluster of
innocents is in no level's. The precision of all that is flagged has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.markdown import number as shown
from benchmarks.rows import names_of, row_of

GOAL = {
    **{f"L{n}": {"precision": 0.95, "recall": 0.95} for n in range(3)},
    "L3": {"precision": 0.85, "recall": 0.7},
}
"""Least precision and recall of a level, as means over the worlds."""
OF_ALL = 0.95
"""Least precision of all that is flagged in a world, as a mean over the worlds."""
MOST_ALIKE = 0.05
"""The greatest share of a look-alike group that may be flagged, in whichever world."""
IN_WORDS = (
    "precision and recall of 0.95 at L0 to L2, of 0.85 and 0.7 at L3, and a precision of"
    f" {OF_ALL:g} of all that is flagged, as means over the worlds, and of no look-alike group in"
    f" any world more than {MOST_ALIKE * 100:g} % flagged"
)


def short_of_goal(entry: Mapping[str, Any]) -> Iterator[str]:
    """What falls short, each in words: family, level, whole or look-alike, number, goal.

    A number that is undefined meets no bar: precision where no cluster of that level is flagged.
    """
    for family in entry["table"]:
        for number, bar, row in _judged(entry, family):
            if row["value"] is None:
                yield f"{family} {number} undefined (goal {bar:g})"
            elif row["value"] < bar:
                yield f"{family} {number} {_below(row['value'], bar)} (goal {bar:g})"
        yield from _look_alikes(entry, family)


def short_in_a_world(entry: Mapping[str, Any]) -> Iterator[str]:
    """Levels, and wholes, that meet the goal on average and not in their worst world."""
    for family in entry["table"]:
        for number, bar, row in _judged(entry, family):
            least = row["least"]
            if row["value"] is not None and row["value"] >= bar and least < bar:
                yield f"{family} {number} {_below(least, bar)}"


def _look_alikes(entry: Mapping[str, Any], family: str) -> Iterator[str]:
    """Look-alikes of which a group is flagged: of every world, as a mean would hide the worst."""
    worst = {
        f"look-alike {kind}": row_of(entry, family, f"look-alike {kind}", "worst group's share")
        for kind in names_of(entry, family, "look-alike")
    }
    if not any(worst.values()):
        # Entries from before kinds had their worst group: that of all kinds was kept.
        worst = {"look-alikes": row_of(entry, family, "whole", "worst look-alike share")}
    for of, row in worst.items():
        most = row.get("most")
        if most is not None and most > MOST_ALIKE:
            yield (
                f"{family} {of}: {shown(most, places=4)} of a group flagged"
                f" (goal at most {MOST_ALIKE:g})"
            )


def _judged(
    entry: Mapping[str, Any], family: str
) -> Iterator[tuple[str, float, Mapping[str, Any]]]:
    """Each number that has a goal, in words, with its bar and its row."""
    for level, bars in GOAL.items():
        for number, bar in bars.items():
            if row := row_of(entry, family, f"level {level}", number):
                yield f"{level} {number}", bar, row
    if row := row_of(entry, family, "whole", "precision"):
        yield "precision of all that is flagged", OF_ALL, row


def _below(value: float, bar: float) -> str:
    """A value below a bar, never shown as the bar itself."""
    three = shown(value)
    return three if float(three) < bar else shown(value, places=4)
