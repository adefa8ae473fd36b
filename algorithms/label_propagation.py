"""Label propagation: each account joins whom most of its neighbours have joined."""

from __future__ import annotations

from graph.model import Clustering, InteractionGraph, kernel


def label_propagation(graph: InteractionGraph, *, rounds: int = 10) -> Clustering:
    """Accounts that bear one label after `rounds` synchronous rounds, as LDBC defines it.

    Each account starts with its own id as its label. In each round all accounts at once take the
    label most frequent among those who act on them and on whom they act, the least of equals; a
    neighbour in both directions counts twice. Weights and self-loops do not matter, layers of an
    edge are one edge. The labels of a two-sided part may swap for ever; then the answer is that of
    the last round. A cluster is named by its least account and need not be connected.

    Raises:
        ValueError: `rounds` is below 0.

    Source: LDBC Graphalytics (CDLP), after Raghavan, Albert and Kumara 2007.
    """
    _refuse_odd_rounds(rounds)
    members = kernel(graph, "label-propagation")(graph, rounds=rounds)
    return Clustering(members, method="label-propagation")


def semi_synchronous_label_propagation(
    graph: InteractionGraph, *, rounds: int = 8, seed: int = 0
) -> Clustering:
    """Accounts that bear one label after `rounds` rounds in which about half of them move.

    Weighted: the label with the greatest summed weight among the neighbours wins, the least of
    equals. In round r (from 0) move just the accounts whose bit r (modulo 256) of the SHA-256 of
    `seed`, a line feed and the id is 1, so that neighbours seldom swap labels and every engine
    moves the same accounts. Weights are summed as whole multiples of 2**-20. Directions and
    self-loops do not matter. A cluster is named by its least account.

    Raises:
        ValueError: `rounds` is below 0, or a weight is out of range.

    Source: after Cordasco and Gargano 2010, with a fixed toss in place of a colouring.
    """
    _refuse_odd_rounds(rounds)
    members = kernel(graph, "semi-synchronous-label-propagation")(graph, rounds=rounds, seed=seed)
    return Clustering(members, method="semi-synchronous-label-propagation")


def _refuse_odd_rounds(rounds: int) -> None:
    if rounds < 0:
        message = f"`rounds` is at least 0, not {rounds}"
        raise ValueError(message)
