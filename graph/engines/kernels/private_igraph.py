"""The igraph library, where installed, drawing its random numbers from a generator of our own."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from graph.errors import NotOnThisEngine


def igraph_for(method: str) -> Any:  # noqa: ANN401 - a module without types
    """The igraph module.

    Raises:
        NotOnThisEngine: it is not installed; `method` is what cannot be done without it.
    """
    try:
        import igraph
    except ImportError as error:
        message = (
            f"`{method}` needs igraph, which is not installed: pip install 'ringwatch[igraph]'"
            " (its licence is GPL-2.0-or-later), or use method `label-propagation`"
        )
        raise NotOnThisEngine(message) from error
    return igraph


@contextmanager
def drawing_from(igraph: Any, generator: random.Random) -> Iterator[None]:  # noqa: ANN401
    """Let igraph draw from `generator`; afterwards from Python's `random`, as by default.

    The caller's `random` is neither read nor moved.
    """
    igraph.set_random_number_generator(generator)
    try:
        yield
    finally:
        igraph.set_random_number_generator(random)
