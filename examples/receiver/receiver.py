"""A receiver of deliveries, as an operations team would run one: the standard library alone.

It takes signed pages (Standard Webhooks), refuses what is not signed or is old, keeps every item in
an SQLite file, and answers with a receipt for each. The same page or item twice changes nothing. An
account on the protected list is rejected; every other is marked for review. A recall takes an item
back: an account is marked for as long as one item that was not recalled says so.

    RINGWATCH_OPS_SECRET=whsec_... python receiver.py state.sqlite --port 8700 --protected keep.txt
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import os
import sqlite3
import sys
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

OLDEST_SECONDS = 300
LONGEST_BODY = 32 << 20

TABLES = """
create table if not exists items (
    item_id text primary key, delivery text not null, account text not null, cluster text not null,
    action text not null, status text not null, code text not null, at integer not null
);
create table if not exists recalls (item_id text primary key, delivery text not null, at integer);
create table if not exists seen (webhook_id text primary key, times integer not null);
create view if not exists marked as
    select distinct account from items
    where status = 'applied' and item_id not in (select item_id from recalls);
"""


class Refused(Exception):
    """A request that is not taken; the status says why."""

    def __init__(self, status: int, why: str) -> None:
        """Refuse with an HTTP status, and say why."""
        super().__init__(why)
        self.status = status


class Receiver:
    """What is kept, and what is done with a page."""

    def __init__(self, state: Path, key: bytes, protected: frozenset[str]) -> None:
        """Keep what comes in the file at `state`; `key` verifies signatures."""
        self.state, self.key, self.protected = state, key, protected
        with closing(self.opened()) as database:
            database.execute("pragma journal_mode = wal")
            database.executescript(TABLES)

    def opened(self) -> sqlite3.Connection:
        """A connection of one request."""
        return sqlite3.connect(self.state, timeout=30, isolation_level=None)

    def verified(self, headers: object, body: bytes) -> tuple[str, dict]:
        """The page's id and what it says, if it is signed with our secret and is not old."""
        name, stamp, signatures = (
            headers.get(f"webhook-{part}") or "" for part in ("id", "timestamp", "signature")
        )
        if not stamp.isdigit() or abs(time.time() - int(stamp)) > OLDEST_SECONDS:
            raise Refused(400, "the timestamp is missing, or too far from now")
        content = b".".join((name.encode(), stamp.encode(), body))
        ours = base64.b64encode(hmac.digest(self.key, content, hashlib.sha256)).decode()
        given = [each.removeprefix("v1,") for each in signatures.split() if each.startswith("v1,")]
        if not any(hmac.compare_digest(ours, each) for each in given):
            raise Refused(401, "the signature does not hold")
        return name, json.loads(body)

    def take(self, name: str, page: dict) -> list[dict]:
        """Take a page, all or none; give a receipt for every item of it."""
        with closing(self.opened()) as database:
            database.execute("begin immediate")
            try:
                database.execute(
                    "insert into seen values (?, 1)"
                    " on conflict (webhook_id) do update set times = times + 1",
                    (name,),
                )
                told = [self._take(database, page, item) for item in page.get("items", [])]
                database.execute("commit")
            except BaseException:
                database.execute("rollback")
                raise
        return told

    def _take(self, database: sqlite3.Connection, page: dict, item: dict) -> dict:
        now = time.time_ns() // 1_000_000
        if page["op"] == "recall":
            database.execute(
                "insert into recalls values (?, ?, ?) on conflict do nothing",
                (item["item_id"], page["delivery_id"], now),
            )
            at = database.execute(
                "select at from recalls where item_id = ?", (item["item_id"],)
            ).fetchone()[0]
            return receipt(item["item_id"], "reversed", "", at)
        kept = item["account"] in self.protected
        database.execute(
            "insert into items values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing",
            (
                item["item_id"], page["delivery_id"], item["account"], item["cluster_id"],
                item["recommended_action"], "rejected" if kept else "applied",
                "protected" if kept else "", now,
            ),
        )  # fmt: skip
        row = database.execute(
            "select status, code, at from items where item_id = ?", (item["item_id"],)
        ).fetchone()
        return receipt(item["item_id"], *row)

    def receipts(self, delivery: str) -> list[dict]:
        """The receipts of a delivery, or of a recall."""
        with closing(self.opened()) as database:
            sent = database.execute(
                "select item_id, status, code, at from items where delivery = ?", (delivery,)
            ).fetchall()
            back = database.execute(
                "select item_id, 'reversed', '', at from recalls where delivery = ?", (delivery,)
            ).fetchall()
        return [receipt(*row) for row in (*sent, *back)]


def receipt(item_id: str, status: str, code: str, at: int) -> dict:
    """One receipt; the same item always has the same."""
    return {"item_id": item_id, "status": status, "code": code, "at": at}


def handler(receiver: Receiver, seconds_a_page: float) -> type[BaseHTTPRequestHandler]:
    """What answers requests, for the receiver."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            try:
                length = int(self.headers.get("content-length") or 0)
                if not 0 < length <= LONGEST_BODY:
                    raise Refused(413, "the body is empty or too long")
                name, page = receiver.verified(self.headers, self.rfile.read(length))
                if page.get("type") == "ringwatch.receipts.asked":
                    receipts = receiver.receipts(page["delivery_id"])
                else:
                    receipts = receiver.take(name, page)
                    time.sleep(seconds_a_page)
                self.answer(200, {"receipts": receipts})
            except Refused as why:
                self.answer(why.status, {"error": str(why)})
            except (ValueError, KeyError, TypeError) as why:
                self.answer(400, {"error": f"not understood: {why!r}"})

        def answer(self, status: int, value: dict) -> None:
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            sys.stderr.write(f"{self.log_date_time_string()} {args[1]}\n")

    return Handler


def main() -> None:
    """Listen on this machine until stopped."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("state", type=Path, help="the SQLite file that keeps what came")
    asked.add_argument("--port", type=int, default=8700)
    asked.add_argument("--protected", type=Path, help="accounts that are rejected, one a line")
    asked.add_argument("--secret-env", default="RINGWATCH_OPS_SECRET")
    asked.add_argument("--seconds-a-page", type=float, default=0.0, help="to watch it at work")
    given = asked.parse_args()
    secret = os.environ.get(given.secret_env, "")
    if not secret.startswith("whsec_"):
        sys.exit(f"set {given.secret_env} to whsec_ and the base64 of 24 bytes or more")
    protected = frozenset(given.protected.read_text().splitlines() if given.protected else ())
    receiver = Receiver(given.state, base64.b64decode(secret.removeprefix("whsec_")), protected)
    server = ThreadingHTTPServer(("127.0.0.1", given.port), handler(receiver, given.seconds_a_page))
    server.serve_forever()


if __name__ == "__main__":
    main()
