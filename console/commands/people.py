"""`ringwatch people`: who may sign in, with which role, and their tokens."""

from __future__ import annotations

import getpass
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from console.acting import by_whom
from console.options import DEFAULT_OUT, AsJson, By, Out
from console.output import moment, write_json, write_line, write_table
from console.place import STORE
from graph.errors import ConfigError
from review.people.people import People
from review.people.roles import ADMIN, ROLES
from review.people.roles import PEOPLE as PEOPLE_VERB
from review.store import Store

WHAT = ("list", "add", "role", "password", "disable", "enable", "token", "revoke")
PEOPLE = {"person": "person", "role": "role", "disabled": "kept out", "added": "added"}
TOKENS = {
    "token": "token",
    "person": "of",
    "may": "may",
    "until": "until",
    "used": "used last",
    "over": "revoked",
}


def people(
    what: Annotated[
        str,
        typer.Argument(help="list, add, role, password, disable, enable, token or revoke."),
    ] = "list",
    name: Annotated[
        str | None, typer.Argument(help="The person; the token's short name to revoke.")
    ] = None,
    role: Annotated[str | None, typer.Option(help=f"One of {', '.join(ROLES)}.")] = None,
    verb: Annotated[
        list[str] | None, typer.Option(help="What a token may do; may be repeated.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="How long a token holds.")] = 90,
    out: Out = DEFAULT_OUT,
    by: By = None,
    json: AsJson = False,
) -> None:
    """Add people, give them roles and tokens; a password is asked for, or read from stdin."""
    if what not in WHAT:
        message = f"`ringwatch people` does {', '.join(WHAT)}, not `{what[:40]}`"
        raise ConfigError(message)
    if name is None and what != "list":
        message = f"`ringwatch people {what}` needs a name"
        raise ConfigError(message)
    with Store.open(_place(out)) as store:
        person = "" if what == "list" else by_whom(store, by, PEOPLE_VERB)
        if what == "add" and role != ADMIN and not store.people.known():
            message = "the first person is an admin, who adds the others: `--role admin`"
            raise ConfigError(message)
        token = _done(store.people, what, name or "", role, verb or [], days, person)
        everybody = [asdict(each) for each in store.people.all()]
        tokens = [asdict(each) for each in store.people.tokens()]
    if json:
        write_json({"people": everybody, "tokens": tokens, "token": token})
        return
    if token is not None:
        write_line(f"{token}")
        write_line("This is shown once.", style="dim")
        return
    rows = [{**row, "added": moment(row["added_at"])} for row in everybody]
    write_table("People", PEOPLE, rows)
    if tokens:
        told = [
            {
                **row,
                "may": ", ".join(row["verbs"]),
                "until": moment(row["expires_at"]),
                "used": moment(row["used_at"]),
                "over": moment(row["revoked_at"]),
            }
            for row in tokens
        ]
        write_table("Tokens, without their secrets", TOKENS, told)


def _done(
    people: People, what: str, name: str, role: str | None, verbs: list[str], days: int, by: str
) -> str | None:
    """Do it; give a token's text where one was made."""
    at = time.time_ns() // 1_000_000
    if what in ("add", "role") and role is None:
        message = f"name the role with `--role`: {', '.join(ROLES)}"
        raise ConfigError(message)
    if what == "add":
        people.add(name, role or "", _password(name), by=by, at=at)
    elif what == "role":
        people.change(name, role=role, by=by, at=at)
    elif what == "password":
        people.change(name, password=_password(name), by=by, at=at)
    elif what in ("disable", "enable"):
        people.change(name, disabled=what == "disable", by=by, at=at)
    elif what == "revoke":
        people.revoke(name, by=by, at=at)
    elif what == "token":
        return people.make_token(name, verbs, by=by, at=at, expires_at=at + days * 86_400_000)
    return None


def _password(person: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(f"password of {person}: ")
    return sys.stdin.readline().rstrip("\n")


def _place(out: Path) -> Path:
    place = out / STORE
    if not place.exists():
        message = f"there is no store at `{place}`; name the folder of runs with `--out`"
        raise ConfigError(message)
    return place
