"""An evaluation's document as rows, a number each: what benchmarks/quality.json keeps of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

WHOLE = {
    "precision": ("account", "precision"),
    "recall": ("account", "recall"),
    "average precision": ("account", "average_precision"),
    "precision at 100": ("account", "precision_at", "100"),
    "precision at 500": ("account", "precision_at", "500"),
    "precision at 1000": ("account", "precision_at", "1000"),
    "rings found, Jaccard 0.5": ("rings", "recall_at_jaccard_0.5"),
    "B-cubed F": ("partition", "bcubed_f"),
    "element-centric similarity": ("partition", "element_centric"),
    "fragmentation": ("rings", "fragmentation"),
    "merging": ("rings", "merging"),
    "worst look-alike share": ("look_alike_worst_share",),
    "controls flagged": ("controls_flagged",),
}
"""Numbers of whole worlds, and where a document tells them. Entries from before a number was kept
lack its row."""
WORSE_UP = frozenset(
    {
        "worst look-alike share", "share flagged", "worst group's share", "controls flagged",
        "fragmentation", "merging",
    }
)  # fmt: skip
"""Numbers of which less is better."""
RINGS = {"precision": "precision", "recall": "recall", "rings found": "recall_of_rings"}
"""Numbers of a level or kind of ring."""


def rows_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The table of one family: whole, by level, by kind, look-alikes."""
    rows = [row(of="whole", number=name, told=at(document, keys)) for name, keys in WHOLE.items()]
    for group, title in (("by_level", "level"), ("by_kind", "kind")):
        for name, told in document[group].items():
            for number, key in RINGS.items():
                rows.append(row(of=f"{title} {name}", number=number, told=told[key]))
    for name, told in document["look_alikes_by_kind"].items():
        of = f"look-alike {name}"
        rows.append(row(of=of, number="share flagged", told=told["share"]))
        rows.append(row(of=of, number="worst group's share", told=told["worst_share"]))
    return rows


def row(*, of: str, number: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """One number with its interval, as the table shows and the file keeps it."""
    ends = {name: told[name] for name in ("value", "low", "high", "least", "most")}
    return {"of": of, "number": number, **{k: rounded(v) for k, v in ends.items()}}


def rounded(value: float | None) -> float | None:
    """Four places: a file that is kept from commit to commit should not rustle."""
    return None if value is None else round(value, 4)


def at(document: Mapping[str, Any], keys: Sequence[str]) -> Any:  # noqa: ANN401
    """The value at some keys."""
    value: Any = document
    for key in keys:
        value = value[key]
    return value


def row_of(entry: Mapping[str, Any], family: str, of: str, number: str) -> Mapping[str, Any]:
    """One number's row; an empty one where that entry has no such number."""
    rows = entry["table"].get(family, [])
    return next((r for r in rows if (r["of"], r["number"]) == (of, number)), {})


def names_of(entry: Mapping[str, Any], family: str, what: str) -> list[str]:
    """The levels (`level`), kinds of ring (`kind`) or `look-alike`s of an entry, by name."""
    start = f"{what} "
    of = {row["of"] for row in entry["table"].get(family, [])}
    return sorted(name.removeprefix(start) for name in of if name.startswith(start))
