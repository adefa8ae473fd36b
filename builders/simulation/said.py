"""What acts say: words put together, and which act says which text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builders.simulation.one_table import NONE, Acts
from builders.simulation.population import Longs


def sentences(words: pa.Array, lengths: Longs) -> pa.Array:
    """Texts of so many words each, from words that stand one after another."""
    ends = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
    return pc.binary_join(pa.ListArray.from_arrays(ends, words), " ")


def texts_of(acts: Acts, planted: Sequence[pa.Array], own: Longs, written: pa.Array) -> pa.Array:
    """What each act says; null where it says nothing.

    Args:
        acts: those that say something planted have its number among all that is `planted`.
        planted: texts, as they were kept one after another.
        own: acts that say something of their own.
        written: what these say.
    """
    every = pa.concat_arrays([pa.nulls(1, pa.string()), *planted, written])
    place = np.zeros(len(acts.who), dtype=np.int64)
    place[own] = len(every) - len(own) + np.arange(len(own))
    copied = acts.text != NONE
    place[copied] = 1 + acts.text[copied]
    return every.take(pa.array(place))
