"""Draw the table of arrival shapes that `algorithms/explain/shapes.py` ships.

    python benchmarks/arrival_shapes.py > algorithms/explain/shape_table.py

For each family of arrivals and each number of members, 4,000 seeded draws give the mean and the
spread of the logarithms of three ratios of shortest intervals. The family's scale plays no part:
a ratio does not change when a clock is stretched.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from algorithms.explain.shapes import MEMBERS, log_ratios, stretches

DRAWS = 4000
SEED = 20_250_301

Rng = np.random.Generator
FAMILIES: dict[str, Callable[[Rng, tuple[int, int]], np.ndarray]] = {
    "uniform": lambda rng, size: rng.random(size),
    "normal": lambda rng, size: rng.normal(size=size),
    "exponential": lambda rng, size: rng.exponential(size=size),
    "log-normal 1.2": lambda rng, size: np.exp(rng.normal(0.0, 1.2, size)),
    "log-normal 1.5": lambda rng, size: np.exp(rng.normal(0.0, 1.5, size)),
    "log-normal 2.0": lambda rng, size: np.exp(rng.normal(0.0, 2.0, size)),
    "log-normal 2.5": lambda rng, size: np.exp(rng.normal(0.0, 2.5, size)),
    "log-normal 3.0": lambda rng, size: np.exp(rng.normal(0.0, 3.0, size)),
}


def shape(family: str, members: int, *, draws: int = DRAWS) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the three log-ratios, for one family and number."""
    place = list(FAMILIES).index(family)
    rng = np.random.default_rng([SEED, place, members])
    ordered = np.sort(FAMILIES[family](rng, (draws, members)), axis=1)
    ratios = log_ratios(np.array([stretches(row).shortest for row in ordered]))
    return ratios.mean(axis=0), ratios.std(axis=0)


def written() -> str:
    """The table as a module."""
    lines = [
        '"""Made by `benchmarks/arrival_shapes.py`: do not edit.',
        "",
        "For each family, a row for each of `shapes.MEMBERS`: the means of the three log-ratios,",
        "then their standard deviations.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "SHAPES: dict[str, tuple[tuple[float, ...], ...]] = {",
    ]
    for family in FAMILIES:
        lines.append(f'    "{family}": (')
        for members in MEMBERS:
            mean, spread = shape(family, members)
            cells = ", ".join(f"{value:.4f}" for value in (*mean, *spread))
            lines.append(f"        ({cells}),")
        lines.append("    ),")
    return "\n".join([*lines, "}", ""])


if __name__ == "__main__":
    sys.stdout.write(written())
