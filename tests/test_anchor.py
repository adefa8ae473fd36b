"""The history against its anchors: whatever is altered in the database is found out."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3

import pytest
from typer.testing import CliRunner

from console.cli import app
from graph.errors import ConfigError, StoreError
from review.anchor import drop_anchor, verify_all
from review.history import START, _hash
from review.store import Store

pytestmark = pytest.mark.local_only

KEY = b"a key of sixteen characters"
ENTRIES = 12


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A store with a dozen entries, and sealed anchors after the sixth and the last."""
    out = tmp_path_factory.mktemp("made")
    with Store.open(out / "review.sqlite") as store:
        for number in range(ENTRIES):
            store.deliveries.turn_destination(
                f"place-{number}", "opened", reason="r", by="jo", at=number
            )
            if number in (5, ENTRIES - 1):
                drop_anchor(store, out / "anchors.jsonl", at=number, key=KEY)
    raw = sqlite3.connect(out / "review.sqlite")
    for change in ("update", "delete"):
        raw.execute(f"drop trigger history_no_{change}")
    raw.execute("pragma foreign_keys = off")
    raw.commit()
    raw.close()
    return out


@pytest.fixture
def out(made, tmp_path):
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


def verified(out, key=KEY):
    with Store.open(out / "review.sqlite") as store:
        return verify_all(store, out / "anchors.jsonl", key=key)


def rows_of(raw):
    raw.row_factory = sqlite3.Row
    return [dict(row) for row in raw.execute("select * from history order by seq")]


def written(raw, rows):
    """Put these rows in place of the history, with a head that fits them."""
    raw.execute("delete from history")
    names = list(rows[0])
    marks = ", ".join("?" for _ in names)
    columns = ", ".join(f'"{name}"' for name in names)
    for row in rows:
        raw.execute(f"insert into history ({columns}) values ({marks})", list(row.values()))
    raw.execute("update history_head set seq = ?, hash = ?", (rows[-1]["seq"], rows[-1]["hash"]))
    raw.commit()


def chained(rows):
    """The rows numbered and hashed anew, as somebody who knows how would do it."""
    previous = START
    for seq, row in enumerate(rows, start=1):
        row.update(seq=seq, previous=previous)
        row["hash"] = previous = _hash(row)
    return rows


def altered(kind, rows, draw):
    """One change to the rows, by its kind."""
    at = draw.randrange(len(rows))
    if kind == "edit":
        name = draw.choice(["by", "details", "action", "at"])
        rows[at][name] = 99 if name == "at" else "eve"
    elif kind == "delete":
        del rows[at]
    elif kind == "swap":
        other = (at + 1) % len(rows)
        for name in ("by", "at", "details", "action"):
            rows[at][name], rows[other][name] = rows[other][name], rows[at][name]
    elif kind == "insert":
        rows.insert(at, {**rows[at], "by": "eve", "details": "{}"})
        for seq, row in enumerate(rows, start=1):
            row["seq"] = seq
    elif kind == "cut off":
        del rows[draw.randrange(1, len(rows)) :]
    elif kind == "made anew":
        rows[at]["by"] = "eve"
        chained(rows)
    elif kind == "made anew and longer":
        rows.insert(at, {**rows[at], "by": "eve"})
        chained(rows)
    return rows


KINDS = ["edit", "delete", "swap", "insert", "cut off", "made anew", "made anew and longer"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_change_is_found_out_given_the_anchors(out, kind):
    draw = random.Random(kind)
    raw = sqlite3.connect(out / "review.sqlite")
    kept = rows_of(raw)
    for _ in range(15):
        written(raw, altered(kind, [dict(row) for row in kept], draw))
        with pytest.raises(StoreError):
            verified(out)
    written(raw, kept)
    raw.close()

    assert verified(out).entries == ENTRIES
    assert verified(out).anchors == 2


def test_an_anchor_that_was_made_up_is_not_sealed(out):
    lines = (out / "anchors.jsonl").read_text().splitlines()
    first = {**json.loads(lines[0]), "hash": "0" * 64}
    (out / "anchors.jsonl").write_text(json.dumps(first) + "\n")

    with pytest.raises(StoreError, match=r"anchor 1 of .* is not sealed with this key"):
        verified(out)
    with pytest.raises(StoreError, match="is not sealed with this key"):
        verified(out, b"another key of this kind")
    with pytest.raises(StoreError, match="the history was made anew"):
        verified(out, None)


def test_a_file_without_anchors_is_refused(out):
    for text in ("", "no json\n", '{"seq": "1"}\n', "[]\n"):
        (out / "anchors.jsonl").write_text(text)
        with pytest.raises(ConfigError, match=r"anchors"):
            verified(out)


def test_the_command_line_anchors_and_verifies(out, monkeypatch):
    monkeypatch.setenv("ANCHOR_KEY", KEY.decode())

    def run(*args, fails=0):
        result = CliRunner().invoke(app, ["audit", *args, "--out", str(out)])
        assert result.exit_code == fails, result.stderr
        return result.stderr if fails else result.stdout

    where = ("--anchors", str(out / "anchors.jsonl"), "--key-env", "ANCHOR_KEY")
    run("anchor", *where)
    assert json.loads(run("verify", *where, "--json"))["anchors"] == 3
    assert "a history that was made anew as a whole is not found out" in run("verify")
    assert "does `verify` or `anchor`" in run("look", fails=2)
    raw = sqlite3.connect(out / "review.sqlite")
    raw.execute("update history set by = 'eve' where seq = 3")
    raw.commit()
    raw.close()
    assert "history entry 3 was altered" in run("verify", *where, fails=6)
