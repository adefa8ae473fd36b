"""docs/identity.md and docs/deliveries.md: their commands run, one after another."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.cli import app
from tests.lasting_runs import Day, publish

pytestmark = pytest.mark.local_only

DOCS = Path(__file__).parents[1] / "docs"
RING = [f"r{n}" for n in range(6)]


@pytest.mark.parametrize(("page", "count"), [("identity.md", 3), ("deliveries.md", 10)])
def test_every_command_of_the_page_runs(tmp_path, monkeypatch, page, count):
    monkeypatch.chdir(tmp_path)
    publish(tmp_path / "out", Day(0, {"r0": RING}), Day(1, {"r0": [*RING, "r6"]}))
    text = (DOCS / page).read_text()
    toml = re.search(r"```toml\n(.+?)```", text, re.DOTALL)
    if toml:
        (tmp_path / "out" / "destinations.toml").write_text(toml[1])

    commands = re.findall(r"^\$ ringwatch (.+)$", text, re.MULTILINE)
    for command in commands:
        result = CliRunner().invoke(app, shlex.split(command))
        assert result.exit_code == 0, f"{command}: {result.stderr}"

    assert len(commands) == count
    if toml:
        assert sorted(path.name for path in (tmp_path / "there").iterdir()) == [
            "DL-2026-000001",
            "DL-2026-000002",
        ]
