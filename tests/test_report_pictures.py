"""Numbers, times and pictures of a report."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from review.report import svg
from review.report.layout import force_layout, spread
from review.report.network import EDGES_AT_MOST, MEMBERS_AT_MOST, network_picture
from review.report.raster import raster
from review.report.timeline import timeline
from review.report.times import DAY, HOUR, MINUTE, buckets, moment, span, ticks
from review.report.words import chance, in_unit, name, number, share, signed

MARCH = 1_772_323_200_000  # 2026-03-01 00:00 UTC
SPACE = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (number(12345), "12,345"),
        (number(0.04212), "0.0421"),
        (number(3.14e-9), "3.1e-09"),
        (number(1234.5), "1,234"),
        (number(None), "not known"),
        (number(float("nan")), "not known"),
        (number(float("inf")), "without bound"),
        (share(0.912), "91 %"),
        (share(0.0421), "4.2 %"),
        (share(0.0), "0 %"),
        (share(1.0), "100 %"),
        (in_unit(0.91, "share of posts"), "91 % of posts"),
        (in_unit(14, "links"), "14 links"),
        (in_unit(None, "links"), "not measured"),
        (signed(0.314), "+0.31"),
        (signed(-0.05), "\N{MINUS SIGN}0.05"),
        (chance(-3), "1 in 1,000"),
        (chance(-14.2), "1 in 10^14"),
        (chance(None), "not tested"),
        (name("<b>"), "<bdi>&lt;b&gt;</bdi>"),
        (name(None), '<span class="none">none</span>'),
        (name(""), "<bdi>(empty)</bdi>"),
        (moment(MARCH + 9 * HOUR + 5_250), "2026-03-01 09:00:05"),
        (moment(-1), "1969-12-31 23:59:59"),
        (moment(2**62), f"{2**62} ms"),
        (moment(None), "unknown"),
        (span(450), "450 ms"),
        (span(-7_900), "7.9 s"),
        (span(200 * 1000), "3 min 20 s"),
        (span(2 * DAY + 4 * HOUR), "2 d 4 h"),
        (span(HOUR), "1 h"),
    ],
)
def test_numbers_and_times_read_well(shown, expected):
    assert shown == expected


@given(st.integers(-(2**53), 2**53), st.integers(0, 2**53))
def test_stretches_of_time_cover_any_span_and_stay_few(first, length):
    found = buckets(first, first + length)

    assert found.start <= first
    assert found.start + found.count * found.step > first + length
    assert 1 <= found.count <= 111


@given(st.integers(-(2**50), 2**50), st.integers(0, 2**50))
def test_ticks_lie_inside_their_span_and_stay_few(first, length):
    marks = ticks(first, first + length)

    assert len(marks) <= 8
    assert all(first <= at <= first + length for at, _ in marks)


def test_ticks_stand_on_round_moments():
    assert ticks(MARCH + MINUTE, MARCH + 2 * DAY) == [
        (MARCH + 12 * HOUR, "1 Mar 12:00"),
        (MARCH + DAY, "2 Mar 00:00"),
        (MARCH + DAY + 12 * HOUR, "2 Mar 12:00"),
        (MARCH + 2 * DAY, "3 Mar 00:00"),
    ]


def test_the_layout_puts_friends_near_and_strangers_apart():
    src, dst = np.array([0, 1, 0, 3, 4, 3]), np.array([1, 2, 2, 4, 5, 5])

    place = force_layout(6, src, dst, np.ones(6))

    lower, upper = sorted((place[:3, 0], place[3:, 0]), key=np.min)
    assert lower.max() < upper.min()


@given(st.integers(0, 12), st.data())
def test_every_layout_is_finite_inside_the_picture_and_repeatable(points, data):
    ends = st.integers(0, max(points - 1, 0))
    pairs = data.draw(st.lists(st.tuples(ends, ends), max_size=20)) if points else []
    src = np.array([a for a, _ in pairs], dtype=np.int64)
    dst = np.array([b for _, b in pairs], dtype=np.int64)

    place = force_layout(points, src, dst, np.ones(len(pairs)))

    assert place.shape == (points, 2)
    assert np.isfinite(place).all()
    assert (place >= -1e-9).all() and (place <= 1 + 1e-9).all()
    assert (place == force_layout(points, src, dst, np.ones(len(pairs)))).all()


def test_circles_do_not_cover_one_another():
    place = spread(np.array([[0.0, 0.0], [1.0, 0.0], [50.0, 0.0]]), np.array([5.0, 5.0, 5.0]))

    distance = np.linalg.norm(place[:, None] - place[None], axis=2) + np.eye(3) * 99
    assert distance.min() > 9.9


def test_the_network_picture_has_a_shape_a_member_and_a_line_an_edge():
    picture = network_picture(members(4), ring(4), ["links"])

    tree = ET.fromstring(picture.drawn)
    assert len(tree.findall(f".//{SPACE}circle")) == 3
    assert len(tree.findall(f".//{SPACE}polygon")) == 1
    assert len(tree.findall(f".//{SPACE}line")) == 4


def test_a_large_network_is_bounded_and_says_what_it_shows():
    picture = network_picture(members(300), ring(300) * 9, ["links"])

    assert picture.members_shown == MEMBERS_AT_MOST
    assert len(picture.edges) <= EDGES_AT_MOST
    assert len(ET.fromstring(picture.drawn).findall(f".//{SPACE}g[@class]")) == MEMBERS_AT_MOST


def test_pictures_of_hostile_names_are_well_formed():
    hostile = ["<script>alert(1)</script>", 'x" onload="alert(1)', "a\x00b", "\u202e", "]]>&amp;"]
    named = [{**row, "account": hostile[i]} for i, row in enumerate(members(5))]
    edges = [{**ring(5)[0], "src": hostile[0], "dst": hostile[1], "layer": "links"}]
    acts = [act(hostile[i], MARCH + i, True) for i in range(5)]

    for drawn in (
        network_picture(named, edges, ["links"]).drawn,
        raster(named, acts).drawn,
        timeline(acts).drawn,
    ):
        tags = {element.tag.removeprefix(SPACE) for element in ET.fromstring(drawn).iter()}
        assert "script" not in tags
        assert "onload" not in {key for e in ET.fromstring(drawn).iter() for key in e.attrib}
        assert not set(drawn) & {"\u202e", "\x00"}


def test_the_timeline_counts_every_interaction_once():
    acts = [act("a", MARCH + n * HOUR, n % 3 == 0) for n in range(48)]

    found = timeline(acts)

    assert found.stretch == "hour"
    assert sum(joint for _, joint, _ in found.rows) == 16
    assert sum(other for _, _, other in found.rows) == 32
    assert found.rows[0] == ("2026-03-01 00:00", 1, 0)


def test_the_timeline_s_bars_are_as_high_as_their_counts():
    found = timeline([act("a", MARCH, True)] * 3 + [act("a", MARCH, False)])

    bars = {
        r.get("class"): float(r.get("height"))
        for r in ET.fromstring(found.drawn).iter(f"{SPACE}rect")
    }
    assert bars["joint"] == pytest.approx(3 * bars["alone"], abs=0.2)


def test_the_raster_has_a_stroke_an_act_and_marks_the_joint_ones():
    acts = [act("a0", MARCH, True), act("a1", MARCH, True), act("a1", MARCH + DAY, False)]

    found = raster(members(2), acts)

    strokes = {
        path.get("class"): path.get("d").count("M")
        for path in ET.fromstring(found.drawn).iter(f"{SPACE}path")
    }
    assert strokes == {"act-alone": 1, "act-joint": 2}
    assert [(row.account, row.acts, row.joint) for row in found.rows] == [
        ("a0", 1, 1),
        ("a1", 2, 1),
    ]


def test_without_interactions_there_is_neither_timeline_nor_raster():
    assert timeline([]) is None
    assert raster(members(3), []) is None


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), max_size=20))
def test_every_text_in_a_picture_is_escaped(text):
    drawn = svg.picture(svg.text(text, 1, 2), width=10, height=10, label=text)

    assert ET.fromstring(drawn).find(f"{SPACE}text").text == (text or None)
    assert isinstance(drawn, Markup)


def members(count):
    return [
        {
            "account": f"a{n}",
            "role": "bridge" if n == 3 else "core",
            "pagerank": 1 / count,
            "partners": 2,
        }
        for n in range(count)
    ]


def ring(count):
    return [
        {"src": f"a{n}", "dst": f"a{(n + 1) % count}", "layer": "links", "weight": 1.0 + n}
        for n in range(count)
    ]


def act(account, at, joint):
    return {"account": account, "acted_at": at, "joint": joint}
