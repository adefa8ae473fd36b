"""One sentence on a cluster: its strongest reason, and what was seen against what chance gives."""

from __future__ import annotations

from collections.abc import Sequence

from algorithms.scoring import BEYOND_CHANCE, Facts, Measured, met


def headline(facts: Facts, reasons: Sequence[Measured]) -> str:
    """The strongest reason for suspicion, with an observed and an expected count.

    Where the members meet beyond chance, that is the count; else what the tested pairs did
    together; and where no pair has an expectation, as with carried values and contacts, the
    sentence says so.

    Args:
        facts: the cluster's measured values.
        reasons: what `algorithms.scoring.score` found, strongest first.
    """
    strongest = next(each for each in reasons if each.kind == "for")
    if strongest.name == BEYOND_CHANCE:
        return strongest.says
    return f"{strongest.says}; {against_chance(facts)}"


def against_chance(facts: Facts) -> str:
    """Observed against expected, of the best that was tested."""
    if facts["log10_p"] < 0:
        return met(facts)
    if facts["pairs_expected"] is not None:
        return (
            f"its tested pairs did the same {facts['pairs_seen']} times,"
            f" where chance would give them {facts['pairs_expected']:.2g}"
        )
    untested = "its pairs are not tested against chance"
    # Members who never act where others do were not looked at as a group either.
    return f"{untested}; {met(facts)}" if facts["expected"] > 0 else untested
