"""What a worker refuses to do, raised on the driver as it was raised there.

Spark would hand over a worker's error as the text of a stack. An error that a person can mend
travels in that text under a mark.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from graph import errors

_MARK = "ringwatch refuses: "


@contextmanager
def refusing() -> Iterator[None]:
    """On a worker: mark what is raised in here."""
    try:
        yield
    except (ValueError, errors.RingwatchError) as error:
        said = json.dumps([type(error).__name__, str(error)])
        raise RuntimeError(_MARK + said) from error


@contextmanager
def refusals() -> Iterator[None]:
    """On the driver: raise again what a worker refused.

    Raises:
        ValueError: a worker raised it.
        RingwatchError: likewise, of the same kind.
    """
    try:
        yield
    except Exception as error:
        _, mark, said = str(error).partition(_MARK)
        if not mark:
            raise
        kind, message = json.JSONDecoder().raw_decode(said)[0]
        raise getattr(errors, kind, ValueError)(message) from error
