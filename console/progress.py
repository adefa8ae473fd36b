"""How a run shows where it stands: bars on a terminal, heartbeat lines elsewhere, on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from jobs.progress import Progress as Listener
from review.visible import visible

HEARTBEAT_SECONDS = 10.0


@contextmanager
def shown_progress(*, quiet: bool = False) -> Iterator[Listener]:
    """A listener that draws on stderr: a bar on a terminal, lines with a clock otherwise."""
    if quiet:
        from jobs.progress import Silent

        yield Silent()
    elif sys.stderr.isatty():
        with Bars() as bars:
            yield bars
    else:
        yield Heartbeat()


class Bars:
    """One bar a step, with rate and remaining time."""

    def __init__(self) -> None:
        """Bars on stderr, so that stdout holds data alone."""
        self._drawn = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=False,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Bars:
        """Begin to draw."""
        self._drawn.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop drawing; the bars stay on the screen."""
        self._finish()
        self._drawn.stop()

    def step(self, name: str, says: str) -> None:
        """A step begins: the last one's bar is full."""
        self._finish()
        self._task = self._drawn.add_task(f"[bold]{name}[/bold]", total=None, rate="")

    def rows(self, done: int, total: int | None, unit: str) -> None:
        """Move the bar, and say the rate."""
        if self._task is None:
            return
        task = next(each for each in self._drawn.tasks if each.id == self._task)
        elapsed = task.elapsed or 0.0
        rate = f"{done / elapsed:,.0f} {unit}/s" if elapsed > 0 else ""
        self._drawn.update(self._task, completed=done, total=total, rate=rate)

    def note(self, says: str) -> None:
        """A line above the bars."""
        self._drawn.console.print(visible(says), markup=False, highlight=False)

    def _finish(self) -> None:
        if self._task is not None:
            self._drawn.update(self._task, total=1, completed=1)
            self._drawn.stop_task(self._task)


class Heartbeat:
    """A line a step, and one every ten seconds within a step."""

    def __init__(self) -> None:
        """Begin the clock."""
        self._began = time.monotonic()
        self._last = self._began
        self._step = ""
        self._step_began = self._began

    def step(self, name: str, says: str) -> None:
        """A step begins."""
        self._step, self._step_began = name, time.monotonic()
        self._line(f"{name}: {says}")

    def rows(self, done: int, total: int | None, unit: str) -> None:
        """A line, unless the last one is less than ten seconds old."""
        now = time.monotonic()
        if now - self._last < HEARTBEAT_SECONDS:
            return
        rate = done / max(now - self._step_began, 1e-9)
        left = f", {(total - done) / rate:,.0f} s left" if total and rate > 0 else ""
        of = f" of {total:,}" if total else ""
        self._line(f"{self._step}: {done:,}{of} {unit}, {rate:,.0f} {unit}/s{left}")

    def note(self, says: str) -> None:
        """A line."""
        self._line(says)

    def _line(self, text: str) -> None:
        self._last = time.monotonic()
        sys.stderr.write(f"[{self._last - self._began:7.1f} s] {visible(text)}\n")
        sys.stderr.flush()
