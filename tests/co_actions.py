"""Co-action graphs as plain values, for tests."""

from __future__ import annotations

COUNTS = ("src_count", "dst_count", "objects", "object_days", "post_pairs", "first_at", "last_at")


def edges(coaction):
    """Each edge's weight by its pair."""
    return {(row["src"], row["dst"]): row["weight"] for row in coaction.graph.edges.rows()}


def counts(coaction):
    """Each edge's counts by its pair, in the order of `COUNTS`."""
    return {
        (row["src"], row["dst"]): tuple(row[name] for name in COUNTS)
        for row in coaction.graph.edges.rows()
    }
