"""Is what is called chance in truth as rare as said? Worlds without coordination, and with rings.

    make calibration                                 # fixed seeds
    make calibration SEEDS="101 102 103"             # fresh ones
    make calibration SEEDS="$(shuf -i 1000-9999 -n 20 | tr '\\n' ' ')"

Each figure is printed as measured before it is held to its bar.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pytest

from algorithms.chance import clusters_against_chance, co_action_against_chance
from algorithms.large_clusters import large_clusters
from algorithms.leiden import leiden
from algorithms.tail import benjamini_hochberg_cut
from builders.coaction import coaction_graph
from graph.engine import Engine
from graph.engines import open_engine
from graph.model import Clustering, InteractionGraph
from graph.schemas import EDGES
from jobs.day_groups import found_on, met_off
from jobs.detector import World
from jobs.detectors.shared_objects import SharedObjects, draw
from tests.null_worlds import RINGS, Acts, NullWorld, null_world, with_rings

pytestmark = pytest.mark.slow

SEEDS = tuple(int(seed) for seed in os.environ.get("CALIBRATION_SEEDS", "1 2 3").split())
HARD = {"fast": {"fast": 0.2}, "loyal": {"loyalty": 0.95}}
NOMINAL = (3, 5, 7)
"""Tails looked at: pairs with p of 10 to minus this."""


@dataclass(frozen=True, slots=True)
class Flags:
    """What was called in a world with rings, or without."""

    called: int
    false: int
    recall: Mapping[str, float]
    """The share of the pairs of each kind of ring."""

    @property
    def false_share(self) -> float:
        return self.false / max(self.called, 1)


@dataclass(frozen=True, slots=True)
class Tail:
    """A null world's small p-values: seen / as many as there should be, by `NOMINAL`."""

    ratios: tuple[float, ...]
    clusters: int
    """Groups that Leiden makes of the pairs at p <= 1e-3."""
    log10_p: tuple[float, ...]
    """Of each of them, after any search."""


@dataclass(frozen=True, slots=True)
class Split:
    """Groups that every second day shows, tested on the days between."""

    log10_p: tuple[float, ...]
    ring: tuple[int, ...]
    """The ring that makes more than half of each group, or -1."""

    def confirmed(self, rate: float = 0.05) -> tuple[int, int]:
        """Groups called at a false-discovery rate among them all: of rings, and others."""
        logs, ring = np.array(self.log10_p), np.array(self.ring)
        cut = benjamini_hochberg_cut(logs, tests=len(logs), rate=rate)
        return int(((logs <= cut) & (ring >= 0)).sum()), int(((logs <= cut) & (ring < 0)).sum())


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    opened = open_engine(
        "local", memory="3GB", threads=2, spill=tmp_path_factory.mktemp("calibration")
    )
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def nulls(local: Engine) -> dict[int, Flags]:
    """What is called where nobody coordinates."""
    return {seed: said(f"null {seed}", flags(local, world(seed))) for seed in SEEDS}


@pytest.fixture(scope="module")
def tails(local: Engine) -> dict[int, Tail]:
    return {seed: said(f"tail {seed}", tail(local, world(seed))) for seed in SEEDS}


@pytest.fixture(scope="module")
def ringed(local: Engine) -> dict[int, Flags]:
    found = {}
    for seed in SEEDS:
        acts = with_rings(world(seed), seed=seed)
        found[seed] = said(f"rings {seed}", flags(local, acts))
    return found


@pytest.fixture(scope="module")
def hard(local: Engine) -> dict[str, Flags]:
    found = {}
    for name, changed in HARD.items():
        for seed in SEEDS:
            acts = with_rings(world(seed, **changed), seed=seed)
            found[f"{name} {seed}"] = said(f"rings, {name} {seed}", flags(local, acts))
    return found


@pytest.fixture(scope="module")
def null_splits(local: Engine) -> dict[int, Split]:
    return {seed: said(f"split null {seed}", split(local, world(seed))) for seed in SEEDS}


@pytest.fixture(scope="module")
def ringed_splits(local: Engine) -> dict[int, Split]:
    found = {}
    for seed in SEEDS:
        acts = with_rings(world(seed), seed=seed)
        found[seed] = said(f"split rings {seed}", split(local, acts))
    return found


def test_where_nobody_coordinates_hardly_any_pair_is_called(nulls):
    clean = [each.called == 0 for each in nulls.values()]
    assert np.mean(clean) >= 0.75
    assert sum(each.called for each in nulls.values()) <= len(SEEDS)


def test_a_p_value_promises_no_more_than_it_holds_far_into_the_tail(tails):
    means = np.mean([each.ratios for each in tails.values()], axis=0)
    assert (means <= 1.0).all()


def test_a_group_that_chance_made_and_a_search_chose_is_not_beyond_any_search(tails):
    logs = np.concatenate([each.log10_p for each in tails.values()])
    assert len(logs) >= 100 * len(SEEDS)
    assert (logs <= np.log10(0.05)).mean() <= 0.05
    assert (logs <= -2).mean() <= 0.03


def test_of_what_is_called_beside_rings_few_pairs_are_false(ringed):
    shares = [each.false_share for each in ringed.values()]
    assert np.mean(shares) <= 0.02
    assert max(shares) <= 0.05


@pytest.mark.parametrize(
    ("kind", "least"), [("tight-niche", 0.99), ("tight-popular", 0.99), ("four-acts", 0.6)]
)
def test_rings_are_called(ringed, kind, least):
    assert np.mean([each.recall[kind] for each in ringed.values()]) >= least


def test_where_many_are_fast_or_loyal_to_one_topic_few_called_pairs_are_false(hard):
    assert max(each.false_share for each in hard.values()) <= 0.08


def test_a_group_by_chance_of_some_days_is_no_surprise_on_the_days_between(null_splits):
    logs = np.concatenate([each.log10_p for each in null_splits.values()])
    assert len(logs) >= 50 * len(SEEDS)
    assert (logs <= np.log10(0.05)).mean() <= 0.05
    assert (logs <= -2).mean() <= 0.03


def test_rings_that_some_days_show_are_confirmed_on_the_days_between(ringed_splits):
    confirmed = [each.confirmed() for each in ringed_splits.values()]
    rings = sum(sum(n >= 0 for n in each.ring) for each in ringed_splits.values())
    true, false = np.sum(confirmed, axis=0)
    assert true >= 0.9 * rings
    assert false <= 0.05 * (true + false)


def world(seed: int, **changed: float) -> Acts:
    return null_world(NullWorld(seed=seed, **changed))


def flags(engine: Engine, acts: Acts) -> Flags:
    """What `shared-objects` calls, set against the truth."""
    interactions = acts.table(engine)
    layer = draw(World(interactions), SharedObjects())
    edges = layer.graph.edges.rows()
    src, dst = (np.array([int(e[end][1:]) for e in edges], np.int64) for end in ("src", "dst"))
    engine.drop(interactions)
    ring = acts.ring
    true = (ring[src] >= 0) & (ring[src] == ring[dst]) if len(src) else np.zeros(0, bool)
    kinds = np.array(acts.kind)
    recall = {
        kind: float((kinds[ring[src[true]]] == kind).sum() / (rings * size * (size - 1) / 2))
        for kind, (rings, size, _, _) in RINGS.items()
        if acts.kind
    }
    return Flags(len(edges), int((~true).sum()), recall)


def tail(engine: Engine, acts: Acts, *, within_seconds: float = 300.0) -> Tail:
    """Every pair that met at all, and the groups of those that surprise."""
    interactions = acts.table(engine)
    built = coaction_graph(interactions, within_seconds=within_seconds, at_least=1).graph
    tested = co_action_against_chance(built, interactions, within_seconds=within_seconds).graph
    logs = engine.query("select log10_p from {edges}", edges=tested.edges)["log10_p"].to_numpy()
    pairs = len(acts.ring) * (len(acts.ring) - 1) / 2
    ratios = tuple(float((logs <= -n).sum() / (pairs * 10.0**-n)) for n in NOMINAL)
    some = engine.sql(
        f"select {EDGES.selecting(weight='-log10_p')} from {{edges}} where log10_p <= -3",
        EDGES,
        edges=tested.edges,
    )
    chance = clusters_against_chance(groups(some), interactions)
    found = chance.rows()
    for each in (chance, some, tested.edges, built.edges, interactions):
        engine.drop(each)
    return Tail(ratios, len(found), tuple(float(row["log10_p"]) for row in found))


def split(engine: Engine, acts: Acts) -> Split:
    """Groups of both halves of the days, each tested on the other half."""
    interactions = acts.table(engine)
    logs, rings = [], []
    for days in (0, 1):
        found = found_on(interactions, days=days, seed=0)
        p = {
            row["cluster"]: row["log10_p"] for row in met_off(found, interactions, days=days).rows()
        }
        members: dict[str, list[int]] = {}
        for row in found.members.rows():
            members.setdefault(row["cluster"], []).append(int(acts.ring[int(row["account"][1:])]))
        for cluster, ring in members.items():
            most, times = Counter(ring).most_common(1)[0]
            logs.append(float(p[cluster]))
            rings.append(most if 2 * times > len(ring) else -1)
    engine.drop(interactions)
    return Split(tuple(logs), tuple(rings))


def groups(edges) -> Clustering:
    """Groups of three and more that Leiden makes of these edges."""
    whole = leiden(InteractionGraph(edges), resolution=0.1, seed=0)
    return large_clusters(whole, least_accounts=3)


def said(name: str, found):
    """Print what was measured: `-s` shows it."""
    if isinstance(found, Tail):
        surprising = sum(log <= np.log10(0.05) for log in found.log10_p)
        parts = [f"1e-{n} x{ratio:.2f}" for n, ratio in zip(NOMINAL, found.ratios, strict=True)]
        parts += [f"{found.clusters} groups", f"{surprising} at p <= 0.05 after any search"]
    elif isinstance(found, Split):
        logs, null = np.array(found.log10_p), np.array(found.ring) < 0
        true, false = found.confirmed()
        parts = [f"{int(null.sum())} groups of no ring"]
        parts += [
            f"{(logs[null] <= np.log10(p)).mean():.3f} at p <= {p}" for p in (0.05, 0.01, 0.001)
        ]
        parts += [f"{true} of {int((~null).sum())} groups of rings confirmed, {false} others"]
    else:
        parts = [f"{found.called} called", f"{found.false} false ({found.false_share:.4f})"]
        parts += [f"{kind} {share:.2f}" for kind, share in found.recall.items()]
    sys.stdout.write(f"{name}: {', '.join(parts)}\n")
    sys.stdout.flush()
    return found
