"""What falls short, in sentences that kept numbers give: of the goal, and of a full measurement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.goal import GOAL, short_in_a_world, short_of_goal
from benchmarks.kept import took
from benchmarks.markdown import number
from benchmarks.rows import names_of, row_of

Entries = Sequence[Mapping[str, Any]]

FOUND = 0.7
"""A kind of ring of which less is found is named: the goal's least recall, that of L3."""
ENOUGH_SEEDS = 5
MOST_SECONDS = 20 * 60
"""The time that all families may take."""
OWN = "ringwatch"
"""What is measured, by its name among the methods."""


def falls_short(newest: Mapping[str, Any], quality: Entries, ablation: Entries) -> Iterator[str]:
    """The lines of the report on what is short, or was not measured as the rest was.

    Args:
        newest: the entry that the report tells.
        quality: all entries of benchmarks/quality.json.
        ablation: those of benchmarks/ablation.json.
    """
    yield "### What falls short"
    yield ""
    said = [
        *_goal(newest),
        *_found_in_part(newest),
        *_few_seeds(newest),
        *_slow(newest),
        *_peers(newest, quality),
        *_ablation(newest, ablation),
    ]
    yield from (f"- {sentence}" for sentence in said or ["Nothing that the numbers tell."])
    yield ""


def asked_by(quality: Entries) -> dict[str, Mapping[str, Any]]:
    """Each family, and the newest entry that asked other methods there."""
    return {name: entry for entry in quality for name, told in entry["peers"].items() if told}


def _goal(entry: Mapping[str, Any]) -> Iterator[str]:
    if short := list(short_of_goal(entry)):
        yield f"**Short of the goal**: {'; '.join(short)}."
    if worlds := list(short_in_a_world(entry)):
        told = "; ".join(worlds)
        yield f"On average as good as the goal, and below it in the worst world: {told}."


def _found_in_part(entry: Mapping[str, Any]) -> Iterator[str]:
    """Levels beyond the goal, and kinds of ring, of whose accounts too few are flagged."""
    for what, title in (("level", "Levels without a goal"), ("kind", "Kinds of ring")):
        told = []
        for family in entry["table"]:
            for name in names_of(entry, family, what):
                recall = row_of(entry, family, f"{what} {name}", "recall").get("value")
                if name not in GOAL and recall is not None and recall < FOUND:
                    told.append(f"{family} {name} {number(recall)}")
        if told:
            yield (
                f"{title} of which less than {FOUND:g} of the accounts are flagged:"
                f" {'; '.join(told)}."
            )


def _few_seeds(entry: Mapping[str, Any]) -> Iterator[str]:
    if (seeds := len(entry["seeds"])) < ENOUGH_SEEDS:
        worlds = "One world" if seeds == 1 else f"{seeds} worlds"
        yield f"{worlds} of each family, where {ENOUGH_SEEDS} are the rule: wide intervals or none."


def _slow(entry: Mapping[str, Any]) -> Iterator[str]:
    if entry["seconds"] > MOST_SECONDS:
        yield f"It took {took(entry)}, where {MOST_SECONDS / 60:g} minutes are the most."


def _peers(newest: Mapping[str, Any], quality: Entries) -> Iterator[str]:
    """Families whose other methods are told by another entry, in part, or not at all."""
    asked = asked_by(quality)
    known = dict.fromkeys(name for f, entry in asked.items() for name in entry["peers"][f])
    by_entry: dict[str, list[str]] = defaultdict(list)
    lacking: dict[str, list[str]] = defaultdict(list)
    for family in newest["table"]:
        entry = asked.get(family)
        if entry is not None and entry is not newest:
            where = f"commit `{entry['commit']}` on {entry['interactions']:,} interactions"
            by_entry[where].append(family)
        told = entry["peers"][family] if entry is not None else {}
        missing = [f"`{name}`" for name in known if name != OWN and not _was_asked(told, name)]
        lacking[", ".join(missing)].append(family)
    for where, families in by_entry.items():
        worlds = " and ".join(families)
        yield f"Other methods in {worlds} worlds are of another entry than the above: {where}."
    for missing, families in lacking.items():
        if missing or not known:
            yield f"Not asked in {' and '.join(families)} worlds: {missing or 'other methods'}."


def _was_asked(told: Mapping[str, Any], name: str) -> bool:
    return name in told and not isinstance(told[name].get("left_out"), str)


def _ablation(newest: Mapping[str, Any], ablation: Entries) -> Iterator[str]:
    if not ablation:
        yield "What each part is worth was not measured."
        return
    last = ablation[-1]
    if missing := [name for name in newest["table"] if name not in last["families"]]:
        yield (
            f"What each part is worth was not measured in {' and '.join(missing)} worlds, so none"
            " is judged by it."
        )
    if last["interactions"] < newest["interactions"]:
        yield (
            f"What each part is worth is told by worlds of {last['interactions']:,} interactions,"
            f" smaller than the {newest['interactions']:,} above."
        )
