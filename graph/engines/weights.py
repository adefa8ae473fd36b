"""Which weights an edge may have."""

from __future__ import annotations

from graph.model import InteractionGraph

_TOO_HEAVY = 2**32
"""As a whole number of 2**-20 it stays exact in a double, with room for sums."""


def refuse_odd_weights(graph: InteractionGraph) -> None:
    """Let pass only weights of at least 0 and below 2**32.

    Raises:
        ValueError: an edge has another weight; the first such edge is named.
    """
    odd = graph.engine.query(
        "select src, dst, layer, weight from {edges}"
        " where not (weight >= 0 and weight < $too_heavy) order by src, dst, layer limit 1",
        {"too_heavy": _TOO_HEAVY},
        edges=graph.edges,
    ).to_pylist()
    if odd:
        edge = odd[0]
        message = (
            f"edge {edge['src']!r} to {edge['dst']!r} in layer {edge['layer']!r} has weight"
            f" {edge['weight']}; a weight is at least 0 and below 2**32"
        )
        raise ValueError(message)
