"""Two-sided propagation: near the known-bad, near the known-good, or neither."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from graph.model import InteractionGraph, Ranking, kernel

Seeds = Collection[str] | Mapping[str, float]


def seed_propagation(graph: InteractionGraph, *, bad: Seeds, good: Seeds = ()) -> Ranking:
    """How much nearer each account is to the known-bad than to the known-good, in [-1, 1].

    1 or -1 is the most extreme account of this graph, 0 has no path from any seed (or equal pull
    from both). The residual form of SybilSCAR, `p = q + 2 w A p`, with `q` the seeds (bad above 0,
    good below), `A` the weights (layers summed) and `w = 0.3 / lambda_max(A)`, which converges on
    any graph. In a directed graph suspicion comes to who acts on the bad, and trust to whom the
    good act on (GANG); `lambda_max` is then the largest singular value.

    Args:
        graph: any graph with weights of at least 0.
        bad: known-bad accounts; a mapping gives each its weight.
        good: known-good accounts, likewise.

    Raises:
        ValueError: a seed is no account of the graph or is both bad and good, there is no seed, or
            a weight is out of range.

    Source: Wang, Zhang and Gong 2017 (SybilSCAR); Wang, Gong and Fu 2017 (GANG); the choice of `w`
        is the house's.
    """
    suspects, trusted = _weights(bad), _weights(good)
    both = sorted(suspects.keys() & trusted.keys())
    if both:
        message = f"{len(both)} seeds are both bad and good, the first {both[0]!r}"
        raise ValueError(message)
    if not suspects and not trusted:
        message = "there is no seed: name accounts in `bad`, in `good` or in both"
        raise ValueError(message)
    scores = kernel(graph, "seed-propagation")(graph, bad=suspects, good=trusted)
    return Ranking(scores, method="seed-propagation")


def _weights(seeds: Seeds) -> dict[str, float]:
    weights = dict(seeds) if isinstance(seeds, Mapping) else dict.fromkeys(seeds, 1.0)
    for name, weight in weights.items():
        if not 0 < weight < float("inf"):
            message = f"seed {name!r} has weight {weight}; a seed's weight is above 0"
            raise ValueError(message)
    return weights
