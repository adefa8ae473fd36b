"""Blocks of work that leave nothing behind on their engine: one rule for every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def leaving_none(held: Callable[[], Iterable[str]], drop: Callable[[str], None]) -> Iterator[None]:
    """Drop what is held as the block is left and was not as it began, the latest first.

    Where the block raises, its reason is on the way to the user, and nothing is raised beside it:
    an engine that has died drops nothing. A block that is interrupted drops nothing either, since
    whoever interrupts wants an end soon, and an engine that is closed gives everything back.

    Args:
        held: the names of all that is held now, the oldest first.
        drop: lets go of one of them; of one that is gone already too.
    """
    before = set(held())

    def leave() -> None:
        for name in reversed([name for name in held() if name not in before]):
            drop(name)

    try:
        yield
    except Exception:
        with suppress(Exception):
            leave()
        raise
    leave()
