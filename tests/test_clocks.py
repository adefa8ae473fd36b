"""Times that are dates or hours are noticed, and windows below them mean nothing."""

from __future__ import annotations

import itertools
import random

import pyarrow as pa
import pytest

from builders.clocks import Clock, clock_of
from builders.simulation.log import log_of
from console.told import write_told
from graph.model import Clustering
from graph.schemas import CLUSTERING, INTERACTIONS
from jobs.detect import detect
from jobs.detector import World
from jobs.detectors.shared_objects import SHARED_OBJECTS

DAY, HOUR, MINUTE = 86_400_000, 3_600_000, 60_000


def acted(engine, times):
    """Interactions at some times, of as many accounts."""
    rows = [
        {
            "account": f"a{n}",
            "action": "post",
            "object": f"o{n % 7}",
            "object_kind": "object",
            "acted_at": at,
        }
        for n, at in enumerate(times)
    ]
    return engine.from_arrow(pa.Table.from_pylist(rows, schema=INTERACTIONS.arrow), INTERACTIONS)


@pytest.mark.parametrize(
    ("times", "step_ms"),
    [
        pytest.param([n * DAY for n in range(600)], DAY, id="dates"),
        pytest.param([-n * DAY for n in range(600)], DAY, id="dates before 1970"),
        pytest.param(
            [n * DAY + (22 + n % 2) * HOUR for n in range(600)], DAY, id="a place with summer time"
        ),
        pytest.param([n * DAY - 330 * MINUTE for n in range(600)], DAY, id="dates in India"),
        pytest.param([n * 7 * HOUR for n in range(600)], HOUR, id="hours"),
        pytest.param([n * 45 * MINUTE for n in range(600)], 15 * MINUTE, id="quarters"),
        pytest.param([n * 7 * MINUTE for n in range(600)], MINUTE, id="minutes"),
        pytest.param([n * 7_919_000 for n in range(600)], 1, id="seconds"),
        pytest.param([5_000] * 400 + list(range(200)), None, id="most at one time"),
        pytest.param([n * DAY for n in range(60)], 1, id="too few to tell"),
        pytest.param([], 1, id="none"),
    ],
)
def test_the_step_of_times_is_told(engine, times, step_ms):
    assert clock_of(acted(engine, times)) == Clock(step_ms)


# Rings are planted into a log by one process, on whatever engine it is looked at afterwards.
@pytest.mark.local_only
@pytest.mark.parametrize(
    ("times", "step_ms"),
    [
        pytest.param([n * DAY for n in range(600)], DAY, id="dates"),
        pytest.param([n * DAY + (22 + n % 2) * HOUR for n in range(600)], DAY, id="summer time"),
        pytest.param([n * DAY - 330 * MINUTE for n in range(600)], DAY, id="dates in India"),
        pytest.param([n * DAY + (9 + 12 * (n % 2)) * HOUR for n in range(600)], HOUR, id="hours"),
        pytest.param([n * 45 * MINUTE for n in range(600)], 15 * MINUTE, id="quarters"),
        pytest.param([n * 7 * MINUTE for n in range(600)], MINUTE, id="minutes"),
    ],
)
def test_rings_are_planted_by_the_clock_that_detection_goes_by(engine, times, step_ms):
    log = acted(engine, times)

    assert clock_of(log) == Clock(step_ms)
    assert log_of(log.arrow()).step == step_ms


def test_one_time_in_twenty_may_be_off_the_step_and_no_more(engine):
    off = [n * DAY + 12_345 for n in range(1_000)]

    assert clock_of(acted(engine, [n * DAY for n in range(950)] + off[:50])) == Clock(DAY)
    assert clock_of(acted(engine, [n * DAY for n in range(949)] + off[:51])) == Clock(1)


def test_two_posting_hours_a_day_are_no_date(engine):
    times = [n * DAY + (9 + 12 * (n % 2)) * HOUR for n in range(600)]

    assert clock_of(acted(engine, times)) == Clock(HOUR)


def test_windows_below_a_step_are_left_out_and_one_of_a_step_remains():
    asked = (60.0, 3600.0, 172_800.0)

    assert Clock(1).windows(asked) == asked
    assert Clock(HOUR).windows(asked) == (3600.0, 172_800.0)
    assert Clock(DAY).windows(asked) == (172_800.0,)
    assert Clock(DAY).windows(asked[:2]) == (86_400.0,)
    assert Clock(DAY).left_out(asked[:2]) == asked[:2]
    assert Clock(None).windows(asked) == ()


def ring_of_dates(rows=6):
    """A ring that comes to one thing after the other, and a crowd that comes to any."""
    toss = random.Random(2)
    ring = range(8)
    acts = [(f"ring{n}", f"t{day}", day * DAY + n * MINUTE) for n in ring for day in range(rows)]
    acts += [
        (f"u{n}", f"o{toss.randrange(80)}", toss.randrange(60) * DAY + toss.randrange(DAY))
        for n in range(150)
        for _ in range(6)
    ]
    return acts


def interactions_of(engine, acts, step=1):
    """Likes as an extract, their times written in steps."""
    rows = [
        {
            "account": account,
            "action": "like",
            "object": thing,
            "object_kind": "post",
            "acted_at": at // step * step,
        }
        for account, thing, at in acts
    ]
    return engine.from_arrow(pa.Table.from_pylist(rows, schema=INTERACTIONS.arrow), INTERACTIONS)


def drawn(engine, acts, step=1):
    """The layer of `shared-objects` where times are written in steps."""
    world = World(interactions_of(engine, acts, step))
    return SHARED_OBJECTS.draw(world, SHARED_OBJECTS.settings)


def test_a_ring_whose_times_are_dates_is_found_by_days_and_the_run_says_so(engine):
    exact, dated = drawn(engine, ring_of_dates()), drawn(engine, ring_of_dates(), step=DAY)

    joined = {
        tuple(sorted(pair)) for pair in itertools.combinations([f"ring{n}" for n in range(8)], 2)
    }
    assert {(row["src"], row["dst"]) for row in dated.graph.edges.rows()} == joined
    assert dated.facts["clock step, s"] == 86_400
    assert dated.facts["windows left out"] == 2
    assert "60 s, 3,600 s mean nothing and were left out; 86,400 s was" in dated.facts["note"]
    assert "post pairs within 86400 s" in dated.facts
    assert "post pairs within 60 s" not in dated.facts
    assert "note" not in exact.facts
    assert "post pairs within 60 s" in exact.facts


def test_an_extract_with_one_time_for_all_has_no_layer_of_times(engine):
    assert drawn(engine, [(account, thing, 0) for account, thing, _ in ring_of_dates()]) is None


@pytest.mark.slow_on_spark
def test_no_reason_speaks_of_seconds_where_times_are_dates(engine, small_job, tmp_path):
    rows = [
        {
            **dict.fromkeys(INTERACTIONS.names),
            "account": account,
            "action": "like",
            "object": thing,
            "object_kind": "post",
            "acted_at": 1_600_000_000_000 // DAY * DAY + at // DAY * DAY,
        }
        for account, thing, at in ring_of_dates()
    ]
    run = detect(small_job(rows, engine=engine), tmp_path / "runs").run
    evidence = run.table(engine, "evidence").rows()
    clusters = run.table(engine, "clusters").rows()

    assert max(cluster["accounts"] for cluster in clusters) == 8
    assert all(cluster["synchrony"] is None for cluster in clusters)
    assert {"synchrony", "slow-reaction"}.isdisjoint(row["name"] for row in evidence)
    met = [row["says"] for row in evidence if row["name"] == "beyond-chance"]
    assert met
    assert all("met on one thing on one date" in says for says in met)


def test_the_acts_behind_an_edge_of_dates_are_those_of_the_window_that_was_looked_at(engine):
    acts = [*ring_of_dates(), *[(f"late{n}", "t0", 2 * DAY) for n in range(2)]]
    layer = drawn(engine, acts, step=DAY)
    ring = [f"ring{n}" for n in range(8)]
    members = engine.from_arrow(
        pa.table({"account": ring, "cluster": ["c"] * 8}, schema=CLUSTERING.arrow), CLUSTERING
    )

    shown, _ = SHARED_OBJECTS.acts(
        World(interactions_of(engine, acts, DAY)),
        SHARED_OBJECTS.settings,
        layer,
        Clustering(members, method="told"),
    )

    gaps = {abs(row["src_at"] - row["dst_at"]) for row in shown.rows()}
    assert gaps == {0}
    assert {(row["src"], row["dst"]) for row in shown.rows()} == set(
        itertools.combinations(ring, 2)
    )


def test_the_screen_says_which_windows_were_left_out(capsys):
    facts = {"edges_kept": 1, "edges_refused": 2, "note": "windows of 60 s mean nothing"}
    write_told(
        {
            "run": "r",
            "accounting": [],
            "layers": {"shared-objects": facts},
            "left_out": {},
            "bounds": [],
            "matching": 0,
        }
    )

    assert "windows of 60 s mean nothing" in capsys.readouterr().out
