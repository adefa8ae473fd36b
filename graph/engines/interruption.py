"""Ctrl-C within a query: told to DuckDB's other threads too, so that it stops at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import duckdb

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_AGAIN_SECONDS = 0.05

Handler = Callable[[int, FrameType | None], Any]


@contextmanager
def interruptible(duck: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """While this lasts, a signal that interrupts the program interrupts the connection's query.

    DuckDB looks for signals in the calling thread alone, and then waits for its other threads,
    which go on to the end of their work unless the connection says otherwise. The handlers that
    stood before do what they did, and stand again afterwards.

    What they raise comes out in any case: pyarrow drops what is raised while it imports pandas,
    which it does at the first table it makes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[int, Handler] = {
        number: handler for number in _SIGNALS if callable(handler := signal.getsignal(number))
    }
    over = threading.Event()
    callers: list[threading.Thread] = []
    raised: list[BaseException] = []

    def stop(number: int, at: FrameType | None) -> None:
        # A query that is just about to begin forgets what it was told before: say it again.
        callers.append(threading.Thread(target=_interrupt_until, args=(duck, over), daemon=True))
        callers[-1].start()
        try:
            before[number](number, at)
        except BaseException as error:
            raised.append(error)
            raise

    try:
        for number in before:
            signal.signal(number, stop)
        yield
    except Exception as error:
        if raised:
            raise raised[0] from error
        raise
    else:
        if raised:
            raise raised[0]
    finally:
        over.set()
        for caller in callers:
            caller.join()
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt_until(duck: duckdb.DuckDBPyConnection, over: threading.Event) -> None:
    duck.interrupt()
    while not over.wait(_AGAIN_SECONDS):
        duck.interrupt()
