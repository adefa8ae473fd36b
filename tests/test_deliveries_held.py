"""Deliveries before they leave and when a receiver does not take them: holds, lists, tries."""

from __future__ import annotations

import base64
import json
import shutil
import sqlite3
import threading
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import stix2

from graph.engines import open_engine
from graph.errors import ConfigError, StoreError
from review.deliveries.destinations import Destination, named_destination
from review.deliveries.folder import verify_folder
from review.deliveries.items import item_id
from review.deliveries.proposing import propose, recall
from review.deliveries.receipts import Receipt, read_receipts
from review.deliveries.sending import DELAYS_SECONDS, send
from review.deliveries.signing import secret_bytes, signed_headers
from review.run import open_run
from review.store import Store
from review.taking_in import take_in
from tests.lasting_runs import DAY, Day, publish

pytestmark = pytest.mark.local_only

NOW = 1_770_000_000_000
MINUTE = 60_000
SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()
RING = [f"r{n}" for n in range(6)]
HOSTILE = ["=cmd|' /C calc'!A0", "<script>alert(1)</script>", "line\nbreak", "'; drop table x; --"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("made")
    publish(out, Day(0, {"r0": RING, HOSTILE[0]: HOSTILE}))
    with Store.open(out / "review.sqlite") as store:
        assert take_in(out, store) == []
    return out


@pytest.fixture(scope="module")
def engine():
    with open_engine("local", threads=1) as opened:
        yield opened


@pytest.fixture
def out(made, tmp_path, monkeypatch):
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("OPS_SECRET", SECRET)
    return tmp_path


@pytest.fixture
def store(out):
    with Store.open(out / "review.sqlite") as opened:
        yield opened


@pytest.fixture
def deliver(store, out, engine):
    def make(at=NOW, **given):
        given = {"destination": "ops", "purpose": "review", "by": "jo", **given}
        return propose(store, open_run(out), engine, out / "deliveries", at=at, **given)

    return make


def confirm(store, cluster="r0", **given):
    return store.decide("daily-000", cluster, "confirmed", reason="r", by="jo", **given)


@contextmanager
def answering(*statuses):
    """A receiver that answers with these, the last one for ever; gives its address and requests."""
    came, left = [], list(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            came.append((self.headers["webhook-id"], json.loads(body)))
            self.send_response(left.pop(0) if len(left) > 1 else left[0])
            self.send_header("location", "http://127.0.0.1:1/")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/"
        yield Destination(name="ops", url=url, secret_env="OPS_SECRET", items_a_page=4), came
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def sent(store, out, name, where, at, **given):
    return send(store.deliveries, out / "deliveries", name, where, by="al", now=lambda: at, **given)


def test_nothing_leaves_before_the_hold_is_over_nor_unapproved(store, out, deliver):
    confirm(store)
    name = deliver().delivery
    where = Destination(name="ops", folder=out / "there")

    with pytest.raises(ConfigError, match="is held; somebody who did not decide approves"):
        sent(store, out, name, where, NOW + DAY)
    with pytest.raises(ConfigError, match="`jo` took a decision"):
        store.deliveries.approve(name, by="jo", at=NOW)
    assert store.deliveries.approve(name, by="al", at=NOW).state == "approved"
    with pytest.raises(ConfigError, match="is held for 1 more minutes"):
        sent(store, out, name, where, NOW + 29 * MINUTE + 1)
    assert not (out / "there").exists()

    assert sent(store, out, name, where, NOW + 30 * MINUTE).state == "sent"
    ours, theirs = out / "deliveries" / name, out / "there" / name
    assert {path.name: path.read_bytes() for path in ours.iterdir()} == {
        path.name: path.read_bytes() for path in theirs.iterdir()
    }


@pytest.mark.parametrize("when", ["before approval", "after approval"])
def test_a_decision_taken_back_in_the_hold_cancels_what_rests_on_it(store, out, deliver, when):
    confirm(store)
    name = deliver().delivery
    if when == "after approval":
        store.deliveries.approve(name, by="al", at=NOW)
    store.undo("daily-000", "r0", reason="mistake", by="jo")

    with pytest.raises(StoreError, match="was cancelled: 6 of its 6 accounts are no longer"):
        if when == "after approval":
            sent(store, out, name, Destination(name="ops", folder=out / "there"), NOW + DAY)
        else:
            store.deliveries.approve(name, by="al", at=NOW)
    assert store.deliveries.get(name).state == "cancelled"
    assert not (out / "there").exists()
    assert deliver().left_out == {"clusters open": 2}
    confirm(store)
    assert deliver().items == 6


def test_what_is_suppressed_never_leaves_and_is_counted(store, out, deliver):
    confirm(store)
    confirm(store, HOSTILE[0])
    store.deliveries.suppress(account="r1", reason="court", by="al", at=NOW, expires_at=NOW + DAY)
    store.deliveries.suppress(
        cluster=store.identities.of_cluster("daily-000", HOSTILE[0]).identity,
        reason="a test of ours", by="al", at=NOW, expires_at=NOW + 2 * DAY,
    )  # fmt: skip

    made = deliver()

    assert (made.items, made.left_out) == (
        5,
        {"accounts of suppressed clusters": 4, "accounts suppressed": 1},
    )
    manifest = json.loads((out / "deliveries" / made.delivery / "manifest.json").read_text())
    assert manifest["left_out"] == made.left_out
    assert deliver(at=NOW + DAY).items == 1
    store.deliveries.lift(store.deliveries.suppressions(at=NOW)[1].seq, reason="r", by="al", at=NOW)
    assert deliver(at=NOW + DAY).items == 4


def test_an_account_that_is_suppressed_in_the_hold_stays_with_all_it_was_to_leave_with(
    store, out, deliver
):
    confirm(store)
    name = deliver().delivery
    store.deliveries.suppress(account="r1", reason="court", by="al", at=NOW, expires_at=NOW + DAY)

    with pytest.raises(StoreError, match="1 of its accounts were suppressed meanwhile"):
        store.deliveries.approve(name, by="al", at=NOW)
    assert deliver().items == 5


def test_a_suppression_needs_a_reason_an_owner_and_a_day_to_come(store):
    given = {"account": "a", "reason": "r", "by": "jo", "at": NOW, "expires_at": NOW + 1}
    for wrong in ({"reason": " "}, {"by": ""}, {"expires_at": NOW}, {"cluster": "CL-2026-000001"}):
        with pytest.raises(ConfigError):
            store.deliveries.suppress(**{**given, **wrong})
    assert store.deliveries.suppressions(at=NOW) == []


def test_what_went_does_not_go_again_and_elsewhere_it_does(store, deliver):
    confirm(store)
    assert deliver().items == 6

    again = deliver()

    assert again.delivery is None
    assert again.left_out["accounts delivered before"] == 6
    assert deliver(destination="partner").items == 6
    store.deliveries.cancel("DL-2026-000001", by="jo", at=NOW, reason="not yet")
    assert deliver().items == 6


def test_an_item_has_the_same_name_however_often_it_is_sent(store, deliver):
    decision = confirm(store)
    first = [item.item_id for item in store.deliveries.items(deliver().delivery)]
    other = [item.item_id for item in store.deliveries.items(deliver(destination="p").delivery)]

    assert first == other
    assert first[0] == item_id("CL-2026-000001", "r0", "review", decision.seq)
    assert len({*first, item_id("CL-2026-000001", "r0", "limit", decision.seq)}) == 7


def test_a_page_that_fails_is_tried_again_later_and_later_for_a_day_then_it_is_dead(
    store, out, deliver
):
    confirm(store)
    name = deliver(hold_ms=0).delivery
    store.deliveries.approve(name, by="al", at=NOW)
    with answering(500) as (where, came):
        at, tries = NOW, 0
        while (told := sent(store, out, name, where, at)).state == "sending":
            assert told.waiting_until > at
            tries += 1
            waited = len(came)
            assert sent(store, out, name, where, at + 1).accepted == 0
            assert len(came) == waited, "it was not due"
            at = max(row["next_at"] or 0 for row in _tries(store, name))
        assert told.state == "dead"
        assert len(DELAYS_SECONDS) <= tries <= 9
        assert at <= NOW + DAY
        with pytest.raises(ConfigError, match="is dead; `ringwatch send DELIVERY --again`"):
            sent(store, out, name, where, at)
    with answering(200) as (where, came):
        again = sent(store, out, name, where, at + DAY, again=True)
    assert (again.state, again.accepted, again.pages) == ("sent", 3, 3)
    assert [page for page, _ in came] == [f"{name}.0", f"{name}.1", f"{name}.2"]
    assert [len(body.get("items", [])) for _, body in came] == [0, 4, 2]


def test_what_was_accepted_is_not_sent_again(store, out, deliver):
    confirm(store)
    name = deliver(hold_ms=0).delivery
    store.deliveries.approve(name, by="al", at=NOW)
    with answering(200, 503, 302, 200) as (where, came):
        assert sent(store, out, name, where, NOW).accepted == 1
        assert sent(store, out, name, where, NOW + MINUTE).state == "sent"

    ids = [page for page, _ in came]
    assert ids == [f"{name}.{page}" for page in (0, 1, 2, 1, 2)]
    assert came[1][1] == came[3][1]


def test_a_receiver_that_is_gone_is_sent_nothing_until_a_person_opens_it(store, out, deliver):
    confirm(store)
    name = deliver(hold_ms=0).delivery
    store.deliveries.approve(name, by="al", at=NOW)
    with answering(410, 200) as (where, came):
        assert sent(store, out, name, where, NOW).state == "sending"
        with pytest.raises(StoreError, match="`ops` said that it is gone"):
            sent(store, out, name, where, NOW + DAY)
        assert len(came) == 1
        store.deliveries.turn_destination("ops", "opened", reason="back", by="al", at=NOW)
        assert sent(store, out, name, where, NOW + DAY).state == "sent"


def test_what_was_not_sent_when_it_was_recalled_does_not_leave_afterwards(store, out, deliver):
    confirm(store)
    name = deliver(hold_ms=0).delivery
    store.deliveries.approve(name, by="al", at=NOW)
    take_back = {"reason": "r", "by": "al", "at": NOW}
    with answering(200, 200, 503) as (where, came):
        assert sent(store, out, name, where, NOW).accepted == 2
        with pytest.raises(ConfigError, match="is sending: recall it whole"):
            recall(store, out / "deliveries", name, accounts=["r0"], **take_back)
        assert recall(store, out / "deliveries", name, **take_back).items == 6
        with pytest.raises(ConfigError, match="is recalled"):
            sent(store, out, name, where, NOW + DAY)

    assert len(came) == 3


def test_files_that_were_altered_do_not_leave(store, out, deliver):
    confirm(store)
    name = deliver(hold_ms=0).delivery
    store.deliveries.approve(name, by="al", at=NOW)
    file = out / "deliveries" / name / "accounts.csv"
    file.write_bytes(file.read_bytes() + b"extra\n")

    with pytest.raises(StoreError, match="is not the file that was written"):
        sent(store, out, name, Destination(name="ops", folder=out / "there"), NOW)
    assert not (out / "there").exists()


def test_hostile_names_come_through_every_format_as_text(store, out, deliver):
    confirm(store, HOSTILE[0])
    place = out / "deliveries" / deliver().delivery

    lines = [json.loads(line) for line in (place / "accounts.jsonl").read_text().splitlines()]
    assert sorted(row["account"] for row in lines) == sorted(HOSTILE)
    assert "\n'=cmd|" in (place / "accounts.csv").read_text()
    assert "<script>" not in (place / "graph.graphml").read_text()


def test_a_delivery_as_stix_reads_back_and_names_the_same_things_the_same_way(store, out, deliver):
    confirm(store)
    confirm(store, HOSTILE[0])
    first, again = (deliver(stix=True, destination=to).delivery for to in ("ops", "partner"))
    text = (out / "deliveries" / first / "bundle.stix.json").read_text()

    bundle = stix2.parse(text, allow_custom=True)

    kinds = Counter(each.type for each in bundle.objects)
    assert kinds == {
        "user-account": 10, "grouping": 2, "campaign": 2, "note": 2, "opinion": 2,
        "identity": 1, "extension-definition": 1, "marking-definition": 1,
    }  # fmt: skip
    accounts = {each.id: each.user_id for each in bundle.objects if each.type == "user-account"}
    assert sorted(accounts.values()) == sorted([*RING, *HOSTILE])
    ring = next(each for each in bundle.objects if each.type == "grouping" and each.name[-1] == "1")
    assert sorted(accounts[ref] for ref in ring.object_refs if ref in accounts) == RING
    other = stix2.parse(
        (out / "deliveries" / again / "bundle.stix.json").read_text(), allow_custom=True
    )
    assert accounts.keys() == {each.id for each in other.objects if each.type == "user-account"}
    files = verify_folder(out / "deliveries" / first)["files"]
    assert {file["name"]: file["rows"] for file in files}["bundle.stix.json"] == 21


def test_a_recall_of_what_is_undone_takes_back_just_that(store, out, deliver):
    confirm(store)
    confirm(store, HOSTILE[0])
    name = deliver(hold_ms=0).delivery
    with pytest.raises(ConfigError, match="was not sent: cancel it instead"):
        recall(store, out / "deliveries", name, reason="r", by="al", at=NOW)
    store.deliveries.approve(name, by="al", at=NOW)
    sent(store, out, name, Destination(name="ops", folder=out / "there"), NOW)
    with pytest.raises(ConfigError, match="nothing of"):
        recall(store, out / "deliveries", name, reason="r", by="al", at=NOW, undone=True)
    store.undo("daily-000", "r0", reason="mistake", by="jo")

    made = recall(store, out / "deliveries", name, reason="r", by="al", at=NOW, undone=True)

    assert made.items == 6
    assert {item.account for item in store.deliveries.items(made.delivery)} == set(RING)
    assert store.deliveries.get(made.delivery).state == "approved"
    confirm(store)
    assert deliver().items == 6


def test_receipts_are_kept_once_and_strangers_refuse_them_all(store, out, deliver):
    confirm(store)
    name = deliver().delivery
    first = store.deliveries.items(name)[0].item_id
    good = Receipt(item_id=first, status="applied", at=1)

    assert store.deliveries.receive(name, [good, good], by="ops", at=NOW) == 1
    assert store.deliveries.receive(name, [good], by="ops", at=NOW) == 0
    for wrong in (Receipt(item_id="x", status="applied", at=1),
                  Receipt(item_id=first, status="done", at=1)):  # fmt: skip
        with pytest.raises(ConfigError):
            store.deliveries.receive(name, [good, wrong], by="ops", at=NOW)
    assert store.deliveries.get(name).receipts == {"applied": 1}
    line = f'{{"item_id": "{first}", "status": "reversed", "at": "2026-03-02T06:00:00Z"}}'
    assert read_receipts(line) == read_receipts(f'{{"receipts": [{line}]}}')
    with pytest.raises(ConfigError, match="these are no receipts"):
        read_receipts("applied, all of them")


def test_a_delivery_that_could_not_be_entered_leaves_nothing_behind(store, out, deliver):
    confirm(store)
    raw = sqlite3.connect(out / "review.sqlite")
    raw.execute("create trigger no_items before insert on delivery_items"
                " begin select raise(abort, 'disk is full'); end")  # fmt: skip
    raw.commit()

    with pytest.raises(StoreError, match="nothing was written"):
        deliver()
    assert store.deliveries.all() == []
    raw.execute("drop trigger no_items")
    raw.commit()
    raw.close()

    assert deliver().delivery == "DL-2026-000001"
    assert [path.name for path in (out / "deliveries").iterdir()] == ["DL-2026-000001"]


def test_lists_go_to_places_of_the_file_alone(tmp_path):
    file = tmp_path / "destinations.toml"
    with pytest.raises(ConfigError, match="allows no destination `ops`; it names none"):
        named_destination(file, "ops")
    for url in ("http://ops.example/", "ftp://x/", "https://jo:pw@x/", "file:///etc/passwd"):
        file.write_text(f'[destinations.ops]\nurl = "{url}"\nsecret_env = "S"\n')
        with pytest.raises(ConfigError, match="is an https:// address"):
            named_destination(file, "ops")
    file.write_text('[destinations.ops]\nurl = "https://ops.example/"\n')
    with pytest.raises(ConfigError, match="needs `secret_env`"):
        named_destination(file, "ops")
    file.write_text('[destinations.ops]\nurl = "https://ops.example/"\nsecret_env = "S"\n')
    assert named_destination(file, "ops").url == "https://ops.example/"
    with pytest.raises(ConfigError, match="did you mean `ops`"):
        named_destination(file, "opps")


def test_the_signature_is_that_of_the_standards_own_example():
    key = secret_bytes("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    headers = signed_headers(
        key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def _tries(store, name):
    return [row for page in range(3) for row in store.deliveries.tries(name, page)[-1:]]
