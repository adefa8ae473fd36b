"""A scorecard from reviewers' decisions, measured on later ones beside the shipped card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from algorithms.refitting import card_log_odds, refitted
from algorithms.scorecard import Scorecard
from algorithms.scorecard_text import card_digest, default_card
from graph.engines import open_engine
from graph.errors import ConfigError
from jobs.evaluation.intervals import DRAWS
from jobs.training.document import document_of, moment
from jobs.training.examples import Example, Examples, examples_in, values_of
from jobs.training.measures import Card, Judged
from jobs.training.splits import FOLDS, Split, folds_of, split
from review.store import Store

LEAST = 200
"""Decisions below which a card is not taught: it would learn their chance more than their sense."""
_LEAST_CAMPAIGNS = FOLDS
"""Confirmed campaigns, and dismissed ones, that each side of the cut has: every fold gets both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of a training beside the decisions.

    Attributes:
        least: decisions below which it is refused.
        draws: how often campaigns are drawn for the intervals.
        seed: of those draws, and of dealing campaigns to folds.
    """

    least: int = LEAST
    draws: int = DRAWS
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A card, and all that is known of it as one JSON document (`docs/training.md`)."""

    card: Scorecard
    document: dict[str, Any]

    @property
    def is_better(self) -> bool:
        """Whether it is better than the shipped card."""
        return bool(self.document["outcome"] == "better")


def train(out: Path, store: Store, asked: Asked | None = None) -> Trained:
    """Teach a card by the decisions that stand on a folder's runs.

    Args:
        out: the folder of runs.
        store: the store beside it.
        asked: what else is asked.

    Raises:
        ConfigError: there are too few decisions, or too few campaigns of one kind, before or after
            the cut.
        StoreError: a run or the store is damaged.
    """
    told = asked or Asked()
    engine = open_engine("local", memory="2GB")
    try:
        examples = examples_in(out, store, engine)
    finally:
        engine.close()
    _refuse_few(examples, told.least)
    parted = split(examples.used)
    confirmed = np.array([each.confirmed for each in examples.used])
    _refuse_one_kind(parted, confirmed)
    values, rings = values_of(examples.used), confirmed.astype(np.float64)
    learned = parted.train
    fit = refitted(
        values[learned],
        rings[learned],
        folds_of(parted.campaigns[learned], confirmed[learned], seed=told.seed),
        accounts=np.array([len(each.members) for each in examples.used])[learned],
        centre=default_card(),
        made_of=_made_of([examples.used[place] for place in learned], parted),
    )
    held = Judged(
        rings[parted.test], parted.campaigns[parted.test], draws=told.draws, seed=told.seed
    )
    trained, shipped = (
        Card(held, card_log_odds(values[parted.test], card)) for card in (fit.card, default_card())
    )
    document = document_of(examples, parted, fit, trained=trained, shipped=shipped)
    return Trained(card=fit.card, document=document)


def _refuse_few(examples: Examples, least: int) -> None:
    found = len(examples.used)
    if found >= least and found:
        return
    aside = "; ".join(f"{n} left out: {reason}" for reason, n in examples.left_out.items())
    message = (
        f"a card is taught by {least} decisions or more, and there are {found}:"
        f" {max(least, 1) - found} lack{f' ({aside})' if aside else ''}; confirm or dismiss more"
        " clusters with `ringwatch decide`, or set `--least` lower"
    )
    raise ConfigError(message)


def _refuse_one_kind(parted: Split, confirmed: npt.NDArray[np.bool_]) -> None:
    sides = {"decided on before": parted.train, "first decided on from": parted.test}
    for which, places in sides.items():
        campaigns = set(parted.campaigns[places].tolist())
        rings = set(parted.campaigns[places][confirmed[places]].tolist())
        others = campaigns - rings
        if min(len(rings), len(others)) < _LEAST_CAMPAIGNS:
            message = (
                f"of the campaigns {which} {moment(parted.cut)}, {len(rings)} are confirmed and"
                f" {len(others)} dismissed, and {_LEAST_CAMPAIGNS} of each are needed; decide on"
                " more clusters of the kind that lacks"
            )
            raise ConfigError(message)


def _made_of(learned: Sequence[Example], parted: Split) -> str:
    confirmed = sum(each.confirmed for each in learned)
    return (
        f"{len(learned)} decisions ({confirmed} confirmed) on"
        f" {len(set(parted.campaigns[parted.train]))} campaigns, from"
        f" {moment(learned[0].decided_at)} to {moment(learned[-1].decided_at)}; started from the"
        f" shipped card, {card_digest(default_card())[:12]}"
    )
