"""A scorecard as JSON text: written, and read back with every value looked at.

A card may come from anywhere, and a number of it that is wrong would misjudge every cluster in
silence. What a card may not say (a term against its sign, a bin above 1) is refused by name.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

from algorithms.scorecard import ADDED, DROPPED, SILENT, TERMS, Bin, Scorecard, Term, Weight

_CARD = ("made_of", "intercept", "weights", "bins")
_FEW = "few_bins"
_WEIGHT = ("mean", "scale", "log_odds")
_BIN = ("up_to", "precision", "low", "high", "clusters")


@cache
def default_card() -> Scorecard:
    """The card that ships with the program, fitted on planted worlds."""
    text = files("algorithms").joinpath("scorecard.json").read_text(encoding="utf-8")
    return read_card(text)


def read_card(text: str) -> Scorecard:
    """A card from its JSON text; a term that was added since it was fitted is `SILENT`.

    Raises:
        ValueError: it is no JSON, or a value is missing, unknown or impossible; the message names
            the value.
    """
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"it is no JSON: {error}"
        raise ValueError(message) from error
    # A card of before small clusters had bins of their own has none.
    few = isinstance(given, Mapping) and _FEW in given
    card = _table(given, (*_CARD, _FEW) if few else _CARD, "a scorecard")
    if not isinstance(card["made_of"], str):
        message = f"`made_of` is text, not {_shown(card['made_of'])}"
        raise ValueError(message)
    return Scorecard(
        intercept=_number(card["intercept"], "`intercept`"),
        weights=_weights(card["weights"]),
        bins=_bins(card["bins"], "bins"),
        few_bins=_bins(card[_FEW], _FEW) if few else (),
        made_of=card["made_of"],
    )


def card_text(card: Scorecard) -> str:
    """A card as JSON text, for `read_card`."""
    return (
        json.dumps(
            {
                "made_of": card.made_of,
                "intercept": card.intercept,
                "weights": {
                    name: {"mean": w.mean, "scale": w.scale, "log_odds": w.log_odds}
                    for name, w in card.weights.items()
                },
                "bins": _told(card.bins),
                **({_FEW: _told(card.few_bins)} if card.few_bins else {}),
            },
            indent=1,
        )
        + "\n"
    )


def card_digest(card: Scorecard) -> str:
    """SHA-256 of what a card says, as 64 hex digits: equal cards, however written, have one."""
    in_order = {term.name: card.weights[term.name] for term in TERMS}
    same = replace(card, weights=in_order)
    return hashlib.sha256(card_text(same).encode()).hexdigest()


def _told(bins: Sequence[Bin]) -> list[dict[str, float | None]]:
    return [
        {
            "up_to": None if math.isinf(each.up_to) else each.up_to,
            "precision": each.precision,
            "low": each.low,
            "high": each.high,
            "clusters": each.clusters,
        }
        for each in bins
    ]


def _weights(given: object) -> dict[str, Weight]:
    if not isinstance(given, Mapping):
        message = f"`weights` is an object of terms, not {_shown(given)}"
        raise ValueError(message)
    names = {term.name for term in TERMS}
    gone = sorted(set(given) & DROPPED)
    if gone:
        message = (
            f"it was trained with terms that no longer are: {_named(gone)};"
            " train it again with `ringwatch train`"
        )
        raise ValueError(message)
    odd = sorted((set(given) ^ names) - (ADDED - set(given)))
    if odd:
        message = f"a scorecard has a weight for each term and no other; at odds: {_named(odd)}"
        raise ValueError(message)
    return {
        term.name: _weight(term, given[term.name]) if term.name in given else SILENT
        for term in TERMS
    }


def _weight(term: Term, given: object) -> Weight:
    what = f"the weight of `{term.name}`"
    row = _table(given, _WEIGHT, what)
    weight = Weight(**{name: _number(row[name], f"`{name}` in {what}") for name in _WEIGHT})
    if weight.scale <= 0:
        message = f"`scale` in {what} is above 0, not {weight.scale:g}"
        raise ValueError(message)
    if weight.log_odds * term.sign < 0:
        way = "for" if term.sign > 0 else "against"
        message = f"`{term.name}` may only speak {way} a ring, and has {weight.log_odds:g} log-odds"
        raise ValueError(message)
    return weight


def _bins(given: object, name: str) -> tuple[Bin, ...]:
    if not isinstance(given, list) or not given:
        message = f"`{name}` is a list with one bin at least, not {_shown(given)}"
        raise ValueError(message)
    bins = tuple(
        _bin(
            each,
            f"{name[:-1].replace('_', ' ')} {number} of {len(given)}",
            last=number == len(given),
        )
        for number, each in enumerate(given, start=1)
    )
    for number, (lower, upper) in enumerate(pairwise(bins), start=1):
        if not lower.up_to < upper.up_to:
            message = f"`up_to` rises from bin to bin, and does not from bin {number} to the next"
            raise ValueError(message)
    return bins


def _bin(given: object, what: str, *, last: bool) -> Bin:
    row = _table(given, _BIN, what)
    if last != (row["up_to"] is None):
        message = f"`up_to` is null in the last bin alone, and {_shown(row['up_to'])} in {what}"
        raise ValueError(message)
    up_to = math.inf if last else _number(row["up_to"], f"`up_to` in {what}")
    precision, low, high = (_number(row[name], f"`{name}` in {what}") for name in _BIN[1:4])
    # Jeffreys' interval of no hit at all begins above 0: the estimate need not be inside.
    if not 0 <= low <= high <= 1:
        message = f"{what} has an interval from {low:g} to {high:g}, which is none within [0, 1]"
        raise ValueError(message)
    if not 0 <= precision <= 1:
        message = f"`precision` in {what} is within [0, 1], not {precision:g}"
        raise ValueError(message)
    clusters = row["clusters"]
    if not isinstance(clusters, int) or isinstance(clusters, bool) or clusters < 0:
        message = f"`clusters` in {what} is a count, not {_shown(clusters)}"
        raise ValueError(message)
    return Bin(up_to=up_to, precision=precision, low=low, high=high, clusters=clusters)


def _table(given: object, keys: Collection[str], what: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        message = f"{what} is an object with {_named(keys)}, not {_shown(given)}"
        raise ValueError(message)
    if set(given) != set(keys):
        odd = sorted(set(given) ^ set(keys))
        message = f"{what} has {_named(keys)} and nothing else; at odds: {_named(odd)}"
        raise ValueError(message)
    return given


def _number(given: object, what: str) -> float:
    if isinstance(given, int | float) and not isinstance(given, bool):
        try:
            value = float(given)
        except OverflowError:
            value = math.inf
        if math.isfinite(value):
            return value
    message = f"{what} is a number, not {_shown(given)}"
    raise ValueError(message)


def _named(names: Collection[str]) -> str:
    return ", ".join(name[:40] for name in names)


def _shown(given: object) -> str:
    """A value in few characters, whatever it is."""
    text = repr(given)
    return text if len(text) <= 40 else f"{text[:40]}..."
