"""`ringwatch serve`: the web console of a folder of runs, on this machine or behind a proxy."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from console.failures import say
from console.options import DEFAULT_OUT, AsJson, Out
from console.output import write_json, write_line
from console.web.access import Access, Proxy, networks
from console.web.serving import first_link, is_loopback, listen, serve_until_stopped
from console.web.session import LINK_SECONDS
from console.web.site import has_people, opened_site
from graph.errors import ConfigError

LEAST_KEY = 16


def serve(
    out: Out = DEFAULT_OUT,
    store: Annotated[
        str | None,
        typer.Option(help="The store's URL, or a path; OUT/review.sqlite by default."),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The port; 0 takes one that is free.")
    ] = 8472,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    person: Annotated[
        str | None,
        typer.Option(
            "--as",
            help="The name that decisions bear, where the store has no people; asked by default.",
        ),
    ] = None,
    reached_as: Annotated[
        list[str] | None,
        typer.Option(
            help="A name by which other machines reach it, `https://NAME` behind a proxy with TLS;"
            " may be repeated."
        ),
    ] = None,
    proxy: Annotated[
        list[str] | None,
        typer.Option(
            help="An address or range of a proxy that has people sign in; may be repeated."
        ),
    ] = None,
    proxy_header: Annotated[
        str | None,
        typer.Option(help="The header in which that proxy names who it is, as X-Remote-User."),
    ] = None,
    metrics_from: Annotated[
        list[str] | None,
        typer.Option(
            help="An address or range that reads /metrics without a token; may be repeated."
        ),
    ] = None,
    pseudonym_key_env: Annotated[
        str | None,
        typer.Option(
            help="The environment variable with the key that accounts' pseudonyms are made with."
        ),
    ] = None,
    anchors: Annotated[
        Path | None, typer.Option(help="The file of anchors that the history is held against.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Open the web console: people sign in; where the store has none, a link lets one in."""
    access = Access(
        proxy=_proxy(proxy, proxy_header),
        metrics_from=networks(metrics_from or ()),
        pseudonym_key=None if pseudonym_key_env is None else _key(pseudonym_key_env),
    )
    people = has_people(out, store)
    _refuse_unfit(access, person, people=people)
    listening = listen(host, port, reached_as or (), people=people)
    with listening.socket, opened_site(out, store=store, person=person, anchors=anchors) as site:
        link = None if people else first_link(site, listening)
        if not is_loopback(host) and not listening.address.startswith("https://"):
            say(
                "ringwatch: other machines reach this console, and it speaks plain HTTP: whoever"
                " reads the network on the way reads what it shows and may act in its name; a"
                " proxy with TLS before it, named by `--reached-as https://NAME`, mends that"
            )
        if json:
            told = {"link": link, "link_seconds": LINK_SECONDS if link else None}
            write_json({"address": listening.address, "people": people, **told})
        else:
            _write_way_in(out, listening.address, link)
        sys.stdout.flush()
        try:
            serve_until_stopped(site, listening, access)
        except KeyboardInterrupt:
            say("ringwatch: the console is closed")


def _write_way_in(out: Path, address: str, link: str | None) -> None:
    if link is None:
        write_line(f"The console of {out}; people sign in at:")
    else:
        write_line(f"The console of {out}; open once, within {LINK_SECONDS // 60} minutes:")
    # Not by a table or a wrapped line: a link is copied whole.
    write_line(f"  {link or address}", style="bold")
    write_line("Ctrl-C closes it; what was decided is kept.", style="dim")


def _proxy(addresses: list[str] | None, header: str | None) -> Proxy | None:
    if not addresses and header is None:
        return None
    if not addresses or not header:
        message = "`--proxy ADDRESS` and `--proxy-header NAME` go together: who is trusted, and how"
        raise ConfigError(message)
    return Proxy(header, networks(addresses))


def _refuse_unfit(access: Access, person: str | None, *, people: bool) -> None:
    if person is not None and people:
        message = "`--as` is for a store without people; here everybody signs in by their own name"
        raise ConfigError(message)
    if access.proxy is not None and not people:
        message = (
            "a proxy names people, and the store has none: `ringwatch people add NAME --role admin`"
        )
        raise ConfigError(message)


def _key(name: str) -> bytes:
    key = os.environ.get(name, "")
    if len(key) < LEAST_KEY:
        message = f"`{name}` holds no key of {LEAST_KEY} characters or more"
        raise ConfigError(message)
    return key.encode()
