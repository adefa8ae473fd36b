"""Figures in sentences have no exponents and no long tails."""

import pytest

from algorithms.figures import duration, figure


@pytest.mark.parametrize(
    ("value", "figures", "shown"),
    [
        (0.0, 3, "0"),
        (0.421234, 3, "0.421"),
        (12.345, 3, "12.3"),
        (99.7, 2, "100"),
        (123.4, 2, "123"),
        (999.4, 3, "999"),
        (1234.5, 3, "1,234"),
        (1_234_567.0, 3, "1,234,567"),
        (0.000033, 2, "0.000033"),
        (-1234.6, 3, "-1,235"),
    ],
)
def test_a_figure_has_no_exponent(value, figures, shown):
    assert figure(value, figures) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.05, "0.05 s"),
        (90, "90 s"),
        (210, "3.5 min"),
        (73_800, "20.5 h"),
        (1_036_800, "12 days"),
        (1_230 * 86_400, "1,230 days"),
    ],
)
def test_a_duration_is_told_in_its_own_unit(seconds, shown):
    assert duration(seconds) == shown
