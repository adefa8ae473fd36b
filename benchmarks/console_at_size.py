"""How long pages of the console take over a store of 200,000 clusters and 2,000,000 memberships.

    python benchmarks/console_at_size.py --out /tmp/large            # the run stays there
    python benchmarks/console_at_size.py --out /tmp/large --write    # renews docs/console.md

A run of that size is published and taken in (`benchmarks/large_run.py`), `ringwatch serve` is
started on it as a process of its own, and pages are asked for by HTTP, one after the other, each
kind with addresses drawn by a seed. Told are the median, the 95th percentile and the longest, in
milliseconds from sending to the last byte.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx2
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.kept import Clock, commit, keep, kept_in, today, took  # noqa: E402
from benchmarks.large_run import Size, publish_large  # noqa: E402
from benchmarks.markdown import head, line, put_between  # noqa: E402
from console.output import write_line  # noqa: E402
from console.place import STORE  # noqa: E402
from review.run import Run  # noqa: E402
from review.store import Store  # noqa: E402

KEPT = ROOT / "benchmarks" / "console_at_size.json"
PAGE = ROOT / "docs" / "console.md"
BEGIN = "<!-- measured: written by benchmarks/console_at_size.py -->"
END = "<!-- end of what is measured -->"
GOAL_MS = 300


@dataclass(frozen=True, slots=True)
class Known:
    """What addresses are drawn from: names that the run has."""

    clusters: Sequence[str]
    accounts: Sequence[str]
    crowd: str
    largest: str


class Person:
    """Somebody who is in: one connection, the session's cookie, the token of its forms."""

    def __init__(self, told: dict[str, Any]) -> None:
        """Enter by the printed link."""
        address = told["address"]
        self.browser = httpx2.Client(base_url=address, headers={"origin": address}, timeout=120)
        link = urlsplit(told["link"]).query.removeprefix("link=")
        assert self.browser.post("/enter", data={"link": link, "name": "measured"}).is_redirect
        self.token = ""

    def ask(self, path: str, **query: str) -> float:
        """Milliseconds that a page takes."""
        began = time.perf_counter()
        answer = self.browser.get(f"{path}?{urlencode(query, quote_via=quote)}" if query else path)
        taken = 1_000 * (time.perf_counter() - began)
        assert answer.status_code == 200, f"{answer.url}: {answer.status_code}"
        found = re.search(r'name="form_token" value="([^"]+)"', answer.text)
        self.token = found[1] if found else self.token
        return taken

    def decide(self, cluster: str) -> float:
        """Milliseconds that a decision takes, until the answer says where to go on."""
        form = {"outcome": "dismissed", "reason": "measured", "seen": "0", "then": "next"}
        began = time.perf_counter()
        answer = self.browser.post(
            f"/decide?run=large&cluster={cluster}", data={**form, "form_token": self.token}
        )
        taken = 1_000 * (time.perf_counter() - began)
        assert answer.status_code == 303, answer.text[-2000:]
        return taken


def kinds(person: Person, known: Known, rng: random.Random) -> dict[str, Callable[[], float]]:
    """What is asked, each drawn anew."""

    def cluster() -> str:
        return rng.choice(known.clusters)

    def undecided() -> Iterator[str]:
        yield from rng.sample(known.clusters, len(known.clusters))

    fresh = undecided()
    return {
        "queue, first page": lambda: person.ask("/"),
        "queue, a page deep inside": lambda: person.ask("/", after=cluster()),
        "queue, deep, by another order": lambda: person.ask(
            "/", after=cluster(), sort=rng.choice(["score", "accounts", "last", "name"])
        ),
        "queue, flagged and open": lambda: person.ask("/", flagged="yes", state="open"),
        "queue, layer and precision": lambda: person.ask(
            "/", layer="accounts", precision=str(rng.randrange(100)), after=cluster()
        ),
        "queue, text of an account": lambda: person.ask("/", text=rng.choice(known.accounts)),
        "queue, text of a name": lambda: person.ask("/", text=f"reads {rng.randrange(1000)}"),
        "queue, text of an object": lambda: person.ask(
            "/", text=f"site-{rng.randrange(5000)}.example"
        ),
        "cluster": lambda: person.ask("/cluster", cluster=cluster()),
        "cluster, 150 members, 447,000 joint acts": lambda: person.ask(
            "/cluster", cluster=known.crowd
        ),
        "cluster, the largest": lambda: person.ask("/cluster", cluster=known.largest),
        "account": lambda: person.ask("/account", account=rng.choice(known.accounts)),
        "search for an account": lambda: person.ask("/search", q=rng.choice(known.accounts)),
        "search for part of a name": lambda: person.ask("/search", q=f"votes {rng.randrange(999)}"),
        "decide, open next": lambda: person.decide(next(fresh)),
    }


@contextmanager
def served(out: Path) -> Iterator[dict[str, Any]]:
    """The console as a process, and what it prints when it is ready."""
    script = "from console.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", script, "serve", "--out", str(out), "--port", "0", "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        lines = []
        for one in process.stdout:
            lines.append(one)
            if one == "}\n":
                break
        told = json.loads("".join(lines))
        told["pid"] = process.pid
        yield told
    finally:
        process.terminate()
        process.wait()


def measured(out: Path, run: Run, *, times: int, seed: int, only: str) -> list[dict[str, Any]]:
    """The rows of the table, in the order in which they were asked."""
    known, rng = _known(run, seed), random.Random(seed)
    rows = []
    with served(out) as told:
        person = Person(told)
        person.ask("/")
        for name, ask in kinds(person, known, rng).items():
            if only not in name:
                continue
            first = ask()
            taken = sorted(ask() for _ in range(times))
            row = {
                "page": name,
                "first": round(first),
                "p50": round(taken[len(taken) // 2]),
                "p95": round(taken[min(len(taken) - 1, int(0.95 * len(taken)))]),
                "longest": round(taken[-1]),
            }
            rows.append(row)
            write_line("  ".join(f"{key} {value}" for key, value in row.items()))
        write_line(f"the process held {_resident(told['pid'])} MB")
        rows[0]["resident_mb"] = _resident(told["pid"])
    return rows


def report(entry: dict[str, Any]) -> Iterator[str]:
    """What the page says of the newest measurement."""
    size = f"{entry['clusters']:,} clusters and {entry['members']:,} memberships"
    yield f"A run of {size}, on SQLite, asked {entry['times']} times each ({entry['date']},"
    yield f"`{entry['commit']}`, {took(entry)}); milliseconds from the request to the last byte."
    yield f"The process then held {entry['rows'][0]['resident_mb']:,} MB."
    yield ""
    yield from head(["page", "half within", "95 % within", "longest", "the first of its kind"])
    for row in entry["rows"]:
        yield line([row["page"], *(f"{row[key]:,}" for key in ("p50", "p95", "longest", "first"))])


def _known(run: Run, seed: int) -> Known:
    table = pq.read_table(run.table_path("clusters"), columns=["cluster", "place", "accounts"])
    names = table["cluster"].to_pylist()
    places, sizes = table["place"].to_pylist(), table["accounts"].to_pylist()
    accounts = pq.read_table(run.table_path("members"), columns=["account"])["account"]
    drawn = random.Random(seed).sample(range(len(accounts)), 5_000)
    return Known(
        clusters=names,
        accounts=[accounts[number].as_py() for number in drawn],
        crowd=names[places.index(1)],
        largest=names[sizes.index(max(sizes))],
    )


def _resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) // 1024 if found else 0


def main() -> None:
    """Publish, take in, ask, tell."""
    told = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    told.add_argument("--out", type=Path, required=True, help="the folder of runs; it is kept")
    told.add_argument("--clusters", type=int, default=200_000)
    told.add_argument("--members", type=int, default=2_000_000)
    told.add_argument("--times", type=int, default=40, help="how often each kind is asked")
    told.add_argument("--seed", type=int, default=11)
    told.add_argument("--only", default="", help="kinds whose name holds this")
    told.add_argument("--write", action="store_true", help="keep the numbers, renew the page")
    asked = told.parse_args()
    clock = Clock()
    run = publish_large(asked.out, "large", Size(clusters=asked.clusters, members=asked.members))
    write_line(f"published after {clock.told()['seconds']} s")
    with Store.open(asked.out / STORE) as store:
        store.import_run(run)
    write_line(f"taken in after {clock.told()['seconds']} s; load {os.getloadavg()[0]:.1f}")
    rows = measured(asked.out, run, times=asked.times, seed=asked.seed, only=asked.only)
    if asked.write:
        entry = {
            "date": today(),
            "commit": commit(),
            "clusters": asked.clusters,
            "members": asked.members,
            "times": asked.times,
            **clock.told(),
            "rows": rows,
        }
        keep(KEPT, [*kept_in(KEPT), entry])
        page = put_between(PAGE.read_text(encoding="utf-8"), BEGIN, END, report(entry))
        PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
