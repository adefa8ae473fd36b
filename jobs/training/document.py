"""A training as one JSON document: the same keys always, null where a number is undefined."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from algorithms.ranking_measures import wilson
from algorithms.refitting import Refitted
from algorithms.scorecard import TERMS
from algorithms.scorecard_text import card_digest, default_card
from jobs.evaluation.intervals import Interval
from jobs.training.examples import Examples, values_of
from jobs.training.measures import Card, Floats, Ints, outcome
from jobs.training.splits import FOLDS, SHARED, Split
from review.manifest import versions

SCHEMA = 1
_BINS = 5


def document_of(
    examples: Examples, parted: Split, fit: Refitted, *, trained: Card, shipped: Card
) -> dict[str, Any]:
    """All that is known of a trained card (`docs/training.md`).

    Args:
        examples: the decisions.
        parted: how they were parted.
        fit: what was learned.
        trained: the new card on the test.
        shipped: the shipped card on the same.
    """
    confirmed = np.array([each.confirmed for each in examples.used])
    difference = trained.beside(shipped)
    learned = [examples.used[place] for place in parted.train]
    return {
        "schema": SCHEMA,
        "version": versions().get("ringwatch"),
        "seed": trained.judged.seed,
        "decisions": _decisions(examples, parted),
        "split": {
            "cut": moment(parted.cut),
            "train": _side(parted.train, parted, confirmed),
            "test": _side(parted.test, parted, confirmed),
            "later_of_known_campaigns": parted.known,
        },
        "fit": {
            "ridge": fit.ridge,
            "folds": FOLDS,
            "tried": [{"ridge": ridge, "log_loss": loss} for ridge, loss in fit.losses.items()],
            "calibration": {"shift": fit.shift, "slope": fit.slope},
        },
        "test": {
            "prevalence": _rounded(trained.judged.prevalence),
            "trained": _told(trained.measures),
            "shipped": _told(shipped.measures),
            "difference": _told(difference),
        },
        "outcome": outcome(difference),
        "reliability": {"trained": _reliability(trained), "shipped": _reliability(shipped)},
        "terms": _terms(fit, values_of(learned)),
        "card": {"made_of": fit.card.made_of, "sha256": card_digest(fit.card)},
    }


def moment(ms: int) -> str:
    """A time in UTC, to the second."""
    return datetime.fromtimestamp(ms / 1000, tz=UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _decisions(examples: Examples, parted: Split) -> dict[str, Any]:
    used = examples.used
    confirmed = sum(each.confirmed for each in used)
    return {
        "read": examples.read,
        "used": len(used),
        "confirmed": confirmed,
        "dismissed": len(used) - confirmed,
        "left_out": dict(examples.left_out),
        "campaigns": len(set(parted.campaigns)),
        "accounts_that_join_a_campaign": SHARED,
        "runs": len({each.run for each in used}),
        "deciders": len({each.decided_by for each in used}),
        "first": moment(used[0].decided_at),
        "last": moment(used[-1].decided_at),
    }


def _side(places: Ints, parted: Split, confirmed: npt.NDArray[np.bool_]) -> dict[str, int]:
    return {
        "decisions": len(places),
        "confirmed": int(confirmed[places].sum()),
        "campaigns": len(set(parted.campaigns[places])),
    }


def _told(measures: dict[str, Interval]) -> dict[str, dict[str, float | None]]:
    return {
        name: {end: _rounded(value) for end, value in asdict(each).items()}
        for name, each in measures.items()
    }


def _reliability(card: Card) -> list[dict[str, float | int]]:
    """What was expected and what came true, in groups of like expectation; Wilson's interval."""
    order = np.argsort(card.log_odds, kind="stable")
    chance = 1.0 / (1.0 + np.exp(-card.log_odds))
    rows = []
    for places in np.array_split(order, min(_BINS, len(order))):
        hits = int(card.judged.rings[places].sum())
        low, high = wilson(hits, len(places))
        rows.append(
            {
                "clusters": len(places),
                "expected": round(float(chance[places].mean()), 6),
                "confirmed": round(hits / len(places), 6),
                "low": round(low, 6),
                "high": round(high, 6),
            }
        )
    return rows


def _terms(fit: Refitted, values: Floats) -> list[dict[str, Any]]:
    """Each term in both cards, and its values in what was learned from: a reference for drift."""
    rows = []
    for place, term in enumerate(TERMS):
        known = values[~np.isnan(values[:, place]), place]
        low, middle, high = np.quantile(known, [0.05, 0.5, 0.95]) if len(known) else [None] * 3
        rows.append(
            {
                "name": term.name,
                "says": term.says,
                "shipped": _rounded(default_card().weights[term.name].log_odds),
                "trained": _rounded(fit.card.weights[term.name].log_odds),
                "known": round(len(known) / len(values), 6),
                "p05": _rounded(low),
                "median": _rounded(middle),
                "p95": _rounded(high),
            }
        )
    return rows


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 6) + 0.0
