"""The simulation of the largest skew obeys the engine's own rules, and counts as a count would."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import skew, skew_checked
from benchmarks.skew_checked import compared, day_of
from benchmarks.skew_crowds import by_block, crowds_of
from benchmarks.skew_day import MINUTES, SHAPES, Day, drawn_day
from benchmarks.skew_report import BEGIN, END, skew_part
from benchmarks.skew_run import stages_by_call
from benchmarks.skew_stages import SCRATCH_A_ROW, Rates, makespan, night
from benchmarks.skew_tasks import UNCUT, affordable, dealt_to, hot_windows, looked_at, objects_pass
from graph.engines.kernels import bounds, company, dealing
from graph.engines.kernels.bounds import Limits
from graph.engines.spark import coaction_dealt, crowds, slices
from graph.engines.spark.coaction_dealt import asked_again, first_asked
from graph.engines.spark.crowd_work import blocks

pytestmark = pytest.mark.local_only

MINUTE = 60_000
RATES = Rates(
    task=0.0, row=1e-6, again=1e-6, look=1e-9, dealt=1e-6, bucket=1e-6, pair=5e-9,
    moment=1e-6, met=1e-6, own=1e-6,
)  # fmt: skip
NONE = Limits(None, None, None)


def dice():
    return np.random.default_rng(3)


def of_hot(*hot):
    nothing = np.zeros(0, np.int64)
    return Day(
        interactions=int(np.sum(hot)), hot=np.array(hot), sizes=nothing, objects=nothing,
        activity=np.array([1]), accounts=np.array([1_000]),
    )  # fmt: skip


def burst(acts, minute, minutes=MINUTES):
    found = np.zeros(minutes, np.int64)
    found[minute] = acts
    return found


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_day_has_as_many_acts_as_it_should(shape):
    day = drawn_day(shape, 10**9, 3)

    assert day.hot.sum() + (day.sizes * day.objects).sum() == pytest.approx(10**9, rel=0.1)
    assert (day.activity * day.accounts).sum() == pytest.approx(10**9, rel=0.05)
    assert day.sizes.max() <= slices.HOT_ROWS < day.hot.sum(axis=1).min()


def test_one_object_has_a_quarter_of_the_acts_where_that_is_asked_for():
    quarter = drawn_day(SHAPES[-1], 10**9, 3)

    assert quarter.hot.sum(axis=1).max() == pytest.approx(0.25e9, rel=0.01)


def test_a_slice_holds_its_own_minutes_and_the_halos_that_the_engine_gives_it():
    asked = first_asked(MINUTE, 4, NONE, 8)
    width = asked.cut.width_ms // MINUTE
    day = of_hot(np.full(MINUTES, 500_000))

    found = objects_pass(day, asked, 8, 3)

    assert found.group == 500_000 * (width + 2 * asked.cut.reach_ms // MINUTE)
    # Twice on average, but for the ends of the day.
    assert found.rows.sum() / found.own == pytest.approx(2, rel=0.01)
    assert objects_pass(day, asked, 8, 3, UNCUT).group == day.interactions


def test_another_rule_of_the_engine_is_another_simulation(monkeypatch):
    day = of_hot(np.full(MINUTES, 500_000))
    before = objects_pass(day, first_asked(MINUTE, 4, NONE, 8), 8, 3).group

    monkeypatch.setattr(
        coaction_dealt, "cutting", lambda within, windows: slices.cutting(within, 3 * windows)
    )

    assert objects_pass(day, first_asked(MINUTE, 4, NONE, 8), 8, 3).group == 3 * before


def test_pairs_are_those_that_the_kernel_counts():
    rng = dice()
    at = np.sort((np.exp(rng.normal(15, 0.7, 60_000)) % (MINUTES * MINUTE)).astype(np.int64))
    starts = np.array([0, len(at)])
    # An account for each act: none meets itself.
    account = rng.permutation(len(at)).astype(np.int32)
    rows = company.Rows(account, at, account.astype(np.int64), starts, np.zeros(1, np.int32))
    kernel = bounds.near(rows, MINUTE, len(at))
    day = of_hot(np.bincount(at // MINUTE, minlength=MINUTES))

    found = objects_pass(day, first_asked(MINUTE, 4, NONE, 8), 8, 3)

    assert found.pairs.sum() == pytest.approx(kernel.pairs().sum(), rel=0.02)
    budget = int(kernel.pairs().sum() // 3)
    exact = bounds.affordable_window(np.bincount(kernel.sizes() - 1), budget)
    assert affordable(day, MINUTE, budget) == pytest.approx(exact, rel=0.1)
    assert affordable(day, MINUTE, 2 * int(found.pairs.sum())) is None


def test_an_act_is_dealt_to_one_bucket_for_one_whom_it_meets_and_to_all_for_many():
    assert dealt_to(np.array([1e-9]), 1_000)[0] == pytest.approx(1e-9, rel=0.01)
    assert dealt_to(np.array([1e7]), 1_000)[0] == pytest.approx(1_000, rel=0.01)
    assert dealt_to(np.array([1e3]), 1)[0] == pytest.approx(1, rel=0.01)
    assert not dealt_to(np.array([1e3]), 0).any()


@pytest.mark.parametrize(("window", "buckets"), [(3, 50), (400, 50), (400, 5_000)])
def test_acts_are_dealt_as_the_kernel_deals_them(window, buckets):
    rng, acts = dice(), 4_000
    account = rng.permutation(acts).astype(np.int32)
    rows = company.Rows(
        account, np.arange(acts), account.astype(np.int64), np.array([0, acts]),
        np.zeros(1, np.int32),
    )  # fmt: skip
    kernel = bounds.near(rows, window, acts)
    homes = rng.integers(0, buckets, acts).astype(np.int32)

    found = sum(len(some.row) for some in dealing.dealt(kernel, kernel.own(None), homes, buckets))

    others = (kernel.sizes() - 1).astype(np.float64)
    assert dealt_to(others, buckets).sum() == pytest.approx(found, rel=0.05)


def test_who_has_met_all_buckets_looks_no_further():
    few, many = looked_at(np.array([10.0, 1e7]), 1_000)

    assert few == 10
    assert 7_000 < many < 1e5
    assert looked_at(np.array([50.0]), 1)[0] == 1


def test_a_window_reaches_to_both_sides_and_leaves_the_act_itself_out():
    found = hot_windows(np.array([[10, 20, 40]]), MINUTE)

    assert list(found[0]) == [10 + 10 - 1, 5 + 20 + 20 - 1, 10 + 40 - 1]


def test_what_is_too_dense_is_neither_dealt_nor_looked_at_after_the_bound():
    day = of_hot(burst(300_000, 100) + burst(300, 900))
    asked = first_asked(MINUTE, 4, Limits(None, None, 100_000), 8)

    most = affordable(day, MINUTE, 100_000)
    left = objects_pass(day, asked_again(asked, most), 8, 3)

    assert left.pairs.sum() < 100_000
    assert left.touched == 1
    assert left.dealt.sum() <= 4 * 300
    assert left.rows.sum() >= 300_300


def test_no_more_is_dealt_ahead_of_the_bound_than_the_engine_allows():
    day = of_hot(burst(300_000, 100))
    limits = Limits(None, None, 1_000_000)

    held, freely = (
        night(day, MINUTE, 4, limits, RATES, 3, held=held).stages[0] for held in (True, False)
    )

    assert freely.written == pytest.approx(300_000 * 4 * SCRATCH_A_ROW, rel=0.01)
    assert held.written < freely.written / 1_000


def test_the_largest_task_does_not_shrink_with_more_cores():
    day = of_hot(burst(3_000_000, 100), *(burst(250_000, k) for k in range(60)))
    few, many = (night(day, MINUTE, cores, NONE, RATES, 3).stages[0] for cores in (4, 64))

    assert many.most_bytes == few.most_bytes
    assert many.makespan >= 3_000_000 * RATES.row
    assert many.lost > few.lost


def test_a_crowd_comes_to_no_task_whole():
    day = of_hot(*np.multiply.outer([1, 20], burst(3_000_000, 100) + burst(50, 900)))
    limits = Limits(None, None, 1_000_000)

    apart, sliced = (night(day, MINUTE, 4, limits, RATES, 3, apart=one) for one in (True, False))

    assert apart.crowds == 2
    assert apart.crowd_rows == day.hot.sum()
    assert max(stage.group for stage in sliced.stages[:-1]) == 60_000_000
    # Five minutes of milliseconds, and a sum.
    assert max(stage.group for stage in apart.stages) <= 5 * MINUTE + 1
    # Twenty times as many acts are no larger task, and the bound leaves the same of all.
    assert apart.pairs_before == sliced.pairs_before
    assert apart.affordable == sliced.affordable
    assert apart.kept == pytest.approx(sliced.kept, rel=0.01)
    assert sum(stage.makespan for stage in apart.stages) > 0


def test_a_crowd_is_what_the_engine_says_it_is(monkeypatch):
    day = of_hot(np.full(MINUTES, 1_000), burst(900_000, 100))
    asked = asked_again(first_asked(MINUTE, 4, NONE, 8), 0)
    assert not crowds_of(day, asked.cut, MINUTE).which.any()

    monkeypatch.setattr(crowds, "CROWD_ROWS", 800_000)

    assert list(crowds_of(replace(day), asked.cut, MINUTE).which) == [False, True]


@pytest.mark.parametrize("window", [MINUTE // 2, MINUTE, 60 * MINUTE])
def test_moments_come_to_as_many_blocks_as_the_engine_sends_them_to(window):
    at = dice().integers(0, 200 * MINUTE, 300_000)
    minutes, cut = at // MINUTE, blocks(window)
    seen = {(m // MINUTE + away, m) for m in np.unique(at).tolist() for away in cut.seen()}
    sums = len(np.unique(minutes)) if cut.whole else 0

    found = by_block(np.bincount(minutes, minlength=200)[None], window, 8, dice())

    assert found.rows.sum() == pytest.approx(len(seen) + sums, rel=0.02)


@pytest.mark.parametrize(
    ("seconds", "cores", "ends"),
    [([1, 1, 1, 1], 2, 2), ([1, 1, 4], 2, 5), ([4, 1, 1], 2, 4), ([3], 8, 3), ([], 2, 0)],
)
def test_tasks_go_in_their_order_to_who_is_free_first(seconds, cores, ends):
    assert makespan(np.array(seconds, float), cores) == ends


def test_rates_are_of_the_stages_that_show_them_and_the_rest_is_told_beside(monkeypatch):
    def call(cpu, *stages, **more):
        told = [{"rows": [rows] * 8, "seconds": [took] * 8} for rows, took in stages]
        return {"cpu": cpu, "seconds": cpu, "stages": told, **more}

    monkeypatch.setattr(skew_checked, "TASK", 0.0)
    # 40,000 interactions in a minute's window take 46 us each, as they should: nothing is scaled.
    skewed = {"raw_pairs": 200, "pairs_before": 9, "kept": 8}
    calls = [
        call(1.84, (5_000, 0.1), (5_000, 0.05)),
        call(4.0, (5_000, 0.15), (15_000, 0.12)),
        call(2.0, (5_000, 0.05), (5_000, 0.03), (0, 0.0)),
        call(2.0, (5_000, 0.1), (5_000, 0.1), (900, 0.1), **skewed),
        call(3.0, (900, 0.02), (5_000, 0.03), (9, 0.01), (9, 0.01), (9, 0.01), **skewed),
    ]
    day = of_hot(burst(40_000, 100))

    found = compared(calls, day, day)

    # A minute of moments goes to five blocks, and one sum to its own; the bound leaves nothing.
    moments = 60_000 * -np.expm1(-40_000 / 60_000)
    assert found["rates"] == {
        "task": 0.0, "row": 1e-5, "again": 6e-6, "look": 1.5e-9, "dealt": 5e-6, "bucket": 8e-6,
        "pair": 5e-9, "moment": pytest.approx(0.16 / (5 * moments + 1), rel=0.01),
        "met": pytest.approx((3.0 - 0.64 + 0.4) / (40_000 + moments), rel=0.01),
        "own": pytest.approx(0.24 / 40_000, rel=0.01),
    }  # fmt: skip
    # The burst begins a slice, and is in the halo of the one before.
    assert found["stages"][0]["rows"] == [80_000, 40_000]
    assert found["pairs"][1] == 9
    assert found["cpu_seconds"][1] == 2.0
    # As a crowd it comes to no task over objects.
    names = [stage["name"] for stage in found["crowd"]["stages"]]
    assert names[:3] == ["crowds: moments", "crowds: rows by account", "first look"]
    assert found["crowd"]["stages"][2]["rows"] == [0, 72]


def test_stages_are_told_apart_by_call_and_by_who_speaks_to_python(tmp_path):
    events = [
        {"Event": "SparkListenerJobStart", "Stage IDs": [0, 1, 2],
         "Properties": {"spark.jobGroup.id": "call-0"}},
        *(task(stage, rows) for stage, rows in ((0, 5), (1, 7), (2, 40), (2, 60))),
        *(ended(stage, python) for stage, python in ((0, True), (1, False), (2, True))),
    ]  # fmt: skip
    (tmp_path / "log").write_text("".join(json.dumps(event) + "\n" for event in events))

    [call] = stages_by_call(tmp_path, 1)

    assert call["stages"] == [{"rows": [40, 60], "seconds": [2.0, 2.0]}]
    assert call["seconds"] == 8.0


def task(stage, rows):
    return {
        "Event": "SparkListenerTaskEnd",
        "Stage ID": stage,
        "Task Metrics": {
            "Executor Run Time": 2_000, "Shuffle Read Metrics": {"Total Records Read": rows}
        },
    }  # fmt: skip


def ended(stage, python):
    says = "data sent to Python workers" if python else "number of output rows"
    return {
        "Event": "SparkListenerStageCompleted",
        "Stage Info": {"Stage ID": stage, "Accumulables": [{"Name": says}]},
    }


def test_an_extract_of_the_check_is_counted_whole(tmp_path, monkeypatch):
    from benchmarks.heavy_tailed import write_interactions

    monkeypatch.setattr(skew_checked, "HOT_ROWS", 2_000)
    write_interactions(tmp_path / "x.parquet", 20_000, seed=2, viral=1, share=0.25)

    day = day_of(tmp_path / "x.parquet")

    assert day.hot.sum() == 5_000
    assert day.hot.sum() + (day.sizes * day.objects).sum() == day.interactions == 20_000
    assert (day.activity * day.accounts).sum() == 20_000


def test_a_night_is_kept_and_told_on_the_page(monkeypatch):
    monkeypatch.setitem(skew.CORES, 10**7, 4)
    found = skew.simulated(10**7, skew.Asked(SHAPES[1], skew.MINUTE), RATES)
    entry = {
        "commit": "abc", "date": "2026-01-01", "machine": "a machine", "versions": {"x": "1"},
        "seconds": 9, "nights": [found],
        "check": {"interactions": 5, "date": "2026-01-01", "pairs": [2.0, 4], "kept": [3.0, 3],
                  "stages": [], "cpu_seconds": [1.0, 0.0],
                  "crowd": {"pairs": [6.0, 4], "kept": [3.0, 3], "stages": []}},
    }  # fmt: skip

    told = "\n".join(skew_part(json.loads(json.dumps([entry]))))

    assert "| pairs of posts in the window | 2 | 4 | 0.50 |" in told
    assert "| as a crowd, pairs of posts in the window | 6 | 4 | 1.50 |" in told
    assert "| 10,000,000 | records | 60 s | as it is | 4 |" in told
    assert "records" in skew.brief(found)
    assert next(iter(skew_part([]))).endswith("`make skew` simulates it.")


def test_the_page_tells_what_is_kept():
    page = skew.PAGE.read_text(encoding="utf-8")

    told = page.partition(BEGIN)[2].partition(END)[0].strip()

    assert told == "\n".join(skew_part(skew.kept_in(skew.KEPT))).strip()


def test_a_steeper_day_has_more_of_its_acts_on_hot_objects():
    few, many = (
        drawn_day(replace(SHAPES[0], exponent=exponent), 10**9, 3).hot.sum()
        for exponent in (1.09, 0.81)
    )

    assert many > 2 * few
