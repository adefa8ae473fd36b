"""The part of the report on worlds without coordination, from benchmarks/null.json."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.markdown import head, line

MOST_SHARE = 0.1
"""The goal: at most this share of the worlds has a flagged cluster."""
SEEDS = 10
INTERACTIONS = 5_000_000
"""How many worlds of what size the goal speaks of."""
Rows = Sequence[Mapping[str, Any]]


def null_part(entries: Rows) -> Iterator[str]:
    """The lines for all that is kept: a world a row, told by its newest entry."""
    yield "### Worlds without coordination"
    yield ""
    if not entries:
        yield "Nothing is kept of it yet: `make null-worlds` measures it."
        yield ""
        return
    worlds = newest_of_each(entries)
    yield (
        "`make null-worlds`: neither rings nor look-alikes, default settings. The goal is a flagged"
        f" cluster in at most one of {SEEDS} worlds of {INTERACTIONS:,} interactions."
    )
    yield ""
    for kind, size in dict.fromkeys((row["worlds"], row["interactions"]) for row in worlds):
        own = [row for row in worlds if (row["worlds"], row["interactions"]) == (kind, size)]
        yield f"- {verdict(own)}"
    at_size = {row["seed"] for row in worlds if _of_goal(row)}
    if len(at_size) < SEEDS:
        yield (
            f"- {len(at_size)} of {SEEDS} platforms of {INTERACTIONS:,} interactions were looked"
            " at: the goal is not tested yet."
        )
    yield ""
    yield from head(
        [
            "worlds", "interactions", "seed", "listed", "flagged", "accounts in those",
            "why others are not", "seconds", "load", "commit", "date",
        ]
    )  # fmt: skip
    for row in worlds:
        yield line(
            [
                row["worlds"], f"{row['interactions']:,}", str(row["seed"]), f"{row['listed']:,}",
                str(row["flagged"]), str(row["accounts"]), why(row), f"{row['seconds']:,}",
                f"{row['load_before']:g}, {row['load_after']:g}", f"`{row['commit']}`", row["date"],
            ]
        )  # fmt: skip
    yield ""


def newest_of_each(entries: Rows) -> list[dict[str, Any]]:
    """The newest row of each kind of world, size and seed, with what its entry says of itself."""
    found: dict[tuple[str, int, int], dict[str, Any]] = {}
    for entry in entries:
        about = {name: told for name, told in entry.items() if name != "rows"}
        for row in entry["rows"]:
            # A row's seconds are its world's; the entry's are those of all of its worlds.
            found[entry["worlds"], -entry["interactions"], row["seed"]] = {**about, **row}
    return [found[key] for key in sorted(found, key=lambda key: (key[0] == "flat", *key[1:]))]


def verdict(rows: Rows) -> str:
    """In how many worlds of one kind and size something is flagged, in words."""
    wrong = sum(1 for row in rows if row["flagged"])
    of = f"{rows[0]['worlds']}, {rows[0]['interactions']:,} interactions"
    return f"{of}: {wrong} of {len(rows)} worlds with a flagged cluster"


def why(row: Mapping[str, Any]) -> str:
    """Why listed clusters are not flagged, each reason with how many."""
    return ", ".join(f"{name} {many}" for name, many in sorted(row["not_flagged"].items()))


def _of_goal(row: Mapping[str, Any]) -> bool:
    return row["worlds"] == "platform" and row["interactions"] >= INTERACTIONS
