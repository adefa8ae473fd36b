"""The measured part of docs/real-logs.md, from benchmarks/real_logs.json."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.kept import took
from benchmarks.markdown import head, line, number

WHAT = {
    "russian_coord_tweets": "reposts, 2021",
    "german_elections": "links, hashtags, domains, images in posts on two platforms, 2021",
    "amazon_arts_reviews": "reviews with dates, 1998 to 2013",
    "pokec_follows": "follows without times",
}
Rows = Sequence[Mapping[str, Any]]


def real_part(entries: Rows) -> Iterator[str]:
    """The lines for all that is kept: each log by the newest entry that looked at it."""
    yield "## What was measured last"
    yield ""
    if not entries:
        yield "Nothing is kept of it yet: `make real-logs` measures it."
        return
    by_log = {row["log"]: entry for entry in entries for row in entry["as_it_is"]}
    for entry in entries:
        logs = [f"`{log}`" for log, told_by in by_log.items() if told_by is entry]
        if logs:
            seeds = " ".join(str(seed) for seed in entry["seeds"])
            yield (
                f'- {", ".join(logs)}: `make real-logs LOG_SEEDS="{seeds}"` at commit'
                f" `{entry['commit']}` on {entry['date']}, {took(entry)}."
            )
    yield ""
    yield from _as_they_are(by_log)
    yield ""
    yield from _by_level(by_log)
    yield ""
    yield from _whole(by_log)


def _as_they_are(by_log: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield "### The logs as they are"
    yield ""
    yield from head(["log", "what", "used", "accounts", "listed", "flagged", "accounts in those"])
    for log, entry in by_log.items():
        [row] = [row for row in entry["as_it_is"] if row["log"] == log]
        counts = ("interactions", "accounts", "clusters", "flagged", "flagged_accounts")
        yield line([f"`{log}`", WHAT.get(log, ""), *(f"{row[name]:,}" for name in counts)])


def _by_level(by_log: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield "### Planted rings by level"
    yield ""
    yield (
        "Of the accounts of planted rings, the share that is flagged, and the precision of the"
        " clusters in which they are the most of all rings; one number a seed, in their order, a"
        " dash where nothing is flagged. *Largest* is the bound on a ring's accounts."
    )
    yield ""
    levels = sorted(
        {
            row["level"]
            for entry in by_log.values()
            for row in entry["planted"]
            if row["level"] != "whole"
        }
    )
    yield from head(["log", "largest", "", *levels])
    for log, largest, rows in _groups(by_log):
        for what in ("recall", "precision"):
            told = ([row[what] for row in rows if row["level"] == level] for level in levels)
            yield line([f"`{log}`", largest, what, *(_each(values) for values in told)])


def _whole(by_log: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield "### Planted rings in all"
    yield ""
    yield "Rings found by half of each; one number a seed."
    yield ""
    yield from head(
        ["log", "largest", "rings found", "of", "recall", "precision", "other accounts flagged"]
    )
    for log, largest, rows in _groups(by_log):
        whole = [row for row in rows if row["level"] == "whole"]
        told = ("found", "rings", "recall", "precision", "controls")
        yield line([f"`{log}`", largest, *(_each([row[name] for row in whole]) for name in told)])


def _groups(
    by_log: Mapping[str, Mapping[str, Any]],
) -> Iterator[tuple[str, str, list[Mapping[str, Any]]]]:
    """Each log with each bound on the size of its rings, and those rows, seeds in order."""
    for log, entry in by_log.items():
        own = [row for row in entry["planted"] if row["log"] == log]
        for largest in dict.fromkeys(row["largest"] for row in own):
            yield log, str(largest), [row for row in own if row["largest"] == largest]


def _each(values: Sequence[float | None]) -> str:
    return ", ".join(number(value, places=2) for value in values)
