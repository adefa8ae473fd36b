"""Folders of runs whose clusters were decided on by somebody with a known mind.

Each campaign is found in one run, or again in a later one with another account in it. What is
measured of its clusters is drawn around the shipped card's means; whether it is confirmed is drawn
from a card of log-odds, so that a card that is taught should come near that one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from algorithms.scorecard import TERMS, Scorecard
from algorithms.scorecard_text import default_card
from graph.engines import open_engine
from graph.schemas import RUN_TABLES
from review.publish import RunFacts, RunWriter
from review.store import Store

DAY = 86_400_000
START = 1_767_225_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One cluster that a run found, and what was made of it."""

    run: str
    name: str
    members: tuple[str, ...]
    values: Mapping[str, float | None]
    outcome: str
    at: int
    reason: str = "looked at"
    by: str = "somebody"
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mind:
    """How somebody decides: a card of log-odds, from which each campaign's outcome is drawn."""

    card: Scorecard
    campaigns: int = 300
    runs: int = 6
    again: float = 0.3
    """The share of campaigns that a later run finds again."""
    seed: int = 5
    says: Callable[[int], str] = field(default=lambda number: f"reason {number}")


def other_mind(**log_odds: float) -> Scorecard:
    """The shipped card with other log-odds; `intercept` among them."""
    card = default_card()
    unknown = log_odds.keys() - {"intercept", *card.weights}
    assert not unknown, f"no terms of the card: {sorted(unknown)}"
    weights = {
        name: replace(weight, log_odds=log_odds.get(name, weight.log_odds))
        for name, weight in card.weights.items()
    }
    return replace(card, weights=weights, intercept=log_odds.get("intercept", card.intercept))


def found_by(mind: Mind) -> list[Found]:
    """The clusters of every run, decided on in the order of the runs."""
    drawing = np.random.default_rng(mind.seed)
    found = []
    for campaign in range(mind.campaigns):
        own = drawing.normal(size=len(TERMS))
        first = int(drawing.integers(mind.runs))
        runs = [first]
        if drawing.random() < mind.again and first + 1 < mind.runs:
            runs.append(first + 1)
        chance = 1 / (1 + math.exp(-_log_odds(own, mind.card)))
        outcome = "confirmed" if drawing.random() < chance else "dismissed"
        for times, run in enumerate(runs):
            members = [f"c{campaign:03}-{n}" for n in range(times, times + 5)]
            own_now = own + 0.1 * drawing.normal(size=len(TERMS))
            found.append(
                Found(
                    run=f"run-{run}",
                    name=members[0],
                    members=tuple(members),
                    values=_values(own_now, mind.card),
                    outcome=outcome,
                    at=START + run * 7 * DAY + len(found),
                    reason=mind.says(len(found)),
                    by=f"reviewer {campaign % 3}",
                )
            )
    return found


def publish(out: Path, found: Sequence[Found]) -> None:
    """Publish the runs, take them into the store beside them, and decide."""
    by_run: dict[str, list[Found]] = {}
    for each in found:
        by_run.setdefault(each.run, []).append(each)
    with open_engine("local", threads=1) as engine, Store.open(out / "review.sqlite") as store:
        for number, (run, clusters) in enumerate(sorted(by_run.items())):
            with RunWriter.open(out, run, created_at=START + number) as writer:
                for name, schema in RUN_TABLES.items():
                    rows = _ROWS.get(name, _none)(clusters)
                    writer.add(engine.from_arrow(_table(schema, rows), schema), name)
                store.import_run(writer.publish(RunFacts(job="decided")), at=START)
        for each in sorted(found, key=lambda one: one.at):
            store.decide(
                each.run,
                each.name,
                each.outcome,
                reason=each.reason,
                by=each.by,
                at=each.at,
                excluded=each.excluded,
            )


def _log_odds(own: np.ndarray, card: Scorecard) -> float:
    scaled = np.clip(own, -4, 4)
    return card.intercept + sum(
        card.weights[term.name].log_odds * scaled[place] for place, term in enumerate(TERMS)
    )


def _values(own: np.ndarray, card: Scorecard) -> dict[str, float | None]:
    """The terms; the loyalty of every fourth cluster are not known."""
    values: dict[str, float | None] = {
        term.name: card.weights[term.name].mean + card.weights[term.name].scale * float(own[place])
        for place, term in enumerate(TERMS)
    }
    if own[0] > 0.7:
        values["loyalty"] = None
    return values


def _none(found: Sequence[Found]) -> list[dict[str, object]]:
    return []


def _clusters(found: Sequence[Found]) -> list[dict[str, object]]:
    return [
        {"cluster": each.name, "place": place, "accounts": len(each.members), "layers": "links"}
        for place, each in enumerate(found, start=1)
    ]


def _members(found: Sequence[Found]) -> list[dict[str, object]]:
    return [
        {"cluster": each.name, "account": account, "role": "core"}
        for each in found
        for account in each.members
    ]


def _evidence(found: Sequence[Found]) -> list[dict[str, object]]:
    terms = [
        {"cluster": each.name, "name": f"term:{name}", "kind": "term", "value": value}
        for each in found
        for name, value in each.values.items()
    ]
    # A part of the score beside them, which is no term.
    return terms + [
        {"cluster": each.name, "name": "ties", "kind": "for", "value": 7.0} for each in found
    ]


_ROWS = {"clusters": _clusters, "members": _members, "evidence": _evidence}


def _table(schema, rows):
    blank = {"VARCHAR": "", "BIGINT": 0, "DOUBLE": 0.0, "BOOLEAN": False}
    columns = {c.name: None if c.nullable else blank[c.type] for c in schema.columns}
    return pa.Table.from_pylist([{**columns, **row} for row in rows], schema=schema.arrow)
