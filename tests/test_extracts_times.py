"""Times: each declared form to milliseconds, and what is refused rather than guessed."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.extracts.clock import Clock, TimeRemarks, partition_day
from builders.extracts.faults import Faults
from builders.extracts.times import milliseconds, screen_times
from graph.errors import ConfigError

START = 1_072_915_200_000  # 2004-01-01
END = 1_800_000_000_000


def clock(unit=None, zone=None, **more):
    settings = {"repeated_hour": "quarantine", "start_ms": START, "end_ms": END} | more
    return Clock(table="likes", unit=unit, zone=zone, **settings)


def read(values, by, kind=None):
    """The milliseconds, None where the row was set aside, and the reasons."""
    column = values if isinstance(values, pa.Array) else pa.array(values, kind)
    faults = Faults(np.arange(1, len(column) + 1))
    remarks = TimeRemarks()
    times = milliseconds(column, "acted_at", by, faults)
    screen_times(times, column, "acted_at", by, faults, remarks)
    reasons = {row["row"]: row["reason"] for part in faults.batches() for row in part.to_pylist()}
    found = [None if bad else int(time) for time, bad in zip(times, faults.bad, strict=True)]
    return found, reasons, remarks


@pytest.mark.parametrize(
    ("unit", "value"),
    [
        ("s", 1_704_067_200),
        ("s", "1704067200"),
        ("ms", 1_704_067_200_000),
        ("us", 1_704_067_200_000_999),
        ("ns", 1_704_067_200_000_999_999),
        ("ns", "1704067200000999999"),
        ("iso", "2024-01-01T00:00:00Z"),
        ("iso", "2024-01-01 02:00:00.0009999+02:00"),
        ("iso", "2023-12-31T19:00-0500"),
        ("%a %b %d %H:%M:%S %z %Y", "Mon Jan 01 00:00:00 +0000 2024"),
    ],
)
def test_each_declared_form_gives_the_same_instant(unit, value):
    assert read([value], clock(unit))[0] == [1_704_067_200_000]


def test_fractions_of_seconds_keep_their_milliseconds():
    assert read([1_700_000_000.123], clock("s"))[0] == [1_700_000_000_123]
    assert read(["1700000000.123"], clock("s"))[0] == [1_700_000_000_123]


@given(st.datetimes(datetime(2004, 1, 2), datetime(2026, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_an_offset_is_exact(moment, minutes):
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    text = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06}{sign}{hours:02}:{rest:02}"
    true = int(moment.replace(tzinfo=UTC, microsecond=0).timestamp()) * 1000 - minutes * 60_000

    assert read([text], clock("iso"))[0] == [true + moment.microsecond // 1000]


def test_timestamps_with_a_zone_need_no_declaration():
    moment = pd.Timestamp("2024-01-01T00:00:00.000999Z")
    assert read([moment], clock(), pa.timestamp("us", "UTC"))[0] == [1_704_067_200_000]


def test_a_column_of_local_timestamps_needs_a_declared_zone():
    local = pa.array([datetime(2024, 7, 1, 12)], pa.timestamp("us"))

    with pytest.raises(ConfigError, match="local time without a zone; say `time_zone`"):
        read(local, clock())
    assert read(local, clock(zone="Europe/Berlin"))[0] == [1_719_828_000_000]


@pytest.mark.parametrize("kind", [pa.int64(), pa.string()])
def test_a_unit_is_never_guessed(kind):
    with pytest.raises(ConfigError, match="a unit is never guessed"):
        read(pa.array([1_704_067_200]).cast(kind), clock())


def test_a_local_text_without_a_zone_is_set_aside():
    found, reasons, _ = read(["2024-01-01 10:00:00", "2024-01-01 10:00:00Z"], clock("iso"))

    assert found == [None, 1_704_103_200_000]
    assert reasons[1] == "local time without a zone; say `time_zone`"


def test_the_hour_that_a_clock_skips_and_the_one_it_repeats_are_told_apart():
    texts = ["2024-03-31 02:30:00", "2024-10-27 02:30:00", "2024-10-27 03:30:00"]

    found, reasons, _ = read(texts, clock("iso", "Europe/Berlin"))

    assert found == [None, None, 1_729_996_200_000]
    assert reasons[1] == "no such local time in Europe/Berlin: the clock was put forward over it"
    assert reasons[2].startswith("local time that Europe/Berlin had twice")
    earlier, later = (
        read(texts, clock("iso", "Europe/Berlin", repeated_hour=side))[0][1]
        for side in ("earlier", "later")
    )
    assert (earlier, later) == (1_729_989_000_000, 1_729_992_600_000)


@pytest.mark.parametrize(
    "text",
    ["1704067200,5", "1,704,067,200", "1.7E9", "", "yesterday", "0x10", " 1704067200"],
)
def test_a_number_in_another_spelling_is_set_aside(text):
    assert read([text], clock("s"))[1] == {1: "no number of seconds"}


@pytest.mark.parametrize("text", ["01/02/2024 10:00", "2024-01-01", "2024-02-30T10:00:00Z"])
def test_iso_means_iso(text):
    assert read([text], clock("iso"))[0] == [None]


def test_a_declared_form_decides_between_day_and_month():
    day_first = clock("%d/%m/%Y %H:%M", "UTC")
    month_first = clock("%m/%d/%Y %H:%M", "UTC")

    assert read(["01/02/2024 00:00"], day_first)[0] == [1_706_745_600_000]
    assert read(["01/02/2024 00:00"], month_first)[0] == [1_704_153_600_000]
    assert read(["31/12/2024 00:00"], month_first)[0] == [None]


def test_times_before_the_platform_and_in_the_future_are_set_aside():
    texts = ["1999-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "2024-01-01T00:00:00Z"]

    found, reasons, _ = read(texts, clock("iso"))

    assert found == [None, None, 1_704_067_200_000]
    assert reasons == {1: "before 2004-01-01, the platform's start", 2: "in the future"}
    assert read([0, -5], clock("ms"))[0] == [None, None]


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (1_704_067_200, "seconds"),
        (1_704_067_200_000_000, "microseconds"),
        (1_704_067_200_000_000_000, "nanoseconds"),
    ],
)
def test_a_time_of_another_unit_is_named(value, named):
    _, reasons, remarks = read([value, 1_704_067_200_000], clock("ms"))

    assert reasons == {1: f"time in {named} where the table says milliseconds"}
    assert remarks.other_units == {named: 1}


def test_a_time_may_lie_one_day_off_its_partition_and_no_more():
    day, name = partition_day({"dt": "2024-01-10"}, None)
    texts = ["2024-01-08T23:59:59Z", "2024-01-09T00:00:00Z", "2024-01-11T23:59:59Z"]

    found, reasons, remarks = read(texts, clock("iso", day=day, partition=name, late_days=1))

    assert [time is None for time in found] == [True, False, False]
    assert reasons == {1: "more than 1 d from its partition's day dt=2024-01-10"}
    assert remarks.outside_day == 2
    assert read(texts, clock("iso", day=day, partition=name, late_days=None))[1] == {}


@pytest.mark.parametrize(
    ("partition", "name"),
    [
        ({"ds": "20240110"}, "ds=20240110"),
        ({"country": "de", "dt": "2024-01-10", "hr": "03"}, "dt=2024-01-10"),
        ({"year": "2024", "month": "1", "day": "10"}, "2024-01-10"),
    ],
)
def test_a_partition_names_its_day_in_several_ways(partition, name):
    assert partition_day(partition, None) == ((1_704_844_800_000, 1_704_931_200_000), name)
    assert partition_day({"hr": "03", "dt": None}, None) is None


def test_a_partitions_day_is_the_declared_zones():
    bounds, _ = partition_day({"dt": "2024-03-31"}, "Europe/Berlin")
    assert bounds[1] - bounds[0] == 23 * 3_600_000
