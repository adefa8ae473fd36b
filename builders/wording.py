"""What bounds left out of copied text, in words."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from builders.normal_text import normal_texts, spaced_words, text_key
from graph.texts import Reading

READING = Reading(normals=normal_texts, words=spaced_words, key=text_key)
"""How the house reads texts."""

_BOUNDS = {
    "viral": "hub-accounts",
    "viral-rest": "hub-accounts-rest",
    "worn": "hub-accounts-retold",
    "short": "at-least-words",
}


def left_out_bounds(
    left_out: pa.Table, *, layer: str, hub_accounts: int, at_least_words: int
) -> Iterator[dict[str, object]]:
    """`BOUNDS` rows of viral, worn and short texts, from `LEFT_OUT` (which names few of them)."""
    viral = f"joins nobody: it and texts like it have more than {hub_accounts} accounts"
    says = {
        "viral": viral,
        "viral-rest": f"{viral}, each of them",
        "worn": f"join only what has the same words: more than {hub_accounts} accounts retell"
        " each of them in others",
        "short": f"join nobody: fewer than {at_least_words} distinct words, alike by chance",
    }
    for row in left_out.to_pylist():
        together = f"{row['texts']} {'further ' if row['bound'] == 'viral-rest' else ''}texts"
        yield {
            "layer": layer,
            "bound": _BOUNDS[row["bound"]],
            "subject": row["subject"] if row["bound"] == "viral" else together,
            "accounts": row["accounts"],
            "interactions": row["posts"],
            "pairs_not_counted": row["pairs"],
            "says": says[row["bound"]],
        }


def ignored_bounds(unread: pa.Table, *, layer: str) -> Iterator[dict[str, object]]:
    """`BOUNDS` rows of actions whose texts were not read."""
    for row in unread.to_pylist():
        yield {
            "layer": layer,
            "bound": "ignored-action",
            "subject": row["action"],
            "accounts": row["accounts"],
            "interactions": row["interactions"],
            "pairs_not_counted": row["interactions"] * (row["interactions"] - 1) // 2,
            "says": "not read: its text is somebody else's",
        }
