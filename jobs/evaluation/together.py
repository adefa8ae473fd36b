"""Documents of several worlds as one: means, t-intervals over the worlds, the worst and best."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from jobs.evaluation.document import SCHEMA
from jobs.evaluation.intervals import over_seeds

_SHARES = (0.0, 1.0)
_AT_LEAST_NOUGHT = (0.0, math.inf)
_COUNTS = (
    ("account", "flagged"),
    ("controls_flagged",),
    ("clusters", "flagged"),
    ("clusters", "without_ring"),
    ("rings", "fragmentation"),
    ("rings", "merging"),
)
"""Numbers that are no share and may be above 1."""
_NUMBERS = (
    ("account", "precision"),
    ("account", "recall"),
    ("account", "f1"),
    ("account", "average_precision"),
    ("account", "prevalence"),
    ("account", "precision_at", "100"),
    ("account", "precision_at", "500"),
    ("account", "precision_at", "1000"),
    ("rings", "recall_at_jaccard_0.5"),
    ("rings", "recall_at_half"),
    ("partition", "bcubed_precision"),
    ("partition", "bcubed_recall"),
    ("partition", "bcubed_f"),
    ("partition", "element_centric"),
    ("look_alike_worst_share",),
    *_COUNTS,
)


def together(worlds: Sequence[Mapping[str, Any]], made: Mapping[str, Any]) -> dict[str, Any]:
    """One document of several worlds: numbers stand where a world's stand, as means.

    Args:
        worlds: the documents (`jobs.evaluation.evaluate`), each with its `seed`.
        made: how the worlds were made, for `simulated`.
    """
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "simulated": {**made, "seeds": [world["seed"] for world in worlds]},
    }
    for keys in _NUMBERS:
        _put(document, keys, _over(worlds, keys, _AT_LEAST_NOUGHT if keys in _COUNTS else _SHARES))
    for group, numbers in (
        ("by_level", ("recall", "recall_of_rings", "precision")),
        ("by_kind", ("recall", "recall_of_rings", "precision")),
        ("look_alikes_by_kind", ("share", "worst_share")),
    ):
        document[group] = {}
        for name in sorted({name for world in worlds for name in world[group]}):
            for number in numbers:
                keys = (group, name, number)
                _put(document, keys, _over(worlds, keys, _SHARES))
    for group in ("peers", "without"):
        document[group] = _beside([world[group] for world in worlds])
    document["calibration"], document["brier"] = _calibration(worlds)
    ablation = {
        part: _beside([world["ablation"][part] for world in worlds])
        for part in ("without", "defences", "terms")
    }
    return {
        **document,
        "ablation": {**ablation, "seconds": _seconds(worlds)},
        "worlds": list(worlds),
    }


def _calibration(worlds: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], float | None]:
    """The clusters of all worlds by expected precision, as if they were of one; and Brier's score.

    Each world tells its bins in the same tenths, so those of one tenth are put together.
    """
    bins: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for told in (each for world in worlds for each in world["calibration"]):
        bins[min(9, int(told["predicted"] * 10))].append(told)
    pooled = [
        {
            **{name: _weighted(own, name) for name in ("predicted", "observed")},
            "clusters": sum(told["clusters"] for told in own),
        }
        for _, own in sorted(bins.items())
    ]
    scored = [
        {
            "brier": world["brier"],
            "clusters": sum(told["clusters"] for told in world["calibration"]),
        }
        for world in worlds
        if world["brier"] is not None
    ]
    return pooled, _weighted(scored, "brier") if scored else None


def _weighted(rows: Sequence[Mapping[str, Any]], name: str) -> float:
    """The mean of a number over clusters."""
    clusters = sum(row["clusters"] for row in rows)
    return math.fsum(row[name] * row["clusters"] for row in rows) / float(clusters)


def _seconds(worlds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What each part took, over the worlds."""
    told = [world["ablation"]["seconds"] for world in worlds]
    names = dict.fromkeys(name for world in told for name in world)
    return {name: _over(told, (name,), _AT_LEAST_NOUGHT) for name in names}


def _beside(worlds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Methods or poorer extracts set beside, each number over the worlds."""
    told: dict[str, Any] = {}
    numbers = (
        "precision", "recall", "f1", "average_precision", "recall_at_jaccard_0.5",
        "look_alike_worst_share", "seconds",
    )  # fmt: skip
    for name in dict.fromkeys(name for world in worlds for name in world):
        because = [world[name].get("left_out") for world in worlds if name in world]
        if all(isinstance(one, str) for one in because):
            told[name] = {"left_out": because[0]}
            continue
        told[name] = {
            number: _over(
                worlds, (name, number), _AT_LEAST_NOUGHT if number == "seconds" else _SHARES
            )
            for number in numbers
        }
    return told


def _over(
    worlds: Sequence[Mapping[str, Any]],
    keys: tuple[str, ...],
    within: tuple[float, float],
) -> dict[str, Any]:
    return asdict(over_seeds([_at(world, keys) for world in worlds], within=within))


def _at(document: Mapping[str, Any], keys: tuple[str, ...]) -> float | None:
    value: Any = document
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value.get("value") if isinstance(value, Mapping) else value


def _put(document: dict[str, Any], keys: tuple[str, ...], value: Any) -> None:  # noqa: ANN401
    for key in keys[:-1]:
        document = document.setdefault(key, {})
    document[keys[-1]] = value
