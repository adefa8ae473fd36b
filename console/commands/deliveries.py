"""`ringwatch deliveries`, `approve`, `cancel`, `send`, `receipts`: what becomes of a delivery."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from console.acting import by_whom
from console.commands.deliver import Destinations
from console.options import DEFAULT_OUT, AsJson, By, Out
from console.output import moment, write_json, write_line, write_table
from console.place import STORE
from graph.errors import ConfigError, RingwatchError
from review.deliveries.destinations import FILE, named_destination
from review.deliveries.folder import FOLDER
from review.deliveries.receipts import read_receipts
from review.deliveries.sending import Told, fetch_receipts
from review.deliveries.sending import send as send_out
from review.deliveries.state import APPROVED, SENDING, Delivery
from review.people.roles import APPROVE, DELIVER, RECEIVE, SEND
from review.store import Store

COLUMNS = {
    "delivery": "delivery",
    "op": "op",
    "destination": "to",
    "items": "accounts",
    "state": "state",
    "told": "receipts",
    "purpose": "purpose",
    "by": "by",
    "made": "at",
}
ITEMS = {
    "account": "account",
    "identity": "cluster",
    "action": "recommended",
    "status": "receipt",
    "code": "code",
    "recalled_by": "recalled by",
}
Name = Annotated[str, typer.Argument(help="A delivery, as `DL-2026-000001`.")]


def deliveries(
    delivery: Annotated[str | None, typer.Argument(help="One delivery; all by default.")] = None,
    out: Out = DEFAULT_OUT,
    limit: Annotated[int, typer.Option(min=1, help="How many rows to list.")] = 50,
    json: AsJson = False,
) -> None:
    """List deliveries with their states, or the accounts of one with their receipts."""
    with _store(out) as store:
        if delivery is None:
            rows = [_row(each) for each in store.deliveries.all()]
            title, columns = "Deliveries, the newest first", COLUMNS
            value: Any = {"deliveries": rows}
        else:
            found = store.deliveries.get(delivery)
            rows = [asdict(item) for item in store.deliveries.items(delivery)]
            title, columns = f"{delivery}: {found.state}, {found.purpose}", ITEMS
            value = {**_row(found), "accounts": rows}
    if json:
        write_json(value)
        return
    foot = f"showing {limit:,} of {len(rows):,}" if len(rows) > limit else ""
    write_table(title, columns, rows[:limit], foot=foot)
    if delivery is not None:
        for each in found.events:
            write_line(f"{moment(each.at)} {each.by}: {each.event} {each.reason}")


def approve(
    delivery: Name,
    out: Out = DEFAULT_OUT,
    reason: Annotated[str, typer.Option(help="A remark; it is kept.")] = "",
    by: By = None,
    json: AsJson = False,
) -> None:
    """Let a held delivery leave; not for who took one of its decisions."""
    with _store(out) as store:
        found = store.deliveries.approve(
            delivery, by=by_whom(store, by, APPROVE), at=_now(), reason=reason
        )
    _say(found, json=json)


def cancel(
    delivery: Name,
    reason: Annotated[str, typer.Option(help="Why, in words; it is kept.")],
    out: Out = DEFAULT_OUT,
    by: By = None,
    json: AsJson = False,
) -> None:
    """Keep a delivery that was not sent yet from leaving."""
    with _store(out) as store:
        found = store.deliveries.cancel(
            delivery, by=by_whom(store, by, APPROVE, DELIVER), at=_now(), reason=reason
        )
    _say(found, json=json)


def send(
    delivery: Annotated[
        str | None, typer.Argument(help="One delivery; all that are due by default.")
    ] = None,
    out: Out = DEFAULT_OUT,
    destinations: Destinations = None,
    again: Annotated[
        bool, typer.Option("--again", help="Try what was given up for another day.")
    ] = False,
    open_: Annotated[
        str | None, typer.Option("--open", help="Open a destination again that said it is gone.")
    ] = None,
    by: By = None,
    json: AsJson = False,
) -> None:
    """Send what is approved and due; what fails is tried again when this is called later."""
    told: dict[str, dict[str, Any]] = {}
    refused: list[tuple[str, RingwatchError]] = []
    with _store(out) as store:
        person = by_whom(store, by, SEND)
        if open_ is not None:
            store.deliveries.turn_destination(
                open_, "opened", reason="opened by hand", by=person, at=_now()
            )
        for name in [delivery] if delivery else _due(store):
            try:
                found = store.deliveries.get(name)
                where = named_destination(destinations or out / FILE, found.destination)
                done = send_out(store.deliveries, out / FOLDER, name, where, by=person, again=again)
                told[name] = asdict(done)
                if not json:
                    write_line(_sent(name, done))
            except RingwatchError as error:
                if delivery:
                    raise
                # One that cannot leave keeps no other from leaving; the first is told at the end.
                refused.append((name, error))
    if json:
        write_json({"deliveries": told, "refused": {name: str(e) for name, e in refused}})
    elif not told and not refused:
        write_line("nothing is due")
    if refused:
        raise refused[0][1]


def receipts(
    delivery: Name,
    file: Annotated[
        Path | None, typer.Argument(help="Receipts as JSON Lines; `--fetch` asks for them.")
    ] = None,
    out: Out = DEFAULT_OUT,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Ask the destination's `receipts_url`.")
    ] = False,
    destinations: Destinations = None,
    by: By = None,
    json: AsJson = False,
) -> None:
    """Take in what a receiver says became of each account."""
    if fetch == (file is not None):
        message = "name a file of receipts, or `--fetch` them"
        raise ConfigError(message)
    with _store(out) as store:
        person = by_whom(store, by, RECEIVE)
        text = (
            _fetched(store, delivery, destinations or out / FILE) if file is None else _read(file)
        )
        count = store.deliveries.receive(delivery, read_receipts(text), by=person, at=_now())
        found = store.deliveries.get(delivery)
    if not json:
        write_line(f"{count} new receipts")
    _say(found, json=json)


def _fetched(store: Store, delivery: str, file: Path) -> str:
    where = named_destination(file, store.deliveries.get(delivery).destination)
    return fetch_receipts(where, delivery, now=_now())


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        message = f"cannot read `{file}`: {error}"
        raise ConfigError(message) from error


def _due(store: Store) -> list[str]:
    """What is approved and no longer held, the oldest first."""
    now = _now()
    found = [
        each.delivery
        for each in store.deliveries.all()
        if each.state in (APPROVED, SENDING)
        and each.held_until <= now
        and (each.waiting_until is None or each.waiting_until <= now)
    ]
    return found[::-1]


def _sent(name: str, done: Told) -> str:
    later = f"; the next try is due {moment(done.waiting_until)}" if done.waiting_until else ""
    came = f"; {done.receipts} receipts" if done.receipts else ""
    return f"{name} is {done.state}: {done.accepted} of {done.pages} pages accepted{came}{later}"


def _say(found: Delivery, *, json: bool) -> None:
    if json:
        write_json(_row(found))
        return
    told = ", ".join(f"{count} {status}" for status, count in found.receipts.items())
    write_line(f"{found.delivery} is {found.state}" + (f": {told}" if told else ""))


def _row(each: Delivery) -> dict[str, Any]:
    told = ", ".join(f"{count} {status}" for status, count in each.receipts.items())
    return {**asdict(each), "told": told, "made": moment(each.at)}


@contextmanager
def _store(out: Path) -> Iterator[Store]:
    """The store of a folder of runs that is there already."""
    if not (out / STORE).exists():
        message = f"there is no store at `{out / STORE}`; name the folder of runs with `--out`"
        raise ConfigError(message)
    with Store.open(out / STORE) as store:
        yield store


def _now() -> int:
    return time.time_ns() // 1_000_000
