"""Ctrl-C within a query: told to DuckDB's other threads too, so that it stops at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from graph.engines.signals import signals_come_out

_AGAIN_SECONDS = 0.05


@contextmanager
def interruptible(duck: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """While this lasts, a signal that interrupts the program interrupts the connection's query.

    DuckDB looks for signals in the calling thread alone, and then waits for its other threads,
    which go on to the end of their work unless the connection says otherwise.
    """
    over = threading.Event()
    callers: list[threading.Thread] = []

    def stop() -> None:
        # A query that is just about to begin forgets what it was told before: say it again.
        callers.append(threading.Thread(target=_interrupt_until, args=(duck, over), daemon=True))
        callers[-1].start()

    with signals_come_out(stop):
        try:
            yield
        finally:
            over.set()
            for caller in callers:
                caller.join()


def _interrupt_until(duck: duckdb.DuckDBPyConnection, over: threading.Event) -> None:
    duck.interrupt()
    while not over.wait(_AGAIN_SECONDS):
        duck.interrupt()
