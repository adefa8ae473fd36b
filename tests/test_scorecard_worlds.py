"""How the shipped card says what it was fitted on, and how it is judged on what was left out."""

from __future__ import annotations

import numpy as np
import pytest

from algorithms.fitting import fitted, scaled
from algorithms.refitting import card_log_odds, units
from benchmarks.scorecard import left_out_loss, told_short
from tests.test_scorecard import taught

pytestmark = pytest.mark.local_only


@pytest.mark.parametrize(
    ("worlds", "told"),
    [
        (["own-7"], "own 7"),
        (["own-7", "own-8"], "own 7-8"),
        (["flat-11", "flat-12", "flat-13", "own-7"], "flat 11-13, own 7"),
        # By number and not by letter, or 9 would not be followed by 10.
        (["own-10", "own-11", "own-9"], "own 9-11"),
        (["own-1", "own-2", "own-4", "own-6", "own-7"], "own 1-2, own 4, own 6-7"),
        (["held-out-31", "held-out-32", "held-out-51"], "held-out 31-32, held-out 51"),
        ([], ""),
    ],
)
def test_seeds_that_follow_one_another_are_told_by_the_first_and_the_last(worlds, told):
    assert told_short(worlds) == told


def test_what_is_told_short_names_every_world_and_no_other():
    worlds = {f"{kind}-{seed}" for kind in ("own", "held-out") for seed in (3, 4, 5, 9, 20, 21)}

    again = set()
    for part in told_short(sorted(worlds)).split(", "):
        kind, _, seeds = part.rpartition(" ")
        first, _, last = seeds.partition("-")
        again |= {f"{kind}-{seed}" for seed in range(int(first), int(last or first) + 1)}

    assert again == worlds


def test_the_loss_of_a_cluster_is_by_a_card_that_saw_no_cluster_of_its_fold():
    values, rings, worlds = taught(worlds=3, clusters=100)
    folds = np.asarray(worlds)
    here = folds == "w1"
    given = scaled(values, values.mean(axis=0), values.std(axis=0))

    loss = left_out_loss(given, rings, folds)

    # What the other worlds say does not depend on what is true in this one, its loss does.
    turned = left_out_loss(given, np.where(here, 1 - rings, rings), folds)
    likely = np.exp(-loss[here])
    assert np.exp(-turned[here]) == pytest.approx(1 - likely, abs=1e-9)
    assert loss.mean() < 0.75 * np.log(2)
    # A card that has seen the cluster knows it better.
    card = fitted(values, rings, worlds, made_of="a test")
    said = card_log_odds(values, card)
    assert np.mean(np.logaddexp(0.0, said) - rings * said) < loss.mean()
    assert units(card)[0] == pytest.approx(values.mean(axis=0))
