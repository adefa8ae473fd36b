"""How the shipped card says what it was fitted on, and how it is judged on what was left out."""

from __future__ import annotations

import numpy as np
import pytest

from algorithms.fitting import fitted, out_of_fold, scaled
from algorithms.refitting import card_log_odds, units
from algorithms.scorecard import TERMS
from benchmarks.scorecard import calls, log_loss, told_short, worths
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
    values, rings, worlds = taught(worlds=3, clusters=400)
    folds = np.asarray(worlds)
    here = folds == "w1"
    given = scaled(values, values.mean(axis=0), values.std(axis=0))

    loss = log_loss(out_of_fold(given, rings, folds, 1.0), rings)

    # What the other worlds say does not depend on what is true in this one, its loss does.
    other = np.where(here, 1 - rings, rings)
    turned = log_loss(out_of_fold(given, other, folds, 1.0), other)
    likely = np.exp(-loss[here])
    assert np.exp(-turned[here]) == pytest.approx(1 - likely, abs=1e-9)
    assert loss.mean() < 0.5 * np.log(2)
    # A card that has seen the cluster knows it better.
    card = fitted(values, rings, worlds, made_of="a test")
    said = card_log_odds(values, card)
    assert np.mean(np.logaddexp(0.0, said) - rings * said) < loss.mean()
    # A value beyond where its term stops counts as that.
    bent = np.minimum(values, [term.most for term in TERMS])
    assert units(card)[0] == pytest.approx(bent.mean(axis=0))


def test_a_term_that_tells_rings_is_worth_something_and_one_that_is_nought_is_worth_nothing():
    values, rings, worlds = taught(worlds=3, clusters=100)
    given = scaled(values, values.mean(axis=0), values.std(axis=0))
    given[:, -1] = 0.0

    found = dict(worths(given, rings, np.asarray(worlds)))

    assert set(found) == {term.name for term in TERMS}
    assert found[TERMS[-1].name] == 0.0
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert found[TERMS[0].name] == max(found.values()) > 0.01


def test_what_would_be_called_is_told_of_accounts_of_clusters_and_of_worlds():
    log_odds = np.array([2.0, 2.0, 0.5, 0.0, -1.0])
    rings = np.array([1.0, 0.0, 1.0, 1.0, 0.0])
    accounts = np.array([30, 10, 20, 50, 7])

    half, six, seven = calls(log_odds, rings, accounts, ["a", "a", "b", "b", "c"])

    told = "  at 0.5: precision 0.909, recall 1.000; 1 of 2 innocents called, 0 of 3 rings missed,"
    assert half == f"{told} 1 of 3 worlds with an innocent called"
    assert "precision 0.833, recall 0.500" in six
    assert "precision 0.750, recall 0.300" in seven
