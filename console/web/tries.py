"""How often somebody may try to sign in from one address, whatever name they try."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

AT_MOST, WITHIN_SECONDS = 20, 60.0
_ADDRESSES_AT_MOST = 10_000


class Tries:
    """The tries of the last minute, by address, in memory. The store counts them by name."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """With none yet."""
        self._clock = clock
        self._lock = threading.Lock()
        self._by_address: dict[str, deque[float]] = {}

    def may(self, address: str) -> bool:
        """Whether one more try may be made from an address; it is counted if so."""
        with self._lock:
            now = self._clock()
            tries = self._by_address.pop(address, deque())
            while tries and tries[0] <= now - WITHIN_SECONDS:
                tries.popleft()
            allowed = len(tries) < AT_MOST
            if allowed:
                tries.append(now)
            # Put back at the end: the first of the dictionary is who was quiet for longest.
            self._by_address[address] = tries
            while len(self._by_address) > _ADDRESSES_AT_MOST:
                del self._by_address[next(iter(self._by_address))]
            return allowed
