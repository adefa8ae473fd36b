"""Observed against expected of a layer, as a run tells it to people (`docs/calibration.md`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from algorithms.calibration import TENTHS

_RATIO = "observed / expected "


def against_expected(facts: Mapping[str, Any]) -> Iterator[str]:
    """A line a window, where the layer compared all pairs of accounts drawn at random.

    First what all of them met against what was expected, then the same by tenths of the pairs,
    those of whom least is expected first and a dash where that is too little to tell, then the
    dispersion: how much more such counts vary than chance alone would have it, relative to the
    squared mean. `docs/calibration.md` says how to read them.

    Args:
        facts: a layer's, as the manifest's summary keeps them.
    """
    for name, ratio in facts.items():
        of = name.removeprefix(_RATIO)
        if of == name or ", tenth " in name:
            continue
        tenths = [facts.get(f"{name}, tenth {tenth + 1}") for tenth in range(TENTHS)]
        told = " ".join("-" if tenth is None else f"{tenth:.2f}" for tenth in tenths)
        dispersion = facts.get(f"dispersion {of}")
        varied = "not told by so few" if dispersion is None else f"{dispersion:.2f}"
        yield (
            f"any pair's meetings {of} / those expected: {ratio:.2f};"
            f" by tenths, least expected first: {told}; dispersion {varied}"
        )
