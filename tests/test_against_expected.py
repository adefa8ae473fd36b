"""What a run prints of observed against expected: by tenths of the pairs, and the dispersion."""

from __future__ import annotations

import pytest

from algorithms.calibration import calibration
from console import told as tale
from console.against_expected import against_expected
from graph.schemas import EDGES

FACTS = {
    "edges_kept": 3, "edges_refused": 1,
    "pairs drawn within 60 s": 100,
    "observed / expected within 60 s, tenth 9": 0.6,
    "observed / expected within 60 s, tenth 10": 1.256,
    "observed / expected within 60 s": 0.7,
    "dispersion within 60 s": 0.324,
    "observed / expected within 3600 s": 0.48,
}  # fmt: skip


def pairs_at_four(engine, number):
    """Pairs of whom 4 meetings are expected, of whom half had none and half had eight."""
    rows = [
        f"('p{n:02d}', 'q', 'beside', 0.0, {8 * (n % 2)}, 9, 9, 9, 9, null, null, 4.0, null)"
        for n in range(number)
    ]
    columns = ", ".join(EDGES.names)
    return engine.sql(
        f"select {EDGES.selecting()} from (values {', '.join(rows)}) v({columns})", EDGES
    )


def test_each_window_is_told_with_its_tenths_and_its_dispersion():
    assert list(against_expected(FACTS)) == [
        "any pair's meetings within 60 s / those expected: 0.70; by tenths, least expected first:"
        " - - - - - - - - 0.60 1.26; dispersion 0.32",
        "any pair's meetings within 3600 s / those expected: 0.48; by tenths, least expected first:"
        " - - - - - - - - - -; dispersion not told by so few",
    ]


def test_a_layer_that_compared_nothing_tells_nothing():
    assert list(against_expected({"edges_kept": 3, "expected within 60 s": 2.0})) == []


@pytest.mark.parametrize(("pairs", "dispersion"), [(40, "0.75"), (10, "not told by so few")])
def test_what_is_told_is_what_was_compared(engine, pairs, dispersion):
    """The variance of 0 and 8 is 16: 12 more than the mean of 4, so 0.75 of its square."""
    tested = pairs_at_four(engine, pairs)
    nobody = engine.sql("select * from {t} where false", EDGES, t=tested)

    [line] = against_expected(calibration(tested, nobody).facts("within 60 s"))

    assert "within 60 s / those expected: 1.00;" in line
    assert line.endswith(f"; dispersion {dispersion}")


@pytest.mark.local_only
def test_a_run_prints_them_under_their_layer(capsys):
    nothing = dict.fromkeys(("accounting", "bounds", "clusters", "matching"), ())
    tale.write_told({"run": "r", "layers": {"shared-objects": FACTS}, "left_out": {}, **nothing})

    lines = capsys.readouterr().out.splitlines()
    at = lines.index("shared-objects: 3 of 4 candidate edges kept")
    assert [line.strip() for line in lines[at + 1 : at + 3]] == list(against_expected(FACTS))
