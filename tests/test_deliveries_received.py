"""Deliveries sent to the example receiver, a process: once, twice, taken back, gone on with."""

from __future__ import annotations

import base64
import json
import os
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.cli import app
from review.deliveries.deliveries import Deliveries
from review.deliveries.folder import verify_folder
from review.deliveries.signing import secret_bytes, signed_headers
from review.store import Store
from tests.lasting_runs import Day, publish
from tests.listening import free_port, running

pytestmark = pytest.mark.local_only

RECEIVER = Path(__file__).parents[1] / "examples" / "receiver" / "receiver.py"
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
RING = [f"r{n}" for n in range(6)]
FANS = [f"f{n}" for n in range(4)]
NEW = ["n0", "n1"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two days, the ring of the first confirmed without r5, the fans dismissed."""
    out = tmp_path_factory.mktemp("made")
    publish(out, Day(0, {"r0": RING, "f0": FANS}), Day(1, {"r0": [*RING, *NEW, "~w"], "f0": FANS}))
    told(out, "decide", "r0", "confirmed", "--run", "daily-000", "--reason", "vendor", "--by", "jo",
         "--exclude", "r5")  # fmt: skip
    told(out, "decide", "f0", "dismissed", "--reason", "fans", "--by", "jo")
    return out


@pytest.fixture
def out(made, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    subprocess.run(["cp", "-r", str(made), str(folder)], check=True)
    monkeypatch.setenv("RINGWATCH_OPS_SECRET", SECRET)
    return folder


@pytest.fixture
def receiver(out, tmp_path):
    """The address of a receiver that protects r4, and the file of what it keeps."""
    with _receiving(out, tmp_path) as state:
        yield state


class _receiving:
    def __init__(self, out, tmp_path, *, seconds=0.0, items_a_page=2):
        self.port, self.state = free_port(), tmp_path / "received.sqlite"
        (tmp_path / "keep.txt").write_text("r4\n")
        (out / "destinations.toml").write_text(
            f'[destinations.ops]\nurl = "http://127.0.0.1:{self.port}/"\n'
            f'receipts_url = "http://127.0.0.1:{self.port}/receipts"\n'
            f'secret_env = "RINGWATCH_OPS_SECRET"\nitems_a_page = {items_a_page}\n'
        )
        command = [sys.executable, str(RECEIVER), str(self.state), "--port", str(self.port)]
        command += ["--protected", str(tmp_path / "keep.txt"), "--seconds-a-page", str(seconds)]
        self.process = running(
            command, self.port, log=tmp_path / "receiver.log", within=tmp_path,
            environment={"RINGWATCH_OPS_SECRET": SECRET},
        )  # fmt: skip

    def __enter__(self):
        self.process.__enter__()
        return self

    def __exit__(self, *error):
        return self.process.__exit__(*error)

    def rows(self, query):
        with closing(sqlite3.connect(self.state)) as database:
            return database.execute(query).fetchall()

    def marked(self):
        return sorted(account for (account,) in self.rows("select account from marked"))


def told(out, *args, fails=0):
    result = CliRunner().invoke(app, [*args, "--out", str(out)])
    assert result.exit_code == fails, result.stderr
    return result.stderr if fails else result.stdout


def proposed(out, *more):
    said = told(out, "deliver", "ops", "--purpose", "review", "--by", "jo", "--hold-minutes", "0",
                "--json", *more)  # fmt: skip
    return json.loads(said)


def approved(out):
    name = proposed(out)["delivery"]
    told(out, "approve", name, "--by", "al")
    return name


def test_what_is_sent_is_acknowledged_and_a_recall_restores_what_was_before(out, receiver):
    before = receiver.marked() if receiver.state.exists() else []
    said = proposed(out)
    name = said["delivery"]
    assert said["items"] == 5
    assert said["left_out"] == {
        "accounts excluded by a decision": 1,
        "accounts new since the decision": 2,
        "clusters dismissed": 1,
        "weak members": 1,
    }
    assert "somebody else approves it" in told(out, "approve", name, "--by", "jo", fails=2)
    assert "is held; somebody who did not decide" in told(out, "send", name, fails=2)
    told(out, "approve", name, "--by", "al")

    told(out, "send", "--by", "al")

    assert receiver.marked() == RING[:4]
    shown = json.loads(told(out, "deliveries", name, "--json"))
    assert shown["state"] == "acknowledged"
    assert shown["receipts"] == {"applied": 4, "rejected": 1}
    assert {each["account"]: each["code"] for each in shown["accounts"]}["r4"] == "protected"
    assert "nothing is due" in told(out, "send")
    assert "is acknowledged; nothing to do" in told(out, "send", name, fails=2)

    back = json.loads(told(out, "recall", name, "--reason", "wrong vendor", "--json"))["delivery"]
    told(out, "send", back)

    assert receiver.marked() == before == []
    assert json.loads(told(out, "deliveries", name, "--json"))["state"] == "recalled"
    assert json.loads(told(out, "deliveries", back, "--json"))["receipts"] == {"reversed": 5}
    assert "nothing of" in told(out, "recall", name, "--reason", "again", fails=2)
    again = proposed(out)
    assert again["delivery"] is None
    assert again["left_out"]["accounts recalled and not decided anew"] == 5
    audit = json.loads(told(out, "audit", "verify", "--json"))
    assert audit["identified_runs"] == 2


def test_one_account_is_taken_back_and_the_others_stay(out, receiver):
    name = approved(out)
    told(out, "send", name)

    back = told(out, "recall", name, "--account", "r1", "--reason", "appeal", "--json")
    told(out, "send", json.loads(back)["delivery"])

    assert receiver.marked() == ["r0", "r2", "r3"]
    assert json.loads(told(out, "deliveries", name, "--json"))["state"] == "acknowledged"


def test_a_page_that_is_sent_twice_changes_nothing(out, receiver):
    name = approved(out)
    told(out, "send", name)
    before = receiver.rows("select * from items order by item_id"), receiver.marked()
    with Store.open(out / "review.sqlite") as store:
        kept = store.deliveries.get(name).receipts

    for line in (out / "deliveries" / name / "accounts.jsonl").read_text().splitlines():
        page = {"type": "items", "op": "upsert", "delivery_id": name, "items": [json.loads(line)]}
        body = json.dumps(page).encode()
        headers = signed_headers(secret_bytes(SECRET), f"{name}.1", int(time.time()), body)
        for _ in range(2):
            assert _post(receiver, headers, body)[0] == 200

    assert (receiver.rows("select * from items order by item_id"), receiver.marked()) == before
    assert receiver.rows(f"select times from seen where webhook_id = '{name}.1'") == [(11,)]
    assert "0 new receipts" in told(out, "receipts", name, "--fetch")
    with Store.open(out / "review.sqlite") as store:
        assert store.deliveries.get(name).receipts == kept


def test_what_is_not_signed_or_is_old_is_refused(out, receiver):
    body = json.dumps({"op": "upsert", "delivery_id": "DL", "items": []}).encode()
    key, now = secret_bytes(SECRET), int(time.time())

    assert _post(receiver, {}, body)[0] == 400
    assert _post(receiver, signed_headers(bytes(32), "DL.1", now, body), body)[0] == 401
    assert _post(receiver, signed_headers(key, "DL.1", now, body), body + b" ")[0] == 401
    assert _post(receiver, signed_headers(key, "DL.1", now - 900, body), body)[0] == 400
    assert _post(receiver, signed_headers(key, "DL.1", now, body), body)[0] == 200


def test_a_sender_that_is_killed_goes_on_without_losing_or_doubling(out, tmp_path):
    with _receiving(out, tmp_path, seconds=0.7, items_a_page=1) as receiver:
        name = approved(out)
        log = (tmp_path / "sender.log").open("wb")
        with log:
            sender = subprocess.Popen(
                [Path(sys.executable).parent / "ringwatch", "send", name, "--out", str(out)],
                cwd=RECEIVER.parents[2], stdout=log, stderr=log, env={**os.environ},
            )  # fmt: skip
            while len(receiver.rows("select * from items")) < 2:
                assert sender.poll() is None, (tmp_path / "sender.log").read_text()
                time.sleep(0.02)
            sender.kill()
            sender.wait()
        midway = json.loads(told(out, "deliveries", name, "--json"))
        assert midway["state"] == "sending"
        assert 2 <= len(receiver.rows("select * from items")) < 5

        told(out, "send", name)

        assert receiver.rows("select count(*), count(distinct item_id) from items") == [(5, 5)]
        assert json.loads(told(out, "deliveries", name, "--json"))["receipts"] == {
            "applied": 4,
            "rejected": 1,
        }
        twice = receiver.rows("select webhook_id, times from seen where times > 1")
        assert len(twice) <= 1


def test_the_rows_of_every_file_are_as_many_as_the_store_says(out, receiver):
    name = approved(out)
    place = out / "deliveries" / name
    with Store.open(out / "review.sqlite") as store:
        delivery, items = store.deliveries.get(name), store.deliveries.items(name)

    manifest = verify_folder(place, delivery.manifest_sha256)

    rows = {file["name"]: file["rows"] for file in manifest["files"]}
    for format in ("csv", "jsonl", "parquet"):
        assert rows[f"accounts.{format}"] == delivery.items == len(items) == manifest["items"] == 5
        assert rows[f"clusters.{format}"] == manifest["clusters"] == 1
    sent = [json.loads(line) for line in (place / "accounts.jsonl").read_text().splitlines()]
    assert [row["item_id"] for row in sent] == [item.item_id for item in items]
    (cluster,) = [json.loads(line) for line in (place / "clusters.jsonl").read_text().splitlines()]
    assert (cluster["size"], cluster["size_confirmed"], cluster["size_new"]) == (8, 5, 2)
    assert (cluster["runs_seen"], cluster["version"], cluster["change"]) == (2, 2, "grown")
    assert manifest["purpose"] == "review"
    assert manifest["created_by"] == "jo"
    assert isinstance(store.deliveries, Deliveries)


def _post(receiver, headers, body):
    asked = urllib.request.Request(
        f"http://127.0.0.1:{receiver.port}/", data=body, headers=headers, method="POST"
    )
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
