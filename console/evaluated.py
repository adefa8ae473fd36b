"""An evaluation as tables for people, from the same document that programs read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.output import write_line, write_table

_ACCOUNT = {
    "precision": ("account", "precision"),
    "recall": ("account", "recall"),
    "average precision": ("account", "average_precision"),
    "rings found (Jaccard 0.5)": ("rings", "recall_at_jaccard_0.5"),
    "rings found (half of each)": ("rings", "recall_at_half"),
}
_PLAIN = {
    "F1": ("account", "f1"),
    "precision at 100": ("account", "precision_at", "100"),
    "precision at 500": ("account", "precision_at", "500"),
    "precision at 1,000": ("account", "precision_at", "1000"),
    "B-cubed F": ("partition", "bcubed_f"),
    "element-centric": ("partition", "element_centric"),
    "fragmentation": ("rings", "fragmentation"),
    "merging": ("rings", "merging"),
    "worst look-alike share": ("look_alike_worst_share",),
    "controls flagged": ("controls_flagged",),
}
_BESIDE = {
    "name": "method",
    "flagged": "flagged",
    "precision": "precision",
    "recall": "recall",
    "average_precision": "average precision",
    "recall_at_jaccard_0.5": "rings found",
    "look_alike_worst_share": "worst look-alike",
    "seconds": "seconds",
    "left_out": "left out",
}


def write_evaluated(document: Mapping[str, Any]) -> None:
    """Print an evaluation of one extract, or of several worlds."""
    _write_head(document)
    rows = [_row(name, _at(document, keys)) for name, keys in {**_ACCOUNT, **_PLAIN}.items()]
    headings = {"name": "measure", "value": "value", "low": "low", "high": "high"}
    if "worlds" in document:
        headings |= {"least": "worst", "most": "best"}
    write_table("Measures, with 95 % intervals", headings, rows)
    _write_rings(document)
    _write_look_alikes(document)
    _write_beside("Other methods on the same acts", document, document["peers"])
    _write_beside("Without columns", document, document["without"])
    ablation = document["ablation"]
    _write_beside("Without a signal", document, ablation["without"])
    _write_beside("Without a defence", document, ablation["defences"])
    _write_beside("Without a term of the scorecard", document, ablation["terms"])
    _write_seconds(ablation["seconds"])


def _write_head(document: Mapping[str, Any]) -> None:
    if "worlds" in document:
        made = document["simulated"]
        seeds = ", ".join(str(seed) for seed in made["seeds"])
        write_line(
            f"{len(made['seeds'])} simulated worlds of {made['interactions']:,} interactions in"
            f" {made['days']} days, seeds {seeds}",
            style="bold",
        )
        return
    source, labels = document["source"], document["labels"]
    write_line(
        f"{source['path']}: {source['interactions']:,} interactions of"
        f" {source['accounts']:,} accounts",
        style="bold",
    )
    write_line(
        f"labels: {labels['rings']} rings of {labels['ring_accounts']:,} accounts,"
        f" {labels['look_alike_groups']} look-alike groups of"
        f" {labels['look_alike_accounts']:,}, {labels['controls']:,} controls"
    )
    if labels["absent"]:
        write_line(f"{labels['absent']:,} labelled accounts do not act in the extract")
    for name, needs in source["left_out"].items():
        write_line(f"`{name}` was left out: it needs {needs}")


def _write_rings(document: Mapping[str, Any]) -> None:
    rows = [
        {"name": name, **_flat(row)}
        for group in ("by_level", "by_kind")
        for name, row in document[group].items()
    ]
    if not rows:
        return
    headings = {"name": "level or kind", "recall": "recall", "precision": "precision"}
    if "worlds" in document:
        headings |= {"recall_least": "worst recall", "precision_least": "worst precision"}
    else:
        headings |= {
            "rings": "rings",
            "found": "found",
            "accounts": "accounts",
            "named": "flagged",
        }
    write_table("Rings", headings, rows)


def _write_look_alikes(document: Mapping[str, Any]) -> None:
    rows = [
        {"name": name or "(no kind)", **_flat(row)}
        for name, row in document["look_alikes_by_kind"].items()
    ]
    if not rows:
        return
    headings = {"name": "kind", "share": "share flagged", "worst_share": "worst group"}
    if "worlds" in document:
        headings["share_most"] = "worst world"
    else:
        headings |= {"groups": "groups", "accounts": "accounts", "flagged": "flagged"}
    write_table("Innocent look-alikes (better left alone)", headings, rows)


def _write_beside(title: str, document: Mapping[str, Any], methods: Mapping[str, Any]) -> None:
    if not methods:
        return
    own = {
        "name": "ringwatch",
        "flagged": _number(_at(document, ("account", "flagged"))),
        "precision": _number(_at(document, ("account", "precision"))),
        "recall": _number(_at(document, ("account", "recall"))),
        "average_precision": _number(_at(document, ("account", "average_precision"))),
        "recall_at_jaccard_0.5": _number(_at(document, ("rings", "recall_at_jaccard_0.5"))),
        "look_alike_worst_share": _number(_at(document, ("look_alike_worst_share",))),
        "seconds": _number(_at(document, ("seconds", "detect"))),
    }
    rows = [own, *({"name": name, **_flat(row)} for name, row in methods.items())]
    for row in rows:
        if not isinstance(row.get("left_out"), str):
            row["left_out"] = ", ".join(row.get("left_out") or ())
    write_table(title, _BESIDE, rows)


def _write_seconds(seconds: Mapping[str, Any]) -> None:
    if seconds:
        rows = [{"name": name, "seconds": _number(value)} for name, value in seconds.items()]
        write_table("What it took", {"name": "part", "seconds": "seconds"}, rows)


def _row(name: str, value: object) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return {"name": name, **value}
    return {"name": name, "value": value}


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row whose intervals became their values, their worst and best beside them."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        flat[name] = _number(value)
        if isinstance(value, Mapping):
            flat |= {f"{name}_{end}": value[end] for end in ("least", "most") if end in value}
    return flat


def _number(value: Any) -> Any:  # noqa: ANN401 - a document's own
    return value["value"] if isinstance(value, Mapping) and "value" in value else value


def _at(document: Mapping[str, Any], keys: tuple[str, ...]) -> Any:  # noqa: ANN401
    value: Any = document
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
