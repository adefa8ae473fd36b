"""One sentence on a cluster: its strongest reason, and what was seen against what chance gives."""

from __future__ import annotations

from collections.abc import Sequence

from algorithms.figures import several
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
    beside = against_chance(facts)
    strongest = next((each for each in reasons if each.kind == "for"), None)
    if strongest is None:
        return beside
    return strongest.says if strongest.name == BEYOND_CHANCE else f"{strongest.says}; {beside}"


def against_chance(facts: Facts) -> str:
    """Observed against expected, of the best that was tested."""
    if facts["log10_p"] < 0:
        return met(facts)
    if facts["pairs_expected"] is not None:
        return (
            f"its tested pairs did the same {several(facts['pairs_seen'], 'time')},"
            f" where chance would give them {facts['pairs_expected']:.2g}"
        )
    # Members who never act where others do were not looked at as a group either.
    if facts["expected"] <= 0:
        return _untested(facts["pairs_log10_p"])
    searched = ", which a search among all groups as large could find by chance"
    found = searched if facts["meetings"] > facts["expected"] else ""
    return f"{_untested(facts['pairs_log10_p'])}; {met(facts)}{found}"


def _untested(log10_p: float | None) -> str:
    """What there is in place of an expected count: a value or a cohort has a p-value alone."""
    if log10_p is None:
        return "its pairs are not tested against chance"
    return f"log10 p of what joins a pair is {log10_p:.1f} at the median, without an expected count"
