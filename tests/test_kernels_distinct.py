"""Numbers once each, as `np.unique` gives them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graph.engines.kernels.distinct import sorted_distinct


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 5), max_size=40))
def test_distinct_numbers_are_those_of_numpy_and_the_array_stays_as_it_was(numbers):
    given_array = np.array(numbers, np.int64)

    found = sorted_distinct(given_array)

    assert found.tolist() == sorted(set(numbers))
    assert found.dtype == np.int64
    assert given_array.tolist() == numbers
