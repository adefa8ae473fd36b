"""The tempi of held-out rings: each its own shape, all of the width that was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from builders.simulation.tempo import TEMPI, arrivals, arrivals_by_target, drawn_tempo

MINUTE = 60_000


def drawn(tempo: str, count: int = 600) -> np.ndarray:
    """Thirty orders of one tempo, one minute wide."""
    return np.stack(
        [arrivals(np.random.default_rng(seed), tempo, count, width_ms=MINUTE) for seed in range(30)]
    )


@pytest.mark.parametrize("tempo", TEMPI)
def test_about_nine_acts_in_ten_come_within_the_width_and_none_before_the_order(tempo):
    at = drawn(tempo)

    assert (at <= MINUTE).mean() == pytest.approx(0.9, abs=0.11)
    assert at.min() >= 0


@pytest.mark.parametrize("tempo", TEMPI)
def test_an_order_comes_in_no_order_of_accounts(tempo):
    at = drawn(tempo)

    halves = at[:, : at.shape[1] // 2].mean(), at[:, at.shape[1] // 2 :].mean()
    assert halves[0] == pytest.approx(halves[1], rel=0.1)


def test_tempi_differ_in_where_most_acts_lie():
    middle = {tempo: float(np.median(drawn(tempo)) / MINUTE) for tempo in TEMPI}

    assert middle["exponential"] < middle["log-normal"] + 0.15
    assert middle["exponential"] < 0.35 < middle["normal"] < 0.6 < middle["deadline"]


def test_a_staircase_has_a_few_steps_and_a_queue_never_two_acts_at_once():
    batches = np.sort(drawn("staircase"), axis=1)
    queue = np.sort(drawn("queue"), axis=1)

    for row in batches:
        assert 2 <= (np.diff(row) > 0.04 * MINUTE).sum() <= 8
    assert np.diff(queue, axis=1).min() > 0.2 * MINUTE / 600


@pytest.mark.parametrize("tempo", TEMPI)
def test_every_order_has_its_own_width_and_an_order_that_nobody_joins_costs_nothing(tempo):
    what = np.repeat([0, 2], 500)
    width = np.array([MINUTE, MINUTE, 100.0 * MINUTE])

    at = arrivals_by_target(np.random.default_rng(3), tempo, what, 3, width_ms=width)

    assert np.quantile(at[:500], 0.7) < MINUTE < np.quantile(at[500:], 0.3)
    assert len(arrivals(np.random.default_rng(3), tempo, 0, width_ms=MINUTE)) == 0


def test_every_tempo_is_drawn_and_an_unknown_one_is_refused():
    rng = np.random.default_rng(1)

    assert {drawn_tempo(rng) for _ in range(200)} == set(TEMPI)
    with pytest.raises(KeyError, match="waltz"):
        arrivals(rng, "waltz", 5, width_ms=MINUTE)
