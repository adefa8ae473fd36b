"""Times of several units: a start without a job file says what it saw, not that it saw nothing."""

import pytest
from typer.testing import CliRunner

from console.cli import app

DAY_ONE = "a,o,1740000000000\nb,o,1740000001000\n"
DAY_TWO = "a,o,1740086400\nb,o,1740086401\n"


@pytest.mark.parametrize(
    "files",
    [
        {"x.csv": DAY_ONE + DAY_TWO},
        {"dt=2025-02-19/x.csv": DAY_ONE, "dt=2025-02-20/x.csv": DAY_TWO},
    ],
    ids=["in one file", "in two partitions"],
)
def test_mixed_epoch_units_are_named_before_anything_is_read(tmp_path, files):
    for name, rows in files.items():
        place = tmp_path / "extract" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("who,what,ts\n" + rows)

    columns = ["--account", "who", "--object", "what", "--time", "ts"]
    out = tmp_path / "out"
    result = CliRunner().invoke(
        app, ["detect", str(tmp_path / "extract"), *columns, "--out", str(out)]
    )

    assert result.exit_code == 2
    assert "`ts` holds several units since 1970 in one column: " in result.stderr
    assert "s (50.0%)" in result.stderr
    assert "ms (50.0%)" in result.stderr
    assert result.stdout == ""
    assert not out.exists()
