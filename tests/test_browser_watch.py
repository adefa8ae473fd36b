"""What watches pages in the browser tests sees what it is there to see."""

from __future__ import annotations

import pytest

from tests.browser_pages import Watched, chromium, faults_of, too_wide

pytestmark = [pytest.mark.browser, pytest.mark.local_only]

BAD = """<!doctype html><html><title>x</title><body>
<img src="http://127.0.0.1:9/other.png"><input style="width: 5000px">
<script>console.error("said"); setTimeout(() => { alert("boo"); undefinedName(); });</script>
"""


def test_scripts_requests_faults_and_widths_are_seen():
    with chromium() as browser, browser.new_context() as context:
        shown = Watched(context, "http://127.0.0.1:8472")
        shown.page.set_content(BAD)
        shown.page.wait_for_timeout(1_000)

        assert {fault.split(":")[0] for fault in shown.faults} == {"dialog", "error", "request"}
        assert any("undefinedName" in fault for fault in shown.faults)
        assert {fault.split(":")[0] for fault in faults_of(shown.page)} >= {"image-alt", "label"}
        assert too_wide(shown.page) > 1_000
