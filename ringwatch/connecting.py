"""A console that is served elsewhere, asked from a notebook: lists as frames, ids as text.

console = rw.connect("http://127.0.0.1:8472", token=os.environ["RINGWATCH_TOKEN"])
console.clusters(flagged=True)
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pyarrow as pa

from graph.errors import ConfigError, RingwatchError, StoreError
from graph.schema import Column, Schema
from graph.schemas import CLUSTER_OBJECTS, CLUSTERS, EVIDENCE, MEMBERS
from review.decisions import Overtaken
from ringwatch.frames import frame

if TYPE_CHECKING:
    import pandas as pd

_ROWS_A_PAGE, _MEMBERS_A_PAGE, _IDS_AT_ONCE = 200, 1_000, 10_000
_SECONDS = 60.0
_CLUSTERS = Schema(
    "clusters", (*CLUSTERS.columns, Column("state", "VARCHAR", "what stands on it")), ("cluster",)
)
_PLACES = Schema(
    "places",
    (
        Column("id", "VARCHAR", "what was asked for"),
        Column("kind", "VARCHAR", "`account`, `lasting-id` or `unknown`"),
        Column("run", "VARCHAR", "a run", nullable=True),
        Column("cluster", "VARCHAR", "a cluster there", nullable=True),
        Column("role", "VARCHAR", "an account's role in it", nullable=True),
    ),
    key=("id", "run", "cluster"),
)
_ITEMS = Schema(
    "items",
    (
        Column("item_id", "VARCHAR", "the item's name, the same wherever it is sent"),
        Column("identity", "VARCHAR", "the cluster's lasting id"),
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("account", "VARCHAR", "the account"),
        Column("action", "VARCHAR", "what is recommended"),
        Column("decision", "BIGINT", "the number of the decision behind it"),
        Column("status", "VARCHAR", "its newest receipt", nullable=True),
        Column("code", "VARCHAR", "the receiver's reason"),
        Column("recalled_by", "VARCHAR", "the delivery that takes it back", nullable=True),
    ),
    key=("item_id",),
)


class Console:
    """A console somewhere, by a token."""

    def __init__(self, address: str, token: str) -> None:
        """Use `ringwatch.connect`."""
        self._address, self._token = address.rstrip("/"), token
        # No redirect is followed: the token is for this console alone.
        self._opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))

    def __repr__(self) -> str:
        """The console without the token."""
        return f"Console({self._address!r})"

    def runs(self) -> list[dict[str, Any]]:
        """The published runs, the newest first."""
        found: list[dict[str, Any]] = self.ask("runs")["runs"]
        return found

    def clusters(self, *, limit: int | None = None, **asked: Any) -> pd.DataFrame:  # noqa: ANN401
        """The clusters that filters let through, page after page; one row each.

        Args:
            limit: how many at most; all by default.
            asked: `run`, `state`, `flagged`, `layer`, `min_accounts`, `min_score`,
                `min_precision`, `text`, `sort`, as in the description of `/clusters`.
        """
        rows: list[dict[str, Any]] = []
        after: int | None = None
        while limit is None or len(rows) < limit:
            some = _ROWS_A_PAGE if limit is None else min(_ROWS_A_PAGE, limit - len(rows))
            page = self.ask("clusters", **asked, limit=some, after=after)
            rows += page["clusters"]
            after = page["next"]
            if after is None:
                break
        return _frame(rows, _CLUSTERS)

    def cluster(self, cluster: str, *, run: str | None = None) -> dict[str, Any]:
        """One cluster: its row, its lasting id, decisions and notes, and `seen` for `decide`."""
        return self.ask("cluster", cluster=cluster, run=run)

    def members(
        self, cluster: str, *, run: str | None = None, sort: str = "pagerank"
    ) -> pd.DataFrame:
        """The members of a cluster, as a frame of one row each."""
        rows, told = self._pages("members", "members", cluster=cluster, run=run, sort=sort)
        return _frame([{**row, "cluster": told["cluster"]} for row in rows], MEMBERS)

    def objects(self, cluster: str, *, run: str | None = None) -> pd.DataFrame:
        """What the members of a cluster share, one row each, what most share first."""
        rows, told = self._pages("evidence", "objects", cluster=cluster, run=run)
        return _frame([{**row, "cluster": told["cluster"]} for row in rows], CLUSTER_OBJECTS)

    def reasons(self, cluster: str, *, run: str | None = None) -> pd.DataFrame:
        """Every reason that was measured on a cluster, the greatest part of the score first."""
        told = self.ask("evidence", cluster=cluster, run=run, limit=1)
        rows = [{**row, "cluster": told["cluster"]} for row in told["reasons"]]
        return _frame(rows, EVIDENCE)

    def account(self, account: str, *, run: str | None = None) -> dict[str, Any]:
        """What a run and the store know of an account."""
        return self.ask("account", account=account, run=run)

    def search(self, ids: Sequence[str]) -> pd.DataFrame:
        """What ids mean, however many: a row for each place, one without a place for the others."""
        wanted = list(dict.fromkeys(ids))
        rows: list[dict[str, Any]] = []
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            found = self.send("search", ids=wanted[start : start + _IDS_AT_ONCE])["found"]
            for each in found:
                told = {"id": each["id"], "kind": each["kind"]}
                places = [*each["memberships"], *each["clusters"]] or [{}]
                rows += [{**told, **place} for place in places]
        return _frame(rows, _PLACES)

    def deliveries(self) -> list[dict[str, Any]]:
        """Deliveries with their states and receipts, the newest first."""
        return self._pages("deliveries", "deliveries")[0]

    def delivery(self, delivery: str) -> pd.DataFrame:
        """The accounts of a delivery with their receipts, one row each."""
        return _frame(self._pages("delivery", "items", delivery=delivery)[0], _ITEMS)

    def decide(
        self,
        cluster: str,
        outcome: str,
        *,
        reason: str,
        seen: int,
        excluded: Sequence[str] = (),
        run: str | None = None,
    ) -> dict[str, Any]:
        """Decide on a cluster as `Store.decide`; `seen` is what `cluster` gave.

        Raises:
            Overtaken: somebody decided on it meanwhile; nothing was written.
        """
        told = {"outcome": outcome, "reason": reason, "seen": seen, "excluded": list(excluded)}
        return self.send("decide", cluster=cluster, run=run, **told)

    def undo(
        self, cluster: str, *, reason: str, seen: int, run: str | None = None
    ) -> dict[str, Any]:
        """Take back the decision that stands.

        Raises:
            Overtaken: somebody decided on it meanwhile; nothing was written.
        """
        return self.send("undo", cluster=cluster, run=run, reason=reason, seen=seen)

    def note(self, cluster: str, text: str, *, run: str | None = None) -> dict[str, Any]:
        """Add a remark on a cluster."""
        return self.send("note", cluster=cluster, run=run, text=text)

    def ask(self, path: str, **query: Any) -> dict[str, Any]:  # noqa: ANN401
        """Read something of `/api/v1`; what is None is left out.

        Raises:
            ConfigError: the console refuses, with what is wrong and the mend.
            StoreError: it cannot at present, or is not reached.
        """
        told = {
            name: str(value).lower() if isinstance(value, bool) else value
            for name, value in query.items()
            if value is not None
        }
        return self._called(f"{path}?{urlencode(told)}", None)

    def send(self, path: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401
        """Send something to `/api/v1`; what is None is left out.

        Raises:
            ConfigError: the console refuses, with what is wrong and the mend.
            StoreError: it cannot at present, or is not reached.
        """
        told = {name: value for name, value in body.items() if value is not None}
        return self._called(path, json.dumps(told).encode("ascii"))

    def _pages(
        self,
        path: str,
        of: str,
        **query: Any,  # noqa: ANN401
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """All rows of a list whose pages begin at a number, and the last page."""
        told: dict[str, Any] = {}
        rows: list[dict[str, Any]] = []
        for told in self._each_page(path, of, query):
            rows += told[of]
        return rows, told

    def _each_page(self, path: str, of: str, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        limit = _ROWS_A_PAGE if path == "deliveries" else _MEMBERS_A_PAGE
        passed = 0
        while True:
            page = self.ask(path, **query, limit=limit, offset=passed)
            yield page
            passed += len(page[of])
            if not page[of] or passed >= page["of"]:
                return

    def _called(self, path: str, body: bytes | None) -> dict[str, Any]:
        request = urllib.request.Request(f"{self._address}/api/v1/{path}", data=body)
        request.add_header("authorization", f"Bearer {self._token}")
        if body is not None:
            request.add_header("content-type", "application/json")
        try:
            with self._opener.open(request, timeout=_SECONDS) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            with error:
                raise _refused(error.code, error.read()) from None
        except (OSError, HTTPException, ValueError) as error:
            message = f"the console at `{self._address}` does not answer as one: {error}"
            raise StoreError(message) from error


def connect(address: str, *, token: str) -> Console:
    """A console that is served at an address, by a token (`ringwatch people token`).

    Args:
        address: as `http://127.0.0.1:8472`, or `https://rings.example` behind a proxy.
        token: what is shown once when a token is made; keep it out of notebooks, for example in an
            environment variable.

    Raises:
        ConfigError: it is no address, or the token is none.
    """
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        message = f"`{address[:80]}` is no address of a console; write `http://127.0.0.1:8472`"
        raise ConfigError(message)
    if not token.isascii() or not token.startswith("rwt_") or token != token.strip():
        message = "a token begins with `rwt_`; `ringwatch people token NAME --verb ...` makes one"
        raise ConfigError(message)
    return Console(address, token)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:  # noqa: ANN401 - urllib's own
        return None


def _refused(status: int, body: bytes) -> RingwatchError:
    try:
        detail = str(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        detail = f"the console answered {status} and no reason"
    if status == 409:
        return Overtaken(detail)
    return StoreError(detail) if status >= 500 else ConfigError(detail)


def _frame(rows: Sequence[dict[str, Any]], schema: Schema) -> pd.DataFrame:
    return frame(pa.Table.from_pylist(list(rows), schema=schema.arrow))
