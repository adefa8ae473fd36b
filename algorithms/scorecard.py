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


def _log10(value: float | None, *, plus: float = 0.0) -> float | None:
    return None if value is None else math.log10(value + plus)


def _layer(name: str) -> Callable[[Facts], float]:
    return lambda facts: float(name in facts["layers"].split(","))


def _loyalty(
    unevenness: float | None, attendance: float | None, objects: float | None
) -> float | None:
    if unevenness is None or attendance is None or objects is None:
        return None
    return loyalty(float(unevenness), float(attendance), float(objects))


def _early(standard_errors: float | None) -> float | None:
    """Ten standard errors are as sure as a hundred, which a long extract has."""
    return None if standard_errors is None else min(max(float(standard_errors), -10.0), 10.0)


def _slow(joint_share: float, delay_seconds: float | None) -> float | None:
    return None if delay_seconds is None else joint_share * math.log10(1.0 + delay_seconds)


def _partners(facts: Facts) -> float:
    """A member's partners, each by the strength of the tie: 0.1 and less are nobody."""
    return math.log10(facts["tie_strength"] * facts["accounts"] + 0.1)


TERMS: tuple[Term, ...] = (
    Term(
        "leak",
        -1,
        lambda f: _log10(f["conductance"], plus=0.01),
        "how much of its edge weight leads outside",
    ),
    Term("ties", 1, lambda f: f["tie_strength"], "how strongly its members are joined"),
    Term("density", 1, lambda f: f["density"], "how many of its pairs are joined"),
    Term("size", 0, lambda f: _log10(f["accounts"]), "how many members"),
    Term(
        "surprise",
        1,
        lambda f: min(-f["log10_p"], 40.0) / 40.0,
        "how unlikely its meetings are after any search",
    ),
    Term("focus", 1, lambda f: f["joint_share"], "share of the members' acts that are joint"),
    Term("exclusive", 1, lambda f: f["exclusivity"], "share of an object's audience in it"),
    Term("audience", -1, lambda f: f["audience"], "arrivals shaped like an audience's"),
    Term("start", -1, lambda f: f["reaction"], "arrivals densest right after the first"),
    Term("breadth", -1, lambda f: f["breadth"], "members act on as many other things as others"),
    Term("ages", -1, lambda f: f["ages"], "accounts made as far apart as others"),
    Term(
        "loyalty",
        -1,
        lambda f: _loyalty(f["unevenness"], f["attendance"], f["regular_objects"]),
        "some come always and some seldom, over many objects: loyalty, and no order",
    ),
    Term("attendance", 0, lambda f: f["attendance"], "share of the regular objects attended"),
    Term(
        "regular",
        0,
        lambda f: _log10(f["regular_objects"], plus=1.0),
        "how many objects a quarter of them attend",
    ),
    Term("text", 1, _layer("copied-text"), "joined by copied words"),
    Term("traits", 1, _layer("shared-traits"), "joined by devices, addresses or other traits"),
    Term("cohort", 1, _layer("swarm"), "made together and come together"),
    Term(
        "early",
        -1,
        lambda f: _early(f["early"]),
        "they come early rather than late to what they share, as whoever looks by chance",
        added=True,
    ),
    Term(
        "slow",
        -1,
        lambda f: _slow(f["joint_share"], f["delay_seconds"]),
        "much of what they do is joint, and at leisure, as among people of one interest",
        added=True,
    ),
    Term(
        "close",
        -1,
        lambda f: _layer("mutual-ring")(f) * f["tie_strength"],
        "close-knit people who act on one another, as friends and colleagues do",
        added=True,
    ),
    Term("mutual", -1, _layer("mutual-ring"), "they act on one another, as friends do", added=True),
    Term(
        "partners",
        1,
        _partners,
        "how many others a member is joined to, each by the strength of the tie",
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
        "days",
        1,
        lambda f: f["joint_days"],
        "share of the days on which they act at all that have a joint act",
        added=True,
    ),
    Term(
        "life",
        -1,
        lambda f: _log10(f["life"], plus=0.05),
        "they do as many other things as an account of this extract does things at all",
        added=True,
    ),
    Term(
        "things",
        -1,
        lambda f: math.log10(max(f["joint_things"], 1e-4)),
        "how much there is that they share: an order names few things, a common interest many",
        added=True,
    ),
    Term(
        "acquainted", -1, lambda f: f["acquaintances"], "a circle who come as they look", added=True
    ),
    Term("flash", -1, lambda f: f["flash_crowd"], "a part of one event's crowd", added=True),
    Term(
        "follow", -1, lambda f: f["following"], "they follow a source, each as a person", added=True
    ),
)
"""Every term, in the order in which a reader meets them."""

ADDED = frozenset(term.name for term in TERMS if term.added)
"""Terms that a card, or a run, of an earlier version lacks."""

DROPPED = frozenset({"circle", "looking", "tenth"})
"""Terms of earlier versions: others say what they said."""


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
    said = {name: _log_odds(value, card.weights[name]) for name, value in values.items()}
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


def _log_odds(value: float | None, weight: Weight) -> float:
    if value is None or math.isnan(value):
        return 0.0
    return weight.log_odds * min(max((value - weight.mean) / weight.scale, -CLIP), CLIP)


def _sigmoid(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-log_odds))
