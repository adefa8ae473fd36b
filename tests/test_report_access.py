"""Report pages can be read by everybody: pictures in words, headings, labels, contrast."""

import re
import xml.etree.ElementTree as ET

import pytest

from review.report.page import report_html
from review.report.view import report_input
from tests.report_runs import Parsed
from tests.report_runs import run as run

pytestmark = pytest.mark.local_only


def test_every_picture_has_a_name_and_a_twin_in_words(run):
    html = report_html(report_input(run, "a1"))
    images = re.findall(r'<svg [^>]*role="img"[^>]*>', html)

    assert len(images) == 3
    assert all(re.search(r'aria-label="[^"]{20,}"', image) for image in images)
    assert html.count('<details class="twin">') == 3


def test_every_picture_is_well_formed(run):
    html = report_html(report_input(run, "a1"))

    found = re.findall(r"<svg xmlns=.*?</svg>", html, flags=re.DOTALL)
    assert len(found) == 3
    for drawn in found:
        ET.fromstring(drawn)


def test_headings_come_in_order_and_the_language_is_named(run):
    page = Parsed(report_html(report_input(run, "a1")))

    assert page.headings[0] == 1 and page.headings.count(1) == 1
    assert all(b <= a + 1 for a, b in zip(page.headings, page.headings[1:], strict=False))
    assert ("html", "lang", "en") in page.attributes


def test_every_label_points_to_something_that_is_there(run):
    page = Parsed(report_html(report_input(run, "a1")))
    ids = [value for _, key, value in page.attributes if key == "id"]

    assert len(ids) == len(set(ids))
    named = [value for _, key, value in page.attributes if key == "aria-labelledby"]
    assert named and set(named) <= set(ids)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_its_ground(run, theme):
    style = report_html(report_input(run, "a1")).split("<style>")[1].split("</style>")[0]
    roots = re.findall(r":root \{(.*?)\}", style, flags=re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#\w+)", roots[theme == "dark"]))

    for ink in ("ink", "muted", "accent"):
        for ground in ("card", "page", "wash"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for mark in ("hot", "calm", "good", "l0", "l1", "l2", "l3", "l4", "l5"):
        assert contrast(colours[mark], colours["card"]) >= 3, mark


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    channels = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
