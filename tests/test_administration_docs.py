"""docs/administration.md: its commands run, one after another, and what it starts starts."""

from __future__ import annotations

import re
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner

from console.cli import app
from review.store import Store
from tests.web_consoles import PASSWORD, publish, serving, town

pytestmark = pytest.mark.local_only

PAGE = (Path(__file__).parents[1] / "docs" / "administration.md").read_text(encoding="utf-8")


def test_every_command_of_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    publish(tmp_path / "out", "run", **town(3))
    with Store.open(tmp_path / "out" / "review.sqlite"):
        pass
    commands = re.findall(r"^\$ ringwatch (.+)$", PAGE, re.MULTILINE)
    for command in commands:
        result = CliRunner().invoke(app, shlex.split(command), input=PASSWORD + "\n")
        assert result.exit_code == 0, f"{command}: {result.stderr}"

    assert len(commands) == 13
    serve = re.findall(r"^ringwatch serve --out out (.+)$", PAGE, re.MULTILINE)
    assert len(serve) == 2
    for options in serve:
        with serving(tmp_path / "out", *shlex.split(options)) as (_, told):
            assert (told["address"], told["people"]) == ("https://rings.example", True)


def test_a_back_up_taken_as_the_page_says_holds_and_opens(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    publish(tmp_path / "out", "run", **town(3))
    (tmp_path / "backup").mkdir()
    [script] = re.findall(r'`python -c "(.+?)"`', PAGE)
    with Store.open(tmp_path / "out" / "review.sqlite") as store:
        store.people.add("ann", "admin", PASSWORD, by="root", at=0)
        # While somebody writes.
        subprocess.run([sys.executable, "-c", script], check=True)
        store.people.add("jo", "viewer", PASSWORD, by="ann", at=0)
    with Store.open(tmp_path / "backup" / "review.sqlite") as store:
        assert [each.person for each in store.people.all()] == ["ann"]
        assert store.verify_history() == 1
    with sqlite3.connect(tmp_path / "backup" / "review.sqlite") as raw:
        assert raw.execute("pragma integrity_check").fetchone() == ("ok",)


def test_the_addresses_of_the_page_answer_as_it_says(tmp_path):
    publish(tmp_path, "run", **town(3))
    with serving(tmp_path, "--metrics-from", "127.0.0.0/8") as (_, told):
        answers = {
            path: httpx2.get(told["address"] + path, timeout=60)
            for path in ("/healthz", "/readyz", "/metrics", "/")
        }
    assert [each.status_code for each in answers.values()] == [200, 200, 200, 401]
    for name in re.findall(r"`?(ringwatch_[a-z_]+)", PAGE):
        known = {"ringwatch_deliveries", "ringwatch_sign_ins_total"}
        assert name in known or name in answers["/metrics"].text, name
    for name in ("ringwatch_deliveries", "ringwatch_sign_ins"):
        assert f"# HELP {name}" in answers["/metrics"].text
