"""Consoles for tests: runs written row by row, a site over them, and somebody who has entered."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from starlette.testclient import TestClient

from console.web.access import Access
from console.web.app import console_of
from console.web.guard import Guard
from console.web.site import Site, opened_site
from graph.engines import open_engine
from graph.schemas import RUN_TABLES
from review.people import people
from review.people.roles import ROLES
from review.publish import RunFacts, RunWriter

ADDRESS = "http://127.0.0.1:8472"
HOSTS = ["127.0.0.1:8472", "localhost:8472"]
START = 1_767_225_600_000

Rows = Sequence[Mapping[str, Any]]


def publish(out: Path, run: str, *, at: int = 0, **tables: Rows) -> None:
    """Publish a run of these rows; what they leave out is null where it may be, else '' or 0."""
    with (
        open_engine("local", threads=1) as engine,
        RunWriter.open(out, run, created_at=START + at) as writer,
    ):
        for name, schema in RUN_TABLES.items():
            blank = {"VARCHAR": "", "BIGINT": 0, "DOUBLE": 0.0, "BOOLEAN": False}
            columns = {c.name: None if c.nullable else blank[c.type] for c in schema.columns}
            rows = [{**columns, **row} for row in tables.get(name, ())]
            table = pa.Table.from_pylist(rows, schema=schema.arrow)
            writer.add(engine.from_arrow(table, schema), name)
        writer.publish(RunFacts(job="tests", summary={"layers": {"links": {}, "copied-text": {}}}))


def town(clusters: int) -> dict[str, list[dict[str, Any]]]:
    """Clusters of two members each, alike in most and with ties in every order."""
    found = [f"a{number:03}" for number in range(1, clusters + 1)]
    return {
        "clusters": [
            {
                "cluster": name,
                "place": place,
                "flagged": place <= clusters // 2,
                "explained": None if place <= clusters // 2 else "leaks",
                "expected_precision": 1 - place / (clusters + 1),
                "precision_low": 0.9 * (1 - place / (clusters + 1)),
                "precision_high": 1 - 0.5 * place / (clusters + 1),
                "score": round(1 - (place // 3) / clusters, 3),
                "accounts": 2 + place % 4,
                "edges": 1,
                "density": 1.0,
                "layers": "links,copied-text" if place % 2 else "links",
                "first_at": None if place % 5 == 0 else START + place % 7,
                "last_at": None if place % 5 == 0 else START + 60_000 * (place % 7),
                "objects": place % 3,
                "says": f"{name} and its friend met {place} times, where chance would give 0.1",
            }
            for place, name in enumerate(found, start=1)
        ],
        "members": [
            {"cluster": name, "account": account, "role": role, "pagerank": share, "name": shown}
            for name in found
            for account, role, share, shown in (
                (name, "core", 0.6, f"Ann {name}"),
                (f"{name}-friend", "peripheral", 0.4, None),
            )
        ],
        "edges": [
            {"src": name, "dst": f"{name}-friend", "layer": "links", "weight": 2.0, "objects": 1}
            for name in found
        ],
        "cluster_objects": [
            {"cluster": name, "layer": "links", "object_kind": "link", "object": f"x.org/{name}"}
            for name in found
        ],
    }


@contextmanager
def console(
    out: Path, *, person: str | None = None, address: str = ADDRESS, access: Access | None = None
) -> Iterator[tuple[Site, TestClient]]:
    """The console of a folder of runs, and a browser that has not entered it."""
    hosts = [*HOSTS, address.partition("://")[2]]
    with opened_site(out, person=person) as site:
        guard = console_of(site, address=address, hosts=hosts, access=access)
        yield site, browser_of(guard, address)


def browser_of(guard: Guard, address: str = ADDRESS, *, at: str = "127.0.0.1") -> TestClient:
    """A browser at an address of the network, which has not entered."""
    return TestClient(guard, base_url=address, follow_redirects=False, client=(at, 50_000))


@contextmanager
def quick_passwords() -> Iterator[None]:
    """The same hash with less work; what it truly costs is tested once."""
    with pytest.MonkeyPatch.context() as patch:
        quick = people.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(people, "_HASHER", quick)
        people._nobody.cache_clear()
        yield
    people._nobody.cache_clear()


@contextmanager
def serving(out: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """`ringwatch serve` as a process on a free port, and what it prints when it is ready."""
    script = "from console.cli import main; main()"
    told = ["serve", "--out", str(out), "--port", "0", "--json", *options]
    process = subprocess.Popen(
        [sys.executable, "-c", script, *told],
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line == "}\n":
                break
        if not lines:
            pytest.fail(process.stderr.read())
        yield process, json.loads("".join(lines))
    finally:
        process.kill()
        process.communicate()


def enter(site: Site, browser: TestClient, name: str = "jo") -> TestClient:
    """The browser, let in by a link of its own."""
    answer = send(browser, "/enter", link=site.sessions.new_link(), name=name)
    assert answer.status_code == 303, answer.text
    return browser


def send(browser: TestClient, path: str, *, origin: str | None = ADDRESS, **form: Any) -> Any:
    """Send a form as a browser does."""
    headers = {} if origin is None else {"origin": origin}
    return browser.post(path, data=form, headers=headers)


def token_of(html: str) -> str:
    """The token that the forms of a page bear."""
    found = re.search(r'name="form_token" value="([^"]+)"', html)
    assert found, "the page has no form with a token"
    return found[1]


def seen_of(html: str) -> str:
    """The number of the decision that a page shows as the newest."""
    found = re.search(r'name="seen" value="(\d+)"', html)
    assert found
    return found[1]


def links_of(html: str, mark: str = "<a ") -> list[str]:
    """The addresses of the links whose tag begins with `mark`."""
    return [unescape(to) for to in re.findall(rf'{re.escape(mark)}[^>]*?href="([^"]*)"', html)]


def clusters_of(html: str) -> list[str]:
    """The names of the clusters that a queue shows, in its order."""
    return re.findall(r"<a data-open [^>]*><bdi>([^<]*)</bdi>", html)


def routes_of(routes: Sequence[Any], before: str = "") -> Iterator[tuple[str, str]]:
    """(method, path) of every route, those that were included or mounted as a part among them."""
    for route in routes:
        inner = getattr(route, "routes", None) or getattr(
            getattr(route, "original_router", None), "routes", None
        )
        if inner is not None:
            yield from routes_of(inner, before + getattr(route, "path", ""))
        else:
            yield from (
                (method, before + route.path) for method in sorted(route.methods - {"HEAD"})
            )


PASSWORD = "correct horse battery"


def settle(site: Site, roles: Sequence[str] = tuple(ROLES)) -> None:
    """Give the store people, each named like their role; an admin is among them."""
    for role in dict.fromkeys(["admin", *roles]):
        site.store.people.add(role, role, PASSWORD, by="admin", at=START)


def sign_in(browser: TestClient, name: str, password: str = PASSWORD) -> Any:
    """Send the form of the page where people sign in."""
    return send(browser, "/sign-in", name=name, password=password)


def token_for(site: Site, person: str, *verbs: str, days: int = 1) -> dict[str, str]:
    """The header of somebody's token for these verbs; for all that their role may by default."""
    now = time.time_ns() // 1_000_000
    acting = site.store.people.acting(person)
    wanted = verbs or tuple(ROLES[str(acting.role)])
    token = site.store.people.make_token(
        person, wanted, by="admin", at=now, expires_at=now + days * 86_400_000
    )
    return {"authorization": f"Bearer {token}"}
