"""A cluster over runs of separate days: what is multiplied, what is left out, and what it means."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, event, insert
from typer.testing import CliRunner

from console.cli import app
from graph.errors import ConfigError
from jobs.detectors import DETECTORS
from review.across_runs import LATER, NOT_SHOWN, NOT_TESTED, NOT_THERE, across_runs, times
from review.tables import CLUSTERS, DAY_GROUPS, MEMBERS, METADATA, RUNS

pytestmark = pytest.mark.local_only

WEEK = 7 * 86_400_000
RING = ("a", "b", "c", "d", "e")
HALF_OF_ONE = -math.log10(2)


@dataclass
class Told:
    """A run: its period in weeks, clusters with e-values, and groups by (days, name)."""

    name: str
    weeks: tuple[float, float] | None
    clusters: dict[str, tuple[str, ...]]
    log10_e: dict[str, float] = field(default_factory=dict)
    groups: dict[tuple[int, str], tuple[tuple[str, ...], float]] = field(default_factory=dict)


@contextmanager
def empty_store() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    METADATA.create_all(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def store():
    with empty_store() as connection:
        yield connection


def tell(connection, *runs):
    """The runs as the store would hold them, with `met` 6 and 0.5 expected for every group."""
    for place, run in enumerate(runs):
        began, ended = run.weeks or (None, None)
        connection.execute(
            insert(RUNS).values(
                run=run.name, job="weekly", created_at=place, imported_at=0, manifest_sha256="",
                clusters=0, members=0,
                began_at=None if began is None else int(began * WEEK),
                ended_at=None if ended is None else int(ended * WEEK) - 1,
            )
        )  # fmt: skip
        for name, members in run.clusters.items():
            connection.execute(
                insert(CLUSTERS).values(
                    run=run.name, cluster=name, place=1, score=1.0, accounts=len(members),
                    edges=1, layers="", says="", membership_sha256="",
                    log10_e=run.log10_e.get(name),
                )
            )  # fmt: skip
            connection.execute(
                insert(MEMBERS),
                [{"run": run.name, "cluster": name, "account": a, "role": "core"} for a in members],
            )
        for (days, found), (members, log10_e) in run.groups.items():
            connection.execute(
                insert(DAY_GROUPS),
                [
                    {"run": run.name, "days": days, "found": found, "account": a,
                     "accounts": len(members), "meetings": 6, "expected": 0.5, "log10_e": log10_e}
                    for a in members
                ],
            )  # fmt: skip


def week(number, log10_e=None, *, members=RING, name=None, **groups):
    """A run of one week that has the ring; `even` and `odd` are what its groups' e-values are."""
    return Told(
        name or f"week-{number}",
        (number, number + 1),
        {members[0]: members},
        {} if log10_e is None else {members[0]: log10_e},
        {(days, members[0]): (members, groups[half]) for days, half in enumerate(("even", "odd"))
         if half in groups},
    )  # fmt: skip


def why(found):
    return {each.run: each.why for each in found.left_out}


def test_the_first_run_pays_for_its_choice_and_later_ones_bet_on_what_was_known(store):
    tell(store, week(1, 4.0, even=6.0, odd=6.0), week(2, 1.0, even=3.0, odd=5.0))

    found = across_runs(store, "week-2", "a")

    assert [day.run for day in found.days] == ["week-1", "week-2"]
    assert [day.log10_e for day in found.days] == pytest.approx(
        [4.0, math.log10((10**3 + 10**5) / 2)]
    )
    assert found.log10_product == pytest.approx(4 + math.log10(50_500))
    assert [(day.groups, day.meetings, day.expected) for day in found.days] == [(2, 12, 1.0)] * 2
    assert found.left_out == ()
    assert "at most once in 10^8.7, over 2 runs of separate days" in found.says


def test_a_half_that_shows_nothing_bets_nothing(store):
    tell(store, week(1, 4.0), week(2, even=3.0))

    found = across_runs(store, "week-2", "a")

    assert found.days[1].log10_e == pytest.approx(math.log10((1000 + 1) / 2))


def test_a_run_of_the_same_days_is_left_out_and_named(store):
    again = week(2, 9.0, name="again", even=9.0)
    longer = Told("both-weeks", (1, 3), {"a": RING}, {"a": 20.0}, {(0, "a"): (RING, 20.0)})
    tell(store, week(1, 4.0), again, longer, week(2, 1.0, even=3.0, odd=3.0))

    found = across_runs(store, "week-2", "a")

    assert [day.run for day in found.days] == ["week-1", "week-2"]
    assert found.log10_product == pytest.approx(7.0)
    overlaps = "its period overlaps that of `week-2`, and no act is counted twice"
    assert why(found) == {"again": overlaps, "both-weeks": overlaps}


def test_a_period_that_ends_as_another_begins_overlaps_by_that_act(store):
    tell(store, Told("first", (1, 2 + 1 / WEEK), {"a": RING}, {"a": 3.0}), week(2, 1.0))

    found = across_runs(store, "week-2", "a")

    assert [day.run for day in found.days] == ["week-2"]
    assert "overlaps" in why(found)["first"]


def test_later_runs_and_runs_that_tested_nothing_do_not_count(store):
    untested = Told("untested", None, {"a": RING})
    tell(store, week(1, 4.0), untested, week(2, 1.0, even=3.0, odd=3.0))

    found = across_runs(store, "week-1", "a")

    assert (found.log10_product, why(found)) == (4.0, {"week-2": LATER, "untested": NOT_TESTED})
    assert across_runs(store, "untested", "a") is None


def test_a_run_that_lost_the_cluster_counts_by_what_its_days_say(store):
    """Its groups were found, and did not meet again: that tells against, and is not passed over."""
    lost = Told(
        "week-2", (2, 3), {"x": ("x", "y", "z")}, {},
        {(0, "a"): (RING, HALF_OF_ONE), (1, "a"): (RING, HALF_OF_ONE)},
    )  # fmt: skip
    tell(store, week(1, 4.0), lost, week(3, 1.0, even=2.0, odd=2.0))

    found = across_runs(store, "week-3", "a")

    assert [day.cluster for day in found.days] == ["a", None, "a"]
    assert found.log10_product == pytest.approx(4 + HALF_OF_ONE + 2)


def test_a_later_run_is_judged_by_the_members_that_were_known_before_it(store):
    """A group of those who joined in week 2 is no evidence about the cluster of week 1."""
    joined = ("a", "b", "c", "p", "q", "r", "s")
    later = Told(
        "week-2", (2, 3), {"a": joined}, {"a": 1.0},
        {(0, "p"): (("p", "q", "r", "s"), 50.0), (1, "a"): (("a", "b", "c"), 2.0)},
    )  # fmt: skip
    tell(store, week(1, 4.0), later)

    found = across_runs(store, "week-2", "a")

    assert found.days[1].groups == 1
    assert found.log10_product == pytest.approx(4 + math.log10((100 + 1) / 2))


def test_of_two_clusters_that_become_one_the_one_that_shares_most_leads(store):
    merged = (*RING, "v", "w", "x")
    early = Told("week-1", (1, 2), {"a": RING, "v": ("v", "w", "x")}, {"a": 2.0, "v": 30.0})
    tell(store, early, week(2, 1.0, members=merged, even=3.0, odd=3.0))

    found = across_runs(store, "week-2", "a")

    assert found.days[0].cluster == "a"
    assert found.log10_product == pytest.approx(5.0)


def test_a_cluster_whose_heir_is_another_leads_nowhere_else(store):
    """Three of five went on as `c`; the two others are no cluster of that line."""
    split = Told(
        "week-2", (2, 3), {"c": ("c", "d", "e", "m"), "a": ("a", "b", "n", "o")}, {"a": 1.5}
    )
    tell(store, week(1, 4.0), split)

    assert across_runs(store, "week-2", "a").log10_product == 1.5
    assert why(across_runs(store, "week-2", "a")) == {"week-1": NOT_THERE}


def test_weak_members_make_no_heir(store):
    tell(store, week(1, 4.0), week(2, 1.0))
    store.execute(MEMBERS.update().where(MEMBERS.c.run == "week-1").values(role="weak"))

    assert why(across_runs(store, "week-2", "a")) == {"week-1": NOT_THERE}


def test_a_run_whose_halves_do_not_show_the_cluster_cannot_be_the_first(store):
    tell(store, week(1), week(2, 3.0), week(3, 1.0))

    found = across_runs(store, "week-3", "a")

    assert [day.run for day in found.days] == ["week-2", "week-3"]
    assert why(found) == {"week-1": NOT_SHOWN}


def test_what_no_half_shows_has_nothing_to_multiply(store):
    tell(store, week(1))

    found = across_runs(store, "week-1", "a")

    assert (found.days, found.log10_product) == ((), 0.0)
    assert found.says == "no half of its days shows this cluster: nothing to be multiplied"


def test_days_that_speak_for_chance_are_told_so(store):
    tell(store, week(1, 0.2), week(2, even=HALF_OF_ONE, odd=HALF_OF_ONE))

    assert across_runs(store, "week-2", "a").says == (
        "the days that did not choose it say nothing against chance, over 2 runs of separate days"
    )


def test_an_unknown_cluster_is_refused(store):
    tell(store, week(1))
    with pytest.raises(ConfigError, match="no cluster `z` in run `week-1`"):
        across_runs(store, "week-1", "z")


def test_how_often_is_told_in_words():
    assert [times(log10) for log10 in (0.0, 3.08, 5.9999, 6.0, 412.345)] == [
        "1", "1,202", "999,770", "10^6.0", "10^412.3",
    ]  # fmt: skip


periods = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 6)).map(lambda p: (p[0], p[0] + p[1])),
    min_size=1,
    max_size=8,
)


@settings(deadline=None, max_examples=60)
@given(weeks=periods)
@example(weeks=[(3, 4), (0, 1), (0, 3), (1, 2)])
def test_no_two_runs_that_count_share_a_moment_and_as_many_count_as_can(weeks):
    runs = [Told(f"run-{n}", each, {"a": RING}, {"a": 1.0}) for n, each in enumerate(weeks)]
    with empty_store() as connection:
        tell(connection, *runs)
        found = across_runs(connection, "run-0", "a")
    of = dict(zip((run.name for run in runs), weeks, strict=True))
    counted = [of[day.run] for day in found.days]
    assert all(one[1] <= other[0] for one, other in pairwise(counted))
    assert {day.run for day in found.days} | set(why(found)) == set(of)
    assert len(counted) == 1 + most_apart([each for each in weeks if each[1] <= weeks[0][0]])


def most_apart(weeks):
    """The most periods that can be taken without an overlap, by trying every choice."""
    if not weeks:
        return 0
    one, rest = weeks[0], weeks[1:]
    apart = [each for each in rest if each[1] <= one[0] or one[1] <= each[0]]
    return max(1 + most_apart(apart), most_apart(rest))


def test_whoever_picks_the_best_cluster_of_chance_wins_nothing_on_average():
    """Six groups that toss a fair coin on each half of three runs' days: double or nothing. Runs
    list only those that won most, and who looks takes the cluster with the greatest product."""
    rng = np.random.default_rng(2)
    won = np.array([best_of_chance(rng, groups=6, weeks=3) for _ in range(120)])

    assert won.mean() <= 1 + 3 * won.std() / math.sqrt(len(won))
    assert (won >= 2).mean() <= 1 / 2


def best_of_chance(rng, *, groups, weeks):
    """The greatest product that a listed cluster has after some weeks of coins."""
    names = [tuple(f"{group}-{n}" for n in range(4)) for group in range(groups)]
    with empty_store() as connection:
        for week in range(weeks):
            e = 2.0 * rng.integers(0, 2, (2, groups)) + 1e-9
            paid = np.log10(e.sum(axis=0) / (2 * groups))
            listed = np.argsort(-e.sum(axis=0), kind="stable")[:4]
            told = Told(
                f"week-{week}",
                (week, week + 1),
                {names[g][0]: names[g] for g in listed},
                {names[g][0]: float(paid[g]) for g in listed},
                {
                    (half, names[g][0]): (names[g], float(np.log10(e[half, g])))
                    for half in (0, 1)
                    for g in range(groups)
                },
            )
            tell(connection, told)
        return 10.0 ** max(
            across_runs(connection, told.name, names[g][0]).log10_product for g in listed
        )


@pytest.fixture(scope="module")
def weekly(tmp_path_factory):
    """Two weeks of one made-up world, each detected by itself, and the first one once more.

    `r0` to `r5` meet in both weeks, `s0` to `s5` in the first alone.
    """
    folder = tmp_path_factory.mktemp("weekly")
    begin, hour = 1_704_067_200, 3600
    rng = np.random.default_rng(8)
    acts = [
        (f"u{a}", f"o{o}", begin + int(t))
        for a, o, t in zip(
            rng.integers(0, 300, 6_000), rng.integers(0, 400, 6_000),
            rng.integers(0, 14 * 24 * hour, 6_000), strict=True,
        )
    ]  # fmt: skip
    for ring, days in (("r", range(14)), ("s", range(7))):
        for day in days:
            acts += [
                (f"{ring}{m}", f"{ring}-{day}-{n}", begin + (day * 24 + 3 * n + 2) * hour + m * 9)
                for n in range(6)
                for m in range(6)
            ]
    rows = "".join(f"{who},{what},{when}\n" for who, what, when in acts)
    (folder / "acts.csv").write_text("who,what,ts\n" + rows)
    middle = begin + 7 * 24 * hour
    others = "".join(
        f"[detectors.{name}]\nenabled = false\n" for name in DETECTORS if name != "shared-objects"
    )
    parts = {"first": f"< {middle}", "second": f">= {middle}", "whole": "> 0"}
    for name, part in parts.items():
        (folder / f"{name}.toml").write_text(
            f'[job]\nname = "{name}"\nother_days = true\n[[extract.tables]]\nname = "acts"\n'
            f'path = "acts.csv"\ntime_unit = "s"\n'
            f'row_where = "cast(ts as bigint) {part}"\n[extract.tables.map]\n'
            'account = "who"\nobject = "what"\nacted_at = "ts"\n' + others
        )
        result = ringwatch("detect", folder / f"{name}.toml", "--out", folder / "out")
        assert result.exit_code == 0, result.stderr
    return folder / "out"


def ringwatch(*args):
    return CliRunner().invoke(app, [str(arg) for arg in args])


def shown(out, cluster, job):
    runs = json.loads(ringwatch("runs", "--out", out, "--json").stdout)["runs"]
    [run] = [each["run"] for each in runs if each["job"] == job]
    result = ringwatch("show", cluster, "--out", out, "--run", run, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_a_ring_of_two_weeks_is_shown_with_the_product_of_both_and_the_rest_left_out(weekly):
    first = shown(weekly, "r0", "first")["over_runs"]
    second = shown(weekly, "r0", "second")["over_runs"]

    assert (first["runs"], second["runs"]) == (1, 2)
    assert first["log10_product"] > 10
    assert second["log10_product"] > first["log10_product"] + 10
    assert second["days"][0]["log10_e"] == first["log10_product"]
    assert [each["cluster"] for each in second["days"]] == ["r0", "r0"]
    [whole] = [each for each in second["left_out"] if each["run"].startswith("whole")]
    assert "overlaps" in whole["why"]
    assert "10^" in second["says"] and "2 runs of separate days" in second["says"]


def test_each_run_keeps_the_e_value_of_each_cluster_that_its_days_show(weekly):
    evidence = {row["name"]: row for row in shown(weekly, "s0", "first")["evidence"]}

    assert evidence["e-value"]["value"] > 10
    assert shown(weekly, "s0", "first")["over_runs"]["log10_product"] == pytest.approx(
        evidence["e-value"]["value"]
    )


def test_people_read_the_product_its_runs_and_what_was_left_out(weekly, tmp_path):
    runs = json.loads(ringwatch("runs", "--out", weekly, "--json").stdout)["runs"]
    [run] = [each["run"] for each in runs if each["job"] == "second"]

    text = ringwatch("show", "r0", "--out", weekly, "--run", run).stdout
    ringwatch("report", tmp_path / "pages", "--out", weekly, "--run", run)
    page = (tmp_path / "pages" / "cluster-0001.html").read_text()

    for told in (text, page):
        assert "chance would give this or more at most once in 10^" in told
        assert "over 2 runs of separate days" in told
        assert "and no act is counted twice" in told
        assert "why they do is not said by it" in told


def test_a_cluster_s_groups_are_found_by_its_accounts_however_many_a_run_has(store):
    groups = {(half, "g"): (RING, 1.0) for half in (0, 1)}
    tell(store, Told("one", (0, 1), {"a": RING}, {"a": 1.0}, groups))
    asked = []
    event.listen(store, "before_cursor_execute", lambda *call: asked.append(call[2:4]))

    across_runs(store, "one", "a")

    [(query, bound)] = [each for each in asked if "FROM day_groups" in each[0]]
    plan = store.exec_driver_sql(f"explain query plan {query}", bound).fetchall()
    assert any("day_groups_by_account (account=? AND run=?)" in row[-1] for row in plan), plan
