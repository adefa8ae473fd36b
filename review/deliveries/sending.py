"""Sending what was approved: a folder is copied whole, an address gets signed pages.

Each try is kept before the next is made. A page that was accepted is never sent again; one of
which it is not known (the sender died in between) is sent again under the same id, and the
receiver, which goes by ids, changes nothing. A page that is refused is tried again after 5 s,
5 min, 30 min, 2 h, 5 h and then every 6 h, each a fifth more or less, for a day; then it is dead
and waits for a person. A receiver that answers 410 is gone, and is sent nothing until a person
opens it again.
"""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib import error, request

from graph.durable import Disk, make_folders
from graph.errors import ConfigError, StoreError
from review.deliveries.deliveries import Deliveries
from review.deliveries.destinations import Destination
from review.deliveries.folder import MANIFEST, verify_folder
from review.deliveries.receipts import read_receipts
from review.deliveries.signing import signed_headers
from review.deliveries.state import Delivery
from review.lock import sole_writer
from review.manifest import canonical

DELAYS_SECONDS = (5, 300, 1_800, 7_200, 18_000, 21_600)
GIVEN_UP_AFTER_MS = 24 * 3_600_000
JITTER = 0.2
SECONDS_TO_ANSWER = 20
LONGEST_ANSWER = 1 << 20
_GONE = 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of one sending: pages accepted in all, and when the next try is due, if one is."""

    state: str
    accepted: int
    pages: int
    waiting_until: int | None
    receipts: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver answered; `status` None where nothing came."""

    status: int | None
    says: str
    body: str = ""


Post = Callable[[str, Mapping[str, str], bytes], Answer]


def send(
    deliveries: Deliveries,
    out: Path,
    delivery: str,
    destination: Destination,
    *,
    by: str,
    again: bool = False,
    now: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    post: Post | None = None,
) -> Told:
    """Send what of a delivery was not accepted yet and is due; one process at a time.

    Args:
        deliveries: `Store.deliveries`.
        out: the folder that holds deliveries.
        delivery: its name.
        destination: where to.
        by: who sends.
        again: pages that were given up are tried for another day.
        now: the clock, ms since 1970 UTC.
        post: sends one request; by default over the network.

    Raises:
        ConfigError: it may not be sent: not approved, held, sent already, or there is no secret.
        StoreError: its files were altered, what it rests on fell, its destination is gone, or
            another process sends.
    """
    with sole_writer(out, delivery):
        key = destination.key() if destination.url else b""
        found = deliveries.may_leave(delivery, by=by, at=now(), again=again)
        verify_folder(out / delivery, found.manifest_sha256)
        if destination.folder is not None:
            _copy(out / delivery, destination.folder)
            deliveries.happened(delivery, "sent", reason="copied", by=by, at=now())
            return Told(
                state=deliveries.get(delivery).state,
                accepted=1,
                pages=1,
                waiting_until=None,
                receipts=0,
            )
        work = _Work(deliveries, found, destination, key, by, again, now, post or post_over_http)
        return work.done(list(_bodies(out / delivery, found, destination.items_a_page)))


def post_over_http(url: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """One POST; redirects are answers like others and are not followed."""
    return _answered(request.Request(url, data=body, headers=dict(headers), method="POST"))


def fetch_receipts(destination: Destination, delivery: str, *, now: int) -> str:
    """What a receiver has to say of a delivery, by a signed request to `receipts_url`.

    Raises:
        ConfigError: the destination has no such address.
        StoreError: it does not answer, or not with 200.
    """
    if destination.receipts_url is None:
        message = f"destination `{destination.name}` has no `receipts_url`"
        raise ConfigError(message)
    body = canonical({"type": "ringwatch.receipts.asked", "delivery_id": delivery})
    headers = {
        "content-type": "application/json",
        **signed_headers(destination.key(), f"{delivery}.receipts", now // 1000, body),
    }
    answer = post_over_http(destination.receipts_url, headers, body)
    if answer.status != 200:
        message = f"`{destination.name}` gives no receipts: {answer.says}"
        raise StoreError(message)
    return answer.body


@dataclass(frozen=True, slots=True)
class _Work:
    deliveries: Deliveries
    delivery: Delivery
    destination: Destination
    key: bytes
    by: str
    again: bool
    now: Callable[[], int]
    post: Post

    def done(self, bodies: Sequence[bytes]) -> Told:
        name = self.delivery.delivery
        accepted, waiting, dead, receipts = 0, [], 0, 0
        for page, body in enumerate(bodies):
            tries = self._tries(page)
            last = tries[-1] if tries else None
            if last is not None and last["outcome"] == "accepted":
                accepted += 1
                continue
            if last is not None and last["outcome"] == "failed" and last["next_at"] > self.now():
                waiting.append(last["next_at"])
                continue
            outcome, next_at, came = self._try(page, body, tries)
            receipts += came
            accepted += outcome == "accepted"
            dead += outcome == "dead"
            if next_at is not None:
                waiting.append(next_at)
            if outcome == "gone":
                break
        if accepted == len(bodies):
            says = f"{len(bodies)} pages accepted"
            self.deliveries.happened(name, "sent", reason=says, by=self.by, at=self.now())
        elif dead:
            says = f"{dead} pages given up after a day of tries"
            self.deliveries.happened(name, "dead", reason=says, by=self.by, at=self.now())
        return Told(
            state=self.deliveries.get(name).state,
            accepted=accepted,
            pages=len(bodies),
            waiting_until=min(waiting, default=None),
            receipts=receipts,
        )

    def _tries(self, page: int) -> list[Mapping[str, Any]]:
        """This page's tries since a person last asked to try anew."""
        return self.deliveries.tries(self.delivery.delivery, page)

    def _try(
        self, page: int, body: bytes, tries: Sequence[Mapping[str, Any]]
    ) -> tuple[str, int | None, int]:
        """Send one page and keep what came of it: the outcome, when to try again, receipts."""
        name, url = self.delivery.delivery, self.destination.url
        assert url is not None
        headers = {
            "content-type": "application/json",
            **signed_headers(self.key, f"{name}.{page}", self.now() // 1000, body),
        }
        answer = self.post(url, headers, body)
        at = self.now()
        outcome, next_at = _outcome(answer, tries, at)
        self.deliveries.tried(
            name, page, at=at, outcome=outcome, status=answer.status, says=answer.says,
            next_at=next_at,
        )  # fmt: skip
        if outcome == "gone":
            says = f"it answered {_GONE} to {name}"
            self.deliveries.turn_destination(
                self.destination.name, "closed", reason=says, by=self.by, at=at
            )
        came = self._receipts(answer) if outcome == "accepted" else 0
        return outcome, next_at, came

    def _receipts(self, answer: Answer) -> int:
        """Receipts that came with the answer; whatever else came, the page was accepted."""
        try:
            given = json.loads(answer.body)
            if not isinstance(given, dict) or not given.get("receipts"):
                return 0
            receipts = read_receipts(answer.body)
            name = self.delivery.delivery
            return self.deliveries.receive(name, receipts, by=self.destination.name, at=self.now())
        except (ValueError, ConfigError):
            return 0


def _outcome(answer: Answer, tries: Sequence[Mapping[str, Any]], at: int) -> tuple[str, int | None]:
    if answer.status is not None and 200 <= answer.status < 300:
        return "accepted", None
    if answer.status == _GONE:
        return "gone", None
    first = tries[0]["at"] if tries else at
    delay = DELAYS_SECONDS[min(len(tries), len(DELAYS_SECONDS) - 1)]
    spread = random.uniform(1 - JITTER, 1 + JITTER)
    next_at = at + int(1000 * delay * spread)
    return ("dead", None) if next_at > first + GIVEN_UP_AFTER_MS else ("failed", next_at)


def _bodies(folder: Path, delivery: Delivery, items_a_page: int) -> Iterator[bytes]:
    """The pages: the manifest with the clusters first, then the items, the same whenever asked."""
    rows = _lines(folder / "accounts.jsonl")
    pages = [rows[start : start + items_a_page] for start in range(0, len(rows), items_a_page)]
    head = {
        "delivery_id": delivery.delivery,
        "op": delivery.op,
        "recalls": delivery.recalls,
        "manifest_sha256": delivery.manifest_sha256,
        "pages": len(pages) + 1,
    }
    clusters = folder / "clusters.jsonl"
    first = {
        "type": "ringwatch.delivery.manifest",
        **head,
        "page": 0,
        "manifest": json.loads((folder / MANIFEST).read_text(encoding="utf-8")),
        "clusters": _lines(clusters) if clusters.exists() else [],
    }
    yield canonical(first)
    for number, items in enumerate(pages, start=1):
        yield canonical(
            {"type": "ringwatch.delivery.items", **head, "page": number, "items": items}
        )


def _lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _copy(folder: Path, target: Path) -> None:
    """Copy a delivery's folder whole; one that is there already is the same one."""
    place, beside = target / folder.name, target / f".arriving-{folder.name}"
    disk = Disk()
    try:
        if place.exists():
            return
        make_folders(disk, target)
        disk.remove(beside)
        shutil.copytree(folder, beside)
        for path in sorted(beside.iterdir()):
            disk.sync_file(path)
        disk.sync_folder(beside)
        disk.rename(beside, place)
        disk.sync_folder(target)
    except OSError as failure:
        message = f"`{place}` was not written: {failure.strerror or failure}; send it again"
        raise StoreError(message) from failure


class _NoRedirects(request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """A list that was signed for one address is not carried to another."""


def _answered(asked: request.Request) -> Answer:
    # Without proxies: where a list goes is said in the file of destinations alone.
    opener = request.build_opener(_NoRedirects, request.ProxyHandler({}))
    try:
        with opener.open(asked, timeout=SECONDS_TO_ANSWER) as answer:
            body = answer.read(LONGEST_ANSWER).decode("utf-8", "replace")
            return Answer(answer.status, f"answered {answer.status}", body)
    except error.HTTPError as refused:
        refused.close()
        return Answer(refused.code, f"answered {refused.code}")
    except (OSError, ValueError) as failure:
        return Answer(None, f"did not answer: {failure}")
