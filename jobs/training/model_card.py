"""The model card: what a trained scorecard was taught, how it did, and what it is not for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MEASURES = {
    "average_precision": "average precision",
    "precision_at_10": "precision at 10",
    "precision_at_25": "precision at 25",
    "precision_at_50": "precision at 50",
    "precision_at_100": "precision at 100",
    "brier": "Brier score (lower is better)",
    "calibration_slope": "calibration slope (1 is right)",
    "calibration_intercept": "calibration intercept (0 is right)",
}
"""What each measure is called, in the order in which people read them."""

_RELIABILITY = ("expected", "confirmed", "low", "high")
_OUTCOMES = {
    "better": "It is better than the shipped card on decisions that it did not learn from.",
    "no better": "It is no better than the shipped card on decisions that it did not learn from.",
    "worse": "It is worse than the shipped card on decisions that it did not learn from.",
}
_LIMITS = (
    "It speaks of clusters like those that were decided on. People decide on what they are shown,"
    " the most suspect first; what was never looked at is not in it, and the share of rings here"
    " is no prevalence.",
    "Its truth is what reviewers said. A habit of theirs, such as confirming whatever is large, is"
    " learned with the rest.",
    "A campaign is known again by its accounts. The same operator with new accounts counts as new,"
    " so that the test may be easier than what is to come.",
    "Terms keep their signs: an innocent trait can lose its weight, and cannot speak for a ring.",
    "It judges what the gates let through. A cluster that leaks, is loose or is explained is not"
    " flagged whatever the card says.",
    "Use it to rank a queue and to say what share is likely to be confirmed; not to act on an"
    " account without a person's decision.",
)


def outcome_in_words(document: Mapping[str, Any]) -> str:
    """Whether the card is better than the shipped one, as a sentence."""
    return _OUTCOMES[document["outcome"]]


def model_card(document: Mapping[str, Any]) -> str:
    """The model card of a training's document, as Markdown."""
    return "\n".join(_lines(document)) + "\n"


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    decisions, split, fit = document["decisions"], document["split"], document["fit"]
    test, card = document["test"], document["card"]
    yield from ("# Scorecard taught by decisions", "", outcome_in_words(document), "")
    yield f"- Card: SHA-256 `{card['sha256']}`; {card['made_of']}."
    yield f"- Made by Ringwatch {document['version']}, seed {document['seed']}."
    yield from ("", "## What it was taught", "")
    yield (
        f"{decisions['read']:,} decisions stand, from {decisions['first']} to {decisions['last']},"
        f" by {decisions['deciders']} reviewers on {decisions['runs']} runs."
        f" {decisions['used']:,} are used: {decisions['confirmed']:,} confirmed and"
        f" {decisions['dismissed']:,} dismissed, of {decisions['campaigns']:,} campaigns (clusters"
        f" that share {decisions['accounts_that_join_a_campaign']} accounts or more)."
    )
    yield ""
    yield from _table(
        ("left out", "decisions"), [(reason, n) for reason, n in decisions["left_out"].items()]
    )
    yield from ("## How it was tested", "")
    yield (
        f"It learned from {_side(split['train'])}, decided before {split['cut']}, and was tested on"
        f" {_side(split['test'])}, first decided on after that. {split['later_of_known_campaigns']}"
        " later decisions are in neither, since their campaign was known before."
    )
    yield ""
    yield (
        f"Ridge {fit['ridge']:g} towards the shipped card, chosen by {fit['folds']} folds of whole"
        f" campaigns; then {fit['calibration']['shift']:+.3f} and"
        f" {fit['calibration']['slope']:.3f} times its log-odds, by Platt on those folds. Intervals"
        " are 95 %, by drawing campaigns."
    )
    yield ""
    yield from _table(
        ("measure", "this card", "the shipped card", "difference"),
        [("prevalence", _number(test["prevalence"]), _number(test["prevalence"]), "")]
        + [
            (
                says,
                _interval(test["trained"][name]),
                _interval(test["shipped"][name]),
                _interval(test["difference"].get(name)),
            )
            for name, says in MEASURES.items()
            if name in test["trained"]
        ],
    )
    yield "A ranking that knows nothing has an average precision of the prevalence."
    yield ""
    for name, says in (("trained", "this card"), ("shipped", "the shipped card")):
        yield from (f"What {says} expected, and what was confirmed:", "")
        yield from _table(
            ("clusters", *_RELIABILITY),
            [
                (row["clusters"], *(_number(row[key]) for key in _RELIABILITY))
                for row in document["reliability"][name]
            ],
        )
    yield from ("## Terms", "")
    yield "Log-odds a standard deviation of the term; and its values in what was learned from."
    yield ""
    yield from _table(
        ("term", "says", "shipped", "this card", "known", "5 %", "median", "95 %"),
        [
            (
                f"`{row['name']}`",
                row["says"],
                _number(row["shipped"]),
                _number(row["trained"]),
                f"{row['known']:.0%}",
                *(_number(row[key]) for key in ("p05", "median", "p95")),
            )
            for row in document["terms"]
        ],
    )
    yield from ("## Limits", "")
    yield from (f"- {each}" for each in _LIMITS)


def _side(side: Mapping[str, int]) -> str:
    return (
        f"{side['decisions']:,} decisions ({side['confirmed']:,} confirmed) on"
        f" {side['campaigns']:,} campaigns"
    )


def _table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    if not rows:
        return
    for row in (headings, ["---"] * len(headings), *rows):
        yield f"| {' | '.join(str(cell) for cell in row)} |"
    yield ""


def _interval(given: Mapping[str, float | None] | None) -> str:
    if given is None:
        return ""
    if given["low"] is None or given["high"] is None:
        return _number(given["value"])
    return f"{_number(given['value'])} ({_number(given['low'])} to {_number(given['high'])})"


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
