"""A real browser for tests of the console: Debian's Chromium, watched while it shows pages."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

PATIENCE_MS = 60_000
"""A page may take long where a machine is busy; a test waits rather than fails."""

AXE = Path(sys.prefix) / "browser" / "node_modules" / "axe-core" / "axe.min.js"


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser that the system has; a test fails where there is none."""
    found = os.environ.get("RINGWATCH_CHROMIUM") or shutil.which("chromium")
    if found is None:
        pytest.fail(
            "no Chromium is here: install Debian's `chromium`, or say with RINGWATCH_CHROMIUM"
            " where one is"
        )
    # Root may not use its sandbox; what it opens here is this machine's own pages.
    args = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=args)
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page of a console, and all that it did which no page of ours may do."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        """Open an empty page of a browser that knows nobody."""
        context.set_default_timeout(PATIENCE_MS)
        self.page: Page = context.new_page()
        self.address = address
        self.faults: list[str] = []
        self.page.on("dialog", self._dialog)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("console", self._console)
        context.on("request", self._request)

    def open(self, path: str) -> Page:
        """Go to a path of the console."""
        self.page.goto(self.address + path)
        return self.page

    def _dialog(self, dialog: Any) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _console(self, message: Any) -> None:
        # A browser tells of every answer of 400 and more; whether it is right is the test's affair.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.faults.append(f"{message.type}: {message.text}")

    def _request(self, request: Any) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.address).netloc:
            self.faults.append(f"request: {request.url}")


@contextmanager
def watched(browser: Browser, told: dict[str, Any], **options: Any) -> Iterator[Watched]:
    """A browser without cookies that has not entered yet; at the end it must be without fault."""
    with browser.new_context(**options) as context:
        shown = Watched(context, told["address"])
        yield shown
        assert shown.faults == []


def come_in(shown: Watched, told: dict[str, Any], name: str = "jo") -> None:
    """Use the printed link up and enter."""
    shown.page.goto(told["link"])
    shown.page.fill("#name", name)
    shown.page.press("#name", "Enter")
    shown.page.wait_for_selector("[data-queue], .nothing")


def press(page: Page, *keys: str) -> None:
    """Press keys, the first of them when the scripts that listen to them have run."""
    page.wait_for_load_state("load")
    for key in keys:
        page.keyboard.press(key)


def faults_of(page: Page) -> list[str]:
    """What axe finds serious or critical on a page, with the places."""
    if not AXE.exists():
        pytest.fail(f"axe-core is not at {AXE}: `make test-browser` fetches it")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{fault['id']}: {fault['help']}: "
        + json.dumps([node["html"][:160] for node in fault["nodes"][:3]])
        for fault in found["violations"]
        if fault["impact"] in {"serious", "critical"}
    ]


def too_wide(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    wider: int = page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wider


def shoot(page: Page, folder: Path | None, name: str, *, whole: bool = False) -> None:
    """Keep a picture of the page, if a folder was asked for."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{re.sub(r'[^a-z0-9-]+', '-', name)}.png", full_page=whole)
