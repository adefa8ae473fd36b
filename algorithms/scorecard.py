"""Expected precision of a cluster: additive log-odds, learned where the truth is known.

A scorecard is a logistic regression over a few measured terms, each with a sign that was fixed
before anything was fitted, so that a term can only speak the way its meaning says. It is fitted on
planted worlds of several generators (`benchmarks/scorecard.py`) or on reviewers' decisions
(`ringwatch train`), and calibrated on worlds that it was not fitted on. A term that an extract
cannot give counts nought.

Source: Nelder and Wedderburn 1972; Zadrozny and Elkan 2002 for calibration by binning.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from algorithms.attendance import loyalty

Facts = Mapping[str, Any]
"""One cluster's measured values by name; see `jobs/measure.py` for the columns."""

CLIP = 4.0
"""Standard deviations beyond which a value says no more."""

FEW = 8
"""Members up to which a cluster's interval is that of clusters as small: of `few_bins`."""


@dataclass(frozen=True, slots=True)
class Term:
    """One measured term: how it is read off a cluster, and which way it may speak."""

    name: str
    sign: Literal[-1, 0, 1]
    """1: more of it speaks for a ring; -1: against; 0: learned."""
    value: Callable[[Facts], float | None]
    says: str
    added: bool = False
    """Measured later than others: a card without it was fitted before, and gives it no weight."""
    most: float = math.inf
    """More of it says no more."""


def _log10(value: float | None, *, plus: float = 0.0) -> float | None:
    return None if value is None else math.log10(value + plus)


def _layer(name: str) -> Callable[[Facts], float]:
    return lambda facts: float(name in facts["joined_by"].split(","))


def _loyalty(
    unevenness: float | None, attendance: float | None, objects: float | None
) -> float | None:
    if unevenness is None or attendance is None or objects is None:
        return None
    return loyalty(float(unevenness), float(attendance), float(objects))


def _watching(joint_days: float, standard_errors: float | None) -> float | None:
    """Ten standard errors are as sure as a hundred, which a long extract has."""
    if standard_errors is None:
        return None
    return joint_days * min(max(float(standard_errors), -10.0), 10.0)


def _slow(joint_share: float, delay_seconds: float | None) -> float | None:
    return None if delay_seconds is None else joint_share * math.log10(1.0 + delay_seconds)


def _spread(low_seconds: float | None, high_seconds: float | None) -> float | None:
    if low_seconds is None or high_seconds is None:
        return None
    return math.log10(1.0 + high_seconds) - math.log10(1.0 + low_seconds)


def _strength(facts: Facts) -> float:
    """The mean weight of an edge; where a layer was left out, none may be joined any more."""
    return math.log10(max(facts["tie_strength"] / max(facts["density"], 1e-6), 1e-3))


def _pact(facts: Facts) -> float | None:
    if not _layer("mutual-ring")(facts):
        return 0.0
    exclusivity = facts["exclusivity"]
    return None if exclusivity is None else exclusivity * math.log10(facts["accounts"])


def _private(facts: Facts) -> float | None:
    return facts["exclusivity"] if _layer("shared-objects")(facts) else 0.0


TERMS: tuple[Term, ...] = (
    Term(
        "leak",
        -1,
        lambda f: _log10(f["conductance"], plus=0.01),
        "how much of its edge weight leads outside",
    ),
    Term("strength", 1, _strength, "how strong the ties of those who are joined are", added=True),
    Term("focus", 1, lambda f: f["joint_share"], "share of the members' acts that are joint"),
    Term(
        "days",
        1,
        lambda f: f["joint_days"],
        "share of the days on which they act at all that have a joint act",
        added=True,
    ),
    Term(
        "things",
        -1,
        lambda f: math.log10(max(f["joint_things"], 1e-4)),
        "how much there is that they share: an order names few things, a common interest many",
        added=True,
        most=-0.6,
    ),
    Term(
        "slow",
        -1,
        lambda f: _slow(f["joint_share"], f["delay_seconds"]),
        "much of what they do is joint, and at leisure, as among people of one interest",
        added=True,
        most=3.5,
    ),
    Term(
        "spread",
        -1,
        lambda f: _spread(f["delay_low_seconds"], f["delay_high_seconds"]),
        "they meet now closely and now hours apart, as it happens, and not as somebody asked",
        added=True,
        most=1.0,
    ),
    Term(
        "watching",
        -1,
        lambda f: _watching(f["joint_days"], f["early"]),
        "day after day they come early to what they share, as whoever looks by chance",
        added=True,
        most=5.0,
    ),
    Term(
        "loyalty",
        -1,
        lambda f: _loyalty(f["unevenness"], f["attendance"], f["regular_objects"]),
        "some come always and some seldom, over many objects: loyalty, and no order",
    ),
    Term(
        "private",
        -1,
        _private,
        "what they come to within a time hardly anybody else comes to, as within a circle",
        added=True,
    ),
    Term("mutual", -1, _layer("mutual-ring"), "they act on one another, as friends do", added=True),
    Term(
        "pact",
        1,
        _pact,
        "they act on one another, many of them, and hardly anybody else acts on them",
        added=True,
    ),
    Term(
        "crowd",
        -1,
        lambda f: max(math.log10(f["accounts"]) - 2.0, 0.0),
        "more than a hundred, as publics are",
        added=True,
    ),
    Term(
        "acquainted", -1, lambda f: f["acquaintances"], "a circle who come as they look", added=True
    ),
    Term("text", 1, _layer("copied-text"), "joined by copied words"),
    Term("cohort", 1, _layer("swarm"), "made together and come together"),
)
"""Every term, in the order in which a reader meets them."""

ADDED = frozenset(term.name for term in TERMS if term.added)
"""Terms that a card, or a run, of an earlier version lacks."""

DROPPED = frozenset(
    (
        "ages", "attendance", "audience", "breadth", "circle", "close", "density", "early",
        "exclusive", "flash", "follow", "life", "looking", "partners", "regular", "size", "start",
        "surprise", "tenth", "ties", "traits",
    )
)  # fmt: skip
"""Terms of earlier versions: others say what they said, or they said nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """A term's place in a card: what it is compared with, its scale, and its log-odds."""

    mean: float
    scale: float
    log_odds: float


SILENT = Weight(mean=0.0, scale=1.0, log_odds=0.0)
"""The weight of a term that a card was fitted without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Clusters of like log-odds in worlds that the card was not fitted on."""

    up_to: float
    """The greatest log-odds of the bin; the last has infinity."""
    precision: float
    low: float
    high: float
    clusters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """A fitted card. `made_of` says on what, for people."""

    intercept: float
    weights: Mapping[str, Weight]
    bins: tuple[Bin, ...]
    made_of: str
    few_bins: tuple[Bin, ...] = ()
    """The bins of clusters of `FEW` members or fewer alone, if there were any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one term says of one cluster."""

    name: str
    value: float | None
    usual: float
    log_odds: float
    without: float
    """The expected precision if the term said nothing."""
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Of a hundred clusters like this, how many are rings: the estimate, its interval, its parts.

    The interval is Jeffreys', at 95 %, of the calibration clusters with like log-odds; for one of
    `FEW` members or fewer, of those as small, where the card knows any.
    """

    precision: float
    low: float
    high: float
    like: int
    parts: tuple[Part, ...]


def expected_precision(facts: Facts, card: Scorecard) -> Expected:
    """What a card says of a cluster.

    Args:
        facts: the cluster's measured values.
        card: the fitted card.
    """
    values = {term.name: term.value(facts) for term in TERMS}
    said = {
        term.name: _log_odds(values[term.name], term.most, card.weights[term.name])
        for term in TERMS
    }
    total = card.intercept + math.fsum(said.values())
    # What large clusters have taught is no evidence of small ones.
    few = facts["accounts"] <= FEW and card.few_bins
    nearest = next(each for each in few or card.bins if total <= each.up_to)
    parts = tuple(
        Part(
            name=term.name,
            value=values[term.name],
            usual=card.weights[term.name].mean,
            log_odds=round(said[term.name], 6) + 0.0,
            without=round(_sigmoid(total - said[term.name]), 6),
            says=term.says,
        )
        for term in TERMS
    )
    precision = round(_sigmoid(total), 6)
    return Expected(
        precision=precision,
        low=min(nearest.low, precision),
        high=max(nearest.high, precision),
        like=nearest.clusters,
        parts=tuple(sorted(parts, key=lambda part: (-abs(part.log_odds), part.name))),
    )


def _log_odds(value: float | None, most: float, weight: Weight) -> float:
    if value is None or math.isnan(value):
        return 0.0
    away = (min(value, most) - weight.mean) / weight.scale
    return weight.log_odds * min(max(away, -CLIP), CLIP)


def _sigmoid(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-log_odds))
