"""docs/command-line.md: its examples run, one after another."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

from typer.testing import CliRunner

from console.cli import app

DOCS = Path(__file__).parents[1] / "docs" / "command-line.md"
SOMEBODY = "ACCOUNT"
"""Stands in the examples for the id of an account of the first cluster."""


def test_every_example_of_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^\$ ringwatch (.+)$", DOCS.read_text(), re.MULTILINE)

    ran = [run(shlex.split(command)) for command in commands if not command.startswith(ELSEWHERE)]

    assert len(ran) >= 18


ELSEWHERE = (
    "demo",
    "submit",
    "doctor --engine spark",
    "sweep",
    "train",
    "serve",
    *("deliver", "approve", "cancel", "send", "receipts", "recall", "second", "settle"),
)
"""Minutes, a cluster, 200 decisions, a second person, or without end: tests of their own."""


def run(command):
    if SOMEBODY in command:
        first = json.loads(CliRunner().invoke(app, ["clusters", "--json"]).stdout)["clusters"][0]
        command = [first["cluster"] if word == SOMEBODY else word for word in command]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, f"{command}: {result.stderr}"
    if "--json" in command:
        assert json.loads(result.stdout)
    return result
