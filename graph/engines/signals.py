"""Ctrl-C and SIGTERM come out of a block as they were raised, whatever a library makes of them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)

Handler = Callable[[int, FrameType | None], Any]


@contextmanager
def signals_come_out(
    told: Callable[[], object] | None = None, *, unlike: Callable[[Handler], bool] | None = None
) -> Iterator[Sequence[BaseException]]:
    """What the program's handlers of signals raise within the block, which it ends with.

    The handlers that stood before do what they did, and stand again afterwards. What they raise
    comes out in any case: libraries drop it, as pyarrow does while it imports pandas, or turn it
    into an error of their own, as Spark tells of the work that its handler stopped.

    Args:
        told: is called first when there is a signal.
        unlike: which handlers are not to be asked: in place of theirs, Python's own is called.
    """
    if threading.current_thread() is not threading.main_thread():
        yield ()
        return
    before: dict[int, Handler] = {
        number: handler for number in _SIGNALS if callable(handler := signal.getsignal(number))
    }
    raised: list[BaseException] = []

    def hear(number: int, at: FrameType | None) -> None:
        if told is not None:
            told()
        stood = before[number]
        try:
            if unlike is not None and unlike(stood):
                signal.default_int_handler(number, at)
            else:
                stood(number, at)
        except BaseException as error:
            raised.append(error)
            raise

    try:
        for number in before:
            signal.signal(number, hear)
        yield raised
    except Exception as error:
        if raised:
            raise raised[0] from error
        raise
    else:
        if raised:
            raise raised[0]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
